"""An endpoint in a process of its own, and a client that signs: both with nothing but the standard library."""

import hashlib
import hmac
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

BUCKET = "examplebucket-1250000000"

# A second one, for those who want versions.
VERSIONS = "versions-1250000000"
SECRET_ID = "AKIDEXAMPLE"
SECRET_KEY = "EXAMPLEKEY"

# Objects of at most so many bytes have no blob: they are kept beside their metadata (`BESIDE` of crates/server/src/limits.rs).
BESIDE = 16 << 10


class Endpoint:
    """`cospass serve` over a folder, its log in a file beside it."""

    def __init__(self, folder, *arguments, environment=None, shell=None):
        self.folder = str(folder)
        self.data = os.path.join(self.folder, "data")
        self.log_path = os.path.join(self.folder, "log")
        command = [os.environ["COSPASS"], "serve", "--listen", "127.0.0.1:0", "--data", self.data]
        command += ["--default-bucket", BUCKET, *arguments]
        if shell:
            command = ["sh", "-c", f'{shell} exec "$@"', "sh", *command]
        environment = {
            **os.environ,
            "COS_SECRET_ID": SECRET_ID,
            "COS_SECRET_KEY": SECRET_KEY,
            **(environment or {}),
        }
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=self.log, env=environment
        )
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening on http://"):
            raise AssertionError(f"it does not start: {line!r}; {open(self.log_path).read()[-2000:]}")
        self.port = int(line.rsplit(":", 1)[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.log.close()
        assert status == 0, f"it ended with {status}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()

    def client(self, timeout=60, bucket=BUCKET):
        return Client(self.port, timeout, bucket)

    def logged(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def processor_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def files(self, folder):
        return [
            os.path.join(where, name)
            for where, _, names in os.walk(os.path.join(self.data, folder))
            for name in names
        ]

    def blobs(self):
        return len(self.files("blobs"))

    def incoming(self):
        return len(self.files("incoming"))


def wait_for(what, is_so, seconds=20):
    """Waits until something is so; what a process tidies up behind an answer takes a moment."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Broken(Exception):
    """The connection ended before there was a whole answer."""


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"

    def find(self, name):
        """What stands in the elements of a name."""
        pieces = self.body.decode().split(f"<{name}>")[1:]
        return [piece.split(f"</{name}>")[0] for piece in pieces]


def authorization(method, path, params=()):
    """Signs method, path and parameters (document 436/7778)."""
    now = int(time.time())
    key_time = f"{now - 60};{now + 3600}"

    def encode(text):
        return urllib.parse.quote(text, safe="-_.~")

    pairs = sorted((encode(name).lower(), encode(value)) for name, value in params)
    param_list = ";".join(name for name, _ in pairs)
    http_params = "&".join(f"{name}={value}" for name, value in pairs)
    http_string = f"{method.lower()}\n{path}\n{http_params}\n\n"

    def digest(key, text):
        return hmac.new(key.encode(), text.encode(), hashlib.sha1).hexdigest()

    string_to_sign = f"sha1\n{key_time}\n{hashlib.sha1(http_string.encode()).hexdigest()}\n"
    signature = digest(digest(SECRET_KEY, key_time), string_to_sign)
    return (
        f"q-sign-algorithm=sha1&q-ak={SECRET_ID}&q-sign-time={key_time}&q-key-time={key_time}"
        f"&q-header-list=&q-url-param-list={param_list}&q-signature={signature}"
    )


def target(path, params=()):
    query = "&".join(
        urllib.parse.quote(name, safe="") + (f"={urllib.parse.quote(value, safe='')}" if value else "")
        for name, value in params
    )
    return urllib.parse.quote(path) + (f"?{query}" if query else "")


class Client:
    """One connection, opened anew after it broke."""

    def __init__(self, port, timeout=60, bucket=BUCKET):
        self.port, self.timeout, self.connection = port, timeout, None
        self.host = f"{bucket}.cos.ap-guangzhou.myqcloud.com"

    def request(self, method, path, body=None, params=(), headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        headers = {"Host": self.host, "Authorization": authorization(method, path, params), **(headers or {})}
        try:
            self.connection.request(method, target(path, params), body, headers)
            answer = self.connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            self.connection = None
            raise Broken(str(error)) from error

    def put(self, path, body, **headers):
        return self.request("PUT", path, body, headers=headers)

    def get(self, path):
        return self.request("GET", path)

    def delete(self, path):
        return self.request("DELETE", path)

    def keys(self):
        keys, marker = [], ""
        while True:
            page = self.request("GET", "/", params=[("marker", marker), ("max-keys", "500")])
            assert page.status == 200, page
            keys += page.find("Key")
            if page.find("IsTruncated") != ["true"]:
                return keys
            marker = page.find("NextMarker")[0]

    def versions(self):
        """Of each key the versions, newest first: id, whether it is the newest, whether it is a delete marker."""
        versions, markers = {}, [("key-marker", ""), ("version-id-marker", "")]
        while True:
            page = self.request("GET", "/", params=[("versions", ""), *markers])
            assert page.status == 200, page
            for piece in page.body.decode().split("\n\t<")[1:]:
                if piece.startswith(("Version>", "DeleteMarker>")):
                    key, version, latest = (within(piece, name) for name in ("Key", "VersionId", "IsLatest"))
                    is_marker = piece.startswith("DeleteMarker>")
                    versions.setdefault(key, []).append((version, latest == "true", is_marker))
            if page.find("IsTruncated") != ["true"]:
                return versions
            markers = [("key-marker", page.find("NextKeyMarker")[0]), ("version-id-marker", page.find("NextVersionIdMarker")[0])]

    def begin_answer(self, path):
        return self.request("POST", path, b"", params=[("uploads", "")])

    def begin(self, path):
        answer = self.begin_answer(path)
        assert answer.status == 200, answer
        return answer.find("UploadId")[0]

    def part(self, path, upload, number, body):
        params = [("partNumber", str(number)), ("uploadId", upload)]
        return self.request("PUT", path, body, params=params)

    def complete(self, path, upload, etags):
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
            for number, etag in etags
        )
        document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        return self.request("POST", path, document, params=[("uploadId", upload)])

    def uploads(self):
        answer = self.request("GET", "/", params=[("uploads", "")])
        assert answer.status == 200, answer
        return [
            (within(piece, "Key"), within(piece, "UploadId"))
            for piece in answer.body.decode().split("<Upload>")[1:]
        ]

    def append(self, path, position, body):
        return self.request("POST", path, body, params=[("append", ""), ("position", str(position))])

    def abort(self, path, upload):
        return self.request("DELETE", path, params=[("uploadId", upload)])


def within(piece, name):
    """What stands in the first element of a name."""
    return piece.split(f"<{name}>")[1].split(f"</{name}>")[0]


def connect(port, receive_buffer=None):
    plain = socket.socket()
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.settimeout(60)
    plain.connect(("127.0.0.1", port))
    return plain


def head(method, path, length=None, params=()):
    """The head of a request, for those who write it themselves."""
    signed = authorization(method, path, params)
    lines = [f"{method} {target(path, params)} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {signed}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def content(seed, length):
    """Bytes that tell whose they are and where each of them belongs."""
    block = hashlib.sha256(str(seed).encode()).digest()
    body = bytearray()
    number = 0
    while len(body) < length:
        body += number.to_bytes(8, "big") + block
        number += 1
    return bytes(body[:length])


class Failures:
    """What threads found wrong."""

    def __init__(self):
        self.found, self.lock = [], threading.Lock()

    def add(self, text):
        with self.lock:
            self.found.append(text)

    def check(self):
        assert not self.found, "\n".join(self.found[:10])
