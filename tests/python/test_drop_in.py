"""The official SDK and `cospass` side by side: the same text, the same refusal, or a row of docs/python.md.

A rule tells by the input and by what came out which row explains a difference. What no rule explains fails.
"""

import collections.abc
import copy
import inspect
import os
import re
from pathlib import Path
from unittest import mock

import cospass
import pytest
import qcloud_cos
from drop_in import NOW, Generator, Input, Keys, Outcome, Shown, Sly, outcome, ours, theirs

COUNT = int(os.environ.get("COSPASS_DROP_IN", "10000"))
TABLE = Path(__file__).parents[2] / "docs/python.md"

REQUIRED = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "exampleSecretKey"}
OBJECT = {"Bucket": "examplebucket-1250000000", "Key": "exampleobject"}

NOT_UTF8 = (
    "your bytes strings can not be decoded in utf8, utf8 support only!",
    "your unicode strings can not encoded in utf8, utf8 support only!",
)

HOST = r"(white space or a control|cannot be read|^the configuration has no )"


def is_accident(outcome):
    """Neither text nor the exception that the SDK has for it."""
    return outcome.kind not in ("text", "CosClientError")


def refused(pattern):
    """Ours refuses with such a message what theirs signs, or fails at by accident."""

    def rule(given, theirs, ours):
        if theirs.kind == "CosClientError" or ours.kind != "CosClientError":
            return False
        return re.search(pattern, str(ours.error)) is not None

    return rule


def has_line_end(given, theirs, ours):
    texts = [
        given.config.get("Region"),
        given.arguments.get("Bucket"),
        given.arguments.get("bucket"),
    ]
    ends = any(isinstance(text, str) and text.endswith("\n") for text in texts)
    return ends and refused(r"^(bucket|region) format is illegal")(given, theirs, ours)


def is_not_utf8(given, theirs, ours):
    if theirs.kind == "CosClientError" or str(ours.error) not in NOT_UTF8:
        return False
    return any(mark in repr(given) for mark in (r"\ud800", r"\xff"))


def has_token(given, theirs, ours):
    """Theirs is the same, given the token as a parameter."""
    if (theirs.kind, ours.kind) != ("text", "text"):
        return False
    token = given.config.get("Token")
    for name, arguments in given.changes:
        if name == "set_credential":
            token = arguments[2] if len(arguments) > 2 else None
    if not token and not any(name == "set_credential" for name, _ in given.changes):
        token = getattr(given.config.get("CredentialInstance"), "token", None)
    at_ci = given.arguments.get("UseCiEndPoint")
    name = "x-ci-security-token" if at_ci else "x-cos-security-token"
    explicit = given.copied()
    explicit.arguments["Params"] = {**(given.arguments.get("Params") or {}), name: token}
    # A token twice is explained by nothing.
    is_given = name in theirs.text.lower()
    return bool(token) and not is_given and outcome(qcloud_cos, explicit).text == ours.text


def is_repr_of_bytes(given, theirs, ours):
    if (theirs.kind, ours.kind) != ("text", "text"):
        return False
    values = [*given.arguments.values(), *given.config.values()]
    values = [value for value in values if isinstance(value, bytes) and value != b"\xff"]
    return any(theirs.text.replace(repr(value), value.decode()) == ours.text for value in values)


def has_id_of_bytes(given, theirs, ours):
    """A credential instance whose SecretId is bytes: with their text both agree, or another row explains it."""
    keys = given.config.get("CredentialInstance")
    if not isinstance(getattr(keys, "secret_id", None), bytes):
        return False
    alike = given.copied()
    alike.config["CredentialInstance"] = Keys(keys.secret_id.decode(), keys.secret_key, keys.token)
    return judge(alike) is not None and outcome(cospass, alike).text == ours.text


def is_own_text(given, theirs, ours):
    """Where they differ, a value is of a type made of `str`: both agree on the text that it is, or another row explains it."""
    own = []

    def plain(value):
        if isinstance(value, str) and type(value) is not str:
            own.append(value)
            return str.__str__(value)
        if isinstance(value, collections.abc.Mapping):
            return {plain(name): plain(each) for name, each in value.items()}
        return value

    alike = given.copied()
    alike.arguments = plain(alike.arguments)
    return bool(own) and judge(alike) is not None and outcome(cospass, alike).text == ours.text


def lacks_token(given, theirs, ours):
    """Theirs fails for want of a token; given an empty one, both agree, or another row explains it."""
    explicit = given.copied()
    for name, arguments in explicit.changes:
        if name == "set_credential" and arguments[2:] in ([], [None]) and is_accident(theirs):
            arguments[2:] = [""]
            return judge(explicit) is not None
    return False


def is_told_first(given, theirs, ours):
    """Both refuse, for two reasons: ours is that of another row, or one of the configuration."""
    if (theirs.kind, ours.kind) != ("CosClientError", "CosClientError"):
        return False
    alone = Outcome(error=Exception("what theirs refuses, left aside"))
    if any(rule(given, alone, ours) for name, rule in RULES.items() if name != "order"):
        return True
    bare = Input("get_host", given.config, {}, given.changes)
    return str(outcome(cospass, bare).error) == str(ours.error)


RULES = {
    "own text": is_own_text,
    "token": has_token,
    "line end": has_line_end,
    "anonymous": refused("^an anonymous configuration has no keys"),
    "type": refused(r"( is of type |^appid is not string$)"),
    "host": refused(HOST),
    "ampersand": refused("^the SecretId holds '&'"),
    "UTF-8": is_not_utf8,
    "bytes": lambda *case: is_repr_of_bytes(*case) or has_id_of_bytes(*case),
    "set_credential": lacks_token,
    "empty keys": refused("^SecretId and SecretKey is Required!$"),
    "order": is_told_first,
}


def is_same(theirs, ours):
    if theirs.kind == "text":
        return ours.kind == "text" and ours.text == theirs.text
    return ours.kind == theirs.kind and str(ours.error) == str(theirs.error)


def judge(given):
    """The name of what explains the two outcomes, or nothing."""
    left, right = theirs(given), ours(given)
    if is_same(left, right):
        return "the same text" if left.kind == "text" else "the same refusal"
    return next((name for name, rule in RULES.items() if rule(given, left, right)), None)


def test_every_difference_is_a_row_of_the_table():
    counts = collections.Counter()
    for seed in range(COUNT):
        given = Generator(seed).input()
        explained = judge(given)
        assert explained, f"seed {seed}: {given}\ntheirs: {theirs(given)}\nours:   {ours(given)}"
        counts[explained] += 1
    print(counts)
    assert counts["the same text"] > COUNT / 3
    assert counts["the same refusal"] > COUNT / 10
    assert set(RULES) <= set(counts), "a rule that nothing needs"


def test_the_rows_are_those_of_the_table():
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|", TABLE.read_text(), re.MULTILINE)
    by_call = {"Method left out", "caller's dictionaries", "logs"}
    assert set(rows) == set(RULES) | by_call


CONFIGURATIONS = {
    "plain": {},
    "secret_id": {
        "SecretId": None,
        "SecretKey": None,
        "Secret_id": "AKIDother",
        "Secret_key": "otherKey",
    },
    "access_id": {
        "SecretId": None,
        "SecretKey": None,
        "Access_id": "AKIDother",
        "Access_key": "otherKey",
    },
    "instance": {"SecretId": None, "SecretKey": None, "CredentialInstance": Keys(token=None)},
    "appid": {"Appid": "1250000000"},
    "http": {"Scheme": "http"},
    "endpoint": {"Endpoint": "cos.accelerate.myqcloud.com"},
    "domain": {"Domain": "files.example.com"},
    "ip": {"IP": "127.0.0.1"},
    "ip-port": {"IP": "127.0.0.1", "Port": 9000},
    "host-unsigned": {"SignHost": False},
    "params-unsigned": {"SignParams": False},
    "new-domain": {"EnableOldDomain": False, "EnableInternalDomain": False},
    "internal": {"EnableOldDomain": False},
    "ci": {"EndpointCi": "ci.example.com"},
    "no-meaning": {
        "Timeout": 5,
        "UA": "agent",
        "Proxies": {"http": "proxy"},
        "ServiceDomain": "service.example.com",
        "KeepAlive": False,
        "PoolConnections": 1,
        "PoolMaxSize": 1,
        "AllowRedirects": True,
        "EndpointPic": "pic.example.com",
        "AutoSwitchDomainOnRetry": True,
        "VerifySSL": False,
        "SSLCert": "/nowhere",
    },
}


@pytest.mark.parametrize("extra", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_each_configuration_signs_the_same(extra):
    config = {**REQUIRED, **extra}
    more = {
        "Params": {"a b": "c d/é", "N": 1},
        "Headers": {"Range": b"bytes=0-1", "x-cos-acl": "private"},
    }
    bucket = {"Bucket": "examplebucket", **{}} if "Appid" in extra else {}
    for call in (
        Input("get_auth", config, {**OBJECT, **bucket, "Method": "PUT", "UseCiEndPoint": True}),
        Input("get_presigned_url", config, {**OBJECT, **bucket, "Method": "PUT", **more}),
        Input("get_presigned_download_url", config, {**OBJECT, **bucket, "Expired": 9, **more}),
        Input("get_object_url", config, {**OBJECT, **bucket}),
    ):
        assert theirs(call).kind == "text", theirs(call)
        assert theirs(call).text == ours(call).text, call


def test_every_argument_of_the_configuration_is_taken_by_name_and_by_position():
    arguments = list(inspect.signature(qcloud_cos.CosConfig).parameters.values())
    *own, clock = inspect.signature(cospass.CosConfig).parameters.values()
    assert (clock.name, clock.default, clock.kind) == ("now", None, clock.KEYWORD_ONLY)
    assert [(p.name, p.default, p.kind) for p in own] == [
        (p.name, p.default, p.kind) for p in arguments
    ]
    given = {
        **{p.name: p.default for p in arguments},
        **REQUIRED,
        "Appid": "1250000000",
        "SignHost": False,
    }
    pair = []
    for package in (qcloud_cos, cospass):
        client = package.CosS3Client(package.CosConfig(*given.values()))
        with mock.patch("time.time", lambda: NOW):
            pair.append(
                client.get_presigned_url(
                    "examplebucket", "k", "GET", 5, {"p": 1}, {"Range": 2}, False, True
                )
            )
            pair.append(
                client.get_presigned_download_url(
                    "examplebucket", "k", 5, {"p": 1}, {"Range": 2}, False, True
                )
            )
            pair.append(
                client.get_auth("PUT", "examplebucket", "k", 5, {"Range": 2}, {"p": 1}, True, False)
            )
            pair.append(client.get_object_url("examplebucket", "k"))
    assert pair[:4] == pair[4:]


def client(**extra):
    return cospass.CosS3Client(cospass.CosConfig(**{**REQUIRED, **extra}))


def test_a_method_left_out_is_get():
    assert client().get_auth(**OBJECT, now=NOW) == client().get_auth(
        Method="GET", **OBJECT, now=NOW
    )
    url = client().get_presigned_url(**OBJECT, now=NOW)
    assert url == client().get_presigned_download_url(**OBJECT, now=NOW)


def test_a_bucket_left_out_is_a_type_error():
    with pytest.raises(TypeError, match="Bucket"):
        client().get_auth(Method="GET", Key="k")
    with pytest.raises(TypeError, match="Key"):
        client().get_auth(Method="GET", Bucket="b-1")
    with pytest.raises(TypeError):
        client().get_presigned_url(Key="k")


def test_now_may_be_given():
    with mock.patch("time.time", lambda: NOW + 0.9):
        by_the_clock = client().get_presigned_url(**OBJECT)
    assert client().get_presigned_url(**OBJECT, now=NOW) == by_the_clock
    assert client().get_presigned_url(**OBJECT, now=NOW + 0.5) == by_the_clock
    assert "q-sign-time=-65%3B295&" in client().get_presigned_url(**OBJECT, now=-5)


@pytest.mark.parametrize("now", ["1", float("nan"), float("inf"), 10**40, [], object()])
def test_a_time_that_is_none_is_refused(now):
    with pytest.raises(cospass.CosClientError, match="^now is "):
        client().get_presigned_url(**OBJECT, now=now)


def test_the_callers_dictionaries_are_not_written_to():
    headers, params = {"Range": "bytes=0-1"}, {"acl": ""}
    before = copy.deepcopy((headers, params))
    client(Token="token").get_presigned_url(**OBJECT, Headers=headers, Params=params)
    client(Token="token").get_auth("GET", **OBJECT, Headers=headers, Params=params)
    assert (headers, params) == before


def test_the_token_is_not_given_twice():
    for given in (
        {"Params": {"X-Cos-Security-Token": "mine"}},
        {"Headers": {"x-cos-security-token": "mine"}},
        {"Params": {"x-ci-security-token": "mine"}},
    ):
        for use_ci_endpoint in (False, True):
            url = client(Token="configured").get_presigned_url(**OBJECT, UseCiEndPoint=use_ci_endpoint, **given)
            assert "configured" not in url
    assert "configured" not in client(Token="configured").get_auth("GET", **OBJECT)


@pytest.mark.parametrize("token", [" t", "t ", b" t", " "])
def test_a_token_with_blanks_at_its_edges_is_refused_where_the_official_sdk_does(token):
    configs = [package.CosConfig(**REQUIRED, Token=token) for package in (qcloud_cos, cospass)]
    told = []
    for config in configs:
        with pytest.raises(Exception) as refused:
            config.set_credential("id", "key", token)
        told.append((refused.type.__name__, str(refused.value)))
    assert told[0] == told[1] and told[0][0] == "CosClientError"
    assert "q-ak=AKIDEXAMPLE&" in cospass.CosS3Client(configs[1]).get_presigned_url(**OBJECT)


@pytest.mark.parametrize("wrong", [{"Region": "-ap"}, {"Scheme": "ftp"}, {"Region": None}, {"Appid": b"\xff"}])
def test_a_token_of_other_bytes_is_told_before_the_region(wrong):
    given = {**REQUIRED, "Token": b"\xff", **wrong}
    told = []
    for package in (qcloud_cos, cospass):
        with pytest.raises(package.CosClientError) as refused:
            package.CosConfig(**given)
        told.append(str(refused.value))
    assert told[0] == told[1] == NOT_UTF8[0]


def test_changes_of_the_configuration_count():
    config = cospass.CosConfig(**REQUIRED)
    signer = cospass.CosS3Client(config)
    config.set_credential("AKIDsecond", "secondKey", "second-token")
    config.set_ip_port("127.0.0.1", 9000)
    url = signer.get_presigned_url(**OBJECT)
    assert url.startswith("http" "s://127.0.0.1:9000/exampleobject?")
    assert "q-ak=AKIDsecond&" in url and url.endswith("&x-cos-security-token=second-token")
    config.set_credential("AKIDthird", "thirdKey")
    assert "token" not in signer.get_presigned_url(**OBJECT)


def test_keys_of_an_instance_are_asked_for_at_each_call():
    keys = Keys(token=None)
    signer = client(SecretId=None, SecretKey=None, CredentialInstance=keys)
    first = signer.get_presigned_url(**OBJECT, now=NOW)
    keys.secret_key, keys.token = "another", "a-token"
    second = signer.get_presigned_url(**OBJECT, now=NOW)
    assert first != second and second.endswith("x-cos-security-token=a-token")


def test_what_an_instance_raises_is_raised():
    with pytest.raises(LookupError, match="the vault is closed"):
        client(SecretId=None, SecretKey=None, CredentialInstance=Sly()).get_auth("GET", **OBJECT)


def test_a_token_is_looked_at_before_an_instance():
    wrong = Input("get_host", {"Region": "ap-x", "Token": b"\xff", "CredentialInstance": Sly()})
    assert is_same(theirs(wrong), ours(wrong)) and ours(wrong).kind == "CosClientError"


def test_what_a_value_raises_is_raised():
    class Failing:
        def __str__(self):
            raise ZeroDivisionError("no text")

    with pytest.raises(ZeroDivisionError, match="no text"):
        client().get_auth("GET", **OBJECT, Params={"a": Failing()})


def test_a_value_may_change_its_own_dictionary():
    params = {}

    class Growing:
        def __str__(self):
            params[len(params)] = "more"
            return "text"

    params.update(a=Growing(), b=Growing())
    assert client().get_presigned_url(**OBJECT, Params=params).endswith("&a=text&b=text")


def test_values_of_any_size_and_shape():
    cyclic = {}
    cyclic["self"] = cyclic
    arguments = {"Bucket": "b-1", "Key": "é" * 5_000_000, "Method": "GET"}
    for more in (
        {},
        {"Params": {"c": cyclic, "s": Shown()}},
        {"Headers": {"x-cos-meta-a": "v" * 10**7}},
    ):
        call = Input("get_presigned_url", REQUIRED, {**arguments, **more})
        assert theirs(call).text == ours(call).text


def test_one_client_in_many_threads():
    import threading

    signer, failures = client(), []
    right = {now: signer.get_presigned_url(**OBJECT, now=now) for now in range(NOW, NOW + 50)}

    def work():
        for _ in range(40):
            for now, url in right.items():
                if signer.get_presigned_url(**OBJECT, now=now) != url:
                    failures.append(now)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_client_works_after_a_fork():
    signer = client()
    url = signer.get_presigned_url(**OBJECT, now=NOW)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, signer.get_presigned_url(**OBJECT, now=NOW).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reading, 65536).decode() == url
    os.close(reading)
    os.close(writing)


def test_a_subclass_has_its_own_arguments():
    class Mine(cospass.CosS3Client):
        def __init__(self, region):
            super().__init__(cospass.CosConfig(**{**REQUIRED, "Region": region}))

    assert "ap-beijing" in Mine("ap-beijing").get_object_url(**OBJECT)


def test_a_client_without_its_init_is_refused():
    class Bare(cospass.CosS3Client):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match="__init__"):
        Bare().get_auth("GET", **OBJECT)


def test_secrets_are_not_shown(caplog):
    caplog.set_level("DEBUG")
    config = cospass.CosConfig(**{**REQUIRED, "Token": "hushToken"})
    signer = cospass.CosS3Client(config)
    signer.get_presigned_url(**OBJECT)
    shown = caplog.text + repr(config) + repr(signer) + repr(vars(config)) + repr(vars(signer))
    assert "exampleSecretKey" not in shown and "hushToken" not in shown


def test_errors_are_those_of_the_official_sdk():
    for error in (cospass.CosClientError, cospass.CosServiceError):
        assert issubclass(error, cospass.CosException)
    document = (
        "<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>m</Message><Resource>/r</Resource>"
        "<RequestId>id</RequestId><TraceId>trace</TraceId></Error>"
    )
    for message in (
        document,
        document.replace("<TraceId>trace</TraceId>", ""),
        '{"code": "c", "message": "m"}',
        "?",
        "<a/>",
    ):
        official = qcloud_cos.CosServiceError("GET", message, 404)
        own = cospass.CosServiceError("GET", message, 404)
        assert str(own) == str(official)
        for name in ("origin_msg", "digest_msg", "status_code", "error_code", "error_msg"):
            assert getattr(own, f"get_{name}")() == getattr(official, f"get_{name}")(), (
                message,
                name,
            )
    assert cospass.CosServiceError("GET", document, 404).get_resource_location() == "/r"
    of_bytes = cospass.CosServiceError("GET", document.encode(), 404)
    assert of_bytes.get_origin_msg() == document
    assert str(of_bytes) == str(qcloud_cos.CosServiceError("GET", document.encode(), 404))


@pytest.mark.parametrize("conf", [None, {}, "ap-guangzhou"])
@pytest.mark.parametrize("client", [cospass.CosS3Client, cospass.AsyncCosS3Client])
def test_a_client_is_made_of_a_configuration(client, conf):
    with pytest.raises(cospass.CosClientError, match=f"^conf is of the type {type(conf).__name__}: give a CosConfig$"):
        client(conf)


@pytest.mark.parametrize("name", ["get_auth", "get_presigned_url", "get_presigned_download_url"])
def test_arguments_are_told_as_the_official_sdk_tells_them(name):
    official = inspect.signature(getattr(qcloud_cos.CosS3Client, name)).parameters.values()
    own = list(inspect.signature(getattr(cospass.CosS3Client, name)).parameters.values())
    for place, parameter in enumerate(official):
        assert own[place].name == parameter.name
        # What theirs asks for may be left out of ours where the documentation's samples do.
        if parameter.default is not inspect.Parameter.empty:
            assert own[place].default == parameter.default
