"""A LiveKit server of our own on 127.0.0.1: found or built once, with keys made for one run."""

import json
import re
import secrets
import shutil
import threading
from pathlib import Path
from types import TracebackType

import aiohttp
from livekit import api

from sales_agent.local.child import Child, LocalServerError, free_port
from sales_agent.local.fetching import Say
from sales_agent.local.go_build import MEND, build, cached_binary

__all__ = ["LiveKitServer", "LocalServerError", "find_installed", "find_or_build"]

PORT = 7880  # LiveKit's own, which its tools expect; another where it is taken
START_TIMEOUT = 20.0  # seconds; it takes 0.3 on a quiet machine
ATTEMPTS = 3  # a port that was free can be taken before the server has it


def find_installed(cache: Path) -> Path | None:
    """The livekit-server of this machine: that on the PATH, else the one that was built before."""
    on_path = shutil.which("livekit-server")
    if on_path:
        return Path(on_path)
    built = cached_binary(cache)
    return built if built.exists() else None


def find_or_build(
    cache: Path, say: Say, *, uv: str | None = None, stop: threading.Event | None = None
) -> Path:
    """Find livekit-server, or build it into the cache: about 90 seconds, once.

    `uv` is the path of the uv that runs us, where one does: it may be in no PATH.

    Raises LocalServerError with one line where it cannot be built.
    """
    return find_installed(cache) or build(cache, say, go=shutil.which("go"), uv=uv, stop=stop)


class LiveKitServer:
    """A livekit-server that only this machine can reach and only this run has the keys of."""

    def __init__(self, binary: Path, cache: Path) -> None:
        self._binary = binary
        self._cache = cache
        self._child: Child | None = None
        self._port = 0
        self.api_key = f"API{secrets.token_hex(6)}"
        self.api_secret = secrets.token_urlsafe(36)  # 48 characters; under 32 is called weak

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process that runs the server; the server is its child."""
        assert self._child is not None, "the server is not started"
        return self._child.pid

    async def __aenter__(self) -> "LiveKitServer":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises LocalServerError with the end of its log where it does not.
        """
        why = ""
        for _ in range(ATTEMPTS):
            self._port = free_port(preferred=PORT)
            # Keys belong into the environment: everybody can read a command line. Nothing else is
            # in it: the server would take settings from there (LIVEKIT_KEYS, NODE_IP …).
            child = await Child.start(
                "livekit-server",
                [
                    str(self._binary),
                    "--disable-strict-config",
                ],  # for an older or newer one on the PATH
                cache=self._cache,
                environment={"LIVEKIT_CONFIG": self._config()},
            )
            self._child = child
            try:
                ready = await child.wait_until(self._answers, START_TIMEOUT)
            except BaseException:
                await child.stop()
                raise
            if ready:
                return
            await child.stop()
            why = _complaint(child)
            if "address already in use" not in why:
                break
        raise LocalServerError(f"livekit-server does not start: {why} (log: {child.log}): {MEND}")

    async def stop(self) -> None:
        """End it within two seconds."""
        if self._child is not None:
            await self._child.stop()

    def _config(self) -> str:
        return json.dumps(  # which is YAML too
            {
                "port": self._port,
                "bind_addresses": ["127.0.0.1"],
                "keys": {self.api_key: self.api_secret},
                "rtc": {
                    "node_ip": "127.0.0.1",
                    "udp_port": free_port(udp=True),
                    "tcp_port": 0,  # it would listen on every address; UDP never fails on loopback
                    "use_external_ip": False,
                    "enable_loopback_candidate": True,
                    "ips": {"includes": ["127.0.0.1/32"]},
                    # Clients are handed public STUN servers otherwise. Nobody answers here.
                    "stun_servers": ["127.0.0.1:3478"],
                },
                "logging": {"level": "info", "json": False},
            }
        )

    async def _answers(self) -> bool:
        """Whether a server is there that knows the keys of this run: another may have been quicker to take the port."""
        timeout = aiohttp.ClientTimeout(total=1.0)
        try:
            async with api.LiveKitAPI(
                f"http://127.0.0.1:{self._port}", self.api_key, self.api_secret, timeout=timeout
            ) as client:
                await client.room.list_rooms(api.ListRoomsRequest())
        except (aiohttp.ClientError, api.TwirpError, TimeoutError):
            return False
        return True


def _complaint(child: Child) -> str:
    """What the log warns of, or else how it ends."""
    text = child.log.read_text(encoding="utf-8", errors="replace")
    wrong = [
        line.strip() for line in text.splitlines() if re.search(r"\t(WARN|ERROR)\t|in use", line)
    ]
    return " / ".join(wrong[-3:]) or child.last_words()
