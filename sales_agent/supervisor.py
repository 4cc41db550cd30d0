"""`agent.py dev`: owns the servers and the worker of a development run, and ends them all.

The worker is a child process. When code changes, a new one registers before the old one is asked to drain, so that
no call is dropped; prompts and documents are read by each call anew, so a change there only has to be checked here.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from watchfiles import Change, awatch

from sales_agent import report
from sales_agent.config import Settings
from sales_agent.knowledge import KnowledgeError
from sales_agent.local.livekit_server import LiveKitServer, find_or_build
from sales_agent.local.run_file import RunFile, run_file_path, write_run_file
from sales_agent.prompts import Briefing, PromptError, brief
from sales_agent.providers import Brain, choose_brain
from sales_agent.rooms import check_server
from sales_agent.worker import DRAIN, REGISTERED

Say = Callable[[str], None]
AGENT = Path("agent.py")  # in the folder that the user is in, as are knowledge/, prompts/ and .env
STOP_TIMEOUT = 3.0  # seconds; Ctrl-C promises five for everything
# The tokens of a long call beside the prompt, for a model that runs here.
CONVERSATION_TOKENS = 8_000


class WorkerError(Exception):
    """A worker that ended before it could take calls."""


@dataclass(frozen=True)
class Ready:
    """Everything a run decided before its worker started."""

    settings: Settings  # with the server, the model and the keys that were found
    briefing: Briefing
    brain: Brain
    local_server: bool

    def environment(self) -> dict[str, str]:
        """What the worker is told, over what this process was told."""
        settings = self.settings
        found = {
            "LIVEKIT_URL": settings.livekit_url,
            "LIVEKIT_API_KEY": settings.livekit_api_key,
            "LIVEKIT_API_SECRET": settings.livekit_api_secret,
            "LLM_BASE_URL": settings.llm_base_url,
            "LLM_MODEL": settings.llm_model,
            # 70 MB a process for a turn detector that `turn_detection="stt"` does not use.
            "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0",
        }
        return {**os.environ, **found}


@contextlib.asynccontextmanager
async def thinking(
    settings: Settings, briefing: Briefing, say: Say
) -> AsyncIterator[tuple[Settings, Brain]]:
    """Find the language model, or run it here; gives the settings that reach it.

    Raises ConfigError, ModelError or LocalServerError, each with clear lines.
    """
    brain = await choose_brain(settings)
    if brain.kind != "gguf":
        yield replace(settings, llm_model=brain.model), brain
        return
    # The model's runner is an extra that most installations do not have.
    from sales_agent.local.llm_server import LocalLLMServer, warm
    from sales_agent.local.models import resolve

    model = resolve(settings.local_llm, settings.cache)
    say(f"Starting {model.name} …")
    context = briefing.block.tokens + CONVERSATION_TOKENS
    async with LocalLLMServer(model, context=context, cache=settings.cache) as server:
        say("The model reads the prompt once, so that no caller waits for it …")
        await warm(server.url, briefing.system_prompt, say)
        yield replace(settings, llm_base_url=server.url, llm_model=server.model), brain


@contextlib.asynccontextmanager
async def prepare(settings: Settings, say: Say) -> AsyncIterator[Ready]:
    """Decide who hears, thinks and speaks and where; start what has to run here, and end it again.

    Raises what `brief`, `thinking`, `find_or_build` and `check_server` raise, each with clear lines.
    """
    briefing = brief(settings)
    report.documents(briefing, say)
    async with contextlib.AsyncExitStack() as stack:
        settings, brain = await stack.enter_async_context(thinking(settings, briefing, say))
        report.pipeline(settings, brain, say)
        local_server = not settings.livekit_url
        if local_server:
            binary = await asyncio.to_thread(
                find_or_build, settings.cache, say, uv=os.environ.get("UV")
            )
            server = await stack.enter_async_context(LiveKitServer(binary, settings.cache))
            settings = replace(
                settings,
                livekit_url=server.url,
                livekit_api_key=server.api_key,
                livekit_api_secret=server.api_secret,
            )
        else:
            await check_server(settings)
        report.server(settings, local_server, say)
        yield Ready(settings, briefing, brain, local_server)


class Worker:
    """One worker process: started, drained or ended."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, environment: Mapping[str, str], *, quiet: bool = False) -> "Worker":
        """Start a worker and wait until it is registered with the server.

        Raises WorkerError where it ends before that.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(AGENT),
            "worker",
            env=dict(environment),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if quiet else None,
            start_new_session=True,  # Ctrl-C is for the supervisor, which then ends its children in order
        )
        worker = cls(process)
        assert process.stdout is not None
        try:
            while line := (await process.stdout.readline()).decode():
                if line.strip() == REGISTERED:
                    return worker
                print(line, end="")
            await process.wait()
        except asyncio.CancelledError:
            await worker.stop()
            raise
        raise WorkerError("The worker ended before it could take calls: its log above says why.")

    async def wait(self) -> None:
        await self._process.wait()

    def drain(self) -> None:
        """Take no new call, finish those that are running, then end."""
        self._tell(f"{DRAIN}\n")

    async def stop(self) -> None:
        """End it now, calls and all."""
        if self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _tell(self, command: str) -> None:
        assert self._process.stdin is not None
        if self._process.returncode is None:
            self._process.stdin.write(command.encode())


@contextlib.asynccontextmanager
async def running_agent(
    settings: Settings, say: Say, *, quiet: bool
) -> AsyncIterator[tuple[Ready, Worker]]:
    """Everything that answers a call: servers and a worker, from nothing to registered and back."""
    async with prepare(settings, say) as ready:
        worker = await Worker.start(ready.environment(), quiet=quiet)
        try:
            yield ready, worker
        finally:
            await worker.stop()


async def run_dev(settings: Settings, say: Say) -> None:
    """Run until Ctrl-C: servers, a worker, and the watch over code, prompts and documents."""
    async with prepare(settings, say) as ready:
        path = run_file_path(settings.cache, Path.cwd())
        write_run_file(
            path,
            RunFile(
                url=ready.settings.livekit_url,
                api_key=ready.settings.livekit_api_key,
                api_secret=ready.settings.livekit_api_secret,
                agent_name=ready.settings.agent_name,
                pid=os.getpid(),
            ),
        )
        workers = _Workers(ready.environment())
        # Before the worker, so that no change is missed once a user is told that it is ready.
        watching = [
            asyncio.create_task(_watch_code(workers.renew, say)),
            asyncio.create_task(_watch_words(ready, say)),
        ]
        try:
            await workers.renew()
            report.how_to_talk(
                ready.settings,
                ready.briefing,
                say,
                local_server=ready.local_server,
                uv="UV" in os.environ,  # `uv run` sets it
            )
            await asyncio.gather(*watching, workers.watch_over(say))
        finally:
            for task in watching:
                task.cancel()
            path.unlink(missing_ok=True)
            await workers.stop()


class _Workers:
    """The worker that takes new calls, and those that finish their old ones."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._current: Worker | None = None
        self._all: list[Worker] = []
        self._renewing = asyncio.Lock()

    async def renew(self) -> None:
        """Start a new worker; only when it is registered, drain the old one."""
        async with self._renewing:
            new = await Worker.start(self._environment)
            self._all.append(new)
            old, self._current = self._current, new
            if old is not None:
                old.drain()

    async def watch_over(self, say: Say) -> None:
        """Start a worker that died again: a caller who comes must be answered."""
        while True:
            current = self._current
            assert current is not None
            await current.wait()
            if current is self._current:
                say("The worker ended; starting it again.")
                await asyncio.sleep(
                    1.0
                )  # a worker that dies at once must not keep the machine busy
                self._current = None
                await self.renew()

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._all))


async def _watch_code(renew: Callable[[], Awaitable[None]], say: Say) -> None:
    async for _ in awatch(AGENT, Path(__file__).parent, watch_filter=_is_code):
        say("Code changed: a new worker takes over, running calls go on.")
        try:
            await renew()
        except WorkerError as error:
            say(f"{error} The old worker goes on.")


async def _watch_words(ready: Ready, say: Say) -> None:
    settings = ready.settings
    async for _ in awatch(settings.prompts_dir, settings.knowledge_dir, watch_filter=_is_visible):
        try:
            briefing = await asyncio.to_thread(brief, settings)
        except (KnowledgeError, PromptError) as error:
            say(f"{error}\nCalls go on with what was there before.")
            continue
        say("Prompts or documents changed: the next call has them.")
        report.documents(briefing, say)
        if ready.brain.kind == "gguf":
            from sales_agent.local.llm_server import warm

            await warm(settings.llm_base_url, briefing.system_prompt, say)


def _is_code(change: Change, path: str) -> bool:
    return path.endswith(".py")


def _is_visible(change: Change, path: str) -> bool:
    return not Path(path).name.startswith((".", "~$"))
