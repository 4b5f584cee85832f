"""A customer as the merchant described them: checked, in one form, and plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

MetadataValue = str | int | float | bool


class IdentityDocumentType(StrEnum):
    """What kind of paper proves who somebody is. The values are those of the HTTP contract."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    NATIONAL_ID = "national_id"
    RESIDENCE_PERMIT = "residence_permit"


@dataclass(frozen=True)
class Address:
    """A postal address in parts; `country` is ISO 3166-1 alpha-2."""

    line1: str
    city: str
    country: str
    line2: str | None = None
    postal_code: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class IdentityDocument:
    """The paper the customer will show. The merchant may know its kind only; `issuing_country` is ISO 3166-1 alpha-2."""

    type: IdentityDocumentType
    number: str | None = None
    issuing_country: str | None = None
    expiry_date: date | None = None


@dataclass(frozen=True)
class CustomerData:
    """The members of a customer that the merchant writes. All of it but `customer_id` and `level` is personal: never in a repr."""

    customer_id: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    phone_number: str = field(repr=False)  # E.164
    date_of_birth: date = field(repr=False)
    address: Address | str = field(repr=False)  # one string when the merchant sent one
    identity_document: IdentityDocument = field(repr=False)
    level: str | None = None  # None: the merchant's default
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict, repr=False)
