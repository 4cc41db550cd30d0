"""A real Chromium with a microphone that plays a recording, on the page of a real `agent.py dev`."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, Playwright, async_playwright, expect

from sales_agent.local.audio import write_wav
from sales_agent.local.speaking import speak
from tests.loopback.dev import Dev, running_dev

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
INSTALL = "no Chromium is here: apt install chromium (or put Google Chrome on the PATH)"
RATE = 24_000
ARGUMENTS = (
    "--no-sandbox",  # CI runs as root
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
)
HERE = Path(__file__).parent
PATIENCE = 30_000  # milliseconds; a quiet machine takes two seconds over everything

Open = Callable[..., AbstractAsyncContextManager[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=INSTALL))


def spoken(path: Path, *lines: tuple[float, str]) -> Path:
    """A recording with each text from its second on, and a long silence after the last."""
    end = max((at for at, _ in lines), default=0.0)
    samples = np.zeros(int((end + 120) * RATE), dtype=np.int16)
    for at, text in lines:
        voice, rate = speak(text)
        assert rate == RATE
        begin = int(at * RATE)
        samples[begin : begin + len(voice)] = voice
    write_wav(path, samples, RATE)
    return path


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    with running_dev(tmp_path_factory.mktemp("project")) as dev:
        yield dev


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture
def open_page(dev: Dev, playwright: Playwright) -> Open:
    """Opens the page in a browser of its own; without a recording the browser refuses the microphone."""

    @asynccontextmanager
    async def opened(microphone: Path | None = None, **context: object) -> AsyncIterator[Page]:
        heard = (
            (
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={microphone}%noloop",
            )
            if microphone
            else ()
        )
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *heard]
        )
        try:
            page = await (await browser.new_context(**context)).new_page()
            page.set_default_timeout(PATIENCE)
            foreign: list[str] = []
            problems: list[str] = []
            own = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")
            page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
            page.on("pageerror", lambda error: problems.append(str(error)))
            await page.goto(dev.page)
            yield page
            assert foreign == []
            assert problems == []
        finally:
            await browser.close()

    return opened
