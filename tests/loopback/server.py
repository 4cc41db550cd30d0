"""What every stand-in shares: a free port on 127.0.0.1, keys, faults, and a quick end."""

import argparse
import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

from tests.loopback.faults import Drop, ErrorEvent, Fault, Faults, Refuse, Stall

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Handlers still running when the server closes get this long, in seconds, before they are
# cancelled. Their connections are cut by then, so there is nothing worth waiting for.
SHUTDOWN_TIMEOUT = 0.1


class LoopbackServer:
    """An HTTP server in the running event loop, as an async context manager.

    A subclass names its `endpoints` for `fail()`, fills `routes()`, checks keys in `deny()` and
    words its errors in `refuse()`.
    """

    endpoints: tuple[str, ...] = ()

    def __init__(self, *, port: int = 0) -> None:
        self._port = port
        self._faults = Faults()
        self._runner: web.AppRunner | None = None
        self._open: set[asyncio.BaseTransport] = set()

    def routes(self) -> list[web.RouteDef]:
        """Every route, with its handler wrapped in `guarded()`."""
        raise NotImplementedError

    def deny(self, request: web.Request) -> web.Response | None:
        """The answer to a request that the provider would not let in, None for a good one."""
        raise NotImplementedError

    def refuse(self, request: web.Request, refusal: Refuse) -> web.Response:
        """The provider's own answer with this error status."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """http://127.0.0.1:PORT, with no slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    def fail(self, endpoint: str, fault: Fault, times: int = 1) -> None:
        """Let an endpoint fail, once or several times. See faults.py."""
        if endpoint not in self.endpoints:
            raise ValueError(f"{endpoint!r} is none of the endpoints {self.endpoints}")
        self._faults.add(endpoint, fault, times)

    def recover(self, endpoint: str) -> None:
        """Let an endpoint work again, whatever faults were still to come."""
        self._faults.clear(endpoint)

    def drop_connections(self) -> None:
        """Cut every open connection now, as a network failure does."""
        for transport in list(self._open):
            transport.abort()  # type: ignore[attr-defined]  # TCP transports have it

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self.routes())
        # handler_cancellation: a client that hangs up ends its handler, as at a real provider.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_TIMEOUT
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Cut what is open and free the port. A second call does nothing."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            self.drop_connections()
            await runner.cleanup()

    def guarded(self, endpoint: str, handler: Handler) -> Handler:
        """A handler behind the refusals that are due and the check of the key."""

        async def guard(request: web.Request) -> web.StreamResponse:
            if refusal := self._faults.refusal(endpoint):
                return self.refuse(request, refusal)
            if denied := self.deny(request):
                return denied
            transport = request.transport
            if transport is None:  # the client has hung up already
                return web.Response()
            self._open.add(transport)
            try:
                return await handler(request)
            except ConnectionResetError:  # the client hung up, or a Drop cut the line
                return web.Response()
            finally:
                self._open.discard(transport)

        return guard

    async def struck(self, request: web.Request, endpoint: str, event: str) -> ErrorEvent | None:
        """Let the fault strike that is due here; call before sending each event.

        Returns the ErrorEvent to send in the event's place, None to go on. Raises
        ConnectionResetError when the connection was cut.
        """
        fault = self._faults.strike(endpoint, event)
        match fault:
            case Stall(seconds=seconds):
                await asyncio.sleep(seconds)
            case Drop():
                if request.transport is not None:
                    request.transport.abort()
                raise ConnectionResetError("cut by a Drop fault")
            case ErrorEvent():
                return fault
        return None


def arguments(module: str, description: str) -> argparse.ArgumentParser:
    """A parser for a stand-in that is run alone, with the option they all have."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    return parser


def run_alone(server: LoopbackServer, line: Callable[[], str]) -> None:
    """Serve until Ctrl-C, printing a line once the address is known."""

    async def serve() -> None:
        async with server:
            print(line(), flush=True)
            await asyncio.Event().wait()

    try:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve())
    except OSError as error:
        raise SystemExit(f"Cannot listen: {error.strerror}. Choose another --port.") from None
