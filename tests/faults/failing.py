"""The disk fails: a write, a sync or a rename that returns EIO refuses the upload, leaves what was there, and is not tried
again as if it had succeeded."""

import os
import shutil
import subprocess
import tempfile

from endpoint import BESIDE, Broken, Endpoint, content, wait_for
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

# The first is kept beside its metadata, the others have blobs.
SIZES = [10, 20_000, 300_000, 9 << 20]


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
    rule, failed = os.path.join(folder, "rule"), os.path.join(folder, "failed")
    environment = {"LD_PRELOAD": shim, "FAULT_RULE": rule, "FAULT_LOG": failed}
    models = {}
    with Endpoint(folder, environment=environment) as endpoint:
        client = endpoint.client()
        for size in SIZES:
            assert client.put(f"/{size}", content(f"old {size}", size)).status == 200
            models[f"/{size}"] = [content(f"old {size}", size)]
        client.get("/10")
        parts = Parts(client)
        log = content("log", 300_000)
        assert client.append("/log", 0, log).status == 200
        models["/log"] = [log]
        descriptors = endpoint.descriptors()
        for size in SIZES:
            path, new = f"/{size}", content(f"new {size}", size)
            with Rule(rule, call, part):
                if size <= BESIDE and part != "metadata.redb":
                    assert client.put(path, new).status == 200, f"{call} {part} is not needed for {path}"
                    models[path] = [new]
                else:
                    refused(client, "PUT", path, new, call, part)
                if part == "metadata.redb":
                    models[path].append(new)
                    refused(client, "DELETE", path, None, call, part)
                    models[path].append(None)
            answer = client.get(path)
            found = answer.body if answer.status == 200 else None
            assert found in models[path], f"{call} {part}: {path} is neither old nor new: {answer}"
            models[path] = [found]
        with Rule(rule, call, part):
            parts.fail(client, call, part)
            refused(client, "POST", "/log", log, call, part, [("append", ""), ("position", str(len(log)))])
            if part == "metadata.redb":
                models["/log"].append(log + log)
        models["/log"] = [one for one in models["/log"] if one == client.get("/log").body]
        assert models["/log"], f"{call} {part}: an append was half done"
        models["/parts"] = [parts.finish(client)]
        calls = open(failed).read().splitlines() if os.path.exists(failed) else []
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
        # The smallest has none; that of two parts and that of two appends have two each, at most.
        most = len(client.keys()) - 1 + 2
        wait_for(lambda: f"{endpoint.blobs()} blobs, not {most}", lambda: most - 2 <= endpoint.blobs() <= most)
        for path in models:
            assert client.delete(path).status == 204
        wait_for(lambda: f"{endpoint.blobs()} blobs are left of nothing", lambda: endpoint.blobs() == 0)
    return len(calls)


class Parts:
    """An upload in parts while calls fail: what was acknowledged of it stays, and it can be completed."""

    BODIES = [content("part 1", 1 << 20), content("part 2", 300_000)]

    def __init__(self, client):
        self.upload = client.begin("/parts")
        self.etags = [client.part("/parts", self.upload, 1, self.BODIES[0]).headers["ETag"]]

    def fail(self, client, call, part):
        params = [("partNumber", "2"), ("uploadId", self.upload)]
        refused(client, "PUT", "/parts", self.BODIES[1], call, part, params)
        if part == "metadata.redb":
            answer = client.complete("/parts", self.upload, [(1, self.etags[0])])
            assert answer.status == 500, f"completed although {call} on {part} failed: {answer}"

    def finish(self, client):
        """Completes it, if it is not, and tells the object."""
        if self.upload not in [upload for _, upload in client.uploads()]:
            assert client.get("/parts").body == self.BODIES[0], "neither the upload nor its object is there"
            return self.BODIES[0]
        assert client.get("/parts").status == 404, "the upload is there, and its object, too"
        answer = client.part("/parts", self.upload, 2, self.BODIES[1])
        assert answer.status == 200, answer
        etags = [*self.etags, answer.headers["ETag"]]
        answer = client.complete("/parts", self.upload, list(enumerate(etags, 1)))
        assert answer.status == 200, answer
        return b"".join(self.BODIES)


class Rule:
    def __init__(self, path, call, part):
        self.path, self.text = path, f"{call} {part}\n"

    def __enter__(self):
        with open(self.path + ".new", "w") as file:
            file.write(self.text)
        os.rename(self.path + ".new", self.path)

    def __exit__(self, *_):
        os.remove(self.path)


def refused(client, method, path, body, call, part, params=()):
    try:
        answer = client.request(method, path, body, params)
    except Broken:
        return
    assert answer.status == 500, f"{method} although {call} on {part} failed: {answer}"
