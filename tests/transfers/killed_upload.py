"""A large bundle upload that is killed ten times and whose URLs end twice: it is completed, and no more is sent again than what
was under way."""

import os
import tempfile
import time

from command import COSPASS, MIB, SIZE, BUCKET, Endpoint, noise, place, renewing, run, same, start

KILLS = 10
ENDS = (3, 7)
PART = 8 * MIB


def main():
    told = [upload(jobs) for jobs in (1, 4)]
    return "; ".join(told)


def upload(jobs):
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        original, copy = os.path.join(folder, "original"), os.path.join(folder, "copy")
        bundle = os.path.join(folder, "bundle.json")
        noise(original, SIZE)
        made = run(
            served, "bundle", f"cos://{BUCKET}/large", "--size", SIZE, "--part-size", PART, "--expires", "10m", *place()
        )
        with open(bundle, "w") as file:
            file.write(made.stdout)
        # Whoever renews has credentials and the clock of the service; the holder of the bundle has neither.
        fresh = (
            f"exec {COSPASS} bundle --renew {bundle} --expires 10m {' '.join(place())} --connect-to {served.address}"
        )
        script, asked = renewing(folder, served, fresh)
        arguments = ["upload", bundle, original, "--renew-command", script, "--jobs", jobs, "--limit-rate", SIZE // 8, "--json"]
        kills = 0
        while kills < KILLS:
            goal = served.metric("cospass_received_bytes_total") + SIZE // (KILLS + 2)
            process = start(served, *arguments, credentials=False)
            if kills in ENDS:
                served.advance(3600)
            while served.metric("cospass_received_bytes_total") < goal:
                assert process.poll() is None, f"it ended too soon: {process.communicate()}"
                time.sleep(0.005)
            process.kill()
            process.communicate()
            kills += 1
        run(served, *arguments, credentials=False)
        run(served, "get", f"cos://{BUCKET}/large", copy, "-q", *place())
        assert same(original, copy), "the object has other bytes"
        assert asked() >= len(ENDS), f"a fresh bundle was asked for {asked()} times"
        served.stop()
        requests = served.requests()
    parts = [line for line in requests if line["operation"] == "Upload Part"]
    received = sum(line["received"] for line in parts)
    whole = [line["query"] for line in parts if line["status"] == 200]
    assert len(whole) == len(set(whole)), "a part that was there was sent again"
    again = received - SIZE
    assert again <= KILLS * jobs * PART, f"{again} bytes were sent again"
    refused = sum(line["status"] == 403 for line in requests)
    assert refused >= len(ENDS), f"{refused} refusals: the URLs did not end"
    return (
        f"{jobs} at once: {KILLS} kills, {len(ENDS)} ends, {again} bytes sent twice"
        f" ({again / PART / KILLS / jobs:.2f} parts a kill and job), no whole part"
    )
