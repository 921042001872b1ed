"""Transfers with nothing but a pre-signed URL, or a bundle of them: no keys, no bucket, no client.

    from cospass import links

    links.upload(url, "a.mp4")
    links.download(url, "a.mp4", Renew=lambda: requests.get("https://example.com/fresh").text)

They are those of the commands ``cospass download`` and ``upload``: a download goes on at the byte where it was, an upload
with a bundle with the parts that are there. The ``async_`` ones are the same on asyncio; a cancelled task ends its transfer.
"""

import json
import os
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from . import _cospass
from .exceptions import CosClientError
from .request import Path, a_listener
from .sending import way_to
from .steps import Steps, by_waiting, on_asyncio

__all__ = [
    "abort_bundle",
    "async_abort_bundle",
    "async_download",
    "async_upload",
    "async_upload_bundle",
    "download",
    "upload",
    "upload_bundle",
]

#: Called with the bytes that are through, and those that there are where it is known; on another thread.
Progress = Callable[[int, Optional[int]], object]

_MIB = 1 << 20


@dataclass(frozen=True)
class Link:
    """How a transfer is made; the native half reads it."""

    way: _cospass.Way
    idle: float
    headers: List[Tuple[str, str]]
    renew: Optional[Callable[[], str]]
    progress: Optional[Progress]
    part_size: int = 8 * _MIB
    jobs: int = 4
    resume: bool = True
    overwrite: bool = True


def _link(
    url: str,
    Headers: Optional[Mapping[str, str]],
    Renew: Optional[Callable[[], str]],
    progress_callback: Optional[Progress],
    Timeout: float,
    PartSize: int = 8,
    MAXThread: int = 4,
    Resume: bool = True,
    Overwrite: bool = True,
) -> Link:
    if PartSize < 1 or MAXThread < 1:
        raise CosClientError(
            f"PartSize is {PartSize} and MAXThread is {MAXThread}: give 1 or more of both"
        )
    return Link(
        way_to(url, Timeout),
        Timeout,
        list((Headers or {}).items()),
        Renew,
        a_listener(progress_callback),
        PartSize * _MIB,
        MAXThread,
        Resume,
        Overwrite,
    )


def _download(
    Url: str,
    DestFilePath: Path,
    Headers: Optional[Mapping[str, str]] = None,
    Renew: Optional[Callable[[], str]] = None,
    PartSize: int = 8,
    MAXThread: int = 4,
    Resume: bool = True,
    Overwrite: bool = True,
    progress_callback: Optional[Progress] = None,
    Timeout: float = 30,
) -> Steps[Dict[str, str]]:
    """Downloads what a URL leads to, several ranges at once where the server has them.

    :param Headers: what the URL is signed with, but for ``Host``.
    :param Renew: returns a fresh URL of the same object when this one ends.
    :param PartSize: in MiB.
    :param MAXThread: how many ranges are under way at once.
    :param Resume: whether what came is kept when it does not come to its end, and gone on with by the next call.
    :param Overwrite: whether a file that is there is replaced, when the new one is whole.
    :param progress_callback: what it raises ends the transfer.
    :param Timeout: seconds to connect, and for which nothing may come.
    :return: ``ETag``, ``Content-Length``, ``Last-Modified`` and ``x-cos-hash-crc64ecma``, which is that of the file.
    :raises CosClientError: a URL that cannot be requested or has ended, a file that cannot be written, or no answer.
    :raises CosServiceError: the service refused.
    """
    link = _link(
        Url, Headers, Renew, progress_callback, Timeout, PartSize, MAXThread, Resume, Overwrite
    )
    told: Dict[str, str] = yield lambda: _cospass.download_link(Url, os.fspath(DestFilePath), link)
    return told


def _upload(
    Url: str,
    LocalFilePath: Path,
    Headers: Optional[Mapping[str, str]] = None,
    Renew: Optional[Callable[[], str]] = None,
    progress_callback: Optional[Progress] = None,
    Timeout: float = 30,
) -> Steps[Dict[str, str]]:
    """Uploads a file in one request, and compares the CRC64 of the object.

    :param Headers: what the URL is signed with, but for ``Host``, ``Content-Length`` and ``Content-MD5``.
    :param Renew: returns a fresh URL of the same object when this one ends; all is sent again then.
    :param progress_callback: what it raises ends the transfer.
    :param Timeout: seconds to connect, and for which nothing may come.
    :return: ``ETag``, ``Content-Length`` and ``x-cos-hash-crc64ecma``.
    :raises CosClientError: a URL that cannot be requested or has ended, a file that cannot be read, or no answer.
    :raises CosServiceError: the service refused.
    """
    link = _link(Url, Headers, Renew, progress_callback, Timeout)
    told: Dict[str, str] = yield lambda: _cospass.upload_link(Url, os.fspath(LocalFilePath), link)
    return told


def _upload_bundle(
    Bundle: str,
    LocalFilePath: Path,
    Renew: Optional[Callable[[], str]] = None,
    MAXThread: int = 4,
    progress_callback: Optional[Progress] = None,
    Timeout: float = 30,
) -> Steps[Dict[str, str]]:
    """Uploads a file with a bundle: the parts that are not there yet, several at once; and makes the object of them.

    :param Bundle: the document (``client.make_bundle``, ``cospass bundle``).
    :param Renew: returns a fresh bundle of the same upload when this one ends.
    :param MAXThread: how many parts are under way at once.
    :param progress_callback: what it raises ends the transfer.
    :param Timeout: seconds to connect, and for which nothing may come.
    :return: ``ETag``, ``Content-Length`` and ``x-cos-hash-crc64ecma``.
    :raises CosClientError: no bundle, or of another size than the file, or one that has ended; or no answer. What was
        uploaded stays, and the next call goes on with it.
    :raises CosServiceError: the service refused.
    """
    link = _link(_address(Bundle), None, Renew, progress_callback, Timeout, MAXThread=MAXThread)
    path = os.fspath(LocalFilePath)
    told: Dict[str, str] = yield lambda: _cospass.upload_bundle(Bundle, path, link)
    return told


def _abort_bundle(Bundle: str, Timeout: float = 30) -> Steps[None]:
    """Gives up the upload that a bundle is of, with all its parts.

    :param Timeout: seconds to connect, and for which nothing may come.
    :raises CosClientError: no bundle, or no answer.
    :raises CosServiceError: the service refused.
    """
    link = _link(_address(Bundle), None, None, None, Timeout)
    yield lambda: _cospass.abort_bundle(Bundle, link)


def _address(bundle: str) -> str:
    """A URL of a bundle; of what is none the native half says what is wrong with it."""
    try:
        document = json.loads(bundle)
    except ValueError:
        return ""
    return str(document.get("head", "")) if isinstance(document, dict) else ""


download = by_waiting(_download)
upload = by_waiting(_upload)
upload_bundle = by_waiting(_upload_bundle)
abort_bundle = by_waiting(_abort_bundle)
async_download = on_asyncio(_download)
async_upload = on_asyncio(_upload)
async_upload_bundle = on_asyncio(_upload_bundle)
async_abort_bundle = on_asyncio(_abort_bundle)
