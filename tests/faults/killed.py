"""The endpoint is killed while several clients put, copy, append, complete and delete, with versions and without: what was
acknowledged is there, and nothing is torn.

Each client has keys of its own and a model of them (`writers.py`). After each kill the endpoint is started anew, and every key
has to be one of what its model says, in GET, HEAD and listing; from then on it is that one. Each round has a kind of operation
in whose middle it kills: it waits until one has begun, and then for some part of the time that such operations take.
"""

import html
import os
import random
import tempfile
import threading
import time

from endpoint import BESIDE, VERSIONS, Endpoint, Failures, wait_for
from writers import KINDS, Logged, Version, Writer

CLIENTS = 4

ENABLE = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


class Target:
    """The kind of operation in whose middle a round kills."""

    def __init__(self, kind):
        self.kind, self.armed, self.begun = kind, False, threading.Event()

    def begins(self, kind):
        if self.armed and kind == self.kind:
            self.begun.set()


class Outcomes:
    """How long operations of each kind take, and what became of those that were interrupted."""

    def __init__(self):
        self.times = {kind: [0.004] for kind in KINDS}
        self.happened = {kind: 0 for kind in KINDS}
        self.interrupted = {kind: 0 for kind in KINDS}

    def took(self, kind, seconds):
        self.times[kind] = [*self.times[kind][-50:], seconds]

    def usual(self, kind):
        times = sorted(self.times[kind])
        return times[len(times) // 2]

    def came_of(self, kind, happened):
        self.interrupted[kind] += 1
        self.happened[kind] += happened

    def __str__(self):
        return ", ".join(f"{kind} {self.happened[kind]}/{self.interrupted[kind]}" for kind in KINDS)


def main():
    rounds = int(os.environ.get("ROUNDS", "200"))
    seed = os.environ.get("SEED") or random.randrange(10**9)
    return run(rounds, seed)


def run(rounds, seed):
    chance, outcomes, acknowledged = random.Random(seed), Outcomes(), 0
    with tempfile.TemporaryDirectory() as folder:
        logs = [Logged(number) for number in range(CLIENTS)]
        with Endpoint(folder, "--bucket", VERSIONS) as endpoint:
            versions = endpoint.client(bucket=VERSIONS)
            assert versions.request("PUT", "/", ENABLE, params=[("versioning", "")]).status == 200
            endpoint.kill()
        for number in range(rounds):
            acknowledged += kill(folder, logs, Target(KINDS[number % len(KINDS)]), outcomes, chance, f"{seed}/{number}")
            with Endpoint(folder) as endpoint:
                try:
                    check(endpoint, logs, outcomes, chance)
                except AssertionError as error:
                    raise AssertionError(f"round {number} of seed {seed}: {error}") from error
                if number % 2:
                    endpoint.stop()
                else:
                    endpoint.kill()
        with Endpoint(folder) as endpoint:
            delete_all(endpoint)
            endpoint.stop()
    if rounds >= 2 * len(KINDS):
        never = [kind for kind in KINDS if not outcomes.interrupted[kind]]
        assert not never, f"never interrupted: {never}"
    return f"{rounds} rounds, {acknowledged} acknowledged operations, seed {seed}; happened of interrupted: {outcomes}"


def kill(folder, logs, target, outcomes, chance, seed):
    """Runs the writers until one is in the middle of an operation of that kind, and tells how many were acknowledged."""
    failures = Failures()
    with Endpoint(folder) as endpoint:
        writers = [Writer(log, endpoint.port, seed, target, outcomes, failures) for log in logs]
        [writer.start() for writer in writers]
        time.sleep(chance.uniform(0.0, 0.2))
        target.armed = True
        assert target.begun.wait(60) or failures.found, f"nobody began {target.kind}"
        time.sleep(chance.uniform(0.0, 1.3 * outcomes.usual(target.kind)))
        endpoint.kill()
        [writer.join() for writer in writers]
    failures.check()
    return sum(writer.done for writer in writers)


def check(endpoint, logs, outcomes, chance):
    """Compares what is there with the logs, and settles them."""
    client, versions = endpoint.client(), endpoint.client(bucket=VERSIONS)
    blobs, most = set(), 0
    settle_objects(client, logs)
    settle_versions(versions, logs)
    settle_uploads(client, logs, chance)
    for log in logs:
        log.tell(outcomes)
        for path, (value,) in log.objects.items():
            if value is not None and value.is_appended:
                # Small pieces are written together, at some time or other.
                most += max(value.blobs - 1, 0)
                blobs |= {path} if value.blobs else set()
            elif value is not None:
                # Copies of parts share them; any other object has a blob of its own.
                # Few bytes have none: they are beside the metadata.
                whole = {path} if len(value.body) > BESIDE else set()
                blobs |= {(id(value), part) for part in range(2)} if value.blobs == 2 else whole
        for path, (history,) in log.histories.items():
            blobs |= {(path, it.id) for it in history if it.body is not None and len(it.body) > BESIDE}
    assert endpoint.incoming() == 0, "something is left in the making"
    least = len(blobs)
    wait_for(
        lambda: f"{least} to {least + most} blobs, not {endpoint.blobs()}",
        lambda: least <= endpoint.blobs() <= least + most,
    )


def settle_objects(client, logs):
    listed = set(client.keys())
    for log in logs:
        for path, values in log.objects.items():
            answer, metadata = client.get(path), client.request("HEAD", path)
            found = answer.body if answer.status == 200 else None
            assert answer.status in (200, 404) and metadata.status == answer.status, answer
            if found is not None:
                assert metadata.headers["Content-Length"] == str(len(found)), f"{path}: HEAD tells another length"
            # If it is the same in either case, it happened.
            matching = [value for value in values if (value and value.body) == found]
            assert matching, f"{path}: {len(found or b'')} bytes that nobody put, or not acknowledged; {len(values)} possible"
            assert (path[1:] in listed) == (found is not None), f"{path} is listed otherwise than read"
            log.settle(log.objects, path, matching[-1])
    known = {path[1:] for log in logs for path in log.objects}
    assert listed <= known, f"{listed - known} are listed and were never put"


def settle_versions(client, logs):
    listed = client.versions()
    current = set(client.keys())
    for log in logs:
        for path, histories in log.histories.items():
            there = listed.pop(path[1:], [])
            found = []
            for number, (version, is_latest, is_marker) in enumerate(there):
                assert is_latest == (number == 0), f"{path}: {there}"
                answer = client.request("GET", path, params=[("versionId", version)])
                # A delete marker cannot be read.
                assert answer.status == (404 if is_marker else 200), f"{path} {version}: {answer}"
                found.append(Version(version, None if is_marker else answer.body))
            matching = [history for history in histories if is_history(found, history)]
            assert matching, f"{path}: {len(found)} versions, and {[len(history) for history in histories]} may be there"
            is_there = bool(found) and found[0].body is not None
            assert (path[1:] in current) == is_there, f"{path} is listed otherwise than its versions"
            answer = client.get(path)
            assert answer.status == (200 if is_there else 404), f"{path}: {answer}"
            assert not is_there or answer.body == found[0].body, f"{path} is not its newest version"
            log.settle(log.histories, path, matching[-1], tuple(found))
    assert not listed, f"{list(listed)} have versions and were never put"


def is_history(found, history):
    """A version whose upload was not acknowledged has an id that nobody was told."""
    return len(found) == len(history) and all(
        a.body == b.body and b.id in (None, a.id) for a, b in zip(found, history)
    )


def settle_uploads(client, logs, chance):
    """An upload is there with the parts that were acknowledged, and can be completed, unless it was ended."""
    there = client.uploads()
    for log in logs:
        if log.upload is None:
            continue
        upload, log.upload = log.upload, None
        name = (upload.path[1:], upload.id)
        if upload.ending == "complete":
            assert (name in there) != log.happened, f"{name}: completed {log.happened}, there {name in there}"
        if upload.ending == "abort":
            log.happened = name not in there
        if name not in there:
            assert upload.ending, f"{name}: an upload that was begun is gone"
            continue
        answer = client.request("GET", upload.path, params=[("uploadId", upload.id)])
        parts = dict(zip(map(int, answer.find("PartNumber")), answer.find("ETag")))
        for number, etag in upload.acknowledged.items():
            found = html.unescape(parts.get(number, ""))
            assert found == etag, f"{name}: part {number} was acknowledged, and is not there: {answer}"
        if log.interrupted and log.interrupted[0] == "part":
            log.happened = len(parts) > len(upload.acknowledged)
        if len(upload.acknowledged) == len(upload.bodies) and chance.random() < 0.5:
            answer = client.complete(upload.path, upload.id, sorted(upload.acknowledged.items()))
            assert answer.status == 200, answer
            value = upload.value()
            assert client.get(upload.path).body == value.body, f"{name} is completed to something else"
            log.objects[upload.path] = [value]
    for path, upload in client.uploads():
        answer = client.abort(f"/{path}", upload)
        assert answer.status == 204, answer


def delete_all(endpoint):
    """When nothing is kept, nothing is left."""
    client, versions = endpoint.client(), endpoint.client(bucket=VERSIONS)
    for key in client.keys():
        assert client.delete(f"/{key}").status == 204
    for key, there in versions.versions().items():
        for version, _, _ in there:
            params = [("versionId", version)]
            assert versions.request("DELETE", f"/{key}", params=params).status == 204
    wait_for(lambda: f"{endpoint.blobs()} blobs are left of nothing", lambda: endpoint.blobs() == 0)
    assert endpoint.incoming() == 0
    for bucket in (client, versions):
        answer = bucket.request("DELETE", "/")
        assert answer.status == 204, f"a bucket is not empty: {answer}"
