"""`verify` and `explain`, and `CosAuth` for `requests` and `httpx`."""

import asyncio

import cospass
import httpx
import pytest
import requests
from cospass.testing import LocalCos
from endpoint import BUCKET, REGION, SECRET_ID, SECRET_KEY, TOKEN
from drop_in import NOW

OBJECT = {"Bucket": BUCKET, "Key": "exampleobject"}


def config(**extra):
    required = {"Region": REGION, "SecretId": SECRET_ID, "SecretKey": SECRET_KEY, "Scheme": "http"}
    return cospass.CosConfig(**{**required, **extra})


def client(**extra):
    return cospass.CosS3Client(config(**extra))


def test_a_signature_that_holds_is_accepted():
    url = client(Token=TOKEN).get_presigned_url(**OBJECT, Params={"a b": "c d"}, now=NOW)
    verdict = client(Token=TOKEN).verify("GET", url, strict=True, now=NOW)
    assert verdict and verdict == cospass.Verification(True, convention="canonical")


def test_a_signature_in_a_header_is_accepted():
    authorization = client().get_auth("PUT", **OBJECT, Headers={"x-cos-acl": "private"}, now=NOW)
    headers = {"Authorization": authorization, "x-cos-acl": "private"}
    url = client().get_object_url(**OBJECT)
    assert client().verify("PUT", url, headers, now=NOW).accepted
    headers["x-cos-acl"] = "public-read"
    assert client().verify("PUT", url, headers, now=NOW).cause == "signature-mismatch"


@pytest.mark.parametrize(
    "change, cause",
    [
        ({"method": "PUT"}, "signature-mismatch"),
        ({"now": NOW + 301}, "expired"),
        ({"now": NOW - 10_000}, "not-yet-valid"),
        ({"url": "http://a.example/exampleobject"}, "unsigned"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(change, cause):
    url = client().get_presigned_url(**OBJECT, now=NOW)
    verdict = client().verify(
        change.get("method", "GET"), change.get("url", url), now=change.get("now", NOW)
    )
    assert not verdict
    assert (verdict.accepted, verdict.cause, verdict.convention) == (False, cause, None)
    assert verdict.message


def test_an_explanation_says_what_was_changed():
    url = client().get_presigned_url(**OBJECT, now=NOW)
    found = client().explain("PUT", url, now=NOW)
    assert found.cause == "method" and found.remedy
    (stage,) = [stage for stage in found.stages if stage.name == "method"]
    assert (stage.verdict, stage.here, stage.there) == ("differs", "put", "get")
    assert client().explain("GET", url, now=NOW).cause == "accepted"


def test_an_explanation_reads_what_the_service_answered(way):
    url = cospass.CosS3Client(config(SecretKey="another", **way.settings)).get_presigned_url(
        **OBJECT
    )
    answer = requests.get(url)
    assert answer.status_code == 403
    nobody = client(SecretId=None, SecretKey=None, Anonymous=True)
    found = nobody.explain("GET", url, Error=answer.text)
    assert found.cause == "wrong-secret-key"
    with pytest.raises(cospass.CosClientError, match="^Error is no XML error document"):
        nobody.explain("GET", url, Error="not a document")


def test_what_is_no_url_is_refused():
    for call in (client().verify, client().explain):
        with pytest.raises(cospass.CosClientError, match="ftp"):
            call("GET", "ftp://a/")
        with pytest.raises(cospass.CosClientError, match="^Headers is of type"):
            call("GET", "http://a/", ["Range"])


def test_neither_shows_secrets():
    url = client(Token=TOKEN).get_presigned_url(**OBJECT, now=NOW)
    for found in (
        client(Token=TOKEN).verify("PUT", url, now=NOW),
        client(Token=TOKEN).explain("PUT", url, now=NOW),
    ):
        assert SECRET_KEY not in repr(found) and TOKEN not in repr(found)


def by_requests(method, url, **keywords):
    return requests.request(method, url, **keywords)


def by_httpx(method, url, **keywords):
    content = keywords.pop("data", None)
    return httpx.request(method, url, content=content, **keywords)


def by_async_httpx(method, url, **keywords):
    async def send():
        async with httpx.AsyncClient() as session:
            content = keywords.pop("data", None)
            return await session.request(method, url, content=content, **keywords)

    return asyncio.run(send())


@pytest.mark.parametrize("send", [by_requests, by_httpx, by_async_httpx])
def test_requests_are_signed_as_they_are_sent(send, proxy):
    url = proxy.url("exampleobject")
    auth = cospass.CosAuth(config())
    headers = {"Content-Type": "text/plain", "x-cos-meta-note": "a b"}
    assert send("PUT", url, data=b"body", headers=headers, auth=auth).status_code == 200
    part = send(
        "GET",
        url,
        params={"response-content-type": "a/b c"},
        headers={"Range": "bytes=1-2"},
        auth=auth,
    )
    assert (part.status_code, part.content, part.headers["Content-Type"]) == (206, b"od", "a/b c")
    assert send("GET", url).status_code == 403
    another = cospass.CosAuth(config(SecretKey="another"))
    assert "SignatureDoesNotMatch" in send("GET", url, auth=another).text
    late = cospass.CosAuth(config(), Expired=60, now=NOW)
    assert "Request has expired" in send("GET", url, auth=late).text


@pytest.mark.parametrize("send", [by_requests, by_httpx])
def test_a_key_keeps_the_slashes_that_it_begins_with(send):
    with LocalCos() as local:
        auth = cospass.CosAuth(cospass.CosConfig(**local.settings))
        for path in ("//a", "///b", "/c"):
            put = send("PUT", f"http://127.0.0.1:{local.port}{path}", data=b"x", auth=auth)
            assert put.status_code == 200, put.text
        keys = [each["Key"] for each in local.client().list_objects(local.bucket)["Contents"]]
        assert keys == ["//b", "/a", "c"]


def test_the_token_is_sent_and_signed(temporary_way):
    auth = cospass.CosAuth(config(Token=TOKEN))
    answer = requests.put(temporary_way.url("exampleobject"), data=b"body", auth=auth)
    assert answer.status_code == 200
    assert "x-cos-security-token" in answer.request.headers["Authorization"]


def test_what_cannot_be_signed_once_is_refused():
    with pytest.raises(cospass.CosClientError, match="is given twice"):
        requests.get("http://a.example/?a=1&A=2", auth=cospass.CosAuth(config()))
