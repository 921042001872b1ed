"""Calls made at random, and what the official SDK and `cospass` make of each.

An input is a configuration and a call; both packages see the same, with the same clock, and each gets its own copy.
What comes out is text or an exception.
"""

import collections
import copy
import datetime
import decimal
import enum
import fractions
import random
from dataclasses import dataclass, field
from unittest import mock

import cospass
import qcloud_cos
from requests.structures import CaseInsensitiveDict

NOW = 1_700_000_000


class Shown:
    """A value of a type of its own, with a text."""

    def __str__(self):
        return "shown as/this one"


class Text(str):
    """Text of a type of its own."""

    def __str__(self):
        return "shown as/this text"


class Named(str, enum.Enum):
    """Text that is named."""

    GET = "GET"
    OBJECT = "an/object"


class Number(enum.IntEnum):
    """A number that is named."""

    MINUTE = 60


class Missing(dict):
    """A dictionary that says more than it has."""

    def __missing__(self, name):
        return "missing"


class Keys:
    """A credential instance."""

    def __init__(self, secret_id="AKIDinstance", secret_key="instanceKey", token="instance/token="):
        self.secret_id, self.secret_key, self.token = secret_id, secret_key, token

    def __deepcopy__(self, memo):
        return self


class Sly(Keys):
    """One whose keys cannot be had."""

    @property
    def secret_key(self):
        raise LookupError("the vault is closed")

    @secret_key.setter
    def secret_key(self, value):
        pass


@dataclass
class Input:
    function: str
    config: dict = field(default_factory=dict)
    arguments: dict = field(default_factory=dict)
    # Calls of the configuration before: a name and its arguments.
    changes: list = field(default_factory=list)

    def copied(self):
        return copy.deepcopy(self)


@dataclass
class Outcome:
    text: object = None
    error: object = None

    @property
    def kind(self):
        return type(self.error).__name__ if self.error else "text"


def outcome(package, given, without_token=False):
    """Of one of the two packages."""
    given = given.copied()
    with mock.patch("time.time", lambda: NOW + 0.75):
        try:
            config = package.CosConfig(**given.config)
            for name, arguments in given.changes:
                getattr(config, name)(*arguments)
            if given.function in ("uri", "get_host"):
                return Outcome(getattr(config, given.function)(**given.arguments))
            client = package.CosS3Client(config)
            return Outcome(getattr(client, given.function)(**given.arguments))
        except Exception as error:
            return Outcome(error=error)


def theirs(given):
    return outcome(qcloud_cos, given)


def ours(given):
    return outcome(cospass, given)


# fmt: off
TEXTS = [
    "", "a", "exampleobject", "photos/2024/06/IMG_00000001.jpg", "/leading", "//two", "a//b", "a/./b", "./a", "a/../b", "..",
    ".", "/", "a b", "a+b", "a%20b", "腾讯云.txt", "é", "\U0001f600", "a?b=c&d", "a#b", "~-_.!*'()", "a\nb", "a\tb", "\x00",
    "x" * 3000, "\ud800", "a=b", "a;b", '"quoted"', "\\", "%zz", "Ünïcode/ß", "trailing ", " leading", "İ", "./", "a./b./",
]
VALUES = [*TEXTS, b"bytes", b"by tes/\xc3\xa9", b"\xff\xfe", 0, 1, -1, 10**30, 1.5, True, False, None, ["a", 1], {"k": "v"}, Shown(),
    Text("text"), Named.OBJECT, Number.MINUTE, bytearray(b"array"), ("a",), frozenset(), decimal.Decimal("1.50"), 1 + 2j, range(3),
    datetime.date(2024, 2, 29), {"k": {"n": [None, b"b", {"\ud7ff": "\U0010ffff"}]}}, b"", "\u0130\u0131\u017f\u1e9e", "e\u0301", "\ufeffa",
]
HEADERS = [
    "Host", "host", "HOST", "Content-Type", "content-type", "Content-MD5", "Range", "range", "x-cos-acl", "X-COS-ACL",
    "x-cos-meta-a b", "x-cos-meta-é", "x-ci-process", "User-Agent", "Date", "Authorization", "x-cosmic", "pic-operations",
    "If-Match", "x-cos-security-token", "Origin", "x-cos-", "", "\ud800", "x-cos-\ud800", "Expires", "Content-Length",
]
PARAMS = [
    "response-content-type", "response-content-disposition", "acl", "uploads", "versionId", "A", "a", "a b", "a/B", "a%", "é",
    "", "imageMogr2/thumbnail/!50p", "x-cos-security-token", "q-ak", "q-signature", "sign", "a-", "a0", "a_", b"bytes",
    b"\xff", 1, None, True, "\ud800", "a&b", "a=b", "a+b", "x-cos-traffic-limit", "X-Cos-Security-Token",
]
BUCKETS = [
    "examplebucket-1250000000", "examplebucket", "b", "b-1", "B-125", "a-", "-a", "a.b-1", "a_b-1", "", "a b-1",
    "examplebucket-1250000000\n", "é-125", b"bytes-125", 5, None, "\ud800-1", "a" * 70 + "-1250000000", Text("text-125"), Named.GET,
]
REGIONS = [
    "ap-guangzhou", "ap-beijing", "cos.ap-beijing", "cn-north", "cn-south-2", "sg", "cossh", "cosgz", "cosbj", "costj", "coscd",
    "cossgp", "coshk", "cosca", "cosger", "accelerate", "ap-guangzhou\n", "ap guangzhou", "a", "", "-a", "ci.ap-x", "a.cos.b",
    None, 5, b"ap-guangzhou", "é", "\ud800-a", "AP-X1",
]
HOSTS = [
    None, "", "cos.accelerate.myqcloud.com", "cos.ap-guangzhou.localhost:8080", "Example.COM", "example.com:443", "127.0.0.1",
    "user:pass@example.com", "a.com/b", "a.com?x=1", "a.com#x", "[::1]:80", "[::1]", "[bad", "bad]", "bücher.example",
    "ÉXAMPLE.com", b"bytes.example", b"\xff", 5, "a b.com", "a.com\n", "%41.com", "a%zone.com", ":80", "@", "a\u2100b.com",
    "\u0130.com", "\ud800.com", "a.com:b:c", "fe80::1", "A%ZONE:1",
]
METHODS = [
    "GET", "PUT", "get", "Post", "", "DÉLETE", "A B", None, b"GET", 5, "\ud800", "GET\n", Text("Put"), Named.GET, "HEAD", "OPTIONS",
]
EXPIRED = [
    300, 0, 1, -5, 10**9, 10**30, 300.5, 1e20, True, "300", None, float("inf"), float("nan"), b"1", [1], "", Number.MINUTE, -(10**19),
    2**63 - 1, -0.0, decimal.Decimal("60"), fractions.Fraction(1, 3), False, 1j,
]
SECRETS = [
    "AKIDEXAMPLE0000000000000000000000000", "with space", " padded", "padded ", "a&b", "a&b=c", "a=b", "é", "\ud800", "", None,
    b"bytes", b"\xff", 5, "tab\t", "new\nline", "+/=", "\n",
]
TOKENS = [None, "", "example+token/of=temporary credentials~", "t" * 300, b"bytes+token", "é", b"\xff", 7, "\ud800"]
FLAGS = [True, False, None, 0, 1, "yes", ""]
APPIDS = [None, "1250000000", "", "125", 1250000000, 0, b"1250000000", "a b", "\n", "\ud800"]
IPS = [None, "127.0.0.1", "::1", "[::1]", "", b"10.0.0.1", 5, "1 2", "é"]
ODD_KEYS = [
    None, 0, 5, b"", b"a/b c", b"//a", b"\xff", ["a"], bytearray(b"a"), Text("own/text"), Named.OBJECT, b"/", b"\xc3\xa9", True, {"a": 1},
]
PORTS = [None, 80, "9000", 0, "", "x y", 1.5]

# fmt: on


class Generator:
    """Inputs of which most parts are ordinary, so that what is odd is seen by itself."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.oddity = self.random.choice([0.02, 0.1, 0.3])

    def odd(self, ordinary, choices):
        return self.random.choice(choices) if self.random.random() < self.oddity else ordinary

    def often(self, chance):
        return self.random.random() < chance

    def text(self):
        if self.often(0.2):
            if self.often(0.4):
                return "".join(self.character() for _ in range(self.random.randint(1, 12)))
            alphabet = "aZ09-_.~/ +%?#&=;:@!$'()*,[]é腾\U0001f600\x7f\"<>\\^`{|}"
            return "".join(self.random.choice(alphabet) for _ in range(self.random.randint(1, 40)))
        return self.random.choice(TEXTS)

    def character(self):
        """Of any plane, and no half of a pair."""
        code = self.random.choice([0x80, 0x800, 0x3000, 0xD800, 0x10000, 0x20000, 0x110000])
        code = self.random.randrange(code)
        return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"

    def key(self):
        if self.often(0.03):
            return self.random.choice(ODD_KEYS)
        return self.text()

    def mapping(self, names):
        if self.often(self.oddity / 3):
            return self.random.choice([None, [], [("acl", "")], "acl", 5, ["acl"], ()])
        count = self.random.choice([0, 0, 1, 1, 2, 3, 6])
        pairs = ((self.random.choice(names), self.value()) for _ in range(count))
        if names is HEADERS and self.often(self.oddity / 3):
            pairs = [*pairs, (self.random.choice([b"Range", 5, None]), "x")]
        kind = self.odd(dict, [collections.OrderedDict, CaseInsensitiveDict, collections.UserDict, Missing])
        pairs = list(pairs)
        if kind is CaseInsensitiveDict and not all(isinstance(name, str) for name, _ in pairs):
            kind = dict
        return kind(pairs)

    def value(self):
        return self.text() if self.often(0.6) else self.random.choice(VALUES)

    def config(self):
        config = {
            "Region": self.odd("ap-guangzhou", REGIONS),
            "SecretId": self.odd("AKIDEXAMPLE0000000000000000000000000", SECRETS),
            "SecretKey": self.odd("exampleSecretKey0000000000000000", SECRETS),
        }
        # fmt: off
        extra = {
            "Appid": APPIDS, "Token": TOKENS, "Scheme": [None, "http", "https", b"http", "ftp", "HTTP", 5, "", b"\xff"],
            "Endpoint": HOSTS, "Domain": HOSTS, "IP": IPS, "Port": PORTS, "EndpointCi": HOSTS, "Anonymous": FLAGS,
            "SignHost": FLAGS, "SignParams": FLAGS, "EnableOldDomain": FLAGS, "EnableInternalDomain": FLAGS,
            "ServiceDomain": HOSTS, "EndpointPic": HOSTS, "AllowRedirects": FLAGS, "AutoSwitchDomainOnRetry": FLAGS,
            "PoolConnections": [1, 100], "PoolMaxSize": [1, 50], "SSLCert": [None, "/nowhere"],
            "Timeout": [None, 5], "UA": [None, "x"], "Proxies": [None, {}], "KeepAlive": FLAGS, "VerifySSL": FLAGS,
            "CredentialInstance": [None, Keys(), Keys(token=None), Keys(secret_id=None), Keys(secret_id=""), Keys(secret_id=b"idOfBytes"), Keys(secret_key=b"key"), Sly(), object()],
            "Secret_id": SECRETS, "Secret_key": SECRETS, "Access_id": SECRETS, "Access_key": SECRETS,
        }
        # fmt: on
        for name, values in extra.items():
            if self.often(self.oddity * 0.7):
                config[name] = self.random.choice(values)
        return config

    def changes(self):
        changes = []
        if self.often(self.oddity / 3):
            changes.append(("set_ip_port", [self.random.choice(IPS), self.random.choice(PORTS)]))
        if self.often(self.oddity / 3):
            keys = [self.random.choice(SECRETS), self.random.choice(SECRETS)]
            changes.append(
                ("set_credential", keys + self.random.choice([[], ["tok"], [None], [""], [" tok"], [b"tok "], [b"\xff"]]))
            )
        return changes

    def input(self):
        function = self.random.choice(
            [
                "get_auth",
                "get_presigned_url",
                "get_presigned_url",
                "get_presigned_download_url",
                "get_object_url",
                "uri",
                "get_host",
            ]
        )
        given = Input(function, self.config(), changes=self.changes())
        bucket = self.odd("examplebucket-1250000000", BUCKETS)
        if function == "get_host":
            given.arguments = self.random.choice(
                [{"Bucket": bucket}, {"Appid": self.random.choice(APPIDS)}, {}]
            )
        elif function == "uri":
            given.arguments = {"bucket": bucket, "path": self.key()}
            for name, values in (("endpoint", HOSTS), ("domain", HOSTS), ("useAppid", FLAGS)):
                if self.often(self.oddity):
                    given.arguments[name] = self.random.choice(values)
        elif function == "get_object_url":
            given.arguments = {"Bucket": bucket, "Key": self.key()}
        else:
            given.arguments = self.signing(function, bucket)
        return given

    def signing(self, function, bucket):
        arguments = {"Bucket": bucket, "Key": self.key()}
        if function != "get_presigned_download_url":
            arguments["Method"] = self.odd("GET", METHODS)
        if self.often(0.5):
            arguments["Expired"] = self.odd(self.random.randint(0, 10**6), EXPIRED)
        if self.often(0.5):
            arguments["Headers"] = self.mapping(HEADERS)
        if self.often(0.6):
            arguments["Params"] = self.mapping(PARAMS)
        if self.often(0.2):
            arguments["SignHost"] = self.random.choice(FLAGS)
        if self.often(0.1):
            arguments["UseCiEndPoint"] = self.random.choice(FLAGS)
        return arguments
