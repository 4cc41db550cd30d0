"""Who is calling is shown by what our own server signed, and by nothing that a client can make up."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sales_agent.call import Call
from sales_agent.config import ConfigError
from sales_agent.identity import COLLEAGUE, CUSTOMER, need_customer, recognise, sign, signed
from sales_agent.store import Store

SECRET = "a-secret-of-more-than-32-characters"
NOW = datetime(2026, 11, 3, 10, tzinfo=UTC)


def test_a_signature_holds_for_one_room_one_identity_and_one_claim() -> None:
    made = sign(SECRET, CUSTOMER, "C-1001", room="call-1", identity="caller-1")
    assert signed(made, SECRET, CUSTOMER, room="call-1", identity="caller-1") == "C-1001"
    assert signed(made, SECRET, CUSTOMER, room="call-2", identity="caller-1") == ""
    assert signed(made, SECRET, CUSTOMER, room="call-1", identity="caller-2") == ""
    assert signed(made, "another-" + SECRET, CUSTOMER, room="call-1", identity="caller-1") == ""
    as_colleague = {COLLEAGUE: made[CUSTOMER]}
    assert signed(as_colleague, SECRET, COLLEAGUE, room="call-1", identity="caller-1") == ""


@pytest.mark.parametrize("attribute", ["C-1001", "", "a.b.c"])
def test_what_anybody_can_type_shows_nobody(attribute: str) -> None:
    assert signed({CUSTOMER: attribute}, SECRET, CUSTOMER, room="r", identity="i") == ""


def test_without_a_secret_nobody_is_known() -> None:
    made = sign(SECRET, CUSTOMER, "C-1001", room="r", identity="i")
    assert signed(made, "", CUSTOMER, room="r", identity="i") == ""


async def called(store: Store, call_id: str, days_ago: int, **state: object) -> None:
    at = NOW - timedelta(days=days_ago)
    await store.calls.save_state(call_id, state, now=at, customer_id="C-1001")


async def recognised(store: Store) -> Call:
    customer = await store.customers.by_id("C-1001")
    assert customer is not None
    call = Call(id="now", store=store)
    await recognise(call, customer)
    return call


async def test_who_agreed_to_it_is_remembered(store: Store) -> None:
    await called(store, "old", 9, remember_consent=True, need="an old wish")
    await called(store, "last", 2, remember_consent=True, need="ten desks", next_step="an offer")
    await called(store, "cut off", 1, remember_consent=None, need="never asked")
    call = await recognised(store)
    assert call.last_call == "November 1, 2026 (need: ten desks; next step: an offer)"
    assert "last call: November 1, 2026" in call.known()
    assert call.name
    assert call.need == ""  # it was another one


@pytest.mark.parametrize("latest", [False, None])
async def test_who_has_not_agreed_or_changed_their_mind_is_not(
    store: Store, latest: bool | None
) -> None:
    if latest is False:
        await called(store, "earlier", 9, remember_consent=True, need="ten desks")
    await called(store, "last", 2, remember_consent=latest, need="ten desks")
    assert (await recognised(store)).last_call == ""


async def test_an_unknown_customer_is_named_with_the_mend(store: Store, tmp_path: Path) -> None:
    await need_customer(f"sqlite:///{tmp_path}/data.db", "C-1001")
    with pytest.raises(ConfigError, match=r"no customer 'C-9'.*data import"):
        await need_customer(f"sqlite:///{tmp_path}/data.db", "C-9")
