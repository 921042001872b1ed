"""Installs the other tools that `make bench-sign` runs, and writes their list: cospass-bench reads it.

The SDKs are those of tests/conformance, at the same versions, in the same place. What a toolchain is missing for is "not
run", with the reason.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from run import INSTALLED, NotRun, build, go_program, install, interpreter, npm, tool  # noqa: E402


def python():
    return [interpreter(), str(HERE.parent / "python/bench.py")], {}


def node():
    command, variables = npm("node")
    return [command, str(HERE / "node.js")], variables


def go():
    # One thread, as all others have.
    return [go_program(HERE / "go", "peer")], {"GOMAXPROCS": "1"}


def rust(name):
    """A program of the project in rust/, which has a lock file of its own."""
    cargo, folder = tool("cargo"), HERE / "rust"
    variables = {"CARGO_TARGET_DIR": str(INSTALLED / "rust")}
    install([cargo, "fetch", "--locked"], folder, **variables)
    build([cargo, "build", "--release", "--locked", "--offline"], folder, **variables)
    return [str(INSTALLED / "rust/release" / name)], {}


PEERS = {
    "python-sdk": python,
    "node-sdk": node,
    "go-sdk": go,
    "reqsign-tencent-cos": lambda: rust("reqsign-tencent-cos"),
    "opendal": lambda: rust("opendal"),
}


def main():
    listed = []
    for name, prepare in PEERS.items():
        try:
            command, environment = prepare()
            listed.append({"name": name, "command": command, "environment": environment})
        except NotRun as reason:
            listed.append({"name": name, "not_run": str(reason)})
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(listed, indent=1) + "\n")


if __name__ == "__main__":
    main()
