"""Words by their stems, and which of them tell what a text is about."""

import re
from functools import lru_cache

WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*")
_GENERIC = frozenset(
    "price prices priced pricing cost costs costing fee fees charge charges rate rates amount total dollar"
    " dollars usd eur euro euros pound pounds cent cents percent discount month months monthly year years yearly annual"
    " annually week day days per each every pay pays paid paying get gets getting offer offers offered include"
    " includes included including only just now today order orders also more less most least than from with"
    " without and the for you your our its this that these those have has had are was were will would can could"
    " may all any some not but one two three four five six seven eight nine ten they them their there here what"
    " which who how when where it's that's want need like sure yes okay great well course right come comes make"
    " makes made take takes give gives let know much many very really about around plus plan plans product"
    " products item items model service services name type number value description feature features details no"
    " eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty"
    " seventy eighty ninety hundred thousand got into also too we've you've i've you'd we'd i'd you'll we'll i'll"
    " then still even again already because although though unless once until while during since after before"
    " whoever whatever become becomes becoming"
    " you're we're they're don't doesn't isn't they'd they've"
    " setup quantity stock sku size sizes width height weight color colors covers support".split()
)


@lru_cache(maxsize=5_000)
def stem(word: str) -> str:
    """Crude on purpose: "deliver", "delivery" and "deliveries" meet."""
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    word = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    return word[:6]


GENERIC_STEMS = frozenset(map(stem, _GENERIC))


def telling_stems(text: str) -> frozenset[str]:
    """Stems of the words that tell what a text is about, apart from those of prices."""
    words = (word for word in WORD.findall(text) if len(word) > 2 and word[0].isalpha())
    return frozenset(s for word in words for s in stems_of(word)) - GENERIC_STEMS


def stems_of(word: str) -> list[str]:
    """Of a compound its parts too: "in-office" is about an office."""
    parts = [part for part in word.split("-") if len(part) > 2] if "-" in word else []
    return [stem(word), *map(stem, parts)]
