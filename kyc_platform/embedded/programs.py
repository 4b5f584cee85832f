"""The platform's own processes: web, worker, sender, scheduler, the sandbox provider, and the demonstration's webhook receiver."""

import os
import sys
from collections.abc import Mapping

from kyc_platform.embedded.places import ROOT, Folder
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.state import HOST, State

# The names are those of the ports in the state and of the log files.
WITH_PORTS = ("web", "provider", "receiver")
WITHOUT_PORTS = ("worker", "sender", "scheduler")  # web tells when each last showed life
CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "kyc_platform.celery")  # its banner would stand among lines of JSON
# One machine: nothing to gossip with, nobody to greet, no heartbeat to send.
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat")
WORKER_CONCURRENCY = 2
SENDER_CONCURRENCY = 8  # merchants sent for at once: threads, since a sender mostly waits


def platform_programs(folder: Folder, state: State, environment: Mapping[str, str]) -> list[Program]:
    """Return the processes in the order of their start. `environment` holds every setting of the platform."""
    web = ("granian", "--interface", "wsgi", "--no-ws", "--host", HOST, "--port", str(state.ports["web"]))
    # Workers as cores and one blocking thread each: more threads wait for each other (docs/PERFORMANCE.md).
    size = ("--workers", str(os.cpu_count() or 1), "--blocking-threads", "1", "--respawn-failed-workers")
    scheduler = ("beat", "--schedule", str(folder.path / "scheduler"), "--pidfile", "", "--loglevel", "WARNING")
    level = ("--loglevel", "INFO", *ALONE)
    worker = ("worker", "--pool", "prefork", "--concurrency", str(WORKER_CONCURRENCY), "--queues", "kyc", "-n", "worker@%h", *level)
    sends = ("worker", "--pool", "threads", "--concurrency", str(SENDER_CONCURRENCY), "--queues", "kyc-webhooks", "-n", "sender@%h", *level)
    counting = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(folder.metrics)}
    provider = {
        "SANDBOX_PROVIDER_HOST": HOST,
        "SANDBOX_PROVIDER_PORT": str(state.ports["provider"]),
        "SANDBOX_PROVIDER_STATE": str(folder.path / "provider.sqlite3"),
        **{name: environment[name] for name in ("SANDBOX_PROVIDER_API_KEY", "SANDBOX_PROVIDER_CALLBACK_SECRET", "KYC_ENVIRONMENT")},
    }
    receiver = {
        "RECEIVER_HOST": HOST,
        "RECEIVER_PORT": str(state.ports["receiver"]),
        "RECEIVER_STATE": str(folder.path / "receiver.sqlite3"),
        "RECEIVER_SECRET_FILE": str(folder.path / "receiver.secret"),
    }
    return [
        Program("provider", (sys.executable, "-m", "verification.providers.sandbox.service"), ROOT, provider),
        Program("receiver", (sys.executable, "-m", "kyc_platform.demo.receiver"), ROOT, receiver),
        Program("web", (sys.executable, "-m", *web, *size, "kyc_platform.wsgi:application"), ROOT, counting),
        # Celery logs to stderr. To stdout it only writes words for whoever ends it at a terminal ("worker: Warm shutdown (MainProcess)"
        # between blank lines: `safe_say` in celery/apps/worker.py 5.7, which no setting silences).
        Program("worker", (*CELERY, *worker), ROOT, counting, stop_seconds=30, is_stdout_for_people=True),
        Program("sender", (*CELERY, *sends), ROOT, counting, stop_seconds=30, is_stdout_for_people=True),
        Program("scheduler", (*CELERY, *scheduler), ROOT, environment, is_stdout_for_people=True),
    ]
