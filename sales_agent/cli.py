"""The commands of `python agent.py`. Each runs one module of the system and shows something worth seeing."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from sales_agent.config import ConfigError, Settings

OK, MISUSED, INTERRUPTED = 0, 2, 130
# Where the options of `start` go, as LiveKit users know them: before the environment.
SERVER_KEYS = {
    "LIVEKIT_URL": "--url",
    "LIVEKIT_API_KEY": "--api-key",
    "LIVEKIT_API_SECRET": "--api-secret",
}


def run(argv: Sequence[str]) -> NoReturn:
    """Run one command and end the process with its exit code.

    At once, where LiveKit's native library is loaded: its threads may be about to call into Python, and one that
    does while the interpreter is taken down aborts the process (SIGABRT, in place of the exit code).
    """
    code = main(argv)
    if "livekit.rtc" not in sys.modules:
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # whoever read it is gone
            stream.flush()
    os._exit(code)


def main(argv: Sequence[str]) -> int:
    """Run one command; gives the process's exit code.

    0: done. 1: something did not work. 2: something has to be set right first. 130: Ctrl-C.
    """
    _end_on_signals()
    args = _parser().parse_args(argv)
    try:
        given = {key: value for key, value in vars(args).items() if key in SERVER_KEYS and value}
        settings = Settings.from_env({**os.environ, **given})
        run: Callable[[Settings, argparse.Namespace], int] = args.run
        return run(settings, args)
    except KeyboardInterrupt:
        return INTERRUPTED
    # By itself, so that it is told at once: the other types take seconds to import.
    except ConfigError as error:
        print(error, file=sys.stderr)
        return MISUSED
    except _mistakes() as error:
        print(error, file=sys.stderr)
        return MISUSED


def _end_on_signals() -> None:
    """Let SIGTERM end a command as Ctrl-C does, also where a shell started it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _mistakes() -> tuple[type[Exception], ...]:
    """What a user can set right: told in its own words, without a traceback."""
    from sales_agent.caller import CallError
    from sales_agent.knowledge import KnowledgeError
    from sales_agent.local.audio import AudioError
    from sales_agent.local.livekit_server import LocalServerError
    from sales_agent.local.models import ModelError
    from sales_agent.processes import WorkerError
    from sales_agent.prompts import PromptError
    from sales_agent.store import StoreError

    return (
        KnowledgeError,
        PromptError,
        LocalServerError,
        ModelError,
        AudioError,
        CallError,
        WorkerError,
        StoreError,
    )


def _say(line: str) -> None:
    print(line, flush=True)


def _dev(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.supervisor import ready_briefing, run_dev

    briefing = ready_briefing(settings)
    asyncio.run(run_dev(settings, briefing, _say, page=not args.no_page))
    return OK


def _worker(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.worker import run_supervised

    asyncio.run(run_supervised())
    return OK


def _start(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.start import run_start

    return run_start(settings, log_level=args.log_level, log_format=args.log_format)


def _connect(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.connect import run_connect

    return asyncio.run(run_connect(settings, args.room, args.participant_identity, _say))


def _console(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.console import run_console

    return run_console(
        settings, text=args.text, microphone=args.input_device, speaker=args.output_device
    )


def _download_files(settings: Settings, args: argparse.Namespace) -> int:
    from livekit.agents.__main__ import main as livekit_main

    from sales_agent.local.models import download, is_hub_id

    code = livekit_main(["download-files"])
    if settings.local_llm and is_hub_id(settings.local_llm):
        print(f"LOCAL_LLM is at {download(settings.local_llm, settings.cache, _say)}")
    return code


def _call(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.phone import run_call

    return asyncio.run(run_call(settings, args.say or [], args.wav or [], args.out))


def _ask(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.ask import run_ask

    return asyncio.run(run_ask(settings, args.question))


def _listen(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.speech import run_listen

    return asyncio.run(run_listen(settings, args.file))


def _speak(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.speech import run_say

    return asyncio.run(run_say(settings, args.text, args.out))


def _knowledge(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent import report
    from sales_agent.prompts import brief

    briefing = brief(settings)
    if args.show:
        print(briefing.system_prompt)
    else:
        report.knowledge(briefing, settings.prompt_tokens, _say)
    return OK


def _data(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.data import run_data

    asyncio.run(run_data(settings, args.folder, _say))
    return OK


def _calls(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.calls import run_export, run_list, run_show

    if args.format:
        asyncio.run(run_export(settings, args.format))
    else:
        asyncio.run(run_show(settings, args.id) if args.id else run_list(settings))
    return OK


def _invite(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.invite import run_invite

    return asyncio.run(run_invite(settings, _say))


def _doctor(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.doctor import run_doctor

    return asyncio.run(run_doctor(settings, _say))


def _output_file(value: str) -> Path:
    """Checked before a call is made, not when its recording is to be written."""
    path = Path(value)
    if not path.resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.resolve().parent}")
    return path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agent.py",
        description="A voice sales agent that sells from your company's own documents.",
        epilog="`agent.py COMMAND --help` tells more about one. Settings come from the environment and .env.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Settings, argparse.Namespace], int], text: str, more: str = ""
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}. {more}", allow_abbrev=False
        )
        command.set_defaults(run=run)
        return command

    dev = add(
        "dev",
        _dev,
        "run the agent here, with everything it needs",
        "Starts a LiveKit server where LIVEKIT_URL is not set, runs what no key brings on this machine, "
        "and takes up changes of code, prompts and documents while it runs.",
    )
    dev.add_argument("--no-page", action="store_true", help="without the page to talk to it")
    start = add("start", _start, "run the agent as a production worker", "Needs LIVEKIT_URL.")
    for key, option in SERVER_KEYS.items():
        start.add_argument(option, dest=key, default="", metavar="VALUE", help=f"instead of {key}")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    start.add_argument("--log-level", default="INFO", choices=levels, type=str.upper)
    start.add_argument("--log-format", default="json", choices=("json", "colored"))
    call = add(
        "call",
        _call,
        "phone the agent from this terminal, without a microphone",
        "Speaks the sentences, shows what was heard and answered, and how long the silence was. "
        "Where no agent runs, one is started for the call.",
    )
    call.add_argument(
        "--say",
        action="append",
        metavar="TEXT",
        help="a sentence to speak; may be given several times",
    )
    call.add_argument(
        "--wav",
        action="append",
        metavar="FILE",
        type=Path,
        help="a recording to speak, after the sentences",
    )
    call.add_argument(
        "--out",
        metavar="FILE",
        type=_output_file,
        help="record the call as a WAV: caller left, agent right",
    )
    add(
        "invite",
        _invite,
        "print what any other LiveKit client needs to join a call",
        "Server, token and links; a QR code for a phone, where one can join.",
    )
    ask = add("ask", _ask, "ask in text, and see the answer, its speed and its sources")
    ask.add_argument("question")
    listen = add("listen", _listen, "hear a recording: speech-to-text alone, with its time")
    listen.add_argument("file", type=Path, metavar="FILE.wav")
    say = add("say", _speak, "speak a text: text-to-speech alone, with its time")
    say.add_argument("text")
    say.add_argument(
        "--out",
        metavar="FILE.wav",
        type=_output_file,
        help="where to write it (default: said.wav)",
        default=Path("said.wav"),
    )
    knowledge = add(
        "knowledge", _knowledge, "show which documents were read, and what goes into the prompt"
    )
    knowledge.add_argument("--show", action="store_true", help="print the whole system prompt")
    data = add("data", _data, "show what is in the database, or load your own data into it")
    data.set_defaults(folder=None)
    importing = data.add_subparsers(metavar="import FOLDER").add_parser(
        "import", description="Replaces products, stock, customers and orders by the CSV files."
    )
    importing.add_argument("folder", type=Path, metavar="FOLDER")
    calls = add("calls", _calls, "show what became of each call")
    calls.set_defaults(id="", format="")
    more = calls.add_subparsers(metavar="show ID, export")
    more.add_parser("show", description="Shows all of one call.").add_argument("id", metavar="ID")
    export = more.add_parser("export", description="Writes all calls to standard output.")
    export.add_argument("--format", choices=("csv", "jsonl"), required=True)
    add("doctor", _doctor, "check everything that a first run can trip on")
    connect = add(
        "connect",
        _connect,
        "send the agent into one room",
        "Without dispatch; the room is made where it is not there.",
    )
    connect.add_argument("--room", required=True)
    connect.add_argument(
        "--participant-identity", default="", help="the agent's own identity in the room"
    )
    console = add(
        "console",
        _console,
        "talk to the agent through this machine's microphone",
        "No room and no server.",
    )
    console.add_argument("--text", action="store_true", help="type instead of speaking")
    for option, what in (("--input-device", "microphone"), ("--output-device", "loudspeaker")):
        console.add_argument(option, default="", help=f"{what}: a number, or part of its name")
    add(
        "download-files",
        _download_files,
        "fetch model files before they are needed",
        "Those of LiveKit's plugins, and the model that LOCAL_LLM names.",
    )
    commands.add_parser("worker").set_defaults(run=_worker)  # what `dev` starts; not for people
    return parser
