"""The command `cospass` as it comes with the wheel: the same as the program, signals and broken pipes included."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from endpoint import BUCKET, REGION, cospass, environment

SCRIPT = Path(sys.executable).with_name("cospass")
WAYS = {"script": [str(SCRIPT)], "module": [sys.executable, "-m", "cospass"]}
PRESIGN = ["presign", "GET", f"cos://{BUCKET}/a b/页", "--region", REGION, "--now", "1700000000"]


def run(way, *arguments, **keywords):
    return subprocess.run(
        [*way, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        **keywords,
    )


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_it_is_the_program(way):
    for arguments in (
        PRESIGN,
        ["--version"],
        ["presign", "--help"],
        ["presign", "GET", "nothing"],
        ["verify", "https://example.com/"],
        ["no-such-command"],
    ):
        program, ran = cospass(*arguments), run(way, *arguments)
        assert (ran.returncode, ran.stdout) == (program.returncode, program.stdout), arguments
        assert ran.stderr == program.stderr
    assert run(way, *PRESIGN).stdout.startswith("https://")


def test_arguments_that_are_no_utf8_come_through(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff"
    ran = subprocess.run(
        [str(SCRIPT).encode(), b"explain", b"--error", path, b"https://example.com/"],
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    assert ran.returncode not in (0, 101) and b"Traceback" not in ran.stderr


def test_a_pipe_that_nobody_reads_is_no_failure():
    lines = subprocess.Popen(
        [str(SCRIPT), "completions", "bash"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    lines.stdout.close()
    assert (lines.wait(60), lines.stderr.read()) == (0, b"")
    lines.stderr.close()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_endpoint_ends_in_order(tmp_path, stop):
    serving = subprocess.Popen(
        [str(SCRIPT), "serve", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data")],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout.readline().startswith("listening on http://127.0.0.1:")
    serving.send_signal(stop)
    _, errors = serving.communicate(timeout=60)
    assert serving.returncode == 0 and "Traceback" not in errors, errors


def test_ctrl_c_ends_what_waits_for_a_line():
    """It has answered one line, and waits for the next: that one stays whole."""
    waiting = subprocess.Popen(
        [str(SCRIPT), "presign", "--region", REGION, "--from", "-"],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with waiting:
        waiting.stdin.write(f'{{"bucket": "{BUCKET}", "key": "a"}}\n')
        waiting.stdin.flush()
        assert waiting.stdout.readline().startswith('{"url":"https://')
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(60) == 1
        assert "the lines that were written are whole" in waiting.stderr.read()
