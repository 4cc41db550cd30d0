"""Worker processes: started, drained, restarted and ended, for `dev` and for a call that brings its own agent."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from sales_agent.config import AGENT, MendableError
from sales_agent.report import Say
from sales_agent.supervised import DRAIN, REGISTERED

# Seconds; Ctrl-C promises five for everything.
STOP_TIMEOUT = 3.0
KILL_TIMEOUT = 1.0
# Between two tries to start a worker that ends at once, doubled each time: the machine must not be kept busy.
PAUSE, LONGEST_PAUSE = 1.0, 30.0


class WorkerError(MendableError):
    """A worker that ended before it could take calls."""


class Worker:
    """One worker process with its job processes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, environment: Mapping[str, str], *, log: Path | None = None) -> "Worker":
        """Start a worker and wait until it is registered with the server; its log goes to the screen or to `log`.

        Raises WorkerError where it ends before that.
        """
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log is not None else None
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                str(AGENT),
                "worker",
                env=dict(environment),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=output,
                # Ctrl-C is for the supervisor, which ends its children in order; and one signal reaches them all.
                start_new_session=True,
            )
        worker = cls(process)
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                if line.decode().strip() == REGISTERED:
                    return worker
            await process.wait()
        except asyncio.CancelledError:
            worker._kill()  # it has no calls, and while it imports it hears nothing
            await process.wait()
            raise
        where = f"its log is {log}" if log is not None else "its log above says why"
        raise WorkerError(f"The worker ended before it could take calls: {where}.")

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> None:
        await self._process.wait()

    def drain(self) -> None:
        """Take no new call, finish those that are running, then end."""
        assert self._process.stdin is not None
        if self._process.returncode is None:
            self._process.stdin.write(f"{DRAIN}\n".encode())

    async def stop(self) -> None:
        """End it now, calls and all, within STOP_TIMEOUT and KILL_TIMEOUT."""
        if self._process.returncode is not None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT)
            return
        self._kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), KILL_TIMEOUT)

    def _kill(self) -> None:
        """Kill it with its job processes: one that is stuck would live on without a worker."""
        with contextlib.suppress(ProcessLookupError):
            if os.name == "nt":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)


class Workers:
    """The worker that takes new calls, and those that finish their old ones."""

    def __init__(self, environment: Mapping[str, str], say: Say) -> None:
        self._environment = environment
        self._say = say
        self._current: Worker | None = None
        self._followed: dict[Worker, asyncio.Task[None]] = {}
        self._renewing = asyncio.Lock()

    async def renew(self) -> None:
        """Start a new worker; only when it is registered, drain the old one.

        Raises WorkerError where the new one does not start: the old one goes on.
        """
        async with self._renewing:
            new = await Worker.start(self._environment)
            old, self._current = self._current, new
            self._followed[new] = asyncio.create_task(self._follow(new))
            if old is not None:
                old.drain()

    async def _follow(self, worker: Worker) -> None:
        """Start another where this one ends and was not replaced: a caller who comes must be answered."""
        await worker.wait()
        pause = PAUSE
        while worker is self._current:
            self._say(f"The worker ended; starting it again in {pause:.0f} s.")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            if worker is self._current:  # a change of code may have been quicker
                try:
                    await self.renew()
                except WorkerError as error:
                    self._say(str(error))
        del self._followed[worker]

    async def stop(self) -> None:
        workers = list(self._followed)
        following = list(self._followed.values())
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in workers))
