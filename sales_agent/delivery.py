"""Delivery: what became of each call, from the outbox to the webhook.

A message is posted until its receiver has taken it, over restarts. It may come twice, where a process ends between
sending it and noting that; its Idempotency-Key is the same then.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp

from sales_agent.beside import beside
from sales_agent.config import Settings
from sales_agent.report import Say
from sales_agent.store import Store, StoreError, open_store
from sales_agent.store.outbox import Delivery

logger = logging.getLogger("sales_agent")

# Seconds.
POLL = 2.0  # between two looks at the outbox: nobody waits for a write-up by the second
POST_TIMEOUT = 15.0  # less than a process may keep a message for itself
FIRST_DELAY, LONGEST_DELAY = 2.0, 15 * 60.0
JITTER = 0.2  # of the delay, so that what failed together does not come back together
STORE_PAUSE = 10.0  # after a failure of the database
GONE = 410  # the receiver wants no more of it


def delay(attempts: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    doubled = FIRST_DELAY * 2 ** min(
        attempts - 1, 20
    )  # 2 s, 4 s, 8 s, …; no float has room for more
    return timedelta(seconds=min(doubled, LONGEST_DELAY) * random.uniform(1 - JITTER, 1 + JITTER))


def signature(secret: str, moment: int, body: bytes) -> str:
    """What the receiver checks: that it is ours, unchanged, and not recorded long ago."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hexdigest()}"


@contextlib.asynccontextmanager
async def delivering(settings: Settings, say: Say) -> AsyncIterator[None]:
    """Deliver meanwhile, where there is a webhook."""
    if not settings.webhook_url:
        yield
        return
    async with beside(deliver(settings, say), "nothing is posted to WEBHOOK_URL any more"):
        yield


async def deliver(settings: Settings, say: Say) -> None:
    """Empty the outbox as it fills, until cancelled. A database that fails is told once, and tried again."""
    told = ""
    while True:
        try:
            async with (
                contextlib.aclosing(await open_store(settings.database_url)) as store,
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=POST_TIMEOUT)) as client,
            ):
                while True:
                    if not await deliver_due(settings, store, client):
                        await asyncio.sleep(POLL)
                    told = ""
        except StoreError as error:
            if str(error) != told:
                told = str(error)
                say(f"Nothing is posted to WEBHOOK_URL for now: {told}")
        await asyncio.sleep(STORE_PAUSE)


async def deliver_due(settings: Settings, store: Store, client: aiohttp.ClientSession) -> int:
    """Try what is due now; gives how many there were. Raises StoreError."""
    due = await store.outbox.due(datetime.now(UTC))
    tries = (_try(settings, store, client, entry) for entry in due)
    for failure in await asyncio.gather(*tries, return_exceptions=True):
        if failure is not None:  # each has come to its end; now the store may be closed
            raise failure
    return len(due)


async def _try(
    settings: Settings, store: Store, client: aiohttp.ClientSession, entry: Delivery
) -> None:
    problem = await _post(settings, client, entry)
    now = datetime.now(UTC)
    if not problem:
        await store.outbox.delivered(entry.key, now)
    elif problem == str(GONE):
        logger.warning(
            "the webhook wants message %s no more (410): it is not sent again", entry.key
        )
        await store.outbox.delivered(entry.key, now)
    else:
        wait = delay(entry.attempts)
        logger.warning(
            "the webhook did not take message %s (%s), try %d; the next one in %.0f s",
            entry.key,
            problem,
            entry.attempts,
            wait.total_seconds(),
        )
        await store.outbox.failed(entry.key, now + wait)


async def _post(settings: Settings, client: aiohttp.ClientSession, entry: Delivery) -> str:
    """Send it once; gives the status or the error that kept it from arriving, empty where it has."""
    body = json.dumps(entry.payload, ensure_ascii=False, separators=(",", ":")).encode()
    moment = int(datetime.now(UTC).timestamp())
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": entry.key,
        "X-Signature": signature(settings.webhook_secret, moment, body),
    }
    try:
        # To where a redirect leads nobody has agreed to send what callers say.
        async with client.post(
            settings.webhook_url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            return "" if 200 <= answer.status < 300 else str(answer.status)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return type(error).__name__
