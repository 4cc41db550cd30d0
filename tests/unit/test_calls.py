"""`agent.py calls`: what became of each call."""

import csv
import io
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sales_agent.calls import defused, run_export, run_list, run_show
from sales_agent.config import Settings
from sales_agent.store import RefusedError, open_store

BEGAN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WRITEUP = {
    "summary": "Ada wants thirty desks.",
    "outcome": "interested",
    "lead": {"score": 70, "reason": "A quantity."},
    "objections": ["=HYPERLINK(1)", "the price"],
    "unanswered": ["Norway?"],
    "next_step": "",
    "by": "llama-3.3-70b",
}
TRANSCRIPT = [
    {
        "who": "caller",
        "at": "2026-11-24T10:00:05+00:00",
        "text": "What does [bold] cost?",
        "interrupted": False,
        "tools": [],
        "sources": None,
        "latency": None,
    },
    {
        "who": "agent",
        "at": "2026-11-24T10:00:09+00:00",
        "text": "749 dollars.",
        "interrupted": True,
        "tools": [
            {"name": "note", "arguments": {"name": "Ada"}, "result": "Noted.", "failed": False}
        ],
        "sources": [{"document": "desks.pdf", "page": 2, "heading": "", "quote": ""}],
        "latency": {"end_of_turn": 300, "model": 100, "voice": 50, "ours": 10, "total": 460},
    },
]


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path}/calls.db"
    async with aclosing(await open_store(url)) as store:
        calls = store.calls
        state = {"name": "Ada", "company": "+Acme", "products": ["Summit"], "contact_consent": True}
        await calls.save_state("call-1", state, now=BEGAN, transcript=TRANSCRIPT)
        await calls.save_state("call-1", state, now=BEGAN + timedelta(seconds=75), ended=True)
        await calls.save_writeup("call-1", WRITEUP, 1, now=BEGAN)
        await calls.save_state("call-2", {}, now=BEGAN + timedelta(hours=1))
    return Settings.from_env({"DATABASE_URL": url})


@pytest.fixture(autouse=True)
def _a_wide_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


async def test_the_newest_call_is_first(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_list(settings)
    lines = [line for line in capsys.readouterr().out.splitlines() if "call-" in line]
    assert len(lines) == 2
    assert lines[0].split()[-1] == "call-2"
    for part in ("Ada, +Acme", "interested", "70", "1:15", "call-1"):
        assert part in lines[1]


async def test_one_call_is_shown_whole(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_show(settings, "call-1")
    shown = capsys.readouterr().out
    for part in (
        "Ada wants thirty desks.",
        "70 of 100: A quantity.",
        "the price",
        "Norway?",
        "llama-3.3-70b, version 1",
        "What does [bold] cost?",
        "749 dollars. (interrupted)",
        'note {"name": "Ada"} → Noted.',
        "silence before it 460 ms: end of turn 300",
        "rests on desks.pdf, page 2",
    ):
        assert part in shown
    await run_show(settings, "call-2")
    assert "not written up yet" in capsys.readouterr().out


async def test_a_call_that_is_none_is_one_line(settings: Settings) -> None:
    with pytest.raises(RefusedError, match=r"^There is no call 'call-9': `agent.py calls` lists"):
        await run_show(settings, "call-9")


async def test_no_call_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await run_list(Settings.from_env({"DATABASE_URL": f"sqlite:///{tmp_path}/calls.db"}))
    assert "No call yet" in capsys.readouterr().out


async def test_csv_holds_no_formulas(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await run_export(settings, "csv")
    second, first = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert first["id"] == "call-1"
    assert first["company"] == "'+Acme"
    assert first["objections"] == "'=HYPERLINK(1); the price"
    assert (first["seconds"], first["score"], first["products"]) == ("75", "70", "Summit")
    assert first["contact_consent"] == "yes"
    assert (second["id"], second["outcome"], second["ended"]) == ("call-2", "", "")


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-1", "@x", "\t=1", "  =1", "＝1"])
def test_formulas_are_defused(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Ada", "1-2", "a = b"])
def test_text_stays_as_it_is(cell: str) -> None:
    assert defused(cell) == cell


async def test_jsonl_has_everything(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    await run_export(settings, "jsonl")
    _, first = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["writeup"] == WRITEUP
    assert first["transcript"] == TRANSCRIPT
    assert first["version"] == 1
