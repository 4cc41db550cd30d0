"""A language model on this machine: a GGUF file, behind the API that cloud models have.

One process serves all calls. It reads the system prompt once (`warm`), which takes a small machine
a minute or more, and keeps what it understood in memory and in the cache: the next start of the
same model with the same prompt takes it from there.
"""

import asyncio
import hashlib
import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

from sales_agent.local.child import Child, LocalServerError, free_port

# Two calls at once, or one and its next, speculative, answer. Each further slot costs memory.
SLOTS = 2
STATE = "prompt.state"  # the read prompt, one for each model file
LOAD_TIMEOUT = 180.0  # seconds; a slow disk reads a few gigabytes in that
READ_TIMEOUT = 1_800.0  # seconds for a prompt; two cores read 50 to 200 tokens a second
TELL_EVERY = 5.0  # seconds between two lines of progress
INSTALL = '`uv sync --extra local-llm` or `pip install ".[local-llm]"`'


def check_installed() -> None:
    """Raise LocalServerError, with the mend, where the extra that runs a model is missing."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise LocalServerError(f"LOCAL_LLM needs the package xllamacpp: {INSTALL}")


class LocalLLMServer:
    """A running model, with an OpenAI-compatible API at `url` that only this machine can reach."""

    def __init__(self, model: Path, *, context: int, cache: Path) -> None:
        """Take a GGUF file, and how many tokens prompt and conversation of one call need."""
        self._file = model
        self._context = context
        self._cache = cache
        self._child: Child | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def model(self) -> str:
        """The model's id at `url`."""
        return self._file.stem

    @property
    def pid(self) -> int:
        """The process that runs the server; the server is its child."""
        assert self._child is not None, "the server is not started"
        return self._child.pid

    async def __aenter__(self) -> "LocalLLMServer":
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Load the model and wait until it answers.

        Raises LocalServerError where the extra is missing or the file cannot be loaded.
        """
        check_installed()
        states = await asyncio.to_thread(self._states)
        self._port = free_port()
        server = Path(__file__).with_name("llama.py")
        options = {
            "--model": self._file,
            "--port": self._port,
            "--context": self._context,
            "--slots": SLOTS,
            "--states": states,
        }
        arguments = [str(part) for option in options.items() for part in option]
        child = await Child.start(
            "llm-server",
            # -P: its folder is ours, and must not hide packages of the same name.
            [sys.executable, "-P", str(server), *arguments],
            cache=self._cache,
            environment=None,  # drivers of graphics cards are set up there
        )
        self._child = child
        try:
            if not await child.wait_until(self._answers, LOAD_TIMEOUT):
                raise LocalServerError(
                    f"LOCAL_LLM {self._file.name} cannot be run: {child.last_words(1)} "
                    f"(log: {child.log}): take a smaller or another model"
                )
            async with _client() as client:
                for slot in range(SLOTS):
                    await _slot(client, self.url, slot, "restore")
        except BaseException:
            await child.stop()
            raise

    async def stop(self) -> None:
        """End it within two seconds."""
        if self._child is not None:
            await self._child.stop()

    def _states(self) -> Path:
        """The folder for what this very file, with this very llama.cpp, has read."""
        stat = self._file.stat()
        identity = (str(self._file.resolve()), stat.st_size, stat.st_mtime_ns, version("xllamacpp"))
        digest = hashlib.sha256(repr(identity).encode()).hexdigest()[:12]
        folder = self._cache / "llm-states" / f"{self.model}-{digest}"
        for outdated in folder.parent.glob(f"{self.model}-" + "?" * 12):
            if outdated != folder:  # hundreds of megabytes that nothing can read any more
                shutil.rmtree(outdated, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    async def _answers(self) -> bool:
        try:
            async with _client() as client, client.get(_root(self.url) + "/health") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


async def warm(
    url: str,
    beginning: Mapping[str, Any],
    say: Callable[[str], None] | None = None,
) -> None:
    """Have a `LocalLLMServer` read what every request begins with, so that no caller waits for it.

    `beginning` has their messages, and tools where there are any. Requests with the same ones then start at once, in
    every slot. Raises LocalServerError where they are too long for the model.
    """
    request = {
        **beginning,
        "messages": [*beginning["messages"], {"role": "user", "content": "Hello"}],
        "max_tokens": 1,
        "id_slot": 0,
        "stream": True,
        "return_progress": True,
    }
    try:
        async with _client() as client:
            async with client.post(f"{url}/chat/completions", json=request) as response:
                if response.status != 200:
                    said = json.loads(await response.text())
                    raise LocalServerError(
                        f"LOCAL_LLM cannot read the prompt: {said['error']['message']}: "
                        "set a smaller PROMPT_TOKENS, or take another model"
                    )
                await _follow(response, say)
            # A request that finds no free slot with the prompt in it would read all of it again.
            if await _slot(client, url, 0, "save"):
                for slot in range(1, SLOTS):
                    await _slot(client, url, slot, "restore")
    except (aiohttp.ClientError, TimeoutError) as error:
        raise LocalServerError(
            f"LOCAL_LLM stopped while it read the prompt ({type(error).__name__}): "
            "it may need more memory; take a smaller model"
        ) from error


async def _follow(response: aiohttp.ClientResponse, say: Callable[[str], None] | None) -> None:
    told = time.monotonic()
    async for line in response.content:
        if not line.startswith(b"data: {"):
            continue
        progress = json.loads(line[len(b"data: ") :]).get("prompt_progress")
        if progress and say and time.monotonic() - told >= TELL_EVERY:
            told = time.monotonic()
            say(f"  read {progress['processed']:,} of {progress['total']:,} tokens")


async def _slot(client: aiohttp.ClientSession, url: str, slot: int, action: str) -> bool:
    """Save or restore what a slot has read; False where there is nothing, or it does not fit."""
    where = f"{_root(url)}/slots/{slot}"
    async with client.post(where, params={"action": action}, json={"filename": STATE}) as response:
        return response.status == 200


def _root(url: str) -> str:
    return url.removesuffix("/v1")


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=READ_TIMEOUT, sock_connect=5),
        # The server closes a connection after a stream, at a moment that a next request can meet.
        connector=aiohttp.TCPConnector(force_close=True),
    )
