"""``CosS3Client``: signatures and URLs, in the calls of the official SDK."""

from typing import Any, Mapping, Optional, Union

from . import _cospass
from .config import CosConfig
from .judgement import Explanation, Verification, _server_view


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

    def verify(
        self,
        Method: str,
        Url: str,
        Headers: Optional[Mapping[str, Any]] = None,
        *,
        strict: bool = False,
        now: Optional[float] = None,
    ) -> Verification:
        """Whether the signature of a request holds, by the keys of the configuration.

        :param Url: as it is sent; the signature may stand in it, or in ``Headers["Authorization"]``.
        :param Headers: as they are sent; without a Host it is that of the URL.
        :param strict: the documented rule alone, and none of the deviations of official SDKs.
        :param now: the time to judge at, Unix seconds.
        :raises CosClientError: a URL that cannot be read.
        """
        convention, refused = self._verify(Method, Url, Headers, now, strict)
        if refused is None:
            return Verification(True, convention=convention)
        return Verification(False, cause=refused[0], message=refused[1])

    def explain(
        self,
        Method: str,
        Url: str,
        Headers: Optional[Mapping[str, Any]] = None,
        Error: Union[str, bytes, None] = None,
        *,
        strict: bool = False,
        now: Optional[float] = None,
    ) -> Explanation:
        """Why a request was refused: which value was changed, added, dropped or encoded anew, and what to do.

        :param Error: the XML document that the service answered, if there is one.
        :raises CosClientError: a URL or a document that cannot be read.
        """
        server = _server_view(Error) if Error is not None else None
        return Explanation._read(self._explain(Method, Url, Headers, server, now, strict))
