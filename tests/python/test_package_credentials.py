"""``CredentialsChain``: the keys of this machine, from files, variables and a server for them."""

import asyncio
import json
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cospass
import pytest
import qcloud_cos
from cospass import AsyncCosS3Client, CosConfig, CosS3Client, CredentialsChain
from cospass.testing import LocalCos

BUCKET = "examplebucket-1250000000"


class Sts(ThreadingHTTPServer):
    """Gives roles keys, each for so many seconds."""

    daemon_threads = True

    def __init__(self, *durations):
        self.durations, self.given = list(durations), 0
        super().__init__(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        server.given += 1
        end = int(time.time()) + (server.durations.pop(0) if server.durations else 3600)
        keys = {
            "TmpSecretId": f"AKID{server.given}",
            "TmpSecretKey": f"key{server.given}",
            "Token": f"token{server.given}",
        }
        body = json.dumps({"Response": {"Credentials": keys, "ExpiredTime": end}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """One without keys."""
    for name in list(os.environ):
        if re.search("SECRET|TENCENTCLOUD|QCLOUD|^COS_|TKE_|TCCLI", name, re.IGNORECASE):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COSPASS_METADATA_ENDPOINT", "")
    return tmp_path


def client(kind=CosS3Client, **settings):
    return kind(CosConfig(Region="ap-guangzhou", CredentialInstance=CredentialsChain(), **settings))


def secret_id(signer):
    return re.search("q-ak=([^&]+)", signer.get_auth("GET", BUCKET, "a")).group(1)


def test_variables_come_before_files(machine, monkeypatch):
    (machine / ".cos.conf").write_text("[common]\nsecret_id = AKIDFILE\nsecret_key = hush\n")
    assert secret_id(client()) == "AKIDFILE"
    monkeypatch.setenv("COS_SECRET_ID", "AKIDVARIABLE")
    monkeypatch.setenv("COS_SECRET_KEY", "whisper")
    assert secret_id(client()) == "AKIDVARIABLE"
    found = CredentialsChain().whoami()
    assert (found.secret_id, found.source) == ("AKIDVARIABLE", "environment variables")
    assert (found.is_temporary, found.ends_at) == (False, None)
    assert [one.fate for one in found.tried][:2] == ["used", "not-asked"]
    assert "hush" not in repr(found) and "whisper" not in repr([found, CredentialsChain()])


def test_a_machine_without_keys_says_where_it_looked():
    with pytest.raises(cospass.CosClientError, match=r"~/\.cos\.yaml"):
        client().get_auth("GET", BUCKET, "a")
    found = CredentialsChain().whoami()
    assert (found.secret_id, found.source) == (None, None)
    assert all(one.fate == "absent" and one.why for one in found.tried)
    with pytest.raises(cospass.CosClientError):
        client().head_object(BUCKET, "a")


def test_a_file_that_is_wrong_is_not_passed_over(machine):
    (machine / ".cos.conf").write_text("[common\n")
    with pytest.raises(cospass.CosClientError, match=r"\.cos\.conf"):
        client().get_auth("GET", BUCKET, "a")
    assert "failed" in [one.fate for one in CredentialsChain().whoami().tried]


@pytest.fixture
def role(monkeypatch):
    def start(*durations):
        sts = Sts(*durations)
        monkeypatch.setenv("COSPASS_STS_ENDPOINT", f"http://127.0.0.1:{sts.server_port}")
        monkeypatch.setenv("TENCENTCLOUD_SECRET_ID", "AKIDBASE")
        monkeypatch.setenv("TENCENTCLOUD_SECRET_KEY", "base")
        monkeypatch.setenv("TENCENTCLOUD_ROLE_ARN", "qcs::cam::uin/100000000001:roleName/reader")
        return sts

    return start


def test_a_role_is_taken_on_once_for_all_threads(role):
    sts, signer, seen = role(3600), client(), []
    threads = [threading.Thread(target=lambda: seen.append(secret_id(signer))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["AKID1"] * 8 and sts.given == 1
    assert client(Anonymous=True) and sts.given == 1, "nobody is asked before a key is needed"
    url = signer.get_presigned_url(BUCKET, "a", Expired=60)
    assert url.endswith("&x-cos-security-token=token1")
    long = signer.warnings_of(BUCKET, "a", Expired=7200)
    assert [one.id for one in long] == ["token-ends-first"]
    assert signer.warnings_of(BUCKET, "a", Expired=60) == []
    told = CredentialsChain().whoami()
    assert told.is_temporary and told.ends_at > time.time()


def test_keys_are_renewed_before_they_end(role):
    sts, signer = role(4), client()
    first = time.time()
    while secret_id(signer) == "AKID1":
        assert time.time() < first + 4
        time.sleep(0.05)
    assert (secret_id(signer), sts.given) == ("AKID2", 2)


def test_the_official_sdk_can_use_it(role):
    role(3600)
    config = qcloud_cos.CosConfig(Region="ap-guangzhou", CredentialInstance=CredentialsChain())
    assert "q-ak=AKID1&" in qcloud_cos.CosS3Client(config).get_auth("GET", BUCKET, "a")
    chain = CredentialsChain()
    assert (chain.secret_id, chain.secret_key, chain.token) == ("AKID2", "key2", "token2")


def test_requests_are_signed_with_them(monkeypatch):
    with LocalCos() as local:
        settings = local.settings
        monkeypatch.setenv("COS_SECRET_ID", settings.pop("SecretId"))
        monkeypatch.setenv("COS_SECRET_KEY", settings.pop("SecretKey"))
        del settings["Region"], settings["Token"]
        client(**settings).put_object(local.bucket, b"x", "a.txt")
        there = client(AsyncCosS3Client, **settings).object_exists(local.bucket, "a.txt")
        assert asyncio.run(there)
        monkeypatch.setenv("COS_SECRET_KEY", "another")
        with pytest.raises(cospass.CosServiceError, match="SignatureDoesNotMatch"):
            client(**settings).put_object(local.bucket, b"x", "a.txt")
