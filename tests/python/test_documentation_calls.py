"""Every call that the documentation of pre-signed URLs shows (436/35153 and its neighbours), made
with the official SDK as it is published, its result used with `requests` as the documentation says.
"""

import base64
import copy
import hashlib
import json
import re
import time
import urllib.parse
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from unittest import mock

import pytest
import requests
from endpoint import BUCKET, TOKEN, body_of

BODY = b"[Object Content]"
ETAG = f'"{hashlib.md5(BODY).hexdigest()}"'
CRC64 = "16749565679157681890"
CONTENT_MD5 = base64.b64encode(hashlib.md5(BODY).digest()).decode()
DISPOSITION = "attachment; filename=example.xlsx"

ACL = b"""<AccessControlPolicy>
  <Owner><ID>qcs::cam::uin/100000000001:uin/100000000001</ID></Owner>
  <AccessControlList>
    <Grant>
      <Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">
        <ID>qcs::cam::uin/100000000011:uin/100000000011</ID>
      </Grantee>
      <Permission>READ</Permission>
    </Grant>
  </AccessControlList>
</AccessControlPolicy>"""

# What stands where the documentation says "string".
MEANT = {"Content-MD5": CONTENT_MD5, "Range": "bytes=1-6", "x-cos-security-token": TOKEN}

VECTORS = Path(__file__).parents[2] / "vectors/documentation-calls.jsonl"
LINES = [json.loads(line) for line in VECTORS.read_text().splitlines()]


class Call:
    """One documented call."""

    def __init__(self, number, line):
        self.name = line["call"]
        self.arguments = line["arguments"]
        self.method = self.arguments.get("Method", "GET")
        self.params = self.arguments.get("Params", {})
        self.headers = self.arguments.get("Headers", {})
        self.signs_host = self.arguments.get("SignHost", True)
        self.lacks_method = (
            self.name != "get_presigned_download_url" and "Method" not in self.arguments
        )
        what = [*self.params, *self.headers] + ([] if self.signs_host else ["no-host"])
        self.id = "-".join([str(number), self.name, self.method, *what])

    def as_meant(self):
        """The same call with real values in place of placeholders."""
        call = Call.__new__(Call)
        call.__dict__.update(self.__dict__)
        call.params = {name: MEANT.get(name, value) for name, value in self.params.items()}
        call.headers = {name: MEANT.get(name, value) for name, value in self.headers.items()}
        call.arguments = dict(self.arguments)
        if self.params:
            call.arguments["Params"] = call.params
        if self.headers:
            call.arguments["Headers"] = call.headers
        if self.lacks_method:
            call.arguments["Method"] = "GET"
        return call

    def sign(self, way, **settings):
        """Calls the SDK; returns the request that its result is for."""
        # A copy: the SDK writes `Authorization` into the dictionary that it is given.
        result = getattr(way.client(**settings), self.name)(**copy.deepcopy(self.arguments))
        data = BODY if self.method == "PUT" and "acl" not in self.params else None
        headers = dict(self.headers)
        if self.method == "PUT" and "acl" in self.params:
            data = ACL
        if self.name == "get_auth":
            headers["Authorization"] = result
            result = way.url(self.arguments["Key"], self.params)
        return Signed(self.method, result, headers, data)


class Signed:
    def __init__(self, method, url, headers, data):
        self.method, self.url, self.headers, self.data = method, url, headers, data

    def send(self):
        return requests.request(self.method, self.url, headers=self.headers, data=self.data)


CALLS = [Call(number, line) for number, line in enumerate(LINES, 1)]
COMPLETE = [call for call in CALLS if not call.lacks_method]


def every(calls):
    return pytest.mark.parametrize("call", calls, ids=[call.id for call in calls])


def test_there_are_33_calls():
    assert len(CALLS) == 33
    assert sum(call.lacks_method for call in CALLS) == 1


@every([call for call in CALLS if call.lacks_method])
def test_a_call_without_method_is_no_call(call, proxy):
    with pytest.raises(TypeError, match="Method"):
        call.sign(proxy)


@every(CALLS)
def test_the_call_works_as_meant(call, way):
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(way)
    answer = call.sign(way).send()
    check(call, way, answer)


@every(CALLS)
def test_the_call_works_with_temporary_credentials(call, temporary_way):
    """With a token in the query if the call shows one, else as the header that the SDK would send."""
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(temporary_way, Token=TOKEN)
    signed = call.sign(temporary_way)
    if "x-cos-security-token" not in call.params:
        refused(signed, 403, "InvalidAccessKeyId")
        signed.headers["x-cos-security-token"] = TOKEN
    check(call, temporary_way, signed.send(), Token=TOKEN)


def store(way, **settings):
    way.client(**settings).put_object(
        Bucket=BUCKET, Key="exampleobject", Body=BODY, ContentType="text/plain"
    )


def check(call, way, answer, **settings):
    """What the documentation promises of the call."""
    is_part = "Range" in call.headers
    assert answer.status_code == (206 if is_part else 200), answer.text
    assert answer.headers["x-cos-request-id"]
    assert answer.headers["Server"] == "tencent-cos"
    client = way.client(**settings)
    if call.method == "PUT" and "acl" in call.params:
        grants = client.get_object_acl(Bucket=BUCKET, Key="exampleobject")
        (grant,) = grants["AccessControlList"]["Grant"]
        assert grant["Permission"] == "READ"
        assert grant["Grantee"]["ID"] == "qcs::cam::uin/100000000011:uin/100000000011"
    elif "acl" in call.params:
        document = ElementTree.fromstring(answer.content)
        assert document.tag == "AccessControlPolicy"
        assert document.findtext("Owner/ID").startswith("qcs::cam::uin/")
        assert document.find("AccessControlList") is not None
    elif call.method == "PUT":
        assert answer.content == b""
        assert answer.headers["ETag"] == ETAG
        assert answer.headers["x-cos-hash-crc64ecma"] == CRC64
        assert body_of(client) == BODY
        stored = client.head_object(Bucket=BUCKET, Key="exampleobject")
        assert stored.get("x-cos-storage-class") == call.headers.get("x-cos-storage-class")
    else:
        part = slice(1, 7) if is_part else slice(None)
        assert answer.content == BODY[part]
        assert answer.headers["ETag"] == ETAG
        assert answer.headers["x-cos-hash-crc64ecma"] == CRC64
        assert answer.headers["Content-Length"] == str(len(BODY[part]))
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.headers.get("Content-Range") == ("bytes 1-6/16" if is_part else None)
        disposition = call.params.get("response-content-disposition")
        assert answer.headers.get("Content-Disposition") == disposition


@every([call for call in COMPLETE if "string" in {**call.params, **call.headers}.values()])
def test_placeholders_taken_literally(call, way):
    if call.method == "GET":
        store(way)
    signed = call.sign(way)
    if "Content-MD5" in call.headers:
        refused(signed, 400, "InvalidDigest")
        nothing_is_stored(call, way)
    else:
        # A token that permanent keys do not need, a range of no known unit, parameters of no known
        # meaning: each is signed, sent and ignored.
        answer = signed.send()
        assert (answer.status_code, answer.content) == (200, BODY)


@every([call for call in COMPLETE if "x-cos-security-token" in call.params])
def test_a_literal_token_is_not_that_of_temporary_credentials(call, temporary_way):
    refused(call.sign(temporary_way), 403, "InvalidAccessKeyId")


@every([call for call in COMPLETE if call.headers and call.name != "get_auth"])
def test_the_dictionary_that_was_signed_can_be_sent(call, way):
    """The SDK leaves its `Authorization` in it, so that the same signature is sent in two places."""
    call = call.as_meant()
    if call.method == "GET":
        store(way)
    signed = call.sign(way)
    getattr(way.client(), call.name)(**{**call.arguments, "Headers": signed.headers})
    assert "Authorization" in signed.headers
    check(call, way, signed.send())


# Each of the calls in its forbidden variations.


@every(COMPLETE)
def test_another_method_is_refused(call, way):
    call = call.as_meant()
    signed = call.sign(way)
    signed.method = {"PUT": "GET", "GET": "PUT"}[call.method]
    refused(signed, 403, "SignatureDoesNotMatch")
    signed.method = "DELETE"
    refused(signed, 403, "SignatureDoesNotMatch")
    nothing_is_stored(call, way)


@every(COMPLETE)
def test_another_object_is_refused(call, way):
    signed = call.as_meant().sign(way)
    signed.url = signed.url.replace("/exampleobject", "/exampleobjecu")
    refused(signed, 403, "SignatureDoesNotMatch")


@every(COMPLETE)
def test_a_later_end_is_refused(call, way):
    call = call.as_meant()
    with mock.patch("time.time", lambda now=time.time(): now - 7200):
        signed = call.sign(way)
    refused(signed, 403, "AccessDenied", "Request has expired")
    postpone(signed, int(time.time()) + 7200)
    refused(signed, 403, "SignatureDoesNotMatch")
    nothing_is_stored(call, way)


@every(COMPLETE)
def test_a_signature_from_the_future_is_refused(call, way):
    with mock.patch("time.time", lambda now=time.time(): now + 7200):
        signed = call.as_meant().sign(way)
    refused(signed, 403, "RequestTimeTooSkewed")


@every(COMPLETE)
def test_another_secret_is_refused(call, way):
    call = call.as_meant()
    refused(call.sign(way, secret_key="another"), 403, "SignatureDoesNotMatch")
    unknown = call.sign(way, secret_id="AKIDUNKNOWN")
    refused(unknown, 403, "InvalidAccessKeyId")
    nothing_is_stored(call, way)


@every([call for call in COMPLETE if call.params])
def test_a_changed_parameter_is_refused(call, way):
    call = call.as_meant()
    for name, value in call.params.items():
        old = urllib.parse.urlencode({name: value})
        for changed in ({name: value + "x"}, {name + "x": value}):
            new = urllib.parse.urlencode(changed)
            signed = call.sign(way)
            assert old in signed.url
            signed.url = signed.url.replace(old, new)
            refused(signed, 403, "SignatureDoesNotMatch")


@every([call for call in COMPLETE if call.headers])
def test_a_signed_header_must_be_sent_as_signed(call, way):
    call = call.as_meant()
    if call.method == "GET":
        store(way)
    for name, value in call.headers.items():
        for new in ({}, {name: value + "0"}):
            signed = call.sign(way)
            del signed.headers[name]
            signed.headers.update(new)
            refused(signed, 403, "SignatureDoesNotMatch")
    if call.method == "PUT":
        nothing_is_stored(call, way)


@every([call for call in COMPLETE if call.headers.get("Content-MD5")])
def test_another_body_is_refused(call, way):
    call = call.as_meant()
    signed = call.sign(way)
    signed.data = b"[Object content]"
    refused(signed, 400, "BadDigest")
    nothing_is_stored(call, way)


@every(COMPLETE)
def test_another_host_is_for_those_who_do_not_sign_it(call, proxy):
    """As with a custom domain: the same bucket under another name."""
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(proxy)
    signed = call.sign(proxy)
    signed.url = signed.url.replace("myqcloud.com", "tencentcos.cn")
    if call.signs_host:
        refused(signed, 403, "SignatureDoesNotMatch")
    else:
        check(call, proxy, signed.send())


@every(COMPLETE)
def test_without_its_signature_a_request_is_refused(call, way):
    signed = call.as_meant().sign(way)
    signed.headers.pop("Authorization", None)
    signed.url = way.url("exampleobject", call.params)
    refused(signed, 403, "AccessDenied", "Access Denied.")
    nothing_is_stored(call, way)


def postpone(signed, end):
    """Writes a later end into the signature, in the header or in the query."""
    if "Authorization" in signed.headers:
        text = signed.headers["Authorization"]
        signed.headers["Authorization"] = re.sub(r"(-time=\d+);\d+", rf"\1;{end}", text)
    else:
        signed.url = re.sub(r"(-time=\d+)%3B\d+", rf"\1%3B{end}", signed.url)


def refused(signed, status, code, message=None):
    answer = signed.send()
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/xml"
    error = ElementTree.fromstring(answer.content)
    assert error.tag == "Error"
    assert error.findtext("Code") == code
    if message:
        assert error.findtext("Message") == message
    assert error.findtext("RequestId") == answer.headers["x-cos-request-id"]
    assert error.findtext("Resource")
    if code == "SignatureDoesNotMatch":
        # The two texts belong together, and neither tells the signature that would have held, or a token.
        text = error.findtext("FormatString")
        sent = re.search("x-cos-security-token=([^&]*)", signed.url)
        if sent:
            token = urllib.parse.quote(urllib.parse.unquote_plus(sent[1]), safe="-_.~")
            assert token not in answer.text
            text = text.replace("x-cos-security-token=…", f"x-cos-security-token={token}")
        assert hashlib.sha1(text.encode()).hexdigest() in error.findtext("StringToSign")
    if message == "Request has expired":
        assert error.findtext("ServerTime")


def nothing_is_stored(call, way):
    """After a refused upload the bucket is as it was."""
    if call.method == "PUT":
        assert not way.client().object_exists(Bucket=BUCKET, Key="exampleobject")
