"""A web page over HTTP, from addresses that anybody may ask, within limits of size, time and redirects.

A list of URLs is written by people, but redirects and names are answered by strangers: neither may lead to a
service that only this machine or its network can reach. So each address is checked when a socket is opened to it,
after every redirect, and it is the one that is connected to: a name that is resolved again cannot change it.
Not protected against: a proxy or a public address that passes requests on into the network.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from sales_agent.knowledge.formats import WEB_PAGE
from sales_agent.knowledge.pages import not_a_page

MAX_BYTES = 5 * 1024 * 1024  # unpacked
SECONDS = 30.0  # for one page with all its redirects
MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_KINDS = {
    "text/html": WEB_PAGE,
    "application/xhtml+xml": WEB_PAGE,
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class FetchError(Exception):
    """A page that cannot be had; the text is the reason."""


@dataclass(frozen=True)
class Fetched:
    """A page as it came. Without content it is what it was."""

    content: bytes | None
    suffix: str = ""
    etag: str = ""
    modified: str = ""


class Allowed:
    """Hosts and networks that may be asked although they are not public, as URL_ALLOW names them."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        """Raises ValueError for what is neither a host nor a network."""
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in entries:
            try:
                self._networks.append(ipaddress.ip_network(entry))
            except ValueError:
                if "/" in entry or ":" in entry or not entry.strip("."):
                    raise
                self._hosts.add(entry.lower())

    def reason_against(self, host: str, address: str) -> str:
        """Why a host must not be asked at an address; empty where it may."""
        ip = ipaddress.ip_address(address.partition("%")[0])
        if host.lower() in self._hosts or any(ip in network for network in self._networks):
            return ""
        if is_public(ip):
            return ""
        return f"{host} is at {ip}, which is not public: URL_ALLOW={host} would allow it"


def is_public(ip: IPAddress) -> bool:
    """Whether everybody on the internet can reach it, also where it stands inside another address."""
    if isinstance(ip, ipaddress.IPv6Address):
        inside = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            inside.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        if any(inner is not None and not is_public(inner) for inner in inside):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast


async def fetch(url: str, allowed: Allowed, *, etag: str = "", modified: str = "") -> Fetched:
    """Fetch a page, unless it is still what it was by its ETag or date. Raises FetchError."""
    headers = {"User-Agent": "voice-sales-agent", "Accept-Encoding": "gzip, deflate"}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(MAX_REDIRECTS + 1):
                found = await _ask(url, allowed, headers)
                if isinstance(found, Fetched):
                    return found
                url = found
    except TimeoutError:
        raise FetchError(f"it takes more than {SECONDS:.0f} s to answer") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        words = " ".join(str(error).split())[:120]
        raise FetchError(f"it cannot be reached ({words or type(error).__name__})") from error
    raise FetchError(f"more than {MAX_REDIRECTS} redirects")


async def _ask(url: str, allowed: Allowed, headers: dict[str, str]) -> Fetched | str:
    """One request: the page, or where it leads to."""
    target = URL(url)  # by whom it will be connected to: two parsers may see two hosts in one text
    host = target.host or ""
    refused: list[str] = []

    def open_socket(address: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        family, kind, protocol, _, place = address
        if reason := allowed.reason_against(host, str(place[0])):
            refused.append(reason)
            raise OSError(reason)
        return socket.socket(family, kind, protocol)

    # A connector for each request: a connection that is kept was made to another host's address.
    connector = aiohttp.TCPConnector(socket_factory=open_socket, force_close=True)
    # Proxies of the environment would connect in our place, to wherever they like.
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        try:
            async with session.get(target, headers=headers, allow_redirects=False) as response:
                if response.status in (301, 302, 303, 307, 308):
                    return _target(url, response.headers.get("Location", ""))
                return await _page(response)
        except aiohttp.ClientConnectorError:
            if refused:
                raise FetchError(refused[0]) from None
            raise


def _target(url: str, location: str) -> str:
    target = urljoin(url, location)
    if not location or not_a_page(target):
        raise FetchError(f"it redirects to {target[:80]!r}, which is no page")
    return target


async def _page(response: aiohttp.ClientResponse) -> Fetched:
    if response.status == 304:
        return Fetched(None)
    if response.status != 200:
        raise FetchError(f"its server answers {response.status}")
    suffix = _KINDS.get(response.content_type)
    if suffix is None:
        raise FetchError(f"it is {response.content_type[:60]}, which cannot be read")
    content = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        content += chunk
        if len(content) > MAX_BYTES:
            raise FetchError(f"larger than {MAX_BYTES >> 20} MB")
    return Fetched(
        _in_utf8(bytes(content), response.charset) if suffix != ".pdf" else bytes(content),
        suffix,
        response.headers.get("ETag", ""),
        response.headers.get("Last-Modified", ""),
    )


def _in_utf8(content: bytes, charset: str | None) -> bytes:
    """What its server says about the encoding counts; the readers look for themselves where it says nothing."""
    if charset is None or charset.lower() in ("utf-8", "utf8"):
        return content
    try:
        return content.decode(charset, "replace").encode()
    except LookupError:
        return content
