from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.gaps import gaps, run_gaps
from sales_agent.knowledge.embedding import Embedder
from sales_agent.store import open_store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def test_questions_that_mean_the_same_are_one_and_the_most_frequent_is_first(
    embedder: Embedder,
) -> None:
    asked = [
        ("Do you sell treadmills?", NOW),
        ("Do you ship to Canada?", NOW - timedelta(days=2)),
        ("do you ship to canada", NOW - timedelta(days=1)),
        ("Can you deliver to Canada?", NOW - timedelta(days=9)),
        ("Do you ship to Germany?", NOW - timedelta(days=3)),
        ("Do you ship on Sundays?", NOW - timedelta(days=4)),
    ]
    found = gaps(asked, embedder)
    assert [gap.count for gap in found] == [3, 1, 1, 1]
    assert "canada" in found[0].question.casefold()
    assert found[0].last == NOW - timedelta(days=1)
    assert found[1].question == "Do you sell treadmills?"  # of equals the latest


async def test_they_come_from_the_calls_that_are_kept(tmp_path: Path) -> None:
    settings = replace(Settings.from_env({}), database_url=f"sqlite:///{tmp_path}/calls.db")
    said: list[str] = []
    await run_gaps(settings, said.append)
    assert said == ["No open question: no call yet, or the documents answered everything."]
    async with aclosing(await open_store(settings.database_url)) as store:
        for number, questions in enumerate([["Do you sell treadmills?"], [], None]):
            name = f"room{number}"
            await store.calls.save_state(name, {}, now=NOW, ended=True)
            if questions is not None:
                await store.calls.save_writeup(name, {"unanswered": questions}, 1, now=NOW)
    said.clear()
    await run_gaps(settings, said.append)
    assert said[1].split() == ["1", "2026-11-20", "Do", "you", "sell", "treadmills?"]
