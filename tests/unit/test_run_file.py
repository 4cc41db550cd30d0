"""The running agent is found by its folder, by its owner alone, and only while it runs."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sales_agent.local.child import free_port
from sales_agent.local.run_file import RunFile, find_run, write_run_file


@pytest.fixture
def running() -> Iterator[RunFile]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield RunFile(
            url=f"ws://127.0.0.1:{server.getsockname()[1]}",
            api_key="key",
            api_secret="secret",
            agent_name="",
            pid=os.getpid(),
        )


def test_what_was_written_is_found(running: RunFile, tmp_path: Path) -> None:
    path = write_run_file(tmp_path, Path.cwd(), running)
    assert find_run(tmp_path, Path.cwd()) == running
    assert [path] == list(path.parent.iterdir())


def test_the_latest_run_is_found_and_the_first_again_when_it_has_ended(
    running: RunFile, tmp_path: Path
) -> None:
    second = replace(running, agent_name="robin")
    write_run_file(tmp_path, Path.cwd(), running)
    path = write_run_file(tmp_path, Path.cwd(), second)
    assert find_run(tmp_path, Path.cwd()) == second
    path.unlink()
    assert find_run(tmp_path, Path.cwd()) == running


def test_the_second_run_is_found_when_the_first_has_ended(running: RunFile, tmp_path: Path) -> None:
    second = replace(running, agent_name="robin")
    path = write_run_file(tmp_path, Path.cwd(), running)
    write_run_file(tmp_path, Path.cwd(), second)
    path.unlink()
    assert find_run(tmp_path, Path.cwd()) == second


def test_a_run_of_another_folder_is_not_found(running: RunFile, tmp_path: Path) -> None:
    write_run_file(tmp_path, Path("/a"), running)
    assert find_run(tmp_path, Path("/b")) is None


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_nobody_else_can_read_it(running: RunFile, tmp_path: Path) -> None:
    path = write_run_file(tmp_path, Path.cwd(), running)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_do_not_show_in_its_repr(running: RunFile) -> None:
    assert "secret=" not in repr(running)


def test_nothing_is_found_where_nothing_runs(tmp_path: Path) -> None:
    assert find_run(tmp_path, Path.cwd()) is None


def test_a_file_of_a_dead_process_is_removed(running: RunFile, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    write_run_file(tmp_path, Path.cwd(), running)
    path = write_run_file(tmp_path, Path.cwd(), replace(running, pid=ended.pid))
    assert find_run(tmp_path, Path.cwd()) == running
    assert not path.exists()


def test_a_file_of_a_server_that_is_gone_is_removed(running: RunFile, tmp_path: Path) -> None:
    gone = replace(running, url=f"ws://127.0.0.1:{free_port()}")
    path = write_run_file(tmp_path, Path.cwd(), gone)
    assert find_run(tmp_path, Path.cwd()) is None
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "ws://127.0.0.1:1"}'])
def test_a_file_that_is_not_ours_is_removed(running: RunFile, tmp_path: Path, content: str) -> None:
    path = write_run_file(tmp_path, Path.cwd(), running)
    path.write_text(content)
    assert find_run(tmp_path, Path.cwd()) is None
    assert not path.exists()
