from dataclasses import replace

import pytest

from sales_agent.brain import brain_kind, choose_brain, pick_model
from sales_agent.config import ConfigError, Settings
from sales_agent.providers import make_voices
from tests.loopback.cerebras import CerebrasServer

WHERE = "https://models.example/v1"


def test_a_llama_is_taken_before_anything_else() -> None:
    model, reason = pick_model("", ["gpt-oss-120b", "llama3.1-8b", "llama-3.3-70b"], WHERE)
    assert model == "llama-3.3-70b"
    assert "preferences" in reason


def test_what_a_public_endpoint_still_serves_is_taken_without_a_llama() -> None:
    assert pick_model("", ["qwen-3.8-27b", "gpt-oss-120b"], WHERE)[0] == "gpt-oss-120b"


def test_an_embedding_model_is_not_asked_to_talk() -> None:
    assert pick_model("", ["nomic-embed-text", "mistral:7b"], WHERE)[0] == "mistral:7b"


def test_a_model_that_is_not_served_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"LLM_MODEL 'llama-9' is not served .* llama3\.1-8b"):
        pick_model("llama-9", ["llama3.1-8b"], WHERE)


def test_a_key_beats_a_server_and_a_server_beats_a_file() -> None:
    everything = {"CEREBRAS_API_KEY": "k", "LLM_BASE_URL": "http://h/v1", "LOCAL_LLM": "m.gguf"}
    kinds = []
    while everything:
        kinds.append(brain_kind(Settings.from_env(everything)))
        del everything[next(iter(everything))]
    assert [*kinds, brain_kind(Settings.from_env({}))] == [
        "cerebras",
        "compatible",
        "gguf",
        "reader",
    ]


@pytest.mark.parametrize("prefix", ["CEREBRAS", "LLM"])
async def test_the_server_is_asked_what_it_serves(prefix: str) -> None:
    async with CerebrasServer(models=["gpt-oss-120b", "llama3.1-8b"]) as server:
        env = {f"{prefix}_BASE_URL": server.base_url, f"{prefix}_API_KEY": "key"}
        assert (await choose_brain(Settings.from_env(env))).model == "llama3.1-8b"


@pytest.mark.parametrize("prefix", ["CEREBRAS", "LLM"])
async def test_a_refused_key_is_one_line_without_the_key(prefix: str) -> None:
    async with CerebrasServer(api_key="right") as server:
        env = {f"{prefix}_BASE_URL": server.base_url, f"{prefix}_API_KEY": "wrong-key"}
        with pytest.raises(ConfigError, match=rf"refuses {prefix}_API_KEY \(401\)") as error:
            await choose_brain(Settings.from_env(env))
    assert "wrong-key" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("prefix", ["CEREBRAS", "LLM"])
async def test_a_server_that_is_not_there_is_one_line(prefix: str) -> None:
    async with CerebrasServer() as server:
        url = server.base_url
    settings = Settings.from_env({f"{prefix}_BASE_URL": url, f"{prefix}_API_KEY": "key"})
    with pytest.raises(
        ConfigError, match=rf"cannot be reached: check the network and {prefix}_BASE_URL"
    ):
        await choose_brain(replace(settings))


def test_a_specialist_has_a_voice_of_its_own_only_where_one_is_set() -> None:
    key = {"CARTESIA_API_KEY": "key"}
    assert make_voices(Settings.from_env(key)) == {}
    assert make_voices(Settings.from_env({"VOICE_PRICING": "a-voice"})) == {}
    assert set(make_voices(Settings.from_env({**key, "VOICE_PRICING": "a-voice"}))) == {"pricing"}
