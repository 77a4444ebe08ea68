"""The vectors that a map is made of: what posts are about, whatever their language.

Encoders put texts of one language nearer to one another than their topics are. Left in,
a corpus of several languages would be laid out by language.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.vectors import centred_by_group, normalize
from backend.corpus import Corpus
from backend.corpus.native import Native

_TEXTS = 0.9  # share of the posts of a corpus of texts that have a text and no image or sound
_MOST = 100_000  # posts up to which vectors of double width fit


def of_posts(
    corpus: Corpus, bundle: str, ids: np.ndarray, raw: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the joint vectors of posts, centred, and those that their map is laid out by.

    In a corpus of texts these are joined with the vectors of the text encoder itself, which
    knows more about texts than the joint space keeps.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
    ids : numpy.ndarray
        ``(n,)``
    raw : numpy.ndarray
        ``(n, dim)``, in the joint space.
    """
    posts = corpus.table(["id", "language", "image", "audio"])
    rows = pc.index_in(pa.array(ids, pa.string()), value_set=posts["id"].combine_chunks())
    posts = posts.take(rows)
    languages = posts["language"].to_numpy()
    joint = centred_by_group(raw, languages)
    if len(ids) > _MOST:
        return joint, joint
    found, meaning = corpus.vectors(bundle, Native.MEANING)
    place = pc.index_in(pa.array(ids, pa.string()), value_set=pa.array(found, pa.string()))
    has = place.is_valid().to_numpy(zero_copy_only=False)
    media = pc.or_(pc.is_valid(posts["image"]), pc.is_valid(posts["audio"])).to_numpy()
    if (has & ~media).mean() < _TEXTS:
        return joint, joint
    own = np.zeros_like(joint)
    own[has] = centred_by_group(meaning[place.drop_null().to_numpy()], languages[has])
    return joint, normalize(np.hstack([joint, own]))
