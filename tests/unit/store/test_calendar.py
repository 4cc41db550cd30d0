import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from sales_agent.store import Store, open_store

NOW = datetime(2026, 11, 30, 15, 30, tzinfo=UTC)  # half an hour after the first time of the sample
FIRST = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)


async def test_free_times_lie_ahead_in_order(store: Store) -> None:
    free = await store.calendar.free(NOW, limit=3)
    assert free == [FIRST, FIRST + timedelta(hours=20), FIRST + timedelta(hours=24)]
    assert all(slot.utcoffset() == timedelta(0) for slot in free)


async def test_a_booked_time_is_free_no_more(store: Store) -> None:
    assert await store.calendar.book("call", FIRST)
    assert await store.calendar.booked("call") == FIRST
    assert FIRST not in await store.calendar.free(NOW)
    assert not await store.calendar.book("other", FIRST)
    assert await store.calendar.booked("other") is None


async def test_booking_again_is_no_mistake(store: Store) -> None:
    assert await store.calendar.book("call", FIRST)
    assert await store.calendar.book("call", FIRST)


async def test_another_time_takes_the_place_of_the_first(store: Store) -> None:
    second = (await store.calendar.free(NOW, limit=2))[1]
    assert await store.calendar.book("call", FIRST)
    assert await store.calendar.book("call", second)
    assert await store.calendar.booked("call") == second
    assert FIRST in await store.calendar.free(NOW)


async def test_a_time_that_is_taken_leaves_the_call_what_it_had(store: Store) -> None:
    second = (await store.calendar.free(NOW, limit=2))[1]
    assert await store.calendar.book("other", second)
    assert await store.calendar.book("call", FIRST)
    assert not await store.calendar.book("call", second)
    assert not await store.calendar.book("call", NOW)  # no time of the calendar
    assert await store.calendar.booked("call") == FIRST


async def test_twenty_calls_that_race_for_one_time_get_it_once(store: Store, url: str) -> None:
    async with aclosing(await open_store(url)) as other:  # as another process has it
        tries = [
            (store if number % 2 else other).calendar.book(f"call-{number}", FIRST)
            for number in range(20)
        ]
        won = await asyncio.gather(*tries)
    assert sum(won) == 1
    assert await store.calendar.booked(f"call-{won.index(True)}") == FIRST


async def test_twenty_calls_that_race_for_five_times_get_all_of_them(store: Store) -> None:
    free = await store.calendar.free(NOW, limit=5)

    async def take(call_id: str) -> datetime | None:
        for slot in free:
            if await store.calendar.book(call_id, slot):
                return slot
        return None

    taken = await asyncio.gather(*(take(f"call-{number}") for number in range(20)))
    assert sorted(slot for slot in taken if slot) == free


async def test_one_call_that_books_twice_at_once_has_one_time(store: Store) -> None:
    free = await store.calendar.free(NOW, limit=5)
    await asyncio.gather(*(store.calendar.book("call", slot) for slot in free))
    assert await store.calendar.booked("call") in free
    assert len(set(free) & set(await store.calendar.free(NOW, limit=5))) == 4
