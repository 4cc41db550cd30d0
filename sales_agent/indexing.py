"""`agent.py index`, and the vectors that `dev` and `start` have made while they run.

A child process of low priority makes them, batch by batch; whoever ends it loses seconds of its work.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from sales_agent.beside import beside
from sales_agent.config import AGENT, Settings
from sales_agent.knowledge import KnowledgeError, load_knowledge
from sales_agent.knowledge.building import build_library, library_file
from sales_agent.knowledge.embedders import make_embedder
from sales_agent.knowledge.filling import Filled, fill, lower_priority
from sales_agent.knowledge.licences import find_figures
from sales_agent.knowledge.opening import is_small, open_library, open_passages
from sales_agent.knowledge.progress import progress_line
from sales_agent.report import Say

logger = logging.getLogger("sales_agent")

# Seconds between two looks whether documents have passages without vectors.
LOOK = 3.0
STOP_TIMEOUT = 2.0
# Where a child failed, the next is started after so many seconds: its failure will most likely last.
PAUSE = 60.0


def run_index(settings: Settings, say: Say) -> None:
    """Read and index a folder, its vectors too, with progress; Ctrl-C loses seconds of it.

    Raises KnowledgeError where nothing can be read or indexed.
    """
    began = time.monotonic()
    with progress_line("Reading documents") as on_progress:
        knowledge = load_knowledge(settings.knowledge_dir, settings.cache, on_progress)
    if is_small(knowledge):
        open_passages(knowledge, settings.cache).close()
    with progress_line("Indexing words   ") as on_progress:
        path = build_library(knowledge, settings.cache, on_progress)
    embedder = make_embedder(settings)
    library = open_library(path, embedder)
    pages = sum(len(document.pages) for document in knowledge.documents)
    _, total = library.progress()
    files = len(knowledge.documents)
    say(
        f"Words      {files:,} files, {pages:,} pages, {total:,} passages in {time.monotonic() - began:.1f} s"
    )
    for out in knowledge.left_out:
        say(f"           left out: {out.name}: {out.reason}")
    with progress_line("Finding figures  ") as on_progress:
        find_figures(knowledge, settings.cache, on_progress)
    rate = 0.0
    with progress_line("Embedding        ") as on_progress:

        def tell(filled: Filled) -> None:
            nonlocal rate
            rate = filled.rate
            on_progress(filled.done, filled.all, f"{filled.rate:.0f} passages/s")

        done = fill(path, embedder, tell)
    ready, total = library.progress()
    library.close()
    speed = f", {rate:.0f} a second" if rate else ""
    say(f"Meaning    {ready:,} of {total:,} passages have their vectors{speed}")
    if not done:
        say("           another process makes the others just now")


def run_fill(settings: Settings) -> None:
    """Make the vectors of a folder's library: what `making_vectors` starts. Raises KnowledgeError."""
    lower_priority()
    parent = os.getppid()
    path = library_file(settings.knowledge_dir, settings.cache)
    fill(path, make_embedder(settings), stopped=lambda: os.getppid() != parent)


def vectors_missing(settings: Settings) -> bool:
    """Whether the folder's library has passages without vectors; a millisecond."""
    path = library_file(settings.knowledge_dir, settings.cache)
    if not path.exists():
        return False
    library = open_library(path, make_embedder(settings))
    try:
        return not library.is_filled()
    finally:
        library.close()


def meaning(settings: Settings, library: Path) -> str:
    """By what a library is searched, in a few words: how many passages have vectors, and whether the model embeds.

    Raises KnowledgeError where the library cannot be opened.
    """
    embedder = make_embedder(settings)
    opened = open_library(library, embedder)
    ready, total = opened.progress()
    opened.close()
    try:
        embedder.embed_passages(["Is anybody there?"])
    except KnowledgeError as error:
        return f"by their words alone: {error}"
    if ready < total:
        return (
            f"by their words; by meaning too {ready:,} of {total:,} passages so far "
            "(`dev`, `start` or `agent.py index` embed the others)"
        )
    return f"by their words and by meaning, {total:,} passages"


@contextlib.asynccontextmanager
async def making_vectors(settings: Settings) -> AsyncIterator[None]:
    """Have vectors made in a process of low priority, now and whenever documents change, while the context lasts."""
    async with beside(_make(settings), "no vectors are made any more"):
        yield


async def _make(settings: Settings) -> None:
    while True:
        try:
            missing = await asyncio.to_thread(vectors_missing, settings)
        except KnowledgeError as error:
            logger.debug("no vectors can be made now: %s", error)
            missing = False
        pause = LOOK
        if missing and await _run_child():
            logger.error(
                "vectors could not be made; the documents are searched by their words alone"
            )
            pause = PAUSE
        await asyncio.sleep(pause)


async def _run_child() -> int:
    """Run a child until it is done; gives its exit code. Ended with us, and before we are."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(AGENT),
        "vectors",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=os.name != "nt",  # Ctrl-C is for us, who end it
    )
    try:
        return await child.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), STOP_TIMEOUT)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        raise
