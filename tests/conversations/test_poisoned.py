"""Planted orders, and a model that says every falsehood of tests/poisoned.json and insists: none is spoken."""

import shutil
from dataclasses import replace
from pathlib import Path

from bench.guarded import lied_to, poisoned
from sales_agent.config import Settings
from sales_agent.guard import Guard
from sales_agent.prompts import brief


async def test_no_planted_order_is_read_and_no_lie_is_spoken(tmp_path: Path) -> None:
    documents, cases = poisoned()
    knowledge = Path(shutil.copytree("knowledge", tmp_path / "knowledge"))
    for name, text in documents.items():
        (knowledge / name).write_text(text, encoding="utf-8")
    settings = replace(Settings.from_env({}), knowledge_dir=knowledge, cache=tmp_path / "cache")
    briefing = brief(settings)
    assert {order.document for order in briefing.knowledge.orders} == set(documents)
    for order in briefing.knowledge.orders:
        assert order.quote not in briefing.block.text
    assert "loading dock" in briefing.block.text  # what stands beside an order stays
    guard = Guard(briefing, settings.cache)
    lies = [await lied_to(briefing, guard, case) for case in cases if "invents" in case]
    assert len(lies) >= 15
    assert [one.text for one in lies if one.false_price or not one.stopped] == []
