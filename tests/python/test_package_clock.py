"""Every call that reads a clock takes ``now=``, and a configuration may have a clock of its own."""

import asyncio
import re

import cospass
import pytest
import requests
from cospass import AsyncCosS3Client, CosAuth, CosConfig, CosS3Client
from cospass.testing import LocalCos

NOW = 1_700_000_000
KEYS = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "secret"}
BUCKET = "examplebucket-1250000000"

SIGNING = {
    "get_auth": lambda client, **now: client.get_auth("GET", BUCKET, "a", **now),
    "get_presigned_url": lambda client, **now: client.get_presigned_url(BUCKET, "a", **now),
    "get_presigned_download_url": lambda client, **now: client.get_presigned_download_url(
        BUCKET, "a", **now
    ),
    "presign_many": lambda client, **now: client.presign_many(["a"], BUCKET, **now)[0],
}


def started(text):
    return int(re.search(r"q-sign-time=(-?\d+)", text).group(1)) + 60


@pytest.mark.parametrize("name", SIGNING)
def test_a_signature_is_of_the_time_that_is_given(name):
    call, times = SIGNING[name], iter([5, 6.9])
    assert started(call(CosS3Client(CosConfig(**KEYS)), now=7)) == 7
    assert started(call(CosS3Client(CosConfig(**KEYS, now=8)))) == 8
    assert started(call(CosS3Client(CosConfig(**KEYS, now=8)), now=9.5)) == 9
    assert started(call(CosS3Client(CosConfig(**KEYS, now=8)), now=None)) == 8
    asked = CosS3Client(CosConfig(**KEYS, now=lambda: next(times)))
    assert (started(call(asked)), started(call(asked))) == (5, 6)
    with pytest.raises(StopIteration):
        call(asked)


def test_a_clock_that_is_none_is_refused():
    with pytest.raises(cospass.CosClientError, match="now is of type str: give Unix seconds"):
        CosConfig(**KEYS, now="noon")
    with pytest.raises(cospass.CosClientError, match="now is of type NoneType"):
        CosS3Client(CosConfig(**KEYS, now=lambda: None)).get_presigned_url(BUCKET, "a")


def test_judging_goes_by_the_same_clock():
    client = CosS3Client(CosConfig(**KEYS, now=NOW))
    url = client.get_presigned_url(BUCKET, "a", Expired=100)
    assert client.verify("GET", url) and client.explain("GET", url).cause != "expired"
    assert client.verify("GET", url, now=NOW + 101).cause == "expired"
    assert client.explain("GET", url, now=NOW + 101).cause == "expired"
    late = CosS3Client(CosConfig(**KEYS, now=NOW + 101))
    assert late.verify("GET", url).cause == "expired"
    assert late.verify("GET", url, now=NOW)


# What is sent: the endpoint takes it at its own time, and at no other.
CALLS = {
    "put_object": lambda c, **now: c.put_object(BUCKET, b"x", "k", **now),
    "head_object": lambda c, **now: c.head_object(BUCKET, "k", **now),
    "object_exists": lambda c, **now: c.object_exists(BUCKET, "k", **now),
    "bucket_exists": lambda c, **now: c.bucket_exists(BUCKET, **now),
    "get_object": lambda c, **now: c.get_object(BUCKET, "k", **now),
    "list_objects": lambda c, **now: c.list_objects(BUCKET, **now),
    "delete_object": lambda c, **now: c.delete_object(BUCKET, "k", **now),
}


@pytest.mark.parametrize("is_async", [False, True], ids=["waiting", "asyncio"])
def test_requests_are_signed_at_the_time_that_is_given(is_async):
    def outcome(call, client, **now):
        return asyncio.run(call(client, **now)) if is_async else call(client, **now)

    kind = AsyncCosS3Client if is_async else CosS3Client
    with LocalCos(now=NOW) as local:
        usual = kind(CosConfig(**local.settings), retry=0)
        there = kind(CosConfig(**local.settings, now=local._local.now), retry=0)
        for call in CALLS.values():
            outcome(call, usual, now=NOW)
            outcome(call, there)
            with pytest.raises(cospass.CosServiceError):
                outcome(call, usual)
            with pytest.raises(cospass.CosServiceError):
                outcome(call, there, now=NOW + 30_000)
        local.advance(10**6)
        outcome(CALLS["put_object"], there)


def test_requests_of_another_library_are_signed_by_it_too():
    with LocalCos(now=NOW) as local:
        url = CosConfig(**local.settings).uri(local.bucket, "a.txt")

        def status(config, now=None):
            return requests.put(url, data=b"x", auth=CosAuth(config, now=now)).status_code

        usual, there = CosConfig(**local.settings), CosConfig(**local.settings, now=NOW)
        assert (status(usual, NOW), status(there)) == (200, 200)
        assert (status(usual), status(there, NOW + 30_000)) == (403, 403)
