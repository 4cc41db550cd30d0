"""What is in a text, Markdown or HTML file and is none of what it tells.

What no reader of it sees, comments, attributes, elements that are not shown, is parted from what is shown, and only
looked at for orders to an AI. Not known: styles of outside files. What frames a page, as its menus, is left out.
"""

import html as entities
import re
from importlib import import_module
from typing import Any

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
# A definition of a link that leads nowhere: `[//]: # (text)`.
_EMPTY_LINK = re.compile(
    r"^ {0,3}\[[^\]\n]*\]:[ \t]*(?:#|<#?>)[ \t]*[\"'(](.*)[\"')][ \t]*$", re.MULTILINE
)
_ATTRIBUTE = re.compile(
    r"\s(?:alt|title|content|placeholder|label|summary|value|aria-[a-z]+|data-[\w-]+)\s*=\s*"
    r"(?:\"([^\"]*)\"|'([^']*)')",
    re.IGNORECASE,
)
_TAGS = re.compile(r"[\U000E0020-\U000E007E]+")  # a second ASCII, which no font shows
_NOT_SHOWN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])|"
    r"text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?<![^{}])([^{}]+)\{([^{}]*)\}")
_FRAMES = re.compile(r"<(?:nav|header|footer|aside|a)\b", re.IGNORECASE)
_BLOCKS = ["address", "dd", "div", "dt", "h1", "h2", "h3", "h4", "li", "p", "td", "th"]
_MENU = 3  # links in a line of nothing else
_BETWEEN_LINKS = " \t\r\n\xa0|/·•>»-–—"
_COPYRIGHT = re.compile(r"(?:©|\(c\)|\bcopyright\b)\s*\d{4}(?:\s*[-–]\s*\d{4})?", re.IGNORECASE)
_FACT = re.compile(r"[\d@]")


def without_comments(markdown: str) -> tuple[str, str]:
    """A Markdown text as it is shown, and what its comments say."""
    hidden = [*_COMMENT.findall(markdown), *_EMPTY_LINK.findall(markdown)]
    return _EMPTY_LINK.sub("", _COMMENT.sub("", markdown)), "\n\n".join(hidden)


def tag_letters(text: str) -> str:
    """What a text says in Unicode's tag characters."""
    if text.isascii():
        return ""
    return "\n\n".join(
        "".join(chr(ord(letter) - 0xE0000) for letter in run) for run in _TAGS.findall(text)
    )


def shown_html(html: str) -> tuple[str, str]:
    """A page as a browser shows it, and the text of what it does not show, attributes too."""
    values = [entities.unescape("".join(found)) for found in _ATTRIBUTE.findall(html)]
    hidden = [value for value in values if " " in value]
    if "<!--" not in html and not _NOT_SHOWN.search(html) and "hidden" not in html:
        return html, "\n\n".join(hidden)
    soup_of: Any = import_module("bs4").BeautifulSoup
    comment: Any = import_module("bs4").Comment
    soup = soup_of(html, "html.parser")
    hidden += [
        str(found.extract()) for found in soup.find_all(string=lambda s: isinstance(s, comment))
    ]
    selectors = [
        selector.strip()
        for style in soup.find_all("style")
        for selectors, body in _RULE.findall(style.get_text())
        if _NOT_SHOWN.search(body) and "@" not in selectors
        for selector in selectors.split(",")
        if re.fullmatch(r"[\w.#-]+", selector.strip())
    ]
    for element in [
        *soup.find_all(style=_NOT_SHOWN),
        *soup.find_all(hidden=True),
        *(found for selector in selectors for found in soup.select(selector)),
    ]:
        if element.name not in ("html", "body"):
            hidden.append(element.get_text(" ", strip=True))
            element.extract()
    return str(soup), "\n\n".join(hidden)


def without_frame(html: str) -> str:
    """A page without menus, and of its header, footer and asides only titles and what has a number: address, phone.

    All of it where nothing else is there.
    """
    if not _FRAMES.search(html):
        return html
    soup_of: Any = import_module("bs4").BeautifulSoup
    soup = soup_of(html, "html.parser")
    menus = [
        *soup.select("nav, [role=navigation], .nav, .navbar, #nav, .breadcrumb, .breadcrumbs"),
        *(block for block in soup.find_all(["div", "p"]) if _is_menu(block)),
    ]
    framing = [
        block
        for frame in soup.select("header, footer, aside")
        if not frame.find_parent(["article", "main", "section"])
        for block in [frame, *frame.find_all(_BLOCKS), *frame.find_all("a", recursive=False)]
        if not block.find(_BLOCKS)
        and block.name != "h1"
        and not _FACT.search(_COPYRIGHT.sub("", block.get_text(" ")))
    ]
    for element in [*menus, *framing]:
        element.extract()
    return str(soup) if soup.get_text(strip=True) else html


def _is_menu(block: Any) -> bool:
    """Links in a line and nothing else; a list of them may be of products."""
    links = [link.get_text() for link in block.find_all("a")]
    text = block.get_text()
    for link in links:
        text = text.replace(link, "", 1)
    return len(links) >= _MENU and not block.find(_BLOCKS) and not text.strip(_BETWEEN_LINKS)
