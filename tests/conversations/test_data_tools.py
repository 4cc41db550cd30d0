"""What the model looks up in the company's data, good and bad; the files are those of Harbor Office."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from livekit.agents import ConversationItemAddedEvent, llm

from sales_agent.contact_tools import CALENDAR_TOOLS, save_lead, transfer_to_human
from sales_agent.data_tools import DATA_TOOLS
from sales_agent.store import Store
from tests.conversations.scripted import Conversation, Says, a_team, calls, conversation

ADA = {"order_number": "HO-10042", "email_or_postcode": "ada.king@example.com"}


@asynccontextmanager
async def talk_about(store: Store | None, *replies: Says | str) -> AsyncIterator[Conversation]:
    team = a_team(data_tools=[*DATA_TOOLS, *CALENDAR_TOOLS, save_lead, transfer_to_human])
    async with conversation(*replies, team=team) as talk:
        talk.call.store = store
        yield talk


async def told(store: Store | None, *tools: Says) -> list[str]:
    """What each tool told the model, in one conversation."""
    replies = [reply for tool in tools for reply in (tool, "I see.")]
    async with talk_about(store, *replies) as talk:
        for _ in tools:
            await talk.session.run(user_input="And now?")
        return [
            message["content"]
            for message in talk.model.requests[-1].conversation
            if message["role"] == "tool"
        ]


async def test_stock_is_looked_up_by_the_callers_own_words(store: Store) -> None:
    there, gone, middle = await told(
        store,
        calls("check_stock", product="the some it desk"),
        calls("check_stock", product="drawer unit"),
        calls("check_stock", product="the middle desk"),
    )
    assert "Summit desk is in stock: 58" in there
    assert "Drawer unit is out of stock. More come on December 15, 2026." in gone
    assert "Ridge desk is in stock" in middle


async def test_a_name_that_fits_several_or_none_is_asked_about(store: Store) -> None:
    several, none = await told(
        store,
        calls("check_stock", product="monitor arm or the double one"),
        calls("check_stock", product="swimming pool"),
    )
    assert "no product 'swimming pool'" in none
    assert "Ask" in several + none


async def test_what_an_order_costs_is_computed_and_said_exactly(store: Store) -> None:
    (quoted,) = await told(store, calls("quote", items=[{"product": "the Summit", "quantity": 10}]))
    # 10 x 749 = 7,490, less 8 percent for ten desks (599.20); delivery is free above 1,000.
    assert "7,490 dollars" in quoted
    assert "6,890 dollars and 80 cents" in quoted
    assert "Delivery is free" in quoted


@pytest.mark.parametrize("quantity", [0, -1, 1_000_000])
async def test_a_quantity_that_is_none_is_asked_about(store: Store, quantity: int) -> None:
    (refused,) = await told(
        store, calls("quote", items=[{"product": "Ridge desk", "quantity": quantity}])
    )
    assert "can be ordered" in refused


async def test_products_are_found_by_load_and_budget(store: Store) -> None:
    strong, cheap, none = await told(
        store,
        calls("find_products", need="desk", minimum_load_kg=150, category="desk"),
        calls("find_products", need="desk", budget=400, category="desk"),
        calls("find_products", need="desk", budget=10, category="desk"),
    )
    assert strong.startswith("Summit desk: 749 dollars, carries 150 kilograms")
    assert "Breeze desk" in cheap
    assert "Ridge" not in cheap
    assert "No product fits" in none


async def test_orders_are_told_only_to_who_has_shown_who_they_are(store: Store) -> None:
    before, status_before, who, history, status, others = await told(
        store,
        calls("purchase_history"),
        calls("order_status", order_number="HO-10042"),
        calls("identify_caller", **ADA),
        calls("purchase_history"),
        calls("order_status", order_number="ho 10042"),
        calls("order_status", order_number="HO-10045"),
    )
    assert "not identified" in before
    assert "not identified" in status_before
    assert "Ada King" in who
    assert "HO-10021" in history
    assert "Summit desk" in history
    assert "HO-10045" not in history
    assert "in the workshop" in status
    assert "December 1, 2026" in status
    assert "no order of that number" in others


async def test_three_wrong_tries_end_it_for_the_call(store: Store) -> None:
    wrong = {"order_number": "HO-10042", "email_or_postcode": "someone@else.example"}
    *tries, right, history = await told(
        store,
        *(calls("identify_caller", **wrong) for _ in range(3)),
        calls("identify_caller", **ADA),
        calls("purchase_history"),
    )
    assert all("does not match" in answer for answer in tries)
    assert "cannot be identified in this call any more" in right
    assert "not identified" in history


async def test_a_note_of_a_name_identifies_nobody(store: Store) -> None:
    _, history = await told(store, calls("note", name="Ada King"), calls("purchase_history"))
    assert "not identified" in history


async def test_a_recommendation_has_its_reasons(store: Store) -> None:
    plain, known = [
        (
            await told(
                store, *before, calls("recommend", need="heavy equipment", minimum_load_kg=140)
            )
        )[-1]
        for before in ([], [calls("identify_caller", **ADA)])
    ]
    assert "Summit desk: 749 dollars" in plain
    assert "58 are in stock" in plain
    assert "bought" not in plain
    assert "they have bought it before" in known


async def test_a_lead_is_in_the_store_before_it_is_called_saved(store: Store) -> None:
    lead = {"name": "Ada King", "email": "ada@example.com", "need": "thirty desks"}
    saved, refused = await told(
        store, calls("save_lead", **lead), calls("save_lead", **{**lead, "email": "ada at home"})
    )
    assert "Saved" in saved
    assert "no email address" in refused
    kept = await store.calls.load_lead("room")
    assert kept is not None
    assert (kept.name, kept.email, kept.need) == ("Ada King", "ada@example.com", "thirty desks")


async def test_a_time_is_given_away_once(store: Store) -> None:
    (time, *_) = await store.calendar.free(datetime.now(UTC))
    free, booked = await told(
        store, calls("free_times"), calls("book_follow_up", time=time.isoformat())
    )
    assert time.isoformat() in free
    assert "Booked" in booked
    async with talk_about(store, calls("book_follow_up", time=time.isoformat()), "Oh.") as other:
        other.call.id = "another room"
        await other.session.run(user_input="At ten.")
        assert "taken" in other.model.requests[-1].conversation[-1]["content"]


async def test_a_time_that_was_not_offered_is_refused(store: Store) -> None:
    vague, past = await told(
        store,
        calls("book_follow_up", time="Monday at ten"),
        calls("book_follow_up", time="2020-01-01T10:00:00+00:00"),
    )
    assert "exactly as free_times gave it" in vague
    assert "taken, or is none" in past


async def test_a_person_is_told_once_what_it_is_about(store: Store) -> None:
    asked = calls("transfer_to_human", reason="They want to talk about a contract.")
    told_model, _ = await told(store, asked, asked)
    assert "A colleague was told" in told_model
    (message,) = await store.outbox.due(datetime.now(UTC))
    assert message.payload["reason"] == "They want to talk about a contract."
    assert message.payload["type"] == "call.human_requested"


async def test_a_store_that_is_gone_is_said_honestly(store: Store) -> None:
    (never,) = await told(None, calls("check_stock", product="Summit desk"))
    assert "cannot be read just now" in never
    file = store.database.file
    assert file is not None
    await store.aclose()
    await asyncio.to_thread(file.write_bytes, b"not a database" * 1000)
    lead = {"name": "Ada King", "email": "ada@example.com", "need": "thirty desks"}
    stock, saved = await told(
        store, calls("check_stock", product="Summit desk"), calls("save_lead", **lead)
    )
    assert "cannot be read just now" in stock
    assert saved.startswith("Not saved.")


async def test_a_slow_database_is_bridged_by_a_few_words(store: Store, tmp_path: Path) -> None:
    writing = sqlite3.connect(tmp_path / "data.db")
    writing.execute("BEGIN IMMEDIATE")  # as an import of many rows does
    lead = calls("save_lead", name="Ada King", email="ada@example.com", need="desks")
    async with talk_about(store, lead, "It is saved.") as talk:
        talk.call.moment = "One moment."

        def said(event: ConversationItemAddedEvent) -> None:
            if isinstance(event.item, llm.ChatMessage) and event.item.role == "assistant":
                writing.rollback()

        talk.session.on("conversation_item_added", said)
        await talk.session.run(user_input="Yes, write to ada at example dot com.")
        assert [text for who, text in talk.lines() if who == "assistant"] == [
            "One moment.",
            "It is saved.",
        ]
    writing.close()
    assert await store.calls.load_lead("room") is not None
