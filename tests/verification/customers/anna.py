"""The customer that the tests of validation begin with, that of the documentation: every member is right."""

from typing import Any

from verification.api.documentation.examples import TOLD

ANNA: dict[str, Any] = {**TOLD, "metadata": {"tier": "gold", "visits": 1}}
