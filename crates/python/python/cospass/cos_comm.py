"""The official package's module of this name, as far as programs use it."""

import base64
import hashlib
from datetime import datetime
from typing import Any, Union

from .exceptions import CosClientError, CosException, CosServiceError
from .offered import no_name

__all__ = [
    "CosClientError",
    "CosException",
    "CosServiceError",
    "get_date",
    "get_md5",
    "get_raw_md5",
    "to_bytes",
]


def get_date(yy: int, mm: int, dd: int) -> str:
    """Midnight of a day in China, as ``Date`` of a lifecycle has it."""
    return f"{datetime(yy, mm, dd).isoformat()}+08:00"


def to_bytes(s: Any) -> Any:
    """Text in UTF-8; everything else as it is.

    :raises CosClientError: lone surrogates.
    """
    if not isinstance(s, str):
        return s
    try:
        return s.encode("utf-8")
    except UnicodeEncodeError:
        raise CosClientError(
            "your unicode strings can not encoded in utf8, utf8 support only!"
        ) from None


def get_md5(data: Union[str, bytes]) -> bytes:
    """``Content-MD5`` of bytes."""
    return base64.b64encode(hashlib.md5(to_bytes(data)).digest())


def get_raw_md5(data: Union[str, bytes]) -> str:
    """The ``ETag`` of bytes that are uploaded in one piece."""
    return f'"{hashlib.md5(to_bytes(data)).hexdigest()}"'


def __getattr__(name: str) -> Any:
    return no_name(__name__, name)
