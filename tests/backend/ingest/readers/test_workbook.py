"""Workbooks read like the tables that are saved from them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from backend.domain import KindredError
from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read

Sheet = list[list[object]]
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
ROWS: Sheet = [
    ["id", "text", "likes", "created"],
    [1234567890123456, "A fine day & more", 3, 44197.5],
    [2, "Rain <again>", 0, 44198],
]


def cell(value: object, style: int) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c s="{style}"><v>{value}</v></c>'


def xlsx(path: Path, sheets: dict[str, Sheet]) -> Path:
    """Write the least that Excel opens; the fourth column holds dates."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1)
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = "".join(
        f'<Relationship Id="rId{i}" Type="{kind}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in numbers
    )
    related += f'<Relationship Id="rId99" Type="{kind}/styles" Target="styles.xml"/>'
    space = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        for i in numbers
    )
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{types}</Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships {space}><Relationship Id="rId1" Type="{kind}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml", f"<workbook {MAIN} {LINKS}><sheets>{listed}</sheets></workbook>"
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships {space}>{related}</Relationships>"
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>'
            "</styleSheet>",
        )
        for i, rows in enumerate(sheets.values(), 1):
            body = "".join(
                f"<row>{''.join(cell(v, int(n == 3)) for n, v in enumerate(row))}</row>"
                for row in rows
            )
            book.writestr(
                f"xl/worksheets/sheet{i}.xml",
                f"<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>",
            )
    return path


def ods(path: Path, rows: Sheet) -> Path:
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )

    def one(value: object) -> str:
        if isinstance(value, str):
            return (
                f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p>'
                "</table:table-cell>"
            )
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    body = "".join(f"<table:table-row>{''.join(map(one, row))}</table:table-row>" for row in rows)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr(
            "content.xml",
            f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{body}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        book.writestr(
            "META-INF/manifest.xml",
            '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path


def test_a_workbook_of_excel(tmp_path: Path) -> None:
    read = Read(xlsx(tmp_path / "posts.xlsx", {"Posts": ROWS}))
    assert read.report.format == "workbook"
    assert read.texts == ["A fine day & more", "Rain <again>"]
    assert [p.id for p in read.posts] == ["1234567890123456", "2"]
    assert read.when() == ["2021-01-01T12:00:00", "2021-01-02T00:00:00"]


def test_a_workbook_in_a_folder_names_the_pictures_beside_it(tmp_path: Path) -> None:
    samples.picture(tmp_path / "img/a.png")
    rows: Sheet = [
        ["text", "picture"],
        ["A picture of it", "img/a.png"],
        ["Another one", "img/b.png"],
    ]
    xlsx(tmp_path / "posts.xlsx", {"Posts": rows})
    read = Read(tmp_path)
    assert read.pictures() == ["img/a.png", ""] and read.report.problems == {"no_media": 1}


def test_several_sheets_and_lines_above_the_header(tmp_path: Path) -> None:
    above: Sheet = [["Report of the month"], []]
    other: Sheet = [["name", "value"], ["x", 1]]
    read = Read(
        xlsx(tmp_path / "p.xlsx", {"Jan": above + ROWS, "Feb": [ROWS[0], [3, "Wind", 0, 44199]],
                                   "Key": other})
    )  # fmt: skip
    assert read.texts == ["A fine day & more", "Rain <again>", "Wind"]
    assert read.left == {"rows of the sheet “Key”, which has other columns": 1}


def test_a_workbook_of_libreoffice(tmp_path: Path) -> None:
    rows = [row[:3] for row in ROWS]
    assert Read(ods(tmp_path / "p.ods", rows)).texts == ["A fine day & more", "Rain <again>"]


def test_what_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as letter:
        letter.writestr("[Content_Types].xml", "<Types/>")
        letter.writestr("word/document.xml", "<w/>")
    (tmp_path / "bad.xlsx").write_bytes(b"not a workbook at all")
    for name, code in (("letter.docx", "unsupported"), ("bad.xlsx", "damaged")):
        with pytest.raises(KindredError) as error:
            Read(tmp_path / name)
        assert error.value.code == code


def rewritten(path: Path, name: str, text: str) -> Path:
    """Replace one file of a workbook."""
    with zipfile.ZipFile(path) as packed:
        files = {each: packed.read(each) for each in packed.namelist()}
    files[name] = text.encode()
    with zipfile.ZipFile(path, "w") as packed:
        for each, data in files.items():
            packed.writestr(each, data)
    return path


def far_cells(folder: Path) -> Path:
    text = '<c r="{0}" t="inlineStr"><is><t>far</t></is></c>'
    rows = f'<row r="1">{text.format("A1")}</row><row r="1048576">{text.format("XFD1048576")}</row>'
    sheet = f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
    return rewritten(xlsx(folder / "far.xlsx", {"one": ROWS}), "xl/worksheets/sheet1.xml", sheet)


def repeated_cells(folder: Path) -> Path:
    path = ods(folder / "repeated.ods", ROWS)
    with zipfile.ZipFile(path) as packed:
        text = packed.read("content.xml").decode()
    row = '<table:table-row table:number-rows-repeated="1048576">'
    cell = '<table:table-cell table:number-columns-repeated="16384" '
    text = text.replace("<table:table-row>", row).replace("<table:table-cell ", cell)
    return rewritten(path, "content.xml", text)


@pytest.mark.parametrize(("make", "code"), [(far_cells, "too_large"), (repeated_cells, "damaged")])
def test_a_sheet_that_takes_all_memory_ends_no_process(
    tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    with pytest.raises(KindredError) as error:
        Read(make(tmp_path))
    assert error.value.code == code
