"""A sender as a process of its own: `python -m tests.verification.webhooks.sending_process SCHEMA`."""

import sys

import django

if __name__ == "__main__":
    django.setup()

    from tenants.routing.entry import enter_schema_of_task
    from verification.workflow.notifying import deliver_due

    with enter_schema_of_task(sys.argv[1]):
        deliver_due()
