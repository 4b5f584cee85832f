"""Quotas: buckets in Redis that all processes share, counted in one round trip by one script.

Each bucket holds what may be asked for in a minute and refills evenly (GCRA, the generic cell rate algorithm of ITU-T I.371): so a quota
is one number in Redis, the moment at which the bucket is full again, and the turn of a minute gives nobody a second burst. The script
decides on several buckets together: all are taken from, or, when one of them refuses, none. What is refused is not counted, so that a
caller who goes on knocking gets in as soon as one who waits.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import redis

from kyc_platform.redis_client import execute
from tenants.limits.plans import plan_of
from tenants.routing.context import MerchantContext

# KEYS: n buckets, then other keys to read on the way. ARGV: n, how many requests are asked for, and of each bucket how many fit.
# Returns which bucket refused (or 0), its wait in seconds, which bucket has least left, how many, the seconds until it is full, and
# what was read. Moments are µs and stay below 2^53, up to which Lua counts exactly. A moment too far ahead comes from another clock.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local n, asked = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = redis.call('MGET', unpack(KEYS))
local refused, wait, full_at = 0, 0, {}
for i = 1, n do
  local room = tonumber(ARGV[2 + i])
  local each = math.floor(60000000 / room)
  local present = math.min(math.max(tonumber(found[i] or '0'), now), now + each * room)
  local over = present + each * asked - now - each * room
  if asked > 0 and over > wait then refused, wait = i, over end
  full_at[i] = present
end
local least, left, reset = 0, nil, 0
for i = 1, n do
  local room = tonumber(ARGV[2 + i])
  local each = math.floor(60000000 / room)
  if refused == 0 and asked > 0 then
    full_at[i] = full_at[i] + each * asked
    redis.call('SET', KEYS[i], string.format('%.0f', full_at[i]), 'PX', math.ceil((full_at[i] - now) / 1000))
  end
  local remaining = math.floor(room - (full_at[i] - now) / each)
  if left == nil or remaining < left then least, left, reset = i, remaining, full_at[i] - now end
end
local answer = {refused, math.ceil(wait / 1000000), least, left, math.ceil(reset / 1000000)}
for i = n + 1, #KEYS do answer[5 + i - n] = found[i] end
return answer
"""
DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()  # by which Redis names a script


class Bucket(NamedTuple):
    """One quota: its key in Redis, in words whose it is, and the requests a minute."""

    key: str
    of: str
    limit: int


class Verdict(NamedTuple):
    """What counting said: of the bucket with least left, its limit, what remains and when it is full; and which one refused, if any."""

    limit: int
    remaining: int
    reset_seconds: int
    refused: Bucket | None = None
    retry_after_seconds: int = 0

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


def take(buckets: Sequence[Bucket], *, requests: int = 1, read: Sequence[str] = ()) -> tuple[Verdict, list[bytes | None]]:
    """Take a request from every bucket, or from none when one of them refuses, and read other keys, all in one round trip.

    `requests=0` only looks. Never lets more through than fit, whatever the number of processes. Raises redis.RedisError.
    """
    keys = [bucket.key for bucket in buckets]
    limits = [bucket.limit for bucket in buckets]
    arguments: list[Any] = [len(keys) + len(read), *keys, *read, len(keys), requests, *limits]
    try:
        answer = cast("list[Any]", execute("EVALSHA", DIGEST, *arguments))
    except redis.exceptions.NoScriptError:  # a Redis that is new, or was restarted; from now on it knows the script
        answer = cast("list[Any]", execute("EVAL", SCRIPT, *arguments))
    refused, wait, least, remaining, reset = answer[:5]
    by = buckets[refused - 1] if refused else None
    return Verdict((by or buckets[least - 1]).limit, 0 if by else remaining, reset, by, wait), answer[5:]
