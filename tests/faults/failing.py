"""The disk fails: a write, a sync or a rename that returns EIO refuses the upload, leaves what was there, and is not tried
again as if it had succeeded."""

import os
import shutil
import subprocess
import tempfile

from endpoint import Broken, Endpoint, content, wait_for
from outcome import NotRun

# Which call fails, on which files.
RULES = [
    ("write", "/incoming/"),
    ("sync", "/incoming/"),
    ("rename", "/blobs/"),
    ("sync", "/blobs/"),
    ("write", "metadata.redb"),
    ("sync", "metadata.redb"),
]

SIZES = [10, 300_000, 9 << 20]


def main():
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NotRun("there is no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        shim = os.path.join(folder, "fault.so")
        source = os.path.join(os.path.dirname(__file__), "fault.c")
        built = subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", shim, source, "-ldl"], capture_output=True, text=True
        )
        if built.returncode != 0:
            raise NotRun(f"the library that makes calls fail cannot be built: {built.stderr[:300]}")
        failed = sum(fail(folder, shim, call, part) for call, part in RULES)
    return f"{len(RULES)} kinds of failure, {failed} calls failed"


def fail(folder, shim, call, part):
    folder = tempfile.mkdtemp(dir=folder)
    rule, log = os.path.join(folder, "rule"), os.path.join(folder, "failed")
    environment = {"LD_PRELOAD": shim, "FAULT_RULE": rule, "FAULT_LOG": log}
    models = {}
    with Endpoint(folder, environment=environment) as endpoint:
        client = endpoint.client()
        for size in SIZES:
            assert client.put(f"/{size}", content(f"old {size}", size)).status == 200
            models[f"/{size}"] = [content(f"old {size}", size)]
        client.get("/10")
        descriptors, blobs = endpoint.descriptors(), endpoint.blobs()
        for size in SIZES:
            path, new = f"/{size}", content(f"new {size}", size)
            with Rule(rule, call, part):
                refused(client, "PUT", path, new, call, part)
                if part == "metadata.redb":
                    models[path].append(new)
                    refused(client, "DELETE", path, None, call, part)
                    models[path].append(None)
            answer = client.get(path)
            found = answer.body if answer.status == 200 else None
            assert found in models[path], f"{call} {part}: {path} is neither old nor new: {answer}"
            models[path] = [found]
        calls = open(log).read().splitlines() if os.path.exists(log) else []
        assert calls, f"no {call} on {part} was made to fail: the shim does not reach it"
        if (call, part) == ("sync", "/incoming/"):
            assert len(calls) == len(set(calls)), f"a sync that failed was tried again: {calls}"
        # The disk is well again.
        for size in SIZES:
            path, new = f"/{size}", content(f"again {size}", size)
            answer = client.put(path, new)
            assert answer.status == 200, f"after {call} {part}: {answer}"
            models[path] = [new]
            assert client.get(path).body == new
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        # The database is opened anew after an error; what its old self had open is closed.
        wait_for(
            f"descriptors: {endpoint.descriptors()} after {descriptors}",
            lambda: endpoint.descriptors() <= descriptors,
        )
        endpoint.kill()
    with Endpoint(folder) as endpoint:
        client = endpoint.client()
        for path, (body,) in models.items():
            assert client.get(path).body == body, f"{call} {part}: {path} is not what was acknowledged"
        wait_for(f"{blobs} blobs, not {endpoint.blobs()}", lambda: endpoint.blobs() == len(client.keys()))
    return len(calls)


class Rule:
    def __init__(self, path, call, part):
        self.path, self.text = path, f"{call} {part}\n"

    def __enter__(self):
        with open(self.path + ".new", "w") as file:
            file.write(self.text)
        os.rename(self.path + ".new", self.path)

    def __exit__(self, *_):
        os.remove(self.path)


def refused(client, method, path, body, call, part):
    try:
        answer = client.request(method, path, body)
    except Broken:
        return
    assert answer.status == 500, f"{method} although {call} on {part} failed: {answer}"
