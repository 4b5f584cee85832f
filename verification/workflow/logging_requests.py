"""From the lines that web processes left in Redis to rows of the request log."""

import logging

import redis
from django.db import DatabaseError

from kyc_platform.schema import current_schema
from tenants.merchants.states import MerchantClosed, MerchantNotOpen
from tenants.routing.entry import UnknownMerchant, enter_schema_of_task
from verification.request_log import lines, records

logger = logging.getLogger(__name__)

BATCH = 1000
SCHEMAS_AT_ONCE = 500


def log_requests() -> int:
    """Write the waiting lines of all merchants and return how many. May run several times at once; without Redis it does nothing."""
    try:
        return sum(_log_requests_of(schema) for schema in lines.schemas_with_lines(SCHEMAS_AT_ONCE))
    except redis.RedisError:
        logger.warning("request log unreachable, its lines wait")
        return 0


def _log_requests_of(schema: str) -> int:
    try:
        with enter_schema_of_task(schema):
            return log_requests_of_merchant()
    except (UnknownMerchant, MerchantNotOpen, MerchantClosed):
        lines.forget_lines(schema)  # nobody is left to read them
        return 0
    except DatabaseError:
        logger.warning("lines of the request log wait", extra={"merchant_schema": schema}, exc_info=True)  # others' do not wait with them
        return 0


def log_requests_of_merchant() -> int:
    """Write the current merchant's waiting lines and return how many. They leave Redis after their rows are committed."""
    schema, written = current_schema(), 0
    while found := lines.oldest_lines(schema, BATCH):
        records.write(found)
        lines.remove(schema, found)
        written += len(found)
        if len(found) < BATCH:
            break
    return written
