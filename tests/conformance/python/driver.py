"""Drives cos-python-sdk-v5, configured as its documentation shows: the requests find the endpoint through `http_proxy`."""

import json
import os
import platform
from importlib.metadata import version

SETTINGS = json.loads(os.environ["CONFORMANCE"])
os.environ["http_proxy"] = f"http://127.0.0.1:{SETTINGS['port']}"
# The clients of STS are pointed at it; tencentcloud-sdk-python wants the port as well.
os.environ["no_proxy"] = f"127.0.0.1,127.0.0.1:{SETTINGS['sts']['calls']}"

import configurations  # noqa: E402, F401
import objects  # noqa: E402, F401
import temporary_keys  # noqa: E402, F401
import transfers  # noqa: E402, F401
import versions  # noqa: E402, F401
from report import run, say  # noqa: E402

SDK = "cos-python-sdk-v5"
STS = ", ".join(f"{name} {version(name)}" for name in ("qcloud-python-sts", "tencentcloud-sdk-python-sts"))
say(sdk=SDK, version=version(SDK), runtime=f"Python {platform.python_version()}", sts=STS)
run()
