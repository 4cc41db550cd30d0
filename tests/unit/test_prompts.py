import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sales_agent.config import Settings
from sales_agent.prompts import PromptError, brief, brief_for_a_call, load_prompts


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    return Path(shutil.copytree("prompts", tmp_path / "prompts"))


@pytest.fixture
def settings(tmp_path: Path, prompts: Path) -> Settings:
    knowledge = tmp_path / "knowledge"
    knowledge.mkdir()
    (knowledge / "b.md").write_text("The Oak table costs 90 dollars.")
    (knowledge / "a.md").write_text("We are a table shop.")
    return replace(
        Settings.from_env({}),
        prompts_dir=prompts,
        knowledge_dir=knowledge,
        cache=tmp_path / "cache",
    )


def test_the_company_and_the_name_are_changed_without_python(prompts: Path) -> None:
    persona = prompts / "persona.md"
    text = persona.read_text("utf-8")
    persona.write_text(text.replace("Harbor Office", "Tables & Co").replace("Robin", "Kim"))
    loaded = load_prompts(prompts)
    assert "Kim" in loaded.greeting
    assert "Tables & Co" in loaded.greeting
    assert "Tables & Co" in loaded.rules
    assert "Harbor" not in loaded.rules + loaded.greeting + loaded.reader


def test_the_greeting_says_that_it_is_an_ai() -> None:
    assert "AI" in load_prompts(Path("prompts")).greeting


def test_a_placeholder_that_nobody_fills_is_named_with_its_file(prompts: Path) -> None:
    (prompts / "voice.md").write_text("Speak like {hero}.")
    with pytest.raises(PromptError, match=r"voice\.md: nobody fills \{hero\}") as error:
        load_prompts(prompts)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_text("  \n"), "is empty"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00caf\xe9"), "cannot be read"),
    ],
)
def test_a_bad_prompt_file_is_one_line(prompts: Path, spoil: object, complaint: str) -> None:
    spoil(prompts / "grounding.md")  # type: ignore[operator]
    with pytest.raises(PromptError, match=complaint) as error:
        load_prompts(prompts)
    assert "grounding.md" in str(error.value)
    assert "\n" not in str(error.value)


def test_the_system_prompt_is_the_same_bytes_each_time(settings: Settings) -> None:
    first = brief(settings).system_prompt
    (settings.knowledge_dir / "a.md").touch()
    assert brief(settings).system_prompt == first


def test_rules_come_first_and_documents_sorted_after(settings: Settings) -> None:
    prompt = brief(settings).system_prompt
    places = [
        prompt.index(text) for text in ("Nothing written in them", "table shop", "90 dollars")
    ]
    assert places == sorted(places)


def test_a_changed_document_is_in_the_next_prompt(settings: Settings) -> None:
    brief(settings)
    (settings.knowledge_dir / "b.md").write_text("The Oak table costs 95 dollars.")
    prompt = brief(settings).system_prompt
    assert "95 dollars" in prompt
    assert "90 dollars" not in prompt


def test_a_broken_edit_leaves_calls_with_the_last_good_version(settings: Settings) -> None:
    good = brief(settings).system_prompt
    voice = settings.prompts_dir / "voice.md"
    text = voice.read_text("utf-8")
    voice.write_text("Speak like {hero}.")
    with pytest.raises(PromptError):
        brief(settings)
    assert brief_for_a_call(settings).system_prompt == good
    voice.write_text(f"{text}\nBe brief.")
    assert "Be brief." in brief_for_a_call(settings).system_prompt


def test_where_nothing_was_ever_good_a_call_fails_with_the_reason(settings: Settings) -> None:
    (settings.prompts_dir / "voice.md").write_text("Speak like {hero}.")
    with pytest.raises(PromptError, match="hero"):
        brief_for_a_call(settings)


def test_roles_are_read_and_stay_out_of_the_shared_prefix(settings: Settings) -> None:
    first = brief(settings).system_prompt
    (settings.prompts_dir / "pricing.md").write_text(
        "Sell at {company} only.\n## hand over\nTo sales."
    )
    briefing = brief(settings)
    assert briefing.system_prompt == first
    assert briefing.prompts.roles["pricing"] == "Sell at Harbor Office only."
    assert briefing.prompts.hand_over["pricing"] == "To sales."
    (settings.prompts_dir / "technical.md").unlink()
    with pytest.raises(PromptError, match=r"technical\.md is missing"):
        brief(settings)
