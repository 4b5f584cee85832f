"""Pages of a list by cursor: `(created_at, id)` of the last row shown, so that rows added meanwhile shift nothing."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from kyc_platform.errors import InvalidMember, InvalidRequest

Row = TypeVar("Row", bound=Model)

LIMIT_DEFAULT = 25
LIMIT_MAX = 100


@dataclass(frozen=True)
class Page:
    """Which part of a list is wanted: at most `limit` rows, those after the cursor's row."""

    limit: int = LIMIT_DEFAULT
    after: tuple[datetime, int] | None = None


def read_page(parameters: dict[str, str]) -> Page:
    """Return the page that `limit` and `cursor` ask for. Raises InvalidRequest naming either."""
    errors: list[InvalidMember] = []
    limit, after = read_limit(parameters, errors), None
    if (text := parameters.get("cursor")) is not None:
        try:
            after = _decode(text)
        except (ValueError, binascii.Error, OverflowError):
            errors.append(InvalidMember("/cursor", "invalid_cursor", "Give a next_cursor as it came, or leave it out for the first page."))
    if errors:
        raise InvalidRequest(errors=errors)
    return Page(limit, after)


def read_limit(parameters: dict[str, str], errors: list[InvalidMember]) -> int:
    """Return the `limit` that is asked for, or the usual one after adding what is wrong with it to `errors`."""
    text = parameters.get("limit")
    if text is None:
        return LIMIT_DEFAULT
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LIMIT_MAX:
        return int(text)
    errors.append(InvalidMember("/limit", "invalid_limit", f"Give a whole number from 1 to {LIMIT_MAX}."))
    return LIMIT_DEFAULT


def page_of(rows: QuerySet[Row], page: Page, show: Callable[[Row], Any], *, moment: str = "created_at") -> dict[str, Any]:
    """Return `{"data", "next_cursor", "has_more"}` of the rows, newest first. One query, one row more than is shown."""
    if page.after is not None:
        at, pk = page.after
        rows = rows.filter(Q(**{f"{moment}__lt": at}) | Q(**{moment: at, "pk__lt": pk}))
    found = list(rows.order_by(f"-{moment}", "-pk")[: page.limit + 1])
    shown, has_more = found[: page.limit], len(found) > page.limit
    cursor = _encode(getattr(shown[-1], moment), shown[-1].pk) if has_more else None
    return {"data": [show(row) for row in shown], "next_cursor": cursor, "has_more": has_more}


def _encode(at: datetime, pk: int) -> str:
    return base64.urlsafe_b64encode(f"{at.astimezone(UTC).isoformat()}|{pk}".encode()).decode().rstrip("=")


def _decode(text: str) -> tuple[datetime, int]:
    plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
    moment, _, pk = plain.partition("|")
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None or not 0 <= int(pk) < 2**63:
        raise ValueError
    return at.astimezone(UTC), int(pk)
