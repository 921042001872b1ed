"""What else the official SDK can do with an object: tags, restoring, links, appending, encryption,
versions."""

import time

from endpoint import BUCKET, body_of

KEY = "exampleobject"


def test_tags(way, refused):
    client = way.client()
    error = refused(client.get_object_tagging, Bucket=BUCKET, Key=KEY)
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchKey")

    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    tags = [{"Key": "age", "Value": "18"}, {"Key": "name", "Value": "小 明"}]
    client.put_object_tagging(Bucket=BUCKET, Key=KEY, Tagging={"TagSet": {"Tag": tags}})
    answer = client.get_object_tagging(Bucket=BUCKET, Key=KEY)
    assert answer["TagSet"]["Tag"] == tags
    assert client.head_object(Bucket=BUCKET, Key=KEY)["x-cos-tagging-count"] == "2"

    eleven = [{"Key": f"k{number}", "Value": "v"} for number in range(11)]
    error = refused(
        client.put_object_tagging, Bucket=BUCKET, Key=KEY, Tagging={"TagSet": {"Tag": eleven}}
    )
    assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidTag")

    client.delete_object_tagging(Bucket=BUCKET, Key=KEY)
    assert not client.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"]


def test_an_upload_brings_tags_along(way):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", Metadata={"x-cos-tagging": "k=v&l=w"})
    tags = client.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"]["Tag"]
    assert tags == [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}]


def test_an_archived_object_is_restored(way, refused):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"archived", StorageClass="ARCHIVE")
    error = refused(client.get_object, Bucket=BUCKET, Key=KEY)
    assert (error.get_status_code(), error.get_error_code()) == (403, "InvalidObjectState")
    request = {"Days": 1, "CASJobParameters": {"Tier": "Expedited"}}
    client.restore_object(Bucket=BUCKET, Key=KEY, RestoreRequest=request)
    deadline = time.monotonic() + 20
    while 'ongoing-request="false"' not in client.head_object(Bucket=BUCKET, Key=KEY)["x-cos-restore"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert body_of(client) == b"archived"


def test_a_link(way, refused):
    client = way.client()
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"the target")
    made = client.put_symlink(Bucket=BUCKET, SymlinkName="a/link", SymlinkTarget=KEY)
    link = client.get_symlink(Bucket=BUCKET, SymlinkName="a/link")
    assert link["x-cos-symlink-target"] == KEY
    assert link["ETag"] == made["ETag"]
    assert body_of(client, "a/link") == b"the target"
    error = refused(client.get_symlink, Bucket=BUCKET, SymlinkName="absent")
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchKey")
    client.delete_object(Bucket=BUCKET, Key="a/link")


def test_encryption_is_told(way, refused):
    client = way.client()
    answer = client.put_object(
        Bucket=BUCKET, Key=KEY, Body=b"x", ServerSideEncryption="AES256"
    )
    assert answer["x-cos-server-side-encryption"] == "AES256"
    head = client.head_object(Bucket=BUCKET, Key=KEY)
    assert head["x-cos-server-side-encryption"] == "AES256"
    error = refused(
        client.put_object, Bucket=BUCKET, Key=KEY, Body=b"x", ServerSideEncryption="AES128"
    )
    assert (error.get_status_code(), error.get_error_code()) == (400, "InvalidArgument")


def test_appending(way, refused):
    client = way.client()
    whole = b""
    for piece in (b"first", b"second" * 100_000, b"third"):
        answer = client.append_object(Bucket=BUCKET, Key=KEY, Position=len(whole), Data=piece)
        whole += piece
        assert answer["x-cos-next-append-position"] == str(len(whole))
        assert body_of(client) == whole
    head = client.head_object(Bucket=BUCKET, Key=KEY)
    assert head["x-cos-object-type"] == "appendable"
    error = refused(client.append_object, Bucket=BUCKET, Key=KEY, Position=0, Data=b"x")
    assert (error.get_status_code(), error.get_error_code()) == (409, "AppendPositionErr")
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"x")
    error = refused(client.append_object, Bucket=BUCKET, Key=KEY, Position=1, Data=b"x")
    assert (error.get_status_code(), error.get_error_code()) == (409, "ObjectNotAppendable")


def test_versions(way, refused):
    client = way.client()
    bucket = "versions-1250000000"
    if way.host.startswith("127."):
        return  # A domain leads to one bucket.
    client.create_bucket(Bucket=bucket)
    try:
        client.put_bucket_versioning(Bucket=bucket, Status="Enabled")
        ids = [
            client.put_object(Bucket=bucket, Key=KEY, Body=body)["x-cos-version-id"]
            for body in (b"first", b"second")
        ]
        assert len(set(ids)) == 2
        old = client.get_object(Bucket=bucket, Key=KEY, VersionId=ids[0])
        assert old["Body"].get_raw_stream().read() == b"first"
        deleted = client.delete_object(Bucket=bucket, Key=KEY)
        assert deleted["x-cos-delete-marker"] == "true"
        error = refused(client.get_object, Bucket=bucket, Key=KEY)
        assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchKey")
        listed = client.list_objects_versions(Bucket=bucket)
        assert [version["VersionId"] for version in listed["Version"]] == ids[::-1]
        assert [marker["IsLatest"] for marker in listed["DeleteMarker"]] == ["true"]
        source = {"Bucket": bucket, "Key": KEY, "Region": "ap-guangzhou", "VersionId": ids[0]}
        host = way.host.split(".", 1)[1]
        source["Endpoint"] = host
        client.copy_object(Bucket=bucket, Key="copy", CopySource=source)
        assert client.get_object(Bucket=bucket, Key="copy")["Body"].get_raw_stream().read() == b"first"
    finally:
        for version in all_versions(client, bucket):
            client.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        client.delete_bucket(Bucket=bucket)


def all_versions(client, bucket):
    listed = client.list_objects_versions(Bucket=bucket)
    return listed.get("Version", []) + listed.get("DeleteMarker", [])
