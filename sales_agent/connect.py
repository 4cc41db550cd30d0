"""`agent.py connect`: sends the agent into one room, without dispatch."""

import asyncio
import os

import aiohttp
from livekit import api

from sales_agent.config import ConfigError, Settings
from sales_agent.prompts import brief
from sales_agent.report import Say
from sales_agent.rooms import need_server
from sales_agent.screen_log import log_to_screen
from sales_agent.supervisor import Ready, thinking
from sales_agent.worker import build_server


async def run_connect(settings: Settings, room: str, identity: str, say: Say) -> int:
    """Take the call in `room`, which is made where it is not there, until Ctrl-C.

    Raises ConfigError where there is no server to connect to.
    """
    found = await need_server(settings)
    briefing = brief(settings)
    async with thinking(found, briefing, say) as (found, brain):
        os.environ.update(Ready(found, briefing, brain, local_server=False).environment())
        log_to_screen()
        server = build_server(found, dev=True)
        server.update_options(
            ws_url=found.livekit_url,
            api_key=found.livekit_api_key,
            api_secret=found.livekit_api_secret,
        )
        started = asyncio.get_running_loop().create_future()
        server.once("worker_started", lambda *_: started.set_result(None))
        running = asyncio.create_task(server.run(devmode=True, unregistered=True))
        try:
            await asyncio.wait({started, running}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await running  # which raises what kept it from starting
            async with api.LiveKitAPI(
                found.livekit_url, found.livekit_api_key, found.livekit_api_secret
            ) as client:
                info = await client.room.create_room(api.CreateRoomRequest(name=room))
            await server.simulate_job(room, room_info=info, agent_identity=identity or "agent")
            say(f"The agent is in room {room}. Ctrl-C ends it.")
            await running
        except (OSError, RuntimeError, aiohttp.ClientError, api.TwirpError) as error:
            raise ConfigError(f"The agent cannot go to room {room}: {error}") from error
        finally:
            await server.aclose()
    return 0
