"""The object calls of `cospass` beside those of the official SDK: the same calls of both against two endpoints that
stand at the same time give the same results and raise the same errors."""

import gzip
import io
import os
import random
from unittest import mock

import cospass
import pytest
import qcloud_cos
from cospass.testing import LocalCos

NOW = 1_700_000_000
MIB = 1 << 20

# Of results: what is drawn at random, or is each endpoint's own. The official SDK sends an empty file in chunks, after
# which the endpoint closes the connection.
DRAWN = ("x-cos-request-id", "x-cos-trace-id", "requestid", "traceid", "resource", "Connection")

KEYS = ["plain", "sub/folder/页 a+b%41", "a&b=c;d?e#f", "/leading", "a//b", " spaced "]


class Shown:
    """What one package makes of a scenario, without what is drawn at random."""

    def __init__(self, package, tmp_path):
        self.errors = (package.CosClientError, package.CosServiceError)
        self.folder = tmp_path / package.__name__
        self.folder.mkdir()
        self.local = LocalCos(now=NOW)
        self.bucket = self.local.bucket
        self.client = package.CosS3Client(package.CosConfig(**self.local.settings), retry=0)
        self.uploads = {}

    def __call__(self, function, *arguments, **keywords):
        try:
            return self.plain(getattr(self.client, function)(*arguments, **keywords))
        except self.errors as error:
            if not hasattr(error, "get_status_code"):
                return type(error).__name__
            digest = self.plain(error.get_digest_msg())
            ids = [error.get_request_id(), error.get_trace_id(), error.get_resource_location()]
            assert all(isinstance(value, str) and value for value in ids)
            said = [error.get_status_code(), error.get_error_code(), error.get_error_msg()]
            return type(error).__name__, said, digest, bool(error.get_origin_msg())

    def path(self, name):
        return str(self.folder / name)

    def plain(self, value):
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if isinstance(value, str):
            value = value.replace(f":{self.local.port}/", ":PORT/")
            return self.uploads.get(value, value)
        if not isinstance(value, dict):
            return value
        if "UploadId" in value:
            self.uploads.setdefault(value["UploadId"], f"upload {len(self.uploads)}")
        return {name: self.plain(each) for name, each in value.items() if name not in DRAWN}


@pytest.fixture
def both(tmp_path):
    """Runs a scenario with both packages, and compares."""
    ours, theirs = Shown(cospass, tmp_path), Shown(qcloud_cos, tmp_path)
    # The official SDK asks for the time where it signs, and so does the package.
    with mock.patch("time.time", lambda: NOW + 0.5):

        def compare(scenario):
            told, expected = list(scenario(ours)), list(scenario(theirs))
            assert told == expected
            return told

        yield compare
    ours.local.stop()
    theirs.local.stop()


@pytest.mark.parametrize("key", KEYS)
def test_an_object_goes_up_is_seen_and_goes_away(both, key):
    def scenario(cos):
        bucket = cos.bucket
        yield cos("object_exists", bucket, key)
        yield cos("put_object", Bucket=bucket, Body=b"hello", Key=key, ContentType="text/plain")
        yield cos("head_object", Bucket=bucket, Key=key)
        yield cos("object_exists", bucket, key)
        answer = cos.client.get_object(Bucket=bucket, Key=key)
        yield answer["Body"].get_raw_stream().read()
        yield {name: cos.plain(answer[name]) for name in answer if name not in ("Body", *DRAWN)}
        yield cos("list_objects", bucket)
        yield cos("delete_object", Bucket=bucket, Key=key)
        yield cos("delete_object", Bucket=bucket, Key=key)
        yield cos("head_object", Bucket=bucket, Key=key)
        yield cos("get_object", bucket, key)

    told = both(scenario)
    assert told[0] is False and told[3] is True and told[4] == b"hello"
    assert told[-2][1][:2] == [404, "NoSuchResource"] and told[-1][1][:2] == [404, "NoSuchKey"]


def bodies(cos):
    text = cos.path("body")
    with open(text, "wb") as file:
        file.write(b"file of bytes")
    part_read = open(text, "rb")
    part_read.read(5)
    yield from [b"bytes", "text 页", b"", "", io.BytesIO(b"in memory"), open(text, "rb"), part_read]
    yield (piece for piece in (b"piece ", b"", b"by piece"))
    yield io.BytesIO(b"x" * 3 * MIB)


def test_bodies_of_every_kind(both):
    def scenario(cos):
        for body in bodies(cos):
            yield cos("put_object", cos.bucket, body, "key")["ETag"]
            yield cos("get_object", cos.bucket, "key")["Body"].get_raw_stream().read()

    told = both(scenario)
    assert b"of bytes" in told and b"piece by piece" in told


def test_bodies_that_are_none(both):
    def scenario(cos):
        yield cos("put_object", cos.bucket, b"x", "")
        yield cos("put_object", cos.bucket, b"x", "key", ContentSort="x")
        yield cos("put_object", cos.bucket, b"x", "key", ContentType="a\nb")
        yield cos("get_object", cos.bucket, "a/../..")
        yield cos("list_objects", cos.bucket, EncodingType="xml")
        yield cos("copy_object", cos.bucket, "key", {"Bucket": cos.bucket})
        yield cos("complete_multipart_upload", cos.bucket, "key", "id", {"Part": [{}]})

    assert both(scenario) == ["CosClientError"] * 7
    # At the time that `both` tells.
    with LocalCos(now=NOW) as local:
        for body in (5, [b"x"], {"a": b"b"}, object()):
            with pytest.raises(cospass.CosClientError, match="Body is of type"):
                local.client().put_object(local.bucket, body, "key")
        raised = ValueError("the disk is gone")

        def broken():
            yield b"x"
            raise raised

        with pytest.raises(cospass.CosClientError, match="the disk is gone") as caught:
            local.client().put_object(local.bucket, broken(), "key")
        assert caught.value.__cause__ is raised
        with pytest.raises(cospass.CosClientError, match="must yield bytes"):
            local.client().put_object(local.bucket, iter([5]), "key")


def test_headers_conditions_and_ranges(both):
    def scenario(cos):
        bucket, key = cos.bucket, "key"
        yield cos(
            "put_object",
            bucket,
            b"0123456789",
            key,
            EnableMD5=True,
            StorageClass="STANDARD_IA",
            CacheControl="no-cache",
            ContentDisposition="attachment; filename=页.txt".encode(),
            Metadata={"x-cos-meta-of": "both", "x-cos-meta-empty": ""},
            Tagging="a=b&c=d",
        )
        yield cos("head_object", bucket, key)
        for arguments in (
            {"Range": "bytes=2-4"},
            {"Range": "bytes=20-"},
            {"IfMatch": '"other"'},
            {"IfNoneMatch": '"781e5e245d69b566979b86e28d23f2c7"'},
            {"ResponseContentType": "a/b", "ResponseContentDisposition": "inline; filename=x y"},
            {"VersionId": "none"},
            {"TrafficLimit": "819200"},
        ):
            answer = cos("get_object", bucket, key, **arguments)
            body = answer.pop("Body").get_raw_stream().read() if "Body" in answer else None
            yield body, answer
        yield cos("put_object", bucket, b"x", key, ContentMD5="AAAA")

    told = both(scenario)
    assert told[2][0] == b"234"


def test_streams(both):
    def scenario(cos):
        content = random.Random(1).randbytes(3 * MIB + 7)
        cos("put_object", cos.bucket, content, "key")
        get = lambda: cos.client.get_object(cos.bucket, "key")["Body"]  # noqa: E731
        yield len(get()), [len(piece) for piece in get().get_stream(MIB)]
        yield [len(piece) for piece in get()][:3]
        body = get()
        yield body.read(10), body.read(MIB)
        get().get_stream_to_file(cos.path("there"))
        get().get_stream_to_file(cos.path("there"))
        with open(cos.path("there"), "rb") as file:
            yield file.read() == content
        with open(cos.path("part"), "wb") as file:
            get().pget_stream_to_file(file, 5, len(content))
        yield os.path.getsize(cos.path("part"))
        body = get()
        body.read(100)
        try:
            body.get_stream_to_file(cos.path("short"))
        except OSError as error:
            yield str(error)
        yield sorted(os.listdir(cos.folder))

    both(scenario)


def test_what_is_encoded_is_decoded_where_it_is_asked_for(both):
    def scenario(cos):
        packed = gzip.compress(b"hello " * 1000, mtime=0)
        cos("put_object", cos.bucket, packed, "key", ContentEncoding="gzip")
        get = lambda: cos.client.get_object(cos.bucket, "key")["Body"]  # noqa: E731
        yield b"".join(get().get_stream(100))
        yield get().read(10), get().read(10, auto_decompress=True)
        get().get_stream_to_file(cos.path("raw"))
        get().get_stream_to_file(cos.path("read"), auto_decompress=True)
        for name in ("raw", "read"):
            with open(cos.path(name), "rb") as file:
                yield file.read()

    told = both(scenario)
    assert told[0] == told[-1] == b"hello " * 1000


def test_files(both):
    def scenario(cos):
        bucket = cos.bucket
        for size in (0, 1, MIB, 3 * MIB + 1):
            content = random.Random(size).randbytes(size)
            with open(cos.path("file"), "wb") as file:
                file.write(content)
            heard = []
            tell = lambda done, total: heard.append((done, total))  # noqa: E731
            yield cos("upload_file", bucket, "key", cos.path("file"), progress_callback=tell)
            yield cos("upload_file", bucket, "key", cos.path("file"), PartSize=2, EnableMD5=True)
            yield cos("put_object_from_local_file", bucket, cos.path("file"), "other")
            if size > MIB:
                yield len(heard), heard[-1]
                assert heard == sorted(heard)
            cos.client.download_file(bucket, "key", cos.path("copy"), PartSize=1, EnableCRC=True)
            with open(cos.path("copy"), "rb") as file:
                yield file.read() == content
            yield sorted(os.listdir(cos.folder))
        yield cos("download_file", bucket, "nothing", cos.path("none"))

    both(scenario)


def test_a_transfer_that_cannot_be_leaves_nothing(tmp_path):
    with LocalCos() as local:
        client, path = local.client(), str(tmp_path / "file")
        with pytest.raises(cospass.CosClientError, match="GetObject Key is invalid"):
            client.download_file(local.bucket, "a/..", path)
        with pytest.raises(FileNotFoundError):
            client.upload_file(local.bucket, "key", path)
        for size in (0, -1, "1", True, None):
            with pytest.raises(cospass.CosClientError, match="PartSize is"):
                client.upload_file(local.bucket, "key", path, PartSize=size)
        client.put_object(local.bucket, b"x" * 3 * MIB, "key")

        def changes(done, total):
            client.put_object(local.bucket, b"y" * 3 * MIB, "key")

        with pytest.raises(cospass.CosClientError, match="please download_file again.*PreconditionFailed"):
            client.download_file(
                local.bucket, "key", path, PartSize=1, MAXThread=1, progress_callback=changes
            )
        assert os.listdir(tmp_path) == []


def test_an_upload_that_was_begun_goes_on(both):
    def scenario(cos):
        content = random.Random(2).randbytes(3 * MIB + 1)
        with open(cos.path("file"), "wb") as file:
            file.write(content)
        begun = cos.client.create_multipart_upload(cos.bucket, "key")["UploadId"]
        cos.client.upload_part(cos.bucket, "key", content[MIB : 2 * MIB], 2, begun)
        yield cos("upload_file", cos.bucket, "key", cos.path("file"))
        yield cos("list_multipart_uploads", cos.bucket)
        yield cos("get_object", cos.bucket, "key")["Body"].get_raw_stream().read() == content
        # One whose parts are others is left alone.
        begun = cos.client.create_multipart_upload(cos.bucket, "key")["UploadId"]
        cos.client.upload_part(cos.bucket, "key", b"x" * MIB, 2, begun)
        yield cos("upload_file", cos.bucket, "key", cos.path("file"))
        yield len(cos.client.list_multipart_uploads(cos.bucket)["Upload"])

    assert both(scenario)[-1] == 1


def test_parts(both):
    def scenario(cos):
        bucket, key = cos.bucket, "sub/页 a"
        begun = cos.client.create_multipart_upload(bucket, key, ContentType="a/b")
        yield cos.plain(begun)
        upload = begun["UploadId"]
        yield cos("upload_part", bucket, key, b"x" * MIB, 1, upload, EnableMD5=True)
        source = {"Bucket": bucket, "Key": key, "Region": "ap-guangzhou"}
        cos("put_object", bucket, b"tail", key)
        yield cos("upload_part_copy", bucket, key, 2, upload, source, "bytes=0-2")
        listing = cos.client.list_parts(bucket, key, upload)
        yield cos.plain(listing)
        yield cos("list_parts", bucket, key, upload, EncodingType="url", MaxParts=1)
        yield cos("list_multipart_uploads", bucket, Prefix="sub/")
        yield cos("complete_multipart_upload", bucket, key, upload, {"Part": listing["Part"]})
        yield cos("complete_multipart_upload", bucket, key, upload, {"Part": listing["Part"]})
        other = cos.client.create_multipart_upload(bucket, key)["UploadId"]
        yield cos("abort_multipart_upload", bucket, key, other)
        yield cos("abort_multipart_upload", bucket, key, other)
        yield cos("head_object", bucket, key)

    both(scenario)


def test_copies_appends_tags_and_access(both):
    def scenario(cos):
        bucket = cos.bucket
        cos("put_object", bucket, b"x" * 100, "a b", ContentType="a/b")
        source = {"Bucket": bucket, "Key": "/a b", "Region": "ap-guangzhou"}
        yield cos("copy_object", bucket, "copied", source)
        yield cos("copy_object", bucket, "copied", source, "Replaced", ContentType="c/d")
        yield cos("copy_object", bucket, "copied", {**source, "Key": "nothing"})
        yield cos("copy_object", bucket, "copied", source, CopyStatus="Moved")
        yield cos("append_object", bucket, "grown", 0, b"begun")
        yield cos("append_object", bucket, "grown", 5, b", gone on")
        yield cos("append_object", bucket, "grown", 5, b"elsewhere")
        yield cos("get_object_tagging", bucket, "a b")
        tags = {"TagSet": {"Tag": [{"Key": "a", "Value": "<&>"}, {"Key": "b", "Value": "页"}]}}
        yield cos("put_object_tagging", bucket, "a b", tags)
        yield cos("get_object_tagging", bucket, "a b")
        yield cos("delete_object_tagging", bucket, "a b")
        yield cos("get_object_acl", bucket, "a b")
        yield cos("put_object_acl", bucket, "a b", ACL="public-read")
        yield cos("get_object_acl", bucket, "a b")
        yield cos("put_object", bucket, b"old", "cold", StorageClass="ARCHIVE")
        yield cos("restore_object", bucket, "cold", {"Days": 1})
        yield cos("restore_object", bucket, "a b", {"Days": 1})

    both(scenario)


def test_listings_and_deletions(both):
    def scenario(cos):
        bucket = cos.bucket
        yield cos("list_objects", bucket)
        for key in ("a", "b/1", "b/2", "c &<>/页", "d\ne"):
            cos("put_object", bucket, b"x", key)
        yield cos("list_objects", bucket, MaxKeys=2)
        yield cos("list_objects", bucket, Prefix="b", Delimiter="/", Marker="a")
        yield cos("list_objects", bucket, EncodingType="url")
        yield cos("list_objects_versions", bucket, Delimiter="/")
        objects = [{"Key": "a"}, {"Key": "c &<>/页"}, {"Key": "nothing"}]
        yield cos("delete_objects", bucket, {"Object": objects})
        yield cos("delete_objects", bucket, {"Quiet": "true", "Object": [{"Key": "b/1"}]})
        yield cos("delete_objects", bucket, {"Object": []})
        yield cos("list_objects", bucket)

    both(scenario)


def test_buckets(both):
    def scenario(cos):
        domain = {"ServiceDomain": f"127.0.0.1:{cos.local.port}"}
        package = cospass if isinstance(cos.client, cospass.CosS3Client) else qcloud_cos
        settings = {**cos.local.endpoint_settings, **domain}
        cos.client = package.CosS3Client(package.CosConfig(**settings), retry=0)
        other = "other-1250000000"
        yield cos("bucket_exists", other)
        yield cos("create_bucket", other, ACL="public-read")
        yield cos("create_bucket", other)
        yield cos("head_bucket", other), cos("bucket_exists", other)
        cos("put_object", other, b"x", "key")
        yield cos("delete_bucket", other)
        cos("delete_object", other, "key")
        yield cos("delete_bucket", other)
        yield cos("head_bucket", other)

    both(scenario)


@pytest.mark.parametrize("way_of", ["proxy", "endpoint", "domain"])
def test_each_way_to_an_endpoint(endpoint, monkeypatch, way_of):
    """By a proxy of the environment, by the bucket's host, by a domain."""
    way = endpoint.ways()[way_of]
    for name, value in way.variables.items():
        monkeypatch.setenv(name, value)
    config = way.client().get_conf()
    keys = {"SecretId": config._secret_id, "SecretKey": config._secret_key}
    settings = {"Region": "ap-guangzhou", "Scheme": "http", **keys, **way.settings}
    client = cospass.CosS3Client(cospass.CosConfig(**settings))
    client.put_object("examplebucket-1250000000", b"hello", "of the package")
    assert way.client().object_exists("examplebucket-1250000000", "of the package")
    assert client.delete_object("examplebucket-1250000000", "of the package")
