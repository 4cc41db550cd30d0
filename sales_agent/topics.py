"""What the agent tells clients beside its voice: JSON over text streams, on topics of our own.

After each utterance of the agent, with the same `id`:
    sources   {"id", "text", "interrupted", "sources": [{"document", "page", "heading", "quote"}]}
              `text` is what was really spoken; `page` is null where the document has none.
    latency   {"id", "end_of_turn", "model", "voice", "ours", "total"}, milliseconds of the silence before an answer
When it changes, and when a caller joins:
    call      what is known about the call so far, a flat object of strings

Speech, transcripts, typed lines and states are LiveKit's own (`lk.transcription`, `lk.chat`, `lk.agent.state`).
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, CloseEvent, ConversationItemAddedEvent, llm

from sales_agent.agents import Team
from sales_agent.call import Call
from sales_agent.knowledge import Knowledge, KnowledgeError
from sales_agent.knowledge.opening import open_passages
from sales_agent.knowledge.sources import found_sources
from sales_agent.metrics import latency_of
from sales_agent.record import Record

logger = logging.getLogger("sales_agent")

SOURCES, LATENCY, CALL = "sources", "latency", "call"


class Topics:
    """Sends one call's news to everybody in the room, in order, without holding the call up."""

    def __init__(
        self,
        session: AgentSession[Call],
        room: rtc.Room,
        team: Team,
        knowledge: Knowledge,
        cache: Path,
        record: Record,
    ) -> None:
        """Follow a session that has started, until it closes; the record gets what clients are told of an answer."""
        self._call = session.userdata
        self._room = room
        self._team = team
        self._record = record
        self._question: tuple[llm.ChatMessage, float] | None = None  # with the caller's last sound
        self._said: asyncio.Queue[
            tuple[llm.ChatMessage, tuple[llm.ChatMessage, float] | None] | None
        ] = asyncio.Queue()
        self._cache = cache
        self.use(knowledge)
        self._sending = asyncio.create_task(self._send_all())
        session.on("conversation_item_added", self._on_item)
        session.on("close", self._on_close)
        self._call.on_change(self.tell_call)

    def use(self, knowledge: Knowledge) -> None:
        """Find the sources of what is said from now on in these documents."""
        self._passages = asyncio.create_task(
            asyncio.to_thread(open_passages, knowledge, self._cache)
        )

    def tell_call(self) -> None:
        """Send what is known about the call, after a change or to who has just come in."""
        self._said.put_nowait(None)

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        item = event.item
        if not isinstance(item, llm.ChatMessage):
            return
        if item.role == "user":
            self._question = (item, self._team.ear.last_sound)
        elif item.role == "assistant":
            question, self._question = self._question, None
            self._said.put_nowait((item, question))

    def _on_close(self, event: CloseEvent) -> None:
        self._sending.cancel()

    async def _send_all(self) -> None:
        while True:
            said = await self._said.get()
            if said is None:
                await self._send(CALL, self._call.facts())
                continue
            answer, question = said
            if self._team.guard and (
                stops := self._team.guard.stopped_in(answer.text_content or "")
            ):
                self._record.found(answer.id, stopped=[stop.as_json() for stop in stops])
            if question is not None and (latency := self._latency(question, answer)):
                self._record.found(answer.id, latency=latency)
                await self._send(LATENCY, {"id": answer.id, **latency})
            news = await self._sources(answer)
            self._record.found(answer.id, sources=news["sources"])
            await self._send(SOURCES, news)

    def _latency(
        self, question: tuple[llm.ChatMessage, float], answer: llm.ChatMessage
    ) -> dict[str, int] | None:
        message, last_sound = question
        sounded = answer.metrics.get("started_speaking_at", 0.0)
        # The last before its first sound: speculative ones that were thrown away came before it.
        asked = [moment for moment in self._team.asked if moment <= sounded]
        if not asked:
            return None
        latency = latency_of(message, answer, asked=asked[-1], last_sound=last_sound)
        return latency.milliseconds() if latency else None

    async def _sources(self, answer: llm.ChatMessage) -> dict[str, Any]:
        text = answer.text_content or ""
        try:
            passages = await self._passages
            hits = await asyncio.to_thread(found_sources, text, passages)
        except KnowledgeError as error:
            logger.error("an answer comes without its sources: %s", error)
            hits = []
        sources = [
            {
                "document": hit.passage.document,
                "page": hit.passage.page,
                "heading": hit.passage.heading,
                "quote": hit.passage.text,
            }
            for hit in hits
        ]
        return {
            "id": answer.id,
            "text": text,
            "interrupted": answer.interrupted,
            "sources": sources,
        }

    async def _send(self, topic: str, news: Mapping[str, Any]) -> None:
        try:
            await self._room.local_participant.send_text(json.dumps(news), topic=topic)
        except rtc.StreamError as error:  # nobody is there to receive it
            logger.info("a client was not told on %s: %s", topic, error)
