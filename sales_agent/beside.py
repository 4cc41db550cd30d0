"""Work that goes on beside something else, and ends with it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine

logger = logging.getLogger("sales_agent")


@contextlib.asynccontextmanager
async def beside(work: Coroutine[object, object, None], lost: str) -> AsyncIterator[None]:
    """Do work that has no end of its own while the context lasts; `lost` is logged where it ends all the same."""

    def tell_its_end(task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            logger.error(lost, exc_info=task.exception())

    task = asyncio.create_task(work)
    task.add_done_callback(tell_its_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
