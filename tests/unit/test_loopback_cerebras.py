"""Cerebras's stand-in, driven by the real LiveKit plugin and by Cerebras's own SDK."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import cerebras.cloud.sdk as sdk
import pytest
from livekit.agents import APIConnectOptions, APIError, APIStatusError, APITimeoutError
from livekit.agents.llm import ChatChunk, ChatContext, FunctionToolCall, function_tool
from livekit.plugins import openai as plugin

from tests.loopback.cerebras import CerebrasServer
from tests.loopback.cerebras_replies import Reply, ToolCall, cached_tokens
from tests.loopback.faults import Drop, ErrorEvent, Refuse, Stall

ONCE = APIConnectOptions(max_retry=0, timeout=2.0)
AGAIN = APIConnectOptions(max_retry=1, retry_interval=0.05, timeout=2.0)

# Long enough for several cache blocks, as a system prompt with documents is.
FACT_SHEET = " ".join(f"The desk number {n} costs {n * 10} dollars." for n in range(200))

pytestmark = pytest.mark.timeout(20)


@asynccontextmanager
async def model(server: CerebrasServer, **options: Any) -> AsyncIterator[plugin.LLM]:
    options = {"model": "llama-3.3-70b", "api_key": "key"} | options
    llm = plugin.LLM.with_cerebras(base_url=server.base_url, **options)
    try:
        yield llm
    finally:
        await llm.aclose()


@asynccontextmanager
async def client(server: CerebrasServer, api_key: str = "key") -> AsyncIterator[sdk.AsyncCerebras]:
    # warm_tcp_connection: the SDK would connect from its constructor, blocking the event loop.
    async with sdk.AsyncCerebras(
        base_url=server.url, api_key=api_key, max_retries=0, warm_tcp_connection=False
    ) as cerebras:
        yield cerebras


def context(*messages: str, system: str = "You sell desks.") -> ChatContext:
    ctx = ChatContext.empty()
    ctx.add_message(role="system", content=system)
    for index, text in enumerate(messages):
        ctx.add_message(role="assistant" if index % 2 else "user", content=text)
    return ctx


async def ask(
    llm: plugin.LLM, *messages: str, conn_options: APIConnectOptions = ONCE, **options: Any
) -> list[ChatChunk]:
    chat_ctx = context(*messages, system=options.pop("system", "You sell desks."))
    async with llm.chat(chat_ctx=chat_ctx, conn_options=conn_options, **options) as stream:
        return [chunk async for chunk in stream]


def text_of(chunks: list[ChatChunk]) -> str:
    return "".join(chunk.delta.content or "" for chunk in chunks if chunk.delta)


def calls_of(chunks: list[ChatChunk]) -> list[FunctionToolCall]:
    return [call for chunk in chunks if chunk.delta for call in chunk.delta.tool_calls]


def cached_of(chunks: list[ChatChunk]) -> int:
    (usage,) = [chunk.usage for chunk in chunks if chunk.usage]
    return usage.prompt_cached_tokens


async def test_replies_come_in_order_word_by_word_with_usage_at_the_end() -> None:
    async with CerebrasServer(replies=["It costs 400 dollars.", "Yes."]) as server:
        async with model(server) as llm:
            chunks = await ask(llm, "What does it cost?")
            assert text_of(chunks) == "It costs 400 dollars."
            assert len([chunk for chunk in chunks if chunk.delta]) == 4
            usage = chunks[-1].usage
            assert usage is not None
            assert usage.completion_tokens == 4
            assert usage.total_tokens == usage.prompt_tokens + 4
            assert text_of(await ask(llm, "Really?")) == "Yes."
        first, second = server.requests
    assert first.body["model"] == "llama-3.3-70b"
    assert first.body["stream_options"] == {"include_usage": True}
    assert first.headers["Authorization"] == "Bearer key"
    assert first.finished
    assert second.last_message == "Really?"


async def test_a_reply_can_depend_on_the_request() -> None:
    def reply(body: dict[str, Any]) -> str:
        return f"You said: {body['messages'][-1]['content']}"

    async with CerebrasServer(reply=reply) as server, model(server) as llm:
        assert text_of(await ask(llm, "Hello.")) == "You said: Hello."


async def test_a_request_beyond_the_script_fails() -> None:
    async with CerebrasServer() as server, model(server) as llm:
        with pytest.raises(APIStatusError, match="script of replies"):
            await ask(llm, "Hello.")


async def test_tool_calls_are_streamed_in_parts_that_the_plugin_puts_together() -> None:
    calls = [
        ToolCall("save_lead", {"name": "Ada King", "email": "ada@example.com"}),
        ToolCall("end_call", {}),
    ]

    @function_tool
    async def save_lead(name: str, email: str) -> None:
        """Save the caller's details."""

    async with CerebrasServer(replies=[calls, calls[0]]) as server, model(server) as llm:
        both = calls_of(await ask(llm, "Save it.", tools=[save_lead]))
        one = calls_of(await ask(llm, "Save it.", tools=[save_lead]))
        assert server.requests[0].body["tools"][0]["function"]["name"] == "save_lead"
    assert [call.name for call in both] == ["save_lead", "end_call"]
    assert [json.loads(call.arguments) for call in both] == [call.arguments for call in calls]
    assert [call.name for call in one] == ["save_lead"]
    assert len({call.call_id for call in both}) == 2


async def test_reasoning_never_arrives_as_content() -> None:
    reply = Reply(text="Four hundred.", reasoning="They ask for the price.")
    async with CerebrasServer(replies=[reply, reply]) as server:
        async with model(server, model="gpt-oss-120b") as llm:
            chunks = await ask(llm, "What does it cost?")
        async with client(server) as cerebras:
            whole = await cerebras.chat.completions.create(
                model="gpt-oss-120b", messages=[{"role": "user", "content": "What?"}]
            )
    assert text_of(chunks) == "Four hundred."
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.reasoning_tokens == 5
    assert whole.choices[0].message.reasoning == "They ask for the price."
    assert whole.choices[0].message.content == "Four hundred."


async def test_a_limit_on_tokens_cuts_the_reply() -> None:
    async with CerebrasServer(replies=["one two three four"]) as server, model(server) as llm:
        chunks = await ask(llm, "Count.", extra_kwargs={"max_completion_tokens": 2})
    assert text_of(chunks) == "one two"


# The prompt cache


async def test_cached_tokens_grow_with_the_beginning_that_prompts_share() -> None:
    async with CerebrasServer(reply=lambda _: "Yes.") as server, model(server) as llm:
        first = await ask(llm, "Hello.", system=FACT_SHEET)
        second = await ask(llm, "Hello.", "Yes.", "Why?", system=FACT_SHEET)
        changed = await ask(llm, "Hello.", system="Today is Monday. " + FACT_SHEET)
        async with model(server, model="gpt-oss-120b") as other:
            elsewhere = await ask(other, "Hello.", system=FACT_SHEET)
        usage = second[-1].usage
    assert cached_of(first) == 0
    assert usage is not None
    assert cached_of(second) % 128 == 0
    assert usage.prompt_tokens - 200 < cached_of(second) < usage.prompt_tokens
    assert cached_of(changed) == 0  # its first words differ
    assert cached_of(elsewhere) == 0  # another model


def test_only_the_exact_beginning_counts_as_cached() -> None:
    long = "a" * 4_096
    assert cached_tokens(long, []) == 0
    assert cached_tokens(long, [long]) == 1_024
    assert cached_tokens(long, ["b" + long]) == 0
    assert cached_tokens(long, [long[:2_048] + "b" * 2_048, "b"]) == 512
    assert cached_tokens(long[:511], [long]) == 0  # not one whole block


# Cerebras's own SDK


async def test_the_sdk_lists_and_retrieves_models() -> None:
    async with CerebrasServer(models=["llama-4"]) as server, client(server) as cerebras:
        assert [model.id for model in (await cerebras.models.list()).data] == ["llama-4"]
        assert (await cerebras.models.retrieve("llama-4")).id == "llama-4"
        with pytest.raises(sdk.NotFoundError):
            await cerebras.models.retrieve("llama-5")


async def test_the_sdk_streams_with_time_info_and_with_usage_only_when_asked() -> None:
    ends = []
    server = CerebrasServer(reply=lambda _: "One two.", first_token_delay=0.1)
    async with server, client(server) as cerebras:
        for options in ({}, {"stream_options": {"include_usage": True}}):
            stream = await cerebras.chat.completions.create(
                model="llama-3.3-70b",
                messages=[{"role": "user", "content": "Count."}],
                stream=True,
                **options,
            )
            chunks = [chunk async for chunk in stream]
            words = [c.choices[0].delta.content or "" for c in chunks if c.choices]
            assert "".join(words) == "One two."
            ends.append(chunks[-1])
    assert ends[0].usage is None
    assert ends[1].usage.completion_tokens == 2
    for end in ends:
        assert 0.1 <= end.time_info.prompt_time < 2.0
        assert end.time_info.total_time >= end.time_info.prompt_time


async def test_a_structured_output_is_the_scripts_json() -> None:
    lead = {"name": "Ada King", "interest": 5}
    schema = {"name": "lead", "strict": True, "schema": {"type": "object"}}
    async with CerebrasServer(replies=[lead]) as server, client(server) as cerebras:
        answer = await cerebras.chat.completions.create(
            model="llama-3.3-70b",
            messages=[{"role": "user", "content": "Summarise."}],
            response_format={"type": "json_schema", "json_schema": schema},
        )
        assert server.requests[0].body["response_format"]["json_schema"]["name"] == "lead"
    assert json.loads(answer.choices[0].message.content) == lead
    assert answer.choices[0].finish_reason == "stop"
    assert answer.time_info.total_time >= 0


async def test_a_whole_answer_carries_its_tool_calls() -> None:
    async with (
        CerebrasServer(replies=[ToolCall("end_call", {"why": "bye"})]) as server,
        client(server) as cerebras,
    ):
        answer = await cerebras.chat.completions.create(
            model="llama-3.3-70b", messages=[{"role": "user", "content": "Bye."}]
        )
    (call,) = answer.choices[0].message.tool_calls
    assert call.function.name == "end_call"
    assert json.loads(call.function.arguments) == {"why": "bye"}
    assert answer.choices[0].finish_reason == "tool_calls"


# What can go wrong


async def test_a_wrong_key_is_refused_in_cerebras_words() -> None:
    async with CerebrasServer(api_key="right") as server:
        async with model(server, api_key="wrong") as llm:
            with pytest.raises(APIStatusError, match="Wrong API Key") as refused:
                await ask(llm, "Hello.")
        async with client(server, api_key="wrong") as cerebras:
            with pytest.raises(sdk.AuthenticationError):
                await cerebras.models.list()
        assert server.requests == []
    assert refused.value.status_code == 401
    assert refused.value.body["code"] == "wrong_api_key"


async def test_a_model_that_is_not_served_is_not_found() -> None:
    async with CerebrasServer() as server, model(server, model="llama-2") as llm:
        with pytest.raises(APIStatusError, match="does not exist") as refused:
            await ask(llm, "Hello.")
    assert refused.value.status_code == 404
    assert refused.value.body["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "request_quota_exceeded"), (503, "queue_exceeded"), (500, None), (401, "wrong_api_key")],
)
async def test_a_refused_request_reaches_the_plugin_with_its_status(
    status: int, code: str | None
) -> None:
    async with CerebrasServer(replies=["Hello."]) as server, model(server) as llm:
        server.fail("chat", Refuse(status))
        with pytest.raises(APIStatusError) as refused:
            await ask(llm, "Hello.")
        assert refused.value.status_code == status
        assert refused.value.body["code"] == code
        assert text_of(await ask(llm, "Hello.")) == "Hello."  # it struck once


async def test_a_provider_that_has_recovered_fails_no_more() -> None:
    async with CerebrasServer(replies=["Hello."]) as server, model(server) as llm:
        server.fail("chat", Refuse(503), times=9)
        with pytest.raises(APIStatusError):
            await ask(llm, "Hello.")
        server.recover("chat")
        assert text_of(await ask(llm, "Hello.")) == "Hello."


async def test_a_busy_provider_says_when_to_come_back() -> None:
    async with CerebrasServer() as server, client(server) as cerebras:
        server.fail("models", Refuse(429, retry_after=7))
        with pytest.raises(sdk.RateLimitError) as refused:
            await cerebras.models.list()
    assert refused.value.response.headers["Retry-After"] == "7"


async def test_the_plugin_retries_a_refusal_by_itself() -> None:
    async with CerebrasServer(replies=["Hello."]) as server, model(server) as llm:
        server.fail("chat", Refuse(503))
        assert text_of(await ask(llm, "Hello.", conn_options=AGAIN)) == "Hello."


@pytest.mark.parametrize(
    "fault", [Drop(at="content", skip=2), ErrorEvent(503, at="content", skip=2)]
)
async def test_a_stream_broken_off_fails_after_the_words_that_came(
    fault: Drop | ErrorEvent,
) -> None:
    async with CerebrasServer(replies=["one two three four"]) as server, model(server) as llm:
        server.fail("chat", fault)
        async with llm.chat(chat_ctx=context("Count."), conn_options=ONCE) as stream:
            assert text_of([await anext(stream), await anext(stream)]) == "one two"
            with pytest.raises(APIError):
                await anext(stream)
        assert not server.requests[0].finished


@pytest.mark.parametrize("event", ["response", "role", "content"])
async def test_a_stalled_provider_times_out(event: str) -> None:
    async with CerebrasServer(replies=["one two"]) as server, model(server) as llm:
        server.fail("chat", Stall(5.0, at=event))
        with pytest.raises(APITimeoutError):
            await ask(llm, "Count.", conn_options=APIConnectOptions(max_retry=0, timeout=0.3))


async def test_an_error_before_the_answer_is_an_http_error() -> None:
    async with CerebrasServer(replies=["one"]) as server, client(server) as cerebras:
        server.fail("chat", ErrorEvent(500, at="response", message="Out of luck."))
        with pytest.raises(sdk.InternalServerError, match="Out of luck"):
            await cerebras.chat.completions.create(
                model="llama-3.3-70b", messages=[{"role": "user", "content": "Hello."}]
            )


async def test_tokens_take_the_time_that_is_set() -> None:
    server = CerebrasServer(replies=["one two three"], first_token_delay=0.15, token_delay=0.05)
    async with server, model(server) as llm:
        began = time.monotonic()
        at = []
        async with llm.chat(chat_ctx=context("Count."), conn_options=ONCE) as stream:
            async for chunk in stream:
                if chunk.delta:
                    at.append(time.monotonic() - began)
    assert at[0] >= 0.15
    assert at[2] - at[0] >= 0.09
    assert at[2] < 2.0


async def test_a_reply_broken_off_by_the_caller_is_recorded_as_unfinished() -> None:
    async with CerebrasServer(replies=["word " * 100], token_delay=0.02) as server:
        async with model(server) as llm:
            stream = llm.chat(chat_ctx=context("Talk."), conn_options=ONCE)
            await anext(stream)
            await stream.aclose()
            await asyncio.sleep(0.1)
        assert not server.requests[0].finished


async def test_closing_is_quick_in_the_middle_of_a_stream() -> None:
    server = CerebrasServer(replies=["word " * 100], token_delay=1.0)
    body = {
        "model": "llama-3.3-70b",
        "messages": [{"role": "user", "content": "Talk."}],
        "stream": True,
    }
    async with server, aiohttp.ClientSession(headers={"Authorization": "Bearer key"}) as http:
        response = await http.post(f"{server.base_url}/chat/completions", json=body)
        await response.content.readline()
        began = time.monotonic()
        await server.close()
        assert time.monotonic() - began < 2.0
