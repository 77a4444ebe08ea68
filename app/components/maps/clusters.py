"""The panel before anything is selected: saved selections and the clusters of the map."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import streamlit as st

from app.common.markup import plain
from app.common.palette import KIND_NAMES, counted
from app.components.shared.damage import show_damaged_selections
from app.components.shared.post_card import show_image
from app.data import url_state
from app.data.maps import map_of
from app.data.selection import choose, saved
from app.data.session import corpus, posts, workspace
from backend.domain import Kind, KindredError, Post
from backend.maps import Cluster

FEW = 6


def show_clusters(kind: Kind, name: str) -> None:
    """Show saved selections and the clusters of the level `name`, the largest first."""
    _show_saved(kind)
    level = map_of(kind).level(name)
    n = len(map_of(kind).ids)
    st.subheader("Clusters", anchor=False)
    st.caption(
        f"{counted(len(level.clusters), 'cluster')} on the map; "
        f"{f'{level.unclustered:,}' if level.unclustered else 'none'} of {counted(n, kind)} "
        f"{'is' if level.unclustered == 1 else 'are'} outside them. Choose a cluster, or draw "
        "around points on the map."
    )
    order = sorted(level.clusters, key=lambda c: -c.size)
    shown = len(order) if st.session_state.get("all_clusters") else FEW
    typical = {c.id: c.typical[:4] for c in order[:shown]}
    found = posts([id_ for ids in typical.values() for id_ in ids])
    for cluster in order[:shown]:
        _show_cluster(kind, name, cluster, [found[i] for i in typical[cluster.id] if i in found])
    if len(order) > shown:
        st.button(f"Show all {len(order)} clusters", type="tertiary", on_click=_show_all)


def _show_cluster(kind: Kind, name: str, cluster: Cluster, pictures: Sequence[Post]) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"**{plain(cluster.label)}**",
                key=f"group_{name}_{cluster.id}",
                type="tertiary",
                on_click=_open,
                args=(f"group:{name}:{cluster.id}",),
                help="Select this cluster",
            )
            st.space("stretch")
            st.caption(f"{counted(cluster.size, kind)}{_stability(cluster)}", width="content")
        images = [p for p in pictures if p.image]
        if images:
            with st.container(horizontal=True, gap="small"):
                for post in images[:4]:
                    try:
                        show_image(post, (120, 90), width=68)
                    except (KindredError, OSError):
                        continue
        rest = [w for w in cluster.words if w not in cluster.label][:7]
        if rest:
            st.caption(plain(", ".join(rest)))


def _stability(cluster: Cluster) -> str:
    if isnan(cluster.stability) or cluster.stability >= 0.75:
        return ""
    return " · unstable" if cluster.stability < 0.6 else " · fairly stable"


def _show_saved(kind: Kind) -> None:
    show_damaged_selections(corpus())
    selections = saved(kind)
    if not selections:
        return
    st.subheader("Saved selections", anchor=False)
    for selection in selections:
        name = selection.name
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                plain(name),
                icon=":material/bookmark:",
                key=f"open_{name}",
                type="tertiary",
                on_click=_open,
                args=(f"saved:{name}",),
            )
            st.caption(counted(len(selection), kind), width="content")
            st.space("stretch")
            st.button(
                "Delete",
                icon=":material/delete:",
                key=f"delete_{name}",
                type="tertiary",
                on_click=url_state.attempt,
                args=(workspace().selections.delete, name, corpus()),
            )


def _open(address: str) -> None:
    choose(address)
    st.rerun()


def _show_all() -> None:
    st.session_state["all_clusters"] = True


def show_quality(kind: Kind) -> None:
    """Show the measures of the map's quality."""
    shown = map_of(kind)
    lines = []
    q = shown.quality
    if "trustworthiness" in q:
        lines.append(
            f"**Trustworthiness {q['trustworthiness']:.3f}** of 1: how far the 15 nearest points "
            "on the map are also near among the vectors (Venna and Kaski 2001). Long distances, as "
            "between clusters, mean little on such a map."
        )
    if "stability" in q and not isnan(q["stability"]):
        lines.append(
            f"**Stability {q['stability']:.2f}** of 1: how similar the clusters are if the map is "
            "built again from a sample of the points (Hennig 2007). Clusters above .75 are stable; "
            "those below .6 are marked as unstable."
        )
    shares = ", ".join(
        f"{lv.unclustered / max(len(shown.ids), 1):.0%} {lv.name}" for lv in shown.levels
    )
    lines.append(f"**Unclustered**: {shares}. These points lie between clusters and are in none.")
    if placed := int(q.get("placed", 0)):
        lines.append(
            f"**{placed:,} added later**, next to their neighbours, without building the map again."
        )
    if named_from := int(q.get("named_from", 0)):
        lines.append(
            f"**Names of clusters** come from the words of {named_from:,} posts, evenly spaced."
        )
    many = KIND_NAMES[kind][1]
    if shown.total > len(shown.ids):
        lines.append(
            f"**{shown.total - len(shown.ids):,} of {shown.total:,} {many} are not on the map**: "
            "nothing in them could be encoded."
        )
    lines.append(
        f"Built from the vectors of the bundle {plain(shown.bundle)} with UMAP and HDBSCAN."
    )
    for line in lines:
        st.markdown(line)
