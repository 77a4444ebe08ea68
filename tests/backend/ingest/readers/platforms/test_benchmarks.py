"""Benchmarks whose tables do not name their files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.backend.ingest import samples
from tests.backend.ingest.readers.platforms.sources import Read, written


def film(path: Path) -> None:
    """Any file will do: a check does not decode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(samples.picture(path.parent.parent / "p.png"), path)


def test_ch_sims(tmp_path: Path) -> None:
    table = "video_id,clip_id,text,label,annotation,mode\n"
    table += "v 1,1,hello there,-0.4,Negative,train\nv2,0001,bye now,1.0,Positive,test\n"
    folder = written(tmp_path / "s", {"label.csv": table})
    film(folder / "Raw/v 1/0001.mp4")
    film(folder / "Raw/v2/0001.mp4")
    read = Read(folder)
    assert read.pictures() == ["Raw/v 1/0001.mp4", "Raw/v2/0001.mp4"]
    assert read.posts[0].labels == {"label": "-0.4", "annotation": "Negative", "split": "train"}


def test_meld_with_the_same_names_in_all_splits(tmp_path: Path) -> None:
    head = "Number,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,StartTime\n"
    files: dict[str, object] = {
        f"{split}_sent_emo.csv": f"{head}1,said in {split},Ross,joy,positive,0,3,00:16:16\n"
        for split in ("train", "dev")
    }
    folder = written(tmp_path / "m", files)
    film(folder / "train_splits/dia0_utt3.mp4")
    film(folder / "dev_splits_complete/dia0_utt3.mp4")
    read = Read(folder)
    found = {
        p.labels["split"]: (n, p.text, p.time)
        for n, p in zip(read.pictures(), read.posts, strict=True)
    }
    assert found == {
        "train": ("train_splits/dia0_utt3.mp4", "said in train", None),
        "dev": ("dev_splits_complete/dia0_utt3.mp4", "said in dev", None),
    }


def test_fakeddit(tmp_path: Path) -> None:
    table = "author\tclean_title\tcreated_utc\thasImage\tid\timage_url\ttitle\t2_way_label\n"
    table += "jo\ta cat\t1425139720.0\tTrue\tab1\thttp://i/x.jpg\tA cat!\t1\n"
    table += "jo\ta dog\t1425139720.0\tTrue\tab2\thttp://i/y.jpg\tA dog!\t0\n"
    folder = written(tmp_path / "f", {"multimodal_train.tsv": table})
    samples.picture(folder / "public_image_set/ab1.jpg")
    read = Read(folder)
    assert read.texts == ["A cat!", "A dog!"] and read.posts[1].labels["2_way_label"] == "0"
    assert read.pictures() == ["public_image_set/ab1.jpg", ""]
    assert read.report.problems == {"not_fetched": 1}


def test_go_emotions_in_both_forms(tmp_path: Path) -> None:
    short = "That is so kind.\t15,17\teew5j0j\nOh no\t25\ted7ypvh\n"
    read = Read(written(tmp_path / "a", {"dev.tsv": short}) / "dev.tsv")
    assert [p.labels["emotion"] for p in read.posts] == ["gratitude, joy", "sadness"]
    assert [p.id for p in read.posts] == ["eew5j0j", "ed7ypvh"]
    whole = "text,id,author,subreddit,created_utc,rater_id,admiration,joy,remorse,neutral\n"
    whole += "So good,e1,ann,x,1548381039.0,37,1,1,0,0\nSo good,e1,ann,x,1548381039.0,18,0,0,0,1\n"
    read = Read(written(tmp_path / "b", {"g.csv": whole}) / "g.csv")
    assert [p.labels["emotion"] for p in read.posts] == ["admiration, joy", "neutral"]


def test_sentiment140_has_no_header(tmp_path: Path) -> None:
    rows = [
        f'"{n}","146{n}","Mon Apr 06 22:19:4{n} UTC 2009","NO_QUERY","u{n}","caf\xe9 {n}, ok"'
        for n in (0, 4)
    ]
    (tmp_path / "t.csv").write_bytes("\n".join(rows).encode("latin-1"))
    read = Read(tmp_path / "t.csv")
    assert read.texts == ["café 0, ok", "café 4, ok"]
    assert [(p.id, p.user, p.labels) for p in read.posts][1] == ("1464", "u4", {"sentiment": "4"})


def test_parquet_of_img2dataset(tmp_path: Path) -> None:
    data = samples.picture(tmp_path / "x.png").read_bytes()
    rows = [
        {
            "jpg": data,
            "caption": "a red thing",
            "url": "http://i/1.jpg",
            "key": "0",
            "status": "success",
        },
        {
            "jpg": None,
            "caption": "a lost one",
            "url": "http://i/2.jpg",
            "key": "1",
            "status": "failed",
        },
    ]
    (tmp_path / "x.png").unlink()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "00000.parquet")
    read = Read(tmp_path / "00000.parquet")
    assert read.texts == ["a red thing", "a lost one"]
    assert [bool(d.image) for d in read.drafts] == [True, False]
    assert read.report.problems == {"not_fetched": 1}
