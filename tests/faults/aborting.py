"""Clients that go away in the middle, at every 64 KiB: nothing of theirs stays."""

import html
import socket
import struct
import tempfile

from endpoint import Endpoint, connect, content, head, wait_for

SIZE = 2 << 20
STEP = 64 << 10


def main():
    aborted = 0
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder) as endpoint:
        client = endpoint.client()
        old, new = content("old", SIZE), content("new", SIZE)
        assert client.put("/a", old).status == 200
        client.get("/a")
        assert client.append("/log", 0, old).status == 200
        upload = client.begin("/parts")
        assert client.part("/parts", upload, 1, old).status == 200
        descriptors, blobs = endpoint.descriptors(), endpoint.blobs()
        uploads = [
            ("PUT", "/a", []),
            ("POST", "/log", [("append", ""), ("position", str(SIZE))]),
            ("PUT", "/parts", [("partNumber", "1"), ("uploadId", upload)]),
        ]
        for method, path, params in uploads:
            for sent in range(0, SIZE, STEP):
                for reset in (False, True):
                    plain = connect(endpoint.port)
                    plain.sendall(head(method, path, SIZE, params) + new[:sent])
                    leave(plain, reset)
                    aborted += 1
        for received in range(0, SIZE, STEP):
            for reset in (False, True):
                plain = connect(endpoint.port, receive_buffer=4096)
                plain.sendall(head("GET", "/a"))
                left = received
                while left > 0:
                    left -= len(plain.recv(min(left, STEP)))
                leave(plain, reset)
                aborted += 1
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        wait_for(lambda: f"{endpoint.blobs()} blobs, not {blobs}", lambda: endpoint.blobs() == blobs)
        wait_for(
            f"descriptors: {endpoint.descriptors()}, before {descriptors}",
            lambda: endpoint.descriptors() <= descriptors,
        )
        # The first connection has lain idle, for too long if the machine is busy.
        client = endpoint.client()
        for path in ("/a", "/log"):
            assert client.get(path).body == old, f"{path} is another"
        etag = client.part("/parts", upload, 2, new[:10]).headers["ETag"]
        first = client.request("GET", "/parts", params=[("uploadId", upload)]).find("ETag")[0]
        completed = client.complete("/parts", upload, [(1, html.unescape(first)), (2, etag)])
        assert completed.status == 200, completed
        assert client.get("/parts").body == old + new[:10]
        assert client.put("/a", new).status == 200
        assert client.get("/a").body == new
        endpoint.stop()
    return f"{aborted} clients went away"


def leave(plain, reset):
    if reset:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()
