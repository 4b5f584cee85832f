"""Finding a level by its name."""

from kyc_platform.errors import InvalidMember, InvalidRequest
from verification.levels.models import Level

DEFAULT_LEVEL = "standard"


def level_named(name: str) -> Level:
    """Return the merchant's level of that name. Raises InvalidRequest naming `/level` and the known ones."""
    levels = {level.name: level for level in Level.objects.all()}
    if name not in levels:
        known = ", ".join(sorted(levels))
        raise InvalidRequest(errors=[InvalidMember("/level", "unknown_level", f"There is no such level. Known: {known}.")])
    return levels[name]


def level_names() -> list[str]:
    """Return the names of the merchant's levels, sorted."""
    return sorted(Level.objects.values_list("name", flat=True))
