"""``CosS3Client``: signatures and URLs, in the calls of the official SDK."""

from typing import Any, Optional

from . import _cospass
from .config import CosConfig


class CosS3Client(_cospass.Signer):
    """Signs for the buckets of a configuration.

    :param conf: later changes to it (``set_credential``, ``set_ip_port``) count.
    :param retry: how often a request is sent again, at most.
    :param session: accepted, and not used: requests are not sent by ``requests``.
    """

    def __init__(self, conf: CosConfig, retry: int = 3, session: Optional[Any] = None) -> None:
        self._use(conf._settings)
        self._conf = conf
        self._retry = retry

    def get_conf(self) -> CosConfig:
        """The configuration."""
        return self._conf

    def get_object_url(self, Bucket: str, Key: str) -> str:
        """The URL of an object, without a signature.

        :raises CosClientError: a bucket or key that has no URL.
        """
        return self._conf.uri(bucket=Bucket, path=Key)
