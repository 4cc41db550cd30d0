"""`agent.py calls`: what became of each call, on the screen and as a file for other programs."""

import csv
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sales_agent.call import Call
from sales_agent.config import Settings
from sales_agent.report import place, silence
from sales_agent.store import RefusedError, StoredCall, open_store
from sales_agent.store.history import History

Format = Literal["csv", "jsonl"]

SHOWN = 50  # the newest; `export` has all
COLUMNS = tuple(
    "id started ended seconds outcome score reason summary objections unanswered next_step".split()
)
# A cell that begins with one of these is a formula to a spreadsheet, and what callers say ends up in cells.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def run_list(settings: Settings) -> None:
    """A line for each of the newest calls. Raises StoreError."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("when", "caller", "outcome", "lead", "length", "id"):
        right = name in ("lead", "length")
        # What names a call for `show` is never cut.
        table.add_column(name, justify="right" if right else "left", no_wrap=name != "caller")
    count = 0
    async with aclosing(_all(settings, SHOWN)) as calls:
        async for call in calls:
            count += 1
            outcome, score = _outcome(call), _lead(call).get("score")
            cells = (
                _local(call.started),
                _caller(call),
                outcome,
                "" if score is None else str(score),
                _length(call),
                call.id,
            )
            table.add_row(*map(escape, cells))
    screen = Console(highlight=False, emoji=False)
    if not count:
        screen.print("No call yet. `agent.py dev` takes some.")
        return
    screen.print(table)
    if count == SHOWN:
        screen.print(f"The newest {SHOWN}. `agent.py calls export --format csv` has all.")


async def run_show(settings: Settings, call_id: str) -> None:
    """All of one call. Raises StoreError, RefusedError where there is none of that id."""
    async with aclosing(await open_store(settings.database_url)) as store:
        call = await store.calls.load_state(call_id)
    if call is None:
        raise RefusedError(f"There is no call {call_id!r}: `agent.py calls` lists them")
    screen = Console(highlight=False, emoji=False)

    def say(name: str, text: str) -> None:
        if text:
            screen.print(f"[bold]{name:<12}[/]{escape(text)}", soft_wrap=True)

    writeup = call.writeup or {}
    lead = _lead(call)
    say("Call", call.id)
    say("When", f"{_local(call.started)}, {_length(call) or 'still going on'}")
    say("Caller", _caller(call))
    say("Summary", writeup.get("summary") or "not written up yet")
    say("Outcome", _outcome(call))
    say("Lead", f"{lead['score']} of 100: {lead['reason']}" if lead else "")
    say("Next step", writeup.get("next_step", ""))
    for name, key in (("Objections", "objections"), ("Unanswered", "unanswered")):
        for text in writeup.get(key, []):
            say(name, text)
    if call.version:
        say("Written by", f"{writeup.get('by', '')}, version {call.version}")
    screen.print()
    for line in call.transcript:
        _show_line(screen, line)


def _show_line(screen: Console, line: dict[str, Any]) -> None:
    color, who = ("cyan", "Caller") if line["who"] == "caller" else ("green", "Agent")
    cut = " [dim](interrupted)[/]" if line["interrupted"] else ""
    at = f"{datetime.fromisoformat(line['at']).astimezone():%H:%M:%S}"
    said = f"[dim]{at}[/]  [bold {color}]{who:<8}[/]{escape(line['text'])}{cut}"
    screen.print(said, soft_wrap=True)
    notes = []
    for tool in line["tools"]:
        arguments = json.dumps(tool["arguments"], ensure_ascii=False)
        failed = "failed: " * tool["failed"]
        notes.append(f"{tool['name']} {arguments} → {failed}{tool['result']}")
    for stop in line.get("stopped", []):
        notes.append(f"not spoken, as nothing licenses “{stop['reason']}”: {stop['clause']}")
    if latency := line["latency"]:
        notes.append(f"silence before it {latency['total']} ms: {silence(latency)}")
    places = dict.fromkeys(place(s["document"], s["page"]) for s in line["sources"] or [])
    if places:
        notes.append(f"rests on {' · '.join(places)}")
    for note in notes:
        screen.print(f"[dim]{'':18}{escape(note)}[/]", soft_wrap=True)


async def run_export(settings: Settings, form: Format) -> None:
    """Write all calls to standard output, the newest first. Raises StoreError."""
    # A spreadsheet's own line ends, and letters of every language, wherever the output goes.
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    writer = csv.writer(sys.stdout)
    state = [name for name in Call(id="").state() if name not in COLUMNS]
    if form == "csv":
        writer.writerow([*COLUMNS, *state])
    async with aclosing(_all(settings, None)) as calls:
        async for call in calls:
            if form == "csv":
                writer.writerow([defused(cell) for cell in _row(call, state)])
            else:
                print(json.dumps(_whole(call), ensure_ascii=False))


def defused(cell: str) -> str:
    """The cell as text to every spreadsheet, and never as a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


async def _all(settings: Settings, limit: int | None) -> AsyncGenerator[StoredCall, None]:
    async with (
        aclosing(await open_store(settings.database_url)) as store,
        aclosing(History(store.database).newest_first(limit)) as calls,
    ):
        async for call in calls:
            yield call


def _whole(call: StoredCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "started": call.started.isoformat(),
        "ended": call.ended.isoformat() if call.ended else None,
        "version": call.version,
        "state": call.state,
        "writeup": call.writeup,
        "transcript": call.transcript,
    }


def _row(call: StoredCall, state: list[str]) -> list[str]:
    writeup, lead = call.writeup or {}, _lead(call)
    length = _duration(call)
    return [
        call.id,
        call.started.isoformat(),
        call.ended.isoformat() if call.ended else "",
        "" if length is None else str(round(length.total_seconds())),
        _outcome(call),
        str(lead.get("score", "")),
        lead.get("reason", ""),
        *(_cell(writeup.get(name)) for name in COLUMNS[7:]),
        *(_cell(call.state.get(name)) for name in state),
    ]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _lead(call: StoredCall) -> dict[str, Any]:
    lead: dict[str, Any] = (call.writeup or {}).get("lead", {})
    return lead


def _outcome(call: StoredCall) -> str:
    outcome: str = (call.writeup or {}).get("outcome", "")
    return outcome


def _caller(call: StoredCall) -> str:
    return ", ".join(str(call.state[key]) for key in ("name", "company") if call.state.get(key))


def _duration(call: StoredCall) -> timedelta | None:
    return None if call.ended is None else call.ended - call.started


def _length(call: StoredCall) -> str:
    length = _duration(call)
    if length is None:
        return ""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
