"""Drives the official SDKs against the endpoint and writes docs/conformance.md.

Each SDK is installed by its own language's client, at the versions of the lock file in its folder, into .conformance/.
For each, an endpoint is started on a fresh folder, a second one that knows temporary credentials only, and two that issue
temporary keys and take each other's, the second with TLS for clients that want it. The driver of the SDK prints one JSON line of what it is, then one for each operation:

    {"sdk": "…", "version": "…", "runtime": "…", "sts": "…"}
    {"operation": "put", "result": "pass" | "fail" | "not offered", "detail": "…"}

An operation that a driver says nothing of has failed. What a toolchain is missing for is "not run", with the reason.
The exit code is 1 if anything failed.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from operations import DOT_KEYS, KEYS, OPERATIONS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INSTALLED = ROOT / ".conformance"
REPORT = ROOT / "docs/conformance.md"

REGION = "ap-guangzhou"
BUCKET = "examplebucket-1250000000"
SECRET_ID = "AKIDEXAMPLE0000000000000000000000000"
SECRET_KEY = "exampleSecretKey0000000000000000"
TOKEN = "example+token/of=temporary credentials~" + 40 * "0123456789"

# Of the caller's environment, no variable that steers a client: what is a proxy here is set by the drivers.
OUTSIDE = {
    name: value
    for name, value in os.environ.items()
    if not name.lower().endswith("_proxy") and not name.startswith("COS_")
}

LONGEST_RUN = 900
LONGEST_INSTALLATION = 1200


class NotRun(Exception):
    """Why an SDK cannot be driven on this machine."""


@dataclass
class Column:
    name: str
    about: dict = field(default_factory=dict)
    results: dict = field(default_factory=dict)
    not_run: str = ""
    # The driver ended before its time.
    broken: str = ""

    def failures(self):
        return [name for name in OPERATIONS if self.results.get(name, ("fail",))[0] == "fail"]


def tool(*names):
    for name in names:
        if path := shutil.which(name):
            return path
    raise NotRun(f"there is no {' and no '.join(names)}")


def build(command, folder, **variables):
    """Runs a tool; it is an error of this folder if it fails."""
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        timeout=LONGEST_INSTALLATION,
    )


def install(command, folder, **variables):
    """Runs a package manager; what goes wrong with it is the machine's, not the endpoint's."""
    try:
        build(command, folder, **variables)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NotRun(f"{Path(command[0]).name} could not install the SDK") from error


def interpreter():
    """The Python that has the official SDK."""
    if not (found := ROOT / ".venv/bin/python").exists():
        raise NotRun("the SDK is not in .venv; make installs it")
    return str(found)


def python():
    return [interpreter(), str(HERE / "python/driver.py")], {}


def npm(name):
    """Installs what the lock file of that folder says; returns Node and where it finds the packages."""
    node, client = tool("node"), tool("npm")
    folder = INSTALLED / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name / file, folder)
    wanted, done = (folder / "package-lock.json").read_text(), folder / "installed"
    if not done.exists() or done.read_text() != wanted:
        install(
            [client, "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"],
            folder,
            npm_config_cache=str(INSTALLED / "npm"),
        )
        done.write_text(wanted)
    return node, {"NODE_PATH": str(folder / "node_modules")}


def node():
    command, variables = npm("node")
    return [command, str(HERE / "node/driver.js")], variables


def browser():
    chromium = os.environ.get("CHROMIUM") or tool("chromium", "google-chrome")
    command, variables = npm("browser")
    return [command, str(HERE / "browser/driver.js")], {**variables, "CHROMIUM": chromium}


def go_program(folder, name):
    """Builds the module of that folder, with the SDK that it names; returns the program."""
    command = tool("go")
    variables = {
        "GOMODCACHE": str(INSTALLED / "go/modules"),
        "GOCACHE": str(INSTALLED / "go/build"),
        "GOFLAGS": "-mod=readonly -modcacherw",
        "GOTOOLCHAIN": "local",
    }
    binary = INSTALLED / "go" / name
    binary.parent.mkdir(parents=True, exist_ok=True)
    install([command, "mod", "download"], folder, **variables)
    build([command, "build", "-o", str(binary), "."], folder, **variables)
    return str(binary)


def go():
    return [go_program(HERE / "go", "driver")], {}


def java():
    command, maven = tool("java"), tool("mvn")
    tool("javac")
    folder = INSTALLED / "java"
    folder.mkdir(parents=True, exist_ok=True)
    classpath = folder / "classpath"
    steps = [maven, "--quiet", "--batch-mode", f"-Dmaven.repo.local={INSTALLED / 'maven'}"]
    steps += [f"-Dconformance.build={folder}", f"-Dmdep.outputFile={classpath}"]
    install([*steps, "dependency:build-classpath"], HERE / "java")
    build([*steps, "compile"], HERE / "java")
    path = f"{folder / 'classes'}{os.pathsep}{classpath.read_text().strip()}"
    return [command, "-cp", path, "Driver"], {}


SDKS = {"Python": python, "Node": node, "Go": go, "Java": java, "Browser": browser}


# What the keys of STS may do: upload below one prefix, and read what is there.
POLICY = {
    "version": "2.0",
    "statement": [
        {
            "effect": "allow",
            "action": ["name/cos:PutObject", "name/cos:GetObject", "name/cos:HeadObject"],
            "resource": [f"qcs::cos:{REGION}:uid/{BUCKET.rsplit('-', 1)[1]}:{BUCKET}/inside/*"],
        }
    ],
}


def certificate(folder):
    """A certificate of this machine and its key, for clients of STS that speak TLS alone."""
    names = ("certificate.pem", "key.pem")
    certificate, key = (folder / name for name in names)
    build(
        [tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(certificate)],
        folder,
    )
    return certificate, key


class Endpoint:
    """A running endpoint with one bucket, known to one pair of credentials."""

    def __init__(self, folder, token=None, options=()):
        command = [os.environ["COSPASS"], "serve", "--listen", "127.0.0.1:0", *options]
        command += ["--data", str(folder / "data"), "--bucket", BUCKET, "--region", REGION]
        variables = {"COS_SECRET_ID": SECRET_ID, "COS_SECRET_KEY": SECRET_KEY}
        if token:
            variables["COS_SESSION_TOKEN"] = token
        self.process = subprocess.Popen(
            command,
            env={**OUTSIDE, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(folder / "stderr").open("w"),
            text=True,
        )
        self.port = self.told("listening", folder)
        self.control = self.told("control", folder) if "--control" in options else None
        self.sts = self.told("sts", folder) if "--sts-listen" in options else None

    def told(self, what, folder):
        """The port of an address that is told."""
        line = self.process.stdout.readline()
        if not line.startswith(f"{what} on http"):
            sys.exit(f"the endpoint does not start: {(folder / 'stderr').read_text()}")
        return int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


def drive(name):
    """One column of the matrix."""
    column = Column(name)
    try:
        tool("openssl")
        command, variables = SDKS[name]()
    except NotRun as reason:
        column.not_run = str(reason)
        return column
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        parts = ("permanent", "temporary", "files", "sts", "tls")
        folders = [Path(scratch, part) for part in parts]
        for folder in folders:
            folder.mkdir()
        token_key = folders[3] / "token-keys"
        token_key.touch(mode=0o600)
        token_key.write_text(os.urandom(32).hex())
        pem, key = certificate(folders[4])
        shared = ["--token-key", str(token_key), "--sts-listen", "127.0.0.1:0"]
        with (
            Endpoint(folders[0]) as permanent,
            Endpoint(folders[1], TOKEN) as temporary,
            Endpoint(folders[3], options=[*shared, "--control", "127.0.0.1:0"]) as sts,
            Endpoint(folders[4], options=[*shared, "--tls-cert", str(pem), "--tls-key", str(key)]) as tls,
        ):
            settings = {
                "port": permanent.port,
                "temporary_port": temporary.port,
                "secret_id": SECRET_ID,
                "secret_key": SECRET_KEY,
                "token": TOKEN,
                "sts": {
                    "port": sts.port,
                    "calls": sts.sts,
                    "calls_by_tls": tls.sts,
                    "control": sts.control,
                    "policy": POLICY,
                    "certificate": str(pem),
                },
                "bucket": BUCKET,
                "region": REGION,
                "folder": str(folders[2]),
                "keys": KEYS,
                "dot_keys": DOT_KEYS,
            }
            environment = {**OUTSIDE, **variables, "NODE_EXTRA_CA_CERTS": str(pem)}
            run_driver(column, command, environment, settings)
    return column


def run_driver(column, command, environment, settings):
    process = subprocess.Popen(
        command,
        env={**environment, "CONFORMANCE": json.dumps(settings)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=LONGEST_RUN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        column.broken = f"the driver was ended after {LONGEST_RUN} s"
    else:
        if process.returncode != 0:
            column.broken = f"the driver ended with {process.returncode}"
    for line in said.splitlines():
        take_in(column, line)


def take_in(column, line):
    try:
        said = json.loads(line)
    except ValueError:
        # An SDK may print what it likes.
        print(line, file=sys.stderr)
        return
    if "sdk" in said:
        column.about = said
        return
    operation, result = said["operation"], said["result"]
    if operation not in OPERATIONS or result not in ("pass", "fail", "not offered"):
        sys.exit(f"{column.name}'s driver says what is not known: {line}")
    column.results[operation] = (result, said.get("detail", ""))
    if result == "fail":
        print(f"{column.name}: {operation} FAILED: {said.get('detail', '')}", file=sys.stderr)


WORDS = {"pass": "pass", "fail": "**fail**", "not offered": "–"}


def cell(column, operation):
    if column.not_run:
        return "not run"
    return WORDS[column.results.get(operation, ("fail",))[0]]


def report(columns):
    lines = [
        "# Conformance",
        "",
        "Official SDKs, unmodified, against the endpoint. Written by `make conformance` from its run; not edited by hand.",
        "A dash: the SDK does not offer the operation. *Not run*: a toolchain was missing, the reason stands below.",
        "",
        "| operation | " + " | ".join(column.name for column in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for operation, title in OPERATIONS.items():
        cells = " | ".join(cell(column, operation) for column in columns)
        lines.append(f"| {title} | {cells} |")
    lines += ["", "## What was run", ""]
    lines += [f"- {about(column)}" for column in columns]
    for heading, wanted in (("Failures", "fail"), ("Not offered by the SDK", "not offered")):
        found = details(columns, wanted)
        if found:
            lines += ["", f"## {heading}", "", *found]
    return "\n".join(lines) + "\n"


def about(column):
    if column.not_run:
        return f"{column.name}: not run: {column.not_run}"
    passed = [result for result, _ in column.results.values()].count("pass")
    absent = [result for result, _ in column.results.values()].count("not offered")
    counts = f"{passed} pass, {len(column.failures())} fail, {absent} not offered"
    broken = f"; {column.broken}" if column.broken else ""
    told = {"sdk": "nothing told", "version": "", "runtime": "", **column.about}
    sts = f" with {told['sts']}" if "sts" in told else ""
    return f"{column.name}: {told['sdk']} {told['version']}{sts}, {told['runtime']}: {counts}{broken}"


def details(columns, wanted):
    found = []
    for operation in OPERATIONS:
        for column in columns:
            nothing = ("fail", "the driver said nothing of it")
            result, detail = column.results.get(operation, nothing)
            if result == wanted and not column.not_run:
                detail = " ".join(detail.split())
                found.append(f"- {column.name}, {OPERATIONS[operation]}: {detail}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=SDKS, action="append", help="this SDK; may be given again")
    arguments = parser.parse_args()
    columns = []
    for name in arguments.only or SDKS:
        column = drive(name)
        columns.append(column)
        print(about(column), file=sys.stderr)
    text = report(columns)
    if arguments.only:
        print(text)
    else:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text)
    bad = [column for column in columns if not column.not_run and (column.failures() or column.broken)]
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
