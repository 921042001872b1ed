"""The disk is full: what does not fit is refused, what was there stays, and there is room again after a deletion."""

import os
import subprocess
import tempfile

from endpoint import Broken, Endpoint, content, wait_for
from outcome import NotRun

SIZE = 24 << 20


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
        for size in (1 << 20, 64 << 10, 4 << 10, 0):
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
        wait_for(f"as many blobs as objects, {endpoint.blobs()}", lambda: endpoint.blobs() == len(client.keys()))
    return f"{len(put)} objects on {SIZE >> 20} MiB until it was full"


def refused(client, path, body):
    try:
        answer = client.put(path, body)
    except Broken:
        return  # It was refused while the client was still sending.
    assert answer.status >= 500 and b"<Code>" in answer.body, answer
