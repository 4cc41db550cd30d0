"""`agent.py doctor`: checks everything that a first run can trip on, a line each, with the mend.

It never prints a secret, and what it finds broken here would stop `dev` with the same words, or leave out what a
user has asked for.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from livekit.agents import APIConnectOptions, APIError
from livekit.agents.utils import http_context

from sales_agent.brain import brain_kind, choose_brain
from sales_agent.config import MAKE_SECRET, ConfigError, MendableError, Settings, is_loopback
from sales_agent.env_file import misspelt
from sales_agent.indexing import meaning
from sales_agent.local.livekit_server import find_installed
from sales_agent.local.models import resolve
from sales_agent.prompts import brief
from sales_agent.providers import make_stt, make_tts, make_vad
from sales_agent.report import Say
from sales_agent.rooms import find_server
from sales_agent.start import check_port
from sales_agent.store import open_store
from sales_agent.store.database import Database
from sales_agent.web.client_library import cached_library
from sales_agent.web.server import address, open_port

ONE_TRY = APIConnectOptions(max_retry=0, timeout=8.0)
TIMEOUT = 15.0  # seconds for one check; a provider that takes longer is as good as gone
SECRET_LENGTH = 32  # bytes that HMAC-SHA256 is meant to have of a key
# Loaded only when a call needs them; a system library that is missing shows here, not in the call.
AUDIO_PACKAGES = ("livekit.rtc", "onnxruntime", "moonshine_voice.transcriber", "hibari")

Check = Callable[[Settings], Awaitable[str]]


async def run_doctor(settings: Settings, say: Say) -> int:
    """Run every check; 1 where something is broken."""
    checks: list[tuple[str, Check]] = [
        ("Python", _python),
        ("Settings", _settings),
        ("Cache", _cache),
        ("Documents", _documents),
        ("Audio packages", _audio),
        ("Hears", _hears),
        ("Speaks", _speaks),
        ("Thinks", _thinks),
        ("LiveKit", _livekit),
        ("Data", _data),
        ("Page", _page),
        ("Ports", _ports),
    ]
    broken = 0
    async with http_context.open():
        for name, check in checks:
            try:
                say(f"  ok    {name:<15} {await asyncio.wait_for(check(settings), TIMEOUT)}")
            except TimeoutError:
                broken += 1
                say(f"BROKEN  {name:<15} no answer in {TIMEOUT:.0f} s: check the network")
            except (MendableError, ImportError, OSError) as error:
                broken += 1
                say(f"BROKEN  {name:<15} {error}")
    say("")
    say("Everything works." if not broken else f"{broken} of {len(checks)} checks failed.")
    return 1 if broken else 0


async def _python(settings: Settings) -> str:
    return sys.version.split()[0]


async def _settings(settings: Settings) -> str:
    if names := misspelt():
        raise ConfigError(names)
    return "well-formed"


async def _cache(settings: Settings) -> str:
    await asyncio.to_thread(
        _try_to_write, settings.cache, "allow it, or set XDG_CACHE_HOME to another folder"
    )
    return str(settings.cache)


def _try_to_write(folder: Path, mend: str) -> None:
    """Rights do not tell all: a disk may be full, or there to be read only."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written to ({error.strerror}): {mend}") from error


async def _documents(settings: Settings) -> str:
    briefing = await asyncio.to_thread(brief, settings)
    out = briefing.block.left_out
    note = "" if not out else f"; {len(out)} left out (`agent.py knowledge` says why)"
    if briefing.library is not None:
        how = await asyncio.to_thread(meaning, settings, briefing.library)
        note += f"; {briefing.block.listed:,} are searched {how}"
    return f"{len(briefing.block.included)} in the prompt, about {briefing.block.tokens:,} tokens{note}"


async def _audio(settings: Settings) -> str:
    for package in AUDIO_PACKAGES:
        try:
            await asyncio.to_thread(import_module, package)
        except (ImportError, OSError) as error:
            raise ConfigError(
                f"{package} does not load ({error}): install the project again"
            ) from error
    return "load"


async def _hears(settings: Settings) -> str:
    if not settings.cloud_speech:
        return "moonshine, on this machine"
    model = make_stt(settings, [], make_vad())
    stream = model.stream(conn_options=ONE_TRY)
    try:
        ending = asyncio.ensure_future(anext(stream, None))
        # A stream that is ended before it runs does not even connect.
        await asyncio.wait({ending}, timeout=0.5)
        if not ending.done():
            stream.end_input()
        await ending
    except APIError as error:
        raise _provider_error("speech-to-text", settings, error) from error
    finally:
        await stream.aclose()
    return f"Cartesia ink-2 at {settings.cartesia_base_url}"


async def _speaks(settings: Settings) -> str:
    model = make_tts(settings)
    try:
        async with model.synthesize("Hello.", conn_options=ONE_TRY) as stream:
            async for _ in stream:
                pass
    except APIError as error:
        raise _provider_error("text-to-speech", settings, error) from error
    finally:
        await model.aclose()
    return (
        f"Cartesia sonic-3 at {settings.cartesia_base_url}"
        if settings.cloud_speech
        else "hibari, on this machine"
    )


def _provider_error(what: str, settings: Settings, error: APIError) -> ConfigError:
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return ConfigError(
            f"Cartesia {what} refuses CARTESIA_API_KEY ({status}): copy the key again"
        )
    if status == 402:
        return ConfigError(f"Cartesia {what}: the credits are used up (402)")
    return ConfigError(
        f"Cartesia {what} at {settings.cartesia_base_url} fails: {error.message}: check the network "
        "and CARTESIA_BASE_URL"
    )


async def _thinks(settings: Settings) -> str:
    kind = brain_kind(settings)
    if kind == "reader":
        return (
            "no language model: answers are read out (CEREBRAS_API_KEY, LLM_BASE_URL or LOCAL_LLM)"
        )
    if kind == "gguf":
        from sales_agent.local.llm_server import check_installed

        check_installed()
        return f"{resolve(settings.local_llm, settings.cache).name}, on this machine"
    brain = await choose_brain(settings)
    where = settings.cerebras_base_url if kind == "cerebras" else settings.llm_base_url
    return f"{brain.model} at {where}: {brain.reason}"


async def _livekit(settings: Settings) -> str:
    found = await find_server(settings)
    if found is not None:
        return found.livekit_url + weak_secret(found)
    installed = await asyncio.to_thread(find_installed, settings.cache)
    if installed is None:
        return (
            "livekit-server is built at the first `dev`, once, in about 90 s (or set LIVEKIT_URL)"
        )
    return f"{installed}, started by `dev`"


def weak_secret(server: Settings) -> str:
    """A remark on a secret that is shorter than signatures need; that of `livekit-server --dev` is no secret."""
    secret, host = server.livekit_api_secret, urlsplit(server.livekit_url).hostname or ""
    if len(secret) >= SECRET_LENGTH or (secret == "secret" and is_loopback(host)):
        return ""
    return (
        f"; LIVEKIT_API_SECRET has fewer than {SECRET_LENGTH} characters, and who guesses it can join any call: "
        f"give the server a longer one ({MAKE_SECRET})"
    )


async def _data(settings: Settings) -> str:
    database = Database(settings.database_url)
    file = database.file
    if file is not None:
        database.check_folder()
        await asyncio.to_thread(_try_to_write, file.parent, "allow it, or change DATABASE_URL")
    if file is not None and not file.exists():
        return f"{file} is made at the first call (`agent.py data import FOLDER` fills it)"
    async with aclosing(await open_store(settings.database_url)) as store:
        async with store.database.writing():
            pass  # nothing: whether it may
        counts = await store.counts()
        if not counts["products"]:
            return f"{store.database.where}: nothing loaded (`agent.py data import FOLDER`)"
        return (
            f"{store.database.where}: {counts['products']:,} products, {counts['orders']:,} orders"
        )


async def _page(settings: Settings) -> str:
    with open_port(settings) as port:
        place = address(port)
    if cached_library(settings.cache).exists():
        return f"{place} is free"
    return f"{place} is free; livekit-client is fetched at the first `dev`, once, by npm"


async def _ports(settings: Settings) -> str:
    check_port(settings.health_port)
    return f"{settings.health_port} is free (health checks of `start`)"
