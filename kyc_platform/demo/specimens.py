"""Four documents of a made-up person as files, to upload by hand: `make specimens`.

    python -m kyc_platform.demo.specimens FOLDER

Each file is named after its `doc_type`. On them is the customer of the guides, every time the same but for the date of the bill.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from kyc_platform.demo.drawing import draw_documents
from kyc_platform.demo.people import Person

ANNA: Final = Person(
    given_names="Anna Maria",
    surname="Eriksson",
    sex="F",
    date_of_birth=date(1974, 8, 12),
    street="Storgatan 1",
    city="Uppsala",
    postal_code="753 20",
    document_type="passport",
    document_number="L898902C3",
    issued_on=date(2022, 4, 15),
    expires_on=date(2032, 4, 15),
    email="anna@example.com",
    phone_number="+46701740605",
    face=19740812,
)


def write_specimens(folder: Path, *, today: date) -> list[Path]:
    """Draw Anna's four documents into a folder, which is made if it is not there. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for doc_type, body in draw_documents(ANNA, today=today).items():
        file = folder / f"{doc_type}.{'pdf' if body.startswith(b'%PDF') else 'jpg'}"
        file.write_bytes(body)
        files.append(file)
    return files


def main(folder: str) -> None:
    """Draw them, and say where they are."""
    for file in write_specimens(Path(folder), today=datetime.now(UTC).date()):
        print(f"{file}  {file.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
