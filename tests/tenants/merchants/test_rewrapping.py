"""The root key is changed while merchants are served: their keys are wrapped anew and stay what they are."""

import base64
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from kyc_platform.crypto.root import LocalRootKeys, root_key
from kyc_platform.crypto.sealing import CannotOpen, new_key
from kyc_platform.embedded.places import ROOT
from tenants.merchants.keys import context_of_key, merchant_key
from tenants.merchants.models import Merchant
from tenants.merchants.rewrapping import Rewrapped, count_behind, rewrap_merchant_keys
from tenants.platform_log.models import PlatformLogEntry
from tests.fixtures.merchants import OPERATOR, a_merchant

NEW = new_key()
OLD = dict(settings.ROOT_KEYS)


@pytest.fixture
def own() -> QuerySet[Merchant]:
    """Six keys of the test's own: three merchants in two modes. The root key of the tests does not open them any more afterwards."""
    live = [a_merchant().pk for _ in range(3)]
    merchants: QuerySet[Merchant] = Merchant.objects.filter(Q(pk__in=live) | Q(sandbox_of__in=live))
    return merchants


def unwrapped(root, merchants: QuerySet[Merchant]) -> dict[str, bytes]:
    rows = merchants.values_list("public_id", "wrapped_key")
    return {public_id: root.unwrap(bytes(wrapped), context=context_of_key(public_id)) for public_id, wrapped in rows}


def rewrap(root, merchants: QuerySet[Merchant]) -> Rewrapped:
    return rewrap_merchant_keys(root, merchants, actor=OPERATOR, at=timezone.now())


def test_every_key_is_wrapped_by_the_new_root_key_and_is_the_same_key(own):
    both, new_alone = LocalRootKeys({"new": NEW, **OLD}), LocalRootKeys({"new": NEW})
    before = unwrapped(both, own)
    assert count_behind(both, own) == (6, 6)

    assert rewrap(both, own) == Rewrapped(anew=6)

    assert count_behind(both, own) == (0, 6)
    assert unwrapped(new_alone, own) == unwrapped(both, own) == before
    with pytest.raises(CannotOpen):
        unwrapped(root_key(), own)
    entry = PlatformLogEntry.objects.filter(action="merchant_keys.rewrapped").latest("id")
    assert (entry.actor_id, entry.details) == (OPERATOR.id, {"keys": 6})


def test_what_was_done_before_a_kill_is_not_done_again(own):
    both = LocalRootKeys({"new": NEW, **OLD})
    before = unwrapped(both, own)
    assert rewrap(both, own.filter(pk=own.order_by("pk")[0].pk)) == Rewrapped(anew=1)  # and then it was killed
    assert unwrapped(both, own) == before  # both root keys open meanwhile

    assert rewrap(both, own) == Rewrapped(anew=5, already=1)
    assert rewrap(both, own) == Rewrapped(already=6)


def test_two_at_once_do_each_key_once(own):
    both = LocalRootKeys({"new": NEW, **OLD})
    before = unwrapped(both, own)

    def run(_number: int) -> Rewrapped:
        try:
            return rewrap(both, own.all())
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(run, range(3)))

    assert sum(one.anew for one in found) == 6
    assert sum(one.already for one in found) == 12
    assert unwrapped(LocalRootKeys({"new": NEW}), own) == before


def test_a_damaged_key_is_named_and_left_and_holds_up_no_other(own, caplog):
    both = LocalRootKeys({"new": NEW, **OLD})
    damaged = own.order_by("pk")[0]
    Merchant.objects.filter(pk=damaged.pk).update(wrapped_key=bytes(damaged.wrapped_key)[:-1] + b"\0")

    assert rewrap(both, own) == Rewrapped(anew=5, damaged=1)

    assert [record.merchant for record in caplog.records if record.message == "merchant key cannot be opened"] == [damaged.public_id]
    assert count_behind(both, own) == (1, 6)


def test_the_command_tells_when_the_old_root_key_may_go_and_turns_back_too():
    merchant = a_merchant()
    before = dict(Merchant.objects.exclude(slug=merchant.slug).values_list("pk", "wrapped_key"))
    key = merchant_key(merchant.schema_name)
    old = [f"{key_id}:{base64.b64encode(value).decode()}" for key_id, value in OLD.items()]
    new = f"new:{base64.b64encode(NEW).decode()}"

    def run(*options: str, roots: list[str]) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "rewrap_merchant_keys", "--merchant", merchant.slug, *options]
        environment = {**os.environ, "KYC_ROOT_KEYS": ",".join(roots)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    behind = run("--check", roots=[new, *old])
    assert (behind.returncode, "2 of 2 keys are wrapped by another root key, which is still needed" in behind.stderr) == (1, True)
    done = run(roots=[new, *old])
    assert (done.returncode, done.stdout) == (0, "2 keys wrapped anew, 0 were already\n")
    checked = run("--check", roots=[new])
    assert (checked.returncode, checked.stdout) == (0, "all 2 keys are wrapped by the present root key\n")
    refused = run(roots=old)
    assert (refused.returncode, "2 keys do not open with any root key that is listed" in refused.stderr) == (1, True)

    assert run(roots=[*old, new]).returncode == 0
    merchant.refresh_from_db()
    assert root_key().unwrap(bytes(merchant.wrapped_key), context=context_of_key(merchant.public_id)) == key
    assert dict(Merchant.objects.exclude(slug=merchant.slug).values_list("pk", "wrapped_key")) == before
