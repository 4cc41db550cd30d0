"""The page's server: who gets a token, and what a browser is allowed to load."""

import asyncio
import errno
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from livekit import api

from sales_agent.config import ConfigError, Settings
from sales_agent.identity import CUSTOMER
from sales_agent.identity import signed as signed_attribute
from sales_agent.prompts import brief
from sales_agent.web.client_library import LibraryError
from sales_agent.web.gate import REQUESTS_A_MINUTE
from sales_agent.web.server import Page, address, open_port, serving

KEY, SECRET = "key", "a-secret-of-more-than-32-characters"
PAGE_SECRET = "open-sesame-open-sesame"
SETTINGS = Settings.from_env(
    {"LIVEKIT_URL": "ws://127.0.0.1:7880", "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}
)
EVERYWHERE = replace(SETTINGS, page_host="0.0.0.0", page_secret=PAGE_SECRET)
BACKEND_SECRET = "the-companys-own-backend"
WITH_BACKEND = replace(EVERYWHERE, backend_secret=BACKEND_SECRET)


async def no_library() -> Path:
    raise LibraryError("npm is not here: install it")


@asynccontextmanager
async def page(
    settings: Settings = SETTINGS, library: Callable[[], Awaitable[Path]] = no_library
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a running page server, which sends no Origin."""
    page = Page(settings, brief(settings), library())
    with open_port(settings) as port:
        async with serving(page, port), aiohttp.ClientSession(address(port)) as client:
            yield client


def claims_of(token: str) -> api.access_token.Claims:
    return api.TokenVerifier(KEY, SECRET).verify(token)


def signed(identity: str, room: str, *, secret: str = SECRET, seconds: int = 3600) -> str:
    expires = int(time.time()) + seconds
    claims = {
        "iss": KEY,
        "sub": identity,
        "exp": expires,
        "video": {"room": room, "roomJoin": True},
    }
    return api.access_token.jwt.encode(claims, secret, algorithm="HS256")


async def test_everybody_gets_a_room_of_their_own() -> None:
    async with page() as client:
        tickets = []
        for _ in range(2):
            async with client.post("/token", json={}) as answer:
                assert answer.status == 201
                assert answer.headers["Cache-Control"] == "no-store"
                tickets.append(await answer.json())
    one, other = tickets
    assert one["server_url"] == "ws://127.0.0.1:7880"
    assert one["room_name"] != other["room_name"]
    claims = claims_of(one["participant_token"])
    assert claims.video is not None
    assert claims.video.room == one["room_name"]
    assert claims.identity == one["participant_identity"]
    assert SECRET not in str(one)


async def test_a_caller_gets_back_into_their_call() -> None:
    async with page() as client:
        first = await (await client.post("/token", json={})).json()
        back = {"participant_token": first["participant_token"]}
        async with client.post("/token", json=back) as answer:
            assert answer.status == 201
            again = await answer.json()
    assert again["room_name"] == first["room_name"]
    assert again["participant_identity"] == first["participant_identity"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"room_name": "boardroom"}, 403),
        ({"room_name": "call-2", "participant_token": signed("caller-1", "call-1")}, 403),
        ({"participant_token": signed("caller-1", "boardroom")}, 403),
        ({"participant_token": signed("agent-1", "call-1")}, 403),
        ({"participant_token": signed("caller-1", "call-1", secret=SECRET[::-1])}, 403),
        ({"participant_token": "not-a-token"}, 403),
        ({"participant_token": 7}, 403),
        ({"participant_token": signed("caller-1", "call-1", seconds=-120)}, 410),
        (["call-1"], 400),
    ],
    ids=[
        "a room by name",
        "another room",
        "not a call",
        "not a caller",
        "forged",
        "garbage",
        "number",
        "expired",
        "list",
    ],
)
async def test_no_other_room_is_given_out(asked: object, status: int) -> None:
    async with page() as client, client.post("/token", json=asked) as answer:
        assert answer.status == status
        assert re.fullmatch(r"[A-Z].+[a-z]", (await answer.json())["error"])


async def test_a_body_that_is_no_json_or_too_long_is_refused() -> None:
    async with page() as client:
        async with client.post("/token", data=b"{") as answer:
            assert answer.status == 400
        async with client.post("/token", data=b" " * 100_000) as answer:
            assert answer.status == 413


@pytest.mark.parametrize("path", ["/token", "/about"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8000"},  # a name that was made to lead here
        {"Host": "evil.example:8000", "Origin": "http://evil.example:8000"},
    ],
    ids=str,
)
async def test_other_sites_are_refused(path: str, headers: dict[str, str]) -> None:
    async with page() as client:
        method = "POST" if path == "/token" else "GET"
        async with client.request(method, path, headers=headers) as answer:
            assert answer.status == 403
            assert "error" in await answer.json()


async def test_our_own_page_is_let_in_under_each_name_of_this_machine() -> None:
    async with page() as client:
        port = client._base_url.port if client._base_url else 0
        for name in ("127.0.0.1", "localhost"):
            headers = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
            async with client.post("/token", headers=headers) as answer:
                assert answer.status == 201


@pytest.mark.parametrize(
    "given", [None, "Bearer wrong", f"Basic {PAGE_SECRET}", "Bearer "], ids=str
)
async def test_where_others_can_come_in_they_need_the_secret(given: str | None) -> None:
    headers = {"Authorization": given} if given else {}
    async with page(EVERYWHERE) as client:
        for request in (
            client.post("/token", headers=headers),
            client.get("/about", headers=headers),
        ):
            async with request as answer:
                assert answer.status == 401
                assert "secret" in (await answer.json())["error"]
        right = {"Authorization": f"Bearer {PAGE_SECRET}"}
        async with client.post("/token", headers=right) as answer:
            assert answer.status == 201
        async with client.post(
            "/token", headers={**right, "Origin": "https://evil.example"}
        ) as answer:
            assert answer.status == 403


async def test_a_flood_is_stopped_and_told_when_to_come_again() -> None:
    async with page() as client:
        seen = []
        for _ in range(REQUESTS_A_MINUTE + 2):
            async with client.post("/token") as answer:
                seen.append(answer.status)
                wait = answer.headers.get("Retry-After")
        assert seen == [201] * REQUESTS_A_MINUTE + [429] * 2
        assert wait == "60"
        async with client.get("/") as answer:
            assert answer.status == 200


async def test_the_page_may_load_from_here_alone() -> None:
    async with page() as client, client.get("/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        html = await answer.text()
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://127.0.0.1:7880 http://127.0.0.1:7880"
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!127\.0\.0\.1)(?!www\.w3\.org)", html)


async def test_no_third_party_code_and_no_foreign_address_is_in_the_page() -> None:
    static = Path("sales_agent/web/static")
    for path in static.rglob("*"):
        text = path.read_text("utf-8")
        assert not re.search(r"https?://(?!127\.0\.0\.1)(?!www\.w3\.org)", text), path
        assert len(text.splitlines()) <= 320, path


async def test_a_missing_library_is_told_with_the_mend() -> None:
    async with page() as client, client.get("/livekit-client.js") as answer:
        assert answer.status == 503
        assert await answer.text() == "npm is not here: install it"


async def test_the_library_is_waited_for(tmp_path: Path) -> None:
    async def later() -> Path:
        await asyncio.sleep(0.2)
        (tmp_path / "library.js").write_text("window.LivekitClient = {}")
        return tmp_path / "library.js"

    async with page(library=later) as client, client.get("/livekit-client.js") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/javascript"
        assert "LivekitClient" in await answer.text()


async def test_the_page_tells_who_speaks_and_from_which_documents() -> None:
    async with page() as client, client.get("/about") as answer:
        about = await answer.json()
    assert about["company"] == "Harbor Office"
    assert (
        about["document_count"]
        == len(about["documents"])
        == len(list(Path("knowledge").rglob("*.*")))
    )
    pdf = next(d for d in about["documents"] if d["name"].endswith(".pdf"))
    assert pdf["pages"] >= 2
    assert pdf["tokens"] > 100


def test_a_port_that_was_asked_for_is_not_exchanged() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"PAGE_PORT {taken} is in use"):
            open_port(replace(SETTINGS, page_port=taken))


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match="PAGE_HOST is no address of this machine"):
        open_port(replace(EVERYWHERE, page_host="192.0.2.1"))
    with pytest.raises(ConfigError, match="PAGE_HOST is no address: 'no such host'"):
        open_port(replace(EVERYWHERE, page_host="no such host"))


@pytest.mark.parametrize(
    ("port", "number", "told"),
    [
        (80, errno.EACCES, "PAGE_PORT 80 cannot be listened on (Permission denied): set another"),
        (0, errno.EADDRINUSE, "The page gets no port at 127.0.0.1: Address already in use"),
    ],
)
def test_why_there_is_no_port_is_told(
    port: int, number: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, "not the reason")

    monkeypatch.setattr(socket, "create_server", refuse)
    with pytest.raises(ConfigError) as error:
        open_port(replace(SETTINGS, page_port=port))
    assert str(error.value) == told


def test_another_port_is_found_where_none_was_asked_for() -> None:
    with open_port(SETTINGS) as first, open_port(SETTINGS) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_a_secret_is_demanded_before_others_are_let_in() -> None:
    with pytest.raises(ConfigError, match="PAGE_SECRET must have 16 characters"):
        Settings.from_env({"PAGE_HOST": "0.0.0.0", "PAGE_SECRET": "short"})
    assert Settings.from_env({"PAGE_HOST": "0.0.0.0", "PAGE_SECRET": PAGE_SECRET}).page_secret
    assert PAGE_SECRET not in repr(EVERYWHERE)


BACKEND = {"Authorization": f"Bearer {BACKEND_SECRET}"}


async def test_a_backend_gets_tokens_for_customers_as_often_as_it_likes() -> None:
    async with page(WITH_BACKEND) as client:
        for _ in range(REQUESTS_A_MINUTE + 2):
            async with client.post(
                "/token", json={"customer_id": "C-7"}, headers=BACKEND
            ) as answer:
                assert answer.status == 201
                ticket = await answer.json()
        assert customer_of(ticket) == "C-7"
        # Its holder gets back into the call with it, as the same customer.
        again = {"participant_token": ticket["participant_token"]}
        async with client.post(
            "/token", json=again, headers={"Authorization": f"Bearer {PAGE_SECRET}"}
        ) as answer:
            assert answer.status == 201
            assert customer_of(await answer.json()) == "C-7"


@pytest.mark.parametrize("secret", [PAGE_SECRET, "wrong-wrong-wrong-wrong"])
async def test_nobody_else_names_a_customer(secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"}
    async with (
        page(WITH_BACKEND) as client,
        client.post("/token", json={"customer_id": "C-7"}, headers=headers) as answer,
    ):
        assert answer.status in (401, 403)


@pytest.mark.parametrize(
    "asked",
    [{"customer_id": 7}, {"customer_id": ""}, {"customer_id": "C-7", "room_name": "call-1"}],
)
async def test_a_customer_that_is_none_is_refused(asked: object) -> None:
    async with (
        page(WITH_BACKEND) as client,
        client.post("/token", json=asked, headers=BACKEND) as answer,
    ):
        assert answer.status == 400


def customer_of(ticket: dict[str, str]) -> str:
    claims = claims_of(ticket["participant_token"])
    assert claims.video is not None
    assert claims.video.can_update_own_metadata is False
    return signed_attribute(
        claims.attributes or {},
        SECRET,
        CUSTOMER,
        room=ticket["room_name"],
        identity=ticket["participant_identity"],
    )


def test_a_backends_secret_is_long_and_its_own() -> None:
    with pytest.raises(ConfigError, match="BACKEND_SECRET must have 16 characters"):
        Settings.from_env({"BACKEND_SECRET": "short"})
    with pytest.raises(ConfigError, match="BACKEND_SECRET must not be PAGE_SECRET"):
        Settings.from_env({"BACKEND_SECRET": PAGE_SECRET, "PAGE_SECRET": PAGE_SECRET})
    assert BACKEND_SECRET not in repr(WITH_BACKEND)
