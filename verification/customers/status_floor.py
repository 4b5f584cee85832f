"""The cached status of a customer, and the floor below which it may not be: the highest sequence that anybody was told of.

A GET never shows a lower sequence than a webhook that was delivered before it. So the floor is raised before a delivery is posted; an older
cached value goes in the same step, and whoever read the database before the change and stores what it saw after it, is refused.
Both live in Redis, which may lose them or be away: then statuses come from the database, until something is stored again. A floor that
was lost between such a reader's look and its storing refuses nobody, so each stores under a word that was there before it looked.
"""

import hashlib
import logging
from collections.abc import Mapping
from typing import cast

import redis

from kyc_platform.ids import new_id
from kyc_platform.redis_client import redis_client

logger = logging.getLogger(__name__)

FLOOR_SECONDS = 24 * 3600
DIGEST_BYTES = 16
SEPARATOR = b":"

# KEYS: the word. ARGV: a new one, seconds.
RECALL = """
local word = redis.call('GET', KEYS[1])
if word then return word end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""

# KEYS: value, floor, the word. ARGV: sequence, value, seconds, the word as it was. A sequence stays far below 2^53, up to which Lua
# counts exactly.
STORE = """
if redis.call('GET', KEYS[3]) ~= ARGV[4] then return 0 end
local floor = tonumber(redis.call('GET', KEYS[2]) or '0')
local present = tonumber(string.match(redis.call('GET', KEYS[1]) or '', '^%d+') or '0')
if tonumber(ARGV[1]) < math.max(floor, present) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""

# KEYS: value, floor, value, floor, … ARGV: seconds, then a sequence for each pair.
RAISE = """
for i = 1, #KEYS / 2 do
  local sequence = tonumber(ARGV[i + 1])
  if sequence >= tonumber(redis.call('GET', KEYS[2 * i]) or '0') then
    redis.call('SET', KEYS[2 * i], ARGV[i + 1], 'EX', ARGV[1])
  end
  local present = string.match(redis.call('GET', KEYS[2 * i - 1]) or '', '^%d+')
  if present and tonumber(present) < sequence then redis.call('DEL', KEYS[2 * i - 1]) end
end
"""


def key_of(schema: str, customer_id: str) -> str:
    """Return the Redis key of a customer's cached status. It names the schema; of the merchant's id it holds a digest only.

    The value is the sequence in digits, a colon, and the body.
    """
    return f"status:{schema}:{hashlib.blake2b(customer_id.encode(), digest_size=DIGEST_BYTES).hexdigest()}"


def body_of(value: bytes | None) -> bytes | None:
    """Return the body in what lies under `key_of`, for readers that fetch it together with other keys."""
    return None if value is None else value.partition(SEPARATOR)[2]


def read(schema: str, customer_id: str) -> bytes | None:
    """Return the cached body, or None when there is none or Redis is away."""
    try:
        return body_of(cast("bytes | None", redis_client().get(key_of(schema, customer_id))))
    except redis.RedisError:
        logger.warning("status cache unreachable")
        return None


def recall(schema: str) -> bytes | None:
    """Return a word that Redis keeps as long as it keeps the floors, for `store`; to be asked for before the database. None: it is away."""
    try:
        return cast(bytes, redis_client().eval(RECALL, 1, _word_key(schema), new_id("mem"), FLOOR_SECONDS))
    except redis.RedisError:
        logger.warning("status cache unreachable")
        return None


def store(schema: str, customer_id: str, sequence: int, body: bytes, ttl_seconds: int, *, word: bytes | None) -> bool:
    """Cache the body that shows `sequence`, unless a higher one is cached or was told already; return whether it was stored.

    `word` is what `recall` gave before the database was read: when Redis has lost its memory since, nothing is stored.
    """
    if word is None:
        return False
    key = key_of(schema, customer_id)
    value = b"%d%s%s" % (sequence, SEPARATOR, body)
    try:
        return bool(redis_client().eval(STORE, 3, key, _floor_key(key), _word_key(schema), sequence, value, ttl_seconds, word))
    except redis.RedisError:
        logger.warning("status cache unreachable")
        return False


def raise_floors(schema: str, sequence_of: Mapping[str, int]) -> None:
    """See to it that from now on no status below these sequences is read, for each customer by the merchant's id. One round trip.

    A floor never sinks, and lives a day: longer than any status that was cached before. Redis being away is logged.
    """
    if not sequence_of:
        return
    keys = [key for customer_id in sequence_of for value in (key_of(schema, customer_id),) for key in (value, _floor_key(value))]
    try:
        redis_client().eval(RAISE, len(keys), *keys, FLOOR_SECONDS, *sequence_of.values())
    except redis.RedisError:
        logger.warning("status cache unreachable, a status may be shown late until it expires")


def _word_key(schema: str) -> str:
    return f"status-word:{schema}"


def _floor_key(key: str) -> str:
    return f"floor:{key}"
