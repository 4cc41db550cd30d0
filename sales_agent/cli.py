"""The commands of `python agent.py`. Each runs one module of the system and shows something worth seeing."""

import argparse
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from sales_agent import commands
from sales_agent.config import MendableError, Settings

MISUSED, INTERRUPTED = 2, 130
# Where the options of `start` go, as LiveKit users know them: before the environment.
SERVER_KEYS = {
    "LIVEKIT_URL": "--url",
    "LIVEKIT_API_KEY": "--api-key",
    "LIVEKIT_API_SECRET": "--api-secret",
}
# What `dev` and calls start by themselves: not for people, so neither the help nor an error lists them.
OWN = {"worker": commands.worker, "vectors": commands.vectors}


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
    parser = _parser()
    if not argv:
        parser.print_help(sys.stderr)
        return MISUSED
    own = OWN.get(argv[0])
    args = argparse.Namespace(run=own) if own is not None else parser.parse_args(argv)
    try:
        _end_on_signals()
        given = {key: value for key, value in vars(args).items() if key in SERVER_KEYS and value}
        settings = Settings.from_env({**os.environ, **given})
        run: Callable[[Settings, argparse.Namespace], int] = args.run
        return run(settings, args)
    except KeyboardInterrupt:
        return INTERRUPTED
    except MendableError as error:
        print(error, file=sys.stderr)
        return MISUSED


def _end_on_signals() -> None:
    """Let SIGTERM end a command as Ctrl-C does, also where a shell started it in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


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
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(
        name: str, run: Callable[[Settings, argparse.Namespace], int], text: str, more: str = ""
    ) -> argparse.ArgumentParser:
        command = subparsers.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}. {more}", allow_abbrev=False
        )
        command.set_defaults(run=run)
        return command

    dev = add(
        "dev",
        commands.dev,
        "run the agent here, with everything it needs",
        "Starts a LiveKit server where LIVEKIT_URL is not set, runs what no key brings on this machine, "
        "and takes up changes of code, prompts and documents while it runs.",
    )
    dev.add_argument("--no-page", action="store_true", help="without the page to talk to it")
    start = add(
        "start", commands.start, "run the agent as a production worker", "Needs LIVEKIT_URL."
    )
    for key, option in SERVER_KEYS.items():
        start.add_argument(option, dest=key, default="", metavar="VALUE", help=f"instead of {key}")
    levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
    start.add_argument("--log-level", default="INFO", choices=levels, type=str.upper)
    start.add_argument("--log-format", default="json", choices=("json", "colored"))
    call = add(
        "call",
        commands.call,
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
    invite = add(
        "invite",
        commands.invite,
        "print what any other LiveKit client needs to join a call",
        "Server, token and links; a QR code for a phone, where one can join.",
    )
    for command in (call, invite):
        command.add_argument(
            "--customer",
            default="",
            metavar="ID",
            help="as this customer of customers.csv, whom the agent then knows",
        )
    ask = add("ask", commands.ask, "ask in text, and see the answer, its speed and its sources")
    ask.add_argument("question")
    listen = add("listen", commands.listen, "hear a recording: speech-to-text alone, with its time")
    listen.add_argument("file", type=Path, metavar="FILE.wav")
    say = add("say", commands.say, "speak a text: text-to-speech alone, with its time")
    say.add_argument("text")
    say.add_argument(
        "--out",
        metavar="FILE.wav",
        type=_output_file,
        help="where to write it (default: said.wav)",
        default=Path("said.wav"),
    )
    knowledge = add(
        "knowledge",
        commands.knowledge,
        "show which documents were read, and what goes into the prompt",
    )
    knowledge.add_argument("--show", action="store_true", help="print the whole system prompt")
    knowledge.set_defaults(gaps=False)
    knowledge.add_subparsers(metavar="gaps").add_parser(
        "gaps", description="Lists what callers asked and no document answered."
    ).set_defaults(gaps=True)
    index = add(
        "index",
        commands.index,
        "index documents that are too many for the prompt, before anybody calls",
        "`dev` and `start` do it too; Ctrl-C loses seconds of it.",
    )
    index.add_argument(
        "folder", type=Path, nargs="?", metavar="FOLDER", help="instead of KNOWLEDGE_DIR"
    )
    data = add("data", commands.data, "show what is in the database, or load your own data into it")
    data.set_defaults(folder=None)
    importing = data.add_subparsers(metavar="import FOLDER").add_parser(
        "import", description="Replaces products, stock, customers and orders by the CSV files."
    )
    importing.add_argument("folder", type=Path, metavar="FOLDER")
    calls = add("calls", commands.calls, "show what became of each call")
    calls.set_defaults(id="", format="")
    more = calls.add_subparsers(metavar="show ID, export")
    more.add_parser("show", description="Shows all of one call.").add_argument("id", metavar="ID")
    export = more.add_parser("export", description="Writes all calls to standard output.")
    export.add_argument("--format", choices=("csv", "jsonl"), required=True)
    add("doctor", commands.doctor, "check everything that a first run can trip on")
    connect = add(
        "connect",
        commands.connect,
        "send the agent into one room",
        "Without dispatch; the room is made where it is not there.",
    )
    connect.add_argument("--room", required=True)
    connect.add_argument(
        "--participant-identity", default="", help="the agent's own identity in the room"
    )
    console = add(
        "console",
        commands.console,
        "talk to the agent through this machine's microphone",
        "No room and no server.",
    )
    console.add_argument("--text", action="store_true", help="type instead of speaking")
    for option, what in (("--input-device", "microphone"), ("--output-device", "loudspeaker")):
        console.add_argument(option, default="", help=f"{what}: a number, or part of its name")
    add(
        "download-files",
        commands.download_files,
        "fetch model files before they are needed",
        "Those of LiveKit's plugins, and the model that LOCAL_LLM names.",
    )
    return parser
