"""Who may ask this server for something: our own page, with the secret where one is set, and not too often."""

import hmac
import ipaddress
from urllib.parse import urlsplit

from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from sales_agent.config import is_loopback

# By address. A page asks twice for a call, and about once a minute in it; an office behind one address still fits.
REQUESTS_A_MINUTE = 30
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class Gate:
    """Refuses what is not for this server, each time with a clear status and sentence."""

    def __init__(self, *, host: str, secret: str, backend_secret: str = "") -> None:
        """`host` is what the server is bound to; an empty `secret` lets everybody in who can reach it.

        Who has `backend_secret` is the company's own backend, and asks as often as it likes.
        """
        self._local = is_loopback(host)
        self._secret = secret
        self._backend_secret = backend_secret
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(REQUESTS_A_MINUTE)

    def admit(self, request: web.Request) -> bool:
        """Let a request pass, or raise web.HTTPException with the reason as its text; whether the backend sent it.

        403: from another site. 429: too often. 401: without the secret.
        """
        host = urlsplit(f"//{request.host}")
        # A page of the internet can call itself by a name that leads to this machine; not by one of these.
        if self._local and host.hostname not in LOOPBACK_NAMES:
            raise web.HTTPForbidden(text=f"{request.host} is not a name of this server")
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc.lower() != request.host.lower():
            raise web.HTTPForbidden(text=f"pages of {origin} may not ask here")
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self._backend_secret and _same(given, self._backend_secret):
            return True
        if not self._limiter.hit(self._rate, _address(request)):
            raise web.HTTPTooManyRequests(
                text="Too many requests: wait a minute", headers={"Retry-After": "60"}
            )
        if self._secret and not _same(given, self._secret):
            raise web.HTTPUnauthorized(
                text="This page needs its secret", headers={"WWW-Authenticate": "Bearer"}
            )
        return False


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())


def _address(request: web.Request) -> str:
    """Who is counted. A proxy's `X-Forwarded-For` is not believed: anybody can send one."""
    address = ipaddress.ip_address((request.remote or "127.0.0.1").partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):  # one customer has a whole /64
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
