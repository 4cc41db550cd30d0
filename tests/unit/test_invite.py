"""What another client is given: its links as those sites read them, and a QR code that can be read back."""

import io
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from sales_agent.config import ConfigError, Settings
from sales_agent.invite import meet_link, playground_link, qr_code, run_invite, why_no_phone


def test_the_link_for_meet_brings_server_and_token() -> None:
    link = urlsplit(meet_link("wss://x.livekit.cloud", "a.b-c_d"))
    assert (link.scheme, link.netloc, link.path) == ("https", "meet.livekit.io", "/custom")
    assert parse_qs(link.query) == {"liveKitUrl": ["wss://x.livekit.cloud"], "token": ["a.b-c_d"]}


def test_the_link_for_the_playground_asks_for_microphone_and_chat() -> None:
    link = urlsplit(playground_link())
    assert (link.scheme, link.netloc, link.path) == ("https", "agents-playground.livekit.io", "/")
    view = {key: value for key, (value,) in parse_qs(link.fragment).items()}
    assert (view["mic"], view["chat"], view["audio"], view["cam"]) == ("1", "1", "1", "0")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ws://127.0.0.1:7880", "from this machine alone"),
        ("ws://localhost:7880", "from this machine alone"),
        ("ws://192.168.1.7:7880", "connect only to wss://"),
    ],
)
def test_it_says_why_a_phone_cannot_join(url: str, reason: str) -> None:
    assert reason in why_no_phone(url)


def test_a_phone_can_join_a_secure_server() -> None:
    assert why_no_phone("wss://x.livekit.cloud") == ""


def test_the_code_fits_a_wide_terminal() -> None:
    lines = qr_code(meet_link("wss://my-project-1a2b3c4d.livekit.cloud", "t" * 640)).splitlines()
    assert max(map(len, lines)) <= 110
    assert set("".join(lines)) <= set(" ▀▄█")


async def test_without_a_server_there_is_nothing_to_invite_to(tmp_path: object) -> None:
    settings = replace(Settings.from_env({}), cache=tmp_path)
    with pytest.raises(ConfigError, match=r"LIVEKIT_URL is missing.*agent\.py dev"):
        await run_invite(settings, io.StringIO().write)
