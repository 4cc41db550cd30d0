"""Products by the names that callers give them: short, misheard, in the plural, or by their price.

A name is compared as it is written and by how it sounds, since speech-to-text writes a name that it
does not know as words that it knows: "some it desk" for the Summit desk.
"""

import functools
import re
from collections.abc import Sequence

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

from sales_agent.store.quotes import Product

MOST = 3  # candidates that one can ask about in a sentence
LIKELY = 0.70  # a likeness from here on may be meant; measured on tests/unit/store/spoken_names.py
PART = 0.95  # a name of which every word that was said is a word, against the whole name
LEFT_OUT = 0.1
OTHER_CATEGORY = 0.8  # "willow desk" may mean the Willow chair, but is not its name
HEARD = 0.3  # the weight of how a word sounds beside how it is written
CLOSE = 0.06  # products that are this near to each other are not told apart by ear

_FILLERS = frozenset(
    "a an the your our my that this those these one ones of is it's its please some any want need like "
    "i i'd i'll we you have got get would could can me about for what with and to called named "
    "model product version price cost costs much how many".split()
)
_ARTICLES = frozenset(["a", "an", "the"])
_NUMBERS = frozenset(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty fifty hundred".split()
)
_CHEAPEST = (
    "cheapest",
    "least expensive",
    "most affordable",
    "lowest price",
    "lowest priced",
    "entry level",
)
_DEAREST = (
    "most expensive",
    "dearest",
    "priciest",
    "highest price",
    "highest priced",
    "top of the line",
)
_MIDDLE = ("middle", "mid range", "midrange", "in between", "medium", "mid priced", "mid price")
_STRONGEST = ("strongest", "sturdiest", "heaviest duty", "carries the most", "holds the most")
# Consonants that one ear takes for another; vowels are left out, as they are heard worst of all.
_SOUNDS = (
    (r"dge?\b|tch|ch|sh|g(?=[ei])|j", "j"),
    (r"ph", "f"),
    (r"th", "t"),
    (r"kn\b", "n"),
    (r"ck|q|k|c(?![eiy])", "k"),
    (r"c|z", "s"),
    (r"x", "ks"),
    (r"[dt]", "t"),
    (r"[bp]", "p"),
    (r"[fv]", "f"),
    (r"(?<!^)[aeiouyhw]", ""),
    (r"(.)\1+", r"\1"),
)


def match_names(said: str, products: Sequence[Product]) -> list[Product]:
    """The product that is meant, or the two or three that may be, or none."""
    text = " ".join(re.findall(r"[\w'-]+", said.casefold())).replace("-", " ")
    words = [singular(word) for word in text.split()]
    by_rank = _ranked(text, words, products)
    if by_rank is not None:
        return by_rank
    named = [w for w in words if w not in _ARTICLES and w not in _NUMBERS and not w.isdecimal()]
    meant = [word for word in named if word not in _FILLERS]
    of_category = [p for p in products if [singular(w) for w in p.category.split()] == meant]
    if of_category:
        return of_category if len(of_category) <= MOST else []
    categories = {singular(word) for product in products for word in product.category.split()}
    scored = sorted(
        (
            # Small words may be what was heard of a name: "some it" is the Summit.
            (
                max(_likeness(heard, product, categories) for heard in (meant, named) if heard),
                product,
            )
            for product in (products if named else ())
        ),
        key=lambda pair: -pair[0],
    )
    best = scored[0][0] if scored else 0.0
    if best < LIKELY:
        return []
    # A name said whole is not confused with longer ones.
    bound = 1.0 if best == 1.0 else max(best - CLOSE, LIKELY)
    return [product for score, product in scored if score >= bound][:MOST]


def _ranked(text: str, words: list[str], products: Sequence[Product]) -> list[Product] | None:
    """The cheapest, middle, dearest or strongest of a category; None where no such word was said."""
    said = f" {text} "
    rank = next(
        (
            rank
            for rank in (_CHEAPEST, _DEAREST, _MIDDLE, _STRONGEST)
            if any(f" {phrase} " in said for phrase in rank)
        ),
        None,
    )
    if rank is None:
        return None
    pool = [p for p in products if all(singular(w) in words for w in p.category.split())]
    if rank is _STRONGEST:
        loads = [product.load_kg for product in pool if product.load_kg is not None]
        return [product for product in pool if loads and product.load_kg == max(loads)]
    pool.sort(key=lambda product: product.price)
    if rank is _MIDDLE:
        return pool[(len(pool) - 1) // 2 : len(pool) // 2 + 1]
    wanted = {(pool[0] if rank is _CHEAPEST else pool[-1]).price} if pool else set()
    return [product for product in pool if product.price in wanted]


def _likeness(said: list[str], product: Product, categories: set[str]) -> float:
    """How much what was said is this product's name, from 0 to 1."""
    name = _name_words(product.name)
    own = {singular(word) for word in product.category.split()}
    core_said = [word for word in said if word not in own] or said
    core = [word for word in name if word not in own] or name
    score = max(
        _alike("".join(said), "".join(name)),
        _alike("".join(core_said), "".join(core)),
        PART * _in_part(core_said, core),
    )
    others = (categories - own).intersection(said).difference(name)
    return score * (OTHER_CATEGORY if others else 1.0)


@functools.lru_cache(maxsize=50_000)
def _name_words(name: str) -> list[str]:
    return [singular(word) for word in re.findall(r"\w+", name.casefold())]


def _in_part(said: list[str], name: list[str]) -> float:
    """How well each word said is found in the name; a little less for what was left out of it."""
    found = [max((_alike(word, own), own) for own in name) for word in said]
    letters = sum(len(word) for word in said)
    likeness = sum(score * len(word) for (score, _), word in zip(found, said, strict=True))
    left_out = len(set(name) - {own for _, own in found}) / len(name)
    return likeness / letters * (1 - LEFT_OUT * left_out)


def _alike(said: str, name: str) -> float:
    if said == name:
        return 1.0
    written = (JaroWinkler.similarity(said, name) + fuzz.ratio(said, name) / 100) / 2
    heard = fuzz.ratio(_sound(said), _sound(name)) / 100
    return max(written, HEARD * heard + (1 - HEARD) * written)


@functools.lru_cache(maxsize=50_000)  # words of all names, compared with each call's
def _sound(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = re.sub(pattern, sound, word)
    return word


def singular(word: str) -> str:
    """The word without the ending of the plural; product names and needs are compared by it."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
