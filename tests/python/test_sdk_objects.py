"""What else the official SDK can do with an object: tags, restoring, links, encryption."""

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
