"""Where `cospass` goes when an answer leads elsewhere, and what it shows there."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cospass
import pytest
import requests
from cospass.testing import BUCKET
from endpoint import REGION, SECRET_ID, SECRET_KEY, TOKEN

KEYS = {"Region": REGION, "SecretId": SECRET_ID, "SecretKey": SECRET_KEY, "Scheme": "http"}
BASE64 = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Leading(ThreadingHTTPServer):
    """Leads on as it is told, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self):
        self.seen, self.leads = [], []
        super().__init__(("127.0.0.1", 0), Answering)
        self.host = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, self.headers, body))
        status, place = self.server.leads.pop(0) if self.server.leads else (200, None)
        self.send_response(status)
        if place:
            self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST = do_HEAD = answer

    def log_message(self, *_):
        pass


@pytest.fixture
def servers():
    pair = Leading(), Leading()
    yield pair
    for server in pair:
        server.shutdown()
        server.server_close()


def client(server, follows=True, **settings):
    settings = {**KEYS, "Domain": server.host, "AllowRedirects": follows, **settings}
    return cospass.CosS3Client(cospass.CosConfig(**settings), retry=0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_goes_where_the_answer_leads(servers, status):
    here, _ = servers
    here.leads = [(status, "/other%20key?versionId=5")]
    client(here).head_object(BUCKET, "key")
    assert [(method, path) for method, path, *_ in here.seen] == [
        ("HEAD", "/key"),
        ("HEAD", "/other%20key?versionId=5"),
    ]
    method, path, headers, _ = here.seen[1]
    url = f"http://{here.host}{path}"
    assert client(here).verify(method, url, dict(headers))


def test_it_does_not_unless_it_is_told_to(servers):
    here, _ = servers
    for follows in (False, None):
        here.leads = [(302, "/other")]
        client(here, follows).put_object(BUCKET, b"x", "key")
    assert [path for _, path, *_ in here.seen] == ["/key", "/key"]
    with pytest.raises(cospass.CosClientError, match="no URL of HTTP"):
        here.leads = [(302, "ftp://other/")]
        client(here).head_object(BUCKET, "key")


@pytest.mark.parametrize("status, method, body", [(302, "GET", b""), (307, "PUT", b"0123")])
def test_another_host_sees_no_keys(servers, status, method, body):
    here, there = servers
    here.leads = [(status, f"http://{there.host}/there?a=b%2Fc")]
    secrets = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": BASE64}
    client(here, Token=TOKEN).put_object(BUCKET, b"0123", "key", ContentType="a/b", **secrets)
    assert here.seen[0][2]["Authorization"] and here.seen[0][2]["x-cos-security-token"]
    ((asked, path, headers, came),) = there.seen
    assert (asked, path, came) == (method, "/there?a=b%2Fc", body)
    shown = str(headers).lower()
    assert "authorization" not in shown and "token" not in shown and "customer-key" not in shown
    assert headers["Host"] == there.host and ("a/b" in shown) is bool(body)


@pytest.mark.parametrize("auth", [cospass.CosAuth, cospass.CosS3Auth])
@pytest.mark.parametrize("by", ["a relative path", "the same host", "another host", "another host, in the end"])
def test_what_requests_sends_on(servers, auth, by):
    here, there = servers
    here.leads = {
        "a relative path": [(307, "/other")],
        "the same host": [(307, f"http://{here.host}/other")],
        "another host": [(307, f"http://{there.host}/other")],
        "another host, in the end": [(301, "/next"), (302, f"//{there.host}/other")],
    }[by]
    headers = {"x-cos-server-side-encryption-customer-key": BASE64, "X-Extra": "stays"}
    config = cospass.CosConfig(**KEYS, Token=TOKEN)
    answer = requests.get(f"http://{here.host}/key", auth=auth(config), headers=headers)
    assert answer.status_code == 200
    secret = {"authorization", "x-cos-security-token", "x-cos-server-side-encryption-customer-key"}
    first, last = here.seen[0][2], (there.seen or here.seen)[-1][2]
    assert secret <= {name.lower() for name in first}
    shown = {name.lower() for name in last}
    assert "x-extra" in shown
    assert shown & secret == (set() if there.seen else secret)
    assert bool(there.seen) == by.startswith("another")


def test_a_circle_ends(servers):
    here, _ = servers
    here.leads = [(302, "/key")] * 99
    client(here).head_object(BUCKET, "key")
    assert len(here.seen) == 31


def test_a_body_is_not_sent_in_half(servers):
    here, _ = servers
    here.leads = [(307, "/other")]
    with pytest.raises(cospass.CosClientError, match="sent once only"):
        client(here).put_object(BUCKET, iter([b"x"]), "key")
    assert len(here.seen) == 1
