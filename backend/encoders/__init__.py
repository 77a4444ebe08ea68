"""Encoders: frozen pretrained networks, one modality -> feature vectors.

Examples
--------
>>> from backend import encoders
>>> encoders.get("multilingual-e5-small").encode(["hello"]).vectors[0].shape
(384,)
"""

from backend.encoders.base import Classifier, Encoded, Encoder, Pieces, Tagger
from backend.encoders.registry import get, model_of, names, unload

__all__ = [
    "Classifier",
    "Encoded",
    "Encoder",
    "Pieces",
    "Tagger",
    "get",
    "model_of",
    "names",
    "unload",
]
