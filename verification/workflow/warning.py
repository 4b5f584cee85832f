"""Warning a merchant's members that an endpoint fails, before it is disabled, and telling them when it was."""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from kyc_platform.doors import assert_no_transaction
from tenants.members.accounts import addresses_of_members
from tenants.members.models import Role
from tenants.routing.context import current_merchant
from tenants.routing.entry import leave_merchant
from verification import jobs
from verification.webhooks.health import DueWarning, is_warning_due, note_mailed, take_due_warnings
from verification.webhooks.models import WarningCode

logger = logging.getLogger(__name__)

AT_ONCE = 20
ROLES = (Role.OWNER, Role.ADMIN, Role.DEVELOPER)
SUBJECTS = {
    WarningCode.FAILING_FOR_AN_HOUR: "has been failing for an hour",
    WarningCode.FAILING_FOR_A_DAY: "has been failing for a day",
    WarningCode.DISABLED_IN_A_DAY: "will be disabled in a day",
    WarningCode.DISABLED: "was disabled",
}
RETRIES = "Every event is tried again for about three days. After five days of nothing but failures the endpoint is disabled."
CONSEQUENCES = {
    WarningCode.FAILING_FOR_AN_HOUR: RETRIES,
    WarningCode.FAILING_FOR_A_DAY: RETRIES,
    WarningCode.DISABLED_IN_A_DAY: "Unless it answers one event with 2xx by then, nothing is posted to it any more.",
    WarningCode.DISABLED: "Nothing is posted to it any more. Once it works, enable it with PUT /webhook-endpoints/{id},\n"
    "and ask for what it missed with POST /webhook-endpoints/{id}/recover.",
}
BECAUSE = {"gone": "It answered 410.", "failing": "It failed for five days without a success."}


def warn_members(*, at: datetime) -> None:
    """Give the current merchant's warnings that are due, and mail them to its owners, admins and developers.

    What the mail server does not take is tried again later. A process that dies between the mail and its note mails twice.
    """
    while True:
        with transaction.atomic():
            due = take_due_warnings(limit=AT_ONCE, at=at)
        if not due:
            return
        merchant = current_merchant()
        with leave_merchant():  # members live in `public`
            addresses = addresses_of_members(merchant.company_id, ROLES)
        for warning in due:
            if _mail(warning, addresses):
                with transaction.atomic():
                    note_mailed(warning.pk)


def ask_for_warnings(*, at: datetime) -> None:
    """Ask for the job that warns, when anything is due: for a sweep, which must not wait for a mail server itself."""
    if is_warning_due(at=at):
        jobs.warn_members()


def _mail(warning: DueWarning, addresses: list[str]) -> bool:
    """Tell whether the mail server took a message to each address."""
    assert_no_transaction()
    subject, body = _words(warning)
    try:
        get_connection().send_messages([EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [address]) for address in addresses])
    except (SMTPException, OSError) as refused:
        logger.warning("mail refused, it is tried again", extra={"endpoint": warning.endpoint_uid, "error": type(refused).__name__})
        return False
    return True


def _words(warning: DueWarning) -> tuple[str, str]:
    merchant = current_merchant()
    mode = "live" if merchant.livemode else "sandbox"
    subject = f"{merchant.name} ({mode}): webhook endpoint {warning.endpoint_uid} {SUBJECTS[warning.code]}"
    since = f"Since {warning.failing_since:%Y-%m-%d %H:%M} UTC it has received nothing." if warning.failing_since else ""
    because = BECAUSE.get(warning.disabled_because, "")
    log = f"What it answered: GET /webhook-endpoints/{warning.endpoint_uid}/deliveries"
    return subject, "\n".join(filter(None, [f"{subject}.", "", since, because, CONSEQUENCES[warning.code], log, ""]))
