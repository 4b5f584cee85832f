"""Finding and opening a customer's runs. The caller holds the customer's lock where it changes anything."""

from datetime import datetime

from kyc_platform.errors import NotFound
from kyc_platform.ids import new_id
from verification.customers.models import Customer
from verification.customers.stages import Stage
from verification.lifecycle.models import Verification


class VerificationNotFound(NotFound):
    """No verification of this customer has the id."""

    code = "verification_not_found"
    title = "There is no such verification"
    remedy = "List the runs of the customer with `GET /customers/{customer_id}/verifications`."


def open_run(customer: Customer, *, at: datetime) -> Verification:
    """Begin a new run at the customer's level, in `collecting`, and show it on the customer.

    The database refuses a second open run of a customer.
    """
    run = Verification.objects.create(uid=new_id("ver"), customer=customer, level=customer.level, stage=Stage.COLLECTING, opened_at=at)
    run.show_on_customer(at=at)
    return run


def newest_run(customer: Customer) -> Verification:
    """Return the customer's newest run, with `customer` itself as its customer. There always is one: registering opens the first."""
    run = Verification.objects.filter(customer=customer).order_by("-opened_at", "-id").first()
    if run is None:
        raise VerificationNotFound
    run.customer = customer
    return run


def find_run(customer: Customer, uid: str) -> Verification:
    """Return one run of this customer by its public id. Raises VerificationNotFound, also for another customer's."""
    try:
        run = Verification.objects.get(customer=customer, uid=uid)
    except Verification.DoesNotExist:
        raise VerificationNotFound("No verification of this customer has this id.") from None
    run.customer = customer
    return run
