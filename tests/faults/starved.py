"""An endpoint that may open 64 files, and more clients than that: it waits instead of spinning, and recovers."""

import tempfile
import time

from endpoint import Broken, Endpoint, connect, content, wait_for

FILES = 64
CLIENTS = 200


def main():
    with tempfile.TemporaryDirectory() as folder:
        with Endpoint(folder, shell=f"ulimit -n {FILES};") as endpoint:
            client = endpoint.client()
            body = content("a", 300_000)
            assert client.put("/a", body).status == 200
            descriptors = endpoint.descriptors()
            busy = endpoint.processor_seconds()
            hoard = []
            for _ in range(CLIENTS):
                try:
                    hoard.append(connect(endpoint.port))
                except OSError:
                    break
            time.sleep(3)
            busy = endpoint.processor_seconds() - busy
            assert endpoint.process.poll() is None, "it ended"
            assert busy < 1.5, f"it was busy for {busy:.1f} of 3 s with waiting"
            # Whoever is connected may be refused for want of a file, and is told so.
            told = {}
            for number in range(20):
                try:
                    answer = client.put(f"/b/{number}", body)
                    told[answer.status] = told.get(answer.status, 0) + 1
                    assert answer.status == 200 or answer.status >= 500, answer
                except Broken:
                    told["broken"] = told.get("broken", 0) + 1
                    break
            [plain.close() for plain in hoard]

            def recovers():
                try:
                    return endpoint.client(5).put("/c", body).status == 200
                except Broken:
                    return False

            wait_for("it recovers", recovers, 30)
            assert endpoint.client().get("/a").body == body
            wait_for("nothing in the making", lambda: endpoint.incoming() == 0)
            wait_for(
                f"descriptors: {endpoint.descriptors()}, before {descriptors}",
                lambda: endpoint.descriptors() <= descriptors + 1,
            )
            endpoint.stop()
    return f"{len(hoard)} of {CLIENTS} clients against {FILES} files; uploads meanwhile: {told}; {busy:.2f} s busy"
