"""Names in `.env` that are nearly a setting are told; nothing else there is our business."""

from pathlib import Path

import pytest

from sales_agent.env_file import misspelt


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_name_that_is_nearly_a_setting_is_told_with_the_setting() -> None:
    Path(".env").write_text("CARTESIA_KEY=1\ncerebras_api_key=2\nLLM_BASEURL=http://x\n")
    assert misspelt() == (
        "In .env nobody reads CARTESIA_KEY (is CARTESIA_API_KEY meant?), "
        "LLM_BASEURL (is LLM_BASE_URL meant?), cerebras_api_key (is CEREBRAS_API_KEY meant?)"
    )


def test_names_of_other_software_are_not(request: pytest.FixtureRequest) -> None:
    example = (request.config.rootpath / ".env.example").read_text("utf-8")
    others = "OPENAI_API_KEY CRM_API_KEY POSTGRES_URL LIVEKIT_INFERENCE_URL HTTP_PROXY HF_TOKEN"
    Path(".env").write_text(example + "".join(f"{name}=1\n" for name in others.split()))
    assert misspelt() == ""


def test_nor_is_one_beside_the_setting_itself() -> None:
    Path(".env").write_text("CARTESIA_KEY=1\nCARTESIA_API_KEY=2\n")
    assert misspelt() == ""


def test_without_a_file_there_is_nothing_to_tell() -> None:
    assert misspelt() == ""
