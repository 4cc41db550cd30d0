"""Damaged documents: `python -m bench.fuzz [--count 1000] [--seed 1] [--kind .pdf]`.

Sound files of every kind are damaged in ways that disks, mail programs and attackers do, and read as the agent
reads them. Every file must be read or refused with a reason, within the limits of time and memory. Prints for each
kind how many were, how many had to be stopped at a limit, the longest time and the most memory that one took, and
every failure with the numbers that make it again.
"""

import argparse
import io
import random
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sales_agent.knowledge import OnProgress
from sales_agent.knowledge.documents import Unreadable
from sales_agent.knowledge.formats import WEB_PAGE
from sales_agent.knowledge.parsing import SECONDS, Parsers
from sales_agent.knowledge.progress import progress_line
from tests.unit import broken_documents as made

MATERIALS = Path(__file__).parents[1] / "knowledge"
CRASHED, STOPPED = "no parser survives", "takes more than"  # what is said of such a file


def _table(rows: int) -> list[list[str | int | None]]:
    return [["Item", "Price"], *([f"Part {n}", n] for n in range(rows))]


def _page(number: int) -> list[tuple[int, int, str]]:
    return [(72, 700 - 14 * n, f"Part {number}-{n} costs {n} dollars") for n in range(20)]


SOUND: dict[str, Callable[[], bytes]] = {
    ".csv": (MATERIALS / "products/price-list.csv").read_bytes,
    ".docx": (MATERIALS / "support/assembly-and-technical.docx").read_bytes,
    ".html": (MATERIALS / "business-orders.html").read_bytes,
    ".json": lambda: b'{"products": [{"name": "Lamp", "price": 69.5, "tags": ["a", null, true]}]}',
    ".md": (MATERIALS / "company.md").read_bytes,
    ".pdf": lambda: made.pdf_of_lines(*map(_page, range(3))),
    ".pptx": lambda: made.pptx_of("Our desks", "The Summit desk costs 749 dollars"),
    ".txt": (MATERIALS / "objections.md").read_bytes,
    WEB_PAGE: (MATERIALS / "business-orders.html").read_bytes,
    ".xlsx": lambda: made.xlsx_of(_table(40)),
}  # fmt: skip


@dataclass
class Outcome:
    """What became of the mutants of one kind."""

    kind: str
    read: int = 0
    refused: int = 0
    stopped: int = 0  # of those, at the limit of time or memory
    slowest: float = 0.0  # seconds; some are megabytes, where damage repeated a part of the file
    most_memory: float = 0.0  # MB of a parser process
    failures: list[str] = field(default_factory=list)


def mutant(sound: bytes, chance: random.Random) -> bytes:
    """The file, damaged in one to three ways."""
    content = sound
    for _ in range(chance.randint(1, 3)):
        damage = chance.choice(_PLAIN)
        if content[:2] == b"PK" and chance.random() < 0.7:
            content = _inside_archive(content, damage, chance)
        else:
            content = damage(content, chance)
    return content


def fuzz(kind: str, count: int, seed: int, on_progress: OnProgress | None = None) -> Outcome:
    """Read so many mutants of a kind."""
    outcome, sound = Outcome(kind), SOUND[kind]()
    with Parsers(seconds=SECONDS) as parsers, _watched(outcome):
        for number in range(count):
            content = mutant(sound, random.Random(f"{kind} {seed} {number}"))
            began = time.monotonic()
            try:
                parsers.parse(f"file{kind}", content)
                outcome.read += 1
            except Unreadable as error:
                outcome.refused += 1
                outcome.stopped += STOPPED in str(error)
                if CRASHED in str(error):
                    outcome.failures.append(f"{kind} --seed {seed}, number {number}: {error}")
            except Exception as error:  # what must never come: told with what makes it again
                outcome.failures.append(f"{kind} --seed {seed}, number {number}: {error!r}")
            outcome.slowest = max(outcome.slowest, time.monotonic() - began)
            if on_progress is not None:
                on_progress(number + 1, count, "")
    return outcome


def _flip(content: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 8, 64)) if damaged else 0):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _drop(content: bytes, chance: random.Random) -> bytes:
    start, end = _span(content, chance)
    return content[:start] + content[end:]


def _repeat(content: bytes, chance: random.Random) -> bytes:
    start, end = _span(content, chance)
    times = min(chance.choice((2, 50, 2_000)), 2_000_000 // max(end - start, 1))
    return content[:start] + content[start:end] * times + content[end:]


def _move(content: bytes, chance: random.Random) -> bytes:
    start, end = _span(content, chance)
    target = chance.randrange(len(content) + 1)
    return content[:target] + content[start:end] + content[target:]


def _noise(content: bytes, chance: random.Random) -> bytes:
    start, end = _span(content, chance)
    return content[:start] + chance.randbytes(end - start) + content[end:]


def _number(content: bytes, chance: random.Random) -> bytes:
    """Another number in the place of one: lengths, offsets and counts are what parsers trust."""
    places = [at for at, byte in enumerate(content) if 0x30 <= byte <= 0x39]
    if not places:
        return content
    at = chance.choice(places)
    number = chance.choice(
        (b"-1", b"0", b"65536", b"4294967295", b"99999999999999999999", b"1e999")
    )
    return content[:at] + number + content[at + 1 :]


def _span(content: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.choice((1, 10, 200, 4_000)))


_PLAIN = (_flip, _cut, _drop, _repeat, _move, _noise, _number)


def _inside_archive(
    content: bytes, damage: Callable[[bytes, random.Random], bytes], chance: random.Random
) -> bytes:
    """An Office file with one of its parts damaged, gone, or there twice, in a sound archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except Exception:  # damaged before: nothing in it can be reached
        return damage(content, chance)
    # The parts with the text more often than pictures and styles.
    names = sorted(parts)
    chosen = [name for name in names if "document" in name or "sheet" in name or "slide" in name]
    name = chance.choice(chosen if chosen and chance.random() < 0.6 else names)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, part in parts.items():
            if other != name:
                archive.writestr(other, part)
        if chance.random() < 0.9:
            archive.writestr(name, damage(parts[name], chance))
    return target.getvalue()


@contextmanager
def _watched(outcome: Outcome) -> Iterator[None]:
    """Note the most memory that a parser process of ours holds meanwhile."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for size in _memory_of_parsers():
                outcome.most_memory = max(outcome.most_memory, size / 2**20)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        done.set()
        watching.join()


def _memory_of_parsers() -> Iterator[int]:
    for child in psutil.Process().children():
        try:
            yield int(child.memory_info().rss)
        except psutil.Error:  # it has just ended
            continue


def main() -> int:
    """Gives 1 where a file was neither read nor refused."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=1_000, help="files of each kind")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--kind", choices=sorted(SOUND), action="append")
    args = arguments.parse_args()
    kinds = args.kind or sorted(SOUND)
    failures: list[str] = []
    print(f"{'kind':<9} {'read':>6} {'refused':>8} {'stopped':>8} {'slowest':>9} {'memory':>9}")
    for kind in kinds:
        with progress_line(f"Reading damaged {kind}") as tell:
            outcome = fuzz(kind, args.count, args.seed, tell)
        print(
            f"{kind:<9} {outcome.read:>6} {outcome.refused:>8} {outcome.stopped:>8} {outcome.slowest:>7.2f} s "
            f"{outcome.most_memory:>6.0f} MB",
            flush=True,
        )
        failures += outcome.failures
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{len(failures)} failures among {args.count * len(kinds):,} files")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
