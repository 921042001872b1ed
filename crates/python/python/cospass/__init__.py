"""Pre-signed access to Tencent Cloud COS, in the calls of the official Python SDK.

    from cospass import CosConfig, CosS3Client

    config = CosConfig(Region="ap-guangzhou", SecretId="AKIDEXAMPLE", SecretKey="secret")
    client = CosS3Client(config)
    url = client.get_presigned_url(
        Bucket="examplebucket-1250000000", Key="exampleobject", Method="GET", Expired=300
    )

Signing reads the clock and nothing else: no network, no file, no environment. ``AsyncCosS3Client`` has the calls that send
on asyncio. Where all this differs from the official SDK 1.9.44 on purpose is listed in docs/python.md.
"""

import atexit
import importlib
from typing import TYPE_CHECKING, Any

from ._cospass import __version__, leave_interpreter
from .auth import CosAuth
from .cdn import cdn_url
from .client import AsyncCosS3Client, CosS3Client
from .config import CosConfig
from .cos_auth import CosS3Auth
from .cos_comm import get_date
from .credentials import CredentialsChain, Identity, Tried
from .exceptions import CosClientError, CosException, CosServiceError, CosWarning
from .judgement import Explanation, Stage, Verification
from .offered import no_name

__all__ = [
    "AsyncCosS3Client",
    "CosAuth",
    "CosClientError",
    "CosConfig",
    "CosException",
    "CosS3Auth",
    "CosS3Client",
    "CosServiceError",
    "CosWarning",
    "CredentialsChain",
    "Explanation",
    "Identity",
    "Stage",
    "Tried",
    "Verification",
    "__version__",
    "cdn_url",
    "get_date",
]

# Before what else the program does at its end, if it was to be done since.
atexit.register(leave_interpreter)

#: What is there without being imported by itself: the official package's modules, and those that only this one has.
_MODULES = {"cos_client", "cos_exception", "cos_threadpool", "links", "streambody", "testing", "version"}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Modules that nobody has imported yet; names of the official package that are not offered say so."""
        if name in _MODULES:
            return importlib.import_module(f"{__name__}.{name}")
        return no_name(__name__, name)
