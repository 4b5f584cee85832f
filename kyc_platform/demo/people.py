"""Made-up people: whole enough to be registered and to have documents drawn. The same seed is the same person."""

import random
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kyc_platform.demo.mrz import Holder, transliterated

GIVEN_NAMES: Final = (
    ("Anna Maria", "F"),
    ("Elin Sofia", "F"),
    ("Märta Ingrid", "F"),
    ("Björn Erik", "M"),
    ("Nils Åke", "M"),
    ("Oskar Emil", "M"),
)
SURNAMES: Final = ("Eriksson", "Sjöberg", "Åkerlund", "Lindqvist", "Öhman", "Nordvall", "Hägg", "Ekdahl")
STREETS: Final = ("Storgatan", "Kungsgatan", "Björkvägen", "Skolgatan", "Ringvägen", "Parkvägen")
CITIES: Final = (("Uppsala", "753 20"), ("Västerås", "722 10"), ("Örebro", "702 11"), ("Lund", "222 21"), ("Umeå", "903 26"))
LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist, from Sweden."""

    given_names: str
    surname: str
    sex: str
    date_of_birth: date
    street: str
    city: str
    postal_code: str
    document_type: str  # "national_id" or "passport"
    document_number: str
    issued_on: date
    expires_on: date
    email: str
    phone_number: str
    face: int  # the seed of their face: every portrait of them shows the same one

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.given_names} {self.surname}"

    def holder(self) -> Holder:
        """Return what the machine-readable zone of their document says."""
        return Holder(self.surname, self.given_names, self.document_number, "SWE", "SWE", self.date_of_birth, self.sex, self.expires_on)

    def as_customer(self, customer_id: str, metadata: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the body of `POST /customers`."""
        return {
            "customer_id": customer_id,
            "name": self.name,
            "email": self.email,
            "phone_number": self.phone_number,
            "date_of_birth": self.date_of_birth.isoformat(),
            "address": {
                "line1": self.street, "line2": None, "city": self.city, "postal_code": self.postal_code, "region": None, "country": "SE",
            },
            "identity_document": {
                "type": self.document_type, "number": self.document_number, "issuing_country": "SE",
                "expiry_date": self.expires_on.isoformat(),
            },
            "level": "standard",
            "metadata": metadata or {},
        }  # fmt: skip


def made_up_person(seed: str, *, document_type: str = "national_id", today: date) -> Person:
    """Return the person of this seed, of age and with a document that is valid `today`."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret is drawn
    given_names, sex = chance.choice(GIVEN_NAMES)
    surname, (city, postal_code) = chance.choice(SURNAMES), chance.choice(CITIES)
    issued_on = date(today.year - chance.randint(1, 3), chance.randint(1, 12), chance.randint(1, 28))
    mailbox = transliterated(f"{given_names.split()[0]} {surname}").replace("<", ".").lower()
    return Person(
        given_names=given_names,
        surname=surname,
        sex=sex,
        date_of_birth=date(today.year - chance.randint(20, 70), chance.randint(1, 12), chance.randint(1, 28)),
        street=f"{chance.choice(STREETS)} {chance.randint(1, 99)}",
        city=city,
        postal_code=postal_code,
        document_type=document_type,
        document_number="".join(chance.choices(LETTERS, k=2)) + str(chance.randint(1_000_000, 9_999_999)),
        issued_on=issued_on,
        expires_on=issued_on.replace(year=issued_on.year + 10),
        email=f"{mailbox}.{chance.randint(100, 999)}@example.com",
        # The block that the Swedish regulator keeps free for fiction.
        phone_number=f"+4670174{chance.randint(605, 699):04d}",
        face=chance.getrandbits(32),
    )
