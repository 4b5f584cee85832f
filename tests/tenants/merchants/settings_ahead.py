"""The platform's settings with code that is ahead of the database, for commands that tests start."""

from kyc_platform.settings import *  # noqa: F403

MIGRATION_MODULES = {"reporting": "tests.tenants.merchants.ahead.migrations"}
