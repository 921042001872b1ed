"""What `deploy/` promises, as far as it can be run where systemd is not the first process.

`image`: what Docker builds from the Dockerfile, run as deploy/README.md says; it needs a daemon, and the base image or a
stand-in for it (base.sh). `container`: the same without Docker, the static binary alone in a root that holds what the
Dockerfile's last stage copies, run by its user with its command and health check. `unit`: systemd's own check of the unit, and
that the endpoint makes no system call that the unit's filter refuses.

COSPASS is the binary under test, COSPASS_STATIC the one for musl. It ends with 1 if something failed.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
DEPLOY = os.path.join(ROOT, "deploy")
sys.path.insert(0, os.path.join(HERE, "..", "support"))

from endpoint import SECRET_ID, SECRET_KEY, Client, connect, content, head, wait_for  # noqa: E402
from outcome import NotRun  # noqa: E402


class Dockerfile:
    """The last stage, as Docker reads it."""

    def __init__(self, path):
        with open(path) as file:
            build, stage = file.read().replace("\\\n", " ").split("\nFROM ")[-2:]
        self.builder = build.split()[0]
        self.base = stage.splitlines()[0].strip()
        self.copies = re.findall(r"^COPY --from=build (?:--chown=(\S+) )?(\S+) (\S+)$", stage, re.M)
        (self.user,) = re.findall(r"^USER (\S+)$", stage, re.M)
        (self.entry,) = map(json.loads, re.findall(r"^ENTRYPOINT (\[.*\])$", stage, re.M))
        (self.command,) = map(json.loads, re.findall(r"^CMD (\[.*\])$", stage, re.M))
        self.port = int(self.command[self.command.index("--listen") + 1].rsplit(":", 1)[1])
        (self.health,) = map(json.loads, re.findall(r"^HEALTHCHECK .*CMD (\[.*\])$", stage, re.M))


def image():
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode:
        raise NotRun("there is no docker, or no daemon that answers it")
    file = Dockerfile(os.path.join(DEPLOY, "Dockerfile"))
    if docker("image", "inspect", file.builder).returncode and docker("pull", file.builder).returncode:
        raise NotRun(f"{file.builder} cannot be pulled (tests/deploy/base.sh makes a stand-in)")
    name = f"cospass-test-{os.getpid()}"
    # The host's network, since the daemon may have no other.
    built = docker("build", "--network", "host", "--file", os.path.join(DEPLOY, "Dockerfile"), "--tag", name, ROOT)
    assert built.returncode == 0, (built.stdout + built.stderr)[-3000:]
    size = int(docker("image", "inspect", "--format", "{{.Size}}", name).stdout)
    try:
        log = run_image(name, file, use)
        assert log.count(b'"status":200') >= 3, f"the access log is on standard output: {log!r}"
        run_image(name, file, still_there)
    finally:
        docker("volume", "rm", name)
        docker("image", "rm", name)
    return f"built ({size / 1e6:.1f} MB), healthy, stopped in order, and its volume is still there for the next one"


def docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True)


def run_image(name, file, what):
    """A container of that image, as deploy/README.md starts it; `what` uses and stops it."""
    user, group = map(int, file.user.split(":"))
    command = ["docker", "run", "--rm", "--name", name, "--network", "host", "--volume", f"{name}:/data"]
    command += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    command += ["--env", f"COS_SECRET_ID={SECRET_ID}", "--env", f"COS_SECRET_KEY={SECRET_KEY}", name]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    state = lambda field: docker("inspect", "--format", "{{.State.%s}}" % field, name).stdout.strip()  # noqa: E731
    try:
        wait_for("the health check succeeds", lambda: state("Health.Status") == "healthy")
        check_process(int(state("Pid")), user, group, "/")
        return what(file.port, served)
    finally:
        docker("rm", "--force", name)
        served.kill()


def still_there(port, served):
    client = Client(port)
    assert client.get("/a").body == content("a", 1 << 20), "what an earlier container wrote"
    client.connection.close()
    served.send_signal(signal.SIGTERM)
    served.communicate(timeout=60)
    assert served.returncode == 0, f"it ended with {served.returncode}"


def container():
    binary = os.environ.get("COSPASS_STATIC")
    if not binary or os.geteuid() != 0:
        raise NotRun("it needs COSPASS_STATIC, and root for chroot")
    headers = subprocess.run(["readelf", "--program-headers", binary], capture_output=True, text=True, check=True)
    assert "INTERP" not in headers.stdout, "the binary is not static"
    file = Dockerfile(os.path.join(DEPLOY, "Dockerfile"))
    assert file.base == "scratch", f"the image is made from {file.base}"
    user, group = map(int, file.user.split(":"))
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        sources = {"/out/cospass": lambda to: shutil.copy(binary, to), "/out/data": os.mkdir}
        for owner, source, to in file.copies:
            sources[source](root + to)
            os.chown(root + to, *(map(int, owner.split(":")) if owner else (0, 0)))
        inside = [*map(shutil.which, ["setpriv", "chroot"]), f"--userspec={file.user}", root]
        inside.insert(1, "--no-new-privs")
        environment = {"COS_SECRET_ID": SECRET_ID, "COS_SECRET_KEY": SECRET_KEY}
        healthy = lambda: subprocess.run([*inside, *file.health], capture_output=True, env={}).returncode == 0  # noqa: E731
        served = subprocess.Popen(
            [*inside, *file.entry, *file.command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            wait_for("the health check succeeds", healthy)
            check_process(served.pid, user, group, root)
            log = use(file.port, served)
            assert log.count(b'"status":200') >= 3, f"the access log is on standard output: {log!r}"
            assert not healthy(), "the health check succeeds without an endpoint"
        finally:
            served.kill()
        left = sorted(os.listdir(root))
        assert left == ["cospass", "data"], f"there is {left}"
    return f"static, as {file.user} in a root of its own, healthy, stopped in order"


def check_process(pid, user, group, root):
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    assert status["Uid"].split() == [str(user)] * 4 and status["Gid"].split() == [str(group)] * 4, status["Uid"]
    assert int(status["CapEff"], 16) == 0 and status["NoNewPrivs"] == "1"
    assert os.readlink(f"/proc/{pid}/root") == root


def use(port, served):
    """Puts and gets, and stops it while an upload is under way; tells what it wrote."""
    client = Client(port)
    assert client.request("PUT", "/").status == 200, "a bucket is made"
    body = content("a", 1 << 20)
    assert client.put("/a", body).status == 200
    assert client.get("/a").body == body
    plain = connect(port)
    host = client.host.encode()
    plain.sendall(head("PUT", "/b", 1000).replace(b"127.0.0.1", host) + b"x" * 500)
    client.connection.close()
    wait_for("the upload is under way", lambda: plain.send(b"x" * 10) == 10)
    served.send_signal(signal.SIGTERM)
    plain.sendall(b"x" * 490)
    answer = plain.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200"), f"an open upload ends before the endpoint does: {answer!r}"
    log = served.communicate(timeout=60)[0]
    assert served.returncode == 0, f"it ended with {served.returncode}"
    return log


def unit():
    if not shutil.which("systemd-analyze"):
        raise NotRun("there is no systemd-analyze")
    binary = os.environ["COSPASS"]
    with open(os.path.join(DEPLOY, "cospass.service")) as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cospass.service")
        with open(path, "w") as file:
            file.write(text.replace("/usr/local/bin/cospass", binary))
        verified = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True)
        assert verified.returncode == 0 and not verified.stderr, verified.stderr
        filtered = refused_calls(text, binary, folder)
    return f"verified; {filtered}"


def refused_calls(text, binary, folder):
    """Traces an endpoint that is started, used and stopped."""
    if not shutil.which("strace"):
        return "system calls not traced: there is no strace"
    allowed = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.M):
        calls = set().union(*map(calls_of, line.lstrip("~").split()))
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    trace = os.path.join(folder, "trace")
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--data", os.path.join(folder, "data")]
    environment = {**os.environ, "COS_SECRET_ID": SECRET_ID, "COS_SECRET_KEY": SECRET_KEY}
    traced = ["strace", "--follow-forks", "--quiet=all", "--output", trace, *command]
    served = subprocess.Popen(traced, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        line = served.stdout.readline().decode()
        port = int(line.rsplit(":", 1)[1])
        with open(f"/proc/{served.pid}/task/{served.pid}/children") as file:
            (child,) = map(int, file.read().split())
        client = Client(port)
        assert client.request("PUT", "/").status == 200
        for size in (10, 1 << 20):
            assert client.put("/a", content(size, size)).status == 200
            assert client.get("/a").body == content(size, size)
        assert client.delete("/a").status == 204
        client.connection.close()
        os.kill(child, signal.SIGTERM)
        assert served.wait(60) == 0
    finally:
        served.kill()
    with open(trace) as file:
        used = {match[1] for match in re.finditer(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)", file.read(), re.M)}
    # strace sees the first one, which systemd makes before the filter holds.
    refused = used - allowed - {"execve"}
    assert len(used) > 30, f"hardly anything was traced: {used}"
    assert not refused, f"the filter refuses {sorted(refused)}"
    return f"the filter allows all of the {len(used)} kinds of system calls that are made"


def calls_of(name):
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in listed.stdout.splitlines()[1:]]
    names = [line for line in lines if line and not line.startswith("#")]
    return set().union(*map(calls_of, names))


def main():
    outcomes = []
    for suite in (image, container, unit):
        try:
            outcome, told = "held", suite()
        except NotRun as reason:
            outcome, told = "not run", reason
        except Exception as error:  # noqa: BLE001 - whatever it was, the other is run
            traceback.print_exc()
            outcome, told = "FAILED", error
        outcomes.append(outcome)
        print(f"{suite.__name__:9} {outcome:8} {told}", flush=True)
    return 1 if "FAILED" in outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
