"""The bodies of downloads: ``get_object(…)["Body"]``, with the methods of the official ``StreamBody``."""

import operator
import os
import sys
import uuid
import zlib
from dataclasses import dataclass
from typing import Any, AsyncIterator, Dict, Iterator, Optional

from . import _cospass
from .exceptions import CosClientError
from .raw_stream import RawStream
from .steps import Steps, Work, run, run_async

#: How much is asked for at once where a whole file is meant, in bytes.
_PIECE = 1 << 20


@dataclass(frozen=True)
class ContentSource:
    """A download that has begun."""

    headers: Dict[str, Any]
    stream: _cospass.Stream


class _Content:
    """What both kinds of bodies are: pieces that come as they like, handed out in those that are asked for."""

    def __init__(self, source: ContentSource) -> None:
        headers = {name.lower(): value for name, value in source.headers.items()}
        self._stream = source.stream
        self._headers = source.headers
        self._length = int(headers["content-length"]) if "content-length" in headers else None
        self._encoding: Optional[str] = headers.get("content-encoding")
        self._raw = bytearray()
        self._decoder: Optional[Any] = None
        self._decoded = bytearray()
        self._is_over = False
        self._file: Optional[RawStream] = None

    def __len__(self) -> int:
        """``Content-Length``, in bytes; 0 where it is not told."""
        return self._length or 0

    def _taken(self, size: Optional[int], decode: bool) -> Steps[bytes]:
        """So many bytes; fewer at the end alone, and all where ``size`` is ``None`` or negative."""
        most = sys.maxsize if size is None or operator.index(size) < 0 else size
        decodes = decode and self._encoding in ("gzip", "deflate")
        held = self._decoded if decodes else self._raw
        while len(held) < most and not self._is_over:
            piece: bytes = yield self._stream.next
            self._is_over = not piece
            self._raw += piece
            if decodes:
                self._decode()
        taken = bytes(held[:most])
        del held[:most]
        return taken

    def _decode(self) -> None:
        if self._decoder is None:
            # 32: gzip or zlib, whichever it is.
            self._decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            self._decoded += self._decoder.decompress(bytes(self._raw))
            if self._is_over:
                self._decoded += self._decoder.flush()
        except zlib.error as error:
            raise OSError(f"the body is not {self._encoding} as it says: {error}") from None
        self._raw.clear()

    def _saved(self, file_name: str, disable_tmp_file: bool, decode: bool) -> Steps[None]:
        """Writes it into a file that is there only when it is whole."""
        name = file_name if disable_tmp_file else f"{file_name}_{uuid.uuid4().hex}"
        try:
            with open(name, "wb") as file:
                yield from self._copied(file, decode, name)
            if name != file_name:
                os.replace(name, file_name)
        except BaseException:
            if not disable_tmp_file and os.path.exists(name):
                os.remove(name)
            raise

    def _copied(self, file: Any, decode: bool, name: Optional[str]) -> Steps[None]:
        is_decoded = decode and self._encoding in ("gzip", "deflate")
        written = 0
        while True:
            if name is not None and not is_decoded and not self._raw:
                # From here on no byte comes to Python.
                file.flush()
                written += yield lambda: self._stream.save(name, written)
                break
            piece = yield from self._taken(_PIECE, decode)
            if not piece:
                break
            yield Work(lambda: file.write(piece))
            written += len(piece)
        if self._length is not None and not is_decoded and written != self._length:
            raise OSError("download failed with incomplete file")


class StreamBody(_Content):
    """The body of a download. It is read once, by one of these methods."""

    def __iter__(self) -> Iterator[bytes]:
        return self.get_stream()

    def get_raw_stream(self) -> RawStream:
        """A file of the bytes as they came: the same at each call."""
        if self._file is None:
            self._file = RawStream(lambda size, decode: run(self._taken(size, decode)), self._headers)
        return self._file

    def get_stream(self, chunk_size: Optional[int] = 1024) -> Iterator[bytes]:
        """Pieces of so many bytes, decoded where ``Content-Encoding`` is gzip or deflate; one piece without a size.

        :raises CosClientError: a size of 0, or the connection broke.
        """
        _check_size(chunk_size)
        while True:
            piece = run(self._taken(chunk_size, True))
            if not piece:
                return
            yield piece

    def read(self, chunk_size: Optional[int] = 1024, auto_decompress: bool = False) -> bytes:
        """The next bytes, so many at most; none at the end. All of them where the size is ``None`` or negative.

        :param auto_decompress: whether they are decoded by ``Content-Encoding``.
        :raises CosClientError: the connection broke.
        """
        return run(self._taken(chunk_size, auto_decompress))

    def get_stream_to_file(
        self, file_name: str, disable_tmp_file: bool = False, auto_decompress: bool = False
    ) -> None:
        """Writes it into a file, which is there only when it is whole.

        :param disable_tmp_file: writes into the file itself, which then may be there in part.
        :raises OSError: the file cannot be written, or the body is too short.
        :raises CosClientError: the connection broke.
        """
        run(self._saved(file_name, disable_tmp_file, auto_decompress))

    def pget_stream_to_file(
        self, fdst: Any, offset: int, expected_len: int, auto_decompress: bool = False
    ) -> None:
        """Writes it into an open file from ``offset`` on.

        :param expected_len: in bytes; other than the body has, it is an error.
        :raises OSError: the file cannot be written, or the body is too short.
        :raises CosClientError: the connection broke.
        """
        fdst.seek(offset, 0)
        if not (auto_decompress and self._encoding) and self._length not in (None, expected_len):
            raise OSError("download failed with incomplete file")
        run(self._copied(fdst, auto_decompress, None))

    def close(self) -> None:
        """Lets the rest go."""
        self._stream.close().wait()


class AsyncStreamBody(_Content):
    """The body of a download on asyncio; see ``StreamBody``."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.get_stream()

    async def get_stream(self, chunk_size: Optional[int] = 1024) -> AsyncIterator[bytes]:
        """As that of ``StreamBody``."""
        _check_size(chunk_size)
        while True:
            piece = await run_async(self._taken(chunk_size, True))
            if not piece:
                return
            yield piece

    async def read(self, chunk_size: Optional[int] = 1024, auto_decompress: bool = False) -> bytes:
        """As that of ``StreamBody``."""
        return await run_async(self._taken(chunk_size, auto_decompress))

    async def get_stream_to_file(
        self, file_name: str, disable_tmp_file: bool = False, auto_decompress: bool = False
    ) -> None:
        """Writes it into a file, which is there only when it is whole, and not when the task is cancelled.

        :raises OSError: the file cannot be written, or the body is too short.
        :raises CosClientError: the connection broke.
        """
        await run_async(self._saved(file_name, disable_tmp_file, auto_decompress))

    async def close(self) -> None:
        """Lets the rest go."""
        await run_async(_closed(self._stream))


def _check_size(size: Optional[int]) -> None:
    if size == 0:
        raise CosClientError("chunk_size is 0: give how many bytes a piece has")


def _closed(stream: _cospass.Stream) -> Steps[None]:
    yield stream.close
