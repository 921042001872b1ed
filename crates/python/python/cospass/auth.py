"""``CosAuth``: signs requests as they are sent, by ``requests`` or ``httpx``."""

from typing import Any, Optional, Protocol, TypeVar
from urllib.parse import urlsplit

from . import _cospass
from .config import CosConfig


class _Request(Protocol):
    """What the requests of both libraries have."""

    @property
    def method(self) -> Any: ...

    @property
    def url(self) -> Any: ...

    @property
    def headers(self) -> Any: ...


R = TypeVar("R", bound=_Request)


class CosAuth:
    """``requests.put(url, data=…, auth=CosAuth(config))``, and the same for ``httpx``.

    What is signed is the request as it is sent: its host, all its parameters, and those of its headers that the
    official SDKs sign. The token of temporary keys is sent as a header, and signed.

    :param conf: whose keys sign; the URL may be of any host.
    :param Expired: seconds.
    :param now: Unix seconds, instead of the clock's.
    :raises CosClientError: a parameter or header that is given twice.
    """

    def __init__(self, conf: CosConfig, Expired: float = 300, now: Optional[float] = None) -> None:
        self._signer = _cospass.Signer()
        self._signer._use(conf._settings)
        self._expired = Expired
        self._now = now

    def __call__(self, request: R) -> R:
        _keep_slashes(request)
        headers = self._signer._authorize(
            str(request.method), str(request.url), dict(request.headers), self._expired, self._now
        )
        for name, value in headers:
            request.headers[name] = value
        return request


def _keep_slashes(request: Any) -> None:
    """Has ``requests`` send the slash that a key begins with: of those that a path begins with it sends one (its ``adapters.py``)."""
    url = urlsplit(str(request.url))
    if hasattr(request, "path_url") and url.path.startswith("//"):
        request.url = url._replace(path="/%2F" + url.path[2:]).geturl()
