"""The company's own systems as tools: whatever the MCP servers of MCP_SERVERS offer, in every call.

They are asked what they offer while the caller hears the greeting, so that one which is slow or gone holds nothing
up: the call has the others' tools, and its own.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from livekit.agents import RunContext, ToolError, function_tool, llm
from livekit.agents.llm import RawFunctionTool
from livekit.agents.llm.mcp import MCPServerHTTP, MCPToolResultContext

from sales_agent.call import Call
from sales_agent.config import McpServer
from sales_agent.data_tools import bridged, unreachable

logger = logging.getLogger("sales_agent")

CONNECT_TIMEOUT = 5.0  # seconds until a server is given up for this call
TOOL_TIMEOUT = (
    15.0  # seconds for one answer; the caller hears a filler, and cannot be held for longer
)
RESULT_LENGTH = 8_000  # characters of an answer, some 2,000 tokens


class CompanySystems:
    """The MCP servers of one call. Close it, which ends the connections."""

    def __init__(self, servers: Sequence[McpServer]) -> None:
        self._servers = [
            MCPServerHTTP(
                server.url,
                # The library takes every other address for one of the transport that MCP has given up.
                transport_type="sse"
                if server.url.rstrip("/").endswith("/sse")
                else "streamable_http",
                headers=dict(server.headers),
                timeout=CONNECT_TIMEOUT,
                client_session_timeout_seconds=TOOL_TIMEOUT,
                tool_result_resolver=_text,
            )
            for server in servers
        ]
        self._connecting: asyncio.Task[None] | None = None

    def connect(self, taken: set[str], offer: Callable[[list[llm.Tool]], Any]) -> None:
        """Begin to connect; `offer` is called (and awaited) with the tools of each server that answers.

        Tools whose names are `taken` are left out and named in the log.
        """
        lock = asyncio.Lock()

        async def one(server: MCPServerHTTP) -> None:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    await server.initialize()
                    found = await server.list_tools()
            except Exception as error:  # its packages raise what they like, groups of errors too
                logger.error(
                    "MCP_SERVERS: %s is not there for this call: %s", server.url, _why(error)
                )
                return
            async with lock:
                names = {tool.info.name for tool in found}
                for name in sorted(names & taken):
                    logger.error("MCP_SERVERS: %s offers %s, which is taken", server.url, name)
                fresh = [_wrapped(tool) for tool in found if tool.info.name not in taken]
                taken.update(names)
                await offer(list(fresh))

        async def all_of_them() -> None:
            await asyncio.gather(*map(one, self._servers))

        self._connecting = asyncio.create_task(all_of_them())

    async def aclose(self) -> None:
        """End the connections, also those that are being made."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        await asyncio.gather(*(s.aclose() for s in self._servers), return_exceptions=True)


def _wrapped(tool: RawFunctionTool[..., Any]) -> llm.Tool:
    """The same tool, whose failure has an answer and whose slowness is told to the caller."""

    async def call(ctx: RunContext[Call], raw_arguments: dict[str, object]) -> Any:
        try:
            async with bridged(ctx):
                return await tool(raw_arguments=raw_arguments)
        except ToolError as error:
            raise ToolError(f"It was refused: {error.message[:RESULT_LENGTH]}") from error
        except Exception as error:  # see above
            logger.error("the tool %s failed: %s", tool.info.name, _why(error))
            raise ToolError(unreachable("that")) from error

    return function_tool(call, raw_schema=tool.info.raw_schema)


def _text(answer: MCPToolResultContext) -> str:
    """The text of an answer; pictures and the like have no voice."""
    parts = [part.text for part in answer.result.content if part.type == "text"]
    return "\n".join(parts)[:RESULT_LENGTH] or "Done; it has no text to tell."


def _why(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
