"""Collecting everything that is wrong with a request before refusing it once."""

from collections.abc import Collection, Mapping

from kyc_platform.errors import InvalidMember, InvalidRequest

PROBLEMS_MAX = 50
NAME_CHARACTERS_MAX = 100
JSON_TYPES = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "an array",
    dict: "an object",
    type(None): "null",
}


def child(pointer: str, name: object) -> str:
    """Return the JSON Pointer (RFC 6901) of a member below another, safe to be sent back whatever the name was."""
    text = str(name)[:NAME_CHARACTERS_MAX].encode("utf-8", "replace").decode()
    return f"{pointer}/{text.replace('~', '~0').replace('/', '~1')}"


def json_type(value: object) -> str:
    """Return what JSON calls a value, with its article."""
    return JSON_TYPES.get(type(value), "something else")


class Problems:
    """What is wrong so far. Details say what would be right and never repeat the value: it is personal."""

    def __init__(self) -> None:
        self._found: list[InvalidMember] = []

    def add(self, pointer: str, code: str, detail: str) -> None:
        """Note one problem; beyond PROBLEMS_MAX they are not noted any more."""
        if len(self._found) < PROBLEMS_MAX:
            self._found.append(InvalidMember(pointer=pointer, code=code, detail=detail))

    def raise_if_any(self) -> None:
        """Raise InvalidRequest with every problem, in the order they were found."""
        if self._found:
            raise InvalidRequest(errors=self._found)

    def note_unknown_members(self, members: Mapping[str, object], pointer: str, known: Collection[str]) -> None:
        """Note each member of the object at `pointer` that there is no such thing as, with the names that there are."""
        for name in members:
            if name not in known:
                self.add(child(pointer, name), "unknown_member", f"There is no such member. Known are {', '.join(known)}.")
