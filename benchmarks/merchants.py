"""What the benchmarks of the HTTP API have in common: a merchant with a key and a customer."""

import base64
from dataclasses import dataclass

import requests

from tenants.merchants.plans import PlanName
from tests.fixtures.merchants import a_key, a_merchant
from tests.fixtures.way import members_of_customer


@dataclass(frozen=True)
class Caller:
    """A merchant's server: where the platform is, and the key that it calls with."""

    base_url: str
    key: str

    @property
    def authorization(self) -> dict[str, str]:
        """The header of its requests."""
        return {"Authorization": f"Api-Key {self.key}"}

    def register(self) -> str:
        """Register a customer and return its customer_id."""
        answer = requests.post(f"{self.base_url}/api/v1/customers", json=members_of_customer(), headers=self.authorization, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["customer_id"])

    def submit(self, customer_id: str, doc_type: str, picture: bytes) -> None:
        """Submit one document, as base64 in JSON."""
        body = {"doc_type": doc_type, "doc_body": base64.b64encode(picture).decode()}
        url = f"{self.base_url}/api/v1/customers/{customer_id}/documents"
        requests.post(url, json=body, headers=self.authorization, timeout=30).raise_for_status()


def a_caller(base_url: str, *scopes: str) -> Caller:
    """Open a merchant and return a caller with a key to its sandbox, with all scopes unless some are named."""
    return Caller(base_url, a_key(a_merchant(plan=PlanName.UNLIMITED).sandbox, *scopes))
