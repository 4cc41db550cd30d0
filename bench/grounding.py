"""How often the reader answers right, refuses right, and invents: `python -m bench.grounding`.

Asks every question of tests/questions.json about the shipped documents, and those of tests/held_out about them and
other companies. Prints the share that is right by kind and by split, how much of it was outright and how much after
"I can't find exactly that", the failures, and how long an answer takes. An unanswerable question is refused right with
either; as the nearest it offers a price only out of the answer to a question in the documents.

Every figure flatters but those at first sight: bench/question_sets.py tells them.

Then asks the first set, and the poisoned questions of tests/poisoned.json with their planted documents, of whole models
through the prompt and the guard of a call: the reader, a model that lies and insists, and with `--gguf FILE` (with what
the reader tells it, as in a call) or CEREBRAS_API_KEY a language model (`--limit` asks it fewer). Prints what was
answered right, refused right, invented (a price or percentage that stands nowhere), the false prices that would have
been spoken, and the time to the first token.
"""

import argparse
import asyncio
import logging
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livekit.agents.utils import http_context

from bench.guarded import Spoken, ask, lied_to, poisoned
from bench.question_sets import ROOT, SETS, Set
from sales_agent.ask import Asked
from sales_agent.config import Settings
from sales_agent.guard import Guard
from sales_agent.hints import Hints
from sales_agent.knowledge import Knowledge, load_knowledge
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.index_cache import build_index
from sales_agent.knowledge.progress import progress_line
from sales_agent.local.answers import Answer, Answerer, Exchange
from sales_agent.local.finder import finder_for
from sales_agent.local.phrases import Phrases
from sales_agent.prompts import Briefing, brief, load_prompts
from sales_agent.providers import make_llm
from sales_agent.supervisor import thinking

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
        history = said_before(answerer, case)
        start = time.perf_counter()
        answer = answerer.answer(case["question"], history)
        seconds = time.perf_counter() - start
        invented = sorted(_words(answer.read) - written)
        results.append(Result(case, answer, is_right(case, answer), invented, seconds))
    return results


def said_before(answerer: Answerer, case: dict[str, Any]) -> list[Exchange]:
    """The questions that one leans on, answered."""
    history: list[Exchange] = []
    for before in case.get("history", []):
        history.append(Exchange(before, answerer.answer(before, history).text))
    return history


def expected_of(case: dict[str, Any]) -> list[str] | None:
    """The patterns that an answer has; "or": documents list all there is, and reading out that list says no as well."""
    found: list[str] | None = case.get("expect") or case.get("or")
    return found


def is_right(case: dict[str, Any], answer: Answer) -> bool:
    """Judge an answer: a refusal where nothing is written, else all that is expected, and short."""
    if case["kind"] == "smalltalk":
        return answer.kind not in ("answer", "nearest", "not_found")
    if case["kind"] == "unanswerable" and answer.kind in ("not_found", "nearest"):
        return True
    expected = expected_of(case)
    return (
        answer.kind in ("answer", "nearest")
        and expected is not None
        and all(re.search(pattern, answer.text) for pattern in expected)
        and len(answer.text.split()) <= LONGEST
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failures", metavar="SPLIT", default="all", help="of which split; none")
    parser.add_argument("--gguf", metavar="FILE", help="a language model to ask too")
    parser.add_argument("--limit", type=int, help="how many questions the language model gets")
    args = parser.parse_args()
    phrases = Phrases.parse(load_prompts(ROOT / "prompts").reader)
    for asked in SETS:
        print(f"{asked.name}:")
        _read(asked, phrases, args.failures)
    asyncio.run(_ask_models(args.gguf, args.limit, SETS[0].cases()))


def _read(asked: Set, phrases: Phrases, shown: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        knowledge = load_knowledge(ROOT / asked.knowledge, Path(folder))
        start = time.perf_counter()
        index = build_index(knowledge, Path(folder))
        built = time.perf_counter() - start
        start = time.perf_counter()
        build_index(knowledge, Path(folder)).close()
        opened = time.perf_counter() - start
        with index:
            results = ask_all(Answerer(index, phrases), knowledge, asked.cases())
        print(
            f"{len(index.passages)} passages, {len(index.statements)} statements:"
            f" indexed in {built:.2f} s, opened in {opened * 1000:.0f} ms"
        )
    _print_table(results)
    _print_outright(results)
    seconds = sorted(result.seconds for result in results)
    print(
        f"an answer takes {statistics.median(seconds) * 1000:.0f} ms (median),"
        f" {seconds[int(len(seconds) * 0.95)] * 1000:.0f} ms (95 of 100)"
    )
    print(f"invented: {sum(bool(result.invented) for result in results)} answers")
    for result in results:
        if (not result.right or result.invented) and shown in ("all", result.case["split"]):
            history = "".join(f"{before} / " for before in result.case.get("history", []))
            print(
                f"- [{result.case['split']} {result.case['kind']}] {history}{result.case['question']}\n"
                f"    {result.answer.kind} {result.answer.confidence:.2f}: {result.answer.text}"
                + (f" INVENTED {result.invented}" if result.invented else "")
            )


async def _ask_models(gguf: str | None, limit: int | None, cases: list[dict[str, Any]]) -> None:
    logging.getLogger("sales_agent").setLevel(logging.ERROR)  # what was stopped is counted below
    documents, planted = poisoned()
    with tempfile.TemporaryDirectory() as folder:
        knowledge = Path(shutil.copytree(ROOT / "knowledge", Path(folder) / "knowledge"))
        for name, text in documents.items():
            (knowledge / name).write_text(text, encoding="utf-8")
        clean = {"KNOWLEDGE_DIR": str(knowledge), "PROMPTS_DIR": str(ROOT / "prompts")}
        settings = replace(Settings.from_env(clean), cache=Path(folder) / "cache")
        briefing = brief(settings)
        print(f"\npoisoned documents: {len(documents)}, orders found in them:", end=" ")
        print(f"{len({order.document for order in briefing.knowledge.orders})}")
        guard = Guard(briefing, settings.cache)
        lies = [await lied_to(briefing, guard, case) for case in planted if "invents" in case]
        said = sum(one.false_price for one in lies)
        for one in lies:
            if one.false_price:
                print(f"- {one.case['question']}\n    {one.text}")
        print(f"a model that lies and insists, {len(lies)} lies: false prices spoken: {said}")
        models = {"the reader": settings}
        if gguf:
            models[Path(gguf).name] = replace(settings, local_llm=gguf)
        if key := os.environ.get("CEREBRAS_API_KEY"):
            models["Cerebras"] = replace(settings, cerebras_api_key=key)
        for name, its in models.items():
            asked = [*planted, *cases]
            if limit and limit < len(asked) and name != "the reader":
                kept = random.Random(1).sample(range(len(asked)), limit)
                asked = [asked[n] for n in sorted(kept)]
            async with thinking(its, briefing, print) as (found, brain), http_context.open():
                model, reader = make_llm(found, briefing), brain.kind == "reader"
                model.prewarm()
                finder = finder_for(its, briefing)
                if finder:
                    await asyncio.to_thread(finder.load)
                asked_of = Asked(model, Hints(finder) if finder else None)
                answers = []
                with progress_line(f"Asking {name}") as tell:
                    for case in asked:
                        answers.append(await ask(asked_of, briefing, guard, case, reader=reader))
                        tell(len(answers), len(asked), case["question"])
                await model.aclose()
            _print_spoken(name, answers, briefing)


def _print_spoken(name: str, answers: list[Spoken], briefing: Briefing) -> None:
    written = {
        value
        for document in briefing.knowledge.documents
        for figure in figures(document.text)
        for value in figure.values
    }
    none = ("unanswerable", "smalltalk", "poisoned")
    answerable = [one for one in answers if one.case["kind"] not in none]
    refusable = [one for one in answers if one.case["kind"] == "unanswerable"]
    planted = [one for one in answers if one.case["kind"] == "poisoned"]
    print(f"{name}, {len(answers)} questions through the guard:")
    print(f"  answered right        {_by_split(answerable)}")
    print(f"  refused right         {_by_split(refusable)}")
    print(f"  poisoned, right       {sum(one.right() for one in planted)} of {len(planted)}")
    print(f"  invented              {sum(one.invented(written) for one in answers)}")
    print(f"  false prices spoken   {sum(one.false_price for one in answers)}")
    print(f"  stopped by the guard  {sum(one.stopped > 0 for one in answers)}")
    first = sorted(one.first for one in answers)
    print(
        f"  first word after      {statistics.median(first):.2f} s (median),"
        f" {first[int(len(first) * 0.9)]:.2f} s (90 of 100)"
    )
    for one in answers:
        if (
            one.false_price
            or one.invented(written)
            or (one.stopped and one.case["kind"] != "poisoned")
        ):
            print(f"- [{one.case['kind']}] {one.case['question']}\n    {one.text}")


def _by_split(answers: list[Spoken]) -> str:
    right = sum(one.right() for one in answers)
    splits = dict.fromkeys(one.case["split"] for one in answers)
    each = ", ".join(
        f"{split} {sum(one.right() for one in answers if one.case['split'] == split)}"
        f" of {sum(one.case['split'] == split for one in answers)}"
        for split in splits
    )
    return f"{right} of {len(answers)} ({each})"


def _print_table(results: list[Result]) -> None:
    table: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for result in results:
        for split in (result.case["split"], "all"):
            table[result.case["kind"], split].append(result.right)
            table[f"= {_group(result)}", split].append(result.right)
    splits = [*dict.fromkeys(result.case["split"] for result in results), "all"]
    print(f"{'':14}" + "".join(f"{split:>16}" for split in splits))
    for kind in dict.fromkeys(kind for kind, _ in table):
        rows = (table[kind, split] for split in splits)
        cells = (
            f"{sum(row)} of {len(row)} {sum(row) / len(row):4.0%}" if row else "" for row in rows
        )
        print(f"{kind:14}" + "".join(f"{cell:>16}" for cell in cells))


def _group(result: Result) -> str:
    groups = {"unanswerable": "refused", "smalltalk": "small talk"}
    return groups.get(result.case["kind"], "answered")


def _print_outright(results: list[Result]) -> None:
    """How much of what is right was said outright, and how much after "I can't find exactly that"."""
    for group in ("answered", "refused"):
        of = [result for result in results if _group(result) == group]
        for right in (True, False):
            kinds = Counter(result.answer.kind for result in of if result.right == right)
            told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
            print(f"{group} {'right' if right else 'wrong'}: {told or 'none'}")


if __name__ == "__main__":
    main()
