"""Calls a second of `cospass` and of the official SDK, alternately in one process, on one thread; `presign_many` of a
million keys on one and two. W1 to W4 are those of `make bench-sign`.

Single calls are counted in seconds of this process's processor time, the fastest of several rounds of each; many keys in
seconds of the clock, so that a busy machine shows in them.
"""

import resource
import time

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
    first = None
    for name, (function, arguments) in WORKLOADS.items():
        calls = getattr(theirs, function), getattr(ours, function)
        rounds = [[rate(call, arguments) for call in calls] for _ in range(5)]
        official, own = (max(column) for column in zip(*rounds))
        first = first or official
        print(
            f"{name}: {own:,.0f} calls/s, official SDK {official:,.0f}, {own / official:.1f} times"
        )
    array = pyarrow.array(KEYS)
    for kind, keys in (("Arrow", array), ("list", KEYS)):
        for threads in (1, 2):
            before, best = rss(), {"clock": float("inf"), "processor": float("inf")}
            for _ in range(5):
                clock, processor = time.perf_counter(), time.process_time()
                urls = ours.presign_many(keys, BUCKET, threads=threads)
                best["clock"] = min(best["clock"], time.perf_counter() - clock)
                best["processor"] = min(best["processor"], time.process_time() - processor)
                grown = rss() - before
                del urls
            many = {name: len(KEYS) / seconds for name, seconds in best.items()}
            print(
                f"presign_many, {kind}, {threads} thread(s): {many['clock']:,.0f} URLs/s,"
                f" {many['clock'] / first:.0f} times W1 ({many['processor'] / first:.0f} times a second of"
                f" processor time); {grown:,.0f} MiB for a million URLs"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory at most: {peak:,.0f} MiB, with a million keys and their URLs")


def rss():
    """What this process has in memory now, in MiB."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / (1 << 20)


if __name__ == "__main__":
    main()
