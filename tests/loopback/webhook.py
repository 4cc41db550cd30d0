"""A webhook on 127.0.0.1 that takes nothing which is not signed."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "a-secret-of-the-receiver"


@dataclass
class Receiver:
    """A webhook: answers with `statuses` in order, then with 200."""

    port: int
    statuses: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    payloads: list[Any] = field(default_factory=list)
    elsewhere: int = 0
    """Requests that followed a redirect."""
    on_post: Callable[[], None] | None = None
    """Called once a message is here, before it is answered."""

    @property
    def settings(self) -> dict[str, str]:
        return {"WEBHOOK_URL": f"http://127.0.0.1:{self.port}/hook/", "WEBHOOK_SECRET": SECRET}

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        parts = dict(part.split("=", 1) for part in request.headers["X-Signature"].split(","))
        expected = hmac.new(SECRET.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256)
        assert hmac.compare_digest(expected.hexdigest(), parts["v1"])
        assert abs(time.time() - int(parts["t"])) < 5
        payload = json.loads(body)
        assert request.headers["Idempotency-Key"] == payload["id"]
        self.keys.append(payload["id"])
        status = self.statuses.pop(0) if self.statuses else 200
        if self.on_post is not None:
            self.on_post()
        if status == 200:
            self.payloads.append(payload)
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def moved(self, request: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        app = web.Application()
        app.add_routes([web.post("/hook/", self.take), web.route("*", "/elsewhere", self.moved)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        try:
            yield
        finally:
            await runner.cleanup()
