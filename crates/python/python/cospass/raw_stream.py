"""``get_object(…)["Body"].get_raw_stream()``: a file to read, with the names that programs use of the official SDK's, which is
the response of ``urllib3``."""

import io
from typing import Any, Callable, Iterator, Mapping, Optional

#: The next bytes, so many at most, decoded by ``Content-Encoding`` or as they came.
Take = Callable[[int, bool], bytes]


class Headers(Mapping[str, Any]):
    """Headers by their names, in any case."""

    def __init__(self, headers: Mapping[str, Any]) -> None:
        self._spelled = dict(headers)
        self._values = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> Any:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._spelled)

    def __len__(self) -> int:
        return len(self._spelled)

    def __repr__(self) -> str:
        return f"Headers({self._spelled!r})"


class RawStream(io.BufferedReader):
    """The bytes of a download, read once; not to be sought in."""

    def __init__(self, take: Take, headers: Mapping[str, Any]) -> None:
        self._raw = _Raw(take)
        # Nothing is read ahead of what is asked for: what is left is the body's.
        super().__init__(self._raw, 1)
        #: Those of the answer, whose names count in any case.
        self.headers = Headers(headers)
        self._data: Optional[bytes] = None

    @property
    def status(self) -> int:
        """The status of the answer: 206 of a range, 200 else."""
        return 206 if "content-range" in self.headers else 200

    @property
    def decode_content(self) -> bool:
        """Whether what is read is decoded where ``Content-Encoding`` is gzip or deflate; it is not until told otherwise."""
        return self._raw.decodes

    @decode_content.setter
    def decode_content(self, decodes: bool) -> None:
        self._raw.decodes = bool(decodes)

    @property
    def data(self) -> bytes:
        """All that is not read yet; the same again when it is asked again."""
        if self._data is None:
            self._data = self.read()
        return self._data

    def read(self, amt: Optional[int] = None, decode_content: Optional[bool] = None) -> bytes:
        """So many bytes, fewer at the end alone; all of them without ``amt``.

        :param decode_content: from now on; see the attribute of this name.
        :raises CosClientError: the connection broke.
        """
        if decode_content is not None:
            self.decode_content = decode_content
        return super().read(amt)

    def stream(
        self, amt: Optional[int] = 65536, decode_content: Optional[bool] = None
    ) -> Iterator[bytes]:
        """The same in pieces of so many bytes.

        :raises CosClientError: the connection broke.
        """
        while True:
            piece = self.read(amt, decode_content)
            if not piece:
                return
            yield piece

    def getheader(self, name: str, default: Optional[str] = None) -> Optional[str]:
        """A header of the answer."""
        value: Optional[str] = self.headers.get(name, default)
        return value

    def release_conn(self) -> None:
        """Lets the rest go."""
        self.close()


class _Raw(io.RawIOBase):
    def __init__(self, take: Take) -> None:
        self._take = take
        self._position = 0
        self.decodes = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        piece = self._take(len(buffer), self.decodes)
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)
