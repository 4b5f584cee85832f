"""The merchant's endpoints: adding, finding, locking them, and the sealed secret of each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from kyc_platform.errors import Conflict, InvalidMember, InvalidRequest, NotFound
from kyc_platform.ids import new_id
from verification.customers.keys import merchant_binding, merchant_keyring
from verification.events.types import EventType
from verification.webhooks.models import ENDPOINTS_MAX, DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint
from verification.webhooks.signing import signing_key

TABLE = "webhook_endpoint"
NAME_CHARACTERS_SHOWN = 64
EVENT_TYPES = tuple(event_type.value for event_type in EventType)


class EndpointNotFound(NotFound):
    """No endpoint of this merchant, in this mode, has the id."""

    code = "webhook_endpoint_not_found"
    title = "There is no such webhook endpoint"
    remedy = "List the endpoints with `GET /webhook-endpoints`."


class TooManyEndpoints(Conflict):
    """Every place for an endpoint is taken."""

    code = "too_many_webhook_endpoints"
    title = f"There are {ENDPOINTS_MAX} webhook endpoints already"
    remedy = "Delete one that is no longer used with `DELETE /webhook-endpoints/{id}`."


def known_event_types(names: Sequence[object] | None) -> list[str]:
    """Return the types in the catalogue's order, each once; none for None, which means every type.

    Raises InvalidRequest naming what is no event type, or that the list is empty.
    """
    if names is None:
        return []
    if not names:
        remedy = "Name at least one event type, or leave event_types out to get every one."
        raise InvalidRequest(errors=[InvalidMember("/event_types", "required", remedy)])
    known = f"Event types: {', '.join(EVENT_TYPES)}."
    errors = [
        InvalidMember(f"/event_types/{position}", "unknown_event_type", f"{_shown(name)} is no event type. {known}")
        for position, name in enumerate(names)
        if name not in EVENT_TYPES
    ]
    if errors:
        raise InvalidRequest(errors=errors[: len(EVENT_TYPES)])
    return [name for name in EVENT_TYPES if name in names]


def add_endpoint(url: str, event_types: list[str], secret: str, *, at: datetime) -> WebhookEndpoint:
    """Insert an endpoint in a free place, its secret sealed. Part of a transaction. Raises TooManyEndpoints."""
    uid = new_id("whe")
    sealed = merchant_keyring().seal(secret.encode(), merchant_binding(TABLE, "secret", uid))
    while (place := _free_place()) is not None:
        endpoint = WebhookEndpoint(uid=uid, place=place, url=url, event_types=event_types, secret_sealed=sealed, created_at=at)
        try:
            with transaction.atomic():  # a savepoint: of two who take the same place at once, the other one looks for another
                endpoint.save(force_insert=True)
        except IntegrityError:
            continue
        return endpoint
    raise TooManyEndpoints("Delete one that is no longer used with DELETE /webhook-endpoints/{id}.")


def secret_of(endpoint: WebhookEndpoint) -> str:
    """Return the secret of an endpoint. It is shown to the merchant once: when it is new."""
    return merchant_keyring().open(bytes(endpoint.secret_sealed), merchant_binding(TABLE, "secret", endpoint.uid)).decode()


def signing_keys_of(endpoint: WebhookEndpoint, *, at: datetime) -> tuple[bytes, ...]:
    """Return the keys that sign what is posted to the endpoint: the secret's, and its predecessor's while that is valid."""
    keys = [signing_key(secret_of(endpoint))]
    if endpoint.previous_secret_until is not None and at < endpoint.previous_secret_until:
        sealed = bytes(endpoint.previous_secret_sealed or b"")
        keys.append(signing_key(merchant_keyring().open(sealed, merchant_binding(TABLE, "previous_secret", endpoint.uid)).decode()))
    return tuple(keys)


def replace_secret(endpoint: WebhookEndpoint, secret: str, *, previous_until: datetime | None) -> None:
    """Give an endpoint another secret, and let the one before sign too until a moment, or no longer when None; one older is forgotten.

    Part of a transaction that holds the endpoint's lock.
    """
    keyring, previous = merchant_keyring(), secret_of(endpoint).encode()
    is_kept = previous_until is not None
    endpoint.previous_secret_sealed = keyring.seal(previous, merchant_binding(TABLE, "previous_secret", endpoint.uid)) if is_kept else None
    endpoint.previous_secret_until = previous_until
    endpoint.secret_sealed = keyring.seal(secret.encode(), merchant_binding(TABLE, "secret", endpoint.uid))
    endpoint.save(update_fields=["secret_sealed", "previous_secret_sealed", "previous_secret_until"])


def present_endpoints() -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that are not deleted, unordered."""
    return WebhookEndpoint.objects.exclude(state=EndpointState.DELETED)


def find_endpoint(uid: str) -> WebhookEndpoint:
    """Return an endpoint that is not deleted. Raises EndpointNotFound."""
    return _one(present_endpoints(), uid)


def lock_endpoint(uid: str) -> WebhookEndpoint:
    """Return the same with its row locked: whoever changes several deliveries of an endpoint holds this lock. Raises EndpointNotFound."""
    return _one(present_endpoints().select_for_update(no_key=True), uid)


def lock_endpoints(pks: Iterable[int]) -> dict[int, WebhookEndpoint]:
    """Return endpoints by their key, deleted ones too, locked in one order. New deliveries can be owed to them meanwhile."""
    rows = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk__in=set(pks)).order_by("pk")
    return {endpoint.pk: endpoint for endpoint in rows}


def cancel_deliveries(endpoint: WebhookEndpoint) -> int:
    """Cancel what an endpoint is owed; return how many. The caller holds the endpoint's lock."""
    owed = WebhookDelivery.objects.filter(endpoint=endpoint, due_at__isnull=False)  # what is owed is due, and found by that
    return owed.update(state=DeliveryState.CANCELLED, due_at=None)


def _one(rows: QuerySet[WebhookEndpoint], uid: str) -> WebhookEndpoint:
    try:
        return rows.get(uid=uid)
    except WebhookEndpoint.DoesNotExist:
        raise EndpointNotFound("No webhook endpoint has this id here. List them with GET /webhook-endpoints.") from None


def _free_place() -> int | None:
    taken = set(present_endpoints().values_list("place", flat=True))
    return next((place for place in range(1, ENDPOINTS_MAX + 1) if place not in taken), None)


def _shown(name: object) -> str:
    return name if isinstance(name, str) and 0 < len(name) <= NAME_CHARACTERS_SHOWN and name.isprintable() else "This"
