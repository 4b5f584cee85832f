"""The demonstration's people and documents are such as the platform and the provider accept."""

import io
from datetime import date

import pikepdf
import pytest
from PIL import Image, ImageFilter

from kyc_platform.demo.drawing import draw_id_back, draw_id_front, draw_selfie, draw_utility_bill
from kyc_platform.demo.people import made_up_person
from verification.customers.validation.customers import read_customer
from verification.providers.sandbox.service.seeing import look

TODAY = date(2026, 11, 21)
PERSON = made_up_person("anna", today=TODAY)
TRAVELLER = made_up_person("carl", document_type="passport", today=TODAY)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ID_FRONT", draw_id_front(PERSON)),
        ("ID_BACK", draw_id_back(PERSON)),
        ("ID_FRONT", draw_id_front(TRAVELLER)),
        ("ID_BACK", draw_id_back(TRAVELLER)),
        ("SELFIE", draw_selfie(PERSON)),
        ("SELFIE", draw_selfie(PERSON, is_blurred=True)),
        ("PROOF_OF_ADDRESS", draw_utility_bill(PERSON, issued_on=TODAY)),
    ],
    ids=["card", "back of card", "passport", "signature page", "selfie", "blurred selfie", "bill"],
)
def test_there_is_something_to_see_on_each(kind: str, body: bytes) -> None:
    assert look(body, kind).findings == ()
    if kind != "PROOF_OF_ADDRESS":
        with Image.open(io.BytesIO(body)) as image:
            assert image.format == "JPEG"
            assert image.width >= 1200


def strong_edges(body: bytes) -> int:
    """Return how many points of a photo lie on an edge that no noise makes."""
    with Image.open(io.BytesIO(body)) as image:
        edges = image.convert("L").resize((300, 400)).filter(ImageFilter.FIND_EDGES).crop((5, 5, 295, 395))
    return sum(edges.histogram()[100:])


def test_a_blurred_selfie_has_no_edge_in_it() -> None:
    assert strong_edges(draw_selfie(PERSON, is_blurred=True)) < 10
    assert strong_edges(draw_selfie(PERSON)) > 300


def test_two_people_have_two_faces_and_one_person_has_one() -> None:
    def portrait(seed: str) -> Image.Image:
        with Image.open(io.BytesIO(draw_selfie(made_up_person(seed, today=TODAY)))) as image:
            return image.convert("L").resize((30, 40))

    def distance(one: Image.Image, other: Image.Image) -> float:
        return sum(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)) / len(one.tobytes())

    assert distance(portrait("anna"), portrait("anna")) < 2 < distance(portrait("anna"), portrait("carl"))


def test_the_bill_names_its_reader_in_text_that_can_be_searched() -> None:
    with pikepdf.open(io.BytesIO(draw_utility_bill(PERSON, issued_on=TODAY))) as pdf:
        text = pdf.pages[0].Contents.read_bytes().decode("cp1252")

    for words in (PERSON.name, PERSON.street, f"{PERSON.postal_code} {PERSON.city}", "2026-11-21"):
        assert f"({words})" in text or words in text
    assert "SPECIMEN" in text


def test_made_up_people_can_be_registered() -> None:
    for seed in range(100):
        person = made_up_person(str(seed), document_type=("passport", "national_id")[seed % 2], today=TODAY)

        data = read_customer(person.as_customer(f"demo-{seed}"), today=TODAY, minimum_age=18, known_levels=("standard",))

        assert data.name == person.name


def test_the_same_seed_is_the_same_person() -> None:
    assert made_up_person("anna", today=TODAY) == PERSON != TRAVELLER
