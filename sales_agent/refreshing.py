"""The web pages of `knowledge/urls.txt`, fetched beside the calls: when they are listed, and each URL_REFRESH."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace

from sales_agent.beside import beside
from sales_agent.config import Settings
from sales_agent.knowledge import OnProgress
from sales_agent.knowledge.fetching import Allowed, FetchError, fetch
from sales_agent.knowledge.pages import PageState, PageStore, is_due, read_urls
from sales_agent.knowledge.progress import progress_line
from sales_agent.report import Say

POLL = 1.0  # seconds between two looks at the list, which is a small file
AT_ONCE = 4  # pages
FIRST_PATIENCE = 20.0  # seconds that a start waits for pages that were never fetched


class Refresher:
    """Fetches what is due. One process does it for all calls of its machine."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._folder = settings.knowledge_dir
        self._refresh = settings.url_refresh
        self._store = PageStore(settings.cache, settings.knowledge_dir)
        self._allowed = Allowed(settings.url_allow)
        self._say = say
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._unkept: dict[str, PageState] = {}  # where the cache takes nothing

    async def run(self) -> None:
        """Go on for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(POLL)

    async def refresh(
        self, *, only_new: bool = False, on_progress: OnProgress | None = None
    ) -> None:
        """Fetch the pages that are due, or only those that were never asked for; forget those no more listed."""
        urls = (await asyncio.to_thread(read_urls, self._folder)).urls
        known = {url: self._unkept.get(url) or self._store.state(url) for url in urls}
        due = [
            url
            for url, state in known.items()
            if (state is None if only_new else is_due(state, self._refresh))
        ]
        self._store.prune(urls)
        fetching = [asyncio.create_task(self._fetch(url, known[url])) for url in due]
        try:
            for done, task in enumerate(asyncio.as_completed(fetching), start=1):
                url = await task
                if on_progress is not None:
                    on_progress(done, len(due), url)
        finally:
            for task in fetching:
                task.cancel()
            await asyncio.gather(*fetching, return_exceptions=True)

    async def _fetch(self, url: str, before: PageState | None) -> str:
        async with self._at_once:
            state, content = await self._ask(url, before)
        try:
            await asyncio.to_thread(self._store.keep, state, content)
            self._unkept.pop(url, None)
        except OSError as error:
            state = replace(state, failed=f"it cannot be kept: {error}")
            self._unkept[url] = state  # or it would be asked for again at once
        if state.failed and (before is None or before.failed != state.failed):
            self._say(f"Web page not fetched: {url}: {state.failed}")
        return url

    async def _ask(self, url: str, before: PageState | None) -> tuple[PageState, bytes | None]:
        now = time.time()
        known = before or PageState(url, now)
        # A version that somebody deleted from the cache has to come as a whole.
        kept = bool(known.suffix) and self._store.content(known).exists()
        try:
            found = await fetch(
                url,
                self._allowed,
                etag=known.etag if kept else "",
                modified=known.modified if kept else "",
            )
        except FetchError as error:
            failed = replace(known, checked=now, failed=str(error), failures=known.failures + 1)
            return failed, None
        if found.content is None:
            return replace(known, checked=now, fetched=now, failed="", failures=0), None
        fresh = PageState(url, now, now, found.suffix, found.etag, found.modified)
        return fresh, found.content


def fetch_first(settings: Settings, say: Say) -> None:
    """As `fetch_new` does, outside an event loop, with its progress on the terminal."""
    with progress_line("Fetching web pages") as on_progress:
        asyncio.run(fetch_new(settings, say, on_progress))


async def fetch_new(settings: Settings, say: Say, on_progress: OnProgress | None = None) -> None:
    """Fetch the pages that were never asked for, so that the first call knows them; for FIRST_PATIENCE at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FIRST_PATIENCE):
            await Refresher(settings, say).refresh(only_new=True, on_progress=on_progress)


@contextlib.asynccontextmanager
async def refreshing(settings: Settings, say: Say) -> AsyncIterator[None]:
    """Keep the web pages fresh meanwhile."""
    async with beside(Refresher(settings, say).run(), "web pages are not fetched any more"):
        yield
