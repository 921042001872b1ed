"""The endpoint is killed while several clients put, copy, complete and delete: what was acknowledged is there, and nothing
is torn.

Each client has keys of its own and a model of them: the values that a key may have. An acknowledged operation leaves one, an
operation without an answer two, what was there and what was to be. After each kill the endpoint is started anew, and every
key has to be one of what its model says, in GET, HEAD and listing; from then on it is that one.
"""

import os
import random
import tempfile
import threading
import time

from endpoint import Broken, Endpoint, Failures, content, wait_for

CLIENTS = 4
KEYS = 6

# The smallest part that is not the last.
PART = 1 << 20


class Value:
    """What a key holds: the content, and of how many blobs it is made."""

    def __init__(self, body, blobs=1):
        self.body, self.blobs = body, blobs


class Writer(threading.Thread):
    def __init__(self, number, port, models, seed, failures):
        super().__init__()
        self.number, self.port, self.models, self.failures = number, port, models, failures
        self.random = random.Random(f"{seed}/{number}")
        self.seed, self.done = seed, 0

    def run(self):
        from endpoint import Client

        client = Client(self.port)
        try:
            while True:
                self.step(client)
                self.done += 1
        except Broken:
            pass
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.failures.add(f"client {self.number}: {type(error).__name__}: {error}")

    def name(self):
        return f"/{self.number}/{self.random.randrange(KEYS)}"

    def step(self, client):
        path = self.name()
        there = self.models.get(path, [None])
        new = content(f"{self.seed}/{self.number}/{self.done}", self.random.choice([0, 10, 70_000, 300_000, 900_000]))
        operation = self.random.choice(["put", "put", "put", "if-none", "if-match", "copy", "delete", "parts", "list"])
        if operation == "put":
            self.change(path, Value(new), lambda: self.expect(client.put(path, new), 200))
        elif operation == "if-none":
            self.conditional(client, path, there, new, {"If-None-Match": "*"}, there == [None])
        elif operation == "if-match":
            self.conditional(client, path, there, new, {"If-Match": '"0"'}, False)
        elif operation == "copy":
            source = self.name()
            value = self.models.get(source, [None])[0]
            if value is not None:
                headers = {"x-cos-copy-source": f"faults-1250000000.cos.ap-guangzhou.myqcloud.com{source}"}
                copied = lambda: self.expect(client.put(path, b"", **headers), 200)  # noqa: E731
                self.change(path, value, copied)
        elif operation == "delete":
            self.change(path, None, lambda: self.expect(client.delete(path), 204))
        elif operation == "parts":
            self.parts(client, path)
        else:
            mine = sorted(key for key in client.keys() if key.startswith(f"{self.number}/"))
            modelled = sorted(key[1:] for key, values in self.models.items() if values != [None])
            assert mine == modelled, f"{mine} are listed, {modelled} are there"

    def change(self, path, value, do):
        """Does what leads to a value, whether it is acknowledged or not."""
        there = self.models.get(path, [None])
        self.models[path] = [*there, value]
        do()
        self.models[path] = [value]

    def conditional(self, client, path, there, new, headers, holds):
        if holds:
            self.change(path, Value(new), lambda: self.expect(client.put(path, new, **headers), 200))
        else:
            self.expect(client.put(path, new, **headers), 412)

    def parts(self, client, path):
        upload = client.begin(path)
        bodies = [content(f"{self.seed}/{self.number}/{self.done}/{part}", PART + part) for part in (1, 2)]
        etags = []
        for number, body in enumerate(bodies, 1):
            answer = client.part(path, upload, number, body)
            self.expect(answer, 200)
            etags.append((number, answer.headers["ETag"]))
        if self.random.random() < 0.2:
            self.expect(client.abort(path, upload), 204)
            return
        value = Value(b"".join(bodies), 2)
        self.change(path, value, lambda: self.expect(client.complete(path, upload, etags), 200))

    @staticmethod
    def expect(answer, status):
        assert answer.status == status, f"{answer}, not {status}"


def check(endpoint, models):
    """Compares what is there with the models, and settles them."""
    client = endpoint.client()
    listed = set(client.keys())
    blobs = set()
    for of_client in models:
        for path, values in of_client.items():
            answer = client.get(path)
            found = answer.body if answer.status == 200 else None
            assert answer.status in (200, 404), answer
            matching = [value for value in values if (value and value.body) == found]
            assert matching, f"{path}: {len(found or b'')} bytes that nobody put, or not acknowledged; {len(values)} possible"
            assert (path[1:] in listed) == (found is not None), f"{path} is listed otherwise than read"
            of_client[path] = [matching[0]]
            if found is not None:
                # Copies of parts share them; any other object has a blob of its own.
                value = matching[0]
                blobs |= {(id(value), part) for part in range(2)} if value.blobs == 2 else {path}
    known = {path[1:] for of_client in models for path in of_client}
    assert listed <= known, f"{listed - known} are listed and were never put"
    for path, upload in client.uploads():
        answer = client.abort(f"/{path}", upload)
        assert answer.status == 204, answer
    assert endpoint.incoming() == 0, "something is left in the making"
    wait_for(f"{len(blobs)} blobs, not {endpoint.blobs()}", lambda: endpoint.blobs() == len(blobs))


def run(rounds, seed):
    chance = random.Random(seed)
    acknowledged = 0
    with tempfile.TemporaryDirectory() as folder:
        models = [{} for _ in range(CLIENTS)]
        for number in range(rounds):
            failures = Failures()
            with Endpoint(folder) as endpoint:
                writers = [
                    Writer(writer, endpoint.port, models[writer], f"{seed}/{number}", failures)
                    for writer in range(CLIENTS)
                ]
                [writer.start() for writer in writers]
                time.sleep(chance.uniform(0.0, 0.4))
                endpoint.kill()
                [writer.join() for writer in writers]
            acknowledged += sum(writer.done for writer in writers)
            failures.check()
            with Endpoint(folder) as endpoint:
                try:
                    check(endpoint, models)
                except AssertionError as error:
                    raise AssertionError(f"round {number} of seed {seed}: {error}") from error
                if number % 2:
                    endpoint.stop()
                else:
                    endpoint.kill()
    return f"{rounds} rounds, {acknowledged} acknowledged operations, seed {seed}"


def main():
    rounds = int(os.environ.get("ROUNDS", "200"))
    return run(rounds, os.environ.get("SEED") or random.randrange(10**9))
