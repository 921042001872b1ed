"""Many keys at once are signed as one by one."""

import sys
import threading
import time

import cospass
import pytest
from drop_in import NOW, TEXTS

REQUIRED = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "exampleSecretKey"}
BUCKET = "examplebucket-1250000000"
KEYS = [text for text in TEXTS if text and "\ud800" not in text]


def client(**extra):
    return cospass.CosS3Client(cospass.CosConfig(**{**REQUIRED, **extra}))


CALLS = {
    "plain": {},
    "params": {"Params": {"a b": "c d/é", "acl": "", "N": 5}},
    "headers": {
        "Method": "PUT",
        "Headers": {"Content-Type": "text/plain", "x-cos-acl": b"private"},
    },
    "host-unsigned": {"SignHost": False},
    "fraction": {"Expired": 300.5},
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_each_url_is_the_one_of_a_single_call(call, threads):
    signer = client(Token="example+token/=")
    keys = [*KEYS, b"by tes", *(f"photos/{number}.jpg" for number in range(20_000))]
    urls = signer.presign_many(keys, Bucket=BUCKET, now=NOW, threads=threads, **call)
    arguments = {"Method": "GET", **call}
    one_by_one = [signer.get_presigned_url(BUCKET, key, now=NOW, **arguments) for key in keys]
    assert urls == one_by_one


def test_keys_may_come_from_anywhere():
    signer = client()
    expected = signer.presign_many(["a", "b"], BUCKET, now=NOW)
    assert len(expected) == 2
    for keys in (("a", "b"), iter(["a", "b"]), {"a": 1, "b": 2}, (key for key in "ab")):
        assert signer.presign_many(keys, BUCKET, now=NOW) == expected
    assert signer.presign_many([], BUCKET) == []


@pytest.mark.parametrize(
    "keys, message",
    [
        ("text", "^keys is of type str"),
        (b"bytes", "^keys is of type bytes"),
        (5, "^keys is of type int"),
        (["a", ""], r"^keys\[1\]: Key is required not empty"),
        (["a"] * 9000 + [None], r"^keys\[9000\]: Key is required not empty"),
        (["a", "b", 5], r"^keys\[2\]: Key is of type int"),
        (["\ud800"], r"^keys\[0\]: your unicode strings"),
        ([b"\xff"], r"^keys\[0\]: your bytes strings"),
    ],
)
def test_keys_that_are_none_are_refused(keys, message):
    with pytest.raises(cospass.CosClientError, match=message):
        client().presign_many(keys, BUCKET)


def test_no_threads_and_no_keys_to_sign_with_are_refused():
    for threads in (0, -1):
        with pytest.raises(cospass.CosClientError, match=f"threads is {threads}: give 1 or more"):
            client().presign_many(["a"], BUCKET, threads=threads)
    assert len(client().presign_many(["a", "b"], BUCKET, threads=2**40)) == 2
    with pytest.raises(cospass.CosClientError, match="anonymous"):
        client(Anonymous=True).presign_many(["a"], BUCKET)


def test_what_the_keys_raise_is_raised():
    def keys():
        yield "a"
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        client().presign_many(keys(), BUCKET)


def test_python_goes_on_meanwhile():
    """Another thread counts, and none is made to wait: it can count on only where the lock is given up."""
    signer, counted, over = client(), [0], threading.Event()

    def count():
        while not over.is_set():
            counted[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(600)
    try:
        thread.start()
        keys = ["k"] * 50_000
        before = counted[0]
        signer.presign_many(keys, BUCKET)
        after = counted[0]
    finally:
        over.set()
        sys.setswitchinterval(interval)
        thread.join(60)
    assert after > before
