"""Indexing by command, and vectors that a child process makes meanwhile."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bench.material import write
from sales_agent.cli import main
from sales_agent.config import Settings
from sales_agent.indexing import making_vectors, meaning, run_index, vectors_missing
from sales_agent.knowledge.building import read_only
from sales_agent.prompts import brief


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a folder that is too much for the prompt; the child reads the same from the environment."""
    write(tmp_path / "documents", 5, 4, 1_500)
    monkeypatch.setenv("KNOWLEDGE_DIR", str(tmp_path / "documents"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PROMPT_TOKENS", "500")
    return Settings.from_env(os.environ)


def test_the_command_tells_what_it_did_and_does_it_once(settings: Settings) -> None:
    told: list[str] = []
    run_index(settings, told.append)
    assert re.match(r"Words      4 files, 4 pages, \d+ passages", told[0])
    ready, total = re.findall(r"\d+", told[1])[:2]
    assert ready == total
    assert not vectors_missing(settings)
    start = time.perf_counter()
    run_index(settings, told.append)
    assert time.perf_counter() - start < 1.0


def test_the_command_names_what_it_left_out(settings: Settings) -> None:
    (settings.knowledge_dir / "scan.pdf").write_bytes(b"%PDF-1.4 cut")
    told: list[str] = []
    run_index(settings, told.append)
    assert any(re.search(r"left out: scan\.pdf: \w", line) for line in told)


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
async def test_vectors_follow_in_a_child_of_low_priority_that_ends_with_us(
    settings: Settings,
) -> None:
    before = psutil.Process().children()  # of other tests
    library = await asyncio.to_thread(brief, settings)
    assert library.library is not None
    assert await asyncio.to_thread(vectors_missing, settings)
    niceness = set()
    async with making_vectors(settings):
        async with asyncio.timeout(60):
            while await asyncio.to_thread(vectors_missing, settings):
                for child in psutil.Process().children():
                    with suppress(psutil.NoSuchProcess):  # it has just ended
                        niceness.add(child.nice())
                await asyncio.sleep(0.05)
        # A document that comes later gets its vectors too.
        (settings.knowledge_dir / "new.md").write_text("# New\nThe new lamp is blue.")
        await asyncio.to_thread(brief, settings)
        assert await asyncio.to_thread(vectors_missing, settings)
        async with asyncio.timeout(60):
            while await asyncio.to_thread(vectors_missing, settings):
                await asyncio.sleep(0.1)
    assert 19 in niceness
    ours = [child for child in psutil.Process().children() if child not in before]
    assert [child for child in ours if lives(child)] == []


def test_it_is_told_by_what_documents_are_searched(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    library = brief(settings).library
    assert library is not None
    assert re.match(r"by their words; by meaning too 0 of \d+ passages", meaning(settings, library))
    run_index(settings, lambda line: None)
    assert main(["knowledge"]) == 0
    assert "Searched   by their words and by meaning" in capfd.readouterr().out
    nobody = replace(settings, embedding_base_url="http://127.0.0.1:9/v1", embedding_model="tiny")
    assert "by their words alone: EMBEDDING_BASE_URL" in meaning(nobody, library)


@pytest.mark.slow
def test_ctrl_c_ends_it_in_one_go_and_the_next_run_goes_on(settings: Settings) -> None:
    write(settings.knowledge_dir, 6, 30, 6_000)
    command = [sys.executable, "agent.py", "index"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().startswith("Words")
    vectors = settings.cache / "library"
    while not list(vectors.rglob("*.bits")):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=20)
    assert (child.returncode, errors) == (130, "")
    with read_only(next(vectors.rglob("passages.sqlite3"))) as db:
        assert db.execute("SELECT count(*) FROM documents").fetchone() == (30,)
    assert vectors_missing(settings)
