"""Files of any size up and down, several parts at once (``cos_client.py`` ``upload_file``, ``download_file``, ``copy``)."""

import hashlib
import os
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from . import _cospass
from .body import StreamBody
from .bucket_meta import BucketMeta
from .exceptions import CosClientError, CosException
from .objects import Text, _check_simplified, _is_parameter
from .record import Record
from .request import Body, Path, a_count, a_listener, a_path, mapped
from .sending import logger
from .source import source_url
from .steps import Several, Steps, Work

Progress = Callable[[int, int], Any]

#: No upload has more parts (436/14112).
_MOST_PARTS = 10_000

#: Arguments that each part is sent with.
_OF_PARTS = ("TrafficLimit", "SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")


class _Gauge:
    """Tells how far a transfer is."""

    def __init__(self, total: int, tell: Optional[Progress]) -> None:
        self._done, self._total, self._tell = 0, total, a_listener(tell)

    def report(self, /, size: int) -> None:
        self._done += size
        if self._tell is not None:
            self._tell(self._done, self._total)


def _ranges(size: int, part_size: int) -> List[Tuple[int, int, int]]:
    """Number, first byte and length of each part."""
    if -(-size // part_size) > _MOST_PARTS:
        # The last one takes what is left over.
        part_size = size // _MOST_PARTS
    count = min(-(-size // part_size), _MOST_PARTS)
    last = size - (count - 1) * part_size
    return [
        (number, (number - 1) * part_size, last if number == count else part_size)
        for number in range(1, count + 1)
    ]


def _bytes_of(part_size: Any, threads: Any) -> Tuple[int, int]:
    """``PartSize``, which is in MiB, in bytes, and ``MAXThread``."""
    a_count("PartSize", part_size, 5 << 10)
    return int(part_size * (1 << 20)), a_count("MAXThread", threads, 1000)


class Transfers(BucketMeta):
    """What moves files, in as many requests as it takes."""

    def upload_file(
        self,
        /,
        Bucket: str,
        Key: Text,
        LocalFilePath: Path,
        PartSize: int = 1,
        MAXThread: int = 5,
        EnableMD5: bool = False,
        progress_callback: Optional[Progress] = None,
        **kwargs: Any,
    ) -> Steps[Dict[str, Any]]:
        """Uploads a file, in parts if it is larger than one; goes on with an upload that was begun before.

        :param PartSize: in MiB.
        :param MAXThread: how many parts are sent at once.
        :param EnableMD5: sends ``Content-MD5`` with each part.
        :param progress_callback: called with the bytes that are there and those of the file.
        :return: what ``put_object`` or ``complete_multipart_upload`` returns.
        :raises OSError: the file cannot be read.
        :raises CosClientError: an argument that cannot be sent, or a part that did not arrive.
        :raises CosServiceError: the service refused.
        """
        part_size, at_once = _bytes_of(PartSize, MAXThread)
        LocalFilePath = a_path("LocalFilePath", LocalFilePath)
        size = os.path.getsize(LocalFilePath)
        gauge = _Gauge(size, progress_callback)
        if size <= part_size:
            with open(LocalFilePath, "rb"):
                pass
            body = Body(path=LocalFilePath, length=size)
            headers = mapped(kwargs)
            if EnableMD5:
                headers["Content-MD5"] = yield Work(body.md5)
            answer = yield from self._asked("put object", "PUT", Bucket, Key, headers, body=body)
            gauge.report(size)
            return dict(answer.headers)
        ranges = _ranges(size, part_size)
        upload, there = yield from self._begun(Bucket, Key, LocalFilePath, ranges)
        if upload is None:
            begun = yield from self.create_multipart_upload(Bucket, Key, **kwargs)
            upload = begun["UploadId"]
            logger.info("create a new uploadid in upload_file, uploadid=%s", upload)
        tags: Dict[int, str] = {}
        of_parts = {name: kwargs[name] for name in _OF_PARTS if name in kwargs}

        def part(number: int, offset: int, length: int) -> Steps[None]:
            if number in there:
                tags[number] = there[number]
            else:
                body = Body(path=LocalFilePath, offset=offset, length=length)
                headers = mapped(of_parts)
                if EnableMD5:
                    headers["Content-MD5"] = yield Work(body.md5)
                params = {"partNumber": number, "uploadId": upload}
                answer = yield from self._asked(
                    "upload part", "PUT", Bucket, Key, headers, params, body=body
                )
                tags[number] = dict(answer.headers)["ETag"]
            gauge.report(length)

        try:
            yield Several((part(*each) for each in ranges), at_once)
        except CosException as error:
            raise CosClientError(
                f"some upload_part fail after max_retry, please upload_file again: {error}"
            ) from error
        parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
        of_all = {name: kwargs[name] for name in ("Callback", "CallbackVar") if name in kwargs}
        return (
            yield from self.complete_multipart_upload(
                Bucket, Key, upload, {"Part": parts}, **of_all
            )
        )

    def _begun(
        self, bucket: str, key: Text, path: str, ranges: List[Tuple[int, int, int]]
    ) -> Steps[Tuple[Optional[str], Dict[int, str]]]:
        """The newest upload of this key, if its parts are those of the file, and the tags of these."""
        name = key.decode("utf-8") if isinstance(key, bytes) else key
        name = name[1:] if name.startswith("/") else name
        uploads = yield from self.list_multipart_uploads(bucket, Prefix=name)
        ids = [each["UploadId"] for each in uploads.get("Upload", []) if each["Key"] == name]
        if not ids:
            return None, {}
        logger.info("fetch an existed uploadid in remote cos, uploadid=%s", ids[-1])
        sizes = {number: (offset, length) for number, offset, length in ranges}
        there: Dict[int, str] = {}
        marker = 0
        while True:
            listing = yield from self.list_parts(bucket, key, ids[-1], PartNumberMarker=marker)
            for part in listing.get("Part", []):
                number, tag = int(part["PartNumber"]), part["ETag"]
                offset, length = sizes.get(number, (0, -1))
                if length != int(part["Size"]):
                    return None, {}
                if tag != (yield Work(lambda: _tag(path, offset, length))):
                    return None, {}
                there[number] = tag
            if listing["IsTruncated"] == "false":
                return ids[-1], there
            marker = int(listing["NextPartNumberMarker"])

    def download_file(
        self,
        /,
        Bucket: str,
        Key: Text,
        DestFilePath: Path,
        PartSize: int = 20,
        MAXThread: int = 5,
        EnableCRC: bool = False,
        progress_callback: Optional[Progress] = None,
        DumpRecordDir: Optional[str] = None,
        KeySimplifyCheck: bool = True,
        DisableTempDestFilePath: bool = False,
        MaxPartCount: int = 10000,
        **Kwargs: Any,
    ) -> Steps[None]:
        """Downloads an object into a file, in parts if it is larger than one. The file is there when it is whole.

        Parts that came before the last call failed are not asked for again, unless the object is another one now.

        :param PartSize: in MiB; doubled until there are ``MaxPartCount`` parts at most.
        :param MAXThread: how many parts come at once.
        :param EnableCRC: accepted; the CRC64 is compared wherever the service tells it.
        :param progress_callback: called with the bytes that are there and those of the object.
        :param DumpRecordDir: where is kept what came of a download that failed, so that the next call with the same arguments
            goes on with it; ``~/.cos_download_tmp_file`` by default.
        :param DisableTempDestFilePath: writes an object of one part into the file itself.
        :raises OSError: the file cannot be written.
        :raises CosClientError: an argument that cannot be sent, or a part that did not come.
        :raises CosServiceError: the service refused.
        """
        part_size, at_once = _bytes_of(PartSize, MAXThread)
        most_parts = a_count("MaxPartCount", MaxPartCount, _MOST_PARTS)
        DestFilePath = a_path("DestFilePath", DestFilePath)
        if KeySimplifyCheck:
            _check_simplified(Key)
        names = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5", "VersionId")
        of_head = {name: Kwargs[name] for name in names if name in Kwargs}
        head = yield from self.head_object(Bucket, Key, **of_head)
        size = int(head["Content-Length"])
        gauge = _Gauge(size, progress_callback)
        if size <= part_size or "Range" in Kwargs:
            source = yield from self._get_object(Bucket, Key, KeySimplifyCheck, **Kwargs)
            body = StreamBody(source)
            yield from body._saved(DestFilePath, DisableTempDestFilePath, False)
            gauge.report(len(body))
            return
        while part_size * most_parts < size:
            part_size *= 2
        name = Key.decode("utf-8") if isinstance(Key, bytes) else Key
        target = os.path.abspath(DestFilePath)
        record = Record(DumpRecordDir, Bucket, name, target, head, part_size)
        try:
            yield from self._parts_into(record, Bucket, Key, head, Kwargs, gauge, at_once)
            record.finish()
        except CosException as error:
            if record.is_wrong or getattr(error, "get_status_code", int)() == 412:
                record.discard()
            raise CosClientError(
                f"some download_part fail after max_retry, please download_file again: {error}"
            ) from error
        finally:
            record.leave()

    def _parts_into(
        self,
        record: Record,
        bucket: str,
        key: Text,
        head: Mapping[str, Any],
        arguments: Mapping[str, Any],
        gauge: _Gauge,
        at_once: int,
    ) -> Steps[None]:
        """The parts of an object that are not there yet, each of the version that ``head`` told of."""
        given = {"IfMatch": head["ETag"], **arguments}
        ranges = _ranges(int(head["Content-Length"]), record.part_size)
        sums: Dict[int, int] = {}

        def part(number: int, offset: int, length: int) -> Steps[None]:
            this = number, offset, length
            if this in record.there:
                found = yield Work(lambda: _cospass.crc64_of(record.name, offset, length))
                if record.there[this] in (None, found):
                    sums[number] = found
                    gauge.report(length)
                    return
                record.drop(this)
            headers = mapped({**given, "Range": f"bytes={offset}-{offset + length - 1}"})
            params = {name: headers.pop(name) for name in list(headers) if _is_parameter(name)}
            answer: _cospass.Answer = yield from self._asked(
                "get object", "GET", bucket, key, headers, params, target=(record.name, offset)
            )
            came, sums[number] = answer.saved or (0, 0)
            if came != length:
                raise CosClientError(f"{came} bytes came of {length} that were asked for")
            record.add(this, sums[number])
            gauge.report(length)

        yield Several((part(*each) for each in ranges), at_once)
        record.is_wrong = True
        _compare(head.get("x-cos-hash-crc64ecma"), ranges, sums)
        record.is_wrong = False

    def copy(
        self,
        /,
        Bucket: str,
        Key: Text,
        CopySource: Mapping[str, Any],
        CopyStatus: str = "Copy",
        PartSize: int = 10,
        MAXThread: int = 5,
        **kwargs: Any,
    ) -> Steps[Dict[str, Any]]:
        """Copies an object of any size; one of 5 GiB and more in parts, unless it stays in its region and class.

        :param CopySource: ``Bucket``, ``Key`` and ``Region``.
        :param PartSize: in MiB.
        :param MAXThread: how many parts are copied at once.
        :return: what ``copy_object`` or ``complete_multipart_upload`` returns.
        :raises CosClientError: an argument that cannot be sent, or a part that was not copied.
        :raises CosServiceError: the service refused.
        """
        part_size, at_once = _bytes_of(PartSize, MAXThread)
        conf = self._sender.conf
        url, key = source_url(CopySource, conf)
        sse = {
            name[len("CopySource") :]: value
            for name, value in kwargs.items()
            if name.startswith("CopySourceSSE")
        }
        version = CopySource.get("VersionId")
        params = {"versionId": version} if version else {}
        answer = yield from self._asked(
            "head object", "HEAD", CopySource["Bucket"], key, mapped(sse), params, url=url
        )
        head = dict(answer.headers)
        size = int(head["Content-Length"])
        stays = conf.uri(bucket=CopySource["Bucket"], path=key) == url and (
            str(kwargs.get("StorageClass", "standard")).lower()
            == str(head.get("x-cos-storage-class", "standard")).lower()
        )
        if stays or size < conf._copy_part_threshold_size:
            return (
                yield from self.copy_object(Bucket, Key, CopySource, CopyStatus, **kwargs)
            )
        begun = yield from self.create_multipart_upload(
            Bucket, Key, **{n: v for n, v in kwargs.items() if not n.startswith("CopySource")}
        )
        upload = begun["UploadId"]
        tags: Dict[int, str] = {}
        of_parts = {
            name: value
            for name, value in kwargs.items()
            if name.startswith(("SSECustomer", "CopySourceSSECustomer"))
        }

        def part(number: int, offset: int, length: int) -> Steps[None]:
            span = f"bytes={offset}-{offset + length - 1}"
            made = yield from self.upload_part_copy(
                Bucket, Key, number, upload, CopySource, span, **of_parts
            )
            tags[number] = made["ETag"]

        try:
            yield Several((part(*each) for each in _ranges(size, part_size)), at_once)
            parts = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
            return (
                yield from self.complete_multipart_upload(Bucket, Key, upload, {"Part": parts})
            )
        except CosException:
            yield from self.abort_multipart_upload(Bucket, Key, upload)
            raise

    def upload_file_from_buffer(
        self,
        /,
        Bucket: str,
        Key: Text,
        Body: Any,
        MaxBufferSize: int = 100,
        PartSize: int = 10,
        MAXThread: int = 5,
        **kwargs: Any,
    ) -> Steps[Dict[str, Any]]:
        """Uploads what an object with ``read`` yields, of any length, in parts if it is more than one.

        :param MaxBufferSize: in MiB: so much of it is in memory at most.
        :param PartSize: in MiB.
        :param MAXThread: how many parts are sent at once.
        :return: what ``put_object`` or ``complete_multipart_upload`` returns.
        :raises CosClientError: an argument that cannot be sent, or a part that did not arrive.
        :raises CosServiceError: the service refused.
        """
        part_size, at_once = _bytes_of(PartSize, MAXThread)
        if not hasattr(Body, "read"):
            raise CosClientError("Body must have attr read")
        first: bytes = yield Work(lambda: _filled(Body, part_size))
        if len(first) < part_size:
            return (yield from self.put_object(Bucket, first, Key, **kwargs))
        begun = yield from self.create_multipart_upload(Bucket, Key, **kwargs)
        upload = begun["UploadId"]
        tags: Dict[int, str] = {}

        def part(number: int, data: bytes) -> Steps[None]:
            made = yield from self.upload_part(Bucket, Key, data, number, upload)
            tags[number] = made["ETag"]

        def parts() -> Iterator[Steps[None]]:
            number, data = 1, first
            while data:
                yield part(number, data)
                number, data = number + 1, _filled(Body, part_size)

        held = a_count("MaxBufferSize", MaxBufferSize, 1 << 20) // max(1, int(PartSize))
        at_once = max(1, min(at_once, held))
        try:
            yield Several(parts(), at_once)
            made = [{"PartNumber": number, "ETag": tags[number]} for number in sorted(tags)]
            return (yield from self.complete_multipart_upload(Bucket, Key, upload, {"Part": made}))
        except CosException:
            yield from self.abort_multipart_upload(Bucket, Key, upload)
            raise


def _filled(reader: Any, size: int) -> bytes:
    """So many bytes, however few come at once; fewer at the end alone."""
    pieces: List[bytes] = []
    left = size
    while left > 0:
        piece = reader.read(left)
        if not piece:
            break
        piece = piece.encode() if isinstance(piece, str) else bytes(piece)
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _tag(path: str, offset: int, length: int) -> str:
    """The ``ETag`` of a part of a file."""
    summed = hashlib.md5()
    with open(path, "rb") as file:
        file.seek(offset)
        while length > 0:
            piece = file.read(min(length, 1 << 20))
            if not piece:
                break
            summed.update(piece)
            length -= len(piece)
    return f'"{summed.hexdigest()}"'


def _compare(
    told: Optional[str], ranges: List[Tuple[int, int, int]], sums: Mapping[int, int]
) -> None:
    """Compares the CRC64 of what came with that of the object."""
    if not told:
        return
    whole, is_first = 0, True
    for number, _, length in ranges:
        whole = sums[number] if is_first else _cospass.crc64_joined(whole, sums[number], length)
        is_first = False
    if str(whole) != told:
        raise CosClientError(f"crc of client: {whole} is mismatch with cos: {told}")
