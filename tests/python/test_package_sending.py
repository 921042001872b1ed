"""How `cospass` sends: repeating, giving up, through proxies, by which certificates; what ends a call; what is logged."""

import asyncio
import base64
import inspect
import io
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import typing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cospass
import pytest
from cospass.testing import BUCKET, LocalCos
from endpoint import REGION, SECRET_ID, SECRET_KEY, TOKEN, Endpoint
from test_tls import certificate  # noqa: F401 (a fixture)
from tunnel import Tunnel

MIB = 1 << 20
KEYS = {"Region": REGION, "SecretId": SECRET_ID, "SecretKey": SECRET_KEY}


class Scripted(ThreadingHTTPServer):
    """Answers what it is told to, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, answers=()):
        self.seen, self.answers = [], list(answers)
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def client(self, retry=3, kind=cospass.CosS3Client, **settings):
        domain = f"127.0.0.1:{self.server_port}"
        settings = {**KEYS, "Scheme": "http", "Domain": domain, **settings}
        return kind(cospass.CosConfig(**settings), retry=retry)


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length)) if length else b""
        server = self.server
        server.seen.append((self.command, self.path, self.headers, body))
        answer = server.answers.pop(0) if server.answers else (200, b"")
        if answer == "silence":
            server.released.wait(30)
            self.close_connection = True
            return
        if answer == "hang up":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, content = answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"x"')
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture
def scripted():
    servers = []

    def start(*answers):
        servers.append(Scripted(answers))
        return servers[-1]

    yield start
    for server in servers:
        server.released.set()
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("failure", [(503, b""), (500, b""), "hang up"])
def test_what_fails_is_sent_again(scripted, failure):
    server = scripted(failure, failure)
    answer = server.client().put_object(BUCKET, io.BytesIO(b"0123"), "key")
    assert answer["ETag"] == '"x"'
    assert [body for *_, body in server.seen] == [b"0123"] * 3
    marks = [headers.get("x-cos-sdk-retry") for _, _, headers, _ in server.seen]
    assert marks == [None, "true", "true"]
    signed = server.seen[1][2]["Authorization"]
    assert "x-cos-sdk-retry" in signed and "content-length;host" in signed


def test_what_is_repeated_ends(scripted):
    server = scripted(*[(503, b"")] * 9)
    with pytest.raises(cospass.CosServiceError) as refused:
        server.client(retry=1).head_object(BUCKET, "key")
    assert refused.value.get_status_code() == 503 and len(server.seen) == 2
    with pytest.raises(cospass.CosServiceError):
        server.client(retry=0).head_object(BUCKET, "key")
    assert len(server.seen) == 3


def test_what_cannot_be_sent_twice_is_not(scripted):
    server = scripted(*[(503, b"")] * 9)
    with pytest.raises(cospass.CosServiceError):
        server.client().put_object(BUCKET, iter([b"x"]), "key")
    assert len(server.seen) == 1
    server = scripted("hang up")
    with pytest.raises(cospass.CosClientError):
        server.client().append_object(BUCKET, "key", 0, b"x")
    assert len(server.seen) == 1, "nobody knows whether it was done"


def test_a_refusal_is_not_repeated(scripted):
    server = scripted((403, b"<Error><Code>AccessDenied</Code></Error>"))
    with pytest.raises(cospass.CosServiceError) as refused:
        server.client().get_object(BUCKET, "key")
    assert refused.value.get_status_code() == 403 and len(server.seen) == 1


def test_nobody_waits_for_ever(scripted):
    server = scripted("silence", "silence", "silence")
    for patience in (0.2, (5, 0.2)):
        with pytest.raises(cospass.CosClientError, match="nothing came"):
            server.client(retry=0, Timeout=patience).head_object(BUCKET, "key")
    with pytest.raises(cospass.CosClientError, match="Timeout"):
        server.client(Timeout="soon").head_object(BUCKET, "key")
    with pytest.raises(cospass.CosClientError, match="Timeout is -1"):
        server.client(Timeout=-1).head_object(BUCKET, "key")


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        config = cospass.CosConfig(
            **KEYS, Scheme="http", Domain=f"127.0.0.1:{taken.getsockname()[1]}"
        )
        with pytest.raises(cospass.CosClientError, match="cannot connect"):
            cospass.CosS3Client(config, retry=1).put_object(BUCKET, b"x", "key")


def test_settings_are_sent(scripted):
    server = scripted()
    client = server.client(UA="mine/1", KeepAlive=False, Token=TOKEN)
    client.put_object(BUCKET, b"x", "key")
    headers = server.seen[0][2]
    assert headers["User-Agent"] == "mine/1" and headers["Connection"] == "close"
    assert headers["x-cos-security-token"] == TOKEN
    assert "x-cos-security-token" in headers["Authorization"]
    config = cospass.CosConfig(**KEYS, Scheme="http", IP="127.0.0.1", Port=server.server_port)
    cospass.CosS3Client(config).put_object(BUCKET, b"x", "key")
    assert server.seen[1][2]["Host"] == f"{BUCKET}.cos.{REGION}.myqcloud.com"
    server.client(Anonymous=True, SecretId=None).get_object_url(BUCKET, "key")
    server.client(Anonymous=True, SecretId=None).put_object(BUCKET, b"x", "key")
    assert "Authorization" not in server.seen[2][2]


@pytest.fixture(scope="module")
def secured(certificate, tmp_path_factory):  # noqa: F811
    cert, key = map(str, certificate)
    more = ["--tls-cert", cert, "--tls-key", key]
    endpoint = Endpoint(tmp_path_factory.mktemp("secured"), more=more, scheme="https")
    yield endpoint, cert, key
    endpoint.stop()


def secure_client(endpoint, **settings):
    domain = f"localhost:{endpoint.port}"
    return cospass.CosS3Client(cospass.CosConfig(**KEYS, Domain=domain, **settings), retry=0)


def test_certificates_are_looked_at(secured, monkeypatch, tmp_path):
    endpoint, cert, key = secured
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    for settings in ({}, {"VerifySSL": True}):
        with pytest.raises(cospass.CosClientError, match="certificate"):
            secure_client(endpoint, **settings).put_object(BUCKET, b"x", "key")
    assert secure_client(endpoint, VerifySSL=False).put_object(BUCKET, b"x", "key")["ETag"]
    assert secure_client(endpoint, VerifySSL=cert).put_object(BUCKET, b"x", "key")["ETag"]
    mine = {"VerifySSL": cert, "SSLCert": (cert, key)}
    assert secure_client(endpoint, **mine).put_object(BUCKET, b"x", "key")["ETag"]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", cert)
    assert secure_client(endpoint).put_object(BUCKET, b"x", "key")["ETag"]
    absent = str(tmp_path / "absent.pem")
    for settings in ({"VerifySSL": absent}, {"SSLCert": absent}, {"SSLCert": (absent, key)}):
        with pytest.raises(cospass.CosClientError, match="absent.pem"):
            secure_client(endpoint, **settings).put_object(BUCKET, b"x", "key")


def test_a_resolver_of_the_program_is_asked(monkeypatch):
    """As with the official SDK, which connects by `socket.getaddrinfo`, whatever stands there."""
    own, asked = socket.getaddrinfo, []

    def leading(host, port, *rest, **named):
        asked.append(host)
        if host.endswith(".myqcloud.com"):
            return own("127.0.0.1", cos.port, *rest, **named)
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is nowhere")

    with LocalCos() as cos:
        local = cospass.CosS3Client(cospass.CosConfig(**cos.settings), retry=0)
        settings = {**cos.settings, "Domain": None}
        client = cospass.CosS3Client(cospass.CosConfig(**settings), retry=0)
        settings["Domain"] = "cos.example"
        lost = cospass.CosS3Client(cospass.CosConfig(**settings), retry=0)
        monkeypatch.setattr(socket, "getaddrinfo", leading)
        assert client.put_object(BUCKET, b"x", "key")["ETag"]
        assert asked == [f"{BUCKET}.cos.{settings['Region']}.myqcloud.com"]
        with pytest.raises(cospass.CosClientError, match="cos.example is nowhere"):
            lost.put_object(BUCKET, b"x", "key")
        monkeypatch.undo()
        assert local.get_object(BUCKET, "key")["Body"].read() == b"x"
        assert len(asked) == 2, "who stands there no longer is not asked"


def test_a_proxy_sees_the_host_and_nothing_else(secured, monkeypatch):
    endpoint, cert, _ = secured
    tunnel = Tunnel()
    address = tunnel.address
    user = base64.b64encode(b"alice:s@cret").decode()
    try:
        proxies = {"https": f"http://alice:s%40cret@{address}"}
        client = secure_client(endpoint, VerifySSL=cert, Proxies=proxies)
        assert client.put_object(BUCKET, b"x", "the key")["ETag"]
        (head,) = tunnel.heads
        assert head.startswith(f"CONNECT localhost:{endpoint.port} HTTP/1.1\r\n")
        assert f"Proxy-Authorization: Basic {user}\r\n" in head and "the" not in head
        refused = secure_client(endpoint, VerifySSL=cert, Proxies={"all": f"http://{address}"})
        with pytest.raises(cospass.CosClientError, match="407 Who are you"):
            refused.put_object(BUCKET, b"x", "key")
        monkeypatch.setenv("https_proxy", f"http://{address}")
        with pytest.raises(cospass.CosClientError, match="407 Who are you"):
            secure_client(endpoint, VerifySSL=cert).put_object(BUCKET, b"x", "key")
        monkeypatch.setenv("no_proxy", "localhost")
        assert secure_client(endpoint, VerifySSL=cert).put_object(BUCKET, b"x", "key")["ETag"]
        socks = secure_client(endpoint, Proxies={"https": "socks5://127.0.0.1:1"})
        with pytest.raises(cospass.CosClientError, match="socks5"):
            socks.put_object(BUCKET, b"x", "key")
    finally:
        tunnel.shutdown()
        tunnel.server_close()


def test_other_threads_run_while_one_waits(scripted):
    server = scripted("silence")
    counted = []

    def count():
        for number in range(100):
            counted.append(number)
            time.sleep(0.001)
        server.released.set()

    counting = threading.Thread(target=count)
    counting.start()
    with pytest.raises(cospass.CosClientError):
        server.client(retry=0).put_object(BUCKET, b"x", "key")
    counting.join()
    assert len(counted) == 100


def test_several_threads_share_a_client():
    with LocalCos() as local:
        client, failed = local.client(), []

        def work(number):
            try:
                for turn in range(5):
                    client.put_object(local.bucket, b"%d" % number, f"key {number}")
                    body = client.get_object(local.bucket, f"key {number}")["Body"].read()
                    assert body == b"%d" % number
            except Exception as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed


INTERRUPTED = """
import signal, sys, cospass
# A shell starts what it puts into the background without it.
signal.signal(signal.SIGINT, signal.default_int_handler)
config = cospass.CosConfig(Region="ap-guangzhou", SecretId="a", SecretKey="b", Scheme="http",
                           Domain="127.0.0.1:%d")
client = cospass.CosS3Client(config)
print("begins", flush=True)
try:
    client.%s
except KeyboardInterrupt:
    print("ended", flush=True)
    sys.exit(7)
"""


@pytest.mark.parametrize(
    "call",
    [
        "put_object('b-1', b'x', 'key')",
        "download_file('b-1', 'key', 'there')",
        "upload_file('b-1', 'key', __file__, PartSize=1)",
    ],
)
def test_ctrl_c_ends_a_call(scripted, tmp_path, call):
    server = scripted(*["silence"] * 9)
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED % (server.server_port, call))
    running = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert running.stdout.readline() == "begins\n"
    while not server.seen:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    rest, _ = running.communicate(timeout=30)
    assert (running.returncode, rest) == (7, "ended\n")
    assert os.listdir(tmp_path) == ["script.py"]


FORKED = """
import os, sys
from cospass.testing import LocalCos
with LocalCos() as local:
    client = local.client()
    client.put_object(local.bucket, b"parent", "key")
    child = os.fork()
    if child == 0:
        assert client.get_object(local.bucket, "key")["Body"].read() == b"parent"
        client.put_object(local.bucket, b"child", "key")
        os._exit(5)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
    assert client.get_object(local.bucket, "key")["Body"].read() == b"child"
"""


def test_a_forked_process_sends_as_well():
    ran = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def test_calls_on_asyncio_run_side_by_side():
    with LocalCos() as local:
        config = cospass.CosConfig(**local.settings)

        async def work(folder):
            client = cospass.AsyncCosS3Client(config)
            bucket = local.bucket
            await asyncio.gather(*(client.put_object(bucket, b"%d" % n, f"k{n}") for n in range(9)))
            answers = await asyncio.gather(*(client.get_object(bucket, f"k{n}") for n in range(9)))
            assert [await answer["Body"].read() for answer in answers] == [
                b"%d" % n for n in range(9)
            ]
            assert not await client.object_exists(bucket, "nothing")
            with pytest.raises(cospass.CosServiceError):
                await client.get_object(bucket, "nothing")
            with pytest.raises(cospass.CosClientError):
                await client.put_object(bucket, 5, "key")
            content = os.urandom(3 * MIB + 1)
            (folder / "file").write_bytes(content)
            await client.upload_file(bucket, "file", str(folder / "file"))
            answer = await client.get_object(bucket, "file", Range="bytes=5-9")
            assert b"".join([piece async for piece in answer["Body"]]) == content[5:10]
            await client.download_file(bucket, "file", str(folder / "copy"), PartSize=1)
            answer = await client.get_object(bucket, "file")
            await answer["Body"].get_stream_to_file(str(folder / "other"))
            assert (folder / "copy").read_bytes() == (folder / "other").read_bytes() == content
            # Signing does not wait.
            assert client.get_presigned_url(bucket, "file").startswith("http://")

        import pathlib
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(work(pathlib.Path(folder)))
            assert sorted(os.listdir(folder)) == ["copy", "file", "other"]


def test_requests_of_asyncio_are_under_way_together(scripted):
    """The server answers none before it has all."""
    server = scripted(*["silence"] * 4)

    async def work():
        client = server.client(retry=0, kind=cospass.AsyncCosS3Client)
        calls = [asyncio.ensure_future(client.head_object(BUCKET, "key")) for _ in range(4)]
        while len(server.seen) < 4:
            await asyncio.sleep(0.01)
        server.released.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(asyncio.wait_for(work(), 30))
    assert [type(result) for result in results] == [cospass.CosClientError] * 4


@pytest.mark.parametrize("function", ["put_object", "download_file", "get_stream_to_file"])
def test_a_cancelled_task_ends_its_request(scripted, tmp_path, function):
    class Trickle(Answering):
        def do_HEAD(self):
            self.send_response(200)
            for name, value in (("Content-Length", str(50 * MIB)), ("ETag", '"x"')):
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self):
            self.send_response(206)
            self.send_header("Content-Length", str(50 * MIB))
            self.end_headers()
            self.wfile.write(b"x" * MIB)
            self.wfile.flush()
            self.server.seen.append("some")
            self.server.closed = self.rfile.read(1) == b""

    server = scripted("silence")
    server.RequestHandlerClass = Trickle if function != "put_object" else Answering
    server.closed = None

    async def work():
        client = server.client(retry=0, kind=cospass.AsyncCosS3Client)
        if function == "put_object":
            call = client.put_object(BUCKET, b"x", "key")
        elif function == "download_file":
            call = client.download_file(BUCKET, "key", str(tmp_path / "there"))
        else:
            answer = await client.get_object(BUCKET, "key")
            call = answer["Body"].get_stream_to_file(str(tmp_path / "there"))
        task = asyncio.ensure_future(call)
        while not server.seen:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(work(), 30))
    assert os.listdir(tmp_path) == []
    if function == "download_file":
        while server.closed is None:
            time.sleep(0.01)
        assert server.closed, "the connection ended with the task"


def test_nothing_secret_is_logged(caplog, scripted, tmp_path):
    """Every record at DEBUG, of everything that is done."""
    caplog.set_level(logging.DEBUG)
    customer = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    server = scripted((200, b""), (403, b"<Error/>"))
    client = server.client(retry=0, Token=TOKEN)
    client.put_object(BUCKET, b"x", "the key", SSECustomerKey=customer, Metadata={"x-cos-meta-a": "b"})
    with pytest.raises(cospass.CosServiceError):
        client.get_object(BUCKET, "other", ResponseContentType="c/d")
    signed = client.get_auth("PUT", BUCKET, "signed key", Headers={"x-cos-security-token": TOKEN})
    url = client.get_presigned_url(BUCKET, "signed url", Params={"versionId": "v"})
    client.presign_many(["one of many"], BUCKET)
    client.verify("PUT", url)
    client.explain("PUT", url)
    records = [record for record in caplog.records if record.name.startswith("cospass")]
    text = "\n".join(record.getMessage() for record in records)
    for shown in (
        "put object, url=:http://",
        "put\n/the key\n\n",
        "x-cos-meta-a=b",
        "get\n/other\nresponse-content-type=c%2Fd\n",
        "put\n/signed key\n",
        "get\n/signed url\nversionid=v",
        "get\n/{key}\n",
    ):
        assert shown in text, text
    signatures = [headers["Authorization"] for _, _, headers, _ in server.seen] + [signed, url]
    digits = [signature.split("q-signature=")[1][:40] for signature in signatures]
    assert len(set(digits)) == 4
    from urllib.parse import quote

    for secret in [SECRET_KEY, TOKEN, quote(TOKEN, ""), customer, quote(customer, ""), *digits]:
        assert secret not in text
    infos = [record.getMessage() for record in records if record.levelno == logging.INFO]
    assert len(infos) == 3 and "put object" in infos[0] and "get object" in infos[1]
    assert infos[2].startswith("GET http://") and "refused with 403" in infos[2]


def test_debug_costs_nothing_where_nobody_asked(caplog):
    caplog.set_level(logging.INFO)
    client = cospass.CosS3Client(cospass.CosConfig(**KEYS))
    client.get_presigned_url(BUCKET, "key")
    assert not caplog.records


async def coming(pieces, closed=None):
    try:
        for piece in pieces:
            await asyncio.sleep(0)
            yield piece
    finally:
        if closed is not None:
            closed.append(True)


def test_a_body_may_come_on_asyncio():
    async def work(local):
        client = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
        pieces = [b"0123", b"", "é", b"4"]
        await client.put_object(local.bucket, coming(pieces), "key")
        answer = await client.get_object(local.bucket, "key")
        assert await answer["Body"].read() == "0123é4".encode()
        reader = asyncio.StreamReader()
        reader.feed_data(b"one\ntwo")
        reader.feed_eof()
        begun = await client.create_multipart_upload(local.bucket, "parts")
        place = {"Bucket": local.bucket, "Key": "parts", "UploadId": begun["UploadId"]}
        part = await client.upload_part(Body=reader, PartNumber=1, **place)
        parts = {"Part": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        await client.complete_multipart_upload(MultipartUpload=parts, **place)
        answer = await client.get_object(local.bucket, "parts")
        assert await answer["Body"].read() == b"one\ntwo"

    with LocalCos() as local:
        asyncio.run(asyncio.wait_for(work(local), 60))


def test_what_a_body_on_asyncio_raises_is_told():
    async def fails():
        yield b"x"
        raise KeyError("mine")

    async def work(local):
        client = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
        with pytest.raises(cospass.CosClientError) as raised:
            await client.put_object(local.bucket, fails(), "key")
        assert isinstance(raised.value.__cause__, KeyError)
        with pytest.raises(cospass.CosClientError, match="unsupported body type"):
            await client.put_object(local.bucket, coming([b"x"]), "key", EnableMD5=True)
        with pytest.raises(cospass.CosClientError, match="body yields int"):
            await client.put_object(local.bucket, coming([5]), "key")
        assert not await client.object_exists(local.bucket, "key")

    with LocalCos() as local:
        asyncio.run(asyncio.wait_for(work(local), 60))
        with pytest.raises(cospass.CosClientError, match="use AsyncCosS3Client"):
            local.client().put_object(local.bucket, coming([b"x"]), "key")


def test_a_body_on_asyncio_ends_with_its_task(scripted):
    closed = []

    async def endless():
        try:
            yield b"x"
            await asyncio.sleep(3600)
        finally:
            closed.append(True)

    async def work():
        client = scripted("silence").client(retry=0, kind=cospass.AsyncCosS3Client)
        task = asyncio.ensure_future(client.put_object(BUCKET, endless(), "key"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while not closed:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_client_of_asyncio_is_used_with_async_with():
    async def work():
        with LocalCos() as local:
            config = cospass.CosConfig(**local.settings)
            async with cospass.AsyncCosS3Client(config) as client:
                await client.put_object(local.bucket, b"x", "key")
            return await client.object_exists(local.bucket, "key")

    assert asyncio.run(work())


def test_a_coroutine_function_is_no_listener(tmp_path):
    async def tell(*_):
        pass

    async def work():
        with LocalCos() as local:
            client = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
            (tmp_path / "file").write_bytes(b"x")
            await client.upload_file(local.bucket, "key", tmp_path / "file", progress_callback=tell)

    with pytest.raises(cospass.CosClientError, match="^progress_callback is a coroutine function"):
        asyncio.run(work())


def test_calls_are_shown_with_what_they_return():
    for client in (cospass.CosS3Client, cospass.AsyncCosS3Client):
        for name in ("put_object", "upload_file", "list_objects", "delete_object"):
            signature = inspect.signature(getattr(client, name))
            assert "Generator" not in str(signature) and str(signature.return_annotation).endswith("Dict[str, typing.Any]")
            assert getattr(client, name).__annotations__["return"] == signature.return_annotation
            assert typing.get_type_hints(getattr(client, name))["return"] == typing.Dict[str, typing.Any]
