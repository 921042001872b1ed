"""What else the official SDK can do with an object: tags."""

from endpoint import BUCKET

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
