"""Seeded documents of the kind that fill a company's folder, for measurements at sizes that nobody ships.

Manuals and price lists of goods that Harbor Office does not sell, minutes, guides for the staff. They compete with
the shipped documents for a question's words (warranty, cleaning, delivery, prices), and answer none of them.
"""

import random
from collections.abc import Iterator
from pathlib import Path

GOODS = (
    "pump boiler compressor dishwasher conveyor scanner label printer|forklift|water heater|pressure washer|"
    "cash register|projector|walk-in freezer|coffee grinder|hand dryer|floor polisher|door lock|air curtain|"
    "card reader|bread oven|glass washer|fume hood|pallet truck|strapping machine|heat exchanger"
)
KINDS = [
    kind
    for part in GOODS.split("|")
    for kind in ([part] if " " in part and part.count(" ") == 1 else part.split())
]
PARTS = "valve,gasket,filter,drive belt,control board,inlet hose,sensor,bearing,fuse,drain,heating coil,relay".split(
    ","
)
TEAMS = "logistics,payroll,procurement,quality,marketing,facilities,customer service,research,legal,training".split(
    ","
)
PEOPLE = (
    "Adams,Okafor,Lindqvist,Moreau,Tanaka,Silva,Novak,Haddad,Byrne,Castillo,Fischer,Iyer".split(",")
)
TOWNS = "Tulsa,Omaha,Reno,Fargo,Mobile,Boise,Akron,Tampa,Duluth,Laredo,Salem,Macon".split(",")
DAYS = "Monday,Tuesday,Wednesday,Thursday,Friday".split(",")
SYLLABLES = "ar bel cor dan el fen gar hol in jun kal lor mer nor os pel qui ras sen tor ul ver wex yor zan".split()

MANUAL = {
    "Installation": [
        "Leave {n} centimeters of room behind the {p} so that warm air can leave it.",
        "The {p} is connected to {v} volts by an electrician, never by an extension cord.",
        "Before the first start, fill the {c} of the {p} with {n} milliliters of oil.",
        "The {p} weighs {w} kilograms and has to be anchored to a concrete floor.",
        "Two people and a lifting strap are needed to place the {p}.",
    ],
    "Maintenance": [
        "Replace the {c} of the {p} every {n} operating hours.",
        "The {c} of the {p} is rinsed with vinegar and clear water every {n} weeks.",
        "Grease the {c} with {n} grams of type {v} grease, then let the {p} idle for ten minutes.",
        "A worn {c} shows as a rattle below {n} revolutions; the {p} must not be used then.",
        "Spare part {w}-{n} is the {c} of the {p}.",
    ],
    "Faults": [
        "Error F {n} on the {p} means that the {c} has no contact.",
        "If the {p} stops after {n} minutes, the {c} is blocked; clear it and press start.",
        "A blinking lamp on the {p} asks for a new {c}.",
        "The {p} restarts by itself {n} minutes after a power cut.",
    ],
    "Technical data": [
        "The {p} draws {w} watts at full load and {n} watts in stand-by.",
        "At one meter the {p} was measured at {n} decibels with its hood closed.",
        "The {p} moves {w} liters in an hour at a pressure of {n} bar.",
        "The housing of the {p} is powder coated steel, {n} millimeters thick.",
    ],
    "Warranty and price": [
        "The {p} is sold with a warranty of {n} months on the {c}.",
        "The list price of the {p} is {w} dollars; its {c} costs {n} dollars.",
        "A service contract for the {p} costs {w} dollars a year with {n} visits.",
        "The {p} is shipped on a pallet from {t} within {n} days.",
    ],
}  # fmt: skip
MINUTES = {
    "Attendance": [
        "{a} and {b} attended for {m}; {e} sent apologies.",
        "The meeting was held in {t} and took {n} minutes.",
    ],
    "Decisions": [
        "{m} moves its weekly report from {d} to the day after.",
        "{a} may spend {w} dollars on a trial of the {p} in {t}.",
        "The lease of the {t} warehouse is renewed for {n} months.",
        "Overtime above {n} hours has to be approved by {b}.",
        "The supplier in {t} gets a second audit, as {n} of {w} parts had scratches.",
    ],
    "Open points": [
        "{a} clarifies with {m} why invoice {w}-{n} was booked twice.",
        "{b} trains {n} colleagues of {m} on the {p} before the next quarter.",
        "The parking lot in {t} is short of {n} spaces on {d}s.",
        "Nobody has found the key of cabinet {n}; {e} orders a copy.",
    ],
}  # fmt: skip
GUIDE = {
    "Access": [
        "Badges for the {t} site are issued by {m} on {d}s.",
        "A lost badge is reported to {a}, extension {w}.",
        "Visitors of {m} sign in at door {n} and wear a yellow vest.",
    ],
    "Computers": [
        "Passwords for the {m} system expire after {n} days.",
        "The backup of {m} runs on {d} at {n} minutes past midnight.",
        "Printer {w} on floor {n} is reserved for {m}.",
    ],
    "Travel and leave": [
        "Trips to {t} are booked by {m} at least {n} days ahead.",
        "The daily allowance for {t} is {n} dollars.",
        "Leave for the {m} team is entered by {d} noon and approved by {b}.",
        "New colleagues in {m} have {n} days of leave in their first year.",
    ],
}  # fmt: skip


def documents(seed: int, count: int, characters: int) -> Iterator[tuple[str, str]]:
    """Names and Markdown texts of about so many characters each."""
    for number in range(count):
        dice = random.Random(seed * 1_000_003 + number)
        kind = ("manual", "minutes", "guide")[number % 3]
        sections = {"manual": MANUAL, "minutes": MINUTES, "guide": GUIDE}[kind]
        product = _name(dice)
        parts = [f"# {product}: {kind} {number}"]
        size = 0
        while size < characters:
            for heading, sentences in sections.items():
                text = " ".join(
                    _filled(dice, sentence, product)
                    for sentence in dice.sample(sentences, min(3, len(sentences)))
                )
                parts.append(f"## {heading}, {product}\n{text}")
                size += len(parts[-1]) + 2
            if kind == "manual":
                parts.append(_spare_parts(dice, product))
                size += len(parts[-1]) + 2
            product = _name(dice)
        yield f"{kind}/{kind}-{number:04}.md", "\n\n".join(parts)[:characters] + "\n"


def write(folder: Path, seed: int, count: int, characters: int) -> None:
    """Write such documents below a folder."""
    for name, text in documents(seed, count, characters):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _name(dice: random.Random) -> str:
    word = "".join(dice.sample(SYLLABLES, 3)).capitalize()
    return f"{word} {dice.randrange(100, 1000)} {dice.choice(KINDS)}"


def _filled(dice: random.Random, sentence: str, product: str) -> str:
    text = sentence.format(
        p=product,
        c=dice.choice(PARTS),
        n=dice.randrange(3, 99),
        w=dice.randrange(100, 9_000),
        v=dice.choice((110, 208, 230, 400)),
        a=dice.choice(PEOPLE),
        b=dice.choice(PEOPLE),
        e=dice.choice(PEOPLE),
        m=dice.choice(TEAMS),
        t=dice.choice(TOWNS),
        d=dice.choice(DAYS),
    )
    return text[0].upper() + text[1:]


def _spare_parts(dice: random.Random, product: str) -> str:
    rows = [
        f"| {part} | {dice.randrange(1000, 9999)} | {dice.randrange(4, 300)} |"
        for part in dice.sample(PARTS, 5)
    ]
    return "\n".join(
        [f"## Spare parts, {product}", "", "| Part | Number | Dollars |", "|---|---|---|", *rows]
    )
