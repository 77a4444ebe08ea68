"""A corpus: posts, users, and the vectors and predictions of each bundle."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from backend.corpus import changes, creation, model_outputs, readings, schema, user_lookup
from backend.corpus.info import CorpusInfo
from backend.corpus.media import checked_path
from backend.corpus.native import Native
from backend.corpus.readings import PostReadings
from backend.corpus.remote import media_at
from backend.corpus.side_tables import SideTables
from backend.corpus.store import Store
from backend.corpus.tables import one_of, quoted
from backend.domain import Affect, Kind, KindredError, Modality, Post, User
from backend.settings import SHIPPED_CORPORA, SHIPPED_CORPUS
from backend.text.reading import Reading

SHIPPED = SHIPPED_CORPORA[SHIPPED_CORPUS]


class Corpus(SideTables):
    """A corpus in one directory, or under one prefix on object storage.

    Reads see the same snapshot until `refresh` is called or this object writes.
    Any number of threads and processes may read while one process writes.

    Construct one with `open`, `create` or `import_shipped`.
    """

    def __init__(self, store: Store, *, shipped: Path | None = None) -> None:
        super().__init__(store)
        places = dict.fromkeys((shipped, *SHIPPED_CORPORA.values())) if shipped else {}
        from_assets = [place / "media" for place in places if place] if store.head.origin else []
        self._media = media_at(store.uri, *from_assets)

    @classmethod
    def open(cls, path: Path | str, *, shipped: Path | None = SHIPPED) -> Corpus:
        """Open a corpus.

        Parameters
        ----------
        path : pathlib.Path or str
            A directory or a URI.
        shipped : pathlib.Path, optional
            The shipped corpus whose media folder is searched after its own.

        Raises
        ------
        KindredError
            ``no_corpus``, or ``corpus_version`` when another version made it.
        """
        return cls(Store.open(str(path)), shipped=shipped)

    @classmethod
    def create(cls, path: Path | str, *, name: str | None = None) -> Corpus:
        """Create an empty corpus.

        Parameters
        ----------
        path : pathlib.Path or str
            A new directory, or a URI.
        name : str, optional
            Default: the last part of `path`.

        Raises
        ------
        KindredError
            ``corpus_exists`` when something else is there.
        """
        return cls(creation.create(str(path), name=name))

    @classmethod
    def import_shipped(cls, assets: Path, path: Path | str, *, name: str | None = None) -> Corpus:
        """Open the workspace's copy of the shipped corpus; create or update it first.

        A copy from an earlier version is updated; posts that users added stay, and
        `missing` lists those without vectors. Safe for several processes at once,
        even when killed.

        Parameters
        ----------
        assets : pathlib.Path
            The folder with ``posts.parquet`` and ``checksums.json``.
        path : pathlib.Path
            The corpus's directory in the workspace.
        name : str, optional

        Raises
        ------
        KindredError
            ``damaged``, naming the file, when a shipped file does not match its
            checksum; ``no_shipped_corpus``; ``corpus_version``; ``corpus_exists``
            when something else is at `path`.
        """
        store = creation.import_shipped(assets, Path(path), name=name)
        return cls(store, shipped=assets)

    # Identity

    @property
    def name(self) -> str:
        """Name of the corpus."""
        return self._view.snapshot.head.name

    def info(self) -> CorpusInfo:
        """Return counts of the contents."""
        return self._view.info

    def bundles(self) -> tuple[str, ...]:
        """Return the bundles that have vectors here."""
        return tuple(self.info().bundles)

    # Posts and users

    def posts(self, ids: Sequence[str]) -> dict[str, Post]:
        """Posts by id, in the order of `ids`; unknown ids are left out."""
        unique = list(dict.fromkeys(ids))
        rows = self._view.snapshot.read_in("posts", "id", unique, schema.POST_COLUMNS)
        by_id = {post.id: post for post in schema.to_posts(rows)}
        return {id_: by_id[id_] for id_ in ids if id_ in by_id}

    def post(self, id_: str) -> Post:
        """One post; raises ``no_post`` for an unknown id."""
        if not (posts := self.posts([id_])):
            raise KindredError("no_post", f"The corpus {self.name} has no post {id_!r}.")
        return posts[id_]

    def posts_of(self, user: str, *, limit: int | None = None) -> list[Post]:
        """The posts of a user id, newest first; those without a time last, by id."""
        where = f"`user` = {quoted(user)}"
        keys = self._view.snapshot.read("posts", ["id", "time"], where)
        keys = keys.sort_by([("time", "descending"), ("id", "ascending")])
        return list(self.posts(keys["id"].to_pylist()[:limit]).values())

    def users(self, ids: Sequence[str]) -> dict[str, User]:
        """Users by id, in the order of `ids`; unknown ids are left out."""
        return user_lookup.users(self._view.users, ids)

    def user(self, id_: str) -> User:
        """One user; raises ``no_user`` for an unknown id."""
        if not (users := self.users([id_])):
            raise KindredError("no_user", f"The corpus {self.name} has no user {id_!r}.")
        return users[id_]

    def find_users(self, text: str = "", *, limit: int = 20) -> list[User]:
        """Users whose name or id has `text` anywhere, most posts first.

        Case and accents do not matter; names that begin with the text come first.
        """
        return user_lookup.find(self._view.users, text, limit=limit)

    def user_names(self) -> dict[str, str]:
        """Names of all users by id."""
        table = self._view.users
        return dict(zip(table["id"].to_pylist(), table["name"].to_pylist(), strict=True))

    def posts_by_user(self) -> dict[str, int]:
        """Numbers of posts of all users by id."""
        table = self._view.users
        return dict(zip(table["id"].to_pylist(), table["posts"].to_pylist(), strict=True))

    def resolve_user(self, text: str) -> User:
        """Return the user that `text` means: an id, or a unique name.

        Raises
        ------
        KindredError
            ``no_user`` or ``ambiguous_user``, listing the candidates.
        """
        return user_lookup.resolve(self._view.users, text)

    def table(
        self,
        columns: Sequence[str] | None = None,
        *,
        filters: Mapping[str, Collection[str]] | None = None,
        ids: Sequence[str] | None = None,
    ) -> pa.Table:
        """Posts as an Arrow table.

        Parameters
        ----------
        columns : sequence of str, optional
            Columns of `schema.POSTS` (default: all of these), and ``written`` and ``said``,
            the words that were read in the image and the sound.
        filters : mapping of str to collection of str, optional
            Allowed values by column.
        ids : sequence of str, optional
            Only these posts.

        Returns
        -------
        pyarrow.Table
            In no particular order.
        """
        known = schema.POSTS.names
        read = [c for c in columns or () if c in readings.COLUMNS]
        stored = [c for c in columns or known if c not in readings.COLUMNS]
        if unknown := [c for c in (*stored, *(filters or ())) if c not in known]:
            every = ", ".join((*known, *readings.COLUMNS))
            message = f"Posts have no column {unknown[0]!r}; there are {every}."
            raise KindredError("no_column", message)
        where = " AND ".join(one_of(c, values) for c, values in (filters or {}).items()) or None
        snapshot = self._view.snapshot
        needed = stored if not read or "id" in stored else [*stored, "id"]
        if ids is None:
            posts = snapshot.read("posts", needed, where)
        else:
            posts = snapshot.read_in("posts", "id", ids, needed, also=where)
        return readings.with_columns(posts, snapshot, read).select(list(columns or stored))

    def readings(self, ids: Sequence[str]) -> dict[str, dict[Modality, Reading]]:
        """What was read in the images and sounds of posts; those not read are left out."""
        return readings.of_posts(self._view.snapshot, ids)

    @property
    def has_readings(self) -> bool:
        """Whether images or sounds of this corpus were read."""
        return readings.READINGS in self._view.snapshot

    def unread(self, modalities: Collection[Modality]) -> list[str]:
        """Ids of the posts with an image or a sound, of some modalities, that was not read."""
        return readings.unread(self._view.snapshot, modalities)

    # Outputs of bundles

    def vectors(
        self, bundle: str, kind: Kind | Native, ids: Sequence[str] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of one kind.

        Parameters
        ----------
        bundle : str
        kind : Kind or Native
        ids : sequence of str, optional
            Only these, in this order; unknown ids are left out.

        Returns
        -------
        ids : numpy.ndarray
            ``(n,)`` str objects; sorted when `ids` is not given.
        vectors : numpy.ndarray
            ``(n, dim)`` float32; ``(0, 0)`` when there is none.
        """
        return model_outputs.vectors(self._view.snapshot, bundle, kind, ids)

    def ids_with_vectors(self, bundle: str, kind: Kind | Native) -> np.ndarray:
        """Return the ids of `vectors`, which are read faster than vectors."""
        return model_outputs.ids_with_vectors(self._view.snapshot, bundle, kind)

    def predictions(self, bundle: str, ids: Sequence[str] | None = None) -> pa.Table:
        """Predictions as an Arrow table of `schema.PREDICTIONS`, in no particular order."""
        return model_outputs.predictions(self._view.snapshot, bundle, ids)

    def affects(self, bundle: str, ids: Sequence[str]) -> dict[str, Affect]:
        """Predictions by post id; posts without one are left out."""
        return schema.to_affects(self.predictions(bundle, ids))

    def missing(self, bundle: str) -> list[str]:
        """Ids of the posts that have no vector of kind post under a bundle."""
        return model_outputs.posts_without_vectors(self._view.snapshot, bundle)

    # Changes

    def add(
        self,
        posts: Sequence[Post] = (),
        *,
        users: Sequence[User] = (),
        groups: Mapping[str, str] | None = None,
        bundle: str | None = None,
        vectors: changes.Vectors | None = None,
        predictions: Mapping[str, Affect] | None = None,
        read: Mapping[str, PostReadings] | None = None,
        replace: bool = False,
        fresh: bool = False,
    ) -> None:
        """Add posts, and vectors and predictions of these or existing posts, in one commit.

        Parameters
        ----------
        posts : sequence of Post
            Their media must exist: see `new_media`.
        users : sequence of User
            Names and tags of authors; others are named by their id.
        groups : mapping of str to str, optional
            Duplicate group by post id.
        bundle : str, optional
            Bundle of the vectors and predictions.
        vectors : mapping of Kind to (ids, matrix), optional
            Replace those with the same kind and id.
        predictions : mapping of str to Affect, optional
            By post id.
        read : mapping of str to mapping, optional
            Readings by post id and modality.
        replace : bool
            Whether a post may replace one with the same id; vectors and
            predictions of the old one are deleted for every bundle.
        fresh : bool
            Delete all vectors and predictions of `bundle` first.

        Raises
        ------
        KindredError
            ``duplicate_id``, ``empty_post``, ``bad_id``, ``no_media``,
            ``bad_vectors``, ``no_post``, ``no_user``, ``bundle_name`` or
            ``corpus_busy``; the corpus is then unchanged.
        """
        if (vectors or predictions) and bundle is None:
            raise KindredError("bundle_name", "Vectors and predictions need the name of a bundle.")
        for post in posts:
            for relative in filter(None, (post.image, post.audio)):
                if self._media.roots:
                    self._media.find(relative)
                else:
                    checked_path(relative)
        with self.transaction() as change:
            if posts or users:
                changes.add_posts(change, posts, users=users, groups=groups or {}, replace=replace)
            readings.add(change, read or {})
            if bundle is not None:
                if fresh:
                    first = next(iter((vectors or {}).values()), ((), np.empty((0, 1))))[1]
                    changes.clear_outputs(change, bundle, np.shape(first)[-1])
                changes.add_vectors(change, bundle, vectors or {})
                if predictions:
                    changes.add_predictions(change, bundle, predictions)
        self.refresh()

    # Media

    def media_path(self, relative: str) -> Path:
        """Return the file that a post's ``image`` or ``audio`` names.

        Raises
        ------
        KindredError
            ``bad_media_path`` or ``no_media``.
        """
        return self._media.find(relative)

    def media_of(self, post: Post | str, modality: Modality) -> Path:
        """Return the file of one modality of a post or post id.

        Raises
        ------
        KindredError
            ``no_post``, ``no_media`` or ``bad_media_path``.
        """
        if isinstance(post, str):
            post = self.post(post)
        relative = {Modality.IMAGE: post.image, Modality.AUDIO: post.audio}.get(modality)
        if not relative:
            raise KindredError("no_media", f"The post {post.id} has no file for its {modality}.")
        return self._media.find(relative)

    def new_media(self, relative: str) -> Path:
        """Return where to write a media file before adding the post that names it.

        Raises
        ------
        KindredError
            ``bad_media_path``, ``media_exists`` or ``no_media_folder``.
        """
        return self._media.new(relative)
