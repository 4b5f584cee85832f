"""Settings for the type checker, which reads Django's models through them: every required variable has a value that reaches nothing."""

import os

PLACEHOLDERS = {
    "KYC_ENVIRONMENT": "test",
    "SECRET_KEY": "not-a-key-and-long-enough-not-a-key-and-long-enough-not-a-key",
    "DATABASE_URL": "postgresql://nobody:nothing@192.0.2.1:5432/none",
    "REDIS_URL": "redis://192.0.2.1:6379/0",
    "S3_BUCKET": "none",
    "KYC_ROOT_KEYS": f"none:{'A' * 43}=",
    "PUBLIC_BASE_URL": "http://192.0.2.1",
    "ALLOWED_HOSTS": "192.0.2.1",
    "SANDBOX_PROVIDER_URL": "http://192.0.2.1",
    "SANDBOX_PROVIDER_API_KEY": "none-none-none-none-none-none",
    "SANDBOX_PROVIDER_CALLBACK_SECRET": "none-none-none-none-none-none",
}
os.environ.update(PLACEHOLDERS)

from kyc_platform.settings import *  # noqa: E402, F403
