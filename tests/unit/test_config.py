import re
from pathlib import Path
from typing import ClassVar

import pytest

from sales_agent.config import CEREBRAS_BASE_URL, ConfigError, Settings


def test_nothing_set_gives_defaults_that_need_no_key() -> None:
    settings = Settings.from_env({})
    assert not settings.cloud_speech
    assert settings.livekit_url == ""
    assert settings.cerebras_base_url == CEREBRAS_BASE_URL
    assert settings.prompt_tokens == 24_000


def test_empty_values_count_as_unset() -> None:
    assert Settings.from_env({"PROMPT_TOKENS": "", "CEREBRAS_BASE_URL": " "}) == Settings.from_env(
        {}
    )


def test_every_bad_key_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        Settings.from_env(
            {
                "LIVEKIT_URL": "my-project.livekit.cloud",
                "PROMPT_TOKENS": "many",
                "HEALTH_PORT": "70000",
                "CARTESIA_API_KEY": "sk car",
                "CARTESIA_BASE_URL": "http://",
                "LLM_BASE_URL": "http://localhost:port",
                "URL_REFRESH": "often",
                "URL_ALLOW": "intranet.example 10.0.0.1/8",
                "MCP_SERVERS": '[{"url": "https://crm.example/mcp", "header": {}}]',
            }
        )
    assert {line.split()[0] for line in str(error.value).splitlines()} == {
        "LIVEKIT_URL",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
        "PROMPT_TOKENS",
        "HEALTH_PORT",
        "CARTESIA_API_KEY",
        "CARTESIA_BASE_URL",
        "LLM_BASE_URL",
        "URL_REFRESH",
        "URL_ALLOW",
        "MCP_SERVERS",
    }


def test_how_often_and_from_where_pages_are_fetched() -> None:
    settings = Settings.from_env(
        {"URL_REFRESH": "30m", "URL_ALLOW": "intranet.example, 10.1.0.0/16 ::1"}
    )
    assert settings.url_refresh == 1800.0
    assert settings.url_allow == ("intranet.example", "10.1.0.0/16", "::1")
    with pytest.raises(ConfigError, match=r"URL_REFRESH must be .* from 1m on"):
        Settings.from_env({"URL_REFRESH": "10s"})


def test_a_server_without_its_keys_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"LIVEKIT_API_SECRET is missing"):
        Settings.from_env({"LIVEKIT_URL": "wss://x.livekit.cloud", "LIVEKIT_API_KEY": "key"})


def test_secrets_never_show() -> None:
    env = {
        "LIVEKIT_URL": "wss://x.livekit.cloud",
        "LIVEKIT_API_KEY": "tell-nobody-1",
        "LIVEKIT_API_SECRET": "tell-nobody-2",
        "CARTESIA_API_KEY": "tell-nobody-3",
        "CEREBRAS_API_KEY": "tell-nobody-4",
        "LLM_API_KEY": "tell-nobody-5",
        "DATABASE_URL": "postgresql://me:tell-nobody-6@host/name",
        "MCP_SERVERS": '[{"url": "https://x.example/mcp", "headers": {"X-Key": "tell-nobody-7"}}]',
    }
    assert "tell-nobody" not in repr(Settings.from_env(env))
    with pytest.raises(ConfigError) as error:
        Settings.from_env({**env, "CARTESIA_API_KEY": "tell nobody-3"})
    assert "nobody" not in str(error.value)


def test_the_example_lists_exactly_the_keys_that_are_read() -> None:
    class Spy(dict[str, str]):
        read: ClassVar[set[str]] = set()

        def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
            self.read.add(key)
            return default

    Settings.from_env(Spy())
    listed = set(re.findall(r"^([A-Z_]+)=", Path(".env.example").read_text("utf-8"), re.MULTILINE))
    assert listed == Spy.read


@pytest.mark.parametrize("url", ["ws://[::1", "ws://host:port", "ws://", "host:7880", "ftp://host"])
def test_a_server_that_is_no_url_is_named(url: str) -> None:
    with pytest.raises(ConfigError, match="LIVEKIT_URL must be a URL"):
        Settings.from_env({"LIVEKIT_URL": url})


def test_a_home_folder_may_be_written_as_shells_do() -> None:
    assert Settings.from_env({"KNOWLEDGE_DIR": "~/docs"}).knowledge_dir == Path.home() / "docs"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///sales-agent.db",
        "sqlite:////var/lib/agent/sales.db",
        "postgresql://me:pass%40word@db.example:5432/sales?sslmode=require",
        "postgres://me@localhost/sales",
    ],
)
def test_databases_are_written_as_hosters_give_them(url: str) -> None:
    assert Settings.from_env({"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "url",
    [
        "sales.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://me:word@host/sales",
        "postgresql://",
        "postgresql://me:word@host",
        "postgresql://me:word@host:port/sales",
    ],
)
def test_a_database_that_is_none_is_one_line_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^DATABASE_URL must be sqlite:///FILE or ") as error:
        Settings.from_env({"DATABASE_URL": url})
    assert "word" not in str(error.value)
    assert "\n" not in str(error.value)
