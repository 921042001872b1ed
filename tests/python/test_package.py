"""What the package `cospass` is besides its calls: samples that run."""

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
