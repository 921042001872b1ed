"""What this machine's disk does to transfers: full, read-only, a file that is there, strange names, no bytes at all."""

import os
import subprocess
import tempfile

from command import BUCKET, MIB, Endpoint, noise, place, run, same
from outcome import NotRun


def main():
    if os.geteuid() != 0:
        raise NotRun("mounting a small tmpfs needs root")
    with tempfile.TemporaryDirectory() as folder, Endpoint(folder, "--no-sync") as served:
        original = os.path.join(folder, "original")
        noise(original, 24 * MIB)
        run(served, "put", original, f"cos://{BUCKET}/large", "-q", *place())
        names = full(folder, served, original), read_only(folder, served), strange(folder, served)
        return "; ".join(names)


class Mounted:
    def __init__(self, folder, name, options):
        self.path = os.path.join(folder, name)
        os.mkdir(self.path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.path], check=True, capture_output=True)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        subprocess.run(["umount", self.path], check=True)


def full(folder, served, original):
    with Mounted(folder, "small", "size=8m") as small:
        copy = os.path.join(small, "copy")
        told = run(served, "get", f"cos://{BUCKET}/large", copy, *place(), code=1)
        assert not os.path.exists(copy), "a torn file has the name of a whole one"
        assert "space" in told.stderr, told.stderr
        # There is room again, and the same command goes on.
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        run(served, "get", f"cos://{BUCKET}/large", copy, "-q", *place())
        assert same(original, copy)
        assert sorted(os.listdir(small)) == ["copy"], os.listdir(small)
    return "a full disk is told and gone on from"


def read_only(folder, served):
    with Mounted(folder, "fixed", "size=1m,ro") as fixed:
        told = run(served, "get", f"cos://{BUCKET}/large", os.path.join(fixed, "copy"), *place(), code=1)
        assert "ead-only" in told.stderr, told.stderr
    there = os.path.join(folder, "there")
    with open(there, "w") as file:
        file.write("kept")
    told = run(served, "get", f"cos://{BUCKET}/large", there, "--no-clobber", *place(), code=1)
    assert open(there).read() == "kept" and "file-exists" in told.stderr, told.stderr
    run(served, "get", f"cos://{BUCKET}/large", there, "-q", *place())
    assert os.path.getsize(there) == 24 * MIB
    return "a read-only one too; a file that is there is kept or replaced as told"


def strange(folder, served):
    names = ["line\nend", "tab\tand 'quote' \"two\"", "páge 页 🙂", "-dash", "%41+ plus", "a&b=c;d?e#f", "empty"]
    here, back = os.path.join(folder, "names"), os.path.join(folder, "back")
    os.mkdir(here)
    for name in names:
        with open(os.path.join(here, name), "w") as file:
            file.write("" if name == "empty" else name)
    run(served, "put", "-r", here, f"cos://{BUCKET}/names/", "-q", *place())
    run(served, "get", "-r", f"cos://{BUCKET}/names/", back, "-q", *place())
    found = {}
    for where, _, files in os.walk(back):
        found.update({name: open(os.path.join(where, name)).read() for name in files})
    assert found == {name: "" if name == "empty" else name for name in names}, found
    return f"{len(names)} strange names go up and come back"
