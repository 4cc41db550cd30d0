"""When the documents may have changed: told by the operating system, at no cost while they do not."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from watchfiles import Change, awatch

QUIET = 100  # milliseconds without a change before a burst of them counts as over: a file takes some to be written
LONGEST = 400  # milliseconds that a burst may last
# Milliseconds between two looks whether the folder is still the one that is watched: a deployment may have put
# another in its place, and the watch is on the old one. Also before the first look after the watch has begun.
LOOK = 1_000
RETRY = 2.0  # seconds, where the folder is gone or the machine has no more watches

logger = logging.getLogger(__name__)


async def changes_in(*folders: Path) -> AsyncIterator[None]:
    """Yields whenever something in the folders may have changed, and once soon after the watch has begun.

    It never ends by itself: folders may come and go. Links are watched as links: a change of the file behind one
    is not seen, a change of the link is, as where Kubernetes renews a mounted volume.
    """
    polling = False
    while True:
        watched = _places(folders)
        places = [folder for folder, place in zip(folders, watched, strict=True) if place]
        try:
            changes = awatch(
                *places,
                watch_filter=_may_matter,
                debounce=LONGEST,
                step=QUIET,
                rust_timeout=LOOK,
                yield_on_timeout=True,
                force_polling=polling or None,
                poll_delay_ms=LOOK,
            )
            first = True
            async with aclosing(changes):
                async for change in changes:
                    if change or first:
                        first = False
                        yield
                    if _places(folders) != watched:
                        break
            yield  # whatever is there now
        except (OSError, RuntimeError) as error:
            # Each of many calls takes a watch of the machine's.
            logger.warning("documents are looked at once a second instead of watched: %s", error)
            polling = True
            await asyncio.sleep(RETRY)


def _places(folders: tuple[Path, ...]) -> list[tuple[int, int] | None]:
    """Which folders these are, by their places on the disk."""
    found: list[tuple[int, int] | None] = []
    for folder in folders:
        try:
            status = os.stat(folder)
            found.append((status.st_dev, status.st_ino))
        except OSError:
            found.append(None)
    return found


def _may_matter(change: Change, path: str) -> bool:
    name = os.path.basename(path)
    # Kubernetes swaps the hidden link `..data`, behind which all files of a mounted volume lie.
    return name.startswith("..") or not name.startswith((".", "~$"))
