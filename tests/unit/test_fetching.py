"""A page over HTTP: from where it may come, and how much of it."""

import ipaddress
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sales_agent.knowledge import fetching
from sales_agent.knowledge.fetching import Allowed, FetchError, fetch, is_public
from sales_agent.knowledge.formats import read_file
from tests.loopback.web_site import ARTICLE, WebSite

HERE = Allowed(["127.0.0.1"])


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with WebSite({"/returns": ARTICLE.format(text="Within 30 days.")}) as site:
        yield site


async def test_a_page_gives_its_text_without_what_stands_around_it(site: WebSite) -> None:
    page = await fetch(f"{site.url}/returns", HERE)
    assert page.content is not None
    text = read_file(f"page{page.suffix}", page.content).pages[0].text
    assert text.startswith("# Returns")
    assert "Within 30 days." in text
    assert "rights reserved" not in text


async def test_what_did_not_change_is_not_sent_again(site: WebSite) -> None:
    page = await fetch(f"{site.url}/returns", HERE)
    again = await fetch(f"{site.url}/returns", HERE, etag=page.etag, modified=page.modified)
    assert again.content is None
    assert [status for _, status in site.asked] == [200, 304]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "fe80::1", "fc00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:c0a8:101::1", "192.0.2.1",
    ],
)  # fmt: skip
def test_addresses_that_not_everybody_can_reach(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1", "2130706433"]
)
async def test_loopback_is_refused_however_it_is_written(site: WebSite, host: str) -> None:
    port = site.url.rpartition(":")[2]
    with pytest.raises(FetchError, match=r"not public|not a canonical IPv4"):
        await fetch(f"http://{host}:{port}/returns", Allowed())
    assert site.asked == []


async def test_a_redirect_into_the_network_is_refused(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve(monkeypatch, "site.example", ["127.0.0.1"])
    port = site.url.rpartition(":")[2]
    site.pages["/away"] = f"http://localhost:{port}/returns"
    with pytest.raises(FetchError, match=r"localhost is at .* not public"):
        await fetch(f"http://site.example:{port}/away", Allowed(["site.example"]))
    assert [path for path, _ in site.asked] == ["/away"]


async def test_the_address_that_is_connected_to_is_checked_not_one_resolved_before(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked at, and loopback when it is connected to."""
    _resolve(monkeypatch, "rebinding.example", ["93.184.215.14", "127.0.0.1"])
    port = site.url.rpartition(":")[2]
    assert socket.getaddrinfo("rebinding.example", 80)[0][4][0] == "93.184.215.14"
    with pytest.raises(FetchError, match=r"127\.0\.0\.1, which is not public"):
        await fetch(f"http://rebinding.example:{port}/returns", Allowed())
    assert site.asked == []


def _resolve(monkeypatch: pytest.MonkeyPatch, name: str, answers: list[str]) -> None:
    """Have a name at these addresses, one after the other, and then at the last."""
    real = socket.getaddrinfo

    def resolved(host: str, port: int, *more: Any, **named: Any) -> Any:
        if host != name:
            return real(host, port, *more, **named)
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


async def test_redirects_are_followed_to_an_end(site: WebSite) -> None:
    site.pages["/old"] = "/older"
    site.pages["/older"] = "/returns"
    site.pages["/round"] = "/round"
    site.pages["/file"] = "httpx://elsewhere.example"
    assert (await fetch(f"{site.url}/old", HERE)).content
    with pytest.raises(FetchError, match="more than 5 redirects"):
        await fetch(f"{site.url}/round", HERE)
    with pytest.raises(FetchError, match="which is no page"):
        await fetch(f"{site.url}/file", HERE)


async def test_a_page_that_is_too_large_is_refused_also_where_it_came_packed(site: WebSite) -> None:
    site.pages["/large"] = b"x" * (fetching.MAX_BYTES + 1)
    for packed in (False, True):
        site.packed = packed
        with pytest.raises(FetchError, match="larger than 5 MB"):
            await fetch(f"{site.url}/large", HERE)


async def test_a_server_that_does_not_answer_costs_a_bounded_time(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    site.slow = 1.0
    with pytest.raises(FetchError, match="s to answer"):
        await fetch(f"{site.url}/returns", HERE)


async def test_failures_have_a_reason(site: WebSite) -> None:
    with pytest.raises(FetchError, match="answers 404"):
        await fetch(f"{site.url}/nowhere", HERE)
    site.types["/returns"] = "video/mp4"
    with pytest.raises(FetchError, match="video/mp4, which cannot be read"):
        await fetch(f"{site.url}/returns", HERE)
    with pytest.raises(FetchError, match="cannot be reached"):
        await fetch("http://127.0.0.1:1/", HERE)


async def test_other_kinds_and_encodings_are_read(site: WebSite) -> None:
    site.pages |= {"/prices": "Preis;Ort\n5 £;Café".encode("latin-1")}
    site.types |= {"/prices": "text/csv; charset=latin-1"}
    page = await fetch(f"{site.url}/prices", HERE)
    assert page.content is not None
    assert "| 5 £ | Café |" in read_file(f"page{page.suffix}", page.content).pages[0].text
