"""Times uploads and downloads beside curl and the official Python SDK: one large object, and many small ones.

COSPASS is the binary under test, and PYTHON one that has the SDK; without it the SDK is told as not run. Every round runs each
of them once, in turn, as a process of its own; what is told is the median of wall time, those of the processor time of the process
and of the endpoint meanwhile, which say more than the clock on a machine that does something else, too, and the most memory of
any round. SIZE (bytes), FILES and ROUNDS are those of the workload.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from command import BUCKET, COSPASS, CREDENTIALS, Endpoint, measured, noise, place, run, same  # noqa: E402

SIZE = int(os.environ.get("SIZE", 1 << 30))
FILES = int(os.environ.get("FILES", 10_000))
ROUNDS = int(os.environ.get("ROUNDS", 5))
PYTHON = os.environ.get("PYTHON", sys.executable)

SDK = """
import logging, os, sys
from concurrent.futures import ThreadPoolExecutor
from qcloud_cos import CosConfig, CosS3Client
logging.disable(logging.CRITICAL)
what, bucket, address, folder, key, to = sys.argv[1:]
client = CosS3Client(CosConfig(Region="ap-guangzhou", SecretId=os.environ["COS_SECRET_ID"],
    SecretKey=os.environ["COS_SECRET_KEY"], Scheme="http", Proxies={"http": "http://" + address}))
if what == "put":
    client.upload_file(bucket, key, folder)
elif what == "get":
    client.download_file(bucket, key, folder)
else:
    names = sorted(os.listdir(folder))
    with ThreadPoolExecutor(4) as pool:
        if what == "put-all":
            work = lambda name: client.upload_file(bucket, key + name, os.path.join(folder, name))
        else:
            work = lambda name: client.download_file(bucket, key + name, os.path.join(to, name))
        for _ in pool.map(work, names):
            pass
"""


def sdk_is_there():
    return subprocess.run([PYTHON, "-c", "import qcloud_cos"], capture_output=True).returncode == 0


class Bench:
    def __init__(self, folder, served):
        self.folder, self.served = folder, served
        self.reach = [*place(), "--connect-to", served.address]
        self.has_sdk = sdk_is_there()

    def path(self, name):
        return os.path.join(self.folder, name)

    def cospass(self, *arguments):
        return measured([COSPASS, *map(str, arguments), "-q", *self.reach], CREDENTIALS)

    def sdk(self, what, where, key, to=""):
        if not self.has_sdk:
            return None
        return measured([PYTHON, "-c", SDK, what, BUCKET, self.served.address, where, key, to], CREDENTIALS)

    def url(self, method, key):
        told = subprocess.run(
            [COSPASS, "presign", method, f"cos://{BUCKET}/{key}", "--expires", "2h", *place()],
            env={**os.environ, **CREDENTIALS}, capture_output=True, text=True, check=True,
        )
        return told.stdout.strip()

    def curl(self, *arguments):
        return measured(["curl", "-sS", "--fail", "--connect-to", f"::{self.served.address}", *arguments])

    def large(self):
        original, copy = self.path("original"), self.path("copy")
        noise(original, SIZE)
        yield "put", {
            "cospass": lambda: self.cospass("put", original, f"cos://{BUCKET}/large"),
            "curl": lambda: self.curl("-T", original, self.url("PUT", "large")),
            "Python SDK": lambda: self.sdk("put", original, "large"),
        }
        run(self.served, "put", original, f"cos://{BUCKET}/large", "-q", *place())

        def fresh(work):
            if os.path.exists(copy):
                os.remove(copy)
            result = work()
            assert result is None or same(original, copy), "other bytes came back"
            return result

        yield "get", {
            "cospass": lambda: fresh(lambda: self.cospass("get", f"cos://{BUCKET}/large", copy)),
            "curl": lambda: fresh(lambda: self.curl("-o", copy, self.url("GET", "large"))),
            "Python SDK": lambda: fresh(lambda: self.sdk("get", copy, "large")),
        }

    def small(self):
        here = self.path("here")
        os.mkdir(here)
        for number in range(FILES):
            noise(os.path.join(here, f"{number:06}"), 4096, seed=number)
        yield "put", {
            "cospass": lambda: self.cospass("put", "-r", here, f"cos://{BUCKET}/small/"),
            "Python SDK": lambda: self.sdk("put-all", here, "small/"),
        }

        # What came back stays to the end: a file system that has just lost thousands of files (ext4 for some seconds) is slow
        # to make others, whoever asks for them.
        def into(work):
            return work(tempfile.mkdtemp(dir=self.folder))

        yield "get", {
            "cospass": lambda: into(lambda back: self.cospass("get", "-r", f"cos://{BUCKET}/small/", back)),
            "Python SDK": lambda: into(lambda back: self.sdk("get-all", here, "small/", back)),
        }


def rounds(contenders, served):
    """Each of them once a round, in turn: medians of seconds, their spread, and the most memory."""
    seen = {name: [] for name in contenders}
    endpoints = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, work in contenders.items():
            before = served.processor_seconds()
            result = work()
            if result:
                seen[name].append(result)
                endpoints[name].append(served.processor_seconds() - before)
    return {
        name: {
            "seconds": statistics.median(one.seconds for one in results),
            "least": min(one.seconds for one in results),
            "most": max(one.seconds for one in results),
            "processor": statistics.median(one.processor for one in results),
            "endpoint": statistics.median(endpoints[name]),
            "mib": max(one.mib for one in results),
        }
        for name, results in seen.items()
        if results
    }


def main():
    report = {}
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        bench = Bench(folder, served)
        for workload, cases in ((f"{SIZE >> 20} MiB", bench.large()), (f"{FILES} x 4 KiB", bench.small())):
            for direction, contenders in cases:
                measured = rounds(contenders, served)
                ours = measured["cospass"]
                print(f"\n{direction} {workload}")
                for name in contenders:
                    if name not in measured:
                        print(f"  {name:11} not run")
                        continue
                    one = measured[name]
                    one["ratio"] = one["seconds"] / ours["seconds"]
                    one["processor_ratio"] = one["processor"] / ours["processor"]
                    print(
                        f"  {name:11} {one['seconds']:7.2f} s ({one['least']:.2f} to {one['most']:.2f}),"
                        f" {one['ratio']:5.2f} times ours; processor {one['processor']:.2f} s,"
                        f" {one['processor_ratio']:.2f} times ours, and {one['endpoint']:.2f} s of the endpoint;"
                        f" {one['mib']:4.0f} MiB",
                        flush=True,
                    )
                report[f"{direction} {workload}"] = measured
    if len(sys.argv) > 1:
        Path(sys.argv[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(sys.argv[1]).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
