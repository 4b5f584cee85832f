"""The specimens that are uploaded by hand, and the receiver that is told of one's own endpoint."""

from datetime import date
from pathlib import Path

from kyc_platform.demo.play import let_in
from kyc_platform.demo.specimens import write_specimens
from verification.providers.sandbox.service.seeing import look


def test_there_is_a_file_for_each_document_with_something_to_see_on_it(tmp_path: Path) -> None:
    files = write_specimens(tmp_path / "some" / "folder", today=date(2026, 11, 21))

    assert [file.name for file in files] == ["ID_FRONT.jpg", "ID_BACK.jpg", "PROOF_OF_ADDRESS.pdf", "SELFIE.jpg"]
    assert [look(file.read_bytes(), file.stem).findings for file in files] == [()] * 4


def test_drawn_again_they_take_the_place_of_the_old_ones(tmp_path: Path) -> None:
    old = [file.read_bytes() for file in write_specimens(tmp_path, today=date(2026, 11, 21))]
    new = [file.read_bytes() for file in write_specimens(tmp_path, today=date(2026, 12, 24))]

    assert len(list(tmp_path.iterdir())) == 4
    assert old[2] != new[2], "the bill has a date"


def test_the_receiver_keeps_the_secrets_that_its_user_has_added(tmp_path: Path) -> None:
    secrets = tmp_path / "receiver.secret"
    let_in("whsec_ours", secrets)
    with secrets.open("a") as file:
        file.write("whsec_theirs\n")

    let_in("whsec_ours", secrets)
    let_in("whsec_new", secrets)

    assert secrets.read_text() == "whsec_ours\nwhsec_theirs\nwhsec_new\n"
    assert secrets.stat().st_mode & 0o777 == 0o600
