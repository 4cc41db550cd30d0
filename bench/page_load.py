"""How long the page takes to be usable, and whether it jumps: in a real Chromium, from this machine.

`python -m bench.page_load [--loads 10]`

Each load has an empty browser cache. Usable is when all of it has loaded and the documents' names are shown. Beside it,
in the same run, a picture of the same server: what the browser itself takes.
"""

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import time
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from sales_agent.config import Settings
from sales_agent.prompts import brief
from sales_agent.web.client_library import fetch_library
from sales_agent.web.server import Page, address, open_port, serving

USABLE = "#documents .document"
SHIFTS = """window.shift = 0; new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});"""


async def main(loads: int) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium is here: apt install chromium")
    settings = Settings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:7880",
            "LIVEKIT_API_KEY": "k",
            "LIVEKIT_API_SECRET": "s" * 40,
        }
    )
    library = fetch_library(settings.cache, print, npm=shutil.which("npm"), uv=os.environ.get("UV"))

    async def have_library() -> Path:
        return library

    with open_port(settings) as port:
        page = Page(settings, brief(settings), have_library())
        async with serving(page, port), async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"]
            )
            ours = [await _load(browser, address(port), USABLE) for _ in range(loads)]
            empty = [
                await _load(browser, f"{address(port)}/static/favicon.svg", "svg")
                for _ in range(loads)
            ]
            await browser.close()
    print(f"\n{loads} loads, empty browser cache       median    worst")
    for name, times in (("the page, usable", ours), ("a picture of the same server", empty)):
        seconds = [took for took, _ in times]
        print(f"{name:<34} {statistics.median(seconds):7.3f}  {max(seconds):7.3f} s")
    print(f"layout shift, worst (good is under 0.1)  {max(shift for _, shift in ours):.3f}")


async def _load(browser: Browser, url: str, usable: str) -> tuple[float, float]:
    context = await browser.new_context()
    page = await context.new_page()
    await page.add_init_script(SHIFTS)
    began = time.perf_counter()
    await page.goto(url, wait_until="load")
    await page.wait_for_selector(usable, state="attached")
    took = time.perf_counter() - began
    await asyncio.sleep(0.2)
    shift = float(await page.evaluate("window.shift"))
    await context.close()
    return took, shift


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--loads", type=int, default=10)
    asyncio.run(main(parser.parse_args().loads))
