"""Buckets, objects, lists, access control."""

import urllib.parse

from client import (
    BUCKET,
    COS,
    HOST,
    REGION,
    SETTINGS,
    body_of,
    client,
    contains,
    equal,
    etag,
    plain,
    put,
    refused,
)
from report import NotOffered, operation


@operation("service")
def service():
    document = COS.list_buckets()
    buckets = {entry["Name"]: entry for entry in document["Buckets"]["Bucket"]}
    equal(buckets[BUCKET]["Location"], REGION)
    assert document["Owner"]["ID"].startswith("qcs::cam::uin/")


@operation("bucket")
def bucket():
    another = {"Bucket": "another-1250000000"}
    COS.create_bucket(**another)
    equal(COS.head_bucket(**another)["x-cos-bucket-region"], REGION)
    refused(409, "BucketAlreadyOwnedByYou", COS.create_bucket, **another)
    COS.put_object(Key="exampleobject", Body=b"text", **another)
    refused(409, "BucketNotEmpty", COS.delete_bucket, **another)
    COS.delete_object(Key="exampleobject", **another)
    COS.delete_bucket(**another)
    assert not COS.bucket_exists(**another)
    refused(404, "NoSuchBucket", COS.get_object, Key="exampleobject", **another)


@operation("location")
def location():
    equal(COS.get_bucket_location(Bucket=BUCKET)["LocationConstraint"], REGION)


@operation("put")
def put_object():
    answer = put(
        "put",
        b"{}",
        EnableMD5=True,
        ContentType="application/json; charset=utf-8",
        CacheControl="max-age=600",
        StorageClass="STANDARD_IA",
        Metadata={"x-cos-meta-colour": "light blue"},
    )
    equal(answer["ETag"], etag(b"{}"))
    assert answer["x-cos-hash-crc64ecma"].isdigit()
    assert answer["x-cos-request-id"]
    head = COS.head_object(Bucket=BUCKET, Key="put")
    contains(
        head,
        {
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "max-age=600",
            "x-cos-storage-class": "STANDARD_IA",
            "x-cos-meta-colour": "light blue",
        },
    )


@operation("get")
def get_object():
    put("get", b"text", ContentType="text/plain")
    answer = COS.get_object(Bucket=BUCKET, Key="get", ResponseContentType="text/html")
    equal(answer["Body"].get_raw_stream().read(), b"text")
    contains(answer, {"Content-Type": "text/html", "ETag": etag(b"text"), "Content-Length": "4"})


@operation("head")
def head_object():
    put("head", b"text")
    head = COS.head_object(Bucket=BUCKET, Key="head")
    contains(head, {"ETag": etag(b"text"), "Content-Length": "4", "x-cos-object-type": "normal"})
    refused(404, "NoSuchResource", COS.head_object, Bucket=BUCKET, Key="absent")


@operation("delete")
def delete_object():
    put("delete", b"text")
    COS.delete_object(Bucket=BUCKET, Key="delete")
    assert not COS.object_exists(Bucket=BUCKET, Key="delete")
    COS.delete_object(Bucket=BUCKET, Key="delete")


def presigned(method, key, cos=COS, **arguments):
    return cos.get_presigned_url(Bucket=BUCKET, Key=key, Method=method, **arguments)


@operation("presigned-put")
def presigned_put():
    answer = plain("PUT", presigned("PUT", "presigned-put"), b"text")
    equal((answer.status, answer.headers["ETag"]), (200, etag(b"text")))
    equal(body_of("presigned-put"), b"text")
    signed = {"Content-Type": "text/plain"}
    url = presigned("PUT", "presigned-put", Headers=signed)
    equal(plain("PUT", url, b"text", **signed).status, 200)
    changed = plain("PUT", url, b"text", **{"Content-Type": "text/html"})
    equal(changed.status, 403)
    assert b"<Code>SignatureDoesNotMatch</Code>" in changed.body


@operation("presigned-get")
def presigned_get():
    put("presigned-get", b"text")
    url = presigned("GET", "presigned-get")
    answer = plain("GET", url)
    equal((answer.status, answer.body), (200, b"text"))
    equal(plain("GET", url, Range="bytes=1-2").body, b"ex")
    params = {"response-content-disposition": "attachment; filename=a b.txt"}
    answer = plain("GET", presigned("GET", "presigned-get", Params=params))
    equal(answer.headers["Content-Disposition"], params["response-content-disposition"])
    equal(plain("PUT", url, b"other").status, 403)
    equal(plain("GET", url.replace("presigned-get", "other")).status, 403)


@operation("presigned-head")
def presigned_head():
    put("presigned-head", b"text")
    answer = plain("HEAD", presigned("HEAD", "presigned-head"))
    equal((answer.status, answer.headers["Content-Length"], answer.body), (200, "4", b""))
    answer = plain("HEAD", presigned("HEAD", "absent"))
    equal((answer.status, answer.body), (404, b""))


@operation("presigned-delete")
def presigned_delete():
    put("presigned-delete", b"text")
    url = presigned("DELETE", "presigned-delete")
    equal(plain("DELETE", url).status, 204)
    assert not COS.object_exists(Bucket=BUCKET, Key="presigned-delete")


def temporary(port=SETTINGS["temporary_port"], **settings):
    return client(Proxies={"http": f"http://127.0.0.1:{port}"}, **settings)


@operation("token")
def token():
    cos = temporary(Token=SETTINGS["token"])
    cos.put_object(Bucket=BUCKET, Key="token", Body=b"text")
    equal(body_of("token", cos), b"text")
    for wrong in (None, "another"):
        refused(403, "InvalidAccessKeyId", body_of, "token", temporary(Token=wrong))


@operation("token-presigned")
def token_presigned():
    cos, port = temporary(Token=SETTINGS["token"]), SETTINGS["temporary_port"]
    params = {"x-cos-security-token": SETTINGS["token"]}
    url = presigned("PUT", "token-presigned", cos, Params=params)
    equal(plain("PUT", url, b"text", port).status, 200)
    url = presigned("GET", "token-presigned", cos, Params=params)
    equal(plain("GET", url, port=port).body, b"text")
    url = presigned("GET", "token-presigned", cos)
    equal(plain("GET", url, port=port).status, 403)


def each_key(keys):
    for number, key in enumerate(keys):
        body = f"{number} {key}".encode()
        put(key, body)
        equal(body_of(key), body)
        equal(plain("GET", presigned("GET", key)).body, body)
        equal(plain("PUT", presigned("PUT", key), b"other").status, 200)
        equal(COS.head_object(Bucket=BUCKET, Key=key)["ETag"], etag(b"other"))
        listed = COS.list_objects(Bucket=BUCKET, Prefix=key, EncodingType="url")
        found = [urllib.parse.unquote(entry["Key"]) for entry in listed["Contents"]]
        assert key in found, f"{key!r} is not in {found!r}"
        COS.delete_object(Bucket=BUCKET, Key=key)
        assert not COS.object_exists(Bucket=BUCKET, Key=key)


@operation("keys")
def keys():
    each_key(SETTINGS["keys"])


@operation("dot-keys")
def dot_keys():
    each_key(SETTINGS["dot_keys"])


@operation("range")
def ranges():
    put("range", b"0123456789")
    for asked, told, body in (
        ("bytes=2-4", "bytes 2-4/10", b"234"),
        ("bytes=7-", "bytes 7-9/10", b"789"),
        ("bytes=-2", "bytes 8-9/10", b"89"),
        ("bytes=8-99", "bytes 8-9/10", b"89"),
    ):
        answer = COS.get_object(Bucket=BUCKET, Key="range", Range=asked)
        equal(answer["Body"].get_raw_stream().read(), body)
        equal(answer["Content-Range"], told)
    refused(416, "InvalidRange", COS.get_object, Bucket=BUCKET, Key="range", Range="bytes=10-")


@operation("conditions")
def conditions():
    right = put("conditions", b"text")["ETag"]
    equal(body_of("conditions", IfMatch=right), b"text")
    refused(412, "PreconditionFailed", body_of, "conditions", IfMatch='"other"')
    equal(body_of("conditions", IfNoneMatch='"other"'), b"text")
    equal(body_of("conditions", IfNoneMatch=right), b"")


@operation("errors")
def errors():
    error = refused(404, "NoSuchKey", COS.get_object, Bucket=BUCKET, Key="absent")
    equal(error.get_error_msg(), "The specified key does not exist.")
    equal(error.get_resource_location(), f"{HOST}/absent")
    assert error.get_trace_id() not in ("", "Unknown")
    wrong = client(SecretKey="another")
    refused(403, "SignatureDoesNotMatch", body_of, "absent", wrong)
    refused(403, "InvalidAccessKeyId", body_of, "absent", client(SecretId="AKIDUNKNOWN"))
    anonymous = client(SecretId=None, SecretKey=None, Anonymous=True)
    refused(403, "AccessDenied", body_of, "absent", anonymous)


def names(document):
    return [entry["Key"] for entry in document.get("Contents", [])]


@operation("list")
def list_objects():
    for name in ("list/b", "list/a", "list/照片"):
        put(name, name.encode())
    document = COS.list_objects(Bucket=BUCKET, Prefix="list/")
    equal(names(document), ["list/a", "list/b", "list/照片"])
    contains(document, {"Name": BUCKET, "Prefix": "list/", "IsTruncated": "false"})
    contains(document["Contents"][0], {"ETag": etag(b"list/a"), "Size": "6"})


@operation("list-delimiter")
def list_delimiter():
    for name in ("tree/a/1", "tree/a/2", "tree/b/3", "tree/c"):
        put(name, b"")
    document = COS.list_objects(Bucket=BUCKET, Prefix="tree/", Delimiter="/")
    equal([entry["Prefix"] for entry in document["CommonPrefixes"]], ["tree/a/", "tree/b/"])
    equal(names(document), ["tree/c"])


@operation("list-pages")
def list_pages():
    expected = [f"pages/{number}" for number in range(7)]
    for name in expected:
        put(name, b"")
    found, marker, pages = [], "", 0
    while True:
        document = COS.list_objects(Bucket=BUCKET, Prefix="pages/", MaxKeys=3, Marker=marker)
        found, pages = found + names(document), pages + 1
        if document["IsTruncated"] == "false":
            break
        marker = document["NextMarker"]
    equal((found, pages), (expected, 3))


@operation("delete-multiple")
def delete_multiple():
    wanted = ["multiple/a b", "multiple/照片", "multiple/<&>"]
    for name in wanted:
        put(name, b"")
    objects = {"Object": [{"Key": name} for name in [*wanted, "multiple/absent"]]}
    answer = COS.delete_objects(Bucket=BUCKET, Delete={**objects, "Quiet": "false"})
    equal([entry["Key"] for entry in answer["Deleted"]], [*wanted, "multiple/absent"])
    equal(names(COS.list_objects(Bucket=BUCKET, Prefix="multiple/")), [])


def grants(document):
    return [grant["Permission"] for grant in document["AccessControlList"]["Grant"]]


@operation("bucket-acl")
def bucket_acl():
    everyone = {"URI": "http://cam.qcloud.com/groups/global/AllUsers"}
    for canned, permissions in (
        ("public-read", ["FULL_CONTROL", "READ"]),
        ("public-read-write", ["FULL_CONTROL", "READ", "WRITE"]),
        ("private", ["FULL_CONTROL"]),
    ):
        COS.put_bucket_acl(Bucket=BUCKET, ACL=canned)
        document = COS.get_bucket_acl(Bucket=BUCKET)
        equal(sorted(grants(document)), permissions)
        for grant in document["AccessControlList"]["Grant"]:
            if grant["Permission"] != "FULL_CONTROL":
                contains(grant["Grantee"], everyone)
    COS.put_bucket_acl(Bucket=BUCKET, GrantRead='id="qcs::cam::uin/1001:uin/1001"')
    found = COS.get_bucket_acl(Bucket=BUCKET)["AccessControlList"]["Grant"]
    ids = [grant["Grantee"]["ID"] for grant in found if grant["Permission"] == "READ"]
    equal(ids, ["qcs::cam::uin/1001:uin/1001"])
    COS.put_bucket_acl(Bucket=BUCKET, ACL="private")
    refused(400, "InvalidArgument", COS.put_bucket_acl, Bucket=BUCKET, ACL="public")


@operation("object-acl")
def object_acl():
    put("object-acl", b"text")
    url = f"http://{HOST}/object-acl"
    equal(plain("GET", url).status, 403)
    COS.put_object_acl(Bucket=BUCKET, Key="object-acl", ACL="public-read")
    assert "READ" in grants(COS.get_object_acl(Bucket=BUCKET, Key="object-acl"))
    equal(plain("GET", url).body, b"text")
    COS.put_object_acl(Bucket=BUCKET, Key="object-acl", ACL="private")
    equal(grants(COS.get_object_acl(Bucket=BUCKET, Key="object-acl")), ["FULL_CONTROL"])
    equal(plain("GET", url).status, 403)


@operation("cross-origin")
def cross_origin():
    raise NotOffered("no page")
