"""The disk is full: what does not fit is refused, what was there stays, and there is room again after a deletion."""

import errno
import os
import subprocess
import tempfile

from endpoint import BESIDE, Broken, Endpoint, content, wait_for
from outcome import NotRun

SIZE = 24 << 20

# Of the objects that fill it, in their order.
SIZES = [1 << 20, 64 << 10, 4 << 10, 0]


def main():
    if os.geteuid() != 0:
        raise NotRun("mounting a small tmpfs needs root")
    with tempfile.TemporaryDirectory() as folder:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], capture_output=True, text=True
        )
        if mounted.returncode != 0:
            raise NotRun(f"a tmpfs cannot be mounted: {mounted.stderr.strip()}")
        try:
            return fill(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(folder):
    with Endpoint(folder) as endpoint:
        client = endpoint.client()
        before = content("before", 1 << 20)
        assert client.put("/kept", before).status == 200
        descriptors = endpoint.descriptors()
        # Larger than all the room there is.
        refused(client, "/kept", content("too large", 2 * SIZE))
        assert client.get("/kept").body == before, "what was there is gone"
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        assert endpoint.blobs() == 1

        # Larger objects, then smaller ones, until not even those fit: metadata has no room then either.
        put = []
        for size in SIZES:
            for number in range(4000):
                path = f"/{size}/{number}"
                try:
                    answer = client.put(path, content(path, size))
                except Broken:
                    continue
                if answer.status != 200:
                    assert answer.status >= 500 and b"<Code>" in answer.body, answer
                    break
                put.append((path, size))
                if size == 0 and number > 300:
                    break
        for path, size in put[:: max(1, len(put) // 50)]:
            assert client.get(path).body == content(path, size), path
        listed = client.keys()
        for path, _ in put:
            assert path[1:] in listed, f"{path} was acknowledged and is not listed"

        # The endpoint leaves some room for its metadata; others do not.
        put = squeeze(folder, client, put)

        deleted = 0
        for path, size in put:
            if size == 1 << 20 and deleted < 4:
                answer = client.delete(path)
                assert answer.status == 204, f"nothing can be deleted: {answer}"
                deleted += 1
        assert client.put("/again", before).status == 200, "there is room again"
        assert client.get("/again").body == before
        assert client.get("/kept").body == before
        wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
        wait_for("no descriptor is left open", lambda: endpoint.descriptors() <= descriptors + 1)
        endpoint.kill()
    with Endpoint(folder) as endpoint:
        client = endpoint.client()
        assert client.get("/kept").body == before
        assert client.get("/again").body == before
        few = tuple(f"{size}/" for size in SIZES if size <= BESIDE)
        blobs = sum(not key.startswith(few) for key in client.keys())
        wait_for(f"as many blobs as larger objects, {endpoint.blobs()}", lambda: endpoint.blobs() == blobs)
    return f"{len(put)} objects on {SIZE >> 20} MiB until it was full"


def squeeze(folder, client, put):
    """Somebody else takes the last byte, so that metadata cannot be written either: what is refused then did not happen, or
    happened whole. Tells what is there after it."""
    upload = client.begin("/parts")
    body = content("part", 1 << 20)
    etag = client.request("HEAD", "/kept").headers["ETag"]
    ballast = os.path.join(folder, "ballast")
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC, error
    refused(client, "/kept", content("too late", 300_000))
    refused(client, "/parts", body, params=[("partNumber", "1"), ("uploadId", upload)])
    answer = client.begin_answer("/other")
    assert answer.status in (200, 500), answer
    gone = []
    for path, size in put[:3]:
        answer = client.delete(path)
        assert answer.status in (204, 500), answer
        there = client.get(path)
        assert there.status == 404 or answer.status == 500 and there.body == content(path, size), there
        gone += [path] if there.status == 404 else []
    assert client.request("HEAD", "/kept").headers["ETag"] == etag, "what was there is gone"
    os.remove(ballast)
    # There is room for the metadata again, without a new start.
    listed = client.keys()
    for path, _ in put:
        assert (path[1:] in listed) == (path not in gone), f"{path} is listed otherwise than read"
    assert client.abort("/parts", upload).status == 204
    for path, other in client.uploads():
        assert client.abort(f"/{path}", other).status == 204
    return [(path, size) for path, size in put if path not in gone]


def refused(client, path, body, params=()):
    try:
        answer = client.request("PUT", path, body, params)
    except Broken:
        return  # It was refused while the client was still sending.
    assert answer.status >= 500 and b"<Code>" in answer.body, answer
