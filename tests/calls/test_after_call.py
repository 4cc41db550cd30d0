"""Whole calls in a room, on the stand-ins for Cartesia and Cerebras: what remains of them."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from sales_agent.local.child import free_port
from sales_agent.local.speaking import speak
from sales_agent.processes import Worker
from sales_agent.rooms import new_room_name
from sales_agent.store import StoredCall, open_store
from sales_agent.store.database import CONNECT_TIMEOUT
from sales_agent.writeup import RULES
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.cerebras_replies import Answer, ToolCall
from tests.loopback.dev import running_dev
from tests.loopback.house import MODEL, House, on_stand_ins
from tests.loopback.voices import hibari
from tests.loopback.webhook import Receiver

pytestmark = pytest.mark.slow

QUESTION = "I am Ada. What does the Summit desk cost?"
ANSWER = "The Summit desk costs 749 dollars."
WRITEUP: dict[str, Any] = {
    "summary": "Ada asked what the Summit desk costs.",
    "outcome": "interested",
    "lead": {"score": 45, "reason": "She named a product."},
    "objections": [],
    "unanswered": [],
    "next_step": "",
}


def think(body: dict[str, Any]) -> Answer:
    """Notes the name, answers, and writes the call up."""
    if "response_format" in body:
        return WRITEUP
    if "- name: Ada" in body["messages"][1]["content"]:
        return ANSWER
    return ToolCall("note", {"name": "Ada"})


@pytest.fixture
def own_house(house: House, tmp_path: Path) -> House:
    """With a database of the test's own."""
    return replace(house, data=tmp_path)


@asynccontextmanager
async def an_agent(house: House, **more: str) -> AsyncIterator[tuple[Worker, CerebrasServer]]:
    async with (
        CartesiaServer(default_transcript=QUESTION, voice=hibari) as cartesia,
        CerebrasServer(reply=think) as cerebras,
        house.agent(**on_stand_ins(cartesia, cerebras), **more) as worker,
    ):
        yield worker, cerebras


async def kept(
    house: House, room: str, condition: Callable[[StoredCall], bool], seconds: float = 40
) -> StoredCall:
    """What the store holds of the call, once that is so."""
    deadline = time.monotonic() + seconds
    async with aclosing(await open_store(house.database_url)) as store:
        while True:
            call = await store.calls.load_state(room)
            if call is not None and condition(call):
                return call
            assert time.monotonic() < deadline, call
            await asyncio.sleep(0.1)


async def test_a_call_is_written_up_and_a_return_writes_it_up_again(own_house: House) -> None:
    samples, _ = speak("What does the Summit desk cost?")
    room = new_room_name()
    async with an_agent(own_house) as (_, cerebras):
        async with own_house.caller(room=room) as caller:
            await caller.hear_answer(20)
            assert (await caller.say("", samples)).answered == ANSWER
            call = await kept(own_house, room, is_answered)
            assert call.ended is None
            assert call.state["name"] == "Ada"
            await caller.hang_up()
        call = await kept(own_house, room, lambda call: call.version == 1)
        assert call.writeup == WRITEUP | {"by": MODEL}
        assert call.ended is not None
        _, question, answer = call.transcript
        assert (question["who"], question["text"]) == ("caller", QUESTION)
        assert (answer["who"], answer["text"]) == ("agent", ANSWER)
        assert answer["tools"][0]["name"] == "note"
        assert answer["sources"]
        assert answer["latency"]["total"] > 0
        async with own_house.caller(room=room) as caller:
            await caller.hear_answer(20)
            assert "Welcome back" in caller.agent_text
            assert "AI here" not in caller.agent_text
            assert caller.news["call"][-1]["name"] == "Ada"
            await caller.say("", samples)
            spoken = [m.get("content") for m in cerebras.requests[-1].body["messages"]]
            assert spoken.count(QUESTION) == 2
            await caller.hang_up()
        call = await kept(own_house, room, lambda call: call.version == 2)
        assert len(call.transcript) == 6


async def test_a_job_that_is_killed_leaves_state_and_transcript(own_house: House) -> None:
    samples, _ = speak("What does the Summit desk cost?")
    room = new_room_name()
    async with an_agent(own_house) as (worker, _), own_house.caller(room=room) as caller:
        await caller.hear_answer(20)
        await caller.say("", samples)
        await kept(own_house, room, is_answered)  # while it goes on, and not when it ends
        for process in jobs(worker):
            with suppress(psutil.NoSuchProcess):  # it has gone with the one before
                process.kill()
        call = await kept(own_house, room, lambda _: True)
    assert call.ended is None
    assert call.state["name"] == "Ada"
    assert [line["text"] for line in call.transcript[-2:]] == [QUESTION, ANSWER]


def is_answered(call: StoredCall) -> bool:
    """Whether the answer is there, with what was found out about it after it was said."""
    last = call.transcript[-1] if call.transcript else {}
    return last.get("text") == ANSWER and last["sources"] is not None


def jobs(worker: Worker) -> list[psutil.Process]:
    """The processes that have a call or wait for one, and what they were forked from."""
    return psutil.Process(worker.pid).children(recursive=True)


async def test_a_database_that_does_not_answer_delays_no_greeting(own_house: House) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://me@127.0.0.1:{silent.getsockname()[1]}/sales"
        samples, _ = speak("What does the Summit desk cost?")
        async with an_agent(own_house, DATABASE_URL=url), own_house.caller() as caller:
            # A second is its patience; without it the greeting would wait until connecting is given up.
            assert await caller.hear_answer(20) < CONNECT_TIMEOUT - 1
            assert (await caller.say("", samples)).answered == ANSWER


async def test_dev_tells_the_webhook_of_a_call_that_is_over(tmp_path: Path) -> None:
    receiver = Receiver(free_port())
    lines = [f"{key}={value}\n" for key, value in receiver.settings.items()]
    (tmp_path / ".env").write_text("".join(lines))
    async with receiver.running():
        with running_dev(tmp_path) as dev:
            call = await asyncio.to_thread(dev.command, "call", "--say", QUESTION)
            assert call.returncode == 0, call.stderr
            async with asyncio.timeout(30):
                while not receiver.payloads:
                    await asyncio.sleep(0.1)
    (told,) = receiver.payloads
    assert told["type"] == "call.completed"
    assert told["call"]["by"] == RULES  # the reader answered
    assert told["call"]["transcript"][1]["who"] == "caller"
