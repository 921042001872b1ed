"""What one request is to be, before the native half signs and sends it."""

import base64
import hashlib
import inspect
import io
import os
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Tuple, TypeVar, Union

from ._cospass import Way
from .exceptions import CosClientError

#: No object is put in one piece that is larger, in bytes (436/7749).
LARGEST = 5 << 30

#: The arguments of calls that stand for headers and parameters (``cos_comm.py`` ``maplist``).
_HEADERS = {
    "ContentLength": "Content-Length",
    "ContentMD5": "Content-MD5",
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
    "Expires": "Expires",
    "ResponseContentType": "response-content-type",
    "ResponseContentLanguage": "response-content-language",
    "ResponseExpires": "response-expires",
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentEncoding": "response-content-encoding",
    "ACL": "x-cos-acl",
    "Tagging": "x-cos-tagging",
    "GrantFullControl": "x-cos-grant-full-control",
    "GrantWrite": "x-cos-grant-write",
    "GrantRead": "x-cos-grant-read",
    "StorageClass": "x-cos-storage-class",
    "Range": "Range",
    "IfMatch": "If-Match",
    "IfNoneMatch": "If-None-Match",
    "IfModifiedSince": "If-Modified-Since",
    "IfUnmodifiedSince": "If-Unmodified-Since",
    "CopySourceIfMatch": "x-cos-copy-source-If-Match",
    "CopySourceIfNoneMatch": "x-cos-copy-source-If-None-Match",
    "CopySourceIfModifiedSince": "x-cos-copy-source-If-Modified-Since",
    "CopySourceIfUnmodifiedSince": "x-cos-copy-source-If-Unmodified-Since",
    "VersionId": "versionId",
    "ServerSideEncryption": "x-cos-server-side-encryption",
    "SSEKMSKeyId": "x-cos-server-side-encryption-cos-kms-key-id",
    "SSEKMSContext": "x-cos-server-side-encryption-context",
    "SSECustomerAlgorithm": "x-cos-server-side-encryption-customer-algorithm",
    "SSECustomerKey": "x-cos-server-side-encryption-customer-key",
    "SSECustomerKeyMD5": "x-cos-server-side-encryption-customer-key-MD5",
    "CopySourceSSECustomerAlgorithm": "x-cos-copy-source-server-side-encryption-customer-algorithm",
    "CopySourceSSECustomerKey": "x-cos-copy-source-server-side-encryption-customer-key",
    "CopySourceSSECustomerKeyMD5": "x-cos-copy-source-server-side-encryption-customer-key-MD5",
    "Referer": "Referer",
    "PicOperations": "Pic-Operations",
    "TrafficLimit": "x-cos-traffic-limit",
    "Accept": "Accept",
    "AcceptEncoding": "Accept-Encoding",
    "Callback": "x-cos-callback",
    "CallbackVar": "x-cos-callback-var",
}


def mapped(arguments: Mapping[str, Any]) -> Dict[str, Any]:
    """The headers that arguments of a call stand for; those of ``Metadata`` as they are.

    :raises CosClientError: an argument that stands for none.
    """
    headers: Dict[str, Any] = {}
    for name, value in arguments.items():
        if name == "Metadata":
            for meta in a_mapping(name, value):
                if not isinstance(meta, str):
                    raise CosClientError(
                        f"the name of a header is of type {type(meta).__name__}: give it as str"
                    )
            headers.update(value)
        elif name in _HEADERS:
            headers[_HEADERS[name]] = value
        else:
            raise CosClientError(f"No Parameter Named {name} Please Check It")
    return headers


def a_mapping(name: str, given: Any) -> Mapping[str, Any]:
    """An argument that is a dict.

    :raises CosClientError: it is none.
    """
    if not isinstance(given, Mapping):
        raise CosClientError(
            f"{name} is of type {type(given).__name__}: give a dict of names and values"
        )
    return given


L = TypeVar("L")

#: Of a file.
Path = Union[str, os.PathLike[str]]


def a_path(name: str, given: Any) -> str:
    """An argument that is the path of a file.

    :raises CosClientError: it is none.
    """
    try:
        return os.fsdecode(given)
    except (TypeError, ValueError):
        raise CosClientError(f"{name} is of type {type(given).__name__}: give a path") from None


def a_listener(given: L) -> L:
    """An argument that is called with how far a transfer is.

    :raises CosClientError: a coroutine function, which nobody would await.
    """
    if inspect.iscoroutinefunction(given):
        raise CosClientError("progress_callback is a coroutine function: give one that is called")
    return given


def a_count(name: str, given: Any, most: int) -> int:
    """An argument that is a number from 1 to ``most``.

    :raises CosClientError: it is none.
    """
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    if not is_number or not 1 <= given <= most:
        raise CosClientError(f"{name} is {given!r:.40}: give a number from 1 to {most}")
    return int(given)


@dataclass
class Body:
    """What a request sends; the first of these that is there counts."""

    content: Optional[bytes] = None
    #: A file, from ``offset`` on, ``length`` bytes of it.
    path: Optional[str] = None
    offset: int = 0
    #: An object with ``read``, and where it stands if it can be set back.
    reader: Optional[Any] = None
    position: Optional[int] = None
    #: An iterator over bytes.
    pieces: Optional[Any] = None
    #: An iterator over bytes that a loop of asyncio has to be asked for.
    awaited: Optional[Any] = None
    length: Optional[int] = None

    @classmethod
    def of(cls, given: Any) -> "Body":
        """What a call was given: bytes, text, a file or anything with ``read``, or what yields bytes, also on asyncio.

        :raises CosClientError: something else, or more than 5 GiB.
        """
        if given is None:
            return cls()
        if isinstance(given, str):
            return cls(content=_utf8(given))
        if isinstance(given, bytes):
            return cls(content=given)._sized(len(given))
        if isinstance(given, (bytearray, memoryview)):
            return cls(content=bytes(given))
        if hasattr(given, "__aiter__"):
            return cls(awaited=given.__aiter__())
        if hasattr(given, "read"):
            length = None if isinstance(given, io.TextIOBase) else _left(given)
            return cls(reader=given, position=_position(given))._sized(length)
        if isinstance(given, (list, tuple, Mapping)) or not hasattr(given, "__iter__"):
            raise CosClientError(
                f"Body is of type {type(given).__name__}: give bytes, str, a file or what yields bytes"
            )
        return cls(pieces=iter(given))

    def _sized(self, length: Optional[int]) -> "Body":
        if length is not None and length > LARGEST:
            raise CosClientError(
                "The object size you upload can not be larger than 5GB in put_object or upload_part"
            )
        self.length = length
        return self

    def is_repeatable(self) -> bool:
        """Whether it can be sent a second time."""
        if self.reader is not None:
            return self.position is not None
        return self.pieces is None and self.awaited is None

    def md5(self) -> str:
        """``Content-MD5``. A file is read to its end and set back.

        :raises CosClientError: a body that can be read once only.
        """
        summed = hashlib.md5()
        if self.content is not None:
            summed.update(self.content)
        elif self.path is not None:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                _sum(summed, file, self.length)
        elif self.reader is not None and self.position is not None:
            _sum(summed, self.reader, None)
            self.reader.seek(self.position)
        else:
            raise CosClientError("unsupported body type to calculate md5!")
        return base64.b64encode(summed.digest()).decode()


def _sum(summed: Any, file: Any, left: Optional[int]) -> None:
    while left is None or left > 0:
        piece = file.read(1 << 20 if left is None else min(left, 1 << 20))
        if not piece:
            return
        summed.update(_utf8(piece) if isinstance(piece, str) else piece)
        left = None if left is None else left - len(piece)


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise CosClientError(
            "your unicode strings can not encoded in utf8, utf8 support only!"
        ) from None


def _position(reader: Any) -> Optional[int]:
    """Where it can be set back to."""
    try:
        position: int = reader.tell()
        reader.seek(position)
    except Exception:
        return None
    return position


def _left(reader: Any) -> Optional[int]:
    """How many bytes are left in it, if it says so (``get_file_like_object_length``)."""
    try:
        size = os.fstat(reader.fileno()).st_size
    except Exception:
        try:
            size = len(reader) if hasattr(reader, "__len__") else len(reader.getvalue())
        except Exception:
            return None
    else:
        # A pipe or a device has a length that says nothing.
        if size == 0:
            return None
    try:
        return max(0, size - int(reader.tell()))
    except Exception:
        return None


@dataclass
class Request:
    """What is signed and sent; the native half reads these names."""

    method: str
    #: Up to the query.
    url: str
    way: Way
    #: As it is signed; ``None`` is the bucket or the account itself.
    key: Any = None
    params: Dict[str, Any] = field(default_factory=dict)
    headers: Dict[str, Any] = field(default_factory=dict)
    body: Body = field(default_factory=Body)
    #: A file that is there, and where in it the body of the answer goes.
    target: Optional[Tuple[str, int]] = None
    is_streamed: bool = False
    #: Whether doing it twice is as good as doing it once.
    is_repeatable: bool = True
    attempts: int = 1
    is_switching: bool = False
    #: How long connecting may take, and how long nothing may move, in seconds.
    connect: float = 30
    idle: float = 30
    #: Whether the keys of the configuration sign it.
    is_signed: bool = True
    #: Unix seconds, instead of the configuration's clock.
    now: Optional[float] = None
