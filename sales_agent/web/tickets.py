"""Tokens for callers of the page: for one new room, or back into the one they were in."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from aiohttp import web
from livekit import api

from sales_agent.config import Settings
from sales_agent.rooms import CALL_ROOM, caller_token, new_room_name

CALLER = "caller-"


@dataclass(frozen=True)
class Ticket:
    """What a client needs to join a call; the field names are those of LiveKit's token endpoints."""

    server_url: str
    participant_token: str
    room_name: str
    participant_identity: str


def new_ticket(settings: Settings) -> Ticket:
    """A ticket for a room that nobody has been in."""
    return _ticket(settings, new_room_name(), f"{CALLER}{secrets.token_hex(6)}")


def ticket_for(settings: Settings, body: bytes) -> Ticket:
    """The ticket that a request asks for: `{}` a new one, `{"participant_token": …}` back into that call.

    Raises web.HTTPException. 400: no such request. 403: a room that was not given to this caller. 410: a call too old.
    """
    asked = _parse(body)
    token, room = asked.get("participant_token"), asked.get("room_name")
    if token is None and room is None:
        return new_ticket(settings)
    if not isinstance(token, str):
        raise web.HTTPForbidden(text="Rooms are given out, not asked for: leave room_name out")
    held_room, identity = _read(settings, token)
    if room is not None and room != held_room:
        raise web.HTTPForbidden(text="This token is for another room")
    return _ticket(settings, held_room, identity)


def _ticket(settings: Settings, room: str, identity: str) -> Ticket:
    token = caller_token(
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        room=room,
        identity=identity,
        agent_name=settings.agent_name,
    )
    return Ticket(settings.livekit_url, token, room, identity)


def _parse(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise web.HTTPBadRequest(text="The body must be a JSON object")
    return asked


def _read(settings: Settings, token: str) -> tuple[str, str]:
    """The room and the identity of a token that this server gave to a caller."""
    verifier = api.TokenVerifier(settings.livekit_api_key, settings.livekit_api_secret)
    try:
        claims = verifier.verify(token)
    except jwt.ExpiredSignatureError:
        raise web.HTTPGone(text="That call is over: start a new one") from None
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise web.HTTPForbidden(text="This token is not from here") from None
    room = claims.video.room if claims.video else ""
    if not room.startswith(CALL_ROOM) or not claims.identity.startswith(CALLER):
        raise web.HTTPForbidden(text="This token is not a caller's")
    return room, claims.identity
