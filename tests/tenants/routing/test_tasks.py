"""A merchant's task runs in the schema its message names, or not at all."""

import secrets

import pytest
from django.utils import timezone

from kyc_platform.background import TaskWithoutSchema, tenant_task
from kyc_platform.celery import app
from kyc_platform.schema import is_public
from tenants.merchants.models import Merchant
from tenants.merchants.opening import close_merchant, suspend_merchant
from tenants.merchants.states import MerchantClosed, MerchantNotOpen
from tenants.routing.context import current_merchant
from tenants.routing.entry import UnknownMerchant
from tests.fixtures.merchants import OPERATOR


@pytest.fixture
def task():
    """A merchant's task that writes down where it ran."""
    name = f"tests.{secrets.token_hex(6)}"
    ran: list[str] = []

    @tenant_task(name)
    def body(**ids):
        ran.append(current_merchant().schema)
        if ids.get("fails"):
            raise RuntimeError("a defect")

    yield app.tasks[name], ran
    app.tasks.pop(name)


def test_a_task_runs_in_the_schema_it_was_sent_for(task, merchant, other_merchant):
    run, ran = task

    for schema in (merchant.schema_name, other_merchant.schema_name):
        run(schema=schema)

    assert ran == [merchant.schema_name, other_merchant.schema_name]
    assert is_public()


@pytest.mark.parametrize("message", [{}, {"schema": None}, {"schema": ""}])
def test_a_task_without_a_schema_is_refused_and_never_runs_in_public(task, message):
    run, ran = task

    with pytest.raises(TaskWithoutSchema):
        run(**message)

    assert ran == []


@pytest.mark.parametrize("schema", ["public", "m_aaaaaaaaaaaaaaaa", 'm_"; drop schema public; --'])
def test_a_task_for_a_schema_of_no_merchant_is_refused(task, schema):
    run, ran = task

    with pytest.raises(UnknownMerchant):
        run(schema=schema)

    assert ran == []
    assert is_public()


def test_a_task_that_fails_leaves_its_worker_in_public(task, merchant):
    run, ran = task

    with pytest.raises(RuntimeError):
        run(schema=merchant.schema_name, fails=1)

    assert ran == [merchant.schema_name]
    assert is_public()


def test_a_suspended_merchants_work_goes_on_and_a_closed_ones_stops(task, merchant):
    run, ran = task
    suspend_merchant(merchant=merchant, reason="unpaid", actor=OPERATOR, at=timezone.now())
    run(schema=merchant.schema_name)
    close_merchant(merchant=merchant, reason="left us", actor=OPERATOR, at=timezone.now())

    with pytest.raises(MerchantClosed):
        run(schema=merchant.schema_name)

    assert ran == [merchant.schema_name]


def test_a_merchant_that_is_still_being_opened_has_no_tasks_yet(task, merchant):
    run, ran = task
    Merchant.objects.filter(pk=merchant.pk).update(state="opening", opened_at=None)

    with pytest.raises(MerchantNotOpen):
        run(schema=merchant.schema_name)

    assert ran == []
