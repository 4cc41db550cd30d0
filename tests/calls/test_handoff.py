"""A whole call in a room, on the stand-ins for Cartesia and Cerebras: a question that another agent answers."""

from typing import Any

import pytest

from sales_agent.local.speaking import speak
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.cerebras_replies import Answer, ToolCall
from tests.loopback.house import House
from tests.loopback.voices import hibari

pytestmark = pytest.mark.slow

QUESTION = "How much weight can the Summit desk carry?"
ANSWER = "One hundred and twenty five kilograms."
TECHNICAL_VOICE = "00000000-0000-0000-0000-000000000001"


def think(body: dict[str, Any]) -> Answer:
    """Sales hands over to technical, which answers; by what each is told about its role."""
    if body["messages"][1]["content"].startswith("Your part in this call: technical"):
        return ANSWER
    return ToolCall("transfer_to_technical", {})


async def test_the_specialist_answers_the_question_that_caused_the_handoff(house: House) -> None:
    samples, _ = speak(QUESTION)
    async with (
        CartesiaServer(default_transcript=QUESTION, voice=hibari) as cartesia,
        CerebrasServer(reply=think) as cerebras,
        house.agent(
            CARTESIA_API_KEY="cartesia-key",
            CARTESIA_BASE_URL=cartesia.url,
            VOICE_TECHNICAL=TECHNICAL_VOICE,
            CEREBRAS_API_KEY="cerebras-key",
            CEREBRAS_BASE_URL=cerebras.base_url,
            LLM_MODEL="llama-3.3-70b",
        ),
    ):
        first_messages = []
        for _ in range(2):
            async with house.caller() as caller:
                await caller.hear_answer(20)
                turn = await caller.say("", samples)
                assert turn.answered == ANSWER
                assert turn.heard == QUESTION  # once, and no line that nobody said
                assert turn.silence is not None
                assert turn.silence < 3
                assert turn.latency["total"] > 0
                assert [facts["specialist"] for facts in caller.news["call"]][-1] == "technical"
                again = await caller.say("", samples)
                assert again.answered == ANSWER
            first_messages += [
                request.body["messages"][0]["content"] for request in cerebras.requests
            ]
        assert len(set(first_messages)) == 1  # before and after handoffs, and across calls
        assert "749" in first_messages[0]
        voices = {
            text.strip(): context.voice
            for connection in cartesia.tts_connections
            for context in connection.contexts.values()
            for text in context.transcripts
        }
        assert voices[ANSWER] == TECHNICAL_VOICE != voices["Hello, AI here."]
