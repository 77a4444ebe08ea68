"""A small corpus of one's own: names of groups, neighbours of words, search in ten languages.

``python -m bench own_corpus`` imports the 300 made-up posts of ``made_up_posts.tsv`` (20 topics in
ten languages, written for this) as anybody would, builds the map, and prints: how well its
groups agree with the topics, their names, and how many have a word of their topic; neighbours of
words; and the precision@10 of a query in each language, compared with the text encoder alone and
with the joint space alone.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from backend.corpus.native import Native
from backend.domain import Content, Kind
from backend.maps import Map
from backend.search import Query, Term
from backend.workspace.workspace import Workspace

POSTS = Path(__file__).with_name("made_up_posts.tsv")
# Words, of any language of the posts, that tell a reader what a topic is.
TOPIC_WORDS = {
    "coffee": "coffee café caffè kaffee espresso cappuccino latte #coffeelover",
    "trains": "train trains station platform #traindelay",
    "football": "goal match stadium goalkeeper penalty #matchday ⚽",
    "cats": "cat cats kittens #catsofinternet",
    "gardening": "garden tomatoes courgettes roses compost tulip planted #gardenlife",
    "hiking": "mountains hike trail summit #mountains",
    "baking": "bread sourdough dough oven baking cake #homebaking",
    "games": "game games controller console #gaming",
    "exams": "exams exam thesis #studentlife",
    "storm": "storm thunder rain lightning hail #stormwatch",
    "concert": "concert band song singing #livemusic",
    "phone": "phone battery screen charger #techfail",
    "cycling": "bike bikes saddle #bikecommute",
    "election": "election candidates ballots voted polling #election",
    "wedding": "wedding bride groom #justmarried",
    "beach": "beach sand sea sandcastles #beachlife",
    "illness": "fever cough virus flu doctor antibiotics #flu",
    "books": "book novel chapter bookshop #bookworm",
    "moving": "rent flat landlord moving #movingday",
    "cinema": "cinema film trailer sequel #movienight",
}
QUERIES = (
    ("en", "angry commuters waiting for a delayed train", "trains"),
    ("de", "krank mit Husten und Fieber", "illness"),
    ("es", "mi mascota felina", "cats"),
    ("fr", "légumes et fleurs sur le balcon", "gardening"),
    ("it", "una serata a vedere un film", "cinema"),
    ("pt", "aluguel caro e procurar apartamento", "moving"),
    ("nl", "kapotte telefoon", "phone"),
    ("pl", "mecz piłki nożnej", "football"),
    ("tr", "dağda yürüyüş", "hiking"),
    ("ja", "結婚のお祝い", "wedding"),
)
WORDS = ("coffee", "train", "⚽", "#livemusic", "exams")
FIRST = 10


def read_posts() -> list[dict[str, str]]:
    """Return the made-up posts, each with its topic, language and text."""
    with POSTS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [{"id": f"p{i:03d}", **row} for i, row in enumerate(rows)]


def main() -> None:
    """Print the tables."""
    import kindred

    home = Path(tempfile.mkdtemp(prefix="kindred-bench-"))
    try:
        posts = read_posts()
        table = pd.DataFrame(posts)[["id", "text"]]
        opened = kindred.open(home)
        opened.read(table, name="made-up")
        workspace = opened.workspace
        topics = {post["id"]: post["topic"] for post in posts}
        _show_names(workspace.maps.make(Kind.POST, "made-up", draws=0), topics)
        workspace.words.make("made-up")
        for word in WORDS:
            found = workspace.words.neighbours(word, [Kind.WORD], 8, "encoder+metadata", "made-up")
            print(f"near {word}: {', '.join(hit.id for hit in found.hits[Kind.WORD])}")
        _show_queries(workspace, topics)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _show_names(made: Map, topics: dict[str, str]) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    level = made.level("medium")
    truth = np.array([topics[id_] for id_ in made.ids])
    agreement = adjusted_mutual_info_score(truth, level.labels)
    named = 0
    print(f"{len(level.clusters)} groups; mutual information with the topics {agreement:.2f}")
    for cluster in level.clusters:
        topic, n = Counter(truth[level.labels == cluster.id].tolist()).most_common(1)[0]
        says = bool(set(cluster.label.split(", ")) & set(TOPIC_WORDS[topic].split()))
        named += says
        print(f"{'yes' if says else 'no ':3}  {cluster.label:44} {topic} {n}/{cluster.size}")
    print(f"names with a word of their topic: {named} of {len(level.clusters)}")


def _show_queries(workspace: Workspace, topics: dict[str, str]) -> None:
    searcher = workspace.searcher("made-up")
    every = []
    print("\nprecision@10 of Kindred, the text encoder alone, the joint space alone")
    for language, text, topic in QUERIES:
        query = Query((Term(Kind.TEXT, text),))
        hits = workspace.search(query, [Kind.POST], FIRST, None, "made-up").hits[Kind.POST]
        content = Content(text=text)
        models = workspace.models
        native = models.native(content)[Native.MEANING]
        joint = models.vector(content, Kind.TEXT)
        found = [
            [hit.id for hit in hits],
            list(searcher.index(Native.MEANING).search(native, FIRST).ids),
            list(searcher.index(Kind.POST).search(joint, FIRST).ids),
        ]
        scores = [_share(ids, topic, topics) for ids in found]
        every.append(scores)
        print(json.dumps({"language": language, "query": text, "precision": scores}))
    mean = np.mean(every, axis=0)
    table = np.array(every)
    equal = [int((table[:, 0] >= table[:, other]).sum()) for other in (1, 2)]
    print(f"mean {mean[0]:.2f}, {mean[1]:.2f}, {mean[2]:.2f}; Kindred better or equal in {equal}")


def _share(ids: Sequence[str], topic: str, topics: dict[str, str]) -> float:
    return sum(topics[id_] == topic for id_ in ids) / FIRST


if __name__ == "__main__":
    main()
