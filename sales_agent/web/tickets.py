"""Tokens for callers: for one new room, or back into the one they were in."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

import jwt
from aiohttp import web
from livekit import api

from sales_agent.config import Settings
from sales_agent.identity import CUSTOMER, signed
from sales_agent.rooms import CALL_ROOM, caller_token, new_room_name

CALLER = "caller-"


@dataclass(frozen=True)
class Ticket:
    """What a client needs to join a call; the field names are those of LiveKit's token endpoints."""

    server_url: str
    participant_token: str
    room_name: str
    participant_identity: str


def new_ticket(settings: Settings, customer_id: str = "") -> Ticket:
    """A ticket for a room that nobody has been in; the agent takes its holder for that customer."""
    return _ticket(settings, new_room_name(), f"{CALLER}{secrets.token_hex(6)}", customer_id)


def ticket_for(settings: Settings, body: bytes, *, backend: bool = False) -> Ticket:
    """The ticket that a request asks for: `{}` a new one, `{"participant_token": …}` back into that call.

    The company's own backend may ask for one for a customer: `{"customer_id": …}`. Raises web.HTTPException. 400: no
    such request. 403: a customer or a room that was not given to who asks. 410: a call too old.
    """
    asked = _parse(body)
    token, room, customer = (
        asked.get(k) for k in ("participant_token", "room_name", "customer_id")
    )
    if customer is not None:
        if not backend:
            raise web.HTTPForbidden(text="Only a backend with BACKEND_SECRET names customers")
        if not isinstance(customer, str) or not customer or token is not None or room is not None:
            raise web.HTTPBadRequest(text="customer_id must be a text, and stand alone")
        return new_ticket(settings, customer)
    if token is None and room is None:
        return new_ticket(settings)
    if not isinstance(token, str):
        raise web.HTTPForbidden(text="Rooms are given out, not asked for: leave room_name out")
    held_room, identity, customer_id = _read(settings, token)
    if room is not None and room != held_room:
        raise web.HTTPForbidden(text="This token is for another room")
    return _ticket(settings, held_room, identity, customer_id)


def _ticket(settings: Settings, room: str, identity: str, customer_id: str) -> Ticket:
    token = caller_token(
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        room=room,
        identity=identity,
        agent_name=settings.agent_name,
        customer_id=customer_id,
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


def _read(settings: Settings, token: str) -> tuple[str, str, str]:
    """The room, the identity and the customer, if any, of a token that this server gave to a caller."""
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
    customer_id = signed(
        claims.attributes or {},
        settings.livekit_api_secret,
        CUSTOMER,
        room=room,
        identity=claims.identity,
    )
    return room, claims.identity, customer_id
