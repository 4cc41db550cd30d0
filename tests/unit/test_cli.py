"""A user's mistake is told in clear lines, with exit code 2 and no traceback, and nothing is left running."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loopback.cerebras import CerebrasServer

ROOT = Path.cwd()


def agent(
    *arguments: str, folder: Path = ROOT, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "agent.py"), *arguments],
        cwd=folder,
        env={**kept, "PYTHON_DOTENV_DISABLED": "1", "PYTHONPATH": str(ROOT), **environment},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def complaint(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 2, run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr
    return run.stderr.strip()


@pytest.fixture(scope="module")
def nobody() -> Iterator[str]:
    """An address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_every_command_is_in_the_help() -> None:
    run = agent("--help")
    assert run.returncode == 0
    for command in "dev start console connect download-files call ask listen say knowledge data calls doctor".split():
        assert re.search(rf"^ +{command}\b", run.stdout, re.MULTILINE), command
        assert agent(command, "--help").returncode == 0


def test_no_command_shows_the_help() -> None:
    assert complaint(agent()) == agent("--help").stdout.strip()


def test_an_unknown_command_is_told_those_for_people() -> None:
    told = complaint(agent("bogus"))
    assert "doctor" in told
    assert not re.search(r"\b(worker|vectors)\b", told)


@pytest.mark.parametrize(("command", "code"), [("knowledge", 0), ("index", 0), ("knowledge", 2)])
def test_a_command_about_documents_does_not_wait_for_packages_of_calls(
    command: str, code: int, tmp_path: Path
) -> None:
    """Nor does what it has to complain of, as an empty folder."""
    program = (
        "import sys; from sales_agent.cli import main;"
        f"assert main(['{command}']) == {code};"
        "print({'livekit', 'openai', 'sqlalchemy', 'aiohttp'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "KNOWLEDGE_DIR": str(tmp_path) if code else "knowledge"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.splitlines()[-1] == "set()"


def test_dev_does_not_wait_for_packages_that_only_its_worker_needs() -> None:
    program = (
        "import sys, sales_agent.supervisor;"
        "print({'livekit.agents', 'livekit.plugins', 'openai', 'cerebras'} & sys.modules.keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.strip() == "set()"


def test_start_without_a_server_to_join_is_refused() -> None:
    assert "LIVEKIT_URL is missing" in complaint(agent("start"))


def test_all_malformed_settings_are_named_at_once() -> None:
    lines = complaint(agent("dev", LIVEKIT_URL="nowhere", PROMPT_TOKENS="x")).splitlines()
    assert [line.split()[0] for line in lines] == [
        "LIVEKIT_URL",
        "PROMPT_TOKENS",
        "LIVEKIT_API_KEY",
        "LIVEKIT_API_SECRET",
    ]


@pytest.mark.parametrize("command", ["dev", "start", "call"])
def test_a_server_that_is_not_there_is_one_line(command: str, nobody: str) -> None:
    more = ["--say", "Hello."] if command == "call" else []
    keys = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "a-secret-of-more-than-32-characters"}
    line = complaint(agent(command, *more, LIVEKIT_URL=f"ws://{nobody}", **keys)).splitlines()[-1]
    assert line.startswith(f"ws://{nobody} is no LiveKit server in reach")


def test_a_taken_health_port_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        keys = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}
        run = agent("start", LIVEKIT_URL="ws://127.0.0.1:1", HEALTH_PORT=port, **keys)
    assert complaint(run) == f"HEALTH_PORT {port} is in use: set another, or end what listens there"


@pytest.mark.parametrize("command", [["dev"], ["knowledge"], ["ask", "What?"]])
def test_an_empty_knowledge_folder_is_one_line(command: list[str], tmp_path: Path) -> None:
    line = complaint(agent(*command, KNOWLEDGE_DIR=str(tmp_path)))
    assert str(tmp_path) in line
    assert "\n" not in line


def test_a_placeholder_that_nobody_fills_is_one_line(tmp_path: Path) -> None:
    prompts = shutil.copytree("prompts", tmp_path / "prompts")
    (prompts / "greeting.md").write_text("I am {nobody}.")
    line = complaint(agent("dev", PROMPTS_DIR=str(prompts)))
    assert "greeting.md: nobody fills {nobody}" in line
    assert "\n" not in line


@pytest.mark.parametrize("command", ["listen", "call"])
def test_a_recording_that_is_none_is_one_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(b"ID3\x04 not a wav at all")
    arguments = ["listen", str(path)] if command == "listen" else ["call", "--wav", str(path)]
    line = complaint(agent(*arguments)).splitlines()[-1]
    assert "song.wav" in line


@pytest.mark.parametrize("arguments", [[], ["--say", " "]])
def test_a_call_with_nothing_to_say_is_refused(arguments: list[str]) -> None:
    assert "Nothing to say" in complaint(agent("call", *arguments))


def test_a_console_with_no_keyboard_is_one_line() -> None:
    line = complaint(agent("console", "--text", typed="What is the deposit?\n"))
    assert line.startswith("`console --text` needs a terminal")
    assert "\n" not in line


def test_a_recording_with_no_folder_to_go_to_is_refused_before_the_call(tmp_path: Path) -> None:
    out = str(tmp_path / "nowhere" / "call.wav")
    assert "there is no folder" in complaint(agent("call", "--say", "Hello.", "--out", out))


def test_the_options_of_start_come_before_the_environment(nobody: str) -> None:
    secret = "a-secret-of-more-than-32-characters"
    arguments = ["--url", f"ws://{nobody}", "--api-key", "key", "--api-secret", secret]
    assert f"ws://{nobody} is no LiveKit server" in complaint(agent("start", *arguments))
    assert "--log-level" in complaint(agent("start", "--log-level", "loud"))


def test_an_env_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    shutil.copy("agent.py", tmp_path)
    (tmp_path / ".env").write_bytes("AGENT_NAME=x\n".encode("utf-16"))
    run = subprocess.run(
        [sys.executable, "agent.py", "knowledge"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert complaint(run) == ".env is not UTF-8 text: save it again as UTF-8"


def test_ctrl_c_while_python_still_imports_ends_quietly(tmp_path: Path) -> None:
    shutil.copy("agent.py", tmp_path)
    (tmp_path / "dotenv.py").write_text("import signal; signal.raise_signal(signal.SIGINT)")
    run = subprocess.run(
        [sys.executable, "agent.py", "dev"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_a_model_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    line = complaint(agent("ask", "What?", LOCAL_LLM=str(tmp_path / "none.gguf"))).splitlines()[-1]
    assert "none.gguf" in line


def test_knowledge_shows_files_tokens_and_the_whole_prompt() -> None:
    run = agent("knowledge")
    assert run.returncode == 0
    assert "products/desk-catalogue.pdf" in run.stdout
    assert "tokens" in run.stdout
    shown = agent("knowledge", "--show").stdout
    assert "You are Robin" in shown
    assert "749 dollars" in shown


def test_ask_answers_with_its_speed_and_its_source() -> None:
    run = agent("ask", "What does the Summit desk cost?")
    assert run.returncode == 0, run.stderr
    assert "749 dollars" in run.stdout
    assert re.search(r"first token +\d", run.stdout)
    assert "desk-catalogue.pdf, page" in run.stdout


def test_say_and_listen_understand_each_other(tmp_path: Path) -> None:
    said = tmp_path / "said.wav"
    assert agent("say", "The chair is in stock.", "--out", str(said)).returncode == 0
    heard = agent("listen", str(said))
    assert "chair is in stock" in heard.stdout
    assert re.search(r"final \d\.\d\d s after the last sound", heard.stdout)


def test_data_is_loaded_and_counted(tmp_path: Path) -> None:
    assert "nothing yet" in agent("data", folder=tmp_path).stdout
    loaded = agent("data", "import", str(ROOT / "sales_agent/store/sample"), folder=tmp_path)
    assert loaded.returncode == 0, loaded.stderr
    assert re.search(r"^ +18  rows of products.csv$", loaded.stdout, re.MULTILINE)
    shown = agent("data", folder=tmp_path).stdout
    assert f"{tmp_path}/sales-agent.db" in shown
    assert re.search(r"^ +10  orders$", shown, re.MULTILINE)
    for told in (loaded.stdout, shown):  # no language model is set here
        assert "Looked up  by nobody" in told
        assert "LOCAL_LLM in .env" in told
    served = agent("data", folder=tmp_path, LLM_BASE_URL="http://127.0.0.1:9/v1").stdout
    assert "nobody" not in served


def test_bad_rows_and_folders_are_told_in_lines(tmp_path: Path) -> None:
    files = shutil.copytree("sales_agent/store/sample", tmp_path / "files")
    with (files / "stock.csv").open("a") as file:
        file.write("HO-XX,many,\n")
    run = agent("data", "import", str(files), folder=tmp_path)
    assert complaint(run).splitlines()[0].startswith("stock.csv, line 20, quantity: 'many' is not")
    assert "nowhere is not a folder" in complaint(agent("data", "import", "nowhere"))


async def test_doctor_names_what_is_broken_and_no_secret(nobody: str) -> None:
    async with CerebrasServer(api_key="right") as cerebras:
        run = await asyncio.to_thread(
            agent,
            "doctor",
            CEREBRAS_API_KEY="tell-nobody-1",
            CEREBRAS_BASE_URL=cerebras.base_url,
            CARTESIA_API_KEY="tell-nobody-2",
            CARTESIA_BASE_URL=f"http://{nobody}",
        )
    assert run.returncode == 1
    broken = re.findall(r"^BROKEN +(\w+)", run.stdout, re.MULTILINE)
    assert broken == ["Hears", "Speaks", "Thinks"]
    assert "refuses CEREBRAS_API_KEY" in run.stdout
    assert "tell-nobody" not in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_doctor_is_content_without_any_key() -> None:
    run = agent("doctor")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Everything works." in run.stdout


def test_doctor_names_settings_that_nobody_reads_and_folders_that_cannot_be_written_to(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("CARTESIA_KEY=tell-nobody\n")
    run = agent(
        "doctor",
        folder=tmp_path,
        KNOWLEDGE_DIR=str(ROOT / "knowledge"),
        PROMPTS_DIR=str(ROOT / "prompts"),
        XDG_CACHE_HOME=str(tmp_path / ".env"),
        DATABASE_URL=f"sqlite:///{tmp_path}/nowhere/calls.db",
    )
    assert re.findall(r"^BROKEN +(\w+)", run.stdout, re.MULTILINE) == ["Settings", "Cache", "Data"]
    assert "CARTESIA_KEY (is CARTESIA_API_KEY meant?)" in run.stdout
    assert "cannot be written to" in run.stdout
    assert "There is no folder" in run.stdout
    assert "tell-nobody" not in run.stdout + run.stderr


def test_a_name_that_nobody_reads_is_told_before_a_start(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIVEKIT_URI=ws://127.0.0.1:1\n")
    lines = complaint(agent("start", folder=tmp_path)).splitlines()
    assert lines[0] == "In .env nobody reads LIVEKIT_URI (is LIVEKIT_URL meant?)"


def test_calls_are_listed_exported_and_looked_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/calls.db"
    assert "No call yet" in agent("calls", DATABASE_URL=url).stdout
    exported = agent("calls", "export", "--format", "csv", DATABASE_URL=url)
    assert exported.stdout.startswith("id,started,")
    line = complaint(agent("calls", "show", "call-9", DATABASE_URL=url))
    assert line == "There is no call 'call-9': `agent.py calls` lists them"


def test_a_process_that_loaded_livekits_library_ends_without_taking_the_interpreter_down(
    tmp_path: Path,
) -> None:
    script = (
        "import atexit, livekit.rtc; from sales_agent.cli import run;"
        " atexit.register(print, 'taken down'); run(['calls', 'show', 'call-9'])"
    )
    url = f"sqlite:///{tmp_path}/calls.db"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "There is no call 'call-9'" in done.stderr
    assert "taken down" not in done.stdout
