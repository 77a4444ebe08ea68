"""Corpora on LanceDB: posts, users, their media, and the outputs of each bundle."""

from backend.corpus.corpus import Corpus
from backend.corpus.info import CorpusInfo
from backend.corpus.shipped import verify

__all__ = ["Corpus", "CorpusInfo", "verify"]
