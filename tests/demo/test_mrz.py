"""Machine-readable zones, held against the specimens of ICAO Doc 9303."""

from datetime import date

import pytest

from kyc_platform.demo.mrz import Holder, check_digit, td1, td3, transliterated
from kyc_platform.demo.people import made_up_person

SPECIMEN = Holder("Eriksson", "Anna Maria", "D23145890", "UTO", "UTO", date(1974, 8, 12), "F", date(2012, 4, 15))


def test_the_identity_card_of_the_standard_comes_out_letter_for_letter() -> None:
    # Doc 9303-5, appendix B.
    assert td1(SPECIMEN) == ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")


def test_the_passport_of_the_standard_has_these_check_digits() -> None:
    # Doc 9303-4, appendix B: the specimen has a personal number, which ours have not.
    lower = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
    assert [check_digit(part) for part in ("L898902C3", "740812", "120415", "ZE184226B<<<<<")] == ["6", "2", "9", "1"]
    assert check_digit(lower[0:10] + lower[13:20] + lower[21:43]) == "0"


def test_a_passport_has_two_lines_whose_check_digits_hold() -> None:
    upper, lower = td3(SPECIMEN)

    assert upper == "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    assert lower == "D231458907UTO7408122F1204159<<<<<<<<<<<<<<<" + check_digit("D231458907" + "7408122" + "1204159" + "<" * 15)
    assert len(lower) == 44


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Öhman", "OEHMAN"),
        ("Åke", "AAKE"),
        ("Märta Ingrid", "MAERTA<INGRID"),
        ("O'Connor", "OCONNOR"),
        ("Nilavadhanananda-Smith", "NILAVADHANANANDA<SMITH"),
        ("Groß", "GROSS"),
        ("Ødegård", "OEDEGAARD"),
        ("José", "JOSE"),
    ],
)
def test_names_are_written_in_the_letters_of_the_zone(name: str, letters: str) -> None:
    assert transliterated(name) == letters


def test_every_made_up_person_has_a_zone_of_the_right_shape() -> None:
    for seed in range(200):
        person = made_up_person(str(seed), today=date(2026, 11, 21))
        assert {len(line) for line in td1(person.holder())} == {30}
        assert {len(line) for line in td3(person.holder())} == {44}
        assert set("".join(td1(person.holder()))) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")


def test_a_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="nine"):
        td1(Holder("A", "B", "1234567890", "UTO", "UTO", date(1974, 8, 12), "F", date(2030, 1, 1)))
