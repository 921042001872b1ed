"""Ten thousand parts of one object, and a hundred thousand small files in a folder."""

import os
import subprocess
import tempfile
import time

from command import BUCKET, CREDENTIALS, MIB, Endpoint, command, measured, place, run

PARTS = int(os.environ.get("PARTS", 10_000))
FILES = int(os.environ.get("FILES", 100_000))


def main():
    return f"{parts()}; {files()}"


def parts():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        original, bundle = os.path.join(folder, "original"), os.path.join(folder, "bundle.json")
        # Mostly holes: the disk need not have it twice.
        size = PARTS * MIB
        with open(original, "wb") as file:
            file.truncate(size)
            for number in range(0, PARTS, 97):
                file.seek(number * MIB + number)
                file.write(b"part %d" % number)
        made = run(served, "bundle", f"cos://{BUCKET}/large", "--size", size, "--part-size", MIB, "--expires", "2h", *place())
        with open(bundle, "w") as file:
            file.write(made.stdout)
        took = measured(command(served, "upload", bundle, original, "-q")[0])
        stat = run(served, "stat", f"cos://{BUCKET}/large", *place()).stdout
        assert str(size) in stat, stat
        get = f"{os.environ['COSPASS']} get cos://{BUCKET}/large - -q {' '.join(place())} --connect-to {served.address}"
        environment = {**os.environ, **CREDENTIALS}
        compared = subprocess.run(["bash", "-c", f"cmp <({get}) {original}"], env=environment)
        assert compared.returncode == 0, "other bytes came back"
        return f"{PARTS} parts in {took.seconds:.0f} s, {took.mib:.0f} MiB at most"


def files():
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        here, back = os.path.join(folder, "here"), os.path.join(folder, "back")
        for group in range(100):
            os.makedirs(os.path.join(here, str(group)))
            for number in range(FILES // 100):
                with open(os.path.join(here, str(group), str(number)), "w") as file:
                    file.write(f"{group}/{number}")
        started = time.monotonic()
        run(served, "put", "-r", here, f"cos://{BUCKET}/files/", "-q", "--jobs", 16, *place())
        up = time.monotonic() - started
        listed = run(served, "ls", "-r", f"cos://{BUCKET}/files/", *place()).stdout.count("\n")
        assert listed == FILES, f"{listed} objects are listed"
        started = time.monotonic()
        run(served, "get", "-r", f"cos://{BUCKET}/files/", back, "-q", "--jobs", 16, *place())
        down = time.monotonic() - started
        count = 0
        for where, _, names in os.walk(back):
            for name in names:
                text = open(os.path.join(where, name)).read()
                assert os.path.join(where, name).endswith("/" + text), (where, name, text)
                count += 1
        assert count == FILES, f"{count} files came back"
        return f"{FILES} files up in {up:.0f} s, down in {down:.0f} s"
