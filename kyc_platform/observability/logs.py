"""Logs: one JSON object a line, with the schema and the request id of whatever is being done; no personal data, ever.

Nothing logs a request's body, a query's parameters or an exception's local variables. Texts that come from outside are JSON
strings, so that a line break in them cannot make a second line (OWASP ASVS 5.0 16.4.1).
"""

from typing import Any

import structlog
from django.db import connection

SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def add_schema(_logger: Any, _name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Say for whom the line was written: a merchant's schema, or `public`."""
    line["schema"] = getattr(connection, "schema_name", None) or "public"
    return line


def without_values(_logger: Any, _name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Reduce an exception to its type and the places it passed: its text may quote a row, and rows hold personal data."""
    info = line.pop("exc_info", None)
    if info:
        kind, _error, trace = info
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        line["error"] = kind.__name__
        line["trace"] = places
    return line


def without_requests(_logger: Any, _name: str, line: dict[str, Any]) -> dict[str, Any]:
    """Drop the request that Django adds to its own lines, and the path after their words: a query may hold an e-mail address to search for.

    The request id leads to our own line of the request, which has its route.
    """
    line.pop("message", None)  # the words once more, when another handler was there first
    if line.pop("request", None) is not None:
        line["event"] = str(line["event"]).partition(": ")[0]
    return line


def logging_config(level: str) -> dict[str, Any]:
    """Return the `dictConfig` of every process: JSON lines on stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*SHARED_PROCESSORS, add_schema, without_values, without_requests],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "botocore": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "django.db.backends": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
        },
    }


def bind(**fields: str | int | None) -> None:
    """Add fields to every further line of this request or task. Ids only."""
    structlog.contextvars.bind_contextvars(**fields)


def unbind_all() -> None:
    """Forget every bound field: the request or task is over."""
    structlog.contextvars.clear_contextvars()
