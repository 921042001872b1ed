"""Upload bundles (docs/bundle.md): the pre-signed URLs of one upload in parts, for someone without keys."""

import json
from typing import Any, Callable, Dict
from urllib.parse import parse_qs, urlsplit

from . import _cospass
from .exceptions import CosClientError
from .objects import Text
from .steps import Steps
from .transfers import Transfers

_MIB = 1 << 20

#: How many of the parts that are there are listed at once.
_PAGE = 1000

#: The native half counts so far; every limit is below.
_COUNTED = (1 << 64) - 1

_FORMAT, _VERSION = "cospass-upload-bundle", 1

#: ``get_presigned_url`` of a client.
Presign = Callable[..., str]


def make_bundle(
    calls: Transfers,
    /,
    Bucket: str,
    Key: Text,
    Size: int,
    PartSize: int = 8,
    Expired: int = 900,
    **kwargs: Any,
) -> Steps[str]:
    """Begins an upload in parts, and makes a bundle of its URLs: ``links.upload_bundle`` and ``cospass upload`` take it.

    :param Size: of the object, in bytes.
    :param PartSize: in MiB; it gives way to what the service allows.
    :param Expired: seconds for which the URLs hold.
    :param kwargs: headers of the object, by the official names.
    :return: the document. Whoever has it can make that one object until it ends: hand it out like a password.
    """
    presign = calls._sender.presigner()
    part_size = _part_size(Size, PartSize)
    # Whoever wants to be warned is, before anything is begun.
    _document(presign, Bucket, Key, "any", 1, _MIB, Expired)
    begun = yield from calls.create_multipart_upload(Bucket, Key, **kwargs)
    return _document(presign, Bucket, Key, begun["UploadId"], Size, part_size, Expired)


def renewed(presign: Presign, Bundle: str, Expired: int) -> str:
    """The same bundle with other URLs."""
    try:
        known: Dict[str, Any] = json.loads(Bundle)
        names = "bucket", "key", "upload_id", "size", "part_size"
        bucket, key, upload, size, part_size = (known[name] for name in names)
        if known["format"] != _FORMAT or known["version"] != _VERSION:
            raise ValueError("it is of another kind or version")
        if _part_size(size, part_size // _MIB) != part_size:
            raise ValueError("its sizes do not go together")
    except (ValueError, TypeError, KeyError) as error:
        raise CosClientError(f"the bundle cannot be read: {error}") from None
    return _document(presign, bucket, "/" + key, upload, size, part_size, Expired)


def _part_size(size: int, wish: int) -> int:
    if size < 0 or wish < 1:
        raise CosClientError(f"Size is {size} and PartSize is {wish}: give 0 or more, and 1 or more")
    try:
        return _cospass.size_of_parts(min(size, _COUNTED), min(wish * _MIB, _COUNTED))
    except CosClientError:
        raise CosClientError(
            f"Size is {size}: an object has 10,000 parts of 5 GiB at most"
        ) from None


def _document(
    presign: Presign, bucket: str, key: Text, upload: str, size: int, part_size: int, expired: int
) -> str:
    def url(method: str, **params: Any) -> str:
        return presign(bucket, key, method, expired, params)

    count = max(1, -(-size // part_size))
    head = url("HEAD")
    ends = parse_qs(urlsplit(head).query)["q-sign-time"][0].partition(";")[2]
    name = key.decode() if isinstance(key, bytes) else key
    pages = range(0, count, _PAGE)
    page = {"max-parts": _PAGE, "uploadId": upload}
    document = {
        "format": _FORMAT,
        "version": _VERSION,
        "bucket": bucket,
        "key": name[1:] if name.startswith("/") else name,
        "upload_id": upload,
        "size": size,
        "part_size": part_size,
        "expires_at": int(float(ends)),
        "parts": [url("PUT", partNumber=n, uploadId=upload) for n in range(1, count + 1)],
        "list": [url("GET", **page, **{"part-number-marker": marker}) for marker in pages],
        "complete": url("POST", uploadId=upload),
        "abort": url("DELETE", uploadId=upload),
        "head": head,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
