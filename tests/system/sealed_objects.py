"""Which objects of the store are sealed: those that the platform's own functions open with the platform's own keys."""

import hashlib
import json
import subprocess
import sys

from kyc_platform.crypto.sealing import CannotOpen
from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.places import ROOT
from kyc_platform.storage import objects
from kyc_platform.storage.names import own_prefix
from tenants.routing.entry import enter_schema_of_task, working_schemas
from tests.system.running import RunningPlatform
from verification.customers.keys import CustomerErased, customer_keyring
from verification.customers.models import Customer
from verification.documents.vault import object_binding

IN_THE_PLATFORM = "import django; django.setup(); from tests.system.sealed_objects import tell; tell()"


def ask_for_sealed_objects(platform: RunningPlatform) -> dict[str, str]:
    """Return the key of every object that opens, and the SHA-256 of its bytes as stored, told by a process with the platform's settings."""
    environment = base_environment(platform.folder, platform.given)
    environment |= platform_environment(platform.folder, platform.platform.state, platform.given)
    outcome = subprocess.run([sys.executable, "-c", IN_THE_PLATFORM], cwd=ROOT, env=environment, capture_output=True, check=True)
    return dict(json.loads(outcome.stdout))


def tell() -> None:
    """Say it to whoever has started this process."""
    json.dump([found for schema in working_schemas() for found in _sealed_in(schema)], sys.stdout)


def _sealed_in(schema: str) -> list[tuple[str, str]]:
    with enter_schema_of_task(schema):
        stored = [(key, objects.get(key)) for key, _ in objects.keys(own_prefix())]
        return [(key, hashlib.sha256(body).hexdigest()) for key, body in stored if _opens(key, body)]


def _opens(key: str, body: bytes) -> bool:
    """Tell whether an object opens with the keys of the customer whose it is, or of any when a crash has left it without a row."""
    owner = Customer.objects.filter(submissions__object_key=key)
    for customer in owner or Customer.objects.all():
        try:
            customer_keyring(customer).open(body, object_binding(key.rpartition("/")[2]))
        except (CannotOpen, CustomerErased):
            continue
        return True
    return False
