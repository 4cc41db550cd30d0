"""A GGUF file behind an OpenAI-compatible API: loaded, warmed, shared by calls, and ended.

What needs a model takes the file that TEST_GGUF names.
"""

import asyncio
import importlib.util
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import openai
import psutil
import pytest

from sales_agent.local.child import LocalServerError
from sales_agent.local.llm_server import LocalLLMServer, warm

GGUF = os.environ.get("TEST_GGUF", "")
needs_model = pytest.mark.skipif(not GGUF, reason="TEST_GGUF names no GGUF file")
needs_llama = pytest.mark.skipif(
    importlib.util.find_spec("xllamacpp") is None, reason="the extra local-llm is not installed"
)
PROMPT = "You are Robin and answer in one short sentence.\n" + "\n".join(
    f"Desk number {number} costs {300 + 7 * number} dollars." for number in range(20)
)
BEGINNING = {"messages": [{"role": "system", "content": PROMPT}]}


@needs_llama
async def test_a_file_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(LocalServerError, match=r"broken\.gguf cannot be run") as error:
        await LocalLLMServer(broken, context=512, cache=tmp_path).start()
    assert "\n" not in str(error.value)


async def test_without_the_extra_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalServerError, match="uv sync --extra local-llm"):
        await LocalLLMServer(tmp_path / "any.gguf", context=512, cache=tmp_path).start()


@needs_llama
async def test_what_another_model_file_has_read_is_thrown_away(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    old = tmp_path / "llm-states" / "broken-0123456789ab"
    other = tmp_path / "llm-states" / "another-0123456789ab"
    for folder in (old, other):
        folder.mkdir(parents=True)
    broken.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(LocalServerError):
        await LocalLLMServer(broken, context=512, cache=tmp_path).start()
    assert not old.exists()
    assert other.exists()


async def ask(server: LocalLLMServer, question: str) -> tuple[str, int, int]:
    """An answer, with the prompt's tokens and how many of them were known already."""
    async with openai.AsyncClient(base_url=server.url, api_key="none") as client:
        answer = await client.chat.completions.create(
            model=server.model,
            messages=[
                {"role": "system", "content": PROMPT},
                {"role": "user", "content": question},
            ],
            max_tokens=16,
            temperature=0,
        )
    assert answer.usage is not None
    details = answer.usage.prompt_tokens_details
    cached = details.cached_tokens if details else None
    return answer.choices[0].message.content or "", answer.usage.prompt_tokens, cached or 0


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LocalLLMServer]:
    async with LocalLLMServer(Path(GGUF), context=2048, cache=tmp_path) as running:
        yield running


@needs_model
async def test_two_calls_at_once_find_the_prompt_read(server: LocalLLMServer) -> None:
    await warm(server.url, BEGINNING)
    answers = await asyncio.gather(
        ask(server, "What does desk number 6 cost?"), ask(server, "What does desk number 9 cost?")
    )
    assert "342" in answers[0][0]
    for _, tokens, cached in answers:
        assert cached > tokens - 20  # all but the question and the template around it


@needs_model
async def test_the_next_start_knows_the_prompt(tmp_path: Path) -> None:
    async with LocalLLMServer(Path(GGUF), context=2048, cache=tmp_path) as first:
        await warm(first.url, BEGINNING)
    async with LocalLLMServer(Path(GGUF), context=2048, cache=tmp_path) as second:
        _, tokens, cached = await ask(second, "What does desk number 6 cost?")
    assert cached > tokens - 20


@needs_model
async def test_listens_on_loopback_alone_and_ends_in_two_seconds(tmp_path: Path) -> None:
    server = LocalLLMServer(Path(GGUF), context=512, cache=tmp_path)
    await server.start()
    children = psutil.Process(server.pid).children(recursive=True)
    listening = [c for p in children for c in p.net_connections() if c.status == "LISTEN"]
    assert [c.laddr.ip for c in listening] == ["127.0.0.1"]
    started = time.monotonic()
    await server.stop()
    assert time.monotonic() - started < 2.0
    assert not any(child.is_running() for child in children)


@needs_model
async def test_a_prompt_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    async with LocalLLMServer(Path(GGUF), context=256, cache=tmp_path) as server:
        with pytest.raises(LocalServerError, match="set a smaller PROMPT_TOKENS"):
            await warm(server.url, {"messages": [{"role": "system", "content": PROMPT * 3}]})
