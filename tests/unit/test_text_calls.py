"""Calls that a small model writes into its text are made; nothing of them is spoken."""

import pytest
from livekit.agents import APIError, function_tool, llm

from sales_agent.local.text_calls import TextCalls, calls_in
from tests.conversations.scripted import Says, ScriptedLLM, calls

STOCK = '{"name": "check_stock", "arguments": {"product": "Summit desk"}}'


@function_tool
async def check_stock(product: str) -> str:
    """Look up the stock."""
    return product


async def answer(*replies: Says | str, tools: bool = True) -> tuple[str, list[str], ScriptedLLM]:
    """What is spoken, the arguments of what is called, and the model that was asked."""
    model = ScriptedLLM(*replies)
    spoken, called = "", []
    stream = TextCalls(model).chat(
        chat_ctx=llm.ChatContext.empty(), tools=[check_stock] if tools else []
    )
    async with stream:
        async for chunk in stream:
            if chunk.delta:
                spoken += chunk.delta.content or ""
                called += [call.arguments for call in chunk.delta.tool_calls]
    return spoken, called, model


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (STOCK, ""),
        (f"```json\n{STOCK}\n```", ""),
        (f"Let me look. ```json\n{STOCK}\n``` It will say.", "Let me look. "),
        (f"<tool_call>\n{STOCK}\n</tool_call>", ""),
        (f"{{{STOCK}}}", ""),
        (STOCK.replace("arguments", "parameters"), ""),
    ],
)
async def test_a_written_call_is_made_and_not_spoken(written: str, spoken: str) -> None:
    said, called, _ = await answer(written)
    assert (said, called) == (spoken, ['{"product": "Summit desk"}'])


async def test_an_ordinary_answer_and_a_real_call_pass_as_they_are() -> None:
    said, called, _ = await answer("It costs 749 dollars.")
    assert (said, called) == ("It costs 749 dollars.", [])
    said, called, _ = await answer(calls("check_stock", product="Ridge desk"))
    assert (said, called) == ("", ['{"product": "Ridge desk"}'])


async def test_a_call_of_nothing_that_exists_is_asked_again_without_tools() -> None:
    said, called, model = await answer('{"name": "greeting", "arguments": {}}', "Hello there.")
    assert (said, called) == ("Hello there.", [])
    assert [request.tools for request in model.requests] == [["check_stock"], []]


async def test_json_is_never_spoken_and_the_failure_is_told() -> None:
    with pytest.raises(APIError, match="nothing that can be said"):
        await answer('{"name": "greeting"}', '{"name": "greeting"}')


async def test_without_tools_there_is_one_request() -> None:
    said, _, model = await answer("Hello.", tools=False)
    assert (said, len(model.requests)) == ("Hello.", 1)


def test_several_calls_are_read_in_order() -> None:
    text = f'{STOCK}\n{STOCK.replace("Summit", "Ridge")} {{"name": "other", "arguments": {{}}}}'
    found = calls_in(text, {"check_stock"})
    assert [call.arguments for call in found] == [
        '{"product": "Summit desk"}',
        '{"product": "Ridge desk"}',
    ]


@pytest.mark.parametrize(
    "text", ["{", "{}", "[1]", '{"name": 3}', '{"name": "check_stock", "arguments": 7}']
)
def test_what_is_no_call_is_none(text: str) -> None:
    assert calls_in(text, {"check_stock"}) == []
