"""Arrow arrays of keys in, of URLs out: anything with the Arrow PyCapsule interface, read by pyarrow."""

import importlib
from typing import Any, List, Optional, Protocol, Tuple

from .exceptions import CosClientError

Buffers = Tuple[bytes, bytes, Optional[bytes]]


class ArrowArray(Protocol):
    """One array of the Arrow PyCapsule interface, such as pyarrow's."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Tuple[Any, Any]: ...


class ArrowStream(Protocol):
    """Chunks of the Arrow PyCapsule interface, such as a column of polars."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class KeyColumns:
    """Keys of the types string, large_string or string_view, in one array or in chunks.

    :raises CosClientError: another type, or pyarrow is not installed.
    """

    def __init__(self, keys: Any) -> None:
        try:
            pyarrow = importlib.import_module("pyarrow")
        except ImportError:
            raise CosClientError(
                "keys are an Arrow array, which pyarrow is needed for: pip install pyarrow"
            ) from None
        self._arrow = pyarrow
        self._is_chunked = isinstance(keys, pyarrow.ChunkedArray) or not (
            isinstance(keys, pyarrow.Array) or hasattr(keys, "__arrow_c_array__")
        )
        if self._is_chunked:
            read = keys if isinstance(keys, pyarrow.ChunkedArray) else pyarrow.chunked_array(keys)
            arrays = read.chunks
        else:
            read = keys if isinstance(keys, pyarrow.Array) else pyarrow.array(keys)
            arrays = [read]
        if not _is_text(pyarrow.types, read.type):
            raise CosClientError(f"keys are an Arrow array of {read.type}: give one of strings")
        self._arrays = [array.cast(pyarrow.large_string()) for array in arrays]
        #: Offsets, bytes and, a byte each, which rows are null.
        self.chunks: List[Buffers] = [_buffers(pyarrow, array) for array in self._arrays]

    def array(self, urls: List[Tuple[bytes, bytes]]) -> Any:
        """The URLs as ``large_string``, null where a key is; the bytes are not copied."""
        arrow = self._arrow
        arrays = []
        for keys, (offsets, texts) in zip(self._arrays, urls):
            validity = keys.is_valid().buffers()[1] if keys.null_count else None
            buffers = [validity, arrow.py_buffer(offsets), arrow.py_buffer(texts)]
            of_type = arrow.large_string()
            arrays.append(
                arrow.Array.from_buffers(of_type, len(keys), buffers, null_count=keys.null_count)
            )
        if self._is_chunked:
            return arrow.chunked_array(arrays, type=arrow.large_string())
        return arrays[0]


def _is_text(types: Any, found: Any) -> bool:
    is_view = getattr(types, "is_string_view", lambda _: False)
    return bool(types.is_string(found) or types.is_large_string(found) or is_view(found))


def _buffers(arrow: Any, keys: Any) -> Buffers:
    _, offsets, texts = keys.buffers()
    if len(keys) == 0 or offsets is None:
        return bytes(8), b"", None
    first, behind = keys.offset, keys.offset + len(keys)
    bounds = memoryview(offsets).cast("B").cast("q")
    of_text = memoryview(texts if texts is not None else b"").cast("B")
    nulls = None
    if keys.null_count:
        nulls = bytes(memoryview(keys.is_null().cast(arrow.uint8()).buffers()[1])[: len(keys)])
    return (
        bytes(bounds[first : behind + 1]),
        bytes(of_text[bounds[first] : bounds[behind]]),
        nulls,
    )
