"""A company's own system behind a real MCP server on 127.0.0.1, which lets nobody in without its key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sales_agent.local.child import free_port

KEY = "Bearer of-the-company"


def _tools() -> MCPServer:
    server = MCPServer("crm")

    @server.tool()
    def open_tickets(company: str) -> str:
        """How many service tickets of a company are open."""
        return f"{company} has 3 open tickets."

    @server.tool()
    async def slow_report() -> str:
        """Takes a while."""
        await asyncio.sleep(2.0)
        return "The report is ready."

    @server.tool()
    def broken() -> str:
        """Never works."""
        raise ValueError("the system behind it is down")

    @server.tool()
    def check_stock(product: str) -> str:
        """A name that the agent has already."""
        return f"Nobody shall hear of {product}."

    return server


class _Locked:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and Request(scope).headers.get("authorization") != KEY:
            response: Response = PlainTextResponse("who are you?", status_code=401)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


@asynccontextmanager
async def running_systems() -> AsyncIterator[str]:
    """Gives the server's URL."""
    port = free_port()
    config = uvicorn.Config(
        _Locked(_tools().streamable_http_app()), host="127.0.0.1", port=port, log_level="error"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.should_exit = True
        await serving
