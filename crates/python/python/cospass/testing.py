"""An endpoint for tests, in this process: no cloud, no container, nothing left behind.

def test_an_upload(cos):  # the fixture comes with the package
    client = cos.client()
    url = client.get_presigned_url(Bucket=cos.bucket, Key="a.txt", Method="PUT")
    assert requests.put(url, data=b"hello").status_code == 200
"""

import time
from types import TracebackType
from typing import Any, Dict, Iterable, Optional, Type

from . import _cospass
from .client import CosS3Client
from .config import CosConfig

BUCKET = "examplebucket-1250000000"


class LocalCos:
    """Honours valid signatures and refuses every other request, as the service does.

    :param bucket: the bucket that ``settings`` are for.
    :param buckets: others that are there from the beginning.
    :param Token: makes the keys temporary ones.
    :param now: Unix seconds at which the clock stands until it is moved; without it it is the system's.
    :raises CosClientError: a bucket, a region, keys or a time that cannot be.

    It serves until ``stop``, or to the end of a ``with``; its objects are in memory.
    """

    def __init__(
        self,
        bucket: str = BUCKET,
        buckets: Iterable[str] = (),
        Region: str = "ap-guangzhou",
        SecretId: str = "AKIDEXAMPLE0000000000000000000000000",
        SecretKey: str = "exampleSecretKey0000000000000000",
        Token: Optional[str] = None,
        now: Optional[float] = None,
    ) -> None:
        self.bucket = bucket
        self._keys = {"SecretId": SecretId, "SecretKey": SecretKey, "Token": Token}
        self._region = Region
        names = [bucket, *buckets]
        self._has_own_time = now is not None
        self._local = _cospass.Local(names, Region, SecretId, SecretKey, Token, now)

    @property
    def port(self) -> int:
        """Of 127.0.0.1; a free one."""
        return self._local.port

    @property
    def settings(self) -> Dict[str, Any]:
        """The arguments of ``CosConfig`` for ``bucket``, for that of the official SDK as well."""
        domain = f"127.0.0.1:{self.port}"
        return {"Region": self._region, "Scheme": "http", "Domain": domain, **self._keys}

    @property
    def endpoint_settings(self) -> Dict[str, Any]:
        """The same for every bucket: their hosts end in ``localhost``, which not each system resolves."""
        endpoint = f"cos.{self._region}.localhost:{self.port}"
        return {"Region": self._region, "Scheme": "http", "Endpoint": endpoint, **self._keys}

    def client(self, **settings: Any) -> CosS3Client:
        """A client for ``bucket``, which signs at the endpoint's time; ``settings`` come instead of its own."""
        return CosS3Client(CosConfig(**{**self.settings, "now": self._told, **settings}))

    def _told(self) -> float:
        """The endpoint's time where it is another than the system's."""
        return self.now if self._has_own_time else time.time()

    @property
    def now(self) -> int:
        """The endpoint's time, Unix seconds."""
        return self._local.now()

    def set_time(self, now: float) -> None:
        """The clock stands there from now on, Unix seconds.

        :raises CosClientError: before 1970 or behind the year 9999.
        """
        self._local.set_time(now)
        self._has_own_time = True

    def advance(self, seconds: float) -> None:
        """Moves the clock by whole seconds, back if they are negative: signatures end without waiting.

        :raises CosClientError: before 1970 or behind the year 9999.
        """
        self._local.advance(seconds)
        self._has_own_time = True

    def stop(self) -> None:
        """Lets open requests end, and serves no more."""
        self._local.stop()

    def __enter__(self) -> "LocalCos":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()
