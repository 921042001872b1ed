"""Calls a second of `cospass` and of the official SDK, alternately in one process, on one thread; `presign_many` of a
million keys on one and two. W1 to W4 are those of `make bench-sign`.

Single calls are counted in seconds of this process's processor time, the median of several rounds of each, with the slowest
and the fastest; many keys in seconds of the clock, so that a busy machine shows in them. With a file named, the same goes
there as JSON.
"""

import json
import resource
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import cospass
import pyarrow
import qcloud_cos

CONFIG = {
    "Region": "ap-beijing",
    "SecretId": "AKIDEXAMPLE0000000000000000000000000",
    "SecretKey": "exampleSecretKey0000000000000000",
}
BUCKET = "examplebucket-1250000000"
KEYS = [f"photos/2024/06/IMG_{number:08}.jpg" for number in range(1_000_000)]
DISPOSITION = {"response-content-disposition": "attachment; filename=example.xlsx"}
HEADERS = {
    "x-cos-storage-class": "STANDARD_IA",
    "x-cos-traffic-limit": "819200",
    "content-type": "image/jpeg",
}
WORKLOADS = {
    "W1": ("get_presigned_url", {"Method": "GET"}),
    "W2": (
        "get_presigned_url",
        {"Method": "GET", "Params": {**DISPOSITION, "x-cos-security-token": "t" * 300}},
    ),
    "W3": ("get_presigned_url", {"Method": "PUT", "Headers": HEADERS}),
    "W4": ("get_auth", {"Method": "GET"}),
}


ROUNDS = 5


def rate(call, arguments, seconds=0.3):
    calls, start = 0, time.process_time()
    while True:
        for key in KEYS[:2000]:
            call(Bucket=BUCKET, Key=key, Expired=300, **arguments)
        calls += 2000
        spent = time.process_time() - start
        if spent >= seconds:
            return calls / spent


def main():
    ours = cospass.CosS3Client(cospass.CosConfig(**CONFIG))
    theirs = qcloud_cos.CosS3Client(qcloud_cos.CosConfig(**CONFIG))
    report = {"versions": [version("cospass"), version("cos-python-sdk-v5")], "calls": [], "many": []}
    for name, (function, arguments) in WORKLOADS.items():
        calls = getattr(theirs, function), getattr(ours, function)
        rounds = [[rate(call, arguments) for call in calls] for _ in range(ROUNDS)]
        official, own = (spread(column) for column in zip(*rounds))
        ratio = own["median"] / official["median"]
        report["calls"].append({"workload": name, "cospass": own, "official": official, "ratio": ratio})
        print(f"{name}: {own['median']:,.0f} calls/s, official SDK {official['median']:,.0f}, {ratio:.1f} times")
    first = report["calls"][0]["official"]["median"]
    array = pyarrow.array(KEYS)
    for kind, keys in (("Arrow", array), ("list", KEYS)):
        # Once for both: the package keeps memory of the arrays of one for those of the other.
        before = rss()
        for threads in (1, 2):
            rounds = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                urls = ours.presign_many(keys, BUCKET, threads=threads)
                rounds.append(len(KEYS) / (time.perf_counter() - start))
                grown = rss() - before
                del urls
            many = {"keys": kind, "threads": threads, "urls": spread(rounds), "mib": grown}
            many["ratio"] = many["urls"]["median"] / first
            report["many"].append(many)
            print(
                f"presign_many, {kind}, {threads} thread(s): {many['urls']['median']:,.0f} URLs/s,"
                f" {many['ratio']:.0f} times W1 of the official SDK; {grown:,.0f} MiB for a million URLs"
            )
    report["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at most: {report['mib']:,.0f} MiB, with a million keys and their URLs")
    if len(sys.argv) > 1:
        out = Path(sys.argv[1])
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(report, indent=1) + "\n")


def spread(rounds):
    return {"median": statistics.median(rounds), "min": min(rounds), "max": max(rounds)}


def rss():
    """What this process has in memory now, in MiB."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    main()
