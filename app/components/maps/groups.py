"""What to look at before anything is selected: saved selections and the groups of the map."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import streamlit as st

from app.common.markup import plain
from app.common.palette import counted
from app.components.shared.pictures import tile
from app.components.shared.post_card import alt_text
from app.data import url_state
from app.data.maps import atlas_of, level, opened, saved_names
from app.data.selection import choose
from app.data.session import corpus, media, posts, workspace
from backend.domain import Kind, KindredError, Modality, Post
from backend.maps import Cluster

FEW = 6


def show_groups(kind: Kind, name: str) -> None:
    """Show saved selections and the groups of one level, the largest first.

    Parameters
    ----------
    kind : Kind
    name : str
        Of the level.
    """
    _show_saved(kind)
    groups = level(kind, name)
    n = len(atlas_of(kind).ids)
    st.subheader("Groups", anchor=False)
    st.caption(
        f"{len(groups.clusters)} groups found on the map; {groups.unclustered:,} of "
        f"{counted(n, kind)} are in none. Open one, or draw around points."
    )
    order = sorted(groups.clusters, key=lambda c: -c.size)
    shown = len(order) if st.session_state.get("all_groups") else FEW
    typical = {c.id: c.typical[:4] for c in order[:shown]}
    known = posts([id_ for ids in typical.values() for id_ in ids])
    for cluster in order[:shown]:
        _show_group(kind, name, cluster, [known[i] for i in typical[cluster.id] if i in known])
    if len(order) > shown:
        st.button(f"All {len(order)} groups", type="tertiary", on_click=_all)


def _show_group(kind: Kind, name: str, cluster: Cluster, pictures: Sequence[Post]) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"**{plain(cluster.label)}**",
                key=f"group_{name}_{cluster.id}",
                type="tertiary",
                on_click=_open,
                args=(f"group:{name}:{cluster.id}",),
                help="Select this group",
            )
            st.space("stretch")
            st.caption(f"{counted(cluster.size, kind)}{_stable(cluster)}", width="content")
        images = [p for p in pictures if p.image]
        if images:
            with st.container(horizontal=True, gap="small"):
                for post in images[:4]:
                    try:
                        path = media(post, Modality.IMAGE)
                        st.image(tile(str(path), (120, 90)), width=68, alt=alt_text(post))
                    except (KindredError, OSError):
                        continue
        rest = [w for w in cluster.words if w not in cluster.label][:7]
        if rest:
            st.caption(plain(", ".join(rest)))


def _stable(cluster: Cluster) -> str:
    if isnan(cluster.stability) or cluster.stability >= 0.75:
        return ""
    return " · loose" if cluster.stability < 0.6 else " · fairly stable"


def _show_saved(kind: Kind) -> None:
    names = [n for n in saved_names() if opened(n).kind is kind]
    if not names:
        return
    st.subheader("Saved selections", anchor=False)
    for name in names:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(name),
                icon=":material/bookmark:",
                key=f"open_{name}",
                type="tertiary",
                on_click=_open,
                args=(f"saved:{name}",),
            )
            st.caption(counted(len(opened(name)), kind), width="content")
            st.space("stretch")
            st.button(
                "Delete",
                icon=":material/delete:",
                key=f"delete_{name}",
                type="tertiary",
                on_click=_delete,
                args=(name, corpus()),
            )


def _open(address: str) -> None:
    choose(address)
    st.rerun()


def _all() -> None:
    st.session_state["all_groups"] = True


def _delete(name: str, where: str | None) -> None:
    try:
        workspace().selections.delete(name, where)
    except KindredError as error:
        url_state.problem(error)


def show_quality(kind: Kind) -> None:
    """Say how far the map can be trusted."""
    made = atlas_of(kind)
    lines = []
    q = made.quality
    if "trustworthiness" in q:
        lines.append(
            f"**Trustworthiness {q['trustworthiness']:.3f}** of 1: how many of the neighbours of a "
            "point on the map are its neighbours among the vectors too (Venna and Kaski 2001, "
            "nearest 15). Distances between far-apart groups mean little on any such map."
        )
    if "stability" in q and not isnan(q["stability"]):
        lines.append(
            f"**Stability {q['stability']:.2f}** of 1: how well the groups come back when the map "
            "is made again from another draw of the points (Hennig 2007). Above .75 is stable; "
            "groups marked loose are below .6."
        )
    shares = ", ".join(
        f"{lv.unclustered / max(len(made.ids), 1):.0%} {lv.name}" for lv in made.levels
    )
    lines.append(
        f"**Unclustered**: {shares}. They lie between groups, and are left there on purpose."
    )
    if placed := int(q.get("placed", 0)):
        lines.append(
            f"**{placed:,} placed later** by their neighbours, without making the map again."
        )
    many = "users" if kind is Kind.USER else "posts"
    if made.total > len(made.ids):
        lines.append(
            f"**{made.total - len(made.ids):,} of {made.total:,} {many} are not on the map**: "
            "none of what they hold could be encoded."
        )
    lines.append(f"Made from the vectors of the bundle {plain(made.bundle)} with UMAP and HDBSCAN.")
    for line in lines:
        st.markdown(line)
