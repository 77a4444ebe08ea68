"""Google Photos: a JSON beside each picture, whatever Takeout does to its name."""

from __future__ import annotations

from pathlib import Path

from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def facts(title: str, words: str = "", **more: object) -> dict[str, object]:
    said = {"title": title, "description": words, "photoTakenTime": {"timestamp": "1600000000"}}
    return said | {"url": f"https://photos.example/{title}"} | more


def test_names_that_are_numbered_edited_or_cut(tmp_path: Path) -> None:
    long = "PXL_20210315_160506789_a_very_long_name_of_a_picture"
    files: dict[str, object] = {
        "Photos from 2020/A.jpg.json": facts("A.jpg", "old form"),
        "Photos from 2020/B.jpg.supplemental-metadata.json": facts("B.jpg", "new form"),
        "Photos from 2020/B.jpg.supplemental-metadata(1).json": facts("B.jpg", "its twin"),
        "Photos from 2020/C.jpg(2).json": facts("C.jpg", "numbered"),
        f"Photos from 2020/{long[:46]}.json": facts(f"{long}.jpg", "cut"),
        "Photos from 2020/D.jpg.json": facts("D.jpg", "thrown away", trashed=True),
        "Trip/metadata.json": {"title": "Trip", "description": "an album"},
    }
    folder = written(tmp_path / "Google Photos", files)
    names = ["A.jpg", "A-edited.jpg", "B.jpg", "B(1).jpg", "C(2).jpg", f"{long[:47]}.jpg", "D.jpg"]
    for i, name in enumerate((*names, "lonely.jpg")):
        samples.picture(folder / "Photos from 2020" / name, i)
    read = Read(samples.zipped(folder, tmp_path / "takeout.zip"))
    found = {n.rpartition("/")[2]: p.text for n, p in zip(read.pictures(), read.posts, strict=True)}
    assert read.report.format == "google-photos"
    assert found == {
        "A.jpg": "old form",
        "A-edited.jpg": "old form",
        "B.jpg": "new form",
        "B(1).jpg": "its twin",
        "C(2).jpg": "numbered",
        f"{long[:47]}.jpg": "cut",
        "lonely.jpg": None,
    }
    assert read.left == {"picture in the trash": 1}
    assert read.when().count("2020-09-13T12:26:40") == 6
    assert "not read" in dict(read.report.refused)["Trip/metadata.json"]
