"""Drives cos-python-sdk-v5, configured as its documentation shows: the requests find the endpoint through `http_proxy`."""

import json
import os
import platform

SETTINGS = json.loads(os.environ["CONFORMANCE"])
os.environ["http_proxy"] = f"http://127.0.0.1:{SETTINGS['port']}"

import configurations  # noqa: E402, F401
import objects  # noqa: E402, F401
import transfers  # noqa: E402, F401
import versions  # noqa: E402, F401
from qcloud_cos.version import __version__  # noqa: E402
from report import run, say  # noqa: E402

say(sdk="cos-python-sdk-v5", version=__version__, runtime=f"Python {platform.python_version()}")
run()
