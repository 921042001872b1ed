"""The clients under test, a plain HTTP client, and what is asserted of a refusal."""

import hashlib
import http.client
import json
import os
import urllib.parse

from qcloud_cos import CosConfig, CosS3Client, CosServiceError

SETTINGS = json.loads(os.environ["CONFORMANCE"])
BUCKET, REGION = SETTINGS["bucket"], SETTINGS["region"]
HOST = f"{BUCKET}.cos.{REGION}.myqcloud.com"


def client(**settings):
    given = {"SecretId": SETTINGS["secret_id"], "SecretKey": SETTINGS["secret_key"], **settings}
    return CosS3Client(CosConfig(Region=REGION, Scheme="http", **given))


COS = client()


def put(key, body, **arguments):
    return COS.put_object(Bucket=BUCKET, Key=key, Body=body, **arguments)


def body_of(key, cos=COS, **arguments):
    answer = cos.get_object(Bucket=BUCKET, Key=key, **arguments)
    return answer["Body"].get_raw_stream().read()


def etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


def plain(method, url, body=None, port=SETTINGS["port"], **headers):
    """A request by a client that knows nothing of COS; the path goes out to the letter."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    connection.request(method, target, body, {"Host": parts.netloc, **headers})
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def refused(status, code, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except CosServiceError as error:
        found = (error.get_status_code(), error.get_error_code())
        assert found == (status, code), f"expected {status} {code}, got {found}"
        assert error.get_request_id() not in ("", "Unknown")
        return error
    raise AssertionError(f"expected {status} {code}, it was accepted")


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, got {found!r}"


def contains(found, expected):
    """Whether a tree has what another has, and may have more."""
    if isinstance(expected, dict):
        assert isinstance(found, dict), f"expected {expected!r}, got {found!r}"
        for name, value in expected.items():
            assert name in found, f"no {name} in {found!r}"
            contains(found[name], value)
    else:
        equal(found, expected)
