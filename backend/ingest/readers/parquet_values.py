"""How large values of Arrow become as Python objects."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_TEXTS = (pa.string(), pa.large_string(), pa.string_view())
_BYTES = (pa.binary(), pa.large_binary(), pa.binary_view())


def value_sizes(array: pa.Array) -> np.ndarray:
    """Return the bytes of text and of other data in each value as Python objects, ``(n, 2)``."""
    type_, sizes = array.type, np.zeros((len(array), 2), np.int64)
    if isinstance(array, pa.ExtensionArray):
        return value_sizes(array.storage)
    if pa.types.is_dictionary(type_):
        of_values = np.concatenate([value_sizes(array.dictionary), np.zeros((1, 2), np.int64)])
        return of_values[array.indices.cast(pa.int64()).fill_null(len(of_values) - 1).to_numpy()]
    if pa.types.is_struct(type_):
        return sum((value_sizes(array.field(i)) for i in range(type_.num_fields)), sizes)
    if pa.types.is_nested(type_):  # a list of some kind
        if pa.types.is_map(type_):
            offsets = array.offsets.to_numpy()
            lengths, items = np.diff(offsets), array.values[offsets[0] : offsets[-1]]
        elif pa.types.is_primitive(type_.value_type):
            return sizes  # numbers: bounded by the batch size
        else:
            lengths, items = pc.list_value_length(array).fill_null(0).to_numpy(), array.flatten()
        ends = np.cumsum(lengths, dtype=np.int64)
        sums = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(value_sizes(items), axis=0)])
        return sums[ends] - sums[ends - lengths]
    if type_ in _TEXTS or type_ in _BYTES or pa.types.is_fixed_size_binary(type_):
        if type_ in (pa.string_view(), pa.binary_view()):
            array = array.cast(pa.large_binary())
        sizes[:, 0 if type_ in _TEXTS else 1] = pc.binary_length(array).fill_null(0).to_numpy()
    return sizes
