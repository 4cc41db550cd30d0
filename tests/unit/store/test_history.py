"""Calls found again by their room, listed and read through."""

from datetime import UTC, datetime, timedelta

from sales_agent.store import Store
from sales_agent.store.history import AT_ONCE, History

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


async def test_the_latest_call_of_a_room_and_the_id_for_a_new_one(empty: Store) -> None:
    history = History(empty.database)
    assert await history.of_room("a_room%") == (None, "a_room%")
    for n, call_id in enumerate(
        ("a_room%", "a_room%#2", "a_room%#3", "aXroom%#9", "A_ROOM%#9", "a_room%-other")
    ):
        await empty.calls.save_state(call_id, {"n": n}, now=NOW + timedelta(minutes=n))
    latest, new_id = await history.of_room("a_room%")
    assert latest is not None
    assert (latest.id, latest.state, new_id) == ("a_room%#3", {"n": 2}, "a_room%#4")


async def test_calls_are_read_newest_first_whatever_their_number(empty: Store) -> None:
    history = History(empty.database)
    count = AT_ONCE + 5
    for n in range(count):
        await empty.calls.save_state(f"call-{n}", {}, now=NOW + timedelta(seconds=n))
    ids = [call.id async for call in history.newest_first()]
    assert ids == [f"call-{n}" for n in reversed(range(count))]
    assert [call.id async for call in history.newest_first(2)] == ids[:2]


async def test_calls_without_a_writeup_are_known(empty: Store) -> None:
    for call_id in ("first", "second"):
        await empty.calls.save_state(call_id, {}, now=NOW)
    await empty.calls.save_writeup("first", {"summary": "x"}, 1, now=NOW)
    assert await History(empty.database).not_written_up() == ["second"]


async def test_of_a_customers_calls_the_last_that_says_whether_to_remember_counts(
    empty: Store,
) -> None:
    history = History(empty.database)
    for n, (customer, consent) in enumerate(
        [("C-1", True), ("C-2", True), ("C-1", None), ("C-1", False), ("C-1", None)]
    ):
        state = {"remember_consent": consent}
        at = NOW + timedelta(minutes=n)
        await empty.calls.save_state(f"call-{n}", state, now=at, customer_id=customer)
        await empty.calls.save_state(f"call-{n}", state, now=at)  # which leaves who it was
    last = await history.last_of("C-1", before="call-9")
    assert last is not None
    assert (last.id, last.customer_id) == ("call-3", "C-1")
    last = await history.last_of("C-1", before="call-3")
    assert last is not None
    assert last.id == "call-0"
    assert await history.last_of("C-3", before="call-9") is None
