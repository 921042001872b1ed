"""What the package `cospass` is besides its calls: samples that run, types that hold."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def samples(page):
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_samples_run(page):
    assert samples(page)
    for sample in samples(page):
        ran = subprocess.run(
            [sys.executable, "-c", sample], capture_output=True, text=True, timeout=60
        )
        assert ran.returncode == 0, ran.stderr


def test_a_sample_that_fails_is_seen():
    ran = subprocess.run(
        [sys.executable, "-c", "import cospass; cospass.CosConfig()"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode != 0 and "Region or Endpoint is required not empty!" in ran.stderr


def mypy(*arguments):
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, timeout=300
    )


def test_samples_have_their_types(tmp_path):
    module = tmp_path / "sample.py"
    pieces = [sample for page in ("README.md", "docs/python.md") for sample in samples(page)]
    module.write_text("\n".join(pieces))
    ran = mypy("mypy", "--strict", "--no-incremental", str(module))
    assert ran.returncode == 0, ran.stdout
    module.write_text("import cospass\ncospass.CosS3Client(5)\n")
    assert "arg-type" in mypy("mypy", "--strict", "--no-incremental", str(module)).stdout


def test_the_package_has_its_types():
    ran = mypy("mypy", "--strict", "--no-incremental", "-p", "cospass")
    assert ran.returncode == 0, ran.stdout


def test_the_stub_is_that_of_the_module():
    ran = mypy("mypy.stubtest", "cospass._cospass", "--ignore-disjoint-bases")
    assert ran.returncode == 0, ran.stdout
