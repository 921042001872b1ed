"""The command `cospass` and the official SDK, each with what the other made."""

import copy
import json
import shutil
import subprocess
import time
import urllib.parse
from unittest import mock

import pytest
import requests
from endpoint import BUCKET, COSPASS, REGION, SECRET_ID, SECRET_KEY, TOKEN
from endpoint import body_of, cospass, environment
from test_documentation_calls import BODY, COMPLETE, ETAG, check, every, store

NOW = 1_700_000_000


def output(*arguments, **keywords):
    """What a command that succeeds prints on stdout."""
    done = cospass(*arguments, **keywords)
    assert done.returncode == 0, done.stderr
    return done.stdout


def options(call):
    """The command's options for what a documented call is told."""
    words = ["--scheme", "http", "--expires", str(call.arguments.get("Expired", 300))]
    for name, value in call.params.items():
        words += ["-q", f"{name}={value}"]
    for name, value in call.headers.items():
        words += ["-H", f"{name}: {value}"]
    return words if call.signs_host else [*words, "--no-sign-host"]


@every(COMPLETE)
def test_the_same_output_as_the_sdk(call, proxy):
    """Byte for byte the same text, and the same URL once its query is decoded."""
    call = call.as_meant()
    with mock.patch("time.time", lambda: NOW):
        theirs = getattr(proxy.client(), call.name)(**copy.deepcopy(call.arguments))
    command = "auth" if call.name == "get_auth" else "presign"
    target = f"cos://{BUCKET}/exampleobject"
    ours = output(
        command, call.method, target, "--region", REGION, "--now", str(NOW), *options(call)
    )
    assert ours.endswith("\n") and ours.count("\n") == 1
    if command == "auth":
        assert ours.strip() == theirs
    else:
        assert decoded(ours.strip()) == decoded(theirs)


def decoded(url):
    """The URL's parts; the SDK writes a space of the query as `+`."""
    parts = urllib.parse.urlsplit(url)
    return parts[:3], urllib.parse.parse_qsl(
        parts.query, keep_blank_values=True, strict_parsing=True
    )


@every([call for call in COMPLETE if call.name != "get_auth"])
def test_its_url_is_used_with_requests(call, way):
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(way)
    url = output(
        "presign", call.method, f"cos://{BUCKET}/exampleobject", *way.options, *options(call)
    )
    sent = call.sign(way)
    sent.url = url.strip()
    check(call, way, sent.send())


@every([call for call in COMPLETE if call.name == "get_auth"])
def test_its_authorization_is_used_with_requests(call, proxy):
    call = call.as_meant()
    if call.method == "GET" or "acl" in call.params:
        store(proxy)
    text = output(
        "auth", call.method, f"cos://{BUCKET}/exampleobject", "--region", REGION, *options(call)
    )
    sent = call.sign(proxy)
    sent.headers["Authorization"] = text.strip()
    check(call, proxy, sent.send())


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(
    "key",
    ["a", "with space", "100%.txt", "a+b", "a//b", "a/../b", "a/..", "./a", "照片", "q?x=1#f", "'"],
)
def test_its_url_is_used_with_curl(key, endpoint, tmp_path):
    """Also with keys that `requests` would not leave as they are."""
    domain = ["--domain", f"127.0.0.1:{endpoint.port}", "--scheme", "http"]
    (tmp_path / "up").write_bytes(BODY)
    curl = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*"]

    put = output(
        "presign", "PUT", f"cos://{BUCKET}/{key}", *domain, "-H", "Content-Type: text/plain"
    ).strip()
    subprocess.run(
        [*curl, "-T", tmp_path / "up", "-H", "Content-Type: text/plain", put], check=True
    )
    get = output("presign", "GET", f"cos://{BUCKET}/{key}", *domain).strip()
    subprocess.run([*curl, "-o", tmp_path / "down", get], check=True)
    assert (tmp_path / "down").read_bytes() == BODY

    # Without the signed header: 403, which curl reports as 22.
    done = subprocess.run([*curl, "-T", tmp_path / "up", put], capture_output=True)
    assert done.returncode == 22 and b"403" in done.stderr


@every(COMPLETE)
def test_verify_accepts_what_the_sdk_makes(call, way):
    call = call.as_meant()
    signed = call.sign(way)
    words = [signed.method, signed.url]
    for name, value in signed.headers.items():
        words += ["-H", f"{name}: {value}"]
    # The SDK signs the host without its port.
    ported = call.signs_host and ":" in way.host
    convention = "host without port" if ported else "canonical"
    accepted = f"accepted by convention: {convention}" if ported else "accepted canonical"
    assert output("verify", *words) == accepted + "\n"
    strict = cospass("verify", "--strict", *words)
    assert strict.returncode == (5 if ported else 0), strict.stdout

    line = {"method": signed.method, "url": signed.url, "headers": signed.headers}
    answer = json.loads(output("verify", "--from", "-", stdin=json.dumps(line) + "\n"))
    assert answer == {"verdict": "accepted", "convention": convention}


@every(COMPLETE)
def test_verify_refuses_what_the_endpoint_refuses(call, way):
    """The same words for the same request: refused, with the exit code of the cause."""
    signed = call.as_meant().sign(way)
    words = [word for name, value in signed.headers.items() for word in ("-H", f"{name}: {value}")]
    other_key = signed.url.replace("/exampleobject", "/exampleobjecu")
    other_method = {"PUT": "GET", "GET": "PUT"}[signed.method]
    late = str(int(time.time()) + 86400)
    for code, cause, command in [
        (5, "signature-mismatch", [signed.method, other_key, *words]),
        (5, "signature-mismatch", [other_method, signed.url, *words]),
        (4, "expired", [signed.method, signed.url, *words, "--now", late]),
        (4, "not-yet-valid", [signed.method, signed.url, *words, "--now", "1"]),
    ]:
        done = cospass("verify", *command)
        assert done.returncode == code, done.stdout
        assert done.stdout.startswith(f"refused: {cause} ")


def test_explain_reads_the_answer_of_the_endpoint(proxy, tmp_path):
    """A URL with one changed parameter, and the XML that comes back for it."""
    params = {"response-content-disposition": "attachment; filename=example.xlsx"}
    client = proxy.client()
    url = client.get_presigned_url(Bucket=BUCKET, Key="exampleobject", Method="GET", Params=params)
    changed = url.replace("attachment", "inline")
    (tmp_path / "error.xml").write_bytes(requests.get(changed).content)
    done = cospass("explain", "GET", changed, "--error", str(tmp_path / "error.xml"))
    assert done.returncode == 5, done.stderr
    done = cospass("explain", "GET", changed, "--original", url)
    assert done.returncode == 5, done.stderr
    assert "param-changed" in done.stdout and "response-content-disposition" in done.stdout
    assert SECRET_KEY not in done.stdout + done.stderr


def test_a_batch_of_lines(proxy):
    """URLs for many keys in one run, each of which the endpoint honours."""
    keys = [f"batch/{n} of 20.txt" for n in range(20)]
    client = proxy.client()
    for key in keys:
        client.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    lines = [
        json.dumps({"bucket": BUCKET, "key": key, "region": REGION, "scheme": "http"})
        for key in keys
    ]
    lines.insert(7, "no JSON")
    done = cospass("presign", "--from", "-", stdin="\n".join(lines) + "\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 21
    assert answers.pop(7)["error"]["code"]
    for key, answer in zip(keys, answers):
        assert requests.get(answer["url"]).text == key
        client.delete_object(Bucket=BUCKET, Key=key)


def test_temporary_credentials_need_no_word(temporary_way):
    """The token is signed into the URL without being asked for."""
    client = temporary_way.client(Token=TOKEN)
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=BODY)
    target = ["GET", f"cos://{BUCKET}/exampleobject", "--scheme", "http", *temporary_way.options]
    url = output("presign", *target, token=TOKEN).strip()
    answer = requests.get(url)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (200, BODY, ETAG)
    for bad in (url.rpartition("&")[0], url + "x"):
        answer = requests.get(bad)
        assert answer.status_code == 403 and "<Code>InvalidAccessKeyId</Code>" in answer.text
    # The keys alone, without the token that they came with.
    answer = requests.get(output("presign", *target).strip())
    assert answer.status_code == 403 and "<Code>InvalidAccessKeyId</Code>" in answer.text


def test_the_sdk_with_temporary_credentials(temporary_way, refused):
    client = temporary_way.client(Token=TOKEN)
    client.put_object(Bucket=BUCKET, Key="exampleobject", Body=BODY)
    assert body_of(client) == BODY
    for token in (None, TOKEN[:-1], TOKEN + "0"):
        other = temporary_way.client(Token=token)
        error = refused(other.get_object, Bucket=BUCKET, Key="exampleobject")
        assert (error.get_status_code(), error.get_error_code()) == (403, "InvalidAccessKeyId")


def test_no_secret_stands_in_any_output(proxy):
    """Neither the SecretKey nor the token, however much the command is asked to tell."""
    client = proxy.client()
    url = client.get_presigned_url(Bucket=BUCKET, Key="exampleobject", Method="GET")
    auth = ["auth", "GET", f"cos://{BUCKET}/exampleobject", "--region", REGION]
    for command in (auth, ["verify", "GET", url], ["explain", "GET", url], ["explain", "PUT", url]):
        done = cospass(*command, "-vvv", token=TOKEN)
        assert SECRET_KEY not in done.stdout + done.stderr
        assert TOKEN not in done.stdout + done.stderr


def test_without_credentials_nothing_is_signed():
    variables = {
        name: value for name, value in environment().items() if not name.startswith("COS_")
    }
    arguments = ["presign", "GET", f"cos://{BUCKET}/exampleobject", "--region", REGION]
    done = subprocess.run([COSPASS, *arguments], env=variables, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert SECRET_ID not in done.stderr
