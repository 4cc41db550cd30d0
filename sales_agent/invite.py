"""`agent.py invite`: what any other LiveKit client needs to join a call."""

import io
from urllib.parse import urlencode, urlsplit

import segno

from sales_agent.config import Settings, is_loopback
from sales_agent.identity import need_customer
from sales_agent.report import PLAYGROUND, Say
from sales_agent.rooms import meet_link, need_server
from sales_agent.web.tickets import new_ticket

# What the playground's own address bar says of a call with microphone and chat; it takes no server or token there.
PLAYGROUND_VIEW = {"cam": 0, "mic": 1, "video": 0, "audio": 1, "chat": 1, "theme_color": "cyan"}


async def run_invite(settings: Settings, say: Say, customer_id: str = "") -> int:
    """Print a server, a token and links for one new call, by which the agent knows a customer where one is given.

    Raises ConfigError where there is no server to invite to, and where the customer is unknown.
    """
    found = await need_server(settings)
    if customer_id:
        await need_customer(settings.database_url, customer_id)
    ticket = new_ticket(found, customer_id)
    meet = meet_link(ticket.server_url, ticket.participant_token)
    whoever = f"customer {customer_id}: give this token to nobody else" if customer_id else ""
    say(
        f"One new call, for {whoever or 'whoever has this token'}; it lets them in for the next 15 minutes."
    )
    say(f"Server      {ticket.server_url}")
    say(f"Token       {ticket.participant_token}")
    say("")
    say(f"Playground  {playground_link()}")
    say("            choose Manual, and paste server and token")
    say(f"Meet        {meet}")
    say("            (both links were made from those sites' public code, and not tried there)")
    say("")
    reason = why_no_phone(ticket.server_url)
    if reason:
        say(f"Phone       {reason}")
    else:
        say("Phone       scan this, or send the Meet link:")
        say(qr_code(meet))
    return 0


def playground_link() -> str:
    """LiveKit's hosted Agents Playground, with microphone and chat."""
    return f"{PLAYGROUND}/#{urlencode(PLAYGROUND_VIEW)}"


def why_no_phone(server_url: str) -> str:
    """Why a phone cannot join a call on this server, with the mend; empty where it can."""
    parts = urlsplit(server_url)
    if is_loopback(parts.hostname or ""):
        return (
            f"cannot join: {server_url} is reached from this machine alone. Set LIVEKIT_URL to a server "
            "with a wss:// address (LiveKit Cloud has a free plan)"
        )
    if parts.scheme not in ("wss", "https"):
        return (
            f"cannot join: browsers on a phone connect only to wss:// addresses, and {server_url} is none. "
            "Put TLS in front of the server"
        )
    return ""


def qr_code(text: str) -> str:
    """The text as a QR code of half blocks, light on dark."""
    picture = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(picture, border=2, compact=True)
    return picture.getvalue()
