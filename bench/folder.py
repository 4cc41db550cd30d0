"""How long a folder of many documents takes, first and when nothing has changed: `python -m bench.folder`.

Seeded documents (bench/material.py) are written, and `agent.py knowledge` is run three times as a user runs it: with an
empty cache, which reads them all and indexes their words, and twice with what the first run left. Beside the last two:
what this process needs of that time to load them, without its imports. The load is what else this machine did.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.material import write
from sales_agent.config import AGENT, Settings
from sales_agent.prompts import brief

SETTLED = 4.0  # seconds: a file that was written just now is looked into once more


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--characters", type=int, default=50_000, help="of each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "documents"
        write(folder, 1, args.documents, args.characters)
        size = sum(file.stat().st_size for file in folder.rglob("*.md"))
        time.sleep(SETTLED)
        print(f"{args.documents:,} documents, {size / 1e6:.0f} MB, {os.cpu_count()} cores")
        environment = {"KNOWLEDGE_DIR": str(folder), "XDG_CACHE_HOME": name}
        settings = replace(
            Settings.from_env({"KNOWLEDGE_DIR": str(folder)}),
            cache=Path(name) / "voice-sales-agent",
        )
        for what in ("first", "again", "again"):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, str(AGENT), "knowledge"],
                env={**os.environ, **environment},
                stdout=subprocess.DEVNULL,
                check=True,
            )
            took = time.perf_counter() - start
            print(f"{what}: {took:6.2f} s   (load {os.getloadavg()[0]:.1f})", end="", flush=True)
            if what == "again":
                start = time.perf_counter()
                brief(settings)
                print(f"   loaded in {time.perf_counter() - start:.2f} s of it", end="")
            print()


if __name__ == "__main__":
    main()
