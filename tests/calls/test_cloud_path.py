"""Calls over the stand-ins for Cartesia and Cerebras, which speak the providers' wire protocols."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from sales_agent.caller import RATE, Caller, Samples
from sales_agent.local.hearing import transcribe
from sales_agent.local.speaking import speak
from tests.loopback.asking import PRICE, words
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.faults import Refuse
from tests.loopback.house import House, on_stand_ins
from tests.loopback.voices import hibari

QUESTION = "What does the Summit desk cost?"
ANSWER = "Seven hundred and forty nine dollars."
LONG_ANSWER = " ".join(["This is a sentence of a very long answer."] * 13 + ["Here it ends."])


@dataclass
class Cloud:
    """One worker on the stand-ins, for all tests of this file; each says what is heard and answered."""

    house: House
    cartesia: CartesiaServer
    cerebras: CerebrasServer
    heard: str = QUESTION
    answer: str = ANSWER

    def environment(self) -> dict[str, str]:
        return on_stand_ins(self.cartesia, self.cerebras)

    @asynccontextmanager
    async def call(self, answer: str = ANSWER, heard: str = QUESTION) -> AsyncIterator[Caller]:
        self.answer, self.heard = answer, heard
        before = self.writeups
        async with self.house.caller() as caller:
            await caller.hear_answer(20)
            yield caller
        async with asyncio.timeout(20):  # no fault or request of the next call is to go to it
            while self.writeups == before:
                await asyncio.sleep(0.05)

    @property
    def writeups(self) -> int:
        return len(self.cerebras.requests) - len(self.cerebras.spoken)


@pytest.fixture(scope="module")
async def cloud(house: House) -> AsyncIterator[Cloud]:
    async with (
        CartesiaServer(transcribe=lambda samples, rate: cloud.heard, voice=hibari) as cartesia,
        CerebrasServer(reply=lambda request: cloud.answer) as cerebras,
    ):
        cloud = Cloud(house, cartesia, cerebras)
        async with house.agent(**cloud.environment()):
            yield cloud


@pytest.fixture(scope="module")
def question() -> Samples:
    samples, rate = speak(QUESTION)
    assert rate == RATE
    return samples


async def test_a_question_is_heard_thought_about_and_answered_aloud(
    cloud: Cloud, question: Samples
) -> None:
    async with cloud.call() as caller:
        assert "AI" in caller.agent_text
        turn = await caller.say("", question)
        assert turn.heard == QUESTION
        assert turn.answered == ANSWER
        voice = words(transcribe(caller.voice_since(turn.speech_ended), RATE).text)
        assert PRICE.search(voice), voice
        assert turn.silence is not None
        assert turn.silence < 3
        body = cloud.cerebras.spoken[-1].body
        assert body["model"] == "llama-3.3-70b"
        assert body["max_completion_tokens"] > 0
        system = body["messages"][0]["content"]
        assert "Harbor" in system
        assert "749" in system  # from the PDF
        assert "Summit desk" in cloud.cartesia.stt_connections[-1].keyterms
        # A model provider has no use for LiveKit's room, job and session.
        for request in cloud.cerebras.spoken:
            assert not [name for name in request.headers if name.lower().startswith("x-livekit")]


async def test_the_prompt_is_the_same_prefix_from_turn_to_turn_and_call_to_call(
    cloud: Cloud, question: Samples
) -> None:
    async with cloud.call("That is another answer.", "Another question.") as caller:
        await caller.say("", question)
    first, *_, last = cloud.cerebras.spoken  # of the call before, and of this one
    assert "Another question." not in str(first.body["messages"])
    assert "Another question." in str(last.body["messages"][-1])
    assert first.body["messages"][0] == last.body["messages"][0]
    assert last.cached_tokens > 1_000


@pytest.mark.slow
async def test_a_caller_who_speaks_up_stops_the_agent(cloud: Cloud, question: Samples) -> None:
    async with cloud.call(LONG_ANSWER) as caller:
        await caller.speak(question)
        while caller.agent_state != "speaking":
            await asyncio.sleep(0.02)
        await asyncio.sleep(1.0)
        began = caller.now()
        samples, _ = speak("Wait, please stop there for a moment.")
        cloud.answer = "Of course."
        speaking = asyncio.create_task(caller.speak(samples))
        while caller.agent_state == "speaking":
            # A second on a quiet machine; the whole answer takes half a minute.
            assert caller.now() - began < 15, "the agent talks on"
            await asyncio.sleep(0.01)
        await speaking
        await caller.hear_answer(20)
        assert "Of course." in caller.agent_text
        assert "Here it ends." not in caller.agent_text


@pytest.mark.slow
async def test_a_model_that_fails_is_apologised_for_and_the_call_goes_on(
    cloud: Cloud, question: Samples
) -> None:
    async with cloud.call() as caller:
        # The first try and its retry, also where a speculative reply was thrown away before.
        cloud.cerebras.fail("chat", Refuse(500), times=100)
        turn = await caller.say("", question)
        assert "sorry" in turn.answered.lower()
        cloud.cerebras.recover("chat")
        turn = await caller.say("", question)
        assert turn.answered == ANSWER


@pytest.mark.slow
async def test_a_named_agent_comes_only_where_it_is_asked_for(cloud: Cloud) -> None:
    environment = {**cloud.environment(), "AGENT_NAME": "desk-agent"}
    async with (
        cloud.house.agent(**environment),
        cloud.house.caller(agent_name="desk-agent") as asked_for,
    ):
        await asked_for.hear_answer(20)
        names = [
            person.attributes.get("lk.agent.name")
            for person in asked_for.room.remote_participants.values()
        ]
        assert names == ["desk-agent"]
