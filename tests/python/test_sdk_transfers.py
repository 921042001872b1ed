"""Lists, copies and transfers in parts, as the official SDK does them by itself."""

import hashlib

import pytest
import requests
from endpoint import BUCKET, REGION, body_of
from qcloud_cos import CosClientError, CosServiceError

NASTY = [
    "with space/and another .txt",
    "plus+sign",
    "100%25",
    "a//b",
    "照片/腾讯云.jpg",
    "😀.png",
    "\"double\" and 'single' & <angle>",
    "tab\tand\nnewline\rreturn",
    "control\x01character",
    "semi;colon=and?question#fragment",
]

MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def body():
    """5 MiB and a bit, of which no part is like another."""
    blocks = (5 * MEGABYTE + 1000) // 32
    return b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(blocks))


@pytest.fixture
def file(body, tmp_path):
    path = tmp_path / "up"
    path.write_bytes(body)
    return str(path)


@pytest.fixture
def empty(way):
    """A client whose bucket holds nothing, neither before nor after."""
    client = way.client()
    clear(client)
    yield client
    clear(client)


def clear(client):
    """A path cannot name every key, such as `..`, nor a document one with control characters."""
    for key in keys(client):
        if key.isprintable():
            client.delete_objects(Bucket=BUCKET, Delete={"Object": [{"Key": key}]})
        else:
            client.delete_object(Bucket=BUCKET, Key=key)
    uploads = client.list_multipart_uploads(Bucket=BUCKET, EncodingType="url")
    for upload in uploads.get("Upload", []):
        name = {"Key": requests.utils.unquote(upload["Key"]), "UploadId": upload["UploadId"]}
        client.abort_multipart_upload(Bucket=BUCKET, **name)


def pages(client, **arguments):
    marker = ""
    while True:
        page = client.list_objects(Bucket=BUCKET, Marker=marker, **arguments)
        yield page
        if page["IsTruncated"] == "false":
            return
        marker = page["NextMarker"]


def keys(client, **arguments):
    found = (page.get("Contents", []) for page in pages(client, **arguments))
    return [entry["Key"] for page in found for entry in page]


def put(client, *names):
    for name in names:
        client.put_object(Bucket=BUCKET, Key=name, Body=name.encode())


def test_an_empty_list(empty):
    page = empty.list_objects(Bucket=BUCKET)
    assert (page["Name"], page["IsTruncated"], page["MaxKeys"]) == (BUCKET, "false", "1000")
    assert "Contents" not in page


def test_a_list_of_nasty_keys(empty):
    put(empty, *NASTY)
    in_order = sorted(NASTY, key=str.encode)
    assert keys(empty) == in_order
    assert keys(empty, MaxKeys=3) == in_order
    assert keys(empty, Prefix="照片/") == ["照片/腾讯云.jpg"]
    entries = empty.list_objects(Bucket=BUCKET)["Contents"]
    assert [entry["Size"] for entry in entries] == [str(len(key.encode())) for key in in_order]
    assert entries[0]["ETag"] == f'"{hashlib.md5(in_order[0].encode()).hexdigest()}"'
    encoded = empty.list_objects(Bucket=BUCKET, EncodingType="url")
    assert encoded["EncodingType"] == "url"
    assert requests.utils.unquote(encoded["Contents"][0]["Key"]) == in_order[0]


def test_a_list_with_a_delimiter(empty):
    put(empty, "a/1", "a/2", "a/b/3", "c", "d/", "d/4")
    page = empty.list_objects(Bucket=BUCKET, Delimiter="/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/", "d/"]
    assert [entry["Key"] for entry in page["Contents"]] == ["c"]
    page = empty.list_objects(Bucket=BUCKET, Delimiter="/", Prefix="a/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == ["a/b/"]
    assert [entry["Key"] for entry in page["Contents"]] == ["a/1", "a/2"]

    walked = list(pages(empty, Delimiter="/", MaxKeys=1))
    assert len(walked) == 3
    page = empty.list_objects(Bucket=BUCKET, Marker="a/2")
    assert [entry["Key"] for entry in page["Contents"]] == ["a/b/3", "c", "d/", "d/4"]


def test_a_list_that_is_refused(way, refused):
    for number in (0, -1, "ten"):
        error = refused(way.client().list_objects, Bucket=BUCKET, MaxKeys=number)
        assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidArgument")


def test_the_location_of_a_bucket(way):
    assert way.client().get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION


def test_access_control_of_a_bucket(way, refused):
    client = way.client()
    for canned, permissions in (
        ("public-read", ["FULL_CONTROL", "READ"]),
        ("private", ["FULL_CONTROL"]),
    ):
        client.put_bucket_acl(Bucket=BUCKET, ACL=canned)
        grants = client.get_bucket_acl(Bucket=BUCKET)["AccessControlList"]["Grant"]
        assert [grant["Permission"] for grant in grants] == permissions
    error = refused(client.put_bucket_acl, Bucket=BUCKET, ACL="public")
    assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidArgument")


def test_many_objects_are_deleted_at_once(empty):
    names = [name for name in NASTY if "\x01" not in name and "\r" not in name]
    put(empty, *names, "kept")
    objects = [{"Key": name} for name in [*names, "absent"]]
    answer = empty.delete_objects(Bucket=BUCKET, Delete={"Object": objects, "Quiet": "false"})
    assert [entry["Key"] for entry in answer["Deleted"]] == [*names, "absent"]
    assert keys(empty) == ["kept"]
    quiet = {"Object": [{"Key": "kept"}], "Quiet": "true"}
    assert "Deleted" not in (empty.delete_objects(Bucket=BUCKET, Delete=quiet) or {})
    assert keys(empty) == []


def test_a_thousand_objects_and_no_more(way, refused):
    client = way.client()
    objects = [{"Key": f"absent/{number}"} for number in range(1000)]
    answer = client.delete_objects(Bucket=BUCKET, Delete={"Object": objects})
    assert len(answer["Deleted"]) == 1000
    more = {"Object": [*objects, {"Key": "one more"}]}
    error = refused(client.delete_objects, Bucket=BUCKET, Delete=more)
    assert (error.get_status_code(), error.get_error_code()) == (400, "MalformedXML")


@pytest.mark.parametrize("key", NASTY, ids=lambda key: ascii(key)[1:31])
def test_a_copy_of_an_object(key, empty):
    empty.put_object(Bucket=BUCKET, Key=key, Body=b"text", Metadata={"x-cos-meta-colour": "blue"})
    source = {"Bucket": BUCKET, "Key": key, "Region": REGION}
    answer = empty.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
    head = empty.head_object(Bucket=BUCKET, Key="copy")
    assert answer["ETag"] == head["ETag"]
    assert head["x-cos-meta-colour"] == "blue"
    assert body_of(empty, "copy") == b"text"
    empty.copy_object(
        Bucket=BUCKET,
        Key="copy",
        CopySource=source,
        CopyStatus="Replaced",
        Metadata={"x-cos-meta-size": "2"},
    )
    head = empty.head_object(Bucket=BUCKET, Key="copy")
    assert "x-cos-meta-colour" not in head
    assert head["x-cos-meta-size"] == "2"


def test_a_copy_across_buckets(proxy):
    client, other = proxy.client(), "other-1250000000"
    client.create_bucket(Bucket=other)
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")
    source = {"Bucket": BUCKET, "Key": "exampleobject", "Region": REGION}
    client.copy(Bucket=other, Key="copy", CopySource=source)
    assert client.get_object(Bucket=other, Key="copy")["Body"].get_raw_stream().read() == b"text"
    client.delete_object(Bucket=other, Key="copy")
    client.delete_bucket(Bucket=other)


def test_a_copy_in_parts(proxy, body):
    """What the SDK does with a source of over 5 GB, which it asks for at its region's own domain."""
    client = proxy.client()
    client.get_conf().set_copy_part_threshold_size(MEGABYTE)
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=body)
    source = {"Bucket": BUCKET, "Key": "exampleobject", "Region": REGION}
    to = {"Bucket": BUCKET, "Key": "copy", "StorageClass": "STANDARD_IA"}
    client.copy(CopySource=source, PartSize=2, **to)
    assert body_of(client, "copy") == body
    head = client.head_object(Bucket=BUCKET, Key="copy")
    assert head["ETag"].endswith('-3"')
    assert head["x-cos-storage-class"] == "STANDARD_IA"
    client.delete_object(Bucket=BUCKET, Key="copy")


def test_a_copy_that_is_refused(way, refused):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")
    copy = {"Bucket": BUCKET, "Key": "copy"}
    source = {"Bucket": BUCKET, "Region": REGION}
    error = refused(client.copy_object, CopySource={**source, "Key": "absent"}, **copy)
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchCopySource")
    error = refused(
        client.copy_object,
        CopySource={**source, "Key": "exampleobject"},
        CopySourceIfMatch='"other"',
        **copy,
    )
    assert (error.get_status_code(), error.get_error_code()) == (412, "PreconditionFailed")


def test_a_file_goes_up_and_comes_down_in_parts(empty, file, body, tmp_path):
    for key in ("exampleobject", "照片/a b+c.bin"):
        answer = empty.upload_file(
            Bucket=BUCKET, Key=key, LocalFilePath=file, PartSize=1, MAXThread=4
        )
        assert answer["ETag"].endswith('-6"')
        head = empty.head_object(Bucket=BUCKET, Key=key)
        assert head["ETag"] == answer["ETag"]
        assert answer["x-cos-hash-crc64ecma"] == head["x-cos-hash-crc64ecma"]
        down = tmp_path / "down"
        empty.download_file(
            Bucket=BUCKET,
            Key=key,
            DestFilePath=str(down),
            PartSize=1,
            EnableCRC=True,
            DumpRecordDir=str(tmp_path),
        )
        assert down.read_bytes() == body
        down.unlink()
    part = empty.get_object(Bucket=BUCKET, Key="exampleobject", Range="bytes=1048575-3145728")
    assert part["Body"].get_raw_stream().read() == body[1048575:3145729]


def test_an_upload_that_was_interrupted_goes_on(empty, file, body, monkeypatch):
    upload_part, sent = empty.upload_part, []

    def fails_after_two(*arguments, **keywords):
        sent.append(1)
        if len(sent) > 2:
            raise CosServiceError("PUT", "interrupted", 400)
        return upload_part(*arguments, **keywords)

    upload = {"Bucket": BUCKET, "Key": "exampleobject", "LocalFilePath": file, "PartSize": 1}
    with monkeypatch.context() as patch:
        patch.setattr(empty, "upload_part", fails_after_two)
        with pytest.raises(CosClientError):
            empty.upload_file(MAXThread=1, **upload)
    (begun,) = empty.list_multipart_uploads(Bucket=BUCKET)["Upload"]
    listed = empty.list_parts(Bucket=BUCKET, Key="exampleobject", UploadId=begun["UploadId"])
    assert len(listed["Part"]) == 2

    sent.clear()

    def counts(*arguments, **keywords):
        sent.append(1)
        return upload_part(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(empty, "upload_part", counts)
        empty.upload_file(**upload)
    assert len(sent) == 4, "two parts were there"
    assert body_of(empty) == body
    assert "Upload" not in empty.list_multipart_uploads(Bucket=BUCKET)


def test_an_upload_by_hand(empty, refused):
    name = {"Bucket": BUCKET, "Key": "exampleobject"}
    upload = empty.create_multipart_upload(ContentType="text/plain", **name)
    name["UploadId"] = upload["UploadId"]
    parts = []
    for number, size in ((1, MEGABYTE), (2, 10)):
        etag = empty.upload_part(PartNumber=number, Body=bytes(size), EnableMD5=True, **name)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    page = empty.list_parts(MaxParts=1, **name)
    assert (page["IsTruncated"], page["NextPartNumberMarker"]) == ("true", "1")

    def complete(parts):
        return empty.complete_multipart_upload(MultipartUpload={"Part": parts}, **name)

    for bad, code in (
        (parts[::-1], "InvalidPartOrder"),
        ([{"PartNumber": 3, "ETag": parts[0]["ETag"]}], "InvalidPart"),
    ):
        error = refused(complete, bad)
        assert (error.get_status_code(), error.get_error_code()) == (400, code)
    answer = complete(parts)
    assert answer["Bucket"] == BUCKET
    assert answer["Location"].endswith("/exampleobject")
    assert empty.head_object(Bucket=BUCKET, Key="exampleobject")["Content-Type"] == "text/plain"
    error = refused(empty.abort_multipart_upload, **name)
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchUpload")


def test_a_small_part_that_is_not_the_last_is_refused(empty, refused):
    name = {"Bucket": BUCKET, "Key": "exampleobject"}
    name["UploadId"] = empty.create_multipart_upload(**name)["UploadId"]
    parts = [
        {"PartNumber": n, "ETag": empty.upload_part(PartNumber=n, Body=b"x", **name)["ETag"]}
        for n in (1, 2)
    ]
    error = refused(empty.complete_multipart_upload, MultipartUpload={"Part": parts}, **name)
    assert (error.get_status_code(), error.get_error_code()) == (400, "EntityTooSmall")
    empty.abort_multipart_upload(**name)
