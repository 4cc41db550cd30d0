"""`agent.py dev` and `agent.py call` as a user types them, with no key, in a project folder of the tests' own."""

import contextlib
import re
from collections.abc import Iterator

import psutil
import pytest

from sales_agent.config import Settings
from sales_agent.local.audio import write_wav
from sales_agent.local.speaking import speak
from tests.loopback.dev import STRACE, TRACE, Dev, running_dev

pytestmark = pytest.mark.timeout(240)

CALL = re.compile(r"^(\d+) +(connect|sendto|sendmsg|sendmmsg|getsockname)\(")
ADDRESS = re.compile(r"inet_(?:addr\(|pton\(AF_INET6, )\"([^\"]+)\"")


def contacted(trace: str) -> set[str]:
    """Every address that something was sent or connected to.

    Without libwebrtc's question to the kernel, which route the world is on: a UDP connect that sends nothing, and
    whose very next call asks for the local end.
    """
    found = set()
    asked: dict[str, set[str]] = {}  # by thread: what its last call connected to
    for line in trace.splitlines():
        call = CALL.match(line)
        if call is None:
            continue
        thread, name = call.groups()
        if name != "getsockname":
            found |= asked.get(thread, set())
        addresses = set() if name == "getsockname" else set(ADDRESS.findall(line))
        asked[thread] = addresses if name == "connect" and "htons(53)" in line else set()
        found |= addresses - asked[thread]
    return found.union(*asked.values())


def own_addresses() -> set[str]:
    found = {"0.0.0.0", "::"}
    for addresses in psutil.net_if_addrs().values():
        found |= {address.address.partition("%")[0] for address in addresses}
    return found | {f"::ffff:{address}" for address in found}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    with running_dev(tmp_path_factory.mktemp("project"), under=TRACE if STRACE else ()) as running:
        yield running


def test_dev_says_what_it_decided_and_how_to_talk(dev: Dev) -> None:
    for text in (
        "9 files",
        "moonshine",
        "hibari",
        "CEREBRAS_API_KEY",
        "registered worker",
        "agent.py call --say",
    ):
        assert text in dev.screen


def test_a_call_from_the_terminal_shows_what_was_heard_answered_and_waited(dev: Dev) -> None:
    question = "What does the Summit desk cost?"
    call = dev.ask(question, "--say", question, "--out", "call.wav")
    assert call.returncode == 0, call.stderr
    assert "749 dollars" in call.stdout
    assert "summit desk cost" in call.stdout.lower()
    assert re.search(r"silence before the answer \d\.\d\d s", call.stdout)
    assert "Starting" not in call.stdout
    assert (dev.folder / "call.wav").stat().st_size > 100_000


@pytest.mark.slow
def test_a_changed_document_is_in_the_next_call(dev: Dev) -> None:
    (dev.folder / "knowledge" / "news.md").write_text("The Meadow bench costs 123 dollars.\n")
    dev.wait_for("10 files")
    recording = dev.folder / "question.wav"
    question = "What does the Meadow bench cost?"
    write_wav(recording, *speak(question))
    call = dev.ask(question, "--wav", str(recording))
    assert "123 dollars" in call.stdout, call.stdout + call.stderr
    assert "question.wav" in call.stdout


@pytest.mark.slow
def test_a_broken_prompt_is_named_and_calls_go_on(dev: Dev) -> None:
    voice = dev.folder / "prompts" / "voice.md"
    good = voice.read_text("utf-8")
    voice.write_text("Speak like {hero}.")
    dev.wait_for("nobody fills {hero}")
    # The first call gets the process that was warm before; the second one that starts now.
    for _ in range(2):
        call = dev.ask("What does the Ridge desk cost?")
        assert "549 dollars" in call.stdout, call.stdout + call.stderr
    assert "process initialization failed" not in dev.screen
    voice.write_text(good)


@pytest.mark.slow
def test_changed_code_brings_a_new_worker_before_the_old_one_drains(dev: Dev) -> None:
    for time_saved in (1, 2):  # as editors do, with a new file in the place of the old
        registered = dev.screen.count("registered worker")
        new = dev.folder / "agent.py.new"
        new.write_text((dev.folder / "agent.py").read_text("utf-8") + "\n")
        new.replace(dev.folder / "agent.py")
        dev.wait_for("registered worker", registered + 1)
        dev.wait_for("draining worker", time_saved)
    assert dev.screen.rindex("draining worker") > dev.screen.rindex("registered worker")


def test_the_keys_of_the_run_are_readable_by_the_owner_alone(dev: Dev) -> None:
    modes = []
    for path in (Settings.from_env({}).cache / "run").glob("*.json"):
        with contextlib.suppress(FileNotFoundError):  # of another run, which has just ended
            modes.append(path.stat().st_mode)
    assert modes
    assert all(mode & 0o077 == 0 for mode in modes)


def test_ctrl_c_ends_everything_and_nothing_outside_this_machine_was_contacted(dev: Dev) -> None:
    assert dev.end() < 5
    if STRACE is None:
        pytest.skip("strace is not installed: apt install strace")
    seen = contacted((dev.folder / "trace.log").read_text(errors="replace"))
    assert "127.0.0.1" in seen, "strace saw nothing at all"
    assert seen - own_addresses() == set()
