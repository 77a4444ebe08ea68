"""Evaluate LightGBM regression trees from their text form with numpy.

Importing LightGBM costs seconds and 100 MB for what is a table look-up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees laid end to end; a leaf is a node that is its own child.

    Attributes
    ----------
    feature, left, right : numpy.ndarray
        ``(nodes,)`` int32.
    threshold, value : numpy.ndarray
        ``(nodes,)`` float64.
    roots : numpy.ndarray
        ``(trees,)`` int32.
    depth : int
        Steps from any root to any leaf, at most.
    """

    feature: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    value: np.ndarray
    roots: np.ndarray
    depth: int

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Sum over the trees.

        Parameters
        ----------
        rows : numpy.ndarray
            ``(n, features)``, no NaN.

        Returns
        -------
        numpy.ndarray
            ``(n,)`` float64.
        """
        flat = np.ascontiguousarray(rows, dtype=np.float64)
        sums = np.empty(len(flat))
        for i, row in enumerate(flat):
            node = self.roots
            for _ in range(self.depth):
                goes_left = row[self.feature[node]] <= self.threshold[node]
                node = np.where(goes_left, self.left[node], self.right[node])
            sums[i] = self.value[node].sum()
        return sums


def read(text: str) -> Forest:
    """Read a model that LightGBM saved as text.

    Parameters
    ----------
    text : str
        Numeric splits only, no missing values.

    Raises
    ------
    ValueError
        For a model with categorical, linear or averaged trees.
    """
    head, *trees = text.partition("\nend of trees")[0].split("\nTree=")
    if "average_output" in head or "num_class=1\n" not in head:
        raise ValueError("only sums of one output are read")
    columns: dict[str, list[np.ndarray]] = {
        name: [] for name in ("feature", "left", "right", "threshold", "value")
    }
    roots, offset, depth = [], 0, 1
    for tree in trees:
        fields = dict(line.split("=", 1) for line in tree.splitlines() if "=" in line)
        if fields["num_cat"] != "0" or fields.get("is_linear", "0") != "0":
            raise ValueError("categorical and linear trees are not read")
        leaves = int(fields["num_leaves"])
        inner = leaves - 1
        value = np.array(fields["leaf_value"].split(), dtype=np.float64)
        # Children of -1, -2, ... are leaves 0, 1, ...; they come after the inner nodes.
        sides = []
        for side in ("left_child", "right_child"):
            child = np.array(fields.get(side, "").split(), dtype=np.int32)
            child = np.where(child < 0, inner - child - 1, child)
            sides.append(np.concatenate([child, inner + np.arange(leaves)]).astype(np.int32))
        if set(fields.get("decision_type", "2").split()) != {"2"}:
            raise ValueError("splits with missing values are not read")
        none = np.zeros(leaves)
        feature = np.array(fields.get("split_feature", "").split(), dtype=np.int32)
        threshold = np.array(fields.get("threshold", "").split(), dtype=np.float64)
        columns["feature"].append(np.concatenate([feature, none.astype(np.int32)]))
        columns["threshold"].append(np.concatenate([threshold, none]))
        columns["value"].append(np.concatenate([np.zeros(inner), value]))
        columns["left"].append(sides[0] + offset)
        columns["right"].append(sides[1] + offset)
        roots.append(offset)
        offset += inner + leaves
        depth = max(depth, _depth(*sides))
    flat = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Forest(**flat, roots=np.array(roots, dtype=np.int32), depth=depth)


def _depth(left: np.ndarray, right: np.ndarray) -> int:
    nodes, depth = np.array([0]), 0
    while True:
        below = np.unique(np.concatenate([left[nodes], right[nodes]]))
        if np.array_equal(below, nodes) or np.isin(below, nodes).all():
            return depth
        nodes, depth = below, depth + 1
