"""What a delivery says: the event's type, its moment and its data, which hold ids, states and codes only."""

from collections.abc import Mapping
from datetime import datetime

import orjson


def payload(*, event_type: str, at: datetime, data: Mapping[str, object]) -> bytes:
    """Return the JSON body `{"type", "timestamp", "data"}`; the same bytes for the same event at every attempt, to every endpoint."""
    inner = orjson.Fragment(orjson.dumps(data, option=orjson.OPT_SORT_KEYS))
    return orjson.dumps({"type": event_type, "timestamp": at, "data": inner}, option=orjson.OPT_UTC_Z)
