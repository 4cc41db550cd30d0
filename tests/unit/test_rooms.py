import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import test_utils, web
from livekit import api

from sales_agent.behaviors import RETURN_TIMEOUT
from sales_agent.config import ConfigError, Settings
from sales_agent.rooms import caller_token, check_server, find_server, new_room_name

SECRET = "a-secret-of-more-than-32-characters"


def claims(agent_name: str = "") -> api.access_token.Claims:
    token = caller_token(
        api_key="key", api_secret=SECRET, room="r1", identity="ann", agent_name=agent_name
    )
    return api.TokenVerifier("key", SECRET).verify(token)


def test_a_caller_may_speak_in_one_room_for_a_quarter_of_an_hour_and_nothing_more() -> None:
    before = time.time()
    grants = claims().video
    assert grants is not None
    assert (grants.room, grants.room_join, grants.can_publish) == ("r1", True, True)
    assert grants.can_publish_sources == ["microphone"]
    assert not grants.room_admin
    assert not grants.room_create
    assert not grants.room_list
    assert not grants.can_update_own_metadata
    token = caller_token(api_key="key", api_secret=SECRET, room="r1", identity="ann")
    expires = api.access_token.jwt.decode(token, options={"verify_signature": False})["exp"]
    assert expires - before <= 15 * 60 + 1


def test_a_named_agent_is_asked_for_and_an_unnamed_one_is_not() -> None:
    config = claims("desk-agent").room_config
    assert config is not None
    assert [agent.agent_name for agent in config.agents] == ["desk-agent"]
    unnamed = claims().room_config
    assert unnamed is not None
    assert not unnamed.agents


def test_the_room_outlives_the_wait_for_a_caller_who_dropped_out() -> None:
    config = claims().room_config
    assert config is not None
    assert config.departure_timeout > RETURN_TIMEOUT


def test_rooms_cannot_be_guessed() -> None:
    assert len({new_room_name() for _ in range(100)}) == 100


async def test_where_nothing_runs_no_server_is_found(tmp_path: Path) -> None:
    assert await find_server(replace(Settings.from_env({}), cache=tmp_path)) is None


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, r"refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET \(401\)"), (503, "answers 503")],
)
async def test_only_a_refused_key_is_called_one(status: int, told: str) -> None:
    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"code": "unknown", "msg": "no"}, status=status)

    app = web.Application()
    app.router.add_post("/{anything:.*}", refuse)
    async with test_utils.TestServer(app, host="127.0.0.1") as server:
        settings = Settings.from_env(
            {
                "LIVEKIT_URL": str(server.make_url("")),
                "LIVEKIT_API_KEY": "key",
                "LIVEKIT_API_SECRET": SECRET,
            }
        )
        with pytest.raises(ConfigError, match=told):
            await check_server(settings)


def test_a_short_secret_makes_tokens_in_silence() -> None:
    """`agent.py doctor` tells it; the library would at the first token of each process, on the screen."""
    program = (
        "from sales_agent.rooms import caller_token;"
        "caller_token(api_key='devkey', api_secret='secret', room='r', identity='ann')"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
