"""Who may do what: access control, policies, referers and other origins, set with the official SDK."""

import json

import pytest
import requests
from endpoint import REGION
from qcloud_cos import CosConfig, CosS3Client

NAME = "shared-1250000000"
HOST = f"http://{NAME}.cos.{REGION}.myqcloud.com"
ANYONE = "qcs::cam::anyone:anyone"


@pytest.fixture
def client(proxy):
    """A client, and a bucket of its own that is gone afterwards."""
    client = proxy.client()
    client.create_bucket(Bucket=NAME)
    client.put_object(Bucket=NAME, Key="a/b", Body=b"text")
    yield client
    client.put_bucket_acl(Bucket=NAME, ACL="private")
    for entry in client.list_objects(Bucket=NAME).get("Contents", []):
        client.delete_object(Bucket=NAME, Key=entry["Key"])
    client.delete_bucket(Bucket=NAME)


def statuses():
    """What an unsigned request is answered: to download, list, upload and delete."""
    return [
        requests.get(f"{HOST}/a/b").status_code,
        requests.get(f"{HOST}/").status_code,
        requests.put(f"{HOST}/new", data=b"x").status_code,
        requests.delete(f"{HOST}/new").status_code,
    ]


def test_a_bucket_is_opened_and_closed(client):
    assert statuses() == [403, 403, 403, 403]
    client.put_bucket_acl(Bucket=NAME, ACL="public-read")
    assert requests.get(f"{HOST}/a/b").content == b"text"
    assert statuses() == [200, 200, 403, 403]
    assert requests.get(f"{HOST}/absent").status_code == 404
    client.put_bucket_acl(Bucket=NAME, ACL="public-read-write")
    assert statuses() == [200, 200, 200, 204]
    client.put_bucket_acl(Bucket=NAME, ACL="private")
    assert statuses() == [403, 403, 403, 403]


def test_an_object_is_opened(client, refused):
    client.put_object_acl(Bucket=NAME, Key="a/b", ACL="public-read")
    assert statuses() == [200, 403, 403, 403]
    anonymous = CosS3Client(CosConfig(Region=REGION, Scheme="http", Anonymous=True))
    answer = anonymous.get_object(Bucket=NAME, Key="a/b")
    assert answer["Body"].get_raw_stream().read() == b"text"
    error = refused(anonymous.list_objects, Bucket=NAME)
    assert (error.get_status_code(), error.get_error_code()) == (403, "AccessDenied")


def test_a_policy_allows_and_denies(client, refused):
    def statement(effect, action, path):
        return {
            "principal": {"qcs": [ANYONE]},
            "effect": effect,
            "action": [f"name/cos:{action}"],
            "resource": [f"qcs::cos:{REGION}:uid/1250000000:{NAME}/{path}"],
        }

    policy = {"version": "2.0", "statement": [statement("allow", "GetObject", "a/*")]}
    client.put_bucket_policy(Bucket=NAME, Policy=policy)
    assert statuses() == [200, 403, 403, 403]
    policy["statement"].append(statement("deny", "GetObject", "a/b"))
    client.put_bucket_policy(Bucket=NAME, Policy=policy)
    assert statuses() == [403, 403, 403, 403]
    kept = json.loads(client.get_bucket_policy(Bucket=NAME)["Policy"])
    assert kept["Statement"] == policy["statement"]
    policy["statement"][0]["effect"] = "permit"
    error = refused(client.put_bucket_policy, Bucket=NAME, Policy=policy)
    assert (error.get_status_code(), error.get_error_code()) == (400, "MalformedPolicy")
    client.delete_bucket_policy(Bucket=NAME)


def test_pages_are_kept_from_hotlinking(client):
    client.put_bucket_acl(Bucket=NAME, ACL="public-read")
    client.put_bucket_referer(
        Bucket=NAME,
        RefererConfiguration={
            "Status": "Enabled",
            "RefererType": "White-List",
            "DomainList": {"Domain": ["*.example.com"]},
            "EmptyReferConfiguration": "Deny",
        },
    )

    def status(referer):
        return requests.get(f"{HOST}/a/b", headers={"Referer": referer}).status_code

    pages = ["https://www.example.com/a.html", "https://example.org/", ""]
    assert [status(page) for page in pages] == [200, 403, 403]
    assert "You are denied by bucket referer rule" in requests.get(f"{HOST}/a/b").text
    url = client.get_presigned_url(Bucket=NAME, Key="a/b", Method="GET")
    assert requests.get(url).status_code == 200


def test_a_page_uploads_with_a_pre_signed_url(client):
    origin = "https://app.example.com"
    rule = {
        "AllowedOrigin": [origin],
        "AllowedMethod": ["PUT"],
        "AllowedHeader": ["*"],
        "ExposeHeader": ["ETag"],
        "MaxAgeSeconds": "600",
    }
    client.put_bucket_cors(Bucket=NAME, CORSConfiguration={"CORSRule": [rule]})
    url = client.get_presigned_url(Bucket=NAME, Key="new", Method="PUT")
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    preflight = requests.options(url, headers={**asked, "Access-Control-Request-Headers": "range"})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Headers"] == "range"
    upload = requests.put(url, data=b"x", headers={"Origin": origin})
    assert upload.headers["Access-Control-Allow-Origin"] == origin
    assert "ETag" in upload.headers["Access-Control-Expose-Headers"]
    elsewhere = requests.options(url, headers={**asked, "Origin": "https://example.org"})
    assert elsewhere.status_code == 403 and "AccessForbidden" in elsewhere.text
