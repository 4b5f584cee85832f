"""Who did it, by value: no foreign key, so that an event can leave its database and still say it."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of those who act."""

    API_KEY = "api_key"
    END_USER = "end_user"
    MEMBER = "member"
    OPERATOR = "operator"
    PROVIDER = "provider"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did something: the kind, and an id that means something within it (a key's prefix, a customer's id, a user's id)."""

    kind: ActorKind
    id: str


SYSTEM = Actor(ActorKind.SYSTEM, "platform")
