"""Worker processes, with stand-ins for agent.py that misbehave."""

import asyncio
import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sales_agent import processes
from sales_agent.processes import Worker, WorkerError, Workers

Write = Callable[[str], None]
# What a real worker does first, and what it does with its standard input.
REGISTERS = "import os, subprocess, sys, time; print('registered', flush=True)"
OBEYS = "sys.stdin.readline()"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def write(code: str) -> None:
        Path("agent.py").write_text(f"{REGISTERS}\n{textwrap.dedent(code)}\n")

    return write


async def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not there():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_worker_ends_when_it_is_told_to(agent: Write) -> None:
    agent(OBEYS)
    worker = await Worker.start(os.environ)
    await asyncio.wait_for(worker.stop(), 5)


async def test_a_job_that_is_stuck_is_ended_with_its_worker(agent: Write) -> None:
    """It holds the pipe to the supervisor open, as a job process would that writes to it."""
    agent("""
        job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open("job", "w").write(str(job.pid))
        time.sleep(60)
    """)
    worker = await Worker.start(os.environ)
    await until(lambda: Path("job").exists() and Path("job").read_text().isdecimal())
    job = psutil.Process(int(Path("job").read_text()))
    began = time.monotonic()
    await worker.stop()
    assert time.monotonic() - began < processes.STOP_TIMEOUT + processes.KILL_TIMEOUT + 1
    await until(lambda: not job.is_running() or job.status() == psutil.STATUS_ZOMBIE)


async def test_a_worker_that_is_not_wanted_before_it_takes_calls_ends_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("agent.py").write_text(
        "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    )
    starting = asyncio.create_task(Worker.start(os.environ))
    await until(lambda: Path("pid").exists() and Path("pid").read_text().isdecimal())
    began = time.monotonic()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert time.monotonic() - began < 1
    assert not psutil.pid_exists(int(Path("pid").read_text()))


async def test_a_worker_that_does_not_start_says_where_its_log_is(
    agent: Write, tmp_path: Path
) -> None:
    Path("agent.py").write_text("raise SystemExit('no luck')")
    log = tmp_path / "worker.log"
    with pytest.raises(WorkerError, match=r"worker\.log"):
        await Worker.start(os.environ, log=log)
    assert "no luck" in log.read_text()


async def test_a_worker_that_dies_is_started_again_also_where_that_fails_at_first(
    agent: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSE", 0.1)
    agent("open('first', 'w').write(str(os.getpid())); time.sleep(60)")
    said: list[str] = []
    workers = Workers(os.environ, said.append)
    await workers.renew()
    try:
        await until(lambda: Path("first").exists() and Path("first").read_text().isdecimal())
        Path("agent.py").write_text("raise SystemExit(1)")
        psutil.Process(int(Path("first").read_text())).kill()
        await until(lambda: any("before it could take calls" in line for line in said))
        agent(f"open('second', 'w').close(); {OBEYS}")
        await until(lambda: Path("second").exists())
    finally:
        await workers.stop()


async def test_the_new_worker_is_watched_while_the_old_one_still_drains(
    agent: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSE", 0.1)
    workers = Workers(os.environ, lambda line: None)
    agent("sys.stdin.readline(); time.sleep(60)")  # a long last call
    await workers.renew()
    agent("open('second', 'w').write(str(os.getpid())); time.sleep(60)")
    await workers.renew()
    try:
        await until(lambda: Path("second").exists() and Path("second").read_text().isdecimal())
        agent(f"open('third', 'w').close(); {OBEYS}")
        psutil.Process(int(Path("second").read_text())).kill()
        await until(lambda: Path("third").exists())
    finally:
        await workers.stop()
