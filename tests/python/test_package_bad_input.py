"""Whatever a call is given, it raises what says what is wrong: it never crashes, hangs or leaks."""

import copy
import inspect
import os
import pickle
import random
import subprocess
import sys
import threading
from unittest import mock

import cospass
import pytest
from cospass import CosClientError
from cospass.testing import LocalCos

BUCKET = "examplebucket-1250000000"
KEYS = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "secret"}
MIB = 1 << 20

CYCLE: dict = {"Key": "a"}
CYCLE["Object"] = CYCLE


class Rude:
    """Raises whatever is asked of it."""

    def __str__(self):
        raise LookupError("no text")

    def __iter__(self):
        raise LookupError("no items")

    def read(self, size=-1):
        raise LookupError("no bytes")

    def __len__(self):
        raise LookupError("no length")

    def __bool__(self):
        raise LookupError("no truth")


# fmt: off
ODD = [
    None, True, 0, -1, 5, 1.5, float("nan"), float("inf"), 10**40, "", "\ud800", "a\x00b", "a\nb", b"", b"\xff", b"a\x00", [],
    [1], {}, {1: 2}, {"a": None}, {"Part": 5}, {"Part": [None]}, CYCLE, object(), Rude(), Rude, lambda: None, iter([1]),
    bytearray(b"a"), memoryview(b"a"), set(), (1, 2), "x" * 100_000,
]
# fmt: on


@pytest.fixture(scope="module")
def local():
    with LocalCos() as local:
        yield local


def calls():
    for name, call in inspect.getmembers(cospass.CosS3Client, callable):
        if not name.startswith("_") and name != "presign_many":
            yield name


SOUND = {
    "Bucket": BUCKET,
    "Key": "key",
    "Body": b"x",
    "Data": b"x",
    "Method": "GET",
    "Url": "http://example.com/",
    "CopySource": {"Bucket": BUCKET, "Key": "key", "Region": "ap-guangzhou"},
    "MultipartUpload": {"Part": [{"PartNumber": 1, "ETag": "x"}]},
    "UploadId": "1",
    "PartNumber": 1,
    "Position": 0,
    "LocalFilePath": __file__,
}


@pytest.mark.parametrize("name", calls())
def test_arguments_of_every_kind(local, name, tmp_path, monkeypatch):
    """Each argument in turn, and those by the names of headers."""
    monkeypatch.chdir(tmp_path)
    client = cospass.CosS3Client(cospass.CosConfig(**local.endpoint_settings, Timeout=5), retry=0)
    call = getattr(client, name)
    parameters = inspect.signature(call).parameters
    sound = {**SOUND, "DestFilePath": str(tmp_path / "there")}
    sound = {name: value for name, value in sound.items() if name in parameters}
    names = [name for name in parameters if parameters[name].kind != inspect.Parameter.VAR_KEYWORD]
    if len(names) < len(parameters):
        names += ["ContentType", "Metadata", "Range", "VersionId", "NoSuchArgument"]
    raised = 0
    for argument in names:
        for value in ODD:
            try:
                call(**{**sound, argument: value})
            except (cospass.CosException, LookupError, OSError) as error:
                raised += 1
                assert str(error), (argument, value)
            except (TypeError, ValueError) as error:
                raised += 1
                # From Python itself, which says what it cannot do with which type.
                assert len(str(error)) > 10, (argument, value, error)
    assert raised or name == "get_conf"


def test_keys_of_ten_million_characters(local):
    client, at_cos = local.client(), cospass.CosS3Client(cospass.CosConfig(**KEYS))
    for key in ("x" * 10 * MIB, "页" * 3 * MIB):
        url = at_cos.get_presigned_url(local.bucket, key)
        assert len(url) > len(key.encode())
        # By the rule alone: so long a request is not read in other ways.
        assert at_cos.verify("GET", url, strict=True)
        (of_many,) = client.presign_many([key], local.bucket, now=5)
        assert of_many == client.get_presigned_url(local.bucket, key, now=5)
        with pytest.raises(CosClientError, match="too long"):
            client.put_object(local.bucket, b"x", key)
    with pytest.raises(cospass.CosException):
        client.put_object(local.bucket, b"x", "key", ContentType="x" * 10 * MIB)


def test_dictionaries_that_hold_themselves(local):
    client = local.client()
    cycle: dict = {}
    cycle["self"] = cycle
    assert client.get_presigned_url(local.bucket, "key", Params={"a": cycle}).count("self")
    with pytest.raises(CosClientError, match="does it hold itself"):
        client.delete_objects(local.bucket, cycle)
    with pytest.raises(CosClientError, match="does it hold itself"):
        client.put_object_tagging(local.bucket, "key", cycle)


class Vault:
    def __init__(self, failing):
        self.failing = failing

    def __getattr__(self, name):
        if name == self.failing:
            raise LookupError(f"the vault is closed: {name}")
        return "given"


@pytest.mark.parametrize("failing", ["secret_id", "secret_key", "token"])
def test_a_vault_that_fails_is_heard(local, failing):
    vault = Vault(None)
    settings = {**local.settings, "SecretId": None, "SecretKey": None, "Token": None}
    config = cospass.CosConfig(**settings, CredentialInstance=vault)
    client = cospass.CosS3Client(config)
    assert client.get_auth("GET", local.bucket, "key")
    vault.failing = failing
    for call in (
        lambda: client.get_auth("GET", local.bucket, "key"),
        lambda: client.get_presigned_url(local.bucket, "key"),
        lambda: client.presign_many(["key"], local.bucket),
        lambda: client.put_object(local.bucket, b"x", "key"),
    ):
        with pytest.raises(LookupError, match=failing):
            call()


@pytest.mark.parametrize("now", [-1.0, -(10**12), 0, 10**12, 10**18])
def test_a_clock_that_is_far_off(local, now):
    client = local.client()
    assert f"{int(now) - 60};{int(now) + 300}" in client.get_auth("GET", BUCKET, "key", now=now)
    with mock.patch("time.time", lambda: now):
        assert client.get_presigned_url(local.bucket, "key")
        with pytest.raises(cospass.CosServiceError) as refused:
            client.put_object(local.bucket, b"x", "key")
    assert refused.value.get_status_code() == 403
    assert not client.verify("GET", client.get_presigned_url(BUCKET, "key"), now=now)


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 10**30, "soon", b"1", [1]])
def test_a_clock_that_tells_no_time(local, now):
    client = local.client()
    with mock.patch("time.time", lambda: now):
        for call in (
            lambda: client.get_presigned_url(local.bucket, "key"),
            lambda: client.put_object(local.bucket, b"x", "key"),
        ):
            with pytest.raises(CosClientError, match="now is"):
                call()


FORKING = """
import os, threading
import cospass
config = cospass.CosConfig(Region="ap-guangzhou", SecretId="a", SecretKey="b")
client = cospass.CosS3Client(config)
stop = threading.Event()

def sign():
    while not stop.is_set():
        client.get_presigned_url("b-1", "key")
        client.presign_many(["a"] * 200, "b-1", threads=2)

threads = [threading.Thread(target=sign) for _ in range(4)]
for thread in threads:
    thread.start()
expected = client.get_auth("GET", "b-1", "key", now=5)
for _ in range(20):
    child = os.fork()
    if child == 0:
        same = client.get_auth("GET", "b-1", "key", now=5) == expected
        many = client.presign_many(["a"] * 200, "b-1", threads=2, now=5)
        os._exit(0 if same and len(set(many)) == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
stop.set()
for thread in threads:
    thread.join()
"""


def test_threads_and_forks():
    ran = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr


def test_a_configuration_that_changes_while_it_signs():
    config = cospass.CosConfig(**KEYS)
    client = cospass.CosS3Client(config)
    pairs = {f"id{number}": f"key{number}" for number in range(4)}
    stop = threading.Event()

    def change():
        while not stop.is_set():
            name = random.choice(list(pairs))
            config.set_credential(name, pairs[name])

    changing = threading.Thread(target=change)
    changing.start()
    config.set_credential("id0", "key0")
    try:
        for _ in range(2000):
            auth = client.get_auth("GET", BUCKET, "key", now=1_700_000_000)
            name = auth.split("q-ak=")[1].split("&")[0]
            known = cospass.CosConfig(**{**KEYS, "SecretId": name, "SecretKey": pairs[name]})
            expected = cospass.CosS3Client(known).get_auth("GET", BUCKET, "key", now=1_700_000_000)
            assert auth == expected, "the id of one pair with the key of another"
    finally:
        stop.set()
        changing.join()


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


of_memory = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc")


def growth(turn, begin, turns):
    """By how many bytes this process grows in some turns, after others have filled what is used again."""
    for _ in range(begin):
        turn()
    before = resident()
    for _ in range(turns):
        turn()
    return resident() - before


def test_what_ends_a_program_is_not_made_an_error_of_the_client(local):
    def raising(error):
        yield b"x"
        raise error

    client = local.client()
    for error in (KeyboardInterrupt("stop"), SystemExit(3)):
        with pytest.raises(type(error)):
            client.put_object(local.bucket, raising(error), "raised")
    with pytest.raises(CosClientError, match="the body cannot be read"):
        client.put_object(local.bucket, raising(ValueError("no")), "raised")


def test_a_configuration_is_copied_and_not_pickled(local):
    config = cospass.CosConfig(**local.settings)
    client = cospass.CosS3Client(config)
    for copied in (copy.copy(config), copy.deepcopy(config)):
        copied.set_credential("AKIDOTHER", "othersecret")
        copied.set_ip_port("1.2.3.4", 80)
        assert "AKIDOTHER" in cospass.CosS3Client(copied).get_auth("GET", BUCKET, "k")
        assert "AKIDOTHER" not in client.get_auth("GET", BUCKET, "k")
        assert "1.2.3.4" in copied.uri(BUCKET, "k") and "1.2.3.4" not in config.uri(BUCKET, "k")
    assert copy.copy(client).get_conf() is config
    assert copy.deepcopy(client).get_conf() is not config
    client.put_object(BUCKET, b"x", "copied")
    assert copy.deepcopy(client).object_exists(BUCKET, "copied")
    for kept in (config, client):
        with pytest.raises(TypeError, match="is not pickled"):
            pickle.dumps(kept)


def test_a_length_that_only_the_program_knows_is_that_of_the_body(local):
    class Reader:
        def __init__(self):
            self.pieces = [b"ab", b"c"]

        def read(self, size=-1):
            return self.pieces.pop(0) if self.pieces else b""

    client = local.client()
    for body in (Reader(), iter([b"ab", b"c"])):
        client.put_object(local.bucket, body, "known", ContentLength="3")
        assert client.get_object(local.bucket, "known")["Body"].read() == b"abc"
    with pytest.raises((CosClientError, cospass.CosServiceError)):
        cospass.CosS3Client(cospass.CosConfig(**local.settings, Timeout=1), retry=0).put_object(
            local.bucket, Reader(), "known", ContentLength="5"
        )


def test_a_download_may_be_said_to_be_one(local):
    """As the samples of its page do, which the official SDK refuses."""
    client = local.client()
    url = client.get_presigned_download_url(Method="GET", Bucket=BUCKET, Key="k", Expired=120, now=5)
    assert url == client.get_presigned_download_url(Bucket=BUCKET, Key="k", Expired=120, now=5)
    with pytest.raises(CosClientError, match="signs GET, not 'PUT': use get_presigned_url"):
        client.get_presigned_download_url(BUCKET, "k", Method="PUT")


def test_a_header_that_would_not_arrive_as_it_is_signed_is_refused(local):
    client = local.client()
    for value in (" a", "a ", "\ta", "a\nb"):
        with pytest.raises(CosClientError, match='the header "x-cos-meta-a" cannot be sent'):
            client.put_object(local.bucket, b"x", "edges", Metadata={"x-cos-meta-a": value})
    client.put_object(local.bucket, b"x", "edges", Metadata={"x-cos-meta-a": "a b"})
    assert client.head_object(local.bucket, "edges")["x-cos-meta-a"] == "a b"


@of_memory
def test_signing_keeps_nothing(local):
    """If a thousandth of what goes through stayed, it would show."""
    client = local.client()
    big = {"x-cos-meta-a": "v" * 4000}

    def turn():
        client.get_presigned_url(local.bucket, "k" * 4000, Params=big, Headers=big)
        client.get_auth("PUT", local.bucket, "k" * 4000, Headers=big)
        client.verify("GET", client.get_presigned_url(local.bucket, "key"))
        for refused in ("", 5, "\ud800" * 4000):
            with pytest.raises(CosClientError):
                client.get_presigned_url(local.bucket, refused)
        client.presign_many(["k" * 4000] * 3, local.bucket, threads=2)

    grown = growth(turn, 500, 4000)
    assert grown < 8 * MIB, f"{grown / MIB:.1f} MiB for 4000 turns"


@of_memory
def test_sending_keeps_nothing(local, tmp_path):
    client = local.client()
    path = str(tmp_path / "file")

    def turn():
        client.put_object(local.bucket, b"x" * 300_000, "key")
        client.put_object(local.bucket, iter([b"x" * 300_000]), "key")
        client.get_object(local.bucket, "key")["Body"].read(400_000)
        # One that nobody reads to its end.
        client.get_object(local.bucket, "key")["Body"].read(10)
        client.download_file(local.bucket, "key", path)
        with pytest.raises(cospass.CosServiceError):
            client.get_object(local.bucket, "nothing")
        with pytest.raises(CosClientError):
            client.put_object(local.bucket, iter([b"x" * 300_000, 5]), "key")

    grown = growth(turn, 40, 160)
    assert grown < 24 * MIB, f"{grown / MIB:.1f} MiB for 160 turns of 2 MB each"


def test_arguments_are_counted_as_those_of_any_function():
    client = cospass.CosS3Client(cospass.CosConfig(Region="ap-x", SecretId="a", SecretKey="b"))
    url = client.get_presigned_url("b-1", "k", "PUT", 60, {"a": "b"}, {}, False, True, now=5)
    named = {"Bucket": "b-1", "Key": "k", "Method": "PUT", "Expired": 60, "Params": {"a": "b"}}
    assert client.get_presigned_url(**named, Headers=None, now=5) == url
    # Names that are made while it runs are no literals of the program.
    made = {"".join(list(name)): each for name, each in named.items()}
    assert client.get_presigned_url(**made, now=5) == url
    for call, wrong in (
        (lambda: client.get_presigned_url("b-1"), "missing 1 required argument: 'Key'"),
        (lambda: client.get_auth("GET", Key="k"), "missing 1 required argument: 'Bucket'"),
        (lambda: client.presign_many(Bucket="b-1"), "missing 1 required argument: 'keys'"),
        (lambda: client.get_presigned_url(*range(9)), "takes 8 positional arguments at most"),
        (lambda: client.get_presigned_url("b-1", "k", Key="k"), "multiple values for argument 'Key'"),
        (lambda: client.get_presigned_url("b-1", "k", key="k"), "unexpected keyword argument 'key'"),
        (lambda: client.get_presigned_download_url("b-1", "k", 5, None, None, None, None, "GET"), "takes 7"),
        (lambda: client.get_auth("GET", "b-1", "k", threads=2), "argument 'threads'"),
        (lambda: client.warnings_of("b-1", "k", keys=[]), "argument 'keys'"),
        (lambda: client.presign_many(["k"], "b-1", threads="2"), "str"),
    ):
        with pytest.raises(TypeError, match=wrong):
            call()
