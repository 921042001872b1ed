"""Arrow arrays of keys in, of URLs out: anything with the Arrow PyCapsule interface, read by pyarrow."""

import importlib
import mmap
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

    :param shortest_url: how long the URL of no key would be, in bytes.
    :raises CosClientError: another type, or pyarrow is not installed.
    """

    def __init__(self, keys: Any, shortest_url: int) -> None:
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
        self.columns = [Column(pyarrow, array, shortest_url) for array in arrays]

    def array(self) -> Any:
        """The URLs as ``large_string``, null where a key is."""
        arrays = [column.urls() for column in self.columns]
        if self._is_chunked:
            return self._arrow.chunked_array(arrays, type=self._arrow.large_string())
        return arrays[0]


class Column:
    """One array of keys, and the room for its URLs."""

    def __init__(self, arrow: Any, keys: Any, shortest_url: int) -> None:
        self._arrow, self._keys = arrow, keys
        self.rows = len(keys)
        # Of views it is told what their texts are parts of.
        is_view = not _has_offsets(arrow.types, keys.type)
        length = keys.get_total_buffer_size() if is_view else keys.nbytes
        # No escape is longer than three bytes.
        self._texts = _Room(self.rows * shortest_url + 3 * length)
        self._offsets = _Room(8 * (self.rows + 1))
        self._offsets.add(bytes(8))

    def keys(self, first: int, count: int) -> Buffers:
        """Offsets, bytes and, a byte each, which are null, of some rows."""
        arrow = self._arrow
        keys = self._keys.slice(first, count).cast(arrow.large_string())
        _, offsets, texts = keys.buffers()
        if len(keys) == 0 or offsets is None:
            return bytes(8), b"", None
        start, behind = keys.offset, keys.offset + len(keys)
        bounds = memoryview(offsets).cast("B").cast("q")
        of_text = memoryview(texts if texts is not None else b"").cast("B")
        nulls = None
        if keys.null_count:
            nulls = bytes(memoryview(keys.is_null().cast(arrow.uint8()).buffers()[1])[: len(keys)])
        return (
            bytes(bounds[start : behind + 1]),
            bytes(of_text[bounds[start] : bounds[behind]]),
            nulls,
        )

    def add(self, offsets: bytes, texts: bytes) -> None:
        """The URLs of the next rows."""
        self._offsets.add(offsets)
        self._texts.add(texts)

    def urls(self) -> Any:
        """All of them, without copying."""
        keys, arrow = self._keys, self._arrow
        validity = keys.is_valid().buffers()[1] if keys.null_count else None
        rooms = [arrow.py_buffer(room.content()) for room in (self._offsets, self._texts)]
        return arrow.Array.from_buffers(
            arrow.large_string(), len(keys), [validity, *rooms], null_count=keys.null_count
        )


#: From so many bytes on the system is asked for large pages: with those of 4 KiB it takes longer to get the memory of a
#: million URLs than to sign them.
_LARGE = 8 << 20


class _Room:
    """Bytes that come one behind the other, ``most`` at most."""

    def __init__(self, most: int) -> None:
        self._pieces: List[bytes] = []
        self._end = 0
        self._map: Optional[mmap.mmap] = None
        if most >= _LARGE and hasattr(mmap, "MADV_HUGEPAGE"):
            try:
                self._map = mmap.mmap(-1, most, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
                self._map.madvise(mmap.MADV_HUGEPAGE)
            except (OSError, ValueError):
                self._map = None  # Then it is put together in the end.

    def add(self, piece: bytes) -> None:
        if self._map is None:
            self._pieces.append(piece)
            return
        end = self._end + len(piece)
        if end > len(self._map):
            self._pieces, self._map = [self._map[: self._end], piece], None
            return
        self._map[self._end : end] = piece
        self._end = end

    def content(self) -> Any:
        if self._map is None:
            return b"".join(self._pieces)
        return memoryview(self._map)[: self._end]


def _is_text(types: Any, found: Any) -> bool:
    is_view = getattr(types, "is_string_view", lambda _: False)
    return _has_offsets(types, found) or bool(is_view(found))


def _has_offsets(types: Any, found: Any) -> bool:
    return bool(types.is_string(found) or types.is_large_string(found))
