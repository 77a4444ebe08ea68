"""The parts of the facade, each with its own area; a `Workspace` has them all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from backend.workspace.context import Host
    from backend.workspace.corpora import Holdings
    from backend.workspace.error_analysis import Errors
    from backend.workspace.imports import Imports
    from backend.workspace.indexes import Indexing
    from backend.workspace.map_jobs import MapMaking
    from backend.workspace.maps import Atlas
    from backend.workspace.selections import Selections
    from backend.workspace.training import Trainer
    from backend.workspace.users import People
    from backend.workspace.words import Wording


class Areas:
    """Parts made when first asked for."""

    @property
    def _host(self) -> Host:
        return cast("Host", self)

    @cached_property
    def atlas(self) -> Atlas:
        """Maps of users and posts."""
        from backend.workspace.maps import Atlas

        return Atlas(self._host)

    @cached_property
    def map_making(self) -> MapMaking:
        """Maps and word spaces that are being made."""
        from backend.workspace.map_jobs import MapMaking

        return MapMaking(self._host)

    @cached_property
    def selections(self) -> Selections:
        """Explicit sets of posts or users."""
        from backend.workspace.selections import Selections

        return Selections(self._host)

    @cached_property
    def people(self) -> People:
        """Single users: who posts alike, and what they post over time."""
        from backend.workspace.users import People

        return People(self._host)

    @cached_property
    def holdings(self) -> Holdings:
        """The corpora: what there is, and deleting one."""
        from backend.workspace.corpora import Holdings

        return Holdings(self._host)

    @cached_property
    def imports(self) -> Imports:
        """Bringing posts in."""
        from backend.workspace.imports import Imports

        return Imports(self._host)

    @cached_property
    def indexes(self) -> Indexing:
        """Search indexes, made ahead of the first search."""
        from backend.workspace.indexes import Indexing

        return Indexing(self._host)

    @cached_property
    def wording(self) -> Wording:
        """Words, images and sounds in spaces of words."""
        from backend.workspace.words import Wording

        return Wording(self._host)

    @cached_property
    def errors(self) -> Errors:
        """Where models fail on labelled posts, why, and what to do next."""
        from backend.workspace.error_analysis import Errors

        return Errors(self._host)

    @cached_property
    def trainer(self) -> Trainer:
        """Training on a corpus's own labels."""
        from backend.workspace.training import Trainer

        return Trainer(self._host)
