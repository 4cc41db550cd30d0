"""Servers beside us as child processes: started with a log, awaited, ended, never left behind."""

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from sales_agent.config import MendableError
from sales_agent.local import watchdog

LOGS_KEPT = 10  # for each kind of server; a run is a few kilobytes
POLL = 0.05  # seconds between two looks at a server that starts
# The watchdog needs one second at most to end its server; then it is not coming back.
STOP_TIMEOUT = 1.8  # seconds


class LocalServerError(MendableError):
    """A server that cannot run here; one line that says why and what to do."""


def free_port(*, preferred: int = 0, udp: bool = False) -> int:
    """Find a port of 127.0.0.1 that nobody uses, the preferred one where it is free."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    for port in (preferred, 0):
        with socket.socket(socket.AF_INET, kind) as probe, contextlib.suppress(OSError):
            # Ports that a server left a moment ago count as free, as they do for the server.
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, int(not udp and os.name != "nt")
            )
            probe.bind(("127.0.0.1", port))
            found: int = probe.getsockname()[1]
            return found
    raise LocalServerError("No port of 127.0.0.1 is free: end some of the programs that use them")


class Child:
    """A running server process, which ends when we do.

    Its output is in `log`. Secrets belong into its environment: everybody can read a command line.
    """

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        cache: Path,
        environment: Mapping[str, str] | None,
    ) -> "Child":
        """Start a command, with our environment or with exactly the one given.

        Raises LocalServerError where the log or the process cannot be made.
        """
        # -I: nothing of the user's folder gets into it; -S: no packages, for a quick start.
        watched = [sys.executable, "-I", "-S", watchdog.__file__, *command]
        if environment is not None and os.name == "nt":  # nothing opens a socket there without it
            environment = {"SYSTEMROOT": os.path.expandvars("%SYSTEMROOT%"), **environment}
        try:
            log = await asyncio.to_thread(new_log, cache / "logs", name)
            with log.open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    *watched,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    env=environment,
                    start_new_session=True,  # Ctrl-C is for us, who end things in order
                )
        except OSError as error:
            raise LocalServerError(f"{name} cannot be started: {error}") from error
        return cls(process, log)

    @property
    def pid(self) -> int:
        """The process id of the watchdog; the server is its child."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def wait_until(self, ready: Callable[[], Awaitable[bool]], seconds: float) -> bool:
        """Wait for a server to be ready; False where it ended or the time is over before that."""
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            if await ready():
                return self.running
            await asyncio.sleep(POLL)
        return False

    def last_words(self, lines: int = 3) -> str:
        """The end of its log, in one line."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        said = [line.strip() for line in text.splitlines() if line.strip()]
        return " / ".join(said[-lines:]) or "it said nothing"

    async def stop(self) -> None:
        """End it within two seconds."""
        if not self.running:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()  # the watchdog sees that we are gone
        try:
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


def new_log(folder: Path, name: str) -> Path:
    """Make an empty log that only its owner can read, and remove the oldest of its kind."""
    folder.mkdir(parents=True, exist_ok=True)
    older = sorted(folder.glob(f"{name}-2*.log"))  # by time, which their names begin with
    for old in older[: len(older) - LOGS_KEPT + 1]:
        with contextlib.suppress(OSError):  # another run removes the same one, or still writes it
            old.unlink()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for number in range(1000):
        path = folder / f"{name}-{stamp}-{os.getpid()}-{number}.log"
        with contextlib.suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
            return path
    raise FileExistsError(f"too many logs of {name} in {folder}")
