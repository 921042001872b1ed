"""Tags, versions, CORS."""

from client import BUCKET, COS, body_of, contains, equal, plain, put, refused
from report import NotOffered, operation


def tags(**given):
    return {"TagSet": {"Tag": [{"Key": key, "Value": value} for key, value in given.items()]}}


@operation("bucket-tagging")
def bucket_tagging():
    COS.put_bucket_tagging(Bucket=BUCKET, Tagging=tags(colour="blue", size="2"))
    equal(COS.get_bucket_tagging(Bucket=BUCKET), tags(colour="blue", size="2"))
    COS.delete_bucket_tagging(Bucket=BUCKET)
    refused(404, "NoSuchTagSet", COS.get_bucket_tagging, Bucket=BUCKET)


@operation("object-tagging")
def object_tagging():
    name = {"Bucket": BUCKET, "Key": "object-tagging"}
    put("object-tagging", b"text")
    COS.put_object_tagging(Tagging=tags(colour="blue"), **name)
    equal(COS.get_object_tagging(**name), tags(colour="blue"))
    equal(COS.head_object(**name)["x-cos-tagging-count"], "1")
    COS.delete_object_tagging(**name)
    assert not (COS.get_object_tagging(**name)["TagSet"] or {}).get("Tag")
    call = COS.put_object_tagging
    refused(404, "NoSuchKey", call, Bucket=BUCKET, Key="absent", Tagging=tags(colour="blue"))


def versioned(function):
    """Between a bucket whose versioning is enabled and one whose is suspended."""

    def call():
        COS.put_bucket_versioning(Bucket=BUCKET, Status="Enabled")
        try:
            function()
        finally:
            COS.put_bucket_versioning(Bucket=BUCKET, Status="Suspended")

    return call


@operation("versioning")
@versioned
def versioning():
    equal(COS.get_bucket_versioning(Bucket=BUCKET)["Status"], "Enabled")
    name = {"Bucket": BUCKET, "Key": "versioning"}
    first, second = (put("versioning", body)["x-cos-version-id"] for body in (b"one", b"two"))
    assert first != second
    equal(body_of("versioning"), b"two")
    equal(body_of("versioning", VersionId=first), b"one")
    equal(COS.head_object(VersionId=first, **name)["x-cos-version-id"], first)
    COS.delete_object(VersionId=second, **name)
    equal(body_of("versioning"), b"one")
    refused(404, "NoSuchVersion", body_of, "versioning", VersionId=second)


@operation("versions-list")
@versioned
def versions_list():
    for body in (b"one", b"two"):
        put("versions-list", body)
    document = COS.list_objects_versions(Bucket=BUCKET, Prefix="versions-list")
    found = [(entry["IsLatest"], entry["Size"]) for entry in document["Version"]]
    equal(found, [("true", "3"), ("false", "3")])
    first = COS.list_objects_versions(Bucket=BUCKET, Prefix="versions-list", MaxKeys=1)
    equal(first["IsTruncated"], "true")
    rest = COS.list_objects_versions(
        Bucket=BUCKET,
        Prefix="versions-list",
        KeyMarker=first["NextKeyMarker"],
        VersionIdMarker=first["NextVersionIdMarker"],
    )
    equal([entry["IsLatest"] for entry in rest["Version"]], ["false"])


@operation("delete-markers")
@versioned
def delete_markers():
    name = {"Bucket": BUCKET, "Key": "delete-markers"}
    put("delete-markers", b"text")
    answer = COS.delete_object(**name)
    equal(answer["x-cos-delete-marker"], "true")
    refused(404, "NoSuchKey", body_of, "delete-markers")
    document = COS.list_objects_versions(Bucket=BUCKET, Prefix="delete-markers")
    (marker,) = document["DeleteMarker"]
    contains(marker, {"IsLatest": "true", "VersionId": answer["x-cos-version-id"]})
    COS.delete_object(VersionId=marker["VersionId"], **name)
    equal(body_of("delete-markers"), b"text")


RULE = {
    "ID": "page",
    "AllowedOrigin": ["http://page.example"],
    "AllowedMethod": ["PUT", "GET"],
    "AllowedHeader": ["x-cos-meta-*", "content-type"],
    "ExposeHeader": ["ETag"],
    "MaxAgeSeconds": "600",
}


@operation("cors")
def cors():
    COS.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRule": [RULE]})
    (found,) = COS.get_bucket_cors(Bucket=BUCKET)["CORSRule"]
    equal(found, RULE)
    put("cors", b"text")
    url = COS.get_presigned_url(Bucket=BUCKET, Key="cors", Method="GET")
    answer = plain("GET", url, Origin="http://page.example")
    equal(answer.headers["Access-Control-Allow-Origin"], "http://page.example")
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in plain("GET", url, Origin="http://other.example").headers
    COS.delete_bucket_cors(Bucket=BUCKET)
    refused(404, "NoSuchCORSConfiguration", COS.get_bucket_cors, Bucket=BUCKET)


@operation("preflight")
def preflight():
    raise NotOffered("no call for OPTIONS Object")


@operation("post-form")
def post_form():
    raise NotOffered("no call for POST Object")
