"""What a LiveKit server is asked for outside a call: is it there, and may this caller come in."""

import datetime
import secrets
import warnings
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from livekit import api

from sales_agent.config import ConfigError, Settings
from sales_agent.identity import COLLEAGUE, CUSTOMER, sign
from sales_agent.local.run_file import find_run

CALL_ROOM = "call-"
# At each token, in words of its own; `agent.py doctor` tells it in ours.
warnings.filterwarnings("ignore", message="The HMAC key is .* bytes long")
MEET = "https://meet.livekit.io/custom"
TOKEN_LIFETIME = datetime.timedelta(minutes=15)
COLLEAGUE_LIFETIME = datetime.timedelta(hours=1)  # who is told may be on another call
# Seconds that a room is kept for a caller who dropped out. The server does not count the agent that waits for them,
# and its own default of 20 is less than the agent's patience.
DEPARTURE_TIMEOUT = 45


def new_room_name() -> str:
    """Make the name of a room that nobody else can guess or is in."""
    return f"{CALL_ROOM}{secrets.token_hex(6)}"


def caller_token(
    *,
    api_key: str,
    api_secret: str,
    room: str,
    identity: str,
    agent_name: str = "",
    customer_id: str = "",
) -> str:
    """Sign a token for one caller in one room, for 15 minutes, with only what a caller needs.

    `customer_id` shows the agent a customer whom the company has signed in.
    A named agent waits to be asked for, so the token asks; an unnamed one comes to every new room by itself.
    """
    agents = [api.RoomAgentDispatch(agent_name=agent_name)] if agent_name else []
    return (
        api.AccessToken(api_key, api_secret)
        .with_identity(identity)
        .with_ttl(TOKEN_LIFETIME)
        .with_grants(
            api.VideoGrants(
                room_join=True,
                room=room,
                can_publish=True,
                can_subscribe=True,
                can_publish_data=True,
                can_publish_sources=["microphone"],
                can_update_own_metadata=False,  # whom they show is not theirs to change
            )
        )
        .with_attributes(
            sign(api_secret, CUSTOMER, customer_id, room=room, identity=identity)
            if customer_id
            else {}
        )
        .with_room_config(api.RoomConfiguration(departure_timeout=DEPARTURE_TIMEOUT, agents=agents))
        .to_jwt()
    )


def colleague_token(*, api_key: str, api_secret: str, room: str) -> str:
    """Sign a token for a person of the sales team, for an hour, whom the agent in that room hands the call over to."""
    identity = f"{COLLEAGUE}-{secrets.token_hex(6)}"
    return (
        api.AccessToken(api_key, api_secret)
        .with_identity(identity)
        .with_ttl(COLLEAGUE_LIFETIME)
        .with_grants(api.VideoGrants(room_join=True, room=room, can_update_own_metadata=False))
        .with_attributes(sign(api_secret, COLLEAGUE, "yes", room=room, identity=identity))
        .to_jwt()
    )


def meet_link(server_url: str, token: str) -> str:
    """LiveKit Meet's page for a server and a token of one's own."""
    return f"{MEET}?{urlencode({'liveKitUrl': server_url, 'token': token})}"


async def check_server(settings: Settings) -> None:
    """Ask the server something that needs a good key.

    Raises ConfigError where it is not there or refuses the key: found out now, not after sixteen retries.
    """
    url = settings.livekit_url
    try:
        async with api.LiveKitAPI(
            url,
            settings.livekit_api_key,
            settings.livekit_api_secret,
            timeout=aiohttp.ClientTimeout(total=10),
        ) as client:
            await client.room.list_rooms(api.ListRoomsRequest())
    except api.TwirpError as error:
        if error.status not in (401, 403):
            raise ConfigError(
                f"{url} answers {error.status} ({error.message}): try again later, and check LIVEKIT_URL"
            ) from error
        raise ConfigError(
            f"{url} refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET ({error.status}): copy both again"
        ) from error
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise ConfigError(
            f"{url} is no LiveKit server in reach: check LIVEKIT_URL and the network"
        ) from error


async def need_server(settings: Settings) -> Settings:
    """The server that `find_server` finds. Raises ConfigError with the mend, also where there is none."""
    found = await find_server(settings)
    if found is None:
        raise ConfigError(
            "LIVEKIT_URL is missing, and no `python agent.py dev` runs in this folder"
        )
    return found


async def find_server(settings: Settings) -> Settings | None:
    """The server of LIVEKIT_URL, or that of the `agent.py dev` which runs in this folder; None where there is none.

    Raises ConfigError where LIVEKIT_URL names one that is not there or refuses the key.
    """
    if settings.livekit_url:
        await check_server(settings)
        return settings
    running = find_run(settings.cache, Path.cwd())
    if running is None:
        return None
    return replace(
        settings,
        livekit_url=running.url,
        livekit_api_key=running.api_key,
        livekit_api_secret=running.api_secret,
        agent_name=running.agent_name,
    )
