"""The documents as they are now, while a call goes on."""

import asyncio
import logging
from collections.abc import Callable, Container
from pathlib import Path

from sales_agent.knowledge.changes import changes, told
from sales_agent.knowledge.documents import Knowledge, KnowledgeError
from sales_agent.knowledge.loading import load_knowledge
from sales_agent.knowledge.pages import PageStore
from sales_agent.knowledge.watching import changes_in

logger = logging.getLogger(__name__)


class CurrentKnowledge:
    """Follows the folder of documents from the moment that a call's prompt was made."""

    def __init__(
        self, started: Knowledge, cache: Path, in_prompt: Container[str] = frozenset()
    ) -> None:
        """`started`, and by name what of it the prompt holds."""
        self._started = started
        self._cache = cache
        self._in_prompt = in_prompt
        self._callbacks: list[Callable[[Knowledge], None]] = []
        self.now = started
        self.news = ""
        """What the prompt does not know yet, as documents for the model; empty where nothing changed."""

    def on_change(self, callback: Callable[[Knowledge], None]) -> None:
        """Have it called with the documents of now after each change, in the loop of the call."""
        self._callbacks.append(callback)

    async def follow(self) -> None:
        """Look at the folder whenever something in it changed, until this is cancelled."""
        folder = self._started.folder
        async for _ in changes_in(folder, PageStore(self._cache, folder).folder):
            await self.look()

    async def look(self) -> None:
        """Take up what changed. What cannot be read keeps its last good version, and is named in the log."""
        try:
            now, news = await asyncio.to_thread(self._read)
        except KnowledgeError as error:
            logger.error("the call goes on with the documents of before: %s", error)
            return
        for out in now.left_out:
            if out not in self.now.left_out:
                logger.warning("left out: %s: %s", out.name, out.reason)
        changed = changes(self.now, now)
        self.now, self.news = now, news
        if not changed:
            return
        logger.info(
            "documents changed during the call", extra={"documents": [c.name for c in changed]}
        )
        for callback in self._callbacks:
            callback(now)

    def _read(self) -> tuple[Knowledge, str]:
        now = load_knowledge(self._started.folder, self._cache)
        return now, told(changes(self._started, now), self._in_prompt)
