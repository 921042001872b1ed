"""A client keeps what one call is made of for the next: nothing of one may be in another that asks for something else."""

import logging
import random
import threading

import pytest
from cospass import CosClientError, CosConfig, CosS3Client

NOW = 1_700_000_000
KEYS = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "secret"}
BUCKET, OTHER = "examplebucket-1250000000", "otherbucket-1250000000"


# Few values, so that calls are often like the one before them.
CHOICES = {
    "Bucket": [BUCKET, BUCKET, OTHER, "not_a_bucket"],
    "Key": ["a.jpg", "/a.jpg", "照片/测试 1.jpg", b"b/./c", "", None, 5, "x" * 40_000, "\ud800"],
    "Method": ["GET", "GET", "PUT", "put", None, 5],
    "Expired": [300, 300, 301, True, 1.5, "soon"],
    "Params": [None, {}, {"acl": ""}, {"a": "1", "b": "2"}, {"b": "2", "a": "1"}, {"A": b"1", "a": 2}],
    "Headers": [None, {}, {"Range": "bytes=0-1"}, {"range": "x", "Host": "h"}, {"other": "1"}, {5: ""}],
    "SignHost": [None, True, False],
    "UseCiEndPoint": [False, True],
    "now": [NOW, NOW, NOW + 1, None],
}
CALLS = ["get_auth", "get_presigned_url", "get_presigned_url", "get_presigned_download_url"]


def outcome(client, call, arguments):
    try:
        return getattr(client, call)(**arguments)
    except Exception as error:
        return type(error), str(error)


def changed(choose, arguments):
    """The same arguments, but for some of them; and dictionaries that are changed where they are."""
    for name in choose.sample(list(CHOICES), choose.choice([0, 0, 1, 1, 2, 9])):
        arguments[name] = choose.choice(CHOICES[name])
        if isinstance(arguments[name], dict):
            arguments[name] = dict(arguments[name])
    for name in ("Params", "Headers"):
        if arguments.get(name) and choose.random() < 0.1:
            first = next(iter(arguments[name]))
            arguments[name][first] = choose.choice(["1", "bytes=0-1", "5"])
    return arguments


@pytest.mark.parametrize("seed", range(4))
def test_a_client_that_signed_before_signs_as_a_new_one_does(seed):
    choose, settings = random.Random(seed), {**KEYS, "now": lambda: NOW}
    conf = CosConfig(**settings)
    client, arguments, signed, call = CosS3Client(conf), {"Bucket": BUCKET, "Key": "a"}, 0, CALLS[0]
    for _ in range(3000):
        call = call if choose.random() < 0.6 else choose.choice(CALLS)
        arguments = changed(choose, arguments)
        if choose.random() < 0.02:
            secret = choose.choice(["secret", "other"])
            token = choose.choice([None, "tok en"])
            conf.set_credential("AKIDEXAMPLE", secret, token)
            settings.update(SecretKey=secret, Token=token)
        given = dict(arguments)
        if "download" in call:
            given.pop("Method", None)
        ours = outcome(client, call, given)
        assert ours == outcome(CosS3Client(CosConfig(**settings)), call, given), (call, given)
        signed += isinstance(ours, str)
    assert 500 < signed < 2900


def test_a_value_that_tells_another_text_is_read_each_time():
    client = CosS3Client(CosConfig(**KEYS, now=NOW))
    texts = iter("ab")

    class Sly:
        def __str__(self):
            return next(texts)

    params = {"p": Sly()}
    urls = [client.get_presigned_url(BUCKET, "k", Params=params) for _ in range(2)]
    assert urls[0].endswith("&p=a") and urls[1].endswith("&p=b")


def test_settings_that_change_count_for_the_next_call():
    conf = CosConfig(**KEYS, now=NOW)
    client = CosS3Client(conf)
    before = [client.get_presigned_url(BUCKET, "k") for _ in range(2)]
    conf.set_ip_port("10.0.0.1", 8080)
    behind = [client.get_presigned_url(BUCKET, "k") for _ in range(2)]
    assert before[0] == before[1] and behind[0] == behind[1]
    assert before[0].startswith(f"https://{BUCKET}.")
    assert behind[0].startswith("https://10.0.0.1:8080/k?")


def test_who_listens_later_is_told(caplog):
    client = CosS3Client(CosConfig(**KEYS, now=NOW))
    client.get_presigned_url(BUCKET, "k")
    assert not caplog.records
    with caplog.at_level(logging.DEBUG, logger="cospass.client"):
        client.get_presigned_url(BUCKET, "k")
    assert "get\n/k\n" in caplog.text
    caplog.clear()
    client.get_presigned_url(BUCKET, "k")
    assert not caplog.records


def test_a_clock_may_sign_itself():
    urls = []

    def clock():
        if not urls:
            urls.append(client.get_presigned_url(BUCKET, "inner", now=NOW))
            urls.append(client.get_presigned_url(BUCKET, "inner", now=NOW))
        return NOW

    client = CosS3Client(CosConfig(**KEYS, now=clock))
    for _ in range(2):
        urls.clear()
        outer = client.get_presigned_url(BUCKET, "outer")
        still = CosS3Client(CosConfig(**KEYS, now=NOW))
        assert outer == still.get_presigned_url(BUCKET, "outer")
        assert urls == [still.get_presigned_url(BUCKET, "inner")] * 2


def test_a_clock_that_raises_leaves_the_client_as_it_was():
    times = iter([NOW, None, NOW])
    client = CosS3Client(CosConfig(**KEYS, now=lambda: next(times)))
    first = client.get_presigned_url(BUCKET, "k")
    with pytest.raises(CosClientError, match="now is of type NoneType"):
        client.get_presigned_url(BUCKET, "k")
    assert client.get_presigned_url(BUCKET, "k") == first
    with pytest.raises(StopIteration):
        client.get_presigned_url(BUCKET, "k")


def test_threads_that_share_a_client_do_not_mix_their_calls():
    def clock():
        # Lets the others run in the middle of a call.
        threading.Event().wait(0.0001)
        return NOW

    client, wrong = CosS3Client(CosConfig(**KEYS, now=clock)), []
    still = CosS3Client(CosConfig(**KEYS, now=NOW))

    def work(bucket, key):
        expected = still.get_presigned_url(bucket, key, Params={"who": key})
        for _ in range(200):
            if client.get_presigned_url(bucket, key, Params={"who": key}) != expected:
                wrong.append(key)

    calls = (BUCKET, "a"), (OTHER, "b"), (BUCKET, "c")
    threads = [threading.Thread(target=work, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_names_of_arguments_that_were_made_while_the_program_ran():
    client = CosS3Client(CosConfig(**KEYS, now=NOW))
    made = {"".join(list(name)): value for name, value in {"Bucket": BUCKET, "Key": "k"}.items()}
    assert client.get_presigned_url(**made, Expired=300) == client.get_presigned_url(BUCKET, "k")
    with pytest.raises(TypeError, match="got multiple values for argument 'Bucket'"):
        client.get_presigned_url(BUCKET, **made)
    with pytest.raises(TypeError, match="unexpected keyword argument 'bucket'"):
        client.get_presigned_url(**made, bucket="b")
