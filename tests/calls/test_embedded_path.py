"""Calls with no key at all: real speech in, real speech recognition, an answer read out, real speech out."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from sales_agent.caller import RATE, Caller
from sales_agent.local.hearing import transcribe
from tests.loopback.asking import PRICE, ask, words
from tests.loopback.house import House


@pytest.fixture(scope="module")
async def caller(house: House) -> AsyncIterator[Caller]:
    async with house.agent(), house.caller() as caller:
        await caller.hear_answer(30)
        yield caller


async def test_a_price_that_only_the_pdf_has_is_spoken(caller: Caller) -> None:
    turn = await ask(caller, "What does the Summit desk cost?")
    voice = words(transcribe(caller.voice_since(turn.speech_ended), RATE).text)
    assert PRICE.search(voice), voice
    assert "749" in turn.answered


async def test_what_no_document_says_is_not_made_up(caller: Caller) -> None:
    turn = await ask(caller, "Do you sell swimming pools?")
    assert not re.search(r"\d", turn.answered)
    assert "find" in turn.answered


async def test_a_typed_question_is_answered_aloud(caller: Caller) -> None:
    before = caller.now()
    await caller.room.local_participant.send_text(
        "How long is the warranty on the Summit desk?", topic="lk.chat"
    )
    while not re.search("year", caller.agent_text):
        assert caller.now() - before < 20, caller.agent_text
        await asyncio.sleep(0.05)


async def test_an_answer_comes_with_its_sources_and_with_where_the_silence_went(
    caller: Caller,
) -> None:
    turn = await ask(caller, "What does the Breeze desk cost?")
    assert any(
        s["document"].endswith(".pdf") and s["page"] and "349" in s["quote"] for s in turn.sources
    )
    parts = [turn.latency[part] for part in ("end_of_turn", "model", "voice", "ours")]
    assert sum(parts) == turn.latency["total"]
    assert min(parts) >= 0
    assert turn.silence is not None
    # The caller's clock has the way through the room and back in it.
    assert 0 < turn.latency["total"] <= 1000 * turn.silence + 100
    print(turn.latency, turn.silence)


async def test_the_client_is_told_how_the_call_stands(caller: Caller) -> None:
    assert [facts["stage"] for facts in caller.news["call"]] == ["greeting", "discovery"]
