"""livekit-server: built once, reachable from this machine alone, and gone when we are."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import psutil
import pytest
from livekit import api

from sales_agent.config import Settings
from sales_agent.local import go_build, livekit_server
from sales_agent.local.child import free_port
from sales_agent.local.livekit_server import (
    PORT,
    LiveKitServer,
    LocalServerError,
    find_installed,
    find_or_build,
)

posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and scripts of POSIX")


@pytest.fixture(scope="module")
def binary() -> Path:
    return find_or_build(Settings.from_env({}).cache, lambda line: print(line, flush=True))


@pytest.fixture
async def server(binary: Path, tmp_path: Path) -> AsyncIterator[LiveKitServer]:
    async with LiveKitServer(binary, tmp_path) as running:
        yield running


def processes_of(server: LiveKitServer) -> list[psutil.Process]:
    return psutil.Process(server.pid).children(recursive=True)


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def rooms(url: str, key: str, secret: str) -> int:
    async with api.LiveKitAPI(url, key, secret) as client:
        return len((await client.room.list_rooms(api.ListRoomsRequest())).rooms)


# The running server


async def test_takes_the_keys_of_this_run_and_no_others(server: LiveKitServer) -> None:
    assert await rooms(server.url, server.api_key, server.api_secret) == 0
    with pytest.raises(api.TwirpError):
        await rooms(server.url, server.api_key, "x" * 48)
    with pytest.raises(api.TwirpError):
        await rooms(server.url, "devkey", "secret" * 6)


async def test_listens_on_loopback_alone(server: LiveKitServer) -> None:
    sockets = [c for p in processes_of(server) for c in p.net_connections(kind="inet")]
    assert {c.type for c in sockets} == {socket.SOCK_STREAM, socket.SOCK_DGRAM}
    assert {c.laddr.ip for c in sockets} == {"127.0.0.1"}


async def test_hands_out_no_public_stun_server(server: LiveKitServer) -> None:
    token = (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity("caller")
        .with_grants(api.VideoGrants(room_join=True, room="any"))
        .to_jwt()
    )
    url = f"{server.url}/rtc?access_token={token}&protocol=15&auto_subscribe=1"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket_:
        greeting = await socket_.receive_bytes(timeout=5)
    assert b"stun:127.0.0.1" in greeting
    assert b"google" not in greeting
    assert b"twilio" not in greeting


async def test_keeps_its_secret_out_of_command_lines_and_logs(
    server: LiveKitServer, tmp_path: Path
) -> None:
    assert len(server.api_secret) >= 32
    for process in [psutil.Process(server.pid), *processes_of(server)]:
        assert server.api_secret not in " ".join(process.cmdline())
    for log in (tmp_path / "logs").iterdir():
        assert server.api_secret not in log.read_text(encoding="utf-8")


async def test_takes_another_port_where_the_usual_one_is_taken(
    binary: Path, tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", PORT))
            other.listen()
        except OSError:
            pass  # somebody else has it, which is the same to us
        async with LiveKitServer(binary, tmp_path) as server:
            assert not server.url.endswith(f":{PORT}")
            assert await rooms(server.url, server.api_key, server.api_secret) == 0


async def test_takes_another_port_where_somebody_was_quicker(
    binary: Path, tmp_path: Path, server: LiveKitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = int(server.url.rpartition(":")[2])
    found = iter([theirs])  # free when it was looked for
    monkeypatch.setattr(
        livekit_server,
        "free_port",
        lambda *, preferred=0, udp=False: next(found, free_port(udp=udp)),
    )
    async with LiveKitServer(binary, tmp_path / "mine") as mine:
        assert mine.url != server.url
        async with api.LiveKitAPI(mine.url, mine.api_key, mine.api_secret) as client:
            await client.room.list_rooms(api.ListRoomsRequest())


async def test_ignores_settings_of_other_servers_in_the_environment(
    binary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_KEYS", "other: " + "s" * 40)
    monkeypatch.setenv("NODE_IP", "192.0.2.1")
    monkeypatch.setenv("REDIS_HOST", "127.0.0.1:1")
    async with LiveKitServer(binary, tmp_path) as server:
        assert await rooms(server.url, server.api_key, server.api_secret) == 0


async def test_ends_within_two_seconds_and_leaves_no_process(binary: Path, tmp_path: Path) -> None:
    server = LiveKitServer(binary, tmp_path)
    await server.start()
    pids = [server.pid, *(process.pid for process in processes_of(server))]
    started = time.monotonic()
    await server.stop()
    assert time.monotonic() - started < 2.0
    assert all(gone(pid) for pid in pids)


@posix_only
def test_dies_with_a_parent_that_is_killed(binary: Path, tmp_path: Path) -> None:
    program = (
        "import asyncio, psutil, sys\n"
        "from pathlib import Path\n"
        "from sales_agent.local.livekit_server import LiveKitServer\n"
        "async def main():\n"
        "    async with LiveKitServer(Path(sys.argv[1]), Path(sys.argv[2])) as server:\n"
        "        children = psutil.Process(server.pid).children(recursive=True)\n"
        "        print(server.pid, *(child.pid for child in children), flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(binary), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    wait_for(lambda: all(gone(pid) for pid in pids))


@posix_only
async def test_a_watchdog_that_is_asked_to_end_takes_the_server_along(
    binary: Path, tmp_path: Path
) -> None:
    async with LiveKitServer(binary, tmp_path) as server:
        pids = [process.pid for process in processes_of(server)]
        os.kill(server.pid, signal.SIGTERM)
        await asyncio.to_thread(wait_for, lambda: all(gone(pid) for pid in pids))


@posix_only
async def test_a_server_that_does_not_start_says_why_in_one_line(tmp_path: Path) -> None:
    broken = script(tmp_path / "livekit-server", "echo 'could not parse config: no'; exit 1")
    with pytest.raises(LocalServerError, match="does not start: could not parse config") as error:
        await LiveKitServer(broken, tmp_path).start()
    assert "set LIVEKIT_URL" in str(error.value)
    assert "\n" not in str(error.value)


async def test_a_program_that_is_none_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LocalServerError, match="missing cannot be run: No such file"):
        await LiveKitServer(tmp_path / "missing", tmp_path).start()


async def test_old_logs_are_removed(binary: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for day in range(10, 30):
        (logs / f"livekit-server-202601{day}-000000-1-0.log").touch()
    async with LiveKitServer(binary, tmp_path):
        kept = sorted(path.name for path in logs.iterdir())
    assert len(kept) == 10
    assert kept[0] == "livekit-server-20260121-000000-1-0.log"


# Finding and building it


def script(path: Path, lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def fake_go(folder: Path, install: str, version: str = "go1.26.8") -> str:
    """A Go command that tells its version and installs as told; a module proxy is not asked."""
    lines = f'if [ "$1" = env ]; then echo {version}; exit; fi\n{install}'
    return str(script(folder / "go", lines))


WORKS = 'mkdir -p "$GOBIN"; echo "go: downloading a v1" >&2; echo built > "$GOBIN/server"'


def build_with(tmp_path: Path, install: str) -> Path:
    go = fake_go(tmp_path, install)
    return go_build.build(tmp_path / "cache", lambda line: None, go=go, uv=None)


def test_the_server_on_the_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = script(tmp_path / "bin" / "livekit-server", "exit 0")
    monkeypatch.setenv("PATH", str(installed.parent))
    assert find_or_build(tmp_path, print) == installed


def test_then_the_one_built_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_installed(tmp_path) is None
    built = script(go_build.cached_binary(tmp_path), "exit 0")
    assert find_or_build(tmp_path, print) == built


@posix_only
def test_a_build_leaves_the_binary_and_nothing_else(tmp_path: Path) -> None:
    said: list[str] = []
    cache = tmp_path / "cache"
    built = go_build.build(cache, said.append, go=fake_go(tmp_path, WORKS), uv=None)
    assert built == go_build.cached_binary(cache)
    assert built.read_text() == "built\n"
    files = {path for path in cache.rglob("*") if path.is_file()}
    assert files <= {built, cache / "livekit-server.lock"}
    assert "about 90 seconds, once" in said[0]


@posix_only
def test_a_build_in_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    go = fake_go(tmp_path, f"echo once >> {tmp_path}/builds; sleep 0.5; {WORKS}")
    said: list[str] = []
    builders = [
        threading.Thread(
            target=go_build.build,
            args=(tmp_path / "cache", said.append),
            kwargs={"go": go, "uv": None},
        )
        for _ in range(2)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert (tmp_path / "builds").read_text() == "once\n"
    assert any("waiting for it" in line for line in said)


@posix_only
def test_a_build_that_is_told_to_stop_ends_at_once(tmp_path: Path) -> None:
    go = fake_go(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(LocalServerError, match="was stopped"):
        go_build.build(tmp_path / "cache", print, go=go, uv=None, stop=stop)
    assert time.monotonic() - began < 5
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_an_old_go_is_replaced_by_one_that_uv_fetches(tmp_path: Path) -> None:
    uv = script(tmp_path / "uv", f'echo "$@" >> {tmp_path}/asked; exit 0')
    old = fake_go(tmp_path, WORKS, version="go1.25.9")
    with pytest.raises(LocalServerError, match="has no Go compiler for this platform"):
        go_build.build(tmp_path / "cache", print, go=old, uv=str(uv))
    asked = (tmp_path / "asked").read_text()
    assert "pip install" in asked
    assert "--require-hashes" in asked


@posix_only
@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("dial tcp: lookup proxy.example: no such host", "the network does not reach it"),
        ("write /tmp/x: no space left on device", "the disk is full"),
        ("something else went wrong", "something else went wrong"),
    ],
)
def test_a_build_that_fails_says_why_in_one_line(tmp_path: Path, output: str, told: str) -> None:
    with pytest.raises(LocalServerError, match=told) as error:
        build_with(tmp_path, f"echo '{output}' >&2; exit 1")
    assert "or set LIVEKIT_URL" in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "cache" / "livekit-server-build").exists()


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder belongs")
    with pytest.raises(LocalServerError, match="cannot be built in"):
        go_build.build(tmp_path / "cache", print, go=None, uv=None)


@pytest.mark.slow
@pytest.mark.timeout(1_500)  # two minutes on two cores that do nothing else
async def test_builds_a_server_that_runs_without_go_on_this_machine(tmp_path: Path) -> None:
    said: list[str] = []
    binary = await asyncio.to_thread(go_build.build, tmp_path, said.append, go=None, uv=None)
    assert any("packages compiled" in line for line in said)
    async with LiveKitServer(binary, tmp_path) as server:
        assert await rooms(server.url, server.api_key, server.api_secret) == 0
    shutil.rmtree(tmp_path)
