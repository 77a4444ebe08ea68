"""The parts of the facade, each with its own area; a `Workspace` has them all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from backend.atlas import Atlas
    from backend.diagnosis import Errors
    from backend.holdings import Holdings
    from backend.imports import Imports
    from backend.indexing import Indexing
    from backend.map_making import MapMaking
    from backend.parts import Host
    from backend.people import People
    from backend.selecting import Selections
    from backend.trainer import Trainer
    from backend.wording import Wording


class Areas:
    """Parts made when first asked for."""

    @property
    def _host(self) -> Host:
        return cast("Host", self)

    @cached_property
    def atlas(self) -> Atlas:
        """Maps of users and posts."""
        from backend.atlas import Atlas

        return Atlas(self._host)

    @cached_property
    def map_making(self) -> MapMaking:
        """Maps and word spaces that are being made."""
        from backend.map_making import MapMaking

        return MapMaking(self._host)

    @cached_property
    def selections(self) -> Selections:
        """Explicit sets of posts or users."""
        from backend.selecting import Selections

        return Selections(self._host)

    @cached_property
    def people(self) -> People:
        """Single users: who posts alike, and what they post over time."""
        from backend.people import People

        return People(self._host)

    @cached_property
    def holdings(self) -> Holdings:
        """The corpora: what there is, and deleting one."""
        from backend.holdings import Holdings

        return Holdings(self._host)

    @cached_property
    def imports(self) -> Imports:
        """Bringing posts in."""
        from backend.imports import Imports

        return Imports(self._host)

    @cached_property
    def indexes(self) -> Indexing:
        """Search indexes, made ahead of the first search."""
        from backend.indexing import Indexing

        return Indexing(self._host)

    @cached_property
    def wording(self) -> Wording:
        """Words, images and sounds in spaces of words."""
        from backend.wording import Wording

        return Wording(self._host)

    @cached_property
    def errors(self) -> Errors:
        """Where models fail on labelled posts, why, and what to do next."""
        from backend.diagnosis import Errors

        return Errors(self._host)

    @cached_property
    def trainer(self) -> Trainer:
        """Training on a corpus's own labels."""
        from backend.trainer import Trainer

        return Trainer(self._host)
