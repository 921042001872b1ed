"""Clients that take their time, with heads, bodies and answers, while a good one keeps its latency."""

import tempfile
import time

from endpoint import Endpoint, connect, content, head, wait_for

SLOW = 120
LARGE = 64 << 20

# How long the good client may wait, in seconds; where a machine is so busy with other things that it waits about as long when it
# is alone, twice as long as then.
MOST = 0.25


def latencies(client, count):
    times = []
    for number in range(count):
        path, body = f"/good/{number % 10}", content(number, 1000)
        start = time.monotonic()
        assert client.put(path, body).status == 200
        assert client.get(path).body == body
        times.append(time.monotonic() - start)
        time.sleep(0.005)
    return sorted(times)


def main():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder) as endpoint:
        client = endpoint.client()
        assert client.put("/large", content("large", LARGE)).status == 200
        alone = latencies(client, 200)
        descriptors = endpoint.descriptors()

        heads = [connect(endpoint.port) for _ in range(SLOW)]
        [plain.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") for plain in heads]
        bodies = [connect(endpoint.port) for _ in range(SLOW)]
        [plain.sendall(head("PUT", "/slow", 10_000_000) + b"x" * 1000) for plain in bodies]
        readers = [connect(endpoint.port, receive_buffer=4096) for _ in range(SLOW)]
        [plain.sendall(head("GET", "/large")) for plain in readers]
        started = time.monotonic()
        beside, rounds = [], 0
        while time.monotonic() - started < 9:
            [drip(plain) for plain in heads + bodies]
            beside += latencies(client, 50)
            rounds += 1
        beside.sort()
        percentile = beside[len(beside) * 99 // 100]
        before = alone[len(alone) * 99 // 100]
        assert percentile < max(MOST, 2 * before), f"99 % wait up to {percentile:.3f} s, alone {before:.3f} s"

        # Heads that are not done in time are cut off by the endpoint itself, the others when their client leaves.
        wait_for("slow heads are cut off", lambda: all(is_closed(plain) for plain in heads), 20)
        [plain.close() for plain in heads + bodies + readers]
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        wait_for(
            f"descriptors: {endpoint.descriptors()}, before {descriptors}",
            lambda: endpoint.descriptors() <= descriptors,
        )
        assert client.get("/good/0").status == 200
        endpoint.stop()
    return (
        f"beside {3 * SLOW} slow clients, half of {len(beside)} pairs of PUT and GET took {beside[len(beside) // 2] * 1000:.1f} ms"
        f" and 99 % at most {percentile * 1000:.1f} ms (alone {alone[len(alone) // 2] * 1000:.1f} and"
        f" {alone[len(alone) * 99 // 100] * 1000:.1f} ms)"
    )


def drip(plain):
    try:
        plain.send(b"x")
    except OSError:
        pass


def is_closed(plain):
    try:
        plain.setblocking(False)
        return plain.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
