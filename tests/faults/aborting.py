"""Clients that go away in the middle, at every 64 KiB: nothing of theirs stays."""

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
        descriptors = endpoint.descriptors()
        for sent in range(0, SIZE, STEP):
            for reset in (False, True):
                plain = connect(endpoint.port)
                plain.sendall(head("PUT", "/a", SIZE) + new[:sent])
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
        assert endpoint.blobs() == 1
        wait_for(
            f"descriptors: {endpoint.descriptors()}, before {descriptors}",
            lambda: endpoint.descriptors() <= descriptors,
        )
        # The first connection has lain idle, for too long if the machine is busy.
        client = endpoint.client()
        assert client.get("/a").body == old
        assert client.put("/a", new).status == 200
        assert client.get("/a").body == new
        endpoint.stop()
    return f"{aborted} clients went away"


def leave(plain, reset):
    if reset:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()
