"""What `cospass` warns of, and whom: nobody who did not ask."""

import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path

import cospass
import pytest
from cospass import CosConfig, CosS3Client, CosWarning

BUCKET = "examplebucket-1250000000"
KEYS = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "secret"}
UPLOAD = {"Bucket": BUCKET, "Key": "a.png", "Method": "PUT"}
SIGNED = {"Content-Type": "image/png", "Content-Length": "5"}
RISKS = ["permanent-key-write", "unsigned-content"]


def client(**settings):
    return CosS3Client(CosConfig(**{**KEYS, **settings}))


def ids(found):
    assert all(type(one) is CosWarning and one.id in str(one) and one.message for one in found)
    return [one.id for one in found]


CASES = {
    "long-validity": ({"Bucket": BUCKET, "Key": "a", "Expired": 10**7}, {}),
    "unsigned-host": ({"Bucket": BUCKET, "Key": "a", "SignHost": False}, {}),
    "permanent-key-write": ({**UPLOAD, "Headers": SIGNED}, {}),
    "unsigned-content": (UPLOAD, {"Token": "token"}),
    "strict-refuses": ({**UPLOAD, "Method": "GET", "Params": {"a": "b"}}, {"SignParams": False}),
    "inline-type": ({"Bucket": BUCKET, "Key": "a.html"}, {}),
    "cdn-domain": ({**UPLOAD, "Method": "GET", "Headers": {"Host": "b-1.file.myqcloud.com"}}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_each_risk_is_told(name):
    arguments, settings = CASES[name]
    assert ids(client(**settings).warnings_of(**arguments)) == [name]


def test_what_is_no_risk_is_not_told():
    assert client().warnings_of(BUCKET, "a.png") == []
    assert client(Token="token").warnings_of(**UPLOAD, Headers=SIGNED) == []
    token = {"x-cos-security-token": "token"}
    assert client().warnings_of(**UPLOAD, Headers=SIGNED, Params=token) == []
    with pytest.raises(cospass.CosClientError, match="anonymous"):
        CosS3Client(CosConfig(Region="ap-x", Anonymous=True)).warnings_of(BUCKET, "a")


def test_the_page_has_a_line_on_each():
    page = (Path(__file__).parents[2] / "docs/warnings.md").read_text()
    assert set(CASES) <= set(re.findall(r"^\| `([a-z-]+)`", page, re.MULTILINE))


def calls(signer):
    """Each of the calls that sign, with what it warns of."""
    return [
        (lambda: signer.get_presigned_url(**UPLOAD), RISKS),
        (lambda: signer.get_auth(**UPLOAD), RISKS),
        (lambda: signer.presign_many(["a.png", "b.png"], BUCKET, "PUT"), RISKS),
        (lambda: signer.get_presigned_download_url(BUCKET, "a.svg"), ["inline-type"]),
    ]


def test_nobody_is_warned_who_did_not_ask():
    for ask in (
        lambda: None,
        lambda: warnings.simplefilter("error"),
        lambda: warnings.simplefilter("always", UserWarning),
    ):
        with warnings.catch_warnings(record=True) as seen:
            ask()
            for call, _ in calls(client()):
                call()
        assert seen == []


def test_who_asks_is_told_once_for_each_place():
    signer = client()
    for call, expected in calls(signer):
        plain = call()
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("default", CosWarning)
            for _ in range(3):
                assert call() == plain
        assert ids([one.message for one in seen]) == expected
        assert {one.filename for one in seen} == {__file__}


def test_a_filter_refuses_what_there_is_a_warning_of():
    for call, expected in calls(client()):
        with warnings.catch_warnings():
            warnings.simplefilter("error", CosWarning)
            with pytest.raises(CosWarning) as raised:
                call()
            assert raised.value.id == expected[0]
            assert client().get_presigned_url(BUCKET, "a.png").startswith("https://")
        call()


def test_one_of_them_can_be_let_through():
    with warnings.catch_warnings():
        warnings.simplefilter("error", CosWarning)
        for name in RISKS:
            warnings.filterwarnings("ignore", name, CosWarning)
        assert client().get_presigned_url(**UPLOAD)
        with pytest.raises(CosWarning, match="^inline-type: "):
            client().get_presigned_url(BUCKET, "a.html")


def test_a_warning_survives_the_way_to_another_process():
    (warning,) = client().warnings_of(BUCKET, "a.html")
    again = pickle.loads(pickle.dumps(warning))
    assert (again.id, str(again)) == (warning.id, str(warning))


@pytest.mark.parametrize(
    "option, passes", [("error", True), ("error::cospass.CosWarning", False)], ids=["all", "named"]
)
def test_a_test_run_of_a_user(tmp_path, option, passes):
    (tmp_path / "test_it.py").write_text(
        f"from cospass import CosConfig, CosS3Client\n\n\ndef test_it():\n"
        f"    CosS3Client(CosConfig(**{KEYS!r})).get_presigned_url(**{UPLOAD!r})\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-W", option, "-p", "no:cacheprovider"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (ran.returncode == 0) is passes, ran.stdout
    assert ("permanent-key-write: " in ran.stdout) is not passes
