"""The company's own systems: a real MCP server, its tools in a conversation, and what becomes of it without them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sales_agent.config import McpServer, Settings
from sales_agent.mcp_tools import CompanySystems
from tests.conversations.scripted import Conversation, Says, a_team, calls, conversation
from tests.loopback.company_systems import KEY, running_systems

MOMENT = "One moment, I'm looking that up."


@pytest.fixture(scope="module")
async def systems() -> AsyncIterator[str]:
    async with running_systems() as url:
        yield url


@asynccontextmanager
async def talk_with(
    *servers: McpServer, replies: tuple[Says | str, ...]
) -> AsyncIterator[Conversation]:
    """A conversation whose agent has asked all servers what they offer."""
    team, answered = a_team(), asyncio.Event()
    async with conversation(*replies, team=team) as talk:
        talk.call.moment = MOMENT
        company = CompanySystems(servers)

        async def learn(tools: list[object]) -> None:
            await team.learn(tools, talk.session)  # type: ignore[arg-type]
            answered.set()

        company.connect({"check_stock"}, learn)
        try:
            if servers:
                await asyncio.wait_for(answered.wait(), 30)
            yield talk
        finally:
            await company.aclose()


def told(talk: Conversation) -> list[str]:
    return [
        message["content"]
        for message in talk.model.requests[-1].conversation
        if message["role"] == "tool"
    ]


async def test_a_tool_of_the_companys_own_system_answers(systems: str) -> None:
    server = McpServer(systems, {"Authorization": KEY})
    replies = (calls("open_tickets", company="Acme"), "Three are open.")
    async with talk_with(server, replies=replies) as talk:
        await talk.session.run(user_input="How many tickets has Acme?")
        assert told(talk) == ["Acme has 3 open tickets."]


async def test_the_specialist_who_takes_over_has_it_too(systems: str) -> None:
    server = McpServer(systems, {"Authorization": KEY})
    replies = (
        calls("transfer_to_technical"),
        calls("open_tickets", company="Acme"),
        "Three are open.",
    )
    async with talk_with(server, replies=replies) as talk:
        await talk.session.run(user_input="How many tickets has Acme?")
        assert "Acme has 3 open tickets." in told(talk)


async def test_a_slow_tool_is_bridged_by_a_few_words(systems: str) -> None:
    server = McpServer(systems, {"Authorization": KEY})
    async with talk_with(server, replies=(calls("slow_report"), "It is ready.")) as talk:
        await talk.session.run(user_input="Is the report ready?")
        assert told(talk) == ["The report is ready."]
        said = [text for who, text in talk.lines() if who == "assistant"]
        assert said == [MOMENT, "It is ready."]


async def test_a_failing_tool_has_an_answer(systems: str) -> None:
    server = McpServer(systems, {"Authorization": KEY})
    async with talk_with(server, replies=(calls("broken"), "It is down.")) as talk:
        await talk.session.run(user_input="And the broken one?")
        (answer,) = told(talk)
        assert answer.startswith("It was refused")


async def test_a_name_that_is_taken_is_left_out(
    systems: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = McpServer(systems, {"Authorization": KEY})
    async with talk_with(server, replies=()) as talk:
        names = {tool.id for tool in talk.session.current_agent.tools}
    assert "open_tickets" in names
    assert "check_stock" not in names
    assert "check_stock, which is taken" in caplog.text


async def test_a_server_that_is_gone_or_refuses_holds_nothing_up(
    systems: str, nobody_there: str, caplog: pytest.LogCaptureFixture
) -> None:
    gone, locked = McpServer(nobody_there), McpServer(systems)
    server = McpServer(systems, {"Authorization": KEY})
    replies = (calls("open_tickets", company="Acme"), "Three are open.")
    async with talk_with(gone, locked, server, replies=replies) as talk:
        await talk.session.run(user_input="How many tickets has Acme?")
        assert told(talk) == ["Acme has 3 open tickets."]
        async with asyncio.timeout(
            20
        ):  # the one that answers may be quicker than the one that does not
            while f"{nobody_there} is not there" not in caplog.text:
                await asyncio.sleep(0.05)
    assert KEY not in caplog.text


@pytest.fixture
def nobody_there() -> str:
    return "http://127.0.0.1:9/mcp"


def test_servers_are_urls_or_json_with_their_headers() -> None:
    def read(value: str) -> tuple[McpServer, ...]:
        return Settings.from_env({"MCP_SERVERS": value}).mcp_servers

    assert read("https://a.example/mcp https://b.example/sse") == (
        McpServer("https://a.example/mcp"),
        McpServer("https://b.example/sse"),
    )
    one = [{"url": "https://a.example/mcp", "headers": {"Authorization": KEY}}]
    assert read(json.dumps(one)) == (McpServer("https://a.example/mcp", {"Authorization": KEY}),)
    assert KEY not in repr(read(json.dumps(one)))
