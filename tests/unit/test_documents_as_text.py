"""What becomes of a document's text: rows and sentences stay whole, and nothing hides."""

from pathlib import Path

import pytest

from sales_agent.knowledge import Knowledge, load_knowledge
from sales_agent.knowledge.cleaning import clean
from sales_agent.knowledge.formats import read_file
from tests.unit import broken_documents as made

WIDE = "The quick brown fox jumps over the lazy dog and then goes home to sleep for a"


def text_of(name: str, content: bytes | str) -> str:
    pages = read_file(name, content.encode() if isinstance(content, str) else content).pages
    return "\n\n".join(page.text for page in pages)


def pdf_text(*lines: tuple[int, int, str]) -> str:
    return text_of("a.pdf", made.pdf_of_lines(list(lines)))


# PDF


def test_pdf_table_keeps_its_rows() -> None:
    text = text_of("a.pdf", made.CATALOGUE.read_bytes())
    assert "| Desk | Price | Carries | Height range | Widths | Weight |\n| --- |" in text
    assert (
        "| Summit desk | 749 dollars | 150 kg | 62 to 128 cm | 140, 160 or 180 cm | 46 kg |" in text
    )


def test_wrapped_header_of_a_pdf_table_is_one_cell() -> None:
    text = text_of("a.pdf", made.CATALOGUE.read_bytes())
    assert "| Colors of the frame | Delivery in working days |\n" in text


def test_sentences_of_a_pdf_are_not_broken_by_its_lines() -> None:
    text = text_of("a.pdf", made.CATALOGUE.read_bytes())
    assert "It is made for heavy equipment, several large monitors and wide rooms.\n" in text
    assert "\nHow tall are you?\n" in text


def test_right_aligned_and_empty_cells_of_a_pdf_stay_in_their_columns() -> None:
    assert pdf_text(
        (72, 700, "Item"), (250, 700, "Price"), (400, 700, "Stock"),
        (72, 680, "Pen"), (250, 680, "1.20"), (409, 680, "140"),
        (72, 660, "Marker"), (250, 660, "12.00"),
        (72, 640, "Paper"), (409, 640, "700"),
    ) == (
        "| Item | Price | Stock |\n| --- | --- | --- |\n"
        "| Pen | 1.20 | 140 |\n| Marker | 12.00 |  |\n| Paper |  | 700 |"
    )  # fmt: skip


def test_wrapped_cell_in_a_tight_pdf_table_joins_its_row() -> None:
    assert "| Pen | blue and black | 1.20 |\n| Marker |" in pdf_text(
        (72, 700, "Item"), (200, 700, "Colors"), (400, 700, "Price"),
        (72, 688, "Pen"), (200, 688, "blue and"), (400, 688, "1.20"),
        (200, 676, "black"),
        (72, 664, "Marker"), (200, 664, "red"), (400, 664, "2.20"),
    )  # fmt: skip


def test_cells_stand_below_one_another_under_a_head_that_is_centred() -> None:
    assert pdf_text(
        (100, 700, "Marquee"), (250, 700, "Seated"), (400, 700, "Weight"),
        (72, 680, "3 x 6 m"), (225, 680, "20"), (372, 680, "180 kg"),
        (72, 660, "6 x 12 m"), (225, 660, "70"), (372, 660, "720 kg"),
        (72, 640, "9 x 18 m"), (225, 640, "150"), (372, 640, "1,900 kg"),
    ) == (
        "| Marquee | Seated | Weight |\n| --- | --- | --- |\n"
        "| 3 x 6 m | 20 | 180 kg |\n| 6 x 12 m | 70 | 720 kg |\n| 9 x 18 m | 150 | 1,900 kg |"
    )  # fmt: skip


def test_cell_of_two_lines_parts_no_table() -> None:
    """The other cells of its row stand at the height of its second line, with space around every row."""
    assert pdf_text(
        (72, 700, "Plan"), (225, 700, "Pip"), (372, 700, "Orchard"),
        (72, 670, "Websites"), (225, 670, "1"), (372, 670, "10"),
        (72, 646, "Name, first year"),
        (72, 634, "(paid yearly)"), (225, 634, "no"), (372, 634, "yes"),
        (72, 604, "Term"), (225, 604, "none"), (372, 604, "1 month"),
    ) == (
        "| Plan | Pip | Orchard |\n| --- | --- | --- |\n| Websites | 1 | 10 |\n"
        "| Name, first year (paid yearly) | no | yes |\n| Term | none | 1 month |"
    )  # fmt: skip


def test_few_lines_in_two_columns_are_prose_and_the_table_below_them_stays_one() -> None:
    assert pdf_text(
        (40, 700, "Our frames are made of aluminium with a 90"),
        (40, 688, "mm profile. The canvas weighs 650 grams per"),
        (40, 676, "square meter."),
        (320, 700, "The ridge of the large tent stands 4.1 meters"),
        (320, 688, "high, and its eaves are at 2.5 meters above"),
        (320, 676, "the ground."),
        (40, 620, "These are the sizes of the tents that we hire out."),
        (40, 560, "Tent"), (200, 560, "Seated"), (360, 560, "Weight"),
        (40, 544, "Small"), (200, 544, "20"), (360, 544, "180 kg"),
        (40, 528, "Large"), (200, 528, "150"), (360, 528, "1,900 kg"),
    ).split("\n\n") == [
        "Our frames are made of aluminium with a 90 mm profile. The canvas weighs 650 grams per square meter.",
        "The ridge of the large tent stands 4.1 meters high, and its eaves are at 2.5 meters above the ground.",
        "These are the sizes of the tents that we hire out.",
        "| Tent | Seated | Weight |\n| --- | --- | --- |\n| Small | 20 | 180 kg |\n| Large | 150 | 1,900 kg |",
    ]  # fmt: skip


def test_newsletter_is_read_column_by_column() -> None:
    left, right = (
        "Left line {} goes on with words about desks",
        "Right line {} is about other things",
    )
    places = [
        (x, 700 - 12 * i, line.format(i))
        for x, line in ((40, left), (320, right))
        for i in range(6)
    ]
    text = pdf_text(*places)
    assert "|" not in text
    assert text.index("Left line 5") < text.index("Right line 0")


def test_bullets_of_a_pdf_are_items_and_no_table() -> None:
    assert pdf_text((72, 700, "-"), (100, 700, "Desks"), (72, 680, "-"), (100, 680, "Chairs")) in (
        "- Desks\n- Chairs",
        "- Desks\n\n- Chairs",
    )


def test_heading_below_a_full_line_is_not_part_of_the_sentence() -> None:
    text = pdf_text(
        (72, 700, WIDE), (72, 688, "while."), (72, 676, f"{WIDE}."), (72, 664, "Try it at home"),
        (72, 652, WIDE), (72, 640, "while."),
    )  # fmt: skip
    assert text == f"{WIDE} while.\n\n{WIDE}.\nTry it at home\n{WIDE} while."


# Office and HTML


def test_first_row_of_a_word_table_is_its_header() -> None:
    content = made.docx_of_xml(made.docx_table([["Plan", "Price"], ["Basic", "5 dollars"]]))
    assert text_of("a.docx", content) == "| Plan | Price |\n| --- | --- |\n| Basic | 5 dollars |"


def test_excel_numbers_and_empty_cells_look_as_they_do_in_excel() -> None:
    text = text_of("a.xlsx", made.xlsx_of([["Item", "Price"], ["Mat", 59], ["Lamp", None]]))
    assert text.endswith("| Item | Price |\n| --- | --- |\n| Mat | 59 |\n| Lamp |  |")


def test_html_loses_scripts_comments_and_pictures() -> None:
    text = text_of(
        "a.html", '<p>Shop<!-- hidden --></p><img src="a.png" alt="x"><style>p{}</style>'
    )
    assert text == "Shop"


def test_html_loses_menus_and_what_frames_the_page_but_for_facts() -> None:
    page = """<nav><ul><li><a href="/">Home</a></li></ul></nav>
        <header><div>We love tents</div><h1>Tents</h1></header>
        <p><a href="/">Home</a> | <a href="/t">Tents</a> | <a href="/c">Contact</a></p>
        <p>A tent costs 90 dollars.</p><ul><li><a>Small</a></li><li><a>Large</a></li><li><a>Round</a></li></ul>
        <article><header><p>How to pitch it</p></header><footer>By our crew</footer></article>
        <aside><p>Follow us!</p><p>Open until 6 pm</p></aside>
        <footer><p>12 Dock Road</p><p>Call 555 0142</p><p>&copy; 2019-2026 Tents</p><a>Imprint</a></footer>"""
    text = text_of("a.html", page)
    for kept in ("# Tents", "90 dollars", "Round", "pitch", "By our", "6 pm", "12 Dock", "0142"):
        assert kept in text
    for left_out in ("Home", "Contact", "We love", "Follow", "2019", "Imprint"):
        assert left_out not in text


def test_html_of_nothing_but_its_frame_is_read() -> None:
    assert text_of("a.html", "<header><p>Closed for good</p></header>") == "Closed for good"


def test_html_is_read_without_asking_any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*args: object) -> None:
        raise AssertionError("a document must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    page = '<base href="http://192.0.2.1/"><link rel="stylesheet" href="a.css"><img src="b.png">Hi'
    assert text_of("a.html", page) == "Hi"


# CSV and JSON


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_country_is_a_table(delimiter: str) -> None:
    rows = (["Item", "Price"], ["Mat", '"59"'], ["", ""], ["Lamp"])
    text = text_of("a.csv", "\r\n".join(delimiter.join(row) for row in rows))
    assert text == "| Item | Price |\n| --- | --- |\n| Mat | 59 |\n| Lamp |  |"


def test_cell_of_a_csv_cannot_break_its_row() -> None:
    text = text_of("a.csv", 'Item,Note\nMat,"two\nlines | and a bar"')
    assert text.endswith("| Mat | two lines \\| and a bar |")


def test_json_keeps_letters_and_order() -> None:
    assert text_of("a.json", '{"b":"café","a":1}') == '{\n "b": "café",\n "a": 1\n}'


# Cleaning


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("zero\u200bwidth", "zerowidth"),
        ("soft\u00adhyphen", "softhyphen"),
        ("right\u202eleft", "rightleft"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("bell\x07\x1b[31m", "bell[31m"),
        ("no\u00a0break\u202fspace\tand tab", "no break space and tab"),
        ("cafe\u0301", "café"),
        ("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne"),
        ("a  \n\n\n\n\nb\n", "a\n\nb"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("€ 5 – “quoted” 日本語", "€ 5 – “quoted” 日本語"),
    ],
)
def test_invisible_characters_go_and_visible_ones_stay(given: str, kept: str) -> None:
    assert clean(given) == kept


# The shipped materials


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    return load_knowledge(made.MATERIALS, tmp_path_factory.mktemp("cache"))


def test_shipped_materials_are_all_read(shipped: Knowledge) -> None:
    assert shipped.left_out == ()
    kinds = {Path(document.name).suffix for document in shipped.documents}
    assert kinds == {".csv", ".docx", ".html", ".md", ".pdf"}


@pytest.mark.parametrize("price", ["349", "549", "749"])
def test_price_of_a_desk_stands_in_the_pdf_alone(shipped: Knowledge, price: str) -> None:
    assert [d.name for d in shipped.documents if price in d.text] == ["products/desk-catalogue.pdf"]


@pytest.mark.parametrize("word", ["treadmill", "financing", "leasing", "canada", "bluetooth"])
def test_some_questions_have_no_answer_in_the_materials(shipped: Knowledge, word: str) -> None:
    assert not any(word in document.text.casefold() for document in shipped.documents)
