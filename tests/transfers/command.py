"""The command under test, an endpoint whose clock can be moved, and large files."""

import json
import os
import random
import socket
import subprocess
import threading
import time
import urllib.request
from typing import NamedTuple

import endpoint
from endpoint import BUCKET, SECRET_ID, SECRET_KEY

MIB = 1 << 20
SIZE = int(os.environ.get("SIZE", 1 << 30))
COSPASS = os.environ["COSPASS"]
CREDENTIALS = {"COS_SECRET_ID": SECRET_ID, "COS_SECRET_KEY": SECRET_KEY}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Endpoint(endpoint.Endpoint):
    """An endpoint with a control listener and an access log."""

    def __init__(self, folder, *arguments):
        self.control = f"127.0.0.1:{free_port()}"
        self.access_log = os.path.join(str(folder), "access")
        super().__init__(folder, "--control", self.control, "--access-log", self.access_log, *arguments)
        self.host = f"{BUCKET}.cos.ap-guangzhou.myqcloud.com"
        self.address = f"127.0.0.1:{self.port}"

    def advance(self, seconds):
        request = urllib.request.Request(
            f"http://{self.control}/clock",
            data=json.dumps({"advance": f"{seconds}s"}).encode(),
            headers={"Content-Type": "application/json"},
        )
        return json.load(urllib.request.urlopen(request))["now"]

    def now(self):
        return json.load(urllib.request.urlopen(f"http://{self.control}/clock"))["now"]

    def metric(self, name):
        text = urllib.request.urlopen(f"http://{self.control}/metrics").read().decode()
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " "))

    def requests(self):
        """What the access log says, once it has all of it."""
        lines = []
        with open(self.access_log) as log:
            for line in log:
                lines.append(json.loads(line))
        return lines


def command(served, *arguments, credentials=True):
    """The command line and the environment of a command that reaches the endpoint."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COS_")}
    if credentials:
        environment.update(CREDENTIALS)
    return [COSPASS, *map(str, arguments), "--connect-to", served.address], environment


def start(served, *arguments, credentials=True):
    line, environment = command(served, *arguments, credentials=credentials)
    return subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(served, *arguments, credentials=True, code=0, timeout=900):
    """Runs a command to its end and returns it; any other code than that is an error."""
    line, environment = command(served, *arguments, credentials=credentials)
    ended = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=timeout)
    assert ended.returncode == code, f"{line}: {ended.returncode}, not {code}: {ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    return ended


class Measured(NamedTuple):
    """What a process took: seconds on the clock, seconds of processors, and the MiB of memory that it had at most."""

    seconds: float
    processor: float
    mib: float


def measured(line, environment=None):
    """Runs a command to its end and tells what it took."""
    started = time.monotonic()
    process = subprocess.Popen(
        line, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    told = process.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{line}: {process.returncode}: {told[-2000:]}"
    return Measured(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def place():
    """The options of commands with credentials."""
    return ["--region", "ap-guangzhou", "--scheme", "http"]


def renewing(folder, served, product):
    """A script that prints something fresh by the clock of the endpoint, and counts how often it was asked."""
    path, asked = os.path.join(folder, "renew.sh"), os.path.join(folder, "asked")
    with open(path, "w") as script:
        script.write(
            "#!/bin/sh\nset -e\necho once >> " + asked + "\n"
            f"now=$(curl -sS http://{served.control}/clock | sed 's/.*\"now\":\\([0-9]*\\).*/\\1/')\n"
            f"export COS_SECRET_ID={SECRET_ID} COS_SECRET_KEY={SECRET_KEY}\n" + product + "\n"
        )
    os.chmod(path, 0o755)
    return path, lambda: sum(1 for _ in open(asked)) if os.path.exists(asked) else 0


def noise(path, size, seed=1):
    """A file of bytes that no two places share."""
    generator = random.Random(seed)
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(generator.randbytes(min(size, 4 * MIB)))


class Meanwhile:
    """Calls something again and again, beside what happens within the block."""

    def __init__(self, work, every=0.005):
        self.work, self.every, self.ended, self.error = work, every, threading.Event(), None

    def __enter__(self):
        self.thread = threading.Thread(target=self.loop)
        self.thread.start()
        return self

    def loop(self):
        try:
            while not self.ended.is_set():
                self.work()
                time.sleep(self.every)
        except Exception as error:  # noqa: BLE001 - told at the end of the block
            self.error = error

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        if self.error:
            raise self.error


def same(one, other):
    return subprocess.run(["cmp", "--silent", one, other]).returncode == 0
