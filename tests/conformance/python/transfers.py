"""What the SDK does in parts, what it copies, and the other ways in which objects come to be."""

import base64
import hashlib
import os
import random
from unittest import mock

from client import BUCKET, COS, REGION, SETTINGS, body_of, client, equal, etag, put, refused
from qcloud_cos import CosClientError, CosServiceError
from report import operation

MEGABYTE = 1 << 20
BODY = random.Random(1).randbytes(20 * MEGABYTE)


def path(name):
    return os.path.join(SETTINGS["folder"], name)


def write(name, body):
    with open(path(name), "wb") as file:
        file.write(body)
    return path(name)


def read(name):
    with open(path(name), "rb") as file:
        return file.read()


@operation("upload")
def upload():
    name = {"Bucket": BUCKET, "Key": "上传/20 MiB"}
    answer = COS.upload_file(LocalFilePath=write("up", BODY), PartSize=1, EnableMD5=True, **name)
    assert answer["ETag"].endswith('-20"')
    equal(COS.head_object(**name)["x-cos-hash-crc64ecma"], answer["x-cos-hash-crc64ecma"])
    equal(body_of(name["Key"]), BODY)


def failing(function, after):
    """The call as it is for so many times, then one that breaks off."""
    count = iter(range(10000))

    def call(*arguments, **keywords):
        if next(count) >= after:
            raise CosServiceError("PUT", "interrupted", 400)
        return function(*arguments, **keywords)

    return call


def counting(function, calls):
    def call(*arguments, **keywords):
        calls.append(arguments)
        return function(*arguments, **keywords)

    return call


@operation("upload-resumed")
def upload_resumed():
    name = {"Bucket": BUCKET, "Key": "upload-resumed"}
    arguments = {"LocalFilePath": write("up", BODY), "PartSize": 2, "MAXThread": 1, **name}
    with mock.patch.object(COS, "upload_part", failing(COS.upload_part, 4)):
        try:
            COS.upload_file(**arguments)
        except CosClientError:
            pass
    (begun,) = COS.list_multipart_uploads(Bucket=BUCKET, Prefix="upload-resumed")["Upload"]
    equal(len(COS.list_parts(UploadId=begun["UploadId"], **name)["Part"]), 4)
    sent = []
    with mock.patch.object(COS, "upload_part", counting(COS.upload_part, sent)):
        COS.upload_file(**arguments)
    equal(len(sent), 6)
    equal(body_of("upload-resumed"), BODY)
    assert "Upload" not in COS.list_multipart_uploads(Bucket=BUCKET, Prefix="upload-resumed")


def download_to(name, **arguments):
    COS.download_file(
        Bucket=BUCKET,
        Key="download",
        DestFilePath=path(name),
        PartSize=2,
        EnableCRC=True,
        DumpRecordDir=path("records"),
        **arguments,
    )


@operation("download")
def download():
    put("download", BODY + b"more")
    download_to("down")
    equal(read("down"), BODY + b"more")


@operation("download-resumed")
def download_resumed():
    put("download", BODY + b"more")
    with mock.patch.object(COS, "get_object", failing(COS.get_object, 3)):
        try:
            download_to("resumed", MAXThread=1)
        except CosClientError:
            pass
    assert not os.path.exists(path("resumed"))
    ranges = []
    with mock.patch.object(COS, "get_object", counting(COS.get_object, ranges)):
        download_to("resumed", MAXThread=1)
    equal(len(ranges), 8)
    equal(read("resumed"), BODY + b"more")


def source(key, **arguments):
    return {"Bucket": BUCKET, "Key": key, "Region": REGION, **arguments}


@operation("copy")
def copy():
    put("原文/a b+c", b"text", Metadata={"x-cos-meta-colour": "blue"})
    to = {"Bucket": BUCKET, "Key": "copy"}
    answer = COS.copy_object(CopySource=source("原文/a b+c"), **to)
    equal(answer["ETag"], etag(b"text"))
    head = COS.head_object(**to)
    equal(head["x-cos-meta-colour"], "blue")
    COS.copy_object(
        CopySource=source("原文/a b+c"),
        CopyStatus="Replaced",
        Metadata={"x-cos-meta-size": "2"},
        **to,
    )
    assert "x-cos-meta-colour" not in COS.head_object(**to)
    equal(body_of("copy"), b"text")
    refused(404, "NoSuchCopySource", COS.copy_object, CopySource=source("absent"), **to)


@operation("copy-parts")
def copy_parts():
    """What the SDK does with a source of over 5 GB; here, of over 1 MiB and into another storage class."""
    put("copy-source", BODY)
    cos = client()
    cos.get_conf().set_copy_part_threshold_size(MEGABYTE)
    to = {"Bucket": BUCKET, "Key": "copy-parts", "StorageClass": "STANDARD_IA"}
    cos.copy(CopySource=source("copy-source"), PartSize=8, **to)
    head = COS.head_object(Bucket=BUCKET, Key="copy-parts")
    assert head["ETag"].endswith('-3"'), head["ETag"]
    equal(head["x-cos-storage-class"], "STANDARD_IA")
    equal(body_of("copy-parts"), BODY)


@operation("append")
def append():
    name = {"Bucket": BUCKET, "Key": "append"}
    answer = COS.append_object(Position=0, Data=b"first ", **name)
    equal(answer["x-cos-next-append-position"], "6")
    COS.append_object(Position=6, Data=b"second", **name)
    equal(body_of("append"), b"first second")
    equal(COS.head_object(**name)["x-cos-object-type"], "appendable")
    refused(409, "AppendPositionErr", COS.append_object, Position=6, Data=b"third", **name)
    put("normal", b"text")
    append = {"Bucket": BUCKET, "Key": "normal", "Position": 4, "Data": b"more"}
    refused(409, "ObjectNotAppendable", COS.append_object, **append)


@operation("symlink")
def symlink():
    put("symlink-target", b"text")
    COS.put_symlink(Bucket=BUCKET, SymlinkName="symlink", SymlinkTarget="symlink-target")
    answer = COS.get_symlink(Bucket=BUCKET, SymlinkName="symlink")
    equal(answer["x-cos-symlink-target"], "symlink-target")
    equal(body_of("symlink"), b"text")
    refused(404, "NoSuchKey", COS.get_symlink, Bucket=BUCKET, SymlinkName="absent")


@operation("restore")
def restore():
    name = {"Bucket": BUCKET, "Key": "restore"}
    put("restore", b"text", StorageClass="ARCHIVE")
    refused(403, "InvalidObjectState", COS.get_object, **name)
    request = {"Days": 1, "CASJobParameters": {"Tier": "Expedited"}}
    COS.restore_object(RestoreRequest=request, **name)
    assert "ongoing-request=" in COS.head_object(**name)["x-cos-restore"]
    put("restore", b"text")
    refused(405, "RestoreNonArchiveObject", COS.restore_object, RestoreRequest=request, **name)


@operation("sse-c")
def sse_c():
    def key(text):
        return {
            "SSECustomerAlgorithm": "AES256",
            "SSECustomerKey": base64.b64encode(text).decode(),
            "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(text).digest()).decode(),
        }

    right, wrong = key(b"0123456789abcdef" * 2), key(b"another key here" * 2)
    put("sse-c", b"text", **right)
    equal(body_of("sse-c", **right), b"text")
    for other in (wrong, {}):
        try:
            body_of("sse-c", **other)
        except CosServiceError as error:
            assert error.get_status_code() in (400, 403)
        else:
            raise AssertionError("another key was accepted")
