"""`LocalCos` and the fixture `cos`: what a user's own tests stand on."""

import os
import signal
import subprocess
import sys
from unittest import mock

import cospass
import pytest
import qcloud_cos
import requests
from cospass.testing import LocalCos
from test_package import samples

(SAMPLE,) = [sample for sample in samples("docs/python.md") if "def test_" in sample]


def test_the_fixture_is_found_without_configuration(tmp_path):
    sample = tmp_path / "test_sample.py"
    sample.write_text(SAMPLE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(sample)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout
    sample.write_text(SAMPLE.replace("cos.advance(61)", "cos.advance(1)"))
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert ran.returncode == 1 and "1 failed" in ran.stdout, ran.stdout


@pytest.fixture
def local():
    with LocalCos(buckets=["another-1250000000"]) as local:
        yield local


def put(client, bucket, key="a.txt", body=b"hello", **arguments):
    url = client.get_presigned_url(Bucket=bucket, Key=key, Method="PUT", **arguments)
    return requests.put(url, data=body)


def test_what_is_signed_is_honoured_and_nothing_else(local):
    assert put(local.client(), local.bucket).status_code == 200
    url = local.client().get_presigned_url(Bucket=local.bucket, Key="a.txt")
    assert requests.get(url).content == b"hello"
    assert requests.put(url, data=b"other").status_code == 403
    assert put(local.client(SecretKey="another"), local.bucket).status_code == 403
    assert requests.get(local.client().get_object_url(local.bucket, "a.txt")).status_code == 403


def test_each_bucket_has_its_objects(local):
    client = cospass.CosS3Client(cospass.CosConfig(**local.endpoint_settings))
    assert put(client, "another-1250000000").status_code == 200
    assert requests.get(client.get_presigned_url("another-1250000000", "a.txt")).status_code == 200
    assert requests.get(client.get_presigned_url(local.bucket, "a.txt")).status_code == 404
    assert put(client, "none-1250000000").status_code == 404


def test_the_clock_is_moved_and_nobody_waits():
    with LocalCos(now=1_700_000_000) as local:
        assert local.now == 1_700_000_000
        url = local.client().get_presigned_url(local.bucket, "a.txt", "PUT", 60, now=local.now)
        assert requests.put(url, data=b"hello").status_code == 200
        local.advance(61)
        assert local.now == 1_700_000_061
        assert "Request has expired" in requests.put(url, data=b"hello").text
        local.set_time(1_700_000_030)
        assert requests.put(url, data=b"hello").status_code == 200


def test_its_client_lives_in_its_time():
    with LocalCos(now=1_700_000_000.5) as local:
        client = local.client()
        for moved in (0, 86_400, -1e6):
            local.advance(moved)
            assert put(client, local.bucket).status_code == 200
        early = client.get_presigned_url(local.bucket, "a.txt")
        local.set_time(1_800_000_000.9)
        assert client.head_object(local.bucket, "a.txt") and requests.get(early).status_code == 403
        told = local.client(now=5).get_presigned_url(local.bucket, "a.txt")
        assert "q-sign-time=-55%3B305" in told
    with LocalCos() as local, mock.patch("time.time", return_value=1_000_000_000):
        # Nobody moved it.
        assert "q-sign-time=999999940%3B" in local.client().get_presigned_url(local.bucket, "a.txt")
        local.advance(0)
        assert "q-sign-time=999999940%3B" not in local.client().get_presigned_url(local.bucket, "a.txt")


def test_times_that_it_cannot_show(local):
    before = local.now
    for move in (
        lambda: local.set_time(-1),
        lambda: local.advance(-(10**10)),
        lambda: local.advance(10**18),
        lambda: LocalCos(now=-5),
    ):
        with pytest.raises(cospass.CosClientError, match="^the endpoint's clock would be at "):
            move()
    with pytest.raises(cospass.CosClientError, match="^now is of type str"):
        local.set_time("soon")
    assert 0 <= local.now - before < 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_process_that_was_forked_does_not_wait_for_it(local):
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        local.stop()
        os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7
    assert put(local.client(), local.bucket).status_code == 200


def test_temporary_keys():
    with LocalCos(Token="token") as local:
        assert put(local.client(), local.bucket).status_code == 200
        assert put(local.client(Token="another"), local.bucket).status_code == 403
        assert put(local.client(Token=None), local.bucket).status_code == 403


def test_the_official_sdk_is_a_client_as_well(local):
    client = qcloud_cos.CosS3Client(qcloud_cos.CosConfig(**local.settings))
    assert client.put_object(Bucket=local.bucket, Key="k", Body=b"body")["ETag"]
    assert (
        client.get_object(Bucket=local.bucket, Key="k")["Body"].get_raw_stream().read() == b"body"
    )
    with pytest.raises(qcloud_cos.CosServiceError) as caught:
        client.get_object(Bucket=local.bucket, Key="none")
    assert caught.value.get_error_code() == "NoSuchKey"


def test_it_stops():
    local = LocalCos()
    url = local.client().get_presigned_url(local.bucket, "a.txt")
    assert requests.get(url).status_code == 404
    local.stop()
    local.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(url)


def test_several_at_once_and_one_that_nobody_stops():
    locals_ = [LocalCos() for _ in range(3)]
    assert len({local.port for local in locals_}) == 3
    assert put(locals_[0].client(), locals_[0].bucket).status_code == 200
    url = locals_[1].client().get_presigned_url(locals_[1].bucket, "a.txt")
    assert requests.get(url).status_code == 404
    for local in locals_[:2]:
        local.stop()


@pytest.mark.parametrize("wrong", [{"bucket": "no appid"}, {"Region": "no region"}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(cospass.CosClientError, match="^the endpoint does not start: "):
        LocalCos(**wrong)


@pytest.mark.parametrize("empty", ["SecretId", "SecretKey"])
def test_keys_are_needed(empty):
    with pytest.raises(cospass.CosClientError, match="^SecretId and SecretKey is Required!$"):
        LocalCos(**{empty: ""})
