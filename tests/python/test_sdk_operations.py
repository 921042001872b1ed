"""The official SDK's own operations against the endpoint."""

import base64
import hashlib
import io
import time
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
import requests
from endpoint import BUCKET, REGION, SECRET_ID, SECRET_KEY, body_of
from qcloud_cos import CosConfig, CosS3Client, CosServiceError

KEYS = [
    "plain.txt",
    "photos/2024/06/IMG_00000001.jpg",
    "with space/and another .txt",
    "plus+sign",
    "100%",
    "100%25",
    "a%2Fb",
    "%20",
    "%zz",
    "a//b",
    "a///",
    "folder/",
    "a/./b",
    "./a",
    "a/../b",
    "照片/腾讯云.jpg",
    "😀.png",
    "e\u0301 and \u00e9",
    "\"double\" and 'single'",
    "question?mark=1&more",
    "fragment#part",
    "semi;colon=and&amp",
    "back\\slash",
    "<angle> [square] {curly} |^`",
    "tilde~-_.!*()$,:@",
    "tab\tand\nnewline",
    "acl",
    "?acl",
    "x" * 850,
    "中" * 283,
]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[1:31])
def test_a_key_names_one_object(key, way):
    client = way.client()
    body = f"the body of {key}".encode()
    client.put_object(Bucket=BUCKET, Key=key, Body=body)
    assert body_of(client, key) == body
    assert client.head_object(Bucket=BUCKET, Key=key)["Content-Length"] == str(len(body))

    url = client.get_presigned_url(Bucket=BUCKET, Key=key, Method="GET")
    assert requests.get(url).content == body
    url = client.get_presigned_url(Bucket=BUCKET, Key=key, Method="PUT")
    assert requests.put(url, data=b"another").status_code == 200
    assert (
        requests.get(client.get_presigned_download_url(Bucket=BUCKET, Key=key)).content
        == b"another"
    )

    client.delete_object(Bucket=BUCKET, Key=key)
    assert not client.object_exists(Bucket=BUCKET, Key=key)


def test_a_leading_slash_is_part_of_the_second_key(proxy):
    """`requests` merges leading slashes, but for a proxy."""
    client = proxy.client()
    for key, body in (("/a", b"one"), ("//a", b"two")):
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
    assert body_of(client, "a") == b"one"
    assert body_of(client, "//a") == b"two"


def test_similar_keys_are_different_objects(way):
    client = way.client()
    keys = ["A b", "a b", "a+b", "a%20b", "a%2Bb", "a b ", "a/b", "a//b", "a/./b", "a%2Fb", "a\\b"]
    for key in keys:
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in keys:
        assert body_of(client, key) == key.encode()
        client.delete_object(Bucket=BUCKET, Key=key)


def test_a_key_of_851_bytes_is_refused(way, refused):
    error = refused(way.client().put_object, Bucket=BUCKET, Key="x" * 851, Body=b"")
    assert (error.get_status_code(), error.get_error_code()) == (400, "KeyTooLong")


def test_an_object_is_replaced_and_deleted_twice(way):
    client = way.client()
    for body in (b"first", b"", b"the third body"):
        answer = client.put_object(Bucket=BUCKET, Key="exampleobject", Body=body)
        assert answer["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        assert body_of(client) == body
    client.delete_object(Bucket=BUCKET, Key="exampleobject")
    client.delete_object(Bucket=BUCKET, Key="exampleobject")


def test_what_an_object_is_comes_back(way):
    client = way.client()
    client.put_object(
        Bucket=BUCKET,
        Key="exampleobject",
        Body=b"{}",
        EnableMD5=True,
        ContentType="application/json; charset=utf-8",
        CacheControl="max-age=600",
        ContentDisposition='attachment; filename="example.json"',
        ContentLanguage="zh-CN",
        Expires="Thu, 16 May 2029 06:45:51 GMT",
        StorageClass="STANDARD_IA",
        Metadata={"x-cos-meta-colour": "light blue", "x-cos-meta-size": "2"},
    )
    head = client.head_object(Bucket=BUCKET, Key="exampleobject")
    get = client.get_object(Bucket=BUCKET, Key="exampleobject")
    for answer in (head, get):
        # Names in the service's spelling: the SDK hands out a plain dictionary.
        assert answer["Content-Type"] == "application/json; charset=utf-8"
        assert answer["Content-Length"] == "2"
        assert answer["Cache-Control"] == "max-age=600"
        assert answer["Content-Disposition"] == 'attachment; filename="example.json"'
        assert answer["Content-Language"] == "zh-CN"
        assert answer["Expires"] == "Thu, 16 May 2029 06:45:51 GMT"
        assert answer["x-cos-storage-class"] == "STANDARD_IA"
        assert answer["x-cos-meta-colour"] == "light blue"
        assert answer["x-cos-meta-size"] == "2"
        assert answer["ETag"] == f'"{hashlib.md5(b"{}").hexdigest()}"'
        assert answer["x-cos-hash-crc64ecma"].isdigit()
        assert answer["Last-Modified"].endswith(" GMT")
        assert answer["x-cos-request-id"]
    assert head["x-cos-request-id"] != get["x-cos-request-id"]
    assert get["Accept-Ranges"] == "bytes"


def test_overrides_of_an_answer(way):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text", ContentType="text/plain")
    answer = client.get_object(
        Bucket=BUCKET,
        Key="exampleobject",
        ResponseContentType="application/octet-stream",
        ResponseContentDisposition="attachment; filename=a b.txt",
        ResponseCacheControl="no-store",
        ResponseContentLanguage="en",
        ResponseExpires="Thu, 16 May 2029 06:45:51 GMT",
    )
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename=a b.txt"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Language"] == "en"
    assert answer["Expires"] == "Thu, 16 May 2029 06:45:51 GMT"
    assert client.head_object(Bucket=BUCKET, Key="exampleobject")["Content-Type"] == "text/plain"


def test_an_override_wants_a_signature_beside_it(way):
    """The documents append it to a URL that is signed without it (436/57420); nobody may send it unsigned (436/7753)."""
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text", ACL="public-read")
    url = client.get_presigned_url(Bucket=BUCKET, Key="exampleobject", Method="GET")
    answer = requests.get(url + "&response-content-type=text%2Fhtml")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html")
    plain = url.split("?")[0]
    assert requests.get(plain).status_code == 200
    answer = requests.get(plain + "?response-content-type=text%2Fhtml")
    assert answer.status_code == 400
    assert "<Code>InvalidRequest</Code>" in answer.text


MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def body():
    """5 MiB of which no part is like another."""
    return b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(5 * MEGABYTE // 32))


def test_a_stream_of_5_mib(body, way):
    client = way.client()
    answer = client.put_object(Bucket=BUCKET, Key="exampleobject", Body=io.BytesIO(body))
    assert answer["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert body_of(client) == body


def test_a_body_in_chunks_of_unknown_length(body, way):
    url = way.client().get_presigned_url(Bucket=BUCKET, Key="exampleobject", Method="PUT")
    chunks = (body[start : start + 65521] for start in range(0, len(body), 65521))
    answer = requests.put(url, data=chunks)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


def test_a_file_goes_up_and_comes_down_in_parts(body, way, tmp_path):
    """`download_file` reads HEAD and then ranges, on several threads, and checks the CRC."""
    (tmp_path / "up").write_bytes(body)
    client = way.client()
    client.upload_file(
        Bucket=BUCKET, Key="exampleobject", LocalFilePath=str(tmp_path / "up"), PartSize=10
    )
    client.download_file(
        Bucket=BUCKET,
        Key="exampleobject",
        DestFilePath=str(tmp_path / "down"),
        PartSize=1,
        EnableCRC=True,
        DumpRecordDir=str(tmp_path),
    )
    assert (tmp_path / "down").read_bytes() == body


@pytest.mark.parametrize(
    "asked, part, told",
    [
        ("bytes=2-4", slice(2, 5), "bytes 2-4/16"),
        ("bytes=10-", slice(10, None), "bytes 10-15/16"),
        ("bytes=-3", slice(-3, None), "bytes 13-15/16"),
        ("bytes=12-99", slice(12, None), "bytes 12-15/16"),
    ],
)
def test_a_range(asked, part, told, way):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"0123456789abcdef")
    answer = client.get_object(Bucket=BUCKET, Key="exampleobject", Range=asked)
    assert answer["Body"].get_raw_stream().read() == b"0123456789abcdef"[part]
    assert answer["Content-Range"] == told


def test_a_range_outside_is_refused(way, refused):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"0123456789abcdef")
    error = refused(client.get_object, Bucket=BUCKET, Key="exampleobject", Range="bytes=16-")
    assert (error.get_status_code(), error.get_error_code()) == (416, "InvalidRange")


def test_conditions(way, refused):
    client = way.client()
    etag = client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")["ETag"]
    other = f'"{32 * "0"}"'

    past, future = "Thu, 16 May 2019 06:45:51 GMT", "Thu, 16 May 2097 06:45:51 GMT"
    assert body_of(client, IfMatch=etag) == b"text"
    assert body_of(client, IfNoneMatch=other) == b"text"
    assert body_of(client, IfModifiedSince=past) == b"text"
    assert body_of(client, IfUnmodifiedSince=future) == b"text"
    for conditions in ({"IfMatch": other}, {"IfUnmodifiedSince": past}):
        error = refused(body_of, client, **conditions)
        assert (error.get_status_code(), error.get_error_code()) == (412, "PreconditionFailed")


def test_an_object_that_the_client_has(way):
    """304, which the SDK takes for a success, and for which it needs a `Content-Length`."""
    client = way.client()
    etag = client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")["ETag"]
    for condition in ({"IfNoneMatch": etag}, {"IfModifiedSince": "Thu, 16 May 2097 06:45:51 GMT"}):
        assert body_of(client, **condition) == b""
        head = client.head_object(Bucket=BUCKET, Key="exampleobject", **condition)
        assert head["ETag"] == etag


def test_content_md5(way, refused):
    client = way.client()
    put = {"Bucket": BUCKET, "Key": "exampleobject", "Body": b"text"}
    digest = base64.b64encode(hashlib.md5(b"text").digest()).decode()
    assert client.put_object(ContentMD5=digest, **put)["ETag"]
    assert client.put_object(EnableMD5=True, **put)["ETag"]
    wrong = base64.b64encode(hashlib.md5(b"Text").digest()).decode()
    assert refused(client.put_object, ContentMD5=wrong, **put).get_error_code() == "BadDigest"
    for bad in (digest[:-4], "not base64!"):
        assert refused(client.put_object, ContentMD5=bad, **put).get_error_code() == "InvalidDigest"


@pytest.mark.parametrize("limit", ["819199", "838860801", "fast", "-819200"])
def test_a_traffic_limit_out_of_bounds_is_refused(limit, way, refused):
    put = way.client().put_object
    error = refused(put, Bucket=BUCKET, Key="exampleobject", Body=b"text", TrafficLimit=limit)
    assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidArgument")


def test_access_control_of_an_object(way, refused):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")
    assert grants_of(client) == []
    client.put_object_acl(Bucket=BUCKET, Key="exampleobject", ACL="public-read")
    assert [grant["Permission"] for grant in grants_of(client)] == ["READ"]
    error = refused(client.put_object_acl, Bucket=BUCKET, Key="exampleobject", ACL="public")
    assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidArgument")


def grants_of(client):
    """The grants to others than the owner."""
    document = client.get_object_acl(Bucket=BUCKET, Key="exampleobject")
    grants = (document["AccessControlList"] or {}).get("Grant", [])
    return [grant for grant in grants if grant["Grantee"].get("ID") != document["Owner"]["ID"]]


def test_the_life_of_a_bucket(proxy, refused):
    client = proxy.client()
    bucket = {"Bucket": "another-1250000000"}
    assert not client.bucket_exists(**bucket)
    client.create_bucket(**bucket)
    assert client.head_bucket(**bucket)["x-cos-bucket-region"] == REGION
    assert client.bucket_exists(**bucket)
    names = [entry["Name"] for entry in client.list_buckets()["Buckets"]["Bucket"]]
    assert names == sorted(["another-1250000000", BUCKET])

    error = refused(client.create_bucket, **bucket)
    assert (error.get_status_code(), error.get_error_code()) == (409, "BucketAlreadyOwnedByYou")
    client.put_object(Key="exampleobject", Body=b"text", **bucket)
    error = refused(client.delete_bucket, **bucket)
    assert (error.get_status_code(), error.get_error_code()) == (409, "BucketNotEmpty")
    client.delete_object(Key="exampleobject", **bucket)
    client.delete_bucket(**bucket)
    error = refused(client.delete_bucket, **bucket)
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchBucket")
    for call in (client.get_object, client.delete_object):
        error = refused(call, Key="exampleobject", **bucket)
        assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchBucket")


def test_the_bucket_is_there_in_every_way(way):
    assert way.client().head_bucket(Bucket=BUCKET)["x-cos-bucket-region"] == REGION


def test_the_list_of_buckets(endpoint, proxy):
    for client in (
        proxy.client(),
        proxy.client(ServiceDomain=f"service.cos.localhost:{endpoint.port}"),
    ):
        document = client.list_buckets()
        (bucket,) = document["Buckets"]["Bucket"]
        assert (bucket["Name"], bucket["Location"]) == (BUCKET, REGION)
        time.strptime(bucket["CreationDate"], "%Y-%m-%dT%H:%M:%SZ")
        assert document["Owner"]["ID"].startswith("qcs::cam::uin/")
        assert document["IsTruncated"] == "false"


def test_what_is_not_there(way, refused):
    client = way.client()
    error = refused(client.get_object, Bucket=BUCKET, Key="absent")
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchKey")
    assert error.get_error_msg() == "The specified key does not exist."
    assert error.get_resource_location().endswith("/absent")
    assert error.get_trace_id() not in ("", "Unknown")
    assert error.get_origin_msg().startswith(
        "<?xml version='1.0' encoding='utf-8' ?>\n<Error>\n\t<Code>"
    )
    error = refused(client.head_object, Bucket=BUCKET, Key="absent")
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchResource")


def test_credentials_that_are_wrong(way, refused):
    def get(client):
        return refused(client.get_object, Bucket=BUCKET, Key="exampleobject")

    error = get(way.client(secret_key="another"))
    assert (error.get_status_code(), error.get_error_code()) == (403, "SignatureDoesNotMatch")
    assert "<StringToSign>sha1\n" in error.get_origin_msg()
    error = get(way.client(secret_id="AKIDUNKNOWN"))
    assert (error.get_status_code(), error.get_error_code()) == (403, "InvalidAccessKeyId")
    error = get(way.client(secret_id=None, secret_key=None, Anonymous=True))
    assert (error.get_status_code(), error.get_error_code()) == (403, "AccessDenied")


def test_a_clock_that_is_wrong(way, refused):
    client = way.client()
    # The SDK's own requests hold for 10,000 s.
    with mock.patch("time.time", lambda now=time.time(): now - 20000):
        error = refused(client.get_object, Bucket=BUCKET, Key="exampleobject")
    assert (error.get_error_code(), error.get_error_msg()) == (
        "AccessDenied",
        "Request has expired",
    )
    with mock.patch("time.time", lambda now=time.time(): now + 20000):
        error = refused(client.get_object, Bucket=BUCKET, Key="exampleobject")
    assert (error.get_status_code(), error.get_error_code()) == (403, "RequestTimeTooSkewed")


def test_many_clients_at_once(way):
    client = way.client()

    def round_trip(number):
        key, body = f"many/{number}", str(number).encode() * number
        client.put_object(Bucket=BUCKET, Key=key, Body=body)
        same = body_of(client, key) == body
        client.delete_object(Bucket=BUCKET, Key=key)
        return same

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(round_trip, range(64)))


def test_the_same_configuration_by_ip_and_port(endpoint):
    """`IP` and `Port`: the host that is sent and signed stays that of the bucket."""
    config = CosConfig(
        Region=REGION,
        SecretId=SECRET_ID,
        SecretKey=SECRET_KEY,
        Scheme="http",
        IP="127.0.0.1",
        Port=endpoint.port,
    )
    client = CosS3Client(config)
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"text")
    assert body_of(client) == b"text"
    with pytest.raises(CosServiceError):
        client.get_object(Bucket="absent-1250000000", Key="exampleobject")
