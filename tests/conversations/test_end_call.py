"""When the agent hangs up, and when it does not."""

import asyncio

import pytest
from livekit.agents.voice import SpeechHandle

from sales_agent import tools
from tests.conversations.scripted import calls, conversation, together


@pytest.fixture(autouse=True)
def _no_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "LINGER", 0.0)


async def test_a_goodbye_is_answered_and_then_the_agent_hangs_up() -> None:
    async with conversation(calls("end_call"), "Goodbye, Ada.") as talk:
        await talk.session.run(user_input="That's all, goodbye.")
        assert talk.lines()[-1] == ("assistant", "Goodbye, Ada.")
        await asyncio.wait_for(talk.closed.wait(), 5)
        assert talk.call.stage == "close"


async def test_a_farewell_said_with_the_call_is_not_said_twice() -> None:
    async with conversation(together("Goodbye, Ada.", calls("end_call"))) as talk:
        await talk.session.run(user_input="Bye!")
        await asyncio.wait_for(talk.closed.wait(), 5)
        assert [line for line in talk.lines() if line[0] == "assistant"] == [
            ("assistant", "Goodbye, Ada.")
        ]


@pytest.mark.parametrize("line", ["That's too expensive.", "Hm.", "No thanks.", "Is that all?"])
async def test_what_is_no_goodbye_does_not_end_the_call(line: str) -> None:
    async with conversation(calls("end_call"), "What did you have in mind?") as talk:
        turn = await talk.session.run(user_input=line)
        turn.expect.next_event().is_function_call(name="end_call")
        turn.expect.next_event().is_function_call_output(is_error=True)
        turn.expect.next_event().is_message(role="assistant")
        await asyncio.sleep(0.05)
        assert not talk.closed.is_set()
        assert talk.call.stage == "discovery"


async def test_a_goodbye_long_ago_does_not_count() -> None:
    async with conversation("Bye.", "549 dollars.", calls("end_call"), "Yes?") as talk:
        for line in ("Bye.", "Wait, what does the Ridge cost?", "And the Summit?"):
            await talk.session.run(user_input=line)
        await asyncio.sleep(0.05)
        assert not talk.closed.is_set()


async def test_a_caller_who_speaks_into_the_farewell_is_listened_to() -> None:
    async with conversation(calls("end_call"), "Goodbye.") as talk:
        speeches: list[SpeechHandle] = []
        talk.session.on("speech_created", lambda event: speeches.append(event.speech_handle))
        talk.session.on("function_tools_executed", lambda _: speeches[-1].interrupt())
        await talk.session.run(user_input="Bye.")
        await asyncio.sleep(0.05)
        assert not talk.closed.is_set()


async def test_specialists_hang_up_too() -> None:
    async with conversation(
        calls("transfer_to_pricing"), "749.", calls("end_call"), "Goodbye."
    ) as talk:
        await talk.session.run(user_input="What do ten cost?")
        await talk.session.run(user_input="Thanks, bye.")
        await asyncio.wait_for(talk.closed.wait(), 5)
