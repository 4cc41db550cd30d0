"""What each command of `python agent.py` runs, with its arguments.

Each imports what it needs itself: the packages of all of them take seconds.
"""

import argparse
import asyncio
import sys
from dataclasses import replace

from sales_agent.config import Settings
from sales_agent.env_file import misspelt

OK = 0


def _say(line: str) -> None:
    print(line, flush=True)


def _tell_misspelt() -> None:
    if names := misspelt():
        print(names, file=sys.stderr)


def dev(settings: Settings, args: argparse.Namespace) -> int:
    _tell_misspelt()
    from sales_agent.briefings import ready_briefing
    from sales_agent.knowledge.progress import progress_line
    from sales_agent.refreshing import fetch_first
    from sales_agent.supervisor import run_dev

    fetch_first(settings, _say)
    with progress_line("Reading documents") as on_progress:
        briefing = ready_briefing(settings, on_progress)
    asyncio.run(run_dev(settings, briefing, _say, page=not args.no_page))
    return OK


def worker(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.supervised import run_supervised

    run_supervised()
    return OK


def start(settings: Settings, args: argparse.Namespace) -> int:
    _tell_misspelt()
    from sales_agent.start import run_start

    return run_start(settings, log_level=args.log_level, log_format=args.log_format)


def connect(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.connect import run_connect

    return asyncio.run(run_connect(settings, args.room, args.participant_identity, _say))


def console(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.console import run_console

    return run_console(
        settings, text=args.text, microphone=args.input_device, speaker=args.output_device
    )


def download_files(settings: Settings, args: argparse.Namespace) -> int:
    from livekit.agents.__main__ import main as livekit_main

    from sales_agent.local.models import download, is_hub_id

    code = livekit_main(["download-files"])
    if settings.local_llm and is_hub_id(settings.local_llm):
        print(f"LOCAL_LLM is at {download(settings.local_llm, settings.cache, _say)}")
    return code


def call(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.phone import run_call

    return asyncio.run(run_call(settings, args.say or [], args.wav or [], args.out, args.customer))


def ask(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.ask import run_ask

    return asyncio.run(run_ask(settings, args.question))


def listen(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.speech import run_listen

    return asyncio.run(run_listen(settings, args.file))


def say(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.speech import run_say

    return asyncio.run(run_say(settings, args.text, args.out))


def knowledge(settings: Settings, args: argparse.Namespace) -> int:
    if args.gaps:
        from sales_agent.gaps import run_gaps

        asyncio.run(run_gaps(settings, _say))
        return OK
    from sales_agent import report
    from sales_agent.knowledge.pages import PageStore, read_urls
    from sales_agent.knowledge.progress import progress_line
    from sales_agent.prompts import brief

    urls = read_urls(settings.knowledge_dir).urls
    if urls:
        from sales_agent.refreshing import fetch_first

        fetch_first(settings, lambda line: None)  # what failed is told below, with its reason
    with progress_line("Reading documents") as on_progress:
        briefing = brief(settings, on_progress)
    if args.show:
        print(briefing.system_prompt)
    else:
        report.knowledge(briefing, settings.prompt_tokens, _say)
        if briefing.library is not None:
            from sales_agent.indexing import meaning

            _say(f"Searched   {meaning(settings, briefing.library)}")
        report.web_pages(PageStore(settings.cache, settings.knowledge_dir), urls, _say)
    return OK


def index(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.indexing import run_index

    run_index(replace(settings, knowledge_dir=args.folder or settings.knowledge_dir), _say)
    return OK


def vectors(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.indexing import run_fill

    run_fill(settings)
    return OK


def data(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.data import run_data

    asyncio.run(run_data(settings, args.folder, _say))
    return OK


def calls(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.calls import run_export, run_list, run_show

    if args.format:
        asyncio.run(run_export(settings, args.format))
    else:
        asyncio.run(run_show(settings, args.id) if args.id else run_list(settings))
    return OK


def invite(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.invite import run_invite

    return asyncio.run(run_invite(settings, _say, args.customer))


def doctor(settings: Settings, args: argparse.Namespace) -> int:
    from sales_agent.doctor import run_doctor

    return asyncio.run(run_doctor(settings, _say))
