"""The customer that the tests of validation begin with: every member is right."""

from typing import Any

ANNA: dict[str, Any] = {
    "customer_id": "cus-000123",
    "name": "Anna Maria Eriksson",
    "email": "anna@example.com",
    "phone_number": "+46701234567",
    "date_of_birth": "1974-08-12",
    "address": {"line1": "Storgatan 1", "line2": None, "city": "Uppsala", "postal_code": "753 20", "region": None, "country": "SE"},
    "identity_document": {"type": "passport", "number": "L898902C3", "issuing_country": "SE", "expiry_date": "2032-04-15"},
    "level": "standard",
    "metadata": {"tier": "gold", "visits": 1},
}
