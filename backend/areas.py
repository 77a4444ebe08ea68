"""The parts of the facade, each with its own area; a `Workspace` has them all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from backend.atlas import Atlas
    from backend.parts import Host


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
