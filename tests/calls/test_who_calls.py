"""A customer whom our own server signed in is known, in this call and the next; nobody else is. A person takes over."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from livekit import api

from sales_agent.caller import Caller, join
from sales_agent.identity import CUSTOMER, sign
from sales_agent.local.speaking import speak
from sales_agent.rooms import new_room_name
from sales_agent.store import SAMPLE, import_folder, open_store
from tests.loopback.cartesia import CartesiaServer
from tests.loopback.cerebras import CerebrasServer
from tests.loopback.cerebras_replies import Answer, ToolCall
from tests.loopback.house import House, on_stand_ins
from tests.loopback.voices import hibari

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

HISTORY = "What have I ordered before?"
YES = "Yes, remember me."
PERSON = "I want to talk to a person."


def think(body: dict[str, Any]) -> Answer:
    """What a good model would do, by the caller's last words and what its tool has told it."""
    messages = body["messages"]
    if messages[-1]["role"] == "tool":
        return str(messages[-1]["content"])
    tools: dict[str, Answer] = {
        HISTORY: ToolCall("purchase_history", {}),
        YES: ToolCall("note", {"remember_consent": True, "need": "ten desks"}),
        PERSON: ToolCall("transfer_to_human", {"reason": "wants a person"}),
    }
    return tools.get(str(messages[-1]["content"]), "Hello.")


@pytest.fixture
async def shop(house: House, tmp_path: Path) -> House:
    """With the data of Harbor Office."""
    house = replace(house, data=tmp_path)
    async with aclosing(await open_store(house.database_url)) as store:
        await import_folder(store.database, SAMPLE)
    return house


async def test_a_customer_of_our_own_server_is_known_and_nobody_else(shop: House) -> None:
    samples, _ = await asyncio.to_thread(speak, "One question, please.")
    async with (
        # A turn that a busy machine tears in two would take the next one's words.
        CartesiaServer(
            transcripts=[HISTORY, YES, HISTORY, HISTORY], voice=hibari, end_ms=600
        ) as cartesia,
        CerebrasServer(reply=think) as cerebras,
        shop.agent(**on_stand_ins(cartesia, cerebras)),
    ):
        async with shop.caller(customer_id="C-1001") as caller:
            await caller.hear_answer(20)
            assert "again" not in caller.agent_text  # they never agreed to be remembered
            assert "HO-10042" in (await caller.say("", samples)).answered
            await caller.say("", samples)
            await caller.hang_up()
        async with shop.caller(customer_id="C-1001") as caller:
            await caller.hear_answer(20)
            assert "Hello again Ada King" in caller.agent_text
            assert "HO-10042" in (await caller.say("", samples)).answered
            about = cerebras.spoken[-1].body["messages"][1]["content"]
            assert "need: ten desks" in about
            await caller.hang_up()
        # As in a playground: every field of the token is the visitor's own choice.
        room = new_room_name()
        copied = sign(shop.server.api_secret, CUSTOMER, "C-1001", room="another", identity="ada")
        token = (
            api.AccessToken(shop.server.api_key, shop.server.api_secret)
            .with_identity("ada")
            .with_metadata('{"customer": "C-1001"}')
            .with_attributes(copied)
            .with_grants(api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True))
        )
        async with join(shop.server.url, token.to_jwt()) as caller:
            await caller.hear_answer(20)
            assert "again" not in caller.agent_text
            assert "not identified" in (await caller.say("", samples)).answered
            await caller.hang_up()


def hears_only(one: Caller, other: Caller) -> bool:
    """Whether these two are alone in the room, and the first hears the second."""
    people = [*one.room.remote_participants.values()]
    return [person.identity for person in people] == [other.room.local_participant.identity] and [
        track.subscribed for track in people[0].track_publications.values()
    ] == [True]


async def test_a_person_takes_the_call_over(shop: House) -> None:
    samples, _ = await asyncio.to_thread(speak, "One question, please.")
    room = new_room_name()
    webhook = {"WEBHOOK_URL": "http://127.0.0.1:9/", "WEBHOOK_SECRET": "a-secret-of-the-receiver"}
    async with (
        CartesiaServer(default_transcript=PERSON, voice=hibari) as cartesia,
        CerebrasServer(reply=think) as cerebras,
        shop.agent(**on_stand_ins(cartesia, cerebras), **webhook),
        shop.caller(room=room) as caller,
    ):
        await caller.hear_answer(20)
        assert "may join this call" in (await caller.say("", samples)).answered
        async with aclosing(await open_store(shop.database_url)) as store:
            due = await store.outbox.due(datetime.now(UTC) + timedelta(minutes=1))
            join_by = due[0].payload["join"]
        assert f"token={join_by['participant_token']}" in join_by["link"]
        async with join(join_by["server_url"], join_by["participant_token"]) as colleague:
            # The two are alone, and hear each other.
            async with asyncio.timeout(30):
                while not (hears_only(caller, colleague) and hears_only(colleague, caller)):
                    await asyncio.sleep(0.1)
                while "My colleague is on the line" not in caller.agent_text:
                    await asyncio.sleep(0.1)
        async with shop.api() as client:
            assert (await client.room.list_rooms(api.ListRoomsRequest(names=[room]))).rooms
