"""Where mails go when no mail server is set: nowhere, and the log says so."""

import logging
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

logger = logging.getLogger(__name__)


class LogBackend(BaseEmailBackend):
    """Writes a line for each message that there was no server to send with: to how many, not to whom, and not what it said."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Return how many messages were done with."""
        for message in email_messages:
            logger.warning("mail not sent, EMAIL_HOST is not set", extra={"recipients": len(message.recipients())})
        return len(email_messages)
