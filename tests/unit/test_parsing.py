"""Parsers in processes of their own: what a hostile file does to one of them, and to nothing else."""

import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from sales_agent.knowledge.documents import Unreadable
from sales_agent.knowledge.parsing import Parsers, Stopped
from tests.unit import broken_documents as made

pytestmark = pytest.mark.timeout(60)


def test_file_that_takes_too_long_is_named_and_the_next_is_read() -> None:
    with Parsers(seconds=3.0) as parsers:
        with pytest.raises(Unreadable, match="more than 3 s") as error:
            parsers.parse("a.pdf", made.pdf_that_never_ends())
        assert error.value.passing
        assert "Summit" in parsers.parse("b.pdf", made.CATALOGUE.read_bytes()).pages[0].text


def test_file_that_takes_too_much_memory_is_named() -> None:
    with Parsers(memory=150 * 2**20) as parsers, pytest.raises(Unreadable, match="memory"):
        parsers.parse("a.docx", made.docx_bomb(190 * 2**20))


def test_parser_that_dies_costs_one_file() -> None:
    with Parsers() as parsers:
        parsers.parse("a.pdf", made.CATALOGUE.read_bytes())
        for parser in _parsers_of(os.getpid()):
            parser.kill()
        assert parsers.parse("a.pdf", made.CATALOGUE.read_bytes()).pages


def test_closing_ends_a_parser_at_work() -> None:
    parsers = Parsers()
    stopped: list[type[BaseException]] = []

    def parse() -> None:
        try:
            parsers.parse("a.pdf", made.pdf_that_never_ends())
        except Stopped as error:
            stopped.append(type(error))

    working = threading.Thread(target=parse)
    working.start()
    time.sleep(0.5)
    parsers.close()
    working.join(5)
    assert stopped == [Stopped]


def test_parsers_end_with_their_parent_however_it_ends() -> None:
    program = (
        "from sales_agent.knowledge.parsing import Parsers; from tests.unit import broken_documents as made\n"
        "Parsers().parse('a.pdf', made.pdf_that_never_ends())"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 20
    while not (parsers := _parsers_of(parent.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)  # until it is at work
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(parsers, timeout=5)
    assert len(parsers) == 1
    assert not alive


def _parsers_of(pid: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(pid).children()
        if child.status() != psutil.STATUS_ZOMBIE and "parsing_child" in " ".join(child.cmdline())
    ]
