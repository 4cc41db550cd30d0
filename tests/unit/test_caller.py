"""A caller without a room: what it is told, in the order in which it was sent."""

import asyncio
from typing import Any, cast

from livekit import rtc

from sales_agent.caller import CALL, Caller


class Stream:
    """A text that is whole after a while, as one from a room is."""

    def __init__(self, text: str, seconds: float) -> None:
        self.text, self.seconds = text, seconds

    async def read_all(self) -> str:
        await asyncio.sleep(self.seconds)
        return self.text


async def test_news_keeps_its_order_where_the_later_is_whole_first() -> None:
    caller = Caller(
        room=rtc.Room(), source=cast(rtc.AudioSource, None), on_text=lambda who, words: None
    )
    on_news = caller._noting(CALL)
    for specialist, seconds in (("sales", 0.05), ("technical", 0.0)):
        stream: Any = Stream(f'{{"specialist": "{specialist}"}}', seconds)
        on_news(stream, "agent")
    async with asyncio.timeout(5):
        while len(caller.news[CALL]) < 2:
            await asyncio.sleep(0.01)
    assert [facts["specialist"] for facts in caller.news[CALL]] == ["sales", "technical"]
