"""Packages of calls are imported once, beside the worker's own imports."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from sales_agent.preloading import LIVEKITS, PRELOADED

IS_THERE = "__import__('sys').modules.keys() >= {'sales_agent.worker', 'livekit.plugins.silero'}"


@pytest.mark.parametrize("module", [*PRELOADED, *LIVEKITS])
def test_what_is_preloaded_exists(module: str) -> None:
    """One that does not is passed over in silence, and the first caller waits for its import."""
    assert find_spec(module) is not None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="nothing forks elsewhere")
def test_processes_of_calls_find_the_packages_imported() -> None:
    program = (
        "import multiprocessing; from sales_agent import preloading; preloading.begin();"
        "pool = multiprocessing.get_context('forkserver').Pool(1);"
        f"print(pool.apply(eval, ({IS_THERE!r},)), {IS_THERE})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.split() == ["True", "False"]
