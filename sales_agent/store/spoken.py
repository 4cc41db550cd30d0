"""Order numbers, addresses and postcodes as people say them, brought to the form they are compared in.

What is stored goes through the same functions as what is said, so each only has to be steady.
"""

import re

_DIGITS = {
    word: str(n)
    for n, word in enumerate("zero one two three four five six seven eight nine".split())
}
_DIGITS |= {"oh": "0", "nought": "0"}
_TIMES = {"double": 2, "triple": 3}
_SIGNS = {
    "at": "@",
    "dot": ".",
    "underscore": "_",
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "plus": "+",
}
_DASHES = re.compile(r"\b(dash|hyphen|minus)\b", re.IGNORECASE)
_DIGITS_ENOUGH = (
    4  # digits that tell orders apart by themselves; letters before them are often left out
)


def order_key(said: str) -> str:
    """The digits of an order number, where it has enough: "H O one double oh 4 2" is 10042."""
    written = re.sub(r"[\W_]", "", _with_digits(_DASHES.sub("", said))).upper()
    # The letter for the digit, but only behind a digit: in front of them it belongs to the name.
    written = re.sub(r"(?<=\d)O+", lambda letters: "0" * len(letters[0]), written)
    numbers = re.sub(r"\D", "", written)
    return numbers if len(numbers) >= _DIGITS_ENOUGH else written


def email_key(said: str) -> str:
    """The address without blanks and capitals: "Ada dot King at example dot com"."""
    words = _with_digits(said.casefold()).split()
    written = "".join(_SIGNS.get(word, word) for word in words)
    return written.strip(".,;!?")


def postcode_key(said: str) -> str:
    """The code without blanks, and O and I as the digits they are mistaken for."""
    written = re.sub(r"[\W_]", "", _with_digits(_DASHES.sub("", said))).upper()
    written = written.replace("O", "0").replace("I", "1")
    # The four further digits of a code in the United States are hardly ever said.
    return written[:5] if re.fullmatch(r"\d{9}", written) else written


def _with_digits(said: str) -> str:
    """The text with digits in place of their words, "double" and "triple" too."""
    words: list[str] = []
    times = 1
    for word in re.split(r"(\W+)", said):
        small = word.casefold()
        if small in _TIMES:
            times = _TIMES[small]
        elif times > 1 and not word.strip():
            continue  # the blank behind "double"
        else:
            words.append(_DIGITS.get(small, word) * times)
            times = 1
    return "".join(words)
