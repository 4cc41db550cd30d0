"""The pages of urls.txt: fetched, kept, fetched anew, forgotten, and what is told where that fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.knowledge import Knowledge, LeftOut, load_knowledge
from sales_agent.knowledge.current import CurrentKnowledge
from sales_agent.knowledge.pages import PageState, PageStore, is_due, read_urls
from sales_agent.refreshing import Refresher, fetch_new, refreshing
from tests.loopback.web_site import ARTICLE, WebSite
from tests.unit.broken_documents import put


@pytest.fixture
async def site() -> AsyncIterator[WebSite]:
    async with WebSite({"/returns": ARTICLE.format(text="Within 30 days.")}) as site:
        yield site


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    put(tmp_path, "docs/desks.md", "The Summit desk costs 749 dollars.")
    return Settings(
        knowledge_dir=tmp_path / "docs",
        cache=tmp_path / "cache",
        url_allow=("127.0.0.1",),
        url_refresh=0.0,  # always due
    )


def listed(settings: Settings, *lines: str) -> None:
    put(settings.knowledge_dir, "urls.txt", "\n".join(lines))


def known(settings: Settings) -> Knowledge:
    return load_knowledge(settings.knowledge_dir, settings.cache)


async def refresh(settings: Settings) -> list[str]:
    said: list[str] = []
    await Refresher(settings, said.append).refresh()
    return said


async def test_a_listed_page_is_a_document_under_its_url(site: WebSite, settings: Settings) -> None:
    url = f"{site.url}/returns"
    listed(settings, "# ours", "", f"{url}  # the shop's", url)
    assert known(settings).left_out == (
        LeftOut(url, "not fetched yet: `agent.py dev` and `start` fetch it"),
    )
    assert await refresh(settings) == []
    knowledge = known(settings)
    assert [document.name for document in knowledge.documents] == ["desks.md", url]
    assert "Within 30 days." in knowledge.documents[1].text
    assert knowledge.left_out == ()
    assert site.asked == [("/returns", 200)]


async def test_a_page_that_did_not_change_is_not_sent_and_one_that_did_is_read(
    site: WebSite, settings: Settings
) -> None:
    listed(settings, f"{site.url}/returns")
    await refresh(settings)
    await refresh(settings)
    assert site.asked == [("/returns", 200), ("/returns", 304)]
    site.pages["/returns"] = ARTICLE.format(text="Within 60 days.")
    await refresh(settings)
    assert "Within 60 days." in known(settings).documents[1].text


async def test_a_page_that_fails_keeps_its_last_good_version_and_is_told_once(
    site: WebSite, settings: Settings
) -> None:
    url = f"{site.url}/returns"
    listed(settings, url)
    await refresh(settings)
    site.status = 503
    assert await refresh(settings) == [f"Web page not fetched: {url}: its server answers 503"]
    state = PageStore(settings.cache, settings.knowledge_dir).state(url)
    assert state is not None
    assert not is_due(state, 3600.0)  # it is not asked for again at once
    knowledge = known(settings)
    assert "Within 30 days." in knowledge.documents[1].text
    assert knowledge.left_out == (
        LeftOut(url, "its server answers 503 (its last good version is used)"),
    )


async def test_a_page_that_is_no_longer_listed_is_gone_from_the_cache_too(
    site: WebSite, settings: Settings
) -> None:
    listed(settings, f"{site.url}/returns")
    await refresh(settings)
    pages = PageStore(settings.cache, settings.knowledge_dir).folder
    assert len(list(pages.iterdir())) == 2
    listed(settings, "# nothing")
    assert len(known(settings).documents) == 1
    await refresh(settings)
    assert list(pages.iterdir()) == []


def test_lines_that_are_no_pages_are_named(settings: Settings) -> None:
    listed(
        settings,
        "www.example.com",
        "ftp://example.com/x",
        "http://a b.example/",
        "https://me:secret@example.com/",
        "http://example.com:port/",
        "https://example.com/ok",
    )
    found = read_urls(settings.knowledge_dir)
    assert found.urls == ("https://example.com/ok",)
    assert [out.name for out in found.wrong] == [f"urls.txt, line {n}" for n in range(1, 6)]
    assert {out.name for out in found.wrong} < {out.name for out in known(settings).left_out}


async def test_loopback_is_refused_unless_it_is_allowed(site: WebSite, settings: Settings) -> None:
    listed(settings, f"{site.url}/returns")
    strict = Settings(knowledge_dir=settings.knowledge_dir, cache=settings.cache)
    await refresh(strict)
    assert site.asked == []
    (left_out,) = known(settings).left_out
    assert left_out.reason == (
        "127.0.0.1 is at 127.0.0.1, which is not public: URL_ALLOW=127.0.0.1 would allow it"
    )


async def test_what_was_fetched_is_not_fetched_by_every_start(
    site: WebSite, settings: Settings
) -> None:
    listed(settings, f"{site.url}/returns")
    for _ in range(2):
        await fetch_new(settings, print)
    assert len(site.asked) == 1


async def test_a_call_learns_of_a_page_that_changed(site: WebSite, settings: Settings) -> None:
    """While a call goes on: the page is listed, fetched by another process's loop, and changes."""
    current = CurrentKnowledge(known(settings), settings.cache)
    following = asyncio.create_task(current.follow())
    try:
        async with refreshing(settings, print):
            listed(settings, f"{site.url}/returns")
            await _until(lambda: "Within 30 days." in current.news)
            site.pages["/returns"] = ARTICLE.format(text="Within 60 days.")
            await _until(lambda: "Within 60 days." in current.news)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _until(condition: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 10
        await asyncio.sleep(0.05)


async def test_a_cache_that_takes_nothing_does_not_make_us_ask_again_and_again(
    site: WebSite, settings: Settings
) -> None:
    listed(settings, f"{site.url}/returns")
    in_the_way = put(settings.knowledge_dir.parent, "file", "x")
    refresher = Refresher(
        Settings(
            knowledge_dir=settings.knowledge_dir, cache=in_the_way, url_allow=settings.url_allow
        ),
        print,
    )
    await refresher.refresh()
    await refresher.refresh()
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 86_400.0), (1, 120.0), (3, 480.0), (50, 61_440.0)]
)
def test_failures_are_tried_again_less_and_less_often(failures: int, pause: float) -> None:
    state = PageState("https://example.com", checked=1_000.0, failures=failures)
    assert is_due(state, 86_400.0, 1_000.0 + pause)
    assert not is_due(state, 86_400.0, 999.0 + pause)
