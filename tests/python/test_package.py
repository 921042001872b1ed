"""What the package `cospass` is besides its calls: samples that run, types that hold."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cospass
import cospass.body
import cospass.links
import cospass.testing
import pytest
from cospass import _cospass

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


def pyright(path):
    """Says nothing that asks for a newer one, and fetches none."""
    path.with_name("pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    return subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "-p", str(path.parent)],
        env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.skipif(not shutil.which("node"), reason="pyright runs on node")
def test_samples_have_their_types_for_pyright(tmp_path):
    for number, sample in enumerate([*samples("README.md"), *samples("docs/python.md")]):
        (tmp_path / f"sample_{number}.py").write_text(sample)
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import cospass\nprint(cospass.__version__)\n")
    ran = pyright(wrong)
    assert ran.returncode == 0, ran.stdout
    wrong.write_text("import cospass\ncospass.CosS3Client(5).head_object(6, 'key')\n")
    assert pyright(wrong).stdout.count("reportArgumentType") == 2


def public(owner):
    """Methods and properties that are no other class's of Python's own."""
    for name in dir(owner):
        member = inspect.getattr_static(owner, name)
        is_own = callable(getattr(owner, name)) or isinstance(member, property)
        if not name.startswith("_") and is_own and not hasattr(Exception, name):
            yield f"{owner.__name__}.{name}", getattr(owner, name, None) or member


def documented():
    for module in (cospass, cospass.links, cospass.testing, _cospass):
        for name in getattr(module, "__all__", ["LocalCos"]):
            value = getattr(module, name)
            if callable(value):
                yield name, value
            if inspect.isclass(value):
                yield from public(value)
    yield from public(cospass.body.StreamBody)
    yield from public(cospass.body.AsyncStreamBody)


def test_everything_says_what_it_does():
    told = dict(documented())
    assert {"CosS3Client.put_object", "AsyncCosS3Client.copy", "Signer.get_auth"} <= set(told)
    silent = [name for name, value in told.items() if not (value.__doc__ or "").strip()]
    assert silent == []
    calls = {
        name: value.__doc__
        for name, value in told.items()
        if name.startswith(("CosS3Client.", "AsyncCosS3Client.")) and not name.endswith("get_conf")
    }
    assert len(calls) > 70
    unsaid = [name for name, text in calls.items() if ":raises CosClientError:" not in text]
    assert unsaid == []


def test_the_package_has_its_types():
    ran = mypy("mypy", "--strict", "--no-incremental", "-p", "cospass")
    assert ran.returncode == 0, ran.stdout


def test_the_stub_is_that_of_the_module():
    ran = mypy("mypy.stubtest", "cospass._cospass", "--ignore-disjoint-bases")
    assert ran.returncode == 0, ran.stdout
