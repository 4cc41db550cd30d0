"""A price that is edited in the middle of a call: the answers soon have the new one."""

import shutil
from pathlib import Path

import pytest

from sales_agent.caller import Caller
from tests.loopback.asking import ask
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.house import House, on_stand_ins
from tests.loopback.voices import hibari

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

QUESTION = "What does the Summit desk cost?"
ASKED = 5  # times: an answer takes four seconds, and the call learns of a change within two, if nothing else runs


@pytest.fixture
def materials(tmp_path: Path) -> Path:
    """Two documents, of which one has the price."""
    (tmp_path / "knowledge").mkdir()
    shutil.copy("knowledge/company.md", tmp_path / "knowledge")
    _set_price(tmp_path / "knowledge", 749)
    return tmp_path / "knowledge"


def _set_price(folder: Path, dollars: int) -> None:
    text = f"# Summit desk\n\nThe Summit desk costs {dollars} dollars. It has a warranty of ten years.\n"
    (folder / "summit.md").write_text(text)


async def answer(caller: Caller) -> str:
    return (await ask(caller, QUESTION)).answered


async def test_the_reader_says_the_new_price(house: House, materials: Path) -> None:
    async with (
        house.agent(KNOWLEDGE_DIR=str(materials)),
        house.caller() as caller,
    ):
        await caller.hear_answer(30)
        assert "749" in await answer(caller)
        _set_price(materials, 799)
        for _ in range(ASKED):
            if "799" in (told := await answer(caller)):
                break
        assert "799" in told
        assert "749" not in told
        assert "799" in caller.news["sources"][-1]["sources"][0]["quote"]


async def test_the_model_has_the_new_price_behind_an_unchanged_prefix(
    house: House, materials: Path
) -> None:
    async with (
        CartesiaServer(transcribe=lambda samples, rate: QUESTION, voice=hibari) as cartesia,
        CerebrasServer(reply=lambda request: "It is in the documents.") as cerebras,
        house.agent(KNOWLEDGE_DIR=str(materials), **on_stand_ins(cartesia, cerebras)),
        house.caller() as caller,
    ):
        await caller.hear_answer(30)
        await answer(caller)
        before = cerebras.spoken[-1].body["messages"]
        _set_price(materials, 799)
        for _ in range(ASKED):
            await answer(caller)
            after = cerebras.spoken[-1].body["messages"]
            if "799" in after[1]["content"]:
                break
    assert "costs 749 dollars" in before[0]["content"]
    assert after[0] == before[0]
    assert [m["role"] for m in after[:3]] == ["system"] * 3
    assert "costs 799 dollars" in after[1]["content"]
