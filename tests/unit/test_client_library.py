"""livekit-client for the page: fetched by npm once, whole, and nothing else under its name."""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest

from sales_agent.web.client_library import (
    VERSION,
    LibraryError,
    cached_library,
    fetch_library,
)

NPM = shutil.which("npm")
needs_npm = pytest.mark.skipif(NPM is None, reason="npm is not here; the slow test brings its own")
posix_only = pytest.mark.skipif(os.name == "nt", reason="scripts of POSIX")
pytestmark = posix_only


def fake_npm(folder: Path, body: str) -> str:
    path = folder / "npm"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def without_pip_and_uv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that do not start stand before those of this machine."""
    for name in ("pip", "uv"):
        (folder / "modules" / name).mkdir(parents=True)
        (folder / "modules" / name / "__init__.py").touch()
        (folder / "modules" / name / "__main__.py").write_text("raise SystemExit(1)")
    monkeypatch.setenv("PYTHONPATH", str(folder / "modules"))
    monkeypatch.setenv("PATH", "/nowhere")


def files_in(cache: Path) -> set[str]:
    found = {path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file()}
    return found - {"livekit-client.lock"}


def failure(cache: Path, npm: str | None) -> str:
    """What is told in the end; nothing is left behind."""
    with pytest.raises(LibraryError) as error:
        fetch_library(cache, print, npm=npm, uv=None)
    assert "\n" not in str(error.value)
    assert files_in(cache) == set()
    return str(error.value)


def is_whole(library: Path) -> bool:
    """A browser's script that defines the global name, with its licence beside it."""
    text = library.read_text("utf-8")
    licence = library.with_suffix(".LICENSE").read_text("utf-8")
    return "LivekitClient" in text and len(text) > 500_000 and "Apache License" in licence


@needs_npm
def test_npm_fetches_it_once(tmp_path: Path) -> None:
    said: list[str] = []
    library = fetch_library(tmp_path, said.append, npm=NPM, uv=None)
    assert library == cached_library(tmp_path)
    assert is_whole(library)
    assert any(VERSION in line and "3 MB" in line for line in said)
    licence = library.with_suffix(".LICENSE")
    assert files_in(tmp_path) == {f"web/{library.name}", f"web/{licence.name}"}
    before = len(said)  # where npm is slow it is told how long it takes
    assert fetch_library(tmp_path, said.append, npm="/nowhere/npm", uv=None) == library
    assert len(said) == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["none", "gone", "broken"])
def test_where_no_npm_works_one_is_brought(tmp_path: Path, kind: str) -> None:
    said: list[str] = []
    npm = {"none": None, "gone": "/nowhere/npm", "broken": fake_npm(tmp_path, "exit 1")}[kind]
    cache = tmp_path / "cache"
    assert is_whole(fetch_library(cache, said.append, npm=npm, uv=None))
    assert any("60 MB" in line for line in said)
    assert sum(path.stat().st_size for path in cache.rglob("*")) < 2_000_000


def test_another_file_under_its_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "package" / "dist").mkdir(parents=True)
    (tmp_path / "package" / "dist" / "livekit-client.umd.js").write_text("steal()")
    (tmp_path / "package" / "LICENSE").write_text("mine")
    subprocess.run(["tar", "-C", tmp_path, "-czf", tmp_path / "evil.tgz", "package"], check=True)
    npm = fake_npm(tmp_path, f'cp "{tmp_path}/evil.tgz" "livekit-client-{VERSION}.tgz"')
    told = failure(tmp_path / "cache", npm)
    assert f"is not the livekit-client {VERSION} that this version was made with" in told
    assert "npm config get registry" in told


@pytest.mark.parametrize(
    ("output", "told", "mend"),
    [
        ("npm error code ENOTFOUND", "network does not reach it", "check the network"),
        ("npm error code ENOSPC", "the disk is full", "make room"),
    ],
)
def test_what_stops_every_npm_is_one_line_with_its_mend(
    tmp_path: Path, output: str, told: str, mend: str
) -> None:
    npm = fake_npm(tmp_path, f"echo '{output}' >&2; exit 1")
    assert f"{told}: {mend} and start again" in failure(tmp_path / "cache", npm)


@needs_npm
def test_a_registry_that_is_down_is_told_by_the_real_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    assert "network does not reach it: check the network" in failure(tmp_path / "cache", NPM)


@needs_npm
def test_npm_asks_for_the_library_and_not_for_a_newer_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()

    class HangsUp(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.add(self.path)

    monkeypatch.delenv("CI", raising=False)  # npm looks for no newer one there
    monkeypatch.setenv("npm_config_update_notifier", "true")
    with HTTPServer(("127.0.0.1", 0), HangsUp) as registry:
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{registry.server_port}/")
        threading.Thread(target=registry.serve_forever, daemon=True).start()
        failure(tmp_path / "cache", NPM)
        registry.shutdown()
    assert asked == {"/livekit-client"}


def test_neither_npm_nor_pip_nor_uv_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pip_and_uv(tmp_path, monkeypatch)
    told = failure(tmp_path / "cache", None)
    assert "no npm works here, and neither pip nor uv to fetch one: install Node.js" in told


def test_what_a_killed_process_left_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pip_and_uv(tmp_path, monkeypatch)
    left = tmp_path / "cache" / "livekit-client-fetch" / f"livekit-client-{VERSION}.tgz"
    left.parent.mkdir(parents=True)
    left.write_text("half of it")
    assert "no npm works here" in failure(tmp_path / "cache", fake_npm(tmp_path, "exit 0"))


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder belongs")
    with pytest.raises(LibraryError, match="cannot be written to"):
        fetch_library(tmp_path / "cache", print, npm=None, uv=None)


@needs_npm
def test_two_at_once_fetch_it_once(tmp_path: Path) -> None:
    npm = fake_npm(tmp_path, f'echo once >> "{tmp_path}/fetched"; sleep 0.5; exec "{NPM}" "$@"')
    said: list[str] = []
    both = [
        threading.Thread(
            target=fetch_library,
            args=(tmp_path / "cache", said.append),
            kwargs={"npm": npm, "uv": None},
        )
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert (tmp_path / "fetched").read_text() == "once\n"
    assert any("waiting for it" in line for line in said)


def test_it_stops_at_once_with_all_that_it_started(tmp_path: Path) -> None:
    npm = fake_npm(tmp_path, f'sleep 60 & echo $! > "{tmp_path}/pid"; wait')  # as npm.cmd does
    stop, told = threading.Event(), [0.0]

    def tell() -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        told[0] = time.monotonic()
        stop.set()

    threading.Thread(target=tell, daemon=True).start()
    with pytest.raises(LibraryError, match="was stopped"):
        fetch_library(tmp_path / "cache", print, npm=npm, uv=None, stop=stop)
    assert time.monotonic() - told[0] < 10  # a fraction of a second, on a machine that is not busy
    assert files_in(tmp_path / "cache") == set()
    pid = int((tmp_path / "pid").read_text())
    with contextlib.suppress(psutil.NoSuchProcess):  # a busy machine takes a moment over it
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() - told[0] < 10:
            time.sleep(0.02)
        assert process.status() == psutil.STATUS_ZOMBIE


def test_it_stops_while_it_waits_for_another(tmp_path: Path) -> None:
    first, second = threading.Event(), threading.Event()
    npm = fake_npm(tmp_path, f'touch "{tmp_path}/began"; sleep 60')

    def fetch() -> None:
        with pytest.raises(LibraryError, match="was stopped"):
            fetch_library(tmp_path / "cache", print, npm=npm, uv=None, stop=first)

    other = threading.Thread(target=fetch)
    other.start()
    while not (tmp_path / "began").exists():
        time.sleep(0.02)
    threading.Timer(0.3, second.set).start()
    began = time.monotonic()
    with pytest.raises(LibraryError, match="was stopped"):
        fetch_library(tmp_path / "cache", print, npm=npm, uv=None, stop=second)
    assert time.monotonic() - began < 10  # a fraction of a second, on a machine that is not busy
    first.set()
    other.join()
