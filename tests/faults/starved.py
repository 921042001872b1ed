"""An endpoint that may open 64 files, and more clients than that: those over the limit are told so or wait, it does not spin,
and recovers. And when no file is left at all, whatever the reason: what needs one is told to slow down, and goes on later."""

import resource
import tempfile
import time

from endpoint import Broken, Endpoint, connect, content, head, wait_for

FILES = 64

# The endpoint serves half of what is left beside 32 files of its own.
SERVED = (FILES - 32) // 2

# More than are served or told, and few enough for the system to let them wait.
CLIENTS = 60


def main():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, shell=f"ulimit -n {FILES};") as endpoint:
        client = endpoint.client()
        assert client.put("/a", content("a", 300_000)).status == 200
        descriptors = endpoint.descriptors()
        told = crowd(endpoint, client)
        client = endpoint.client()
        wait_for("it recovers", lambda: answers(endpoint), 30)
        # One that is closed later would leave a file for somebody.
        wait_for(
            lambda: f"the crowd is gone: descriptors {endpoint.descriptors()}, before {descriptors}",
            lambda: endpoint.descriptors() <= descriptors,
        )
        busy = exhaust(endpoint, client)
        assert endpoint.client().get("/a").body == content("a", 300_000)
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        wait_for(
            lambda: f"descriptors: {endpoint.descriptors()}, before {descriptors}",
            lambda: endpoint.descriptors() <= descriptors + 1,
        )
        endpoint.stop()
    return f"{told} of {CLIENTS} clients against {FILES} files were told; without any file left {busy:.2f} of 3 s busy"


def crowd(endpoint, client):
    """More clients than are served at a time: the first are, some are told, the others wait."""
    hoard = [connect(endpoint.port) for _ in range(CLIENTS)]
    answer = client.put("/b", content("b", 300_000))
    assert answer.status == 200, f"who was there before is served: {answer}"
    [plain.sendall(head("GET", "/absent")) for plain in hoard]
    time.sleep(0.5)
    answers = [received(plain) for plain in hoard]
    served = [answer for answer in answers if answer.startswith(b"HTTP/1.1 404")]
    told = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503")]
    assert 0 < len(served) < SERVED, f"{len(served)} are served"
    assert told and all(b"<Code>SlowDown</Code>" in answer for answer in told), f"{len(told)} are told"
    [plain.close() for plain in hoard]
    return len(told)


def received(plain):
    try:
        plain.setblocking(False)
        return plain.recv(65536)
    except OSError:
        return b""


def exhaust(endpoint, client):
    """No file is left: neither for connections nor for objects."""
    assert client.get("/a").status == 200
    files = lambda most: resource.prlimit(endpoint.process.pid, resource.RLIMIT_NOFILE, (most, FILES))  # noqa: E731
    time.sleep(0.5)
    files(endpoint.descriptors())
    waiting = connect(endpoint.port)
    waiting.sendall(head("GET", "/absent"))
    busy = endpoint.processor_seconds()
    for answer in (client.put("/c", content("c", 300_000)), client.get("/a")):
        assert answer.status == 503 and b"<Code>SlowDown</Code>" in answer.body, answer
    time.sleep(3)
    busy = endpoint.processor_seconds() - busy
    assert endpoint.process.poll() is None, "it ended"
    assert busy < 1, f"it was busy for {busy:.1f} of 3 s with waiting"
    assert received(waiting) == b"", "a connection was accepted without a file"
    files(FILES)
    waiting.setblocking(True)
    waiting.settimeout(10)
    assert waiting.recv(65536).startswith(b"HTTP/1.1 404"), "who waited is served"
    waiting.close()
    assert client.put("/c", content("c", 300_000)).status == 200
    assert client.get("/c").body == content("c", 300_000)
    return busy


def answers(endpoint):
    try:
        return endpoint.client(5).put("/b", content("b", 300_000)).status == 200
    except Broken:
        return False
