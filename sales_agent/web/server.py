"""The HTTP server of the call page: the page itself, what it shows of the documents, and tokens.

    GET  /                   the page; /static/…: its parts
    GET  /livekit-client.js  LiveKit's browser library, or 503 with why it is not there
    GET  /about              company, agent and documents
    POST /token              a way into a new call, or back into the one before

Errors are JSON, `{"error": "one sentence"}`.
"""

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from sales_agent.config import ConfigError, Settings
from sales_agent.prompts import Briefing
from sales_agent.web.client_library import LibraryError
from sales_agent.web.gate import Gate
from sales_agent.web.tickets import ticket_for

STATIC = Path(__file__).parent / "static"
PORT = 8000  # where a page is looked for; another where it is taken
LISTED = 200  # documents that the page shows; it counts the rest
BODY = 16_384  # bytes; a token has about 600


class Page:
    """What the server tells; the briefing may be replaced while it runs."""

    def __init__(self, settings: Settings, briefing: Briefing, library: Awaitable[Path]) -> None:
        """`settings` have the server and the keys that were found; `library` ends with the file or LibraryError."""
        self.briefing = briefing
        self._settings = settings
        self._library = asyncio.ensure_future(library)
        self._gate = Gate(
            host=settings.page_host,
            secret=settings.page_secret,
            backend_secret=settings.backend_secret,
        )
        self._policy = _content_security_policy(settings.livekit_url)

    def app(self) -> web.Application:
        """The routes, for a runner."""
        app = web.Application(client_max_size=BODY, middlewares=[_plain_errors])
        app.on_response_prepare.append(self._protect)
        app.router.add_get("/", self._index)
        app.router.add_static("/static", STATIC)
        app.router.add_get("/livekit-client.js", self._client_library)
        app.router.add_get("/about", self._about)
        app.router.add_post("/token", self._token)
        return app

    async def _protect(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Permissions-Policy"] = "microphone=(self), camera=(), geolocation=()"
        # Asked again each time, and answered with 304: an update of the project is there with the next visit.
        response.headers.setdefault("Cache-Control", "no-cache")

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _client_library(self, request: web.Request) -> web.StreamResponse:
        try:
            path = await asyncio.shield(self._library)
        except LibraryError as error:
            raise web.HTTPServiceUnavailable(text=str(error)) from error
        return web.FileResponse(path, headers={"Content-Type": "text/javascript; charset=utf-8"})

    async def _about(self, request: web.Request) -> web.Response:
        self._gate.admit(request)
        identity, documents = self.briefing.prompts.identity, self.briefing.knowledge.documents
        return web.json_response(
            {
                "company": identity.get("company", ""),
                "agent": identity.get("agent", ""),
                "documents": [
                    {
                        "name": document.name,
                        "pages": len(document.pages) if document.pages[0].number else None,
                        "tokens": document.tokens,
                    }
                    for document in documents[:LISTED]
                ],
                "document_count": len(documents),
                "left_out": [
                    {"name": out.name, "reason": out.reason}
                    for out in self.briefing.block.left_out[:LISTED]
                ],
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        backend = self._gate.admit(request)
        ticket = ticket_for(self._settings, await request.read(), backend=backend)
        return web.json_response(asdict(ticket), status=201, headers={"Cache-Control": "no-store"})


@web.middleware
async def _plain_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or request.path == "/livekit-client.js":
            raise
        kept = {
            key: error.headers[key]
            for key in ("Retry-After", "WWW-Authenticate", "Allow")
            if key in error.headers
        }
        return web.json_response({"error": error.text}, status=error.status, headers=kept)


def _content_security_policy(livekit_url: str) -> str:
    """Nothing but this server and the LiveKit server, which a call is on."""
    parts = urlsplit(livekit_url)
    tail = "s" if parts.scheme in ("wss", "https") else ""
    hosts = [parts.netloc]
    if (parts.hostname or "").endswith(
        ".livekit.cloud"
    ):  # which sends clients to the nearest region
        hosts.append("*.livekit.cloud")
    livekit = " ".join(f"ws{tail}://{host} http{tail}://{host}" for host in hosts)
    return (
        f"default-src 'self'; connect-src 'self' {livekit}; media-src 'self' blob: mediastream:; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def open_port(settings: Settings) -> socket.socket:
    """Take the port of the page, before anything is started that takes long.

    Raises ConfigError where PAGE_HOST is no address of this machine, or there is no port.
    """
    for port in (settings.page_port,) if settings.page_port else (PORT, 0):
        try:
            return _bind(settings.page_host, port)
        except OSError as error:
            refusal = error
    if not settings.page_port:
        raise ConfigError(
            f"The page gets no port at {settings.page_host}: {os.strerror(refusal.errno or 0)}"
        ) from refusal
    raise ConfigError(port_refused("PAGE_PORT", settings.page_port, refusal)) from refusal


def port_refused(key: str, port: int, error: OSError) -> str:
    """Why a port that a setting names is not to be had, with the mend."""
    if error.errno == errno.EADDRINUSE:
        return f"{key} {port} is in use: set another, or end what listens there"
    return f"{key} {port} cannot be listened on ({os.strerror(error.errno or 0)}): set another"


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(where[:2], family=family)
    except socket.gaierror as error:
        raise ConfigError(f"PAGE_HOST is no address: {host!r}") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise ConfigError(f"PAGE_HOST is no address of this machine: {host!r}") from error
        raise


@contextlib.asynccontextmanager
async def serving(page: Page, port: socket.socket) -> AsyncIterator[None]:
    """Serve on an open port until the end."""
    runner = web.AppRunner(page.app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, port).start()
        yield
    finally:
        await runner.cleanup()


def address(port: socket.socket) -> str:
    """The URL for a browser on this machine."""
    host, number = port.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"
