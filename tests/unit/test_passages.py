"""How documents become passages, and passages statements that can be spoken."""

from pathlib import Path

import pytest

from sales_agent.knowledge import Document, Knowledge, Page
from sales_agent.knowledge.passages import MAX_PASSAGE, Passage, passages, split_sentences


def cut(*pages: str, name: str = "a.md") -> list[Passage]:
    numbered = tuple(
        Page(number if len(pages) > 1 else None, text) for number, text in enumerate(pages, start=1)
    )
    return passages(Knowledge(Path("."), (Document(name, numbered, 0),), ()))


def spoken(found: list[Passage]) -> list[str]:
    return [statement.spoken for passage in found for statement in passage.statements]


def test_each_heading_starts_a_passage_that_carries_it() -> None:
    found = cut("# Desks\n\nWe make desks.\n\n## Delivery\n\nIt takes three days.\n")
    assert [(passage.heading, passage.text) for passage in found] == [
        ("Desks", "We make desks."),
        ("Delivery", "It takes three days."),
    ]


def test_a_long_section_is_cut_between_paragraphs_and_nothing_is_lost() -> None:
    paragraphs = [f"Paragraph {number} says something of some length here." for number in range(40)]
    found = cut("# Long\n\n" + "\n\n".join(paragraphs))
    assert all(passage.heading == "Long" for passage in found)
    assert all(len(passage.text) <= MAX_PASSAGE for passage in found)
    assert "\n".join(passage.text for passage in found).split("\n") == paragraphs


def test_a_cell_of_a_table_is_spoken_with_its_row_and_its_column() -> None:
    found = cut("| Desk | Price | SKU |\n|---|---|---|\n| Summit desk | 749 dollars | HO-1 |\n")
    assert spoken(found) == ["Summit desk, price: 749 dollars.", "Summit desk, SKU: HO-1."]


def test_an_empty_header_row_as_word_tables_have_gives_way_to_the_real_one() -> None:
    found = cut("|  |  |\n| --- | --- |\n| Desk | Boxes |\n| Ridge desk | 2 |\n")
    assert spoken(found) == ["Ridge desk, boxes: 2."]


def test_every_passage_of_a_long_table_can_be_understood_alone() -> None:
    rows = "\n".join(f"| Thing {number} | {number} dollars |" for number in range(60))
    found = cut(f"# Prices\n\n| Product | Price |\n|---|---|\n{rows}\n")
    assert len(found) > 1
    assert sum(len(passage.statements) for passage in found) == 60
    assert all(", price: " in text for text in spoken(found))


def test_a_sentence_that_starts_with_a_pronoun_is_spoken_with_what_it_is_about() -> None:
    found = cut("# Ridge desk: for most\n\nThe Ridge desk is quiet. It has two motors.\n")
    assert spoken(found)[1] == "Ridge desk: It has two motors."

    found = cut("# Floors\n\nThe Wheel set fits two desks. It does not fit the Summit desk.\n")
    assert spoken(found)[1] == "The Wheel set fits two desks. It does not fit the Summit desk."


def test_a_short_line_above_text_is_a_heading_where_none_is_marked() -> None:
    found = cut("Stock\nAll desks are in stock.\nTry first\nYou can try a desk at home.\n")
    assert [passage.heading for passage in found] == ["Stock", "Try first"]


def test_lines_of_one_paragraph_are_joined() -> None:
    found = cut("The desk is made of steel and\noak, and it is heavy.\n")
    assert spoken(found) == ["The desk is made of steel and oak, and it is heavy."]


def test_marks_of_markdown_are_not_spoken() -> None:
    found = cut("* **Free** delivery, see [our site](https://example.com) for `more`.\n")
    assert spoken(found) == ["Free delivery, see our site for more."]


def test_passages_of_a_pdf_know_their_page_and_leave_out_its_footer() -> None:
    found = cut(
        *(f"Text of sheet {word}.\nCatalogue, page {n} of 3" for n, word in enumerate("abc", 1)),
        name="a.pdf",
    )
    assert [(passage.page, passage.text) for passage in found] == [
        (1, "Text of sheet a."),
        (2, "Text of sheet b."),
        (3, "Text of sheet c."),
    ]


def test_sentences_end_at_their_ends_and_not_at_abbreviations_or_decimals() -> None:
    text = 'Ask Mr. Hill. It is 2.5 cm thick! "Really?" Yes, e.g. in oak. Call 207 555 0142.'
    assert split_sentences(text) == [
        "Ask Mr. Hill.",
        "It is 2.5 cm thick!",
        '"Really?"',
        "Yes, e.g. in oak.",
        "Call 207 555 0142.",
    ]


def test_no_word_is_spoken_that_the_document_does_not_have() -> None:
    text = "# Plans\n\n| Plan | Price |\n|---|---|\n| Basic | $5 |\n\n- One: two.\n\nIt is good.\n"
    words = set(text.lower().replace("|", " ").replace(".", " ").replace(":", " ").split())
    for statement in spoken(cut(text)):
        for mark in ".:,":
            statement = statement.replace(mark, " ")
        assert set(statement.lower().split()) <= words


def test_a_question_that_is_marked_as_one_is_the_heading_of_its_answer() -> None:
    bold = "# FAQ\n\n**Do you ship abroad?**\nYes. It takes a week.\n\n**Is it loud?** No.\n"
    letters = "Q: Do you ship abroad?\nA: Yes. It takes a week.\nQ: Is it loud?\nA: No.\n"
    for text in (bold, letters):
        assert [(passage.heading, passage.text) for passage in cut(text)] == [
            ("Do you ship abroad?", "Yes. It takes a week."),
            ("Is it loud?", "No."),
        ]


def test_what_is_to_be_done_is_not_said_without_the_condition() -> None:
    found = cut("If the light is red, the line is down. Restart it. Then call us.\n")
    assert spoken(found) == [
        "If the light is red, the line is down.",
        "If the light is red, the line is down. Restart it.",
        "Then call us.",
    ]


def test_a_sentence_that_means_the_heading_by_it_is_said_with_the_heading() -> None:
    found = cut("## Ridge desk: steady\n\nThe Ridge desk is new. A bar keeps it steady.\n")
    assert spoken(found) == ["The Ridge desk is new.", "Ridge desk: A bar keeps it steady."]


@pytest.mark.timeout(10)
def test_a_line_of_dashes_is_looked_at_once() -> None:
    text = f"| a | b |\n|---|---|\n|{'-' * 10_000}x | 5 |\n"
    (passage,) = cut(text)
    assert passage.statements[0].text.endswith("x, b: 5.")


def test_lines_without_bullets_are_a_list_under_their_title() -> None:
    text = "OPENING HOURS\nMon-Thu 9:30 - 20:30\nFri 9:30 - 18:00\nSun closed\n\nParking\nPark behind the house."
    assert [(p.heading, [s.text for s in p.statements]) for p in cut(text)] == [
        ("OPENING HOURS", ["Mon-Thu 9:30 - 20:30", "Fri 9:30 - 18:00", "Sun closed"]),
        ("Parking", ["Park behind the house."]),
    ]


def test_a_title_above_a_text_stays_one_behind_a_list() -> None:
    text = "Prices 2026\nChair 20 dollars\nDesk 90 dollars\nParking\nPark behind the house."
    assert [(p.heading, [s.text for s in p.statements]) for p in cut(text)] == [
        ("", ["Prices 2026", "Chair 20 dollars", "Desk 90 dollars"]),
        ("Parking", ["Park behind the house."]),
    ]


def test_two_titles_above_a_text_are_titles() -> None:
    assert [p.heading for p in cut("Harbor Office\nReturns\nSend it back within a month.")] == [
        "Returns"
    ]


def test_opening_hours_with_space_between_the_lines_are_no_titles() -> None:
    assert spoken(cut("# Hours\n\nMon 9:30 - 18:00\n\nSat 9 am to 1 pm\n\nSun closed\n")) == [
        "Mon 9:30 - 18:00",
        "Sat 9 am to 1 pm",
        "Sun closed",
    ]


def test_the_day_that_is_closed_is_a_line_of_the_opening_hours_and_no_title() -> None:
    hours = "HOURS\nFri 9:30 - 18:00\nSun closed\nThe phone is answered until 5 pm.\n"
    assert spoken(cut(hours)) == [
        "Fri 9:30 - 18:00",
        "Sun closed",
        "The phone is answered until 5 pm.",
    ]
