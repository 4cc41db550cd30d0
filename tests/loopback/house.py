"""A livekit-server of the tests' own, a worker process and a caller on it, all on this machine."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livekit import api

from sales_agent.caller import Caller, join
from sales_agent.local.livekit_server import LiveKitServer
from sales_agent.processes import Worker
from sales_agent.rooms import caller_token, new_room_name
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer

MODEL = "llama-3.3-70b"  # of those that the stand-in serves


def short_prompts(folder: Path) -> Path:
    """The shipped prompts, with a greeting and a notice that are soon over: every call waits for them."""
    prompts = Path(shutil.copytree("prompts", folder / "prompts"))
    (prompts / "greeting.md").write_text("Hello, AI here.")
    (prompts / "greeting_again.md").write_text("Hello again {caller}, AI here.")
    (prompts / "returned.md").write_text("Welcome back.")
    reader = prompts / "reader.md"
    text = reader.read_text("utf-8")
    reader.write_text(re.sub(r"(?<=## notice\n).*", "I read from documents.", text))
    return prompts


def on_stand_ins(cartesia: CartesiaServer, cerebras: CerebrasServer) -> dict[str, str]:
    """The settings with which an agent hears, thinks and speaks there."""
    return {
        "CARTESIA_API_KEY": "cartesia-key",
        "CARTESIA_BASE_URL": cartesia.url,
        "CEREBRAS_API_KEY": "cerebras-key",
        "CEREBRAS_BASE_URL": cerebras.base_url,
        "LLM_MODEL": MODEL,
    }


@dataclass(frozen=True)
class House:
    """A LiveKit server of the tests' own, and ways to put an agent and a caller on it."""

    server: LiveKitServer
    prompts: Path = Path("prompts")
    data: Path | None = None  # the folder of its database; that of the prompts where it is none

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.data or self.prompts.absolute().parent}/sales-agent.db"

    def environment(self, **more: str) -> dict[str, str]:
        """What a worker is told: this server, and nothing of the developer's own settings or .env."""
        kept = {
            key: os.environ[key]
            for key in ("PATH", "HOME", "LANG", "XDG_CACHE_HOME")
            if key in os.environ
        }
        return {
            **kept,
            "PYTHON_DOTENV_DISABLED": "1",
            "LIVEKIT_URL": self.server.url,
            "LIVEKIT_API_KEY": self.server.api_key,
            "LIVEKIT_API_SECRET": self.server.api_secret,
            "PROMPTS_DIR": str(self.prompts),
            "DATABASE_URL": self.database_url,
            "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0",
            **more,
        }

    @asynccontextmanager
    async def agent(self, **more: str) -> AsyncIterator[Worker]:
        worker = await Worker.start(self.environment(**more))
        try:
            yield worker
        finally:
            await worker.stop()

    @asynccontextmanager
    async def caller(
        self,
        *,
        agent_name: str = "",
        room: str = "",
        identity: str = "caller",
        customer_id: str = "",
    ) -> AsyncIterator[Caller]:
        """Somebody in a new room, or in that of before; a customer, where our server says so."""
        token = caller_token(
            api_key=self.server.api_key,
            api_secret=self.server.api_secret,
            room=room or new_room_name(),
            identity=identity,
            agent_name=agent_name,
            customer_id=customer_id,
        )
        async with join(self.server.url, token) as caller:
            yield caller

    def api(self) -> api.LiveKitAPI:
        """To ask the server behind the agent's back; close it, or use it as a context."""
        return api.LiveKitAPI(self.server.url, self.server.api_key, self.server.api_secret)
