"""The network of reactions of exports that carry replies, shares and mentions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from backend.corpus import Corpus
from backend.corpus.model_outputs import REACTIONS
from backend.corpus.schema import REACTIONS as SCHEMA
from backend.domain import KindredError, Post
from backend.ingest import Options
from backend.workspace import imports
from backend.workspace.reactions import ReactionNetwork
from backend.workspace.workspace import Workspace
from tests.backend.ingest import samples

THINGS = (
    "harbour", "orchard", "violin", "bicycle", "kitchen", "thunder", "library", "glacier",
    "penguin", "railway", "teapot", "meadow",
)  # fmt: skip


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose models cost nothing."""
    monkeypatch.setattr(imports, "BundleModels", lambda host, read: samples.ToyModels())
    return Workspace(tmp_path / "home")


def imported(ws: Workspace, source: Path, items: list[dict]) -> ReactionNetwork:
    source.write_text(json.dumps(items), "utf-8")
    report = ws.imports.check(source, "mine")
    assert ws.imports.run(ws.imports.plan(source, "mine", report, Options())).stage == "done"
    return ws.reactions.network("mine")


def links(whole: ReactionNetwork) -> set[tuple[str, str]]:
    net = whole.network
    names = [str(user).rpartition(":")[2] for user in net.users]
    return {(names[a], names[b]) for a, b in net.pairs}


def status(id_: str, acct: str, **more: object) -> dict:
    """A post as the API of Mastodon gives it."""
    url = f"https://social.example/@{acct}/{id_}"
    return {
        "id": id_,
        "uri": url,
        "url": url,
        "content": f"<p>Post {id_} of {acct} about the harbour</p>",
        "created_at": f"2026-03-0{id_}T10:00:00Z",
        "visibility": "public",
        "account": {"acct": acct, "username": acct},
        "reblog": None,
        "mentions": [],
        "media_attachments": [],
        **more,
    }


def test_replies_shares_and_mentions_of_mastodon(ws: Workspace, tmp_path: Path) -> None:
    items = [
        status("1", "anna"),
        status("2", "bert", in_reply_to_id="1"),
        status("3", "carla", mentions=[{"acct": "bert", "username": "bert"}]),
        status("4", "dora", reblog=status("1", "anna")),
    ]
    whole = imported(ws, tmp_path / "statuses.json", items)
    assert links(whole) == {("bert", "anna"), ("carla", "bert"), ("dora", "anna")}
    assert dict(whole.network.counts) == {"reply": 1, "share": 1, "mention": 1}
    # Without a map of users nobody has a place; the counts are there all the same.
    assert np.isnan(whole.xy).all() and whole.cluster_names == ()
    assert ws.reactions.by_emotion("mine") is not None


def test_only_one_kind(ws: Workspace, tmp_path: Path) -> None:
    items = [status("1", "anna"), status("2", "bert", in_reply_to_id="1")]
    imported(ws, tmp_path / "statuses.json", items)
    assert not len(ws.reactions.network("mine", ("share",)).network.pairs)


def test_a_corpus_without_reactions_says_so(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(KindredError) as error:
        imported(ws, tmp_path / "statuses.json", [status("1", "anna"), status("2", "bert")])
    assert error.value.code == "no_reactions"


def circles(count: int, home: Path) -> Workspace:
    """A corpus with so many circles of four who like each other's posts, each about one thing."""
    corpus = Corpus.create(home / "corpora" / "mine", name="mine")
    users = [f"u{circle}_{n}" for circle in range(count) for n in range(4)]
    about = [f"the {THINGS[int(u[1:].partition('_')[0])]} again" for u in users]
    corpus.add([Post(f"p{u}", text=t, user=u) for u, t in zip(users, about, strict=True)])
    rows = [
        {"user": one, "post": f"p{other}", "kind": "like"}
        for one in users
        for other in users
        if one != other and one.partition("_")[0] == other.partition("_")[0]
    ]
    corpus.write_side_tables({REACTIONS: pa.Table.from_pylist(rows, schema=SCHEMA)})
    return Workspace(home)


def test_every_community_has_a_name(tmp_path: Path) -> None:
    whole = circles(len(THINGS), tmp_path).reactions.network("mine")
    assert len(whole.communities.all) == len(whole.names) == len(THINGS) > 8
    assert sorted(whole.names) == sorted(THINGS)


def test_reactions_are_counted_once_for_all_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reactions = circles(2, tmp_path).reactions
    assert reactions.between("u0_0", ["u0_1", "u1_0"], "mine") == {"u0_1": 2, "u1_0": 0}
    monkeypatch.setattr(Corpus, "side_table", lambda *_: pytest.fail("they are read again"))
    assert reactions.between("u1_0", ["u1_2"], "mine") == {"u1_2": 2}


def test_a_corpus_without_reactions_has_none_between_users(tmp_path: Path) -> None:
    Corpus.create(tmp_path / "corpora" / "mine").add([Post("a", text="x", user="u")])
    assert Workspace(tmp_path).reactions.between("u", ["v"], "mine") == {"v": 0}
