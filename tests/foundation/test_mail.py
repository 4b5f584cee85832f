"""Where mails go: to the server, into a folder, or nowhere with a line in the log."""

import os
from typing import Any

import pytest
from django.core.mail import EmailMessage
from pydantic import ValidationError

from kyc_platform.mail import LogBackend
from kyc_platform.settings.environment import Environment

SERVER = {"EMAIL_HOST": "mail.example.com", "EMAIL_FOLDER": ""}


def settings(**changed: str) -> Environment:
    """Read the settings of the tests with some of them changed."""
    told: dict[str, Any] = {name: os.environ[name] for name in Environment.model_fields if name in os.environ}
    return Environment(**told | changed)


def test_without_a_mail_server_the_log_tells_to_how_many_a_mail_was_not_sent_and_not_to_whom_or_what(caplog):
    message = EmailMessage("about Anna", "secret", "from@example.com", ["anna@example.com", "bert@example.com"])

    assert LogBackend().send_messages([message]) == 1

    (record,) = caplog.records
    assert (record.getMessage(), record.recipients) == ("mail not sent, EMAIL_HOST is not set", 2)
    assert not any(text in str(vars(record)) for text in ("Anna", "secret", "example.com"))


@pytest.mark.parametrize(
    ("given", "backend"),
    [
        ({"EMAIL_HOST": "", "EMAIL_FOLDER": ""}, "kyc_platform.mail.LogBackend"),
        (SERVER, "django.core.mail.backends.smtp.EmailBackend"),
        ({"EMAIL_HOST": "", "EMAIL_FOLDER": "mail"}, "django.core.mail.backends.filebased.EmailBackend"),
    ],
)
def test_a_mail_goes_to_the_server_or_into_the_folder_or_is_logged(given, backend):
    assert settings(**given).mail_backend() == backend


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"EMAIL_HOST": "mail.example.com", "EMAIL_FOLDER": "mail"}, "set EMAIL_HOST or EMAIL_FOLDER, not both"),
        ({**SERVER, "EMAIL_USER": "kyc"}, "EMAIL_USER and EMAIL_PASSWORD go together"),
        ({**SERVER, "EMAIL_TLS": "none", "KYC_ENVIRONMENT": "production"}, "EMAIL_TLS=none is refused in production"),
        ({**SERVER, "EMAIL_TLS": "perhaps"}, "EMAIL_TLS"),
        ({**SERVER, "EMAIL_PORT": "0"}, "EMAIL_PORT"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused_at_the_start(given, complaint):
    with pytest.raises(ValidationError, match=complaint):
        settings(**given)
