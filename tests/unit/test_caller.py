"""A caller without a room: what it is told, in the order in which it was sent."""

import asyncio
import json
from typing import Any, cast

from livekit import rtc

from sales_agent.caller import CALL, LATENCY, SOURCES, Caller


class Stream:
    """A text that is whole after a while, as one from a room is."""

    def __init__(self, text: str, seconds: float) -> None:
        self.text, self.seconds = text, seconds

    async def read_all(self) -> str:
        await asyncio.sleep(self.seconds)
        return self.text


def a_caller() -> Caller:
    return Caller(
        room=rtc.Room(), source=cast(rtc.AudioSource, None), on_text=lambda who, words: None
    )


def tell(caller: Caller, topic: str, news: dict[str, Any], seconds: float) -> None:
    stream: Any = Stream(json.dumps(news), seconds)
    caller._noting(topic)(stream, "agent")


async def test_news_keeps_its_order_where_the_later_is_whole_first() -> None:
    caller = a_caller()
    for specialist, seconds in (("sales", 0.05), ("technical", 0.0)):
        tell(caller, CALL, {"specialist": specialist}, seconds)
    async with asyncio.timeout(5):
        while len(caller.news[CALL]) < 2:
            await asyncio.sleep(0.01)
    assert [facts["specialist"] for facts in caller.news[CALL]] == ["sales", "technical"]


async def test_an_answer_is_there_with_its_news_and_its_last_words() -> None:
    caller = a_caller()
    caller.news[CALL].append({"stage": "discovery"})
    tell(caller, SOURCES, {"text": "Hello.", "sources": []}, 0.0)
    caller._first_sound, caller._quiet = 0.0, 1.0  # it has been spoken, and there is silence
    caller.agent_text = "Hello. It costs "
    tell(caller, LATENCY, {"total": 400}, 0.2)
    tell(caller, SOURCES, {"text": "It costs 749 dollars.", "sources": []}, 0.0)
    hearing = asyncio.create_task(caller.hear_answer(5))
    await asyncio.sleep(0.3)
    assert not hearing.done()
    caller.agent_text += "749  dollars. "
    assert await hearing == 0.0
    assert caller.news[LATENCY] == [{"total": 400}]


async def test_an_agent_that_tells_no_news_is_not_waited_for() -> None:
    caller = a_caller()
    caller._first_sound, caller._quiet = 0.0, 1.0
    async with asyncio.timeout(5):
        assert await caller.hear_answer(5) == 0.0
