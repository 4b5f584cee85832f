"""Quotas: buckets in Redis that all processes share, counted in one round trip by one script.

Each bucket holds what may be asked for in a minute and refills evenly (GCRA, the generic cell rate algorithm of ITU-T I.371): so a quota
is one number in Redis, the moment at which the bucket is full again, and the turn of a minute gives nobody a second burst. The script
decides on several buckets together: all are taken from, or, when one of them refuses, none. What is refused is not counted, so that a
caller who goes on knocking gets in as soon as one who waits.
"""

import hashlib
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import redis

from kyc_platform.near_redis import Values, Word, ask
from tenants.limits.plans import plan_of
from tenants.routing.context import MerchantContext

# KEYS: the buckets. ARGV: how many requests are asked for, how many more would be taken ahead, how many that were taken ahead are given
# back, how many µs ago those were taken, and of each bucket how many fit. Of what is left a sixteenth is taken ahead at most. A bucket
# refills meanwhile, so that what was taken long ago cannot be given back.
# Returns which bucket refused (or 0), its wait in seconds, which bucket has least left, how many, the seconds until it is full, and how
# many were taken ahead: they still count as left. Moments are µs and stay below 2^53, up to which Lua counts exactly. A moment too
# far ahead comes from another clock.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local asked, ahead, unused, age = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local found = redis.call('MGET', unpack(KEYS))
local refused, wait, full_at, each = 0, 0, {}, {}
for i = 1, #KEYS do
  local room = tonumber(ARGV[4 + i])
  each[i] = math.floor(60000000 / room)
  local present = math.min(math.max(tonumber(found[i] or '0'), now), now + each[i] * room)
  full_at[i] = math.max(present - math.max(unused * each[i] - age, 0), now)
  local over = full_at[i] + each[i] * asked - now - each[i] * room
  if asked > 0 and over > wait then refused, wait = i, over end
end
local least, left, reset = 0, nil, 0
for i = 1, #KEYS do
  if refused == 0 then full_at[i] = full_at[i] + each[i] * asked end
  local remaining = math.floor(tonumber(ARGV[4 + i]) - (full_at[i] - now) / each[i])
  if left == nil or remaining < left then least, left, reset = i, remaining, full_at[i] - now end
end
if refused == 0 then ahead = math.min(ahead, math.floor(left / 16)) else ahead = 0 end
if asked > 0 or unused > 0 then
  for i = 1, #KEYS do
    full_at[i] = full_at[i] + each[i] * ahead
    redis.call('SET', KEYS[i], string.format('%.0f', full_at[i]), 'PX', math.max(math.ceil((full_at[i] - now) / 1000), 1))
  end
end
return {refused, math.ceil(wait / 1000000), least, left, math.ceil(reset / 1000000), ahead}
"""
DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()  # by which Redis names a script


class Bucket(NamedTuple):
    """One quota: its key in Redis, in words whose it is, and the requests a minute."""

    key: str
    of: str
    limit: int


class Verdict(NamedTuple):
    """What counting said: of the bucket with least left, its limit, what remains and when it is full; and which one refused, if any.

    `ahead` of the requests that remain are taken already, and may be let through without asking.
    """

    limit: int
    remaining: int
    reset_seconds: int
    refused: Bucket | None = None
    retry_after_seconds: int = 0
    ahead: int = 0

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers of the answer (draft-ietf-httpapi-ratelimit-headers, in the form of its third version)."""
        return [
            ("RateLimit-Limit", str(self.limit)),
            ("RateLimit-Remaining", str(self.remaining)),
            ("RateLimit-Reset", str(self.reset_seconds)),
        ]


def buckets_of_key(merchant: MerchantContext, prefix: str) -> tuple[Bucket, Bucket]:
    """Return the quotas of a request with an API key: of the key, and of its merchant."""
    plan = plan_of(merchant)
    return _buckets(merchant.schema, f"key:{prefix}", "of this key", plan.per_key, plan.per_merchant)


def buckets_of_end_user(merchant: MerchantContext, customer_pk: int) -> tuple[Bucket, Bucket]:
    """Return the quotas of a request with an end user's token: of the end user, and of the merchant."""
    plan = plan_of(merchant)
    return _buckets(merchant.schema, f"end_user:{customer_pk}", "of this end user", plan.per_end_user, plan.per_merchant)


@lru_cache(maxsize=10_000)
def _buckets(schema: str, name: str, of: str, limit: int, merchant_limit: int) -> tuple[Bucket, Bucket]:
    return Bucket(f"quota:{schema}:{name}", of, limit), Bucket(f"quota:{schema}", "of this merchant", merchant_limit)


class GivenBack(NamedTuple):
    """Requests that were taken ahead, and not made: how many, and how long ago they were taken."""

    requests: int = 0
    age_seconds: float = 0.0


NOTHING = GivenBack()


def take(
    buckets: Sequence[Bucket], *, requests: int = 1, ahead: int = 0, back: GivenBack = NOTHING, read: Sequence[str] = ()
) -> tuple[Verdict, Values]:
    """Take a request from every bucket, or from none when one of them refuses, and read other keys, all in one round trip.

    `ahead` more are taken when there is plenty: fewer of them, or none, when not. `requests=0` only looks. Never lets more through than
    fit, whatever the number of processes. Raises redis.RedisError.
    """
    amounts = (requests, ahead, back.requests, math.ceil(back.age_seconds * 1e6))
    arguments: list[Word] = [len(buckets), *(bucket.key for bucket in buckets), *amounts, *(bucket.limit for bucket in buckets)]
    try:
        answer, values = ask("EVALSHA", DIGEST, *arguments, read=read)
    except redis.exceptions.NoScriptError:  # a Redis that is new, or was restarted; from now on it knows the script
        answer, values = ask("EVAL", SCRIPT, *arguments, read=read)
    refused, wait, least, remaining, reset, taken_ahead = answer
    by = buckets[refused - 1] if refused else None
    return Verdict((by or buckets[least - 1]).limit, 0 if by else remaining, reset, by, wait, taken_ahead), values
