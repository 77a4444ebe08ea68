"""Bringing posts in a real browser, and posts that mean harm on every page."""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from backend.corpus import Corpus
from backend.domain import Kind
from backend.maps import build, layout, storage
from backend.settings import settings as configured
from tests.browser.pages import SLOW, Open, settled

EVIL = [
    "<script>window.pwned=1;alert(1)</script> a script",
    '<img src=x onerror="window.pwned=1;alert(2)"> a picture',
    "**bold** [click](javascript:alert(3)) `code` $x^2$ :red[red] :material/home: # head",
    '<svg onload=window.pwned=1> <iframe src="javascript:alert(4)"></iframe> a frame',
    '"><input autofocus onfocus=window.pwned=1> a field',
    "</div></p></style><b onmouseover=window.pwned=1>what closes tags</b>",
]
USER = "<img src=x onerror=window.pwned=1>"
# A picture that cannot be loaded, after all others: their handlers have run when its has.
LAST_HANDLER = """() => new Promise(done => {
    const last = new Image();
    last.onerror = () => requestAnimationFrame(() => requestAnimationFrame(done));
    last.src = "/nothing.png?" + Math.random();
    last.onload = last.onerror;
})"""
HARM = "img[src='x'], iframe[src^=javascript], a[href^='javascript:'], svg[onload], input[onfocus]"


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table whose every cell tries to get out of the page's text."""
    path = tmp_path_factory.mktemp("evil") / "harm.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "text", "title", "user", "tags", "label", "licence", "url"])
        for i in range(18):
            bad = EVIL[i % len(EVIL)]
            row = [f"<b>id{i}</b>", f"{bad} number {i}", bad, f"{USER}{i % 9}"]
            table.writerow([*row, "<i>tag</i>,*t*", bad, bad, "javascript:alert(9)"])
    return path


def inert(page: Page) -> None:
    """Nothing of what the posts say has become part of the page."""
    settled(page)
    page.evaluate(LAST_HANDLER)
    assert page.evaluate("window.pwned") is None
    expect(page.locator(HARM)).to_have_count(0)
    main = page.get_by_test_id("stMain")
    # A title in bold holds the tags as text; were they tags, the bold text would be this alone.
    expect(main.locator("b, strong", has_text=re.compile("^what closes tags"))).to_have_count(0)
    expect(main.locator("a", has_text="click").and_(page.locator("[href*=alert]"))).to_have_count(0)


def test_posts_are_brought_checked_imported_and_harmless(visit: Open, evil: Path) -> None:
    page = visit("/corpora")
    settled(page)
    page.locator("input[type=file]").first.set_input_files(str(evil))
    expect(page.get_by_text("Table (CSV): 18 posts")).to_be_visible()
    inert(page)
    page.get_by_role("button", name="Import 18 posts").click()
    expect(page.get_by_text("18 posts imported")).to_be_visible(timeout=2 * SLOW)
    inert(page)
    # Once more: the corpus has them all.
    page.locator("input[type=file]").first.set_input_files(str(evil))
    expect(page.get_by_text("All of these posts are already in")).to_be_visible()
    page.get_by_role("button", name="Choose another source").click()
    settled(page)


def test_an_export_is_recognised_and_shown_before_it_is_written(
    visit: Open, tmp_path: Path
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(picture, "JPEG")
    chat = (
        "12/03/2023, 09:00 - Messages and calls are end-to-end encrypted.\n"
        "13/03/2023, 09:01 - Anna: See https://a.example/walk\n"
        "13/03/2023, 09:02 - Ben: IMG-1.jpg (file attached)\n"
    )
    with zipfile.ZipFile(tmp_path / "chat.zip", "w") as packed:
        packed.writestr("WhatsApp Chat with Anna.txt", chat)
        packed.writestr("IMG-1.jpg", picture.getvalue())
        packed.writestr("notes.pdf", b"%PDF-1.4")
    page = visit("/corpora")
    settled(page)
    page.locator("input[type=file]").first.set_input_files(str(tmp_path / "chat.zip"))
    said = "WhatsApp chat: 2 posts, 1 picture; 1 message about the chat left out"
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("1 file not read: notes.pdf")).to_be_visible()
    expect(page.get_by_alt_text("Picture of this post")).to_be_visible()
    expect(page.get_by_role("link", name="https://a.example/walk")).to_be_visible()
    page.get_by_role("button", name="Choose another source").click()
    settled(page)


@pytest.mark.parametrize(
    "path",
    [
        "/?corpus=harm",
        "/search?corpus=harm&q=" + quote('"a picture"'),
        "/search?corpus=harm&show=user&q=" + quote('"a script"'),
        "/users?corpus=harm",
        "/posts?corpus=harm",
        "/words?corpus=harm",
        "/user?corpus=harm&user=" + quote(USER + "1"),
        "/errors?corpus=harm",
        "/train?corpus=harm",
        "/train?label=" + quote(EVIL[1]) + "&models=" + quote(EVIL[0]),
        "/analyse?text=" + quote(EVIL[1]),
        "/analyse?text=" + quote(EVIL[2]),
        "/corpora?into=" + quote(EVIL[0]),
        "/search?q=" + quote(EVIL[0]),
        "/?corpus=" + quote(EVIL[1]),
    ],
)
def test_posts_that_mean_harm_are_inert(visit: Open, path: str) -> None:
    inert(visit(path))


@pytest.mark.skipif("KINDRED_URL" in os.environ, reason="the map is made beside the server")
def test_posts_that_mean_harm_are_inert_on_their_maps(
    visit: Open, served_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # UMAP would compile for half a minute; where the points lie does not matter here.
    monkeypatch.setattr(
        layout, "lay_out", lambda vectors, dim=2, **_: layout.principal_components(vectors, dim)
    )
    corpus = Corpus.open(served_home / "corpora" / "harm")
    for kind in (Kind.POST, Kind.USER):
        made = build.make(corpus, configured().bundle, kind, draws=0)
        storage.put(corpus, configured().bundle, {kind: made})
    for path in ("/posts", "/users"):
        page = visit(f"{path}?corpus=harm")
        settled(page)
        box = page.locator(".over").first.bounding_box()
        assert box is not None
        left, top = box["x"] + 3, box["y"] + 3
        right, bottom = box["x"] + box["width"] - 3, box["y"] + box["height"] - 3
        page.mouse.move(left, top)
        page.mouse.down()
        for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
            page.mouse.move(x, y, steps=4)
        page.mouse.up()
        expect(
            page.get_by_text(re.compile(r"[\d,]+ of [\d,]+ (posts|users) selected"))
        ).to_be_visible()
        inert(page)
        page.mouse.move((left + right) / 2, (top + bottom) / 2)  # a name under the pointer
        inert(page)


def test_a_corpus_is_deleted_when_its_name_is_typed(visit: Open) -> None:
    page = visit("/corpora")
    settled(page)
    card = page.locator(".st-key-corpus_harm")
    card.get_by_role("button", name="Move or delete").click()
    delete = page.get_by_role("button", name="Delete permanently")
    expect(delete).to_be_disabled()
    field = page.get_by_label("Type harm to confirm")
    field.fill("harm")
    field.press("Enter")
    expect(delete).to_be_enabled()
    delete.click()
    expect(page.locator(".st-key-corpus_harm")).to_have_count(0)


def test_an_import_that_goes_on_is_followed_to_its_end(visit: Open, tmp_path: Path) -> None:
    """After Pause and Resume the page goes on looking by itself."""
    path = tmp_path / "rain.csv"
    rows = [f"{i},rain {i}" for i in range(600)]  # short: the encoder is soon done
    path.write_text("id,text\n" + "\n".join(rows), "utf-8")
    page = visit("/corpora")
    settled(page)
    page.locator("input[type=file]").first.set_input_files(str(path))
    page.get_by_role("button", name="Import 600 posts").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("Paused"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("600 posts imported")).to_be_visible(timeout=4 * SLOW)
