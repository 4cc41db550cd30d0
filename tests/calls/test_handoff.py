"""Whole calls in a room, on the stand-ins for Cartesia and Cerebras: another agent answers; the agent hangs up."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sales_agent.caller import RATE
from sales_agent.local.hearing import transcribe
from sales_agent.local.speaking import speak
from tests.loopback.asking import words
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.cerebras_replies import Answer, ToolCall
from tests.loopback.house import House, on_stand_ins
from tests.loopback.voices import hibari

pytestmark = pytest.mark.slow

QUESTION = "How much weight can the Summit desk carry?"
ANSWER = "One hundred and fifty kilograms."
FAREWELL = "Thank you for calling, and goodbye."
TECHNICAL_VOICE = "00000000-0000-0000-0000-000000000001"


def think(body: dict[str, Any]) -> Answer:
    """Sales hands over to technical, which answers; by what each is told about its role."""
    if body["messages"][1]["content"].startswith("Your part in this call: technical"):
        return ANSWER
    return ToolCall("transfer_to_technical", {})


def farewell(body: dict[str, Any]) -> Answer:
    """Ends the call, and says goodbye when that was granted."""
    return FAREWELL if body["messages"][-1]["role"] == "tool" else ToolCall("end_call", {})


@asynccontextmanager
async def an_agent(
    house: House, cartesia: CartesiaServer, cerebras: CerebrasServer
) -> AsyncIterator[None]:
    settings = on_stand_ins(cartesia, cerebras)
    async with house.agent(**settings, VOICE_TECHNICAL=TECHNICAL_VOICE):
        yield


async def test_the_specialist_answers_the_question_that_caused_the_handoff(house: House) -> None:
    samples, _ = speak(QUESTION)
    async with (
        CartesiaServer(default_transcript=QUESTION, voice=hibari) as cartesia,
        CerebrasServer(reply=think) as cerebras,
        an_agent(house, cartesia, cerebras),
    ):
        for _ in range(2):
            async with house.caller() as caller:
                await caller.hear_answer(20)
                turn = await caller.say("", samples)
                assert turn.answered == ANSWER
                assert turn.heard == QUESTION  # once, and no line that nobody said
                assert turn.silence is not None
                assert turn.silence < 3
                assert turn.latency["total"] > 0
                assert caller.news["call"][-1]["specialist"] == "technical"
                again = await caller.say("", samples)
                assert again.answered == ANSWER
        # The same before and after handoffs, and across calls.
        firsts = {request.body["messages"][0]["content"] for request in cerebras.spoken}
        assert len(firsts) == 1
        assert "749" in firsts.pop()
        voices = {
            text.strip(): context.voice
            for connection in cartesia.tts_connections
            for context in connection.contexts.values()
            for text in context.transcripts
        }
        assert voices[ANSWER] == TECHNICAL_VOICE != voices["Hello, AI here."]


async def test_the_agent_hangs_up_when_its_farewell_has_been_heard(house: House) -> None:
    samples, _ = speak("That's all, goodbye.")
    async with (
        CartesiaServer(default_transcript="That's all, goodbye.", voice=hibari) as cartesia,
        CerebrasServer(reply=farewell) as cerebras,
        an_agent(house, cartesia, cerebras),
        house.caller() as caller,
    ):
        await caller.hear_answer(20)
        ended = await caller.speak(samples)
        deadline = time.monotonic() + 20
        while not caller.gone:
            assert time.monotonic() < deadline, "the agent did not hang up"
            await asyncio.sleep(0.05)
        assert caller.agent_text.strip().endswith(FAREWELL)
        voice = words(transcribe(caller.voice_since(ended), RATE).text)
        assert "goodbye" in voice.replace(" ", "")
