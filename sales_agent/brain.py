"""Which language model answers: asked of its server once, before anything starts.

The clients are imported where they ask: they take most of a second, and only the start of a run needs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sales_agent.config import ConfigError, Settings

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
    import openai as openai_sdk

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
