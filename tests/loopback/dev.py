"""`agent.py dev` as a user starts it, in a project folder of the tests' own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from livekit import api

from sales_agent.config import Settings
from sales_agent.local.run_file import find_run
from tests.loopback.asking import TRIES, understood
from tests.loopback.house import short_prompts

PROJECT = ("agent.py", "sales_agent", "knowledge")
START_TIMEOUT = 100.0  # seconds; a few on a quiet machine
STRACE = shutil.which("strace")
TRACE = (str(STRACE), "-f", "--seccomp-bpf", "-qq", "-o", "trace.log", "-e", "trace=network")


@dataclass
class Dev:
    folder: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str]

    @property
    def screen(self) -> str:
        return (self.folder / "screen.log").read_text("utf-8", errors="replace")

    @property
    def page(self) -> str:
        """The address of the page, as `dev` tells it."""
        found = re.search(r"http://127\.0\.0\.1:\d+", self.screen)
        assert found, self.screen
        return found[0]

    async def close_room_to_agents(self, name: str) -> None:
        """Make a room that asks for an agent which is not there, so that ours does not come."""
        run = find_run(Settings.from_env({}).cache, self.folder)
        assert run is not None
        async with api.LiveKitAPI(run.url, run.api_key, run.api_secret) as client:
            nobody = api.RoomAgentDispatch(agent_name="nobody")
            await client.room.create_room(api.CreateRoomRequest(name=name, agents=[nobody]))

    def wait_for(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while self.screen.count(text) < times:
            assert time.monotonic() < deadline, self.screen
            assert self.process.poll() is None, self.screen
            time.sleep(0.1)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "agent.py", *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def ask(self, question: str, *spoken: str) -> subprocess.CompletedProcess[str]:
        """Call and ask, with `--say` where it is not said how; again where it was not understood."""
        for _ in range(TRIES):
            call = self.command("call", *(spoken or ("--say", question)))
            heard = re.search(r"heard “(.*?)”", call.stdout, re.DOTALL)
            if heard and understood(question, heard[1]):
                break
        return call

    def end(self) -> float:
        """Press Ctrl-C; seconds until everything had ended."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        began = time.monotonic()
        traced = Path(psutil.Process(self.process.pid).name()).name == "strace"
        os.kill(family[0].pid if traced else self.process.pid, signal.SIGINT)
        self.process.wait(timeout=20)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive
        return time.monotonic() - began


@contextmanager
def running_dev(folder: Path, *options: str, under: Sequence[str] = ()) -> Iterator[Dev]:
    """A `dev` that is ready, in a copy of this project with short prompts; no key, no .env."""
    for name in PROJECT:
        copy = shutil.copytree if Path(name).is_dir() else shutil.copy
        copy(name, folder / name)
    short_prompts(folder)
    kept = ("PATH", "HOME", "LANG", "XDG_CACHE_HOME")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    with (folder / "screen.log").open("wb") as screen:
        process = subprocess.Popen(
            [*under, sys.executable, "agent.py", "dev", *options],
            cwd=folder,
            env=environment,
            stdout=screen,
            stderr=subprocess.STDOUT,
        )
    running = Dev(folder, process, environment)
    try:
        running.wait_for("Ready:")
        yield running
    finally:
        if process.poll() is None:
            running.end()
