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
from sales_agent.local.run_file import RunFile, read_run_file, run_file_path, write_run_file


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


def test_what_was_written_is_read_back(running: RunFile, tmp_path: Path) -> None:
    path = run_file_path(tmp_path, Path.cwd())
    write_run_file(path, running)
    assert read_run_file(path) == running
    assert [path] == list(path.parent.iterdir())


def test_a_second_run_replaces_the_first(running: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_run_file(path, running)
    write_run_file(path, replace(running, agent_name="robin"))
    assert read_run_file(path) == replace(running, agent_name="robin")


def test_two_folders_have_two_files(tmp_path: Path) -> None:
    assert run_file_path(tmp_path, Path("/a")) != run_file_path(tmp_path, Path("/b"))


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_nobody_else_can_read_it(running: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_run_file(path, running)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_do_not_show_in_its_repr(running: RunFile) -> None:
    assert "secret=" not in repr(running)


def test_nothing_is_found_where_nothing_runs(tmp_path: Path) -> None:
    assert read_run_file(tmp_path / "run.json") is None


def test_a_file_of_a_dead_process_is_removed(running: RunFile, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    path = tmp_path / "run.json"
    write_run_file(path, replace(running, pid=ended.pid))
    assert read_run_file(path) is None
    assert not path.exists()


def test_a_file_of_a_server_that_is_gone_is_removed(running: RunFile, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_run_file(path, replace(running, url=f"ws://127.0.0.1:{free_port()}"))
    assert read_run_file(path) is None
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": "ws://127.0.0.1:1"}'])
def test_a_file_that_is_not_ours_is_removed(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    assert read_run_file(path) is None
    assert not path.exists()
