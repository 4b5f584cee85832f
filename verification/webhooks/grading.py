"""Firing the cases at an endpoint, through the same door as every delivery, and writing down what was seen."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from kyc_platform.outbound.client import OutboundClient
from kyc_platform.outbound.errors import OutboundFailed
from verification.webhooks.cases import AT_ONCE, CASES, VALID, Case, Maker, Seen, Shot


def grade(url: str, keys: Sequence[bytes], *, clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    """Return of each case its name, whether it passed, and what was seen. `clock` shows the world's time.

    Takes a minute at most. When a good delivery is not taken, nothing else is tried: it would tell nothing.
    Raises NetworkInsideTransaction.
    """
    return asyncio.run(_grade(url, keys, clock))


async def _grade(url: str, keys: Sequence[bytes], clock: Callable[[], datetime]) -> list[dict[str, Any]]:
    async with OutboundClient(concurrency=AT_ONCE + len(CASES)) as client:
        seen: dict[str, list[Seen]] = {VALID.name: await _fire(client, url, VALID, Maker(keys, clock()))}
        if VALID.passes(seen[VALID.name]):
            quiet = [case for case in CASES if case is not VALID and not case.is_at_once]
            answers = await asyncio.gather(*(_fire(client, url, case, Maker(keys, clock())) for case in quiet))
            seen |= {case.name: answer for case, answer in zip(quiet, answers, strict=True)}
            for case in CASES:
                if case.is_at_once:
                    seen[case.name] = await _fire(client, url, case, Maker(keys, clock()))
    return [_result(case, seen.get(case.name, [])) for case in CASES]


async def _fire(client: OutboundClient, url: str, case: Case, maker: Maker) -> list[Seen]:
    shots = case.shots(maker)
    if case.is_at_once:
        return list(await asyncio.gather(*(_post(client, url, shot) for shot in shots)))
    return [await _post(client, url, shot) for shot in shots]


async def _post(client: OutboundClient, url: str, shot: Shot) -> Seen:
    try:
        answer = await client.post(url, headers=shot.headers, body=shot.body)
    except OutboundFailed as failed:
        return Seen(None, failed.kind.value, round(failed.duration_seconds * 1000))
    return Seen(answer.status, "", round(answer.duration_seconds * 1000))


def _result(case: Case, seen: Sequence[Seen]) -> dict[str, Any]:
    return {"name": case.name, "passed": bool(seen) and case.passes(seen), "seen": [asdict(one) for one in seen]}
