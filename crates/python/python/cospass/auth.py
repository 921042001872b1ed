"""``CosAuth``: signs requests as they are sent, by ``requests`` or ``httpx``."""

import re
from typing import Any, Optional, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

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
    official SDKs sign. The token of temporary keys is sent as a header, and signed. Where an answer leads to another host,
    ``requests`` sends it neither signature nor token nor a customer's key; ``httpx``, which goes there with ``follow_redirects`` alone,
    sends all but the signature.

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
        _keep_secrets(request)
        return request


#: What is for the host alone that a request was signed for. ``requests`` keeps ``Authorization`` itself.
_SECRET = re.compile("x-c(os|i)-security-token|x-cos-(copy-source-)?server-side-encryption-customer-.*", re.I)


def _keep_secrets(request: Any) -> None:
    """Has ``requests`` send no token and no customer's key on to another host, where an answer leads there."""
    if hasattr(request, "register_hook"):
        request.register_hook("response", _answered)


def _answered(answer: Any, **_: Any) -> None:
    to = answer.headers.get("Location")
    if to is None or not answer.is_redirect or _are_same(answer.url, urljoin(answer.url, to)):
        return
    headers = answer.request.headers
    for name in [name for name in headers if _SECRET.fullmatch(name)]:
        del headers[name]


def _are_same(here: str, there: str) -> bool:
    """Whether both are of one host, or there is the same by https."""
    first, second = urlsplit(here), urlsplit(there)
    if first.hostname != second.hostname:
        return False
    ports = {"http": 80, "https": 443}
    try:
        at = [(url.scheme, url.port or ports.get(url.scheme)) for url in (first, second)]
    except ValueError:
        return False
    return at[0] == at[1] or at == [("http", 80), ("https", 443)]


def _keep_slashes(request: Any) -> None:
    """Has ``requests`` send the slash that a key begins with: of those that a path begins with it sends one (its ``adapters.py``)."""
    url = urlsplit(str(request.url))
    if hasattr(request, "path_url") and url.path.startswith("//"):
        request.url = url._replace(path="/%2F" + url.path[2:]).geturl()
