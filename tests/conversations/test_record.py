"""What is kept of a call while it goes on, and what the agent says of it."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sales_agent import record as record_module
from sales_agent.call import Call
from sales_agent.record import Record
from sales_agent.store import StoredCall, StoreError, open_store
from sales_agent.store.calls import RETURN_WITHIN
from tests.conversations.scripted import calls, conversation, together


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@pytest.fixture
async def record(file: Path) -> AsyncIterator[Record]:
    async with aclosing(await opened(file)) as record:
        yield record


async def opened(file: Path, room: str = "room") -> Record:
    record = Record(Call(id=room))
    await record.open(f"sqlite:///{file}", patience=30)
    assert record.store is not None
    return record


async def kept(file: Path, call_id: str = "room") -> StoredCall:
    """As another process sees it."""
    async with aclosing(await open_store(f"sqlite:///{file}")) as store:
        call = await store.calls.load_state(call_id)
        assert call is not None
        return call


async def execute(file: Path, statement: str) -> None:
    """Beside the event loop: a write of the record may have to end first."""

    def run() -> None:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute(statement)
            connection.commit()

    await asyncio.to_thread(run)


async def test_a_note_is_on_the_disk_before_the_agent_answers(record: Record, file: Path) -> None:
    async with conversation(
        calls("note", name="Ada", quantity="30"), "Hello Ada.", record=record
    ) as talk:
        seen: list[str] = []

        def look(_: object) -> None:
            with sqlite3.connect(file) as connection:
                seen.extend(row[0] for row in connection.execute("SELECT state FROM calls"))

        talk.session.on("function_tools_executed", look)
        await talk.session.run(user_input="I am Ada, I need thirty.")
        assert '"name": "Ada"' in seen[0]
        assert "Noted. Go on" in talk.model.requests[-1].conversation[-1]["content"]


async def test_the_transcript_has_lines_tools_and_what_was_found_of_them(
    record: Record, file: Path
) -> None:
    reply = calls("note", name="Ada")
    async with conversation(
        reply, "Hello Ada.", together("Yes.", calls("note", need="desks")), record=record
    ) as talk:
        await talk.session.run(user_input="I am Ada.")
        await talk.session.run(user_input="I need desks.")
        answer = talk.session.history.messages()[1]
        record.found(answer.id, sources=[{"document": "desks.md"}], latency={"total": 400})
        record.found("unknown", sources=[])
        assert await record.save()
    call = await kept(file)
    assert [(line["who"], line["text"]) for line in call.transcript] == [
        ("caller", "I am Ada."),
        ("agent", "Hello Ada."),
        ("caller", "I need desks."),
        ("agent", "Yes."),
    ]
    _, first, _, second = call.transcript
    (tool,) = first["tools"]
    assert (tool["name"], tool["arguments"], tool["failed"]) == ("note", {"name": "Ada"}, False)
    assert tool["result"].startswith("Noted.")
    assert [tool["arguments"] for tool in second["tools"]] == [{"need": "desks"}]
    assert first["sources"] == [{"document": "desks.md"}]
    assert first["latency"] == {"total": 400}
    assert second["sources"] is None
    assert datetime.fromisoformat(first["at"]).utcoffset() == timedelta(0)
    assert call.ended is None


async def test_a_write_that_fails_is_told_as_it_is(record: Record, file: Path) -> None:
    async with conversation(
        calls("note", name="Ada"), "I could not write that down.", record=record
    ) as talk:
        await execute(file, "ALTER TABLE calls RENAME TO gone")
        turn = await talk.session.run(user_input="I am Ada.")
        turn.expect.next_event().is_function_call(name="note")
        turn.expect.next_event().is_function_call_output(is_error=True)
        assert talk.model.requests[-1].conversation[-1]["content"].startswith("Not saved.")
        await execute(file, "ALTER TABLE gone RENAME TO calls")
        assert await record.save()
    assert (await kept(file)).state["name"] == "Ada"


async def test_a_write_that_takes_too_long_is_not_waited_for_and_still_happens(
    record: Record, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_module, "SAVE_TIMEOUT", 0.2)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    record.call.update(name="Ada")
    with pytest.raises(StoreError, match="does not answer"):
        await record.save()
    connection.execute("COMMIT")
    connection.close()
    monkeypatch.undo()
    assert await record.save()
    assert (await kept(file)).state["name"] == "Ada"


async def test_a_call_goes_on_without_a_store_and_says_so(tmp_path: Path) -> None:
    record = Record(Call(id="room"))
    await record.open(f"sqlite:///{tmp_path}/no-folder/calls.db", patience=30)
    async with conversation(calls("note", name="Ada"), "Hello Ada.", record=record) as talk:
        await talk.session.run(user_input="I am Ada.")
        assert talk.model.requests[-1].conversation[-1]["content"].startswith("Noted for this call")
        assert talk.call.name == "Ada"
    assert not await record.end()
    await record.aclose()


async def test_a_caller_who_comes_back_soon_goes_on(record: Record, file: Path) -> None:
    async with conversation(
        calls("note", products=["Summit desk"]), "It costs 749.", record=record
    ) as talk:
        await talk.session.run(user_input="What does the Summit cost?")
    await record.end()
    assert (await kept(file)).ended is not None
    async with aclosing(await opened(file)) as again:
        assert again.returned
        assert again.call.id == "room"
        assert again.call.products == ["Summit desk"]
        assert again.call.stage == "discovery"
        assert [(m.role, m.text_content) for m in again.conversation()] == [
            ("user", "What does the Summit cost?"),
            ("assistant", "It costs 749."),
        ]
        call = await kept(file)
        assert call.ended is None
        assert len(call.transcript) == 2


async def test_after_a_longer_time_it_is_a_new_call_in_the_same_room(file: Path) -> None:
    long_ago = datetime.now(UTC) - RETURN_WITHIN - timedelta(seconds=5)
    async with aclosing(await open_store(f"sqlite:///{file}")) as store:
        await store.calls.save_state("ROOM#2", {}, now=datetime.now(UTC))  # another room
        await store.calls.save_state("room", {"name": "Ada"}, now=long_ago, ended=True)
    for expected in ("room#2", "room#3"):
        async with aclosing(await opened(file)) as record:
            assert not record.returned
            assert record.call.id == expected
            assert record.call.name == ""
        async with aclosing(await opened(file)) as back:
            assert back.returned
            assert back.call.id == expected
        await execute(file, f"UPDATE calls SET started = '{long_ago:%F %T.%f}', ended = NULL")


async def test_a_call_whose_process_died_is_dated_by_its_last_line(file: Path) -> None:
    now = datetime.now(UTC)
    line = {"who": "caller", "at": (now - timedelta(minutes=2)).isoformat(), "text": "Hi."}
    async with aclosing(await open_store(f"sqlite:///{file}")) as store:
        await store.calls.save_state(
            "room", {"name": "Ada"}, now=now - timedelta(hours=1), transcript=[line]
        )
    async with aclosing(await opened(file)) as record:
        assert record.returned
