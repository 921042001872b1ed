"""Uploads out of a form, as Python's requests and curl send them, signed here by hand."""

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
import time
import urllib.parse

import pytest
import requests
from endpoint import BUCKET, SECRET_ID, SECRET_KEY, body_of

KEY = "exampleobject"


def hmac_sha1(key, message):
    return hmac.new(key.encode(), message.encode(), hashlib.sha1).hexdigest()


def signed(conditions, key=KEY, **fields):
    """The fields of a form with a policy of those conditions (436/14690)."""
    now = int(time.time())
    key_time = f"{now};{now + 300}"
    expiration = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(now + 300))
    own = [{"q-sign-algorithm": "sha1"}, {"q-ak": SECRET_ID}, {"q-sign-time": key_time}]
    policy = json.dumps({"expiration": expiration, "conditions": conditions + own})
    return {
        "key": key,
        **fields,
        "policy": base64.b64encode(policy.encode()).decode(),
        "q-sign-algorithm": "sha1",
        "q-ak": SECRET_ID,
        "q-key-time": key_time,
        "q-signature": hmac_sha1(
            hmac_sha1(SECRET_KEY, key_time), hashlib.sha1(policy.encode()).hexdigest()
        ),
    }


def post(way, fields, name, content):
    return requests.post(
        f"http://{way.host}/", data=fields, files={"file": (name, content)}, timeout=60
    )


def test_a_form_uploads(way):
    conditions = [{"bucket": BUCKET}, ["starts-with", "$key", "example"]]
    conditions += [["content-length-range", 0, 1000], ["starts-with", "$Content-Type", "image/"]]
    fields = signed(conditions, **{"Content-Type": "image/jpeg", "x-cos-meta-a": "页"})
    answer = post(way, fields, "photo.jpg", b"[Object Content]")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["ETag"] == '"ee8de918d05640145b18f70f4c3aa602"'
    assert answer.headers["Location"] == f"http://{way.host}/{KEY}"
    client = way.client()
    assert body_of(client) == b"[Object Content]"
    assert client.head_object(Bucket=BUCKET, Key=KEY)["Content-Type"] == "image/jpeg"


def test_the_name_of_the_file(way):
    for name in ("photo.jpg", "页 面.jpg", 'quoted".jpg', "back\\slash\\photo.jpg"):
        fields = signed([["starts-with", "$key", "folder/"]], key="folder/${filename}")
        assert post(way, fields, name, name.encode()).status_code == 204, name
        assert body_of(way.client(), "folder/" + name.split("\\")[-1]) == name.encode()


def test_a_redirection_is_followed(way):
    # To the object itself, where the query that was added does no harm: `key` and its like say nothing to a GET.
    client = way.client()
    target = client.get_presigned_url(Bucket=BUCKET, Key=KEY, Method="GET")
    answer = post(way, signed([], success_action_redirect=target), "f", b"redirected")
    assert (answer.status_code, answer.content) == (200, b"redirected")
    assert [response.status_code for response in answer.history] == [303]
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.url).query))
    assert (query["bucket"], query["key"]) == (BUCKET, KEY)
    assert query["etag"] == f'"{hashlib.md5(b"redirected").hexdigest()}"'


@pytest.mark.parametrize(
    ("conditions", "content", "status", "message"),
    [
        ([{"key": "other"}], b"x", 403, "Condition key key doesn't match the value other"),
        (
            [{"bucket": "other-1"}],
            b"x",
            403,
            "Condition key bucket doesn't match the value other-1",
        ),
        ([["content-length-range", 0, 1]], b"xx", 400, "exceeds the maximum allowed"),
        ([["content-length-range", 2, 9]], b"x", 400, "smaller than the minimum allowed"),
    ],
)
def test_the_policy_is_held_against_the_form(proxy, conditions, content, status, message):
    answer = post(proxy, signed(conditions), "f", content)
    assert answer.status_code == status
    assert message in answer.text.replace("&apos;", "'")


def test_another_s_signature(proxy):
    fields = {**signed([]), "q-signature": 40 * "0"}
    answer = post(proxy, fields, "f", b"x")
    assert answer.status_code == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in answer.text


def test_curl(endpoint, tmp_path):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    way = endpoint.ways()["domain"]
    file = tmp_path / "页;\"1.bin"
    file.write_bytes(bytes(range(256)) * 4096)
    fields = signed([], key="curl/${filename}", success_action_status="201")
    command = [curl, "--silent", "--show-error", "--noproxy", "*", f"http://{way.host}/"]
    for name, value in fields.items():
        command += ["--form-string", f"{name}={value}"]
    escaped = str(file).replace("\\", "\\\\").replace('"', '\\"')
    command += ["--form", f'file=@"{escaped}"']
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "<PostResponse>" in answer.stdout
    assert body_of(way.client(), f"curl/{file.name}") == file.read_bytes()
