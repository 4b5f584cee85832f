"""A sequencer as a process of its own: `python -m tests.verification.events.sequencing_process SCHEMA`."""

import sys

import django

if __name__ == "__main__":
    django.setup()

    from tenants.routing.entry import enter_schema_of_task
    from verification.workflow.sequencing import sequence_events

    with enter_schema_of_task(sys.argv[1]):
        sequence_events()
