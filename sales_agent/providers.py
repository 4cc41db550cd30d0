"""Speech-to-text, language model, text-to-speech and voice activity from Settings.

LiveKit's plugin interfaces are the ports: a key takes the cloud's plugin, no key the embedded one behind the same
interface.
"""

import functools
import ssl
from typing import Any

import httpx2
import openai as openai_sdk
from livekit.agents import NOT_GIVEN, llm, stt, tts, vad
from livekit.plugins import cartesia, openai, silero

from sales_agent.brain import brain_kind
from sales_agent.config import Settings
from sales_agent.local.text_calls import TextCalls
from sales_agent.prompts import Briefing


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
