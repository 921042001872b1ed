"""Clients that write until their endpoint is killed, and what they know of it then: a log of what was acknowledged.

An acknowledged operation leaves one state that a key may be in, an operation without an answer two, what was there and what was
to be.
"""

import contextlib
import random
import threading
import time

from endpoint import BUCKET, VERSIONS, Broken, Client, content

KEYS = 6

# The smallest part that is not the last.
PART = 1 << 20

# The most versions of a key: then some are deleted.
MOST_VERSIONS = 6

KINDS = [
    "put",
    "complete",
    "delete",
    "append",
    "put version",
    "delete version",
    "copy",
    "put if none",
    "mark deleted",
    "abort",
    "part",
]


class Value:
    """What a key holds: the content, and of how many blobs it is made, at most if it grew by appending."""

    def __init__(self, body, blobs=1, is_appended=False):
        self.body, self.blobs, self.is_appended = body, blobs, is_appended


class Version:
    """A version of a key, its id unless nobody was told it, and its content; `None` of a delete marker."""

    def __init__(self, id, body):
        self.id, self.body = id, body


class Upload:
    """An upload in parts that was begun."""

    def __init__(self, path, id, bodies):
        self.path, self.id, self.bodies = path, id, bodies
        # The entity tags of the parts.
        self.acknowledged = {}
        # Whether giving it up or completing it was begun.
        self.ending = None

    def value(self):
        return Value(b"".join(self.bodies), 2)


class Logged:
    """What a client knows: of each key the states that it may be in, oldest first."""

    def __init__(self, number):
        self.number = number
        self.objects, self.histories, self.upload = {}, {}, None
        # What was begun last and not answered: the kind, and the key in one of the two; and whether it happened.
        self.interrupted = None
        self.happened = None

    def settle(self, states, path, state, found=None):
        """It is in that state."""
        if self.interrupted and self.interrupted[1:] == (id(states), path) and len(states[path]) > 1:
            self.happened = state is states[path][-1]
        states[path] = [state if found is None else found]

    def tell(self, outcomes):
        """Tells what became of the last operation."""
        if self.interrupted:
            outcomes.came_of(self.interrupted[0], bool(self.happened))
        self.interrupted = self.happened = None


class Writer(threading.Thread):
    def __init__(self, log, port, seed, target, outcomes, failures):
        super().__init__()
        self.log, self.target, self.outcomes, self.failures = log, target, outcomes, failures
        self.client, self.versions = Client(port), Client(port, bucket=VERSIONS)
        self.random = random.Random(f"{seed}/{log.number}")
        self.seed, self.done = seed, 0

    def run(self):
        try:
            while True:
                self.step()
                self.done += 1
        except Broken:
            pass
        except Exception as error:  # noqa: BLE001 - told by the main thread
            self.failures.add(f"client {self.log.number}: {type(error).__name__}: {error}")

    def step(self):
        # The kind that the round is about more often than others.
        kind = self.target.kind if self.random.random() < 0.3 else self.random.choice(["put", "put", *KINDS, "list"])
        path = f"/{self.log.number}/{self.random.randrange(KEYS)}"
        if kind in ("put", "put if none"):
            self.put(path, kind)
        elif kind == "copy":
            self.copy(path)
        elif kind == "delete":
            self.change(kind, path, None, lambda: expect(self.client.delete(path), 204))
        elif kind == "append":
            self.append(path)
        elif kind in ("part", "complete", "abort"):
            self.parts(path, kind)
        elif kind in ("put version", "mark deleted", "delete version"):
            self.change_versions(f"/{self.log.number}/{self.random.randrange(KEYS // 2)}", kind)
        else:
            self.list()

    def body(self, sizes=(0, 10, 70_000, 300_000, 900_000)):
        return content(f"{self.seed}/{self.log.number}/{self.done}", self.random.choice(sizes))

    @contextlib.contextmanager
    def doing(self, kind, states, path):
        """What is done within is in the log as begun until it is answered."""
        self.log.interrupted = (kind, id(states), path)
        started = time.monotonic()
        self.target.begins(kind)
        yield
        self.outcomes.took(kind, time.monotonic() - started)
        self.log.interrupted = None

    def change(self, kind, path, value, do):
        """Does what leads to a value, whether it is acknowledged or not."""
        objects = self.log.objects
        objects[path] = [*objects.get(path, [None]), value]
        with self.doing(kind, objects, path):
            do()
        objects[path] = [value]

    def put(self, path, kind):
        new, is_there = self.body(), self.log.objects.get(path, [None]) != [None]
        if kind == "put":
            self.change(kind, path, Value(new), lambda: expect(self.client.put(path, new), 200))
        elif not is_there:
            put = lambda: expect(self.client.put(path, new, **{"If-None-Match": "*"}), 200)  # noqa: E731
            self.change(kind, path, Value(new), put)
        else:
            expect(self.client.put(path, new, **{"If-None-Match": "*"}), 412)
            expect(self.client.put(path, new, **{"If-Match": '"0"'}), 412)

    def copy(self, path):
        source = f"/{self.log.number}/{self.random.randrange(KEYS)}"
        value = self.log.objects.get(source, [None])[0]
        if value is not None:
            headers = {"x-cos-copy-source": f"{BUCKET}.cos.ap-guangzhou.myqcloud.com{source}"}
            self.change("copy", path, value, lambda: expect(self.client.put(path, b"", **headers), 200))

    def append(self, path):
        path = path.replace(f"/{self.log.number}/", f"/{self.log.number}/log/")
        there = self.log.objects.get(path, [None])[0] or Value(b"", 0, True)
        if len(there.body) > 3_000_000:
            return self.change("delete", path, None, lambda: expect(self.client.delete(path), 204))
        new = self.body((10, 10, 1000, 300_000))
        params = [("append", ""), ("position", str(len(there.body)))]
        value = Value(there.body + new, there.blobs + 1, True)
        append = lambda: expect(self.client.request("POST", path, new, params=params), 200)  # noqa: E731
        self.change("append", path, value, append)

    def parts(self, path, kind):
        """An upload in parts, given up or completed."""
        bodies = [content(f"{self.seed}/{self.log.number}/{self.done}/{part}", PART + part) for part in (1, 2)]
        upload = self.log.upload = Upload(path, self.client.begin(path), bodies)
        for number, body in enumerate(bodies, 1):
            with self.doing("part", None, path):
                answer = self.client.part(path, upload.id, number, body)
            expect(answer, 200)
            upload.acknowledged[number] = answer.headers["ETag"]
        upload.ending = "abort" if kind == "abort" else "complete"
        if kind == "abort":
            with self.doing("abort", None, path):
                expect(self.client.abort(path, upload.id), 204)
        else:
            etags = sorted(upload.acknowledged.items())
            complete = lambda: expect(self.client.complete(path, upload.id, etags), 200)  # noqa: E731
            self.change("complete", path, upload.value(), complete)
        self.log.upload = None

    def change_versions(self, path, kind):
        histories = self.log.histories
        (history,) = histories.get(path, [()])
        if len(history) >= MOST_VERSIONS or (kind == "delete version" and history):
            kind, chosen = "delete version", self.random.randrange(len(history))
            after = history[:chosen] + history[chosen + 1 :]
            params = [("versionId", history[chosen].id)]
            do = lambda: expect(self.versions.request("DELETE", path, params=params), 204)  # noqa: E731
        elif kind == "mark deleted":
            after = (Version(None, None), *history)
            do = lambda: expect(self.versions.delete(path), 204)  # noqa: E731
        else:
            kind, new = "put version", self.body()
            after = (Version(None, new), *history)
            do = lambda: expect(self.versions.put(path, new), 200)  # noqa: E731
        histories[path] = [history, after]
        with self.doing(kind, histories, path):
            answer = do()
        if kind != "delete version":
            after[0].id = answer.headers["x-cos-version-id"]
        histories[path] = [after]

    def list(self):
        number = self.log.number
        mine = sorted(key for key in self.client.keys() if key.startswith(f"{number}/"))
        logged = sorted(key[1:] for key, values in self.log.objects.items() if values != [None])
        assert mine == logged, f"{mine} are listed, {logged} are there"


def expect(answer, status):
    assert answer.status == status, f"{answer}, not {status}"
    return answer
