"""Temporary keys: the official clients of STS, and the SDK with what they bring."""

import json
import urllib.parse

from client import BUCKET, REGION, SETTINGS, body_of, client, equal, plain, refused
from report import operation
from sts.sts import Sts
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sts.v20180813 import models
from tencentcloud.sts.v20180813.sts_client import StsClient

STS = SETTINGS["sts"]


def of_sts(keys):
    """A client with temporary keys, and what a URL that it pre-signs must have besides."""
    given = {"SecretId": keys["tmpSecretId"], "SecretKey": keys["tmpSecretKey"]}
    cos = client(**given, Token=keys["sessionToken"], Proxies={"http": f"http://127.0.0.1:{STS['port']}"})
    return cos, {"x-cos-security-token": keys["sessionToken"]}


def keys_of_sts():
    """Keys from `qcloud-python-sts`."""
    config = {"url": f"http://127.0.0.1:{STS['calls']}/", "region": REGION, "policy": STS["policy"]}
    config |= {"secret_id": SETTINGS["secret_id"], "secret_key": SETTINGS["secret_key"]}
    return dict(Sts(config).get_credential()["credentials"])


def keys_of_api():
    """Keys from `tencentcloud-sdk-python-sts` with each of its signatures."""
    profile = HttpProfile(protocol="http", endpoint=f"127.0.0.1:{STS['calls']}")
    for method in ("TC3-HMAC-SHA256", "HmacSHA1", "HmacSHA256"):
        credential = Credential(SETTINGS["secret_id"], SETTINGS["secret_key"])
        asking = StsClient(credential, REGION, ClientProfile(signMethod=method, httpProfile=profile))
        request = models.GetFederationTokenRequest()
        request.Name, request.DurationSeconds = "conformance", 1800
        request.Policy = urllib.parse.quote(json.dumps(STS["policy"]))
        keys = asking.GetFederationToken(request).Credentials
        yield {
            "tmpSecretId": keys.TmpSecretId,
            "tmpSecretKey": keys.TmpSecretKey,
            "sessionToken": keys.Token,
        }
        equal(asking.GetCallerIdentity(models.GetCallerIdentityRequest()).Type, "CAMUser")
        request.DurationSeconds = 7201
        try:
            asking.GetFederationToken(request)
        except TencentCloudSDKException as error:
            equal(error.get_code(), "InvalidParameter.OverTimeError")
        else:
            raise AssertionError("7201 seconds were granted")


def inside_alone(keys):
    cos, _ = of_sts(keys)
    for key in ("inside/a", "inside/b c"):
        cos.put_object(Bucket=BUCKET, Key=key, Body=b"text")
        equal(body_of(key, cos), b"text")
    upload = cos.put_object
    for key in ("outside", "insider", "inside"):
        refused(403, "AccessDenied", upload, Bucket=BUCKET, Key=key, Body=b"text")
    refused(403, "AccessDenied", cos.delete_object, Bucket=BUCKET, Key="inside/a")


@operation("sts")
def sts():
    inside_alone(keys_of_sts())


@operation("sts-api")
def sts_api():
    for keys in keys_of_api():
        inside_alone(keys)


def presigned_by_sts():
    cos, params = of_sts(keys_of_sts())
    return lambda method, key: cos.get_presigned_url(
        Bucket=BUCKET, Key=key, Method=method, Params=params, Expired=86400
    )


@operation("sts-presigned")
def sts_presigned():
    url = presigned_by_sts()
    equal(plain("PUT", url("PUT", "inside/p"), b"text", port=STS["port"]).status, 200)
    equal(plain("GET", url("GET", "inside/p"), port=STS["port"]).body, b"text")
    equal(plain("PUT", url("PUT", "outside"), b"text", port=STS["port"]).status, 403)


def advance(seconds):
    url = f"http://127.0.0.1:{STS['control']}/clock"
    body = json.dumps({"advance": seconds})
    asked = plain("POST", url, body, port=STS["control"], **{"Content-Type": "application/json"})
    equal(asked.status, 200)


@operation("sts-ended")
def sts_ended():
    keys = keys_of_sts()
    cos, _ = of_sts(keys)
    url = presigned_by_sts()("PUT", "inside/ended")
    inside_alone(keys)
    advance("1801s")
    try:
        refused(403, "InvalidAccessKeyId", cos.put_object, Bucket=BUCKET, Key="inside/e", Body=b"x")
        answer = plain("PUT", url, b"text", port=STS["port"])
        equal(answer.status, 403)
        assert b"<Code>InvalidAccessKeyId</Code>" in answer.body, answer.body
    finally:
        advance("-1801s")
