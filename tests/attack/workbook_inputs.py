"""Workbooks that are dear to read: what unpacks, repeats or fills many cells."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from tests.attack.table_inputs import zipped


def sheet(rows: str, *, shared: str = "", dimension: str = "A1:B2") -> bytes:
    """Return an XLSX with these rows."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><dimension ref="{dimension}"/>'
        f"<sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{shared}</sst>',
    }
    return zipped({name: text.encode() for name, text in parts.items()})


def far_cells() -> bytes:
    """Return an XLSX with two cells at the corners of the largest sheet."""
    cell = '<c r="{0}" t="inlineStr"><is><t>text</t></is></c>'
    return sheet(
        f'<row r="1">{cell.format("A1")}</row><row r="1048576">{cell.format("XFD1048576")}</row>'
    )


def tall_sheet() -> bytes:
    """Return an XLSX whose cells all show one string of 32,000 characters."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 300_000))
    return sheet(rows, shared=f"<si><t>{'x' * 32_000}</t></si>")


def laughs() -> bytes:
    """Return an XLSX with a billion laughs."""
    entities = "".join(
        f'<!ENTITY l{n} "{"&l" + str(n - 1) + ";" if n else "ha"}{f"&l{n - 1};" * 9 if n else ""}">'
        for n in range(9)
    )
    text = sheet("<row><c t='inlineStr'><is><t>LAUGH</t></is></c></row>")
    with zipfile.ZipFile(io.BytesIO(text)) as packed:
        files = {n: packed.read(n) for n in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    files[name] = f"<!DOCTYPE x [{entities}]>".encode() + files[name].replace(b"LAUGH", b"&l8;")
    return zipped(files)


ODS_CELL = (
    '<table:table-cell office:value-type="string"><text:p>hello there</text:p></table:table-cell>'
)


def ods(rows: str) -> bytes:
    """Return an OpenDocument sheet with these rows."""
    body = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="s">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": body.encode()}, stored=True)


def repeated_ods() -> bytes:
    """Return an OpenDocument sheet that repeats a cell a billion times."""
    cell = ODS_CELL.replace("cell ", 'cell table:number-columns-repeated="1000" ', 1)
    return ods(f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>')


def dense(rows: int, columns: int, cell: Callable[[int, int], str]) -> bytes:
    """Return an XLSX of which every cell is filled."""
    return sheet(
        "".join(
            f"<row>{''.join(cell(row, column) for column in range(columns))}</row>"
            for row in range(rows)
        )
    )


INPUTS: dict[str, Callable[[], bytes]] = {
    "far cells.xlsx": far_cells,
    "tall.xlsx": tall_sheet,
    "laughs.xlsx": laughs,
    "dimension.xlsx": lambda: sheet("", dimension="A1:XFD1048576"),
    "repeated.ods": repeated_ods,
    "numbers.xlsx": lambda: dense(200_000, 60, lambda row, column: f"<c><v>{row % 97}</v></c>"),
    "dates.xlsx": lambda: dense(100_000, 60, lambda *at: '<c t="d"><v>2020-01-01</v></c>'),
    "strings.xlsx": lambda: dense(
        100_000, 40, lambda *at: f'<c t="inlineStr"><is><t>{at[0]}a{at[1]}</t></is></c>'
    ),
    "shared strings.xlsx": lambda: sheet(
        '<row><c t="s"><v>1</v></c></row>', shared="<si><t>ab</t></si>" * 8_000_000
    ),
    "texts.xlsx": lambda: dense(
        25_000, 1, lambda *at: f'<c t="inlineStr"><is><t>{"so good " * 2_000}{at[0]}</t></is></c>'
    ),
    "filled.ods": lambda: ods(f"<table:table-row>{40 * ODS_CELL}</table:table-row>" * 60_000),
}
