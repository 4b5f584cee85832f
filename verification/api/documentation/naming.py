"""Every shape and every set of choices has one name in the document, so that generated clients invent none.

- An operation is a verb and what it is done to: `list_customers`, `submit_document`. The verbs are few, and stand in the test.
- A shape or a set of choices is words in CamelCase without digits; `…Input` is what an operation takes, `…Page` what a list answers.
- No shape and no choices stand inline, and the same choices have one name.

drf-spectacular names what serializers hold directly; the rest is named here: choices in parameters, in lists and in webhooks, and inline
schemas that carry a `title`. `tests/api/test_names_in_the_document.py` holds the whole document to these rules.
"""

import re
from typing import Any

NULL = "Null"
CHOICES = re.compile(r"(?:^|\n\n)((?:\* `[^`\n]*` - [^\n]*(?:\n|$))+)$")
CHOICE = re.compile(r"\* `([^`\n]*)` - ([^\n]*)")


def named(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with a reference in the place of every inline schema that is, or hereby becomes, a component.

    An inline schema with a `title` becomes the component of that name; choices that a component already has become a reference to it.
    What the choices mean is told once, at their component, and not at all where that only repeats them.
    """
    schemas: dict[str, Any] = document["components"]["schemas"]
    schemas.pop(NULL, None)
    by_choices = {frozenset(schema["enum"]): name for name, schema in schemas.items() if "enum" in schema}
    choices = {name: _without_repetition(schema) for name, schema in schemas.items() if "enum" in schema}
    components = {name: _without_inline(schema, by_choices, schemas) for name, schema in schemas.items() if "enum" not in schema}
    for section in ("paths", "webhooks"):
        document[section] = _without_inline(document[section], by_choices, schemas)
    document["components"]["schemas"] = dict(sorted({**schemas, **choices, **components}.items()))
    return document


def _without_inline(node: Any, by_choices: dict[frozenset[str], str], schemas: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_without_inline(item, by_choices, schemas) for item in node]
    if not isinstance(node, dict):
        return node
    if node == _reference(NULL):
        return {"type": "null"}
    inside = {
        name: value if name in ("example", "examples") else _without_inline(value, by_choices, schemas) for name, value in node.items()
    }
    if isinstance(inside.get("description"), str):
        inside["description"] = CHOICES.sub("", inside["description"])
        inside = {name: value for name, value in inside.items() if name != "description" or value}
    if isinstance(inside.get("title"), str) and "type" in inside:
        return _made_component(inside.pop("title"), inside, schemas)
    if isinstance(inside.get("enum"), list) and frozenset(inside["enum"]) in by_choices:
        return _reference(by_choices[frozenset(inside["enum"])])
    return inside


def _made_component(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Add a component and return what stands in its place; whether it may be null is said there, so that its class is one."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    (kind,) = (kind for kind in kinds if kind != "null")
    schemas[name] = {**schema, "type": kind}
    return {"oneOf": [_reference(name), {"type": "null"}]} if "null" in kinds else _reference(name)


def _without_repetition(schema: dict[str, Any]) -> dict[str, Any]:
    told = CHOICE.findall(schema.get("description", ""))
    is_repetition = all(re.sub(r"\W", "_", value).lower() == re.sub(r"\W", "_", label).lower() for value, label in told)
    return {name: value for name, value in schema.items() if name != "description" or not is_repetition}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}
