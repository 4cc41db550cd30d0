"""Makers of documents, sound and broken, as people really drop them into a folder."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pptx
import pypdf
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

MATERIALS = Path(__file__).parents[2] / "knowledge"
CATALOGUE = MATERIALS / "products" / "desk-catalogue.pdf"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(200)


def put(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pdf_locked(*, user_password: str, owner_password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=CATALOGUE)
    writer.encrypt(user_password, owner_password, algorithm="AES-256")
    return _written(writer)


def pdf_of_lines(*pages: list[tuple[int, int, str]], compress: bool = False) -> bytes:
    """A PDF whose pages have these texts, each with its place in points from the bottom left."""
    writer = pypdf.PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(width=612, height=792)
        if lines:
            _draw(writer, page, lines)
        if compress:
            page.compress_content_streams()
    return _written(writer)


def pdf_that_never_ends() -> bytes:
    """A small, well-formed PDF whose only page takes a minute to read."""
    return pdf_of_lines([(72, n % 700, f"{n}") for n in range(500_000)], compress=True)


def pdf_drawn(content: bytes) -> bytes:
    """A PDF of one page with these drawing operators; its font is F1."""
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(width=612, height=792)
    _draw(writer, page, [])
    stream = page[NameObject("/Contents")].get_object()
    assert isinstance(stream, DecodedStreamObject)
    stream.set_data(content)
    return _written(writer)


def _draw(
    writer: pypdf.PdfWriter, page: pypdf.PageObject, lines: list[tuple[int, int, str]]
) -> None:
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    content = DecodedStreamObject()
    content.set_data(
        b"\n".join(
            f"BT /F1 10 Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET".encode("latin-1")
            for x, y, text in lines
        )
    )
    page[NameObject("/Contents")] = writer._add_object(content)


def _written(writer: pypdf.PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def docx_of_xml(body: str) -> bytes:
    """A Word document with this body, in Word's own XML."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return _zip(
        {"word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'}
    )


def docx_damaged() -> bytes:
    """A Word document whose list of parts is sound and whose parts are not."""
    sound = bytearray(docx_of_xml("<w:p><w:r><w:t>From Word</w:t></w:r></w:p>"))
    start = sound.index(b"<w:document")
    sound[start : start + 40] = bytes(40)
    return bytes(sound)


def docx_table(rows: list[list[str]]) -> str:
    return (
        "<w:tbl>"
        + "".join(
            "<w:tr>"
            + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in row)
            + "</w:tr>"
            for row in rows
        )
        + "</w:tbl>"
    )


def docx_bomb(unpacked: int) -> bytes:
    """A small file that fills the memory of whoever unpacks it."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/document.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(unpacked // 2**20 + 1):
            part.write(bytes(2**20))
    return target.getvalue()


def zip_of_notes() -> bytes:
    return _zip({"notes.txt": "hello"})


def _zip(parts: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def xlsx_of(rows: list[list[str | int | None]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def xlsx_far_outside() -> bytes:
    """Two cells, and 17 thousand million empty ones between them."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "Price"
    book.active["XFD1048576"] = 69
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def pptx_of(title: str, text: str) -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = title
    slide.placeholders[1].text = text
    target = io.BytesIO()
    deck.save(target)
    return target.getvalue()
