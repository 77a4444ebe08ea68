"""Evaluate LightGBM regression trees from their text form with numpy.

Importing LightGBM takes seconds and 100 MB; the trees need only table look-ups.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Concatenated trees; a leaf is a node that is its own child.

    Attributes
    ----------
    feature, left, right : numpy.ndarray
        ``(nodes,)`` int32.
    threshold, value : numpy.ndarray
        ``(nodes,)`` float64.
    roots : numpy.ndarray
        ``(trees,)`` int32.
    depth : int
        Most steps from a root to a leaf.
    """

    feature: np.ndarray
    left: np.ndarray
    right: np.ndarray
    threshold: np.ndarray
    value: np.ndarray
    roots: np.ndarray
    depth: int

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Return the sum over the trees.

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
        For any other kind of model.
    """
    text = text.partition("\nend of trees")[0]

    lines: dict[str, list[str]] = defaultdict(list)
    for line in text.split("\n"):
        name, _, numbers = line.partition("=")
        lines[name].append(numbers)

    def column(name: str) -> np.ndarray:
        return np.fromstring(" ".join(lines[name]), dtype=np.float64, sep=" ")

    is_plain = not column("num_cat").any() and not column("is_linear").any()
    if not is_plain or (column("decision_type") != 2).any() or "average_output" in lines:
        raise ValueError(
            "categorical, linear and averaged trees and missing values are not supported"
        )
    if column("num_class").tolist() != [1]:
        raise ValueError("models with several outputs are not supported")
    # Inner nodes of all trees come first, then their leaves.
    leaves = column("num_leaves").astype(np.int32)
    inner = leaves - 1
    total = int(inner.sum())
    first_inner, first_leaf = np.cumsum(inner) - inner, total + np.cumsum(leaves) - leaves
    leaf_nodes = np.arange(total, total + leaves.sum())

    def children(name: str) -> np.ndarray:
        child = column(name).astype(np.int32)  # -1, -2, ... are leaves 0, 1, ...
        inside = np.repeat(first_inner, inner) + child
        outside = np.repeat(first_leaf, inner) - child - 1
        return np.concatenate([np.where(child < 0, outside, inside), leaf_nodes]).astype(np.int32)

    zeros = np.zeros(len(leaf_nodes))
    left, right = children("left_child"), children("right_child")
    roots = np.where(inner > 0, first_inner, first_leaf).astype(np.int32)
    return Forest(
        feature=np.concatenate([column("split_feature"), zeros]).astype(np.int32),
        left=left,
        right=right,
        threshold=np.concatenate([column("threshold"), zeros]),
        value=np.concatenate([np.zeros(total), column("leaf_value")]),
        roots=roots,
        depth=_depth(left, right, roots, total),
    )


def _depth(left: np.ndarray, right: np.ndarray, nodes: np.ndarray, inner: int) -> int:
    depth = 0
    while len(nodes := nodes[nodes < inner]):
        nodes, depth = np.concatenate([left[nodes], right[nodes]]), depth + 1
    return depth
