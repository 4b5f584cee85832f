"""The environment, read once, typed, and refused when incomplete.

This is the only module that reads environment variables; everything else reads `django.conf.settings`.
`.env.example` lists every variable, and a test holds the two equal.
"""

import base64
import binascii
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT_KEY_BYTES = 32
SECRET_KEY_CHARACTERS_MIN = 50


class Environment(BaseSettings):
    """Every setting of the platform that differs between installations."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, case_sensitive=True)

    KYC_ENVIRONMENT: Literal["development", "test", "production"] = Field(
        description="development and test allow loopback webhooks when asked to; production never does"
    )
    SECRET_KEY: str = Field(min_length=SECRET_KEY_CHARACTERS_MIN, description="random, 50 characters at least; signs sessions and tokens")
    DATABASE_URL: str = Field(description="postgresql://user:password@host:port/name, session pooling only")
    REDIS_URL: str = Field(description="redis://[:password@]host:port/number")
    S3_ENDPOINT_URL: str | None = Field(default=None, description="http(s)://host:port of the S3 server; empty means AWS")
    S3_BUCKET: str = Field(min_length=3, description="the bucket that holds every merchant's documents")
    S3_REGION: str = Field(default="us-east-1", description="the region that requests are signed for")
    S3_ACCESS_KEY_ID: str | None = Field(default=None, description="empty means the machine's own AWS identity")
    S3_SECRET_ACCESS_KEY: str | None = Field(default=None, description="goes with S3_ACCESS_KEY_ID")
    KYC_ROOT_KEYS: str | None = Field(
        default=None, description="id:base64 of 32 bytes, comma-separated, the first one seals; one of the three root key settings"
    )
    KYC_ROOT_KEYS_FILE: Path | None = Field(default=None, description="a file with the same, a line each")
    KYC_ROOT_KMS_KEY_ID: str | None = Field(default=None, description="an AWS KMS key that wraps the merchant keys")
    PUBLIC_BASE_URL: str = Field(description="where providers and browsers reach this platform, without a final slash")
    ALLOWED_HOSTS: str = Field(description="comma-separated host names that the web process answers to")
    TRUSTED_PROXY_COUNT: int = Field(default=0, ge=0, description="proxies in front whose X-Forwarded-For entries are believed")
    SANDBOX_PROVIDER_URL: str = Field(description="the sandbox provider's base URL")
    SANDBOX_PROVIDER_API_KEY: str = Field(min_length=24, description="what the platform shows to the sandbox provider")
    SANDBOX_PROVIDER_CALLBACK_SECRET: str = Field(min_length=24, description="what the sandbox provider signs its callbacks with")
    OUTBOUND_ALLOW_LOOPBACK: bool = Field(default=False, description="true lets webhooks go to http://127.0.0.1; refused in production")
    EMAIL_HOST: str | None = Field(default=None, description="the mail server; without one, that a mail was not sent is logged")
    EMAIL_PORT: int = Field(default=587, ge=1, le=65_535, description="its port")
    EMAIL_USER: str | None = Field(default=None, description="empty means that it asks for none")
    EMAIL_PASSWORD: str | None = Field(default=None, description="goes with EMAIL_USER")
    EMAIL_TLS: Literal["starttls", "implicit", "none"] = Field(default="starttls", description="none is refused in production")
    EMAIL_FROM: str = Field(default="KYC platform <no-reply@localhost>", description="whom mails are from")
    EMAIL_FOLDER: Path | None = Field(default=None, description="a folder to write mails to instead of sending them")
    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="the least severe line that is written")
    # prometheus_client reads it too, and by itself.
    PROMETHEUS_MULTIPROC_DIR: Path | None = Field(default=None, description="a folder in which one machine's processes count together")

    @field_validator("DATABASE_URL")
    @classmethod
    def _is_postgresql(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
            raise ValueError("must be postgresql://user:password@host:port/name")
        return value

    @field_validator("PROMETHEUS_MULTIPROC_DIR", mode="before")
    @classmethod
    def _is_a_folder_or_not_set(cls, value: object) -> object:
        if value == "":
            raise ValueError("must name a folder that exists, or not be set at all: empty, it would be the working directory")
        return value

    @field_validator("PUBLIC_BASE_URL", "SANDBOX_PROVIDER_URL")
    @classmethod
    def _is_http_base(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or value.endswith("/"):
            raise ValueError("must be http(s)://host[:port] without a final slash")
        return value

    @field_validator(
        "S3_ENDPOINT_URL",
        "S3_ACCESS_KEY_ID",
        "S3_SECRET_ACCESS_KEY",
        "KYC_ROOT_KEYS",
        "KYC_ROOT_KEYS_FILE",
        "KYC_ROOT_KMS_KEY_ID",
        "EMAIL_HOST",
        "EMAIL_USER",
        "EMAIL_PASSWORD",
        "EMAIL_FOLDER",
        mode="before",
    )
    @classmethod
    def _empty_is_absent(cls, value: object) -> object:
        return None if value == "" else value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        roots = [self.KYC_ROOT_KEYS, self.KYC_ROOT_KEYS_FILE, self.KYC_ROOT_KMS_KEY_ID]
        if sum(root is not None for root in roots) != 1:
            raise ValueError("set exactly one of KYC_ROOT_KEYS, KYC_ROOT_KEYS_FILE, KYC_ROOT_KMS_KEY_ID")
        if (self.S3_ACCESS_KEY_ID is None) != (self.S3_SECRET_ACCESS_KEY is None):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together")
        if (self.EMAIL_USER is None) != (self.EMAIL_PASSWORD is None):
            raise ValueError("EMAIL_USER and EMAIL_PASSWORD go together")
        if self.EMAIL_HOST is not None and self.EMAIL_FOLDER is not None:
            raise ValueError("set EMAIL_HOST or EMAIL_FOLDER, not both")
        if self.KYC_ENVIRONMENT == "production":
            if self.EMAIL_HOST is not None and self.EMAIL_TLS == "none":
                raise ValueError("EMAIL_TLS=none is refused in production: others on the way could read the mails")
            if self.OUTBOUND_ALLOW_LOOPBACK:
                raise ValueError("OUTBOUND_ALLOW_LOOPBACK is refused in production: it would let merchants reach this machine")
            if urlsplit(self.PUBLIC_BASE_URL).scheme != "https":
                raise ValueError("PUBLIC_BASE_URL must be https in production")
        self.root_keys()
        return self

    def mail_backend(self) -> str:
        """Return Django's EMAIL_BACKEND: to the mail server, into the folder, or into the log."""
        if self.EMAIL_HOST is not None:
            return "django.core.mail.backends.smtp.EmailBackend"
        return "kyc_platform.mail.LogBackend" if self.EMAIL_FOLDER is None else "django.core.mail.backends.filebased.EmailBackend"

    def root_keys(self) -> dict[str, bytes]:
        """Return the local root keys by id, the sealing one first; empty when AWS KMS holds the root key."""
        if self.KYC_ROOT_KMS_KEY_ID is not None:
            return {}
        text = self.KYC_ROOT_KEYS if self.KYC_ROOT_KEYS_FILE is None else self.KYC_ROOT_KEYS_FILE.read_text()
        keys: dict[str, bytes] = {}
        for entry in (text or "").replace("\n", ",").split(","):
            if not entry.strip():
                continue
            key_id, _, encoded = entry.strip().partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise ValueError("a root key is id:base64") from None
            if not key_id or len(key) != ROOT_KEY_BYTES or key_id in keys:
                raise ValueError("a root key is a unique id, a colon and the base64 of 32 bytes")
            keys[key_id] = key
        if not keys:
            raise ValueError("there is no root key")
        return keys

    def database(self) -> dict[str, object]:
        """Return DATABASE_URL as Django's NAME, USER, PASSWORD, HOST and PORT."""
        parts = urlsplit(self.DATABASE_URL)
        return {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
        }
