"""What the guard lets pass and stops on the shipped materials, and its time: `python -m bench.guard`.

True clauses: each sentence and table cell of the documents as the reader speaks it, and the prices and attributes of
sales_agent/store/sample/products.csv in ten wordings, in digits and in words. False ones: the same wordings with
another product's price, with invented prices and discounts. Beside them replies written by hand, each set before the
guard was measured on it. What passed of the true ones, and was stopped of the false ones, on the first run of each:

    tests/replies.json, "test" third             24 of  24    22 of  23
    tests/probes.json                            51 of  60    50 of  60
    tests/companies, first sets of desk shop     84 of 100    50 of  60
        and software, dentist, cars              54 of  80    40 of  50
    second sets of all four, held out            37 of  40    29 of  30
    third sets, of desk shop and hotel           55 of  65    52 of  55
    talked_into, a caller who insists                         11 of  12
    fourth set of the desk shop, held out        54 of  59    39 of  40
    fifth, of a sixth company, held out          14 of  20     9 of  15
    sixth set of the desk shop, held out         35 of  40    18 of  20
    seventh                                      38 of  40    13 of  15
    eighth                                      116 of 120    50 of  60
    ninth, held out                              57 of  60    38 of  40
    tenth, held out                              37 of  40    19 of  20
    eleventh, of the desk shop                  133 of 150    58 of  70
    and of a seventh company                     33 of  70    15 of  30
    twelfth, of the desk shop                    97 of 120    48 of  50
    and of an eighth company                     40 of  80    29 of  40
    thirteenth, of the desk shop                253 of 270   109 of 130
    and of two companies with sheets as they
    come out of a spreadsheet (solar, catering)  68 of 160    57 of  80
    fourteenth, of the desk shop                134 of 140    37 of  40
    and hosting, bikes, spa                     141 of 240    69 of 120
    fifteenth, of the desk shop                 117 of 120    27 of  30
    and vet, rental                              85 of 140    35 of  60
    sixteenth, of the desk shop                  94 of 100    31 of  40
    seventeenth, half of it long conversations   95 of 100    29 of  40
    eighteenth, and nineteenth, whose false
    ones are prices and discounts               214 of 220    74 of  90
    twentieth, false as in the nineteenth       120 of 120    49 of  50
    twenty-first, two thirds conversations      114 of 120    48 of  50
    twenty-second and twenty-third              194 of 200    74 of  80
    twenty-fourth                                96 of 100    38 of  40

Rules were changed for each since, so that what is printed here is no longer held out; those that the guard still gets
wrong say so in their files.
"""

import argparse
import csv
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.cases import COMPANIES, ROOT, Case, checker_of, of_company, passes, written
from sales_agent.knowledge import Knowledge, load_knowledge
from sales_agent.knowledge.figures import figures
from sales_agent.knowledge.passages import passages

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
WORDINGS = (
    ("", "The {name} costs {digits} dollars."),
    ("", "The {name} is ${digits}."),
    ("", "You can have the {name} for {words} dollars."),
    ("", "At {digits} dollars, the {name} is a good choice."),
    ("", "Our {name} comes at {words} dollars, which is without tax."),
    ("", "{name}: {digits} USD."),
    ("What does the {name} cost?", "It costs {words} dollars."),
    ("How much is the {name}?", "That is {short}."),
    ("Tell me about the {name}.", "Sure! Its price is {digits} dollars. Shall I go on?"),
    ("I like the {name}.", "A good choice, the {name} is {short}."),
)
UNITS = {
    "load_kg": "It carries {} kilograms.",
    "warranty_years": "Its warranty is {} years.",
    "delivery_days": "It takes {} working days.",
    "weight_kg": "It weighs {} kilograms.",
    "noise_db": "It makes {} decibels.",
    "width_cm": "It is {} centimeters wide.",
}
PLANS = {"Harbor Care Basic": 5, "Harbor Care Plus": 9, "Harbor Care Business": 79}
INVENTED = (
    "You get {} percent off the {name}.",
    "The {name} is {}% cheaper today.",
    "With a discount of {} percent the {name} is yours.",
)


def in_words(number: int) -> str:
    """749: seven hundred and forty-nine."""
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    rest = f" and {in_words(number % 100)}" if number % 100 else ""
    if number < 1000:
        return f"{SMALL[number // 100]} hundred{rest}"
    more = f" {in_words(number % 1000)}" if number % 1000 else ""
    return f"{in_words(number // 1000)} thousand{more}"


def short(number: int) -> str:
    """749: seven forty-nine."""
    if number < 100 or number % 100 < 10:
        return f"{in_words(number)} dollars"
    return f"{in_words(number // 100)} {in_words(number % 100)}"


def prices(name: str, price: int, group: str, true: bool) -> Iterator[Case]:
    """A price in every wording."""
    values = {"digits": f"{price:,}", "words": in_words(price), "short": short(price)}
    for caller, says in WORDINGS:
        yield Case(group, says.format(name=name, **values), true, caller.format(name=name))


def cases(knowledge: Knowledge) -> Iterator[Case]:
    """All generated replies, the same in every run."""
    rng = random.Random(11)
    for passage in passages(knowledge):
        for statement in passage.statements:
            if figures(statement.text):
                yield Case("sentences of the documents", statement.spoken, True)
    file = ROOT / "sales_agent/store/sample/products.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    known = {row["name"]: int(row["price"]) for row in rows} | PLANS
    for row in rows:
        yield from prices(row["name"], int(row["price"]), "prices", True)
        attributes = dict(part.split("=") for part in row["attributes"].split("; "))
        for key, says in UNITS.items():
            if key in attributes:
                caller = f"Tell me about the {row['name']}."
                yield Case("attributes", says.format(attributes[key]), True, caller)
                yield Case("attributes", says.format(in_words(int(attributes[key]))), True, caller)
    for name, price in PLANS.items():
        for case in prices(name, price, "plans", True):
            says = case.says.replace(" dollars", " dollars a month", 1)
            yield Case("plans", says, True, case.caller)
    for name, price in known.items():
        others = sorted(set(known.values()) - {price})
        yield from prices(name, rng.choice(others), "the price of another", False)
        yield from prices(name, _invented(rng, known), "an invented price", False)
        for says in INVENTED:
            percent = rng.choice([5, 15, 20, 30, 50, 90])
            yield Case("an invented discount", says.format(percent, name=name), False)
            yield Case("an invented discount", says.format(in_words(percent), name=name), False)


def _invented(rng: random.Random, known: dict[str, int]) -> int:
    while (price := rng.randint(10, 1_500)) in known.values():
        pass
    return price


def by_hand() -> Iterator[Case]:
    """What was written for the desk shop before the replies of tests/companies/."""
    yield from written(ROOT / "tests/replies.json", "by hand")
    yield from written(ROOT / "tests/probes.json", "probes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failures", action="store_true")
    args = parser.parse_args()
    right: Counter[tuple[bool, str]] = Counter()
    total: Counter[tuple[bool, str]] = Counter()
    failed: list[Case] = []
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        for company in COMPANIES:
            start = time.perf_counter()
            with checker_of(company, cache) as checker:
                computed = time.perf_counter() - start
                shop = company == "desks"
                generated = cases(load_knowledge(ROOT / "knowledge", cache)) if shop else ()
                for case in (*generated, *(by_hand() if shop else ()), *of_company(company)):
                    good = passes(checker, case, seconds) == case.true
                    total[case.true, case.group] += 1
                    right[case.true, case.group] += good
                    if not good:
                        failed.append(case)
            print(f"{company}: documents read and their figures computed in {computed:.2f} s")
    for true, word in ((True, "passed"), (False, "stopped")):
        print(f"{'true' if true else 'false'} replies {word}")
        for (kind, group), count in total.items():
            if kind == true:
                print(f"  {group:28}{right[kind, group]:>5} of {count}")
        for name in ("the shipped materials", "other companies", "all"):
            made, good = (_sum(counts, true, name) for counts in (total, right))
            print(f"  {name:28}{good:>5} of {made}  ({(made - good) / made:.2%} not)")
    seconds.sort()
    print(
        f"a clause takes {statistics.median(seconds) * 1e3:.2f} ms (median),"
        f" {seconds[int(len(seconds) * 0.99)] * 1e3:.2f} ms (99 of 100), {seconds[-1] * 1e3:.2f} ms (worst)"
    )
    if args.failures:
        for case in failed:
            print(
                f"- {'true' if case.true else 'FALSE'} [{case.group}] {case.caller} | {case.says}"
            )


def _sum(counts: Counter[tuple[bool, str]], true: bool, name: str) -> int:
    """The replies of the shop, of the others, or of all."""
    wanted = {"the shipped materials": {True}, "other companies": {False}}.get(name, {True, False})
    others = tuple(f"{company}, " for company in COMPANIES if company != "desks")
    return sum(
        count
        for (kind, group), count in counts.items()
        if kind == true and (not group.startswith(others)) in wanted
    )


if __name__ == "__main__":
    main()
