import asyncio
import signal
import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from sales_agent.store import Lead, Store, StoreError, open_store
from sales_agent.store.outbox import CLAIM

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

SAVE_AND_DIE = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from sales_agent.store import open_store
async def main():
    store = await open_store(sys.argv[1])
    await store.calls.save_state("call", {"name": "Ada"}, now=datetime.now(UTC))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


async def test_a_state_comes_back_as_it_was(empty: Store) -> None:
    state = {"name": "Ada “K”", "objections": ["price"], "budget": 7_490, "nul": "\0"}
    await empty.calls.save_state("call", state, now=NOW)
    call = await empty.calls.load_state("call")
    assert call is not None
    assert (call.state, call.started, call.ended, call.version) == (state, NOW, None, 0)
    assert (call.transcript, call.writeup) == ([], None)
    assert await empty.calls.load_state("other") is None


async def test_a_later_state_takes_the_place_of_the_first(empty: Store) -> None:
    lines = [{"who": "caller", "text": "Hello."}]
    await empty.calls.save_state("call", {"stage": "greeting"}, now=NOW, transcript=lines)
    await empty.calls.save_state("call", {"stage": "close"}, now=NOW + SECOND, ended=True)
    call = await empty.calls.load_state("call")
    assert call is not None
    assert (call.state, call.transcript) == ({"stage": "close"}, lines)
    assert (call.started, call.ended) == (NOW, NOW + SECOND)


async def test_a_state_outlives_a_process_that_is_killed_in_the_next_moment(url: str) -> None:
    process = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", SAVE_AND_DIE, url], check=False, timeout=60
    )
    assert process.returncode == -signal.SIGKILL
    async with aclosing(await open_store(url)) as store:
        call = await store.calls.load_state("call")
    assert call is not None
    assert call.state == {"name": "Ada"}


async def test_a_writeup_is_kept_with_what_has_to_reach_others(empty: Store) -> None:
    await empty.calls.save_state("call", {}, now=NOW)
    payload = {"call": "call", "summary": "Wants ten desks."}
    saved = await empty.calls.save_writeup(
        "call", {"summary": "Wants ten desks."}, 1, now=NOW, outbox={"call:1": payload}
    )
    assert saved
    call = await empty.calls.load_state("call")
    assert call is not None
    assert (call.version, call.writeup) == (1, {"summary": "Wants ten desks."})
    assert [found.payload for found in await empty.outbox.due(NOW)] == [payload]


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_a_writeup_of_another_version_is_refused_with_its_deliveries(
    empty: Store, version: int
) -> None:
    await empty.calls.save_state("call", {}, now=NOW)
    assert await empty.calls.save_writeup("call", {"summary": "first"}, 1, now=NOW)
    late = await empty.calls.save_writeup("call", {"x": 1}, version, now=NOW, outbox={"late": {}})
    assert not late
    assert await empty.calls.save_writeup("call", {"summary": "second"}, 2, now=NOW)
    assert not await empty.calls.save_writeup("unknown", {}, 1, now=NOW)
    assert await empty.outbox.due(NOW) == []


async def test_of_twenty_writeups_at_once_one_is_kept(empty: Store) -> None:
    await empty.calls.save_state("call", {}, now=NOW)
    tries = [
        empty.calls.save_writeup("call", {"by": n}, 1, now=NOW, outbox={f"key-{n}": {}})
        for n in range(20)
    ]
    won = await asyncio.gather(*tries)
    assert sum(won) == 1
    assert [found.key for found in await empty.outbox.due(NOW)] == [f"key-{won.index(True)}"]


async def test_a_call_has_one_lead_however_often_it_is_saved(empty: Store) -> None:
    details = {"company": "King & Co", "quantity": 10}
    for email in ("ada@example", "ada@example.com"):
        lead = Lead(call_id="call", name="Ada King", email=email, need="desks", details=details)
        await empty.calls.save_lead(lead, now=NOW, outbox={"lead:call": {"email": email}})
    assert await empty.calls.load_lead("call") == lead
    assert (await empty.counts())["leads"] == 1
    assert len(await empty.outbox.due(NOW)) == 1
    assert await empty.calls.load_lead("other") is None


async def test_a_character_that_a_database_refuses_costs_no_lead(empty: Store) -> None:
    lead = Lead(call_id="call", name="Ada\0 King", details={"note": "\0"})
    await empty.calls.save_lead(lead, now=NOW)
    found = await empty.calls.load_lead("call")
    assert found is not None
    assert found.name == "Ada King"


async def test_what_cannot_be_stored_leaves_nothing_behind(empty: Store) -> None:
    lead = Lead(call_id="call", name="Ada", details={})
    with pytest.raises((StoreError, TypeError)):
        await empty.calls.save_lead(lead, now=NOW, outbox={"lead:call": {"no json": object()}})
    assert await empty.calls.load_lead("call") is None


async def fill(store: Store, count: int) -> None:
    payloads = {f"key-{number:02}": {"number": number} for number in range(count)}
    await store.calls.save_lead(Lead(call_id="c", name="A", details={}), now=NOW, outbox=payloads)


async def test_claimed_entries_are_left_alone_until_the_claim_ends(empty: Store) -> None:
    await fill(empty, 3)
    first = await empty.outbox.due(NOW, limit=2)
    assert [(found.key, found.attempts) for found in first] == [("key-00", 1), ("key-01", 1)]
    assert [found.key for found in await empty.outbox.due(NOW)] == ["key-02"]
    assert await empty.outbox.due(NOW + CLAIM - SECOND) == []
    again = await empty.outbox.due(NOW + CLAIM)  # whoever claimed them has gone
    assert [(found.key, found.attempts) for found in again][:1] == [("key-00", 2)]


async def test_delivered_entries_are_never_due_and_failed_ones_later(empty: Store) -> None:
    await fill(empty, 2)
    await empty.outbox.due(NOW)
    await empty.outbox.delivered("key-00", NOW)
    await empty.outbox.failed("key-00", NOW)  # a second process, late: it has arrived nevertheless
    await empty.outbox.failed("key-01", NOW + SECOND)
    assert await empty.outbox.due(NOW) == []
    due = await empty.outbox.due(NOW + timedelta(days=1))
    assert [(found.key, found.attempts) for found in due] == [("key-01", 2)]


async def test_several_processes_never_claim_the_same_entry(empty: Store, url: str) -> None:
    await fill(empty, 40)
    async with aclosing(await open_store(url)) as other:
        claims = await asyncio.gather(
            *((empty if n % 2 else other).outbox.due(NOW, limit=5) for n in range(16))
        )
        rest = await other.outbox.due(NOW, limit=40)
    keys = [found.key for claim in [*claims, rest] for found in claim]
    assert sorted(keys) == [f"key-{number:02}" for number in range(40)]
