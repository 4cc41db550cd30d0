"""Speech-to-text, language model, text-to-speech and voice activity from Settings.

LiveKit's plugin interfaces are the ports: a key takes the cloud's plugin, no key the embedded one behind the same
interface. Which language model answers is asked of its server once, before anything starts.
"""

import functools
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2
import openai as openai_sdk
from livekit.agents import NOT_GIVEN, llm, stt, tts, vad
from livekit.plugins import cartesia, openai, silero

from sales_agent.config import ConfigError, Settings
from sales_agent.local.text_calls import TextCalls
from sales_agent.prompts import Briefing

# Cerebras's Llamas first, newest and largest before the rest; then what its public endpoints serve since they
# retired the Llamas (its deprecation page, 2026-05-27).
PREFERRED_MODELS = (
    "llama-4-maverick-17b-128e-instruct",
    "llama-3.3-70b",
    "llama-4-scout-17b-16e-instruct",
    "llama3.1-8b",
    "gpt-oss-120b",
    "qwen-3.8-27b",
)
MODELS_TIMEOUT = 10.0  # seconds; a model list is a few hundred bytes

Kind = Literal["cerebras", "compatible", "gguf", "reader"]


@dataclass(frozen=True, kw_only=True)
class Brain:
    """Which language model answers, and why that one."""

    kind: Kind
    model: str
    reason: str


def brain_kind(settings: Settings) -> Kind:
    """A key beats a server, a server beats a file, and a file beats reading aloud."""
    if settings.cerebras_api_key:
        return "cerebras"
    if settings.llm_base_url:
        return "compatible"
    return "reader" if settings.reads_aloud else "gguf"


async def choose_brain(settings: Settings) -> Brain:
    """Ask the model's server what it serves, and take the first that we prefer.

    Raises ConfigError with one line where the server does not answer, refuses the key or lacks LLM_MODEL.
    """
    kind = brain_kind(settings)
    if kind == "reader":
        return Brain(kind=kind, model="", reason="no key, no LLM_BASE_URL and no LOCAL_LLM")
    if kind == "gguf":
        return Brain(kind=kind, model=Path(settings.local_llm).name, reason="LOCAL_LLM names it")
    if kind == "cerebras":
        where = settings.cerebras_base_url
        served = await _cerebras_models(settings)
    else:
        where = settings.llm_base_url
        served = await _compatible_models(settings)
    model, reason = pick_model(settings.llm_model, served, where)
    return Brain(kind=kind, model=model, reason=reason)


def pick_model(wanted: str, served: Sequence[str], where: str) -> tuple[str, str]:
    """Choose a model id from what a server serves; gives it with the reason.

    Raises ConfigError where the wanted one, or any at all, is missing.
    """
    if not served:
        raise ConfigError(f"{where} serves no model: load one there, or set another LLM_BASE_URL")
    if wanted:
        if wanted not in served:
            raise ConfigError(
                f"LLM_MODEL {wanted!r} is not served at {where}: take one of {', '.join(served)}"
            )
        return wanted, "LLM_MODEL names it"
    for model in PREFERRED_MODELS:
        if model in served:
            return model, "the first of our preferences that is served"
    chat = [m for m in served if not any(t in m.lower() for t in ("embed", "rerank", "whisper"))]
    model = (chat or list(served))[0]
    return model, "the first chat model that is served; LLM_MODEL picks another"


async def _cerebras_models(settings: Settings) -> list[str]:
    # Here, because only the start asks it, and each process of a call would carry it from its start on.
    from cerebras.cloud.sdk import APIConnectionError, APIStatusError, AsyncCerebras

    where = settings.cerebras_base_url
    client = AsyncCerebras(
        api_key=settings.cerebras_api_key,
        base_url=where.removesuffix("/v1"),  # the SDK adds it
        timeout=MODELS_TIMEOUT,
        max_retries=1,
        warm_tcp_connection=False,
    )
    async with client:
        try:
            return [model.id for model in (await client.models.list()).data]
        except APIStatusError as error:
            raise _refused("CEREBRAS_API_KEY", where, error.status_code) from error
        except APIConnectionError as error:
            raise _unreachable("CEREBRAS_BASE_URL", where) from error


async def _compatible_models(settings: Settings) -> list[str]:
    where = settings.llm_base_url
    client = openai_sdk.AsyncClient(
        api_key=settings.llm_api_key or "none",  # the client insists; a local server ignores it
        base_url=where,
        timeout=MODELS_TIMEOUT,
        max_retries=1,
    )
    async with client:
        try:
            return [model.id for model in (await client.models.list()).data]
        except openai_sdk.APIStatusError as error:
            raise _refused("LLM_API_KEY", where, error.status_code) from error
        except openai_sdk.APIConnectionError as error:
            raise _unreachable("LLM_BASE_URL", where) from error


def _refused(key: str, where: str, status: int) -> ConfigError:
    if status in (401, 403):
        return ConfigError(f"{where} refuses {key} ({status}): copy the key again")
    return ConfigError(f"{where} answers {status} when asked for its models: try again later")


def _unreachable(key: str, where: str) -> ConfigError:
    return ConfigError(f"{where} cannot be reached: check the network and {key}")


def make_vad() -> vad.VAD:
    """Silero, for interruption and for the embedded hearing."""
    # A barge-in is judged by speech that goes on; the pauses inside it should not end it.
    return silero.VAD.load(min_speech_duration=0.05, min_silence_duration=0.15)


def make_stt(settings: Settings, key_terms: list[str], activity: vad.VAD) -> stt.STT[Any]:
    """Cartesia's ink-2, or moonshine in this process."""
    if not settings.cloud_speech:
        # Here, because a process that does not need the embedded models should not carry them.
        from sales_agent.local.hearing import MoonshineSTT

        return MoonshineSTT(vad=activity)
    return cartesia.STT(
        model="ink-2",
        api_key=settings.cartesia_api_key,
        base_url=settings.cartesia_base_url,
        keyterm=key_terms,
        # The default of 160 ms alone costs up to 150 ms before the end of a turn is seen.
        audio_chunk_duration_ms=20,
    )


def make_tts(settings: Settings, voice: str = "") -> tts.TTS[Any]:
    """Cartesia's sonic-3, in another voice than the settings' where one is given; or hibari in this process."""
    if not settings.cloud_speech:
        from sales_agent.local.speaking import HibariTTS

        return HibariTTS()
    return cartesia.TTS(
        model="sonic-3",
        voice=voice or settings.voice,
        api_key=settings.cartesia_api_key,
        base_url=settings.cartesia_base_url,
    )


def make_voices(settings: Settings) -> dict[str, tts.TTS[Any]]:
    """Text-to-speech by role, for the specialists that have a voice of their own."""
    chosen = {
        "sales": settings.voice_sales,
        "technical": settings.voice_technical,
        "pricing": settings.voice_pricing,
    }
    if not settings.cloud_speech:  # hibari has one voice
        return {}
    return {role: make_tts(settings, voice) for role, voice in chosen.items() if voice}


def make_llm(settings: Settings, briefing: Briefing) -> llm.LLM[Any]:
    """The model that `choose_brain` found, which is in LLM_MODEL by now; or the reader."""
    kind = brain_kind(settings)
    if kind == "reader":
        from sales_agent.local.reader import Reader

        return Reader(briefing.knowledge, settings.cache, briefing.prompts.reader)
    if kind == "cerebras":
        base_url, key = settings.cerebras_base_url, settings.cerebras_api_key
    else:
        base_url, key = settings.llm_base_url, settings.llm_api_key or "none"
    client = openai_sdk.AsyncClient(
        api_key=key,
        base_url=base_url,
        max_retries=0,  # LiveKit retries, with its own back-off
        http_client=httpx2.AsyncClient(
            verify=_certificates(),
            event_hooks={"request": [_strip_livekit_headers]},
            limits=httpx2.Limits(keepalive_expiry=120),  # one warm connection from turn to turn
        ),
    )
    model = settings.llm_model
    if kind == "cerebras":
        if model.startswith("gpt-oss"):  # it reasons before it speaks: as little as can be
            return openai.LLM.with_cerebras(model=model, client=client, reasoning_effort="low")
        return openai.LLM.with_cerebras(model=model, client=client)
    local = openai.LLM(
        model=model,
        client=client,
        # A small model on this machine strays from the documents where it may choose its words.
        temperature=0.0 if settings.local_llm else NOT_GIVEN,
        _strict_tool_schema=False,
    )
    return TextCalls(local)


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Read once, when a process warms up: it takes 150 ms, which the first caller would wait."""
    return ssl.create_default_context()


async def _strip_livekit_headers(request: httpx2.Request) -> None:
    """Room, job and session ids, and on LiveKit Cloud a worker token: not a model provider's business."""
    for name in [name for name in request.headers if name.lower().startswith("x-livekit-")]:
        del request.headers[name]
