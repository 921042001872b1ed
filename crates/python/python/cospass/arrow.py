"""Arrow arrays of keys in, of URLs out: anything with the Arrow PyCapsule interface, read by pyarrow."""

import contextlib
import importlib
import mmap
import weakref
from typing import Any, Dict, List, Optional, Protocol, Tuple

from .exceptions import CosClientError

Buffers = Tuple[bytes, bytes, Optional[bytes]]


class ArrowArray(Protocol):
    """One array of the Arrow PyCapsule interface, such as pyarrow's."""

    def __arrow_c_array__(self, requested_schema: Any = None) -> Tuple[Any, Any]: ...


class ArrowStream(Protocol):
    """Chunks of the Arrow PyCapsule interface, such as a column of polars."""

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class KeyColumns:
    """Keys of the types string, large_string or string_view, plain, in a dictionary or all null, in one array or in chunks.

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
        self._arrow = arrow
        self.rows = len(keys)
        self._keys = _with_offsets(arrow, keys)
        is_short = arrow.types.is_string(self._keys.type)
        #: The size of an offset of the keys, in bytes.
        self.offset_size = 4 if is_short else 8
        _, offsets, texts = self._keys.buffers()
        first = self._keys.offset
        bounds = memoryview(offsets if offsets is not None else bytes(8)).cast("B")
        self._bounds = bounds.cast("i" if is_short else "q")[first : first + self.rows + 1]
        self._of_text = memoryview(texts if texts is not None else b"").cast("B")
        self._nulls: Optional[memoryview] = None
        if self._keys.null_count:
            nulls = self._keys.is_null().cast(arrow.uint8())
            self._nulls = memoryview(nulls.buffers()[1])[nulls.offset :]
        length = self._bounds[-1] - self._bounds[0]
        # No escape is longer than three bytes.
        self._texts = _Room(self.rows * shortest_url + 3 * length)
        self._offsets = _Room(8 * (self.rows + 1))
        self._offsets.add(bytes(8))

    def keys(self, first: int, count: int) -> Buffers:
        """Offsets, bytes and, a byte each, which are null, of some rows."""
        bounds = self._bounds[first : first + count + 1]
        nulls = None if self._nulls is None else bytes(self._nulls[first : first + len(bounds) - 1])
        return bytes(bounds), bytes(self._of_text[bounds[0] : bounds[-1]]), nulls

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
_LARGE = 2 << 20

#: So many bytes are kept at most of arrays that nobody has any more, for the next ones. The system takes their memory back as
#: soon as it needs some (``MADV_FREE``); until then it has not to be cleared again, which takes a fifth of the time.
_SPARE_MOST = 512 << 20

_spares: List[mmap.mmap] = []

#: The end of each that somebody has, by its identity.
_held: Dict[int, Any] = {}


class _Room:
    """Bytes that come one behind the other, ``most`` at most."""

    def __init__(self, most: int) -> None:
        self._pieces: List[bytes] = []
        self._end = 0
        self._map = _mapped(most) if most >= _LARGE else None  # Without, it is put together in the end.

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
        """All of them; nothing can be added any more."""
        if self._map is None:
            return b"".join(self._pieces)
        used, self._map = self._map, None
        content = memoryview(used)[: self._end]

        def ended(_: Any) -> None:
            del _held[id(used)]
            _keep(used)

        # Whoever has the bytes holds this view.
        _held[id(used)] = weakref.ref(content, ended)
        return content


def _mapped(most: int) -> Optional[mmap.mmap]:
    """Memory of large pages, if there is such."""
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return None
    for spare in [spare for spare in _spares if most <= len(spare) <= 2 * most]:
        try:
            _spares.remove(spare)
        except ValueError:
            continue  # Another thread has taken it.
        return spare
    try:
        mapped = mmap.mmap(-1, most, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        mapped.madvise(mmap.MADV_HUGEPAGE)
    except (OSError, ValueError):
        return None
    return mapped


def _keep(used: mmap.mmap) -> None:
    """Keeps it for the next array, if that is not too much."""
    kept = sum(len(spare) for spare in _spares)
    if hasattr(mmap, "MADV_FREE") and kept + len(used) <= _SPARE_MOST:
        with contextlib.suppress(OSError):
            used.madvise(mmap.MADV_FREE)
            _spares.append(used)


def _is_text(types: Any, found: Any) -> bool:
    if types.is_dictionary(found):
        return _is_text(types, found.value_type)
    is_view = getattr(types, "is_string_view", lambda _: False)
    return _has_offsets(types, found) or bool(is_view(found)) or bool(types.is_null(found))


def _with_offsets(arrow: Any, keys: Any) -> Any:
    """The same keys, each text between two offsets."""
    if _has_offsets(arrow.types, keys.type):
        return keys
    if arrow.types.is_dictionary(keys.type):
        texts = keys.dictionary.cast(arrow.large_string())
        keys = arrow.DictionaryArray.from_arrays(keys.indices, texts)
    return keys.cast(arrow.large_string())


def _has_offsets(types: Any, found: Any) -> bool:
    return bool(types.is_string(found) or types.is_large_string(found))
