"""Settings: everything that the environment decides, read in one place and checked at once."""

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

AGENT = Path("agent.py")  # in the folder that the user is in, as are knowledge/, prompts/ and .env
CARTESIA_BASE_URL = "https://api.cartesia.ai"
CEREBRAS_BASE_URL = "https://api.cerebras.ai/v1"
# Cartesia's "Katie", which its documentation recommends for voice agents.
VOICE = "f786b574-daa5-4673-aa0c-cbe3e8534c02"
DATABASE_URL = "sqlite:///sales-agent.db"

SWITCH = {"1": True, "true": True, "yes": True, "on": True}
SWITCH |= {"0": False, "false": False, "no": False, "off": False}
MAKE_SECRET = '`python -c "import secrets; print(secrets.token_urlsafe())"` makes one'
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}  # seconds
SHORTEST_REFRESH = 60.0  # seconds: it is somebody's server
SECRET_LENGTH = 16  # at 30 tries a minute nobody guesses it


class MendableError(Exception):
    """What a user can set right: told on the command line in its own words, without a traceback."""


class ConfigError(MendableError):
    """Settings that cannot be used; the message has one line for each, with the mend."""


@dataclass(frozen=True)
class McpServer:
    """An MCP server, and the headers that let us in."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says, with defaults that need no key and no server."""

    livekit_url: str = ""
    livekit_api_key: str = field(default="", repr=False)
    livekit_api_secret: str = field(default="", repr=False)  # secrets never reach a log line
    agent_name: str = ""

    cartesia_api_key: str = field(default="", repr=False)
    cartesia_base_url: str = CARTESIA_BASE_URL
    voice: str = VOICE
    voice_sales: str = ""  # of one specialist; empty: `voice`
    voice_technical: str = ""
    voice_pricing: str = ""

    cerebras_api_key: str = field(default="", repr=False)
    cerebras_base_url: str = CEREBRAS_BASE_URL
    llm_base_url: str = ""
    llm_api_key: str = field(default="", repr=False)
    llm_model: str = ""
    local_llm: str = ""
    local_llm_tools: bool = False

    knowledge_dir: Path = Path("knowledge")
    prompts_dir: Path = Path("prompts")
    prompt_tokens: int = 24_000
    url_refresh: float = 24 * 3600.0  # seconds
    url_allow: tuple[str, ...] = ()  # hosts and networks
    embedding_base_url: str = ""  # empty: the model that ships embeds documents
    embedding_api_key: str = field(default="", repr=False)
    embedding_model: str = ""
    database_url: str = field(default=DATABASE_URL, repr=False)  # a password can be in it
    webhook_url: str = field(default="", repr=False)  # some receivers put a secret into it
    webhook_secret: str = field(default="", repr=False)
    mcp_servers: tuple[McpServer, ...] = ()
    health_port: int = 8081
    page: bool = False  # whether `start` serves the page too; `dev` always can
    page_host: str = "127.0.0.1"
    page_port: int = 0  # 0: 8000, or a free one where it is taken
    page_secret: str = field(default="", repr=False)
    backend_secret: str = field(default="", repr=False)
    cache: Path = field(default_factory=lambda: platformdirs.user_cache_path("voice-sales-agent"))

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read settings, naming every bad key at once.

        Raises ConfigError with one line for each bad key.
        """
        wrong: list[str] = []

        def text(key: str, default: str = "") -> str:
            return env.get(key, "").strip() or default

        def url(key: str, schemes: tuple[str, ...], default: str = "") -> str:
            value = text(key, default).rstrip("/")
            if value and not _is_url(value, schemes):
                wanted = " or ".join(f"{scheme}://…" for scheme in schemes)
                wrong.append(f"{key} must be a URL that starts with {wanted}: {value!r}")
            return value

        def number(key: str, default: int, low: int, high: int) -> int:
            value = text(key)
            if not value:
                return default
            if not value.isdecimal() or not low <= int(value) <= high:
                wrong.append(f"{key} must be a whole number from {low} to {high}: {value!r}")
                return default
            return int(value)

        def duration(key: str, default: float) -> float:
            value = text(key)
            match = re.fullmatch(r"(\d{1,6})\s*([smhd])", value)
            seconds = int(match[1]) * UNITS[match[2]] if match else default
            if value and (match is None or seconds < SHORTEST_REFRESH):
                wrong.append(f"{key} must be a time such as 30m, 24h or 7d, from 1m on: {value!r}")
                return default
            return seconds

        def hosts(key: str) -> tuple[str, ...]:
            entries = tuple(text(key).replace(",", " ").split())
            for entry in entries:
                if not _is_host(entry):
                    wrong.append(
                        f"{key} must be hosts or networks with blanks between them, "
                        f"such as intranet.example 10.1.0.0/16: {entry!r}"
                    )
            return entries

        def database(key: str) -> str:
            value = text(key, DATABASE_URL)
            if not _is_database(value):  # not shown: a password can be in it
                wrong.append(
                    f"{key} must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
                )
            return value

        def secret(key: str) -> str:
            value = text(key)
            if any(ch.isspace() or not ch.isascii() for ch in value):
                wrong.append(f"{key} holds a blank or a non-ASCII character: paste the key again")
            return value

        def servers(key: str) -> tuple[McpServer, ...]:
            try:
                return _mcp_servers(text(key))
            except ValueError:  # not shown: the headers are secrets
                wrong.append(
                    f"{key} must be URLs with blanks between them, "
                    'or [{"url": "https://…/mcp", "headers": {"Authorization": "Bearer …"}}, …]'
                )
                return ()

        def switch(key: str) -> bool:
            value = text(key, "0").lower()
            if value not in SWITCH:
                wrong.append(f"{key} must be 1 or 0: {value!r}")
            return SWITCH.get(value, False)

        settings = cls(
            livekit_url=url("LIVEKIT_URL", ("ws", "wss", "http", "https")),
            livekit_api_key=secret("LIVEKIT_API_KEY"),
            livekit_api_secret=secret("LIVEKIT_API_SECRET"),
            agent_name=text("AGENT_NAME"),
            cartesia_api_key=secret("CARTESIA_API_KEY"),
            cartesia_base_url=url("CARTESIA_BASE_URL", ("http", "https"), CARTESIA_BASE_URL),
            voice=text("VOICE", VOICE),
            voice_sales=text("VOICE_SALES"),
            voice_technical=text("VOICE_TECHNICAL"),
            voice_pricing=text("VOICE_PRICING"),
            cerebras_api_key=secret("CEREBRAS_API_KEY"),
            cerebras_base_url=url("CEREBRAS_BASE_URL", ("http", "https"), CEREBRAS_BASE_URL),
            llm_base_url=url("LLM_BASE_URL", ("http", "https")),
            llm_api_key=secret("LLM_API_KEY"),
            llm_model=text("LLM_MODEL"),
            local_llm=text("LOCAL_LLM"),
            local_llm_tools=switch("LOCAL_LLM_TOOLS"),
            knowledge_dir=Path(text("KNOWLEDGE_DIR", "knowledge")).expanduser(),
            prompts_dir=Path(text("PROMPTS_DIR", "prompts")).expanduser(),
            prompt_tokens=number("PROMPT_TOKENS", 24_000, 500, 1_000_000),
            url_refresh=duration("URL_REFRESH", cls.url_refresh),
            url_allow=hosts("URL_ALLOW"),
            embedding_base_url=url("EMBEDDING_BASE_URL", ("http", "https")),
            embedding_api_key=secret("EMBEDDING_API_KEY"),
            embedding_model=text("EMBEDDING_MODEL"),
            database_url=database("DATABASE_URL"),
            # As it is written: to some receivers a slash at its end is another address.
            webhook_url=url("WEBHOOK_URL", ("http", "https")) and text("WEBHOOK_URL"),
            webhook_secret=secret("WEBHOOK_SECRET"),
            mcp_servers=servers("MCP_SERVERS"),
            health_port=number("HEALTH_PORT", 8081, 1, 65_535),
            page=switch("PAGE"),
            page_host=text("PAGE_HOST", "127.0.0.1"),
            page_port=number("PAGE_PORT", 0, 1, 65_535),
            page_secret=secret("PAGE_SECRET"),
            backend_secret=secret("BACKEND_SECRET"),
        )
        if settings.livekit_url:
            for key in ("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"):
                if not text(key):
                    wrong.append(f"{key} is missing: LIVEKIT_URL is set, and needs it")
        if settings.embedding_base_url and not settings.embedding_model:
            wrong.append("EMBEDDING_MODEL is missing: which model EMBEDDING_BASE_URL is asked for")
        if text("WEBHOOK_URL") and not settings.webhook_secret:
            wrong.append(
                "WEBHOOK_SECRET is missing: WEBHOOK_URL is set, and its receiver knows our messages by it"
            )
        if not is_loopback(settings.page_host) and len(settings.page_secret) < SECRET_LENGTH:
            wrong.append(
                f"PAGE_SECRET must have {SECRET_LENGTH} characters or more, as PAGE_HOST lets other machines in "
                f"({MAKE_SECRET})"
            )
        if 0 < len(settings.backend_secret) < SECRET_LENGTH:
            wrong.append(
                f"BACKEND_SECRET must have {SECRET_LENGTH} characters or more ({MAKE_SECRET})"
            )
        if settings.backend_secret and settings.backend_secret == settings.page_secret:
            wrong.append("BACKEND_SECRET must not be PAGE_SECRET, which callers know")
        if wrong:
            raise ConfigError("\n".join(wrong))
        return settings

    @property
    def cloud_speech(self) -> bool:
        """Whether Cartesia hears and speaks; otherwise the embedded models do."""
        return bool(self.cartesia_api_key)

    @property
    def reads_aloud(self) -> bool:
        """Whether no language model is set: answers are read out of the documents then."""
        return not (self.cerebras_api_key or self.llm_base_url or self.local_llm)


def _mcp_servers(value: str) -> tuple[McpServer, ...]:
    """Raises ValueError for what is no list of servers."""
    if not value.startswith("["):
        found = [McpServer(url) for url in value.split()]
    else:
        found = []
        for entry in json.loads(value):
            if not isinstance(entry, dict) or not entry.keys() <= {"url", "headers"}:
                raise ValueError
            headers = entry.get("headers", {})
            if not isinstance(headers, dict) or not all(
                isinstance(v, str) for v in headers.values()
            ):
                raise ValueError
            found.append(McpServer(str(entry.get("url")), headers))
    if not all(_is_url(server.url, ("http", "https")) for server in found):
        raise ValueError
    return tuple(found)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that is bound to `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_host(value: str) -> bool:
    """Whether it is the name of a host, an address or a network."""
    try:
        ipaddress.ip_network(value)
    except ValueError:
        return re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", value) is not None
    return True


def _is_database(value: str) -> bool:
    if value.startswith("sqlite:"):
        file = value.removeprefix("sqlite:///")
        return file != value and bool(file.strip("/")) and not file.startswith((":", "?"))
    return _is_url(value, ("postgresql", "postgres")) and urlsplit(value).path.strip("/") != ""


def _is_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False
    return parts.scheme in schemes and bool(parts.hostname) and (port is None or port > 0)
