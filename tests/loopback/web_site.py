"""A web site on 127.0.0.1 whose pages the test writes, with ETags, redirects and all that can go wrong."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from aiohttp import web

ARTICLE = """<html><head><title>Returns</title></head><body><nav>Home Shop Contact</nav>
<article><h1>Returns</h1><p>{text}</p><p>We collect what you return, and the money is back in five days, whatever the
reason was that you had for it.</p></article><footer>All rights reserved, Harbor Office</footer></body></html>"""


@dataclass
class WebSite:
    """Use it as a context; `pages` may change while it runs."""

    pages: dict[str, str | bytes] = field(default_factory=dict)
    """By path. A text that begins with http or / is where it redirects to."""
    types: dict[str, str] = field(default_factory=dict)
    """Content types, where it is not HTML."""
    status: int = 200
    """Of all answers."""
    packed: bool = False
    slow: float = 0.0
    """Seconds before an answer."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Paths, and what was answered."""
    url: str = ""

    async def __aenter__(self) -> "WebSite":
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        answer = await self._made(request)
        self.asked.append((request.path, answer.status))
        return answer

    async def _made(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.slow)
        page = self.pages.get(request.path)
        if page is None or self.status != 200:
            return web.Response(status=404 if page is None else self.status)
        if isinstance(page, str) and page.startswith(("http", "/")):
            return web.Response(status=302, headers={"Location": page})
        body = page.encode() if isinstance(page, str) else page
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        kind = self.types.get(request.path, "text/html; charset=utf-8")
        answer = web.Response(body=body, headers={"ETag": etag, "Content-Type": kind})
        if self.packed:
            answer.enable_compression()
        return answer
