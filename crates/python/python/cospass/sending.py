"""How the requests of one client are made, sent and understood."""

import contextlib
import functools
import ipaddress
import logging
import os
import urllib.request
from dataclasses import replace
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, Union
from urllib.parse import urlsplit

from . import _cospass
from .config import CosConfig
from .exceptions import CosClientError, CosServiceError
from .redirect import redirected
from .request import Body, Request
from .steps import Loop, Pieces, Steps, Work

#: INFO says what is done, DEBUG shows what is signed; no secret, token or signature is in either.
logger = logging.getLogger("cospass.client")

Headers = Dict[str, Any]

#: Of headers: whoever reads these could act as the caller, or read what is encrypted.
_SECRET = ("authorization", "x-cos-security-token", "x-ci-security-token", "-customer-key")


def shown(headers: Mapping[str, Any]) -> Dict[str, Any]:
    """Headers as they may be logged."""
    return {
        name: "hidden" if str(name).lower().endswith(_SECRET) else value
        for name, value in headers.items()
    }


#: As many as `requests` follows.
_MOST_REDIRECTS = 30


class Sender:
    """Makes requests out of a configuration, sends them and raises what the service refuses.

    :param retry: how often a request is sent again, at most.
    :param now: Unix seconds at which requests are signed, instead of the configuration's clock.
    """

    def __init__(self, conf: CosConfig, retry: int, now: Optional[float] = None) -> None:
        self.conf = conf
        self._now = now
        self.signer = _cospass.Signer()
        self.signer._use(conf._settings)
        self.retry = retry

    def at(self, now: float) -> "Sender":
        """The same at another time."""
        return Sender(self.conf, self.retry, now)

    def request(
        self,
        method: str,
        bucket: Optional[str],
        key: Any,
        headers: Headers,
        params: Optional[Dict[str, Any]] = None,
        body: Optional[Body] = None,
        url: Optional[str] = None,
        timeout: float = 30,
        **rest: Any,
    ) -> Request:
        """A request for an object, or for a bucket without ``key``.

        :param url: instead of that of bucket and key.
        :param timeout: seconds, where the configuration has none.
        """
        conf = self.conf
        if url is None:
            url = conf.uri(bucket=bucket) if key is None else conf.uri(bucket=bucket, path=key)
        sent = {name: value for name, value in headers.items() if value is not None}
        sent["User-Agent"] = conf._ua or f"cospass-python/{_cospass.__version__}"
        if conf._ip is not None and "Host" not in sent:
            host = conf._domain if conf._domain is not None else conf.get_host(Bucket=bucket)
            if host is not None:
                sent["Host"] = host
        if conf._keep_alive is False:
            sent["Connection"] = "close"
        connect, idle = _timeouts(conf._timeout, timeout)
        return Request(
            method,
            url,
            way=self._way(url, connect),
            connect=connect,
            key=key,
            params=params or {},
            headers=sent,
            body=body or Body(),
            attempts=max(1, self.retry + 1),
            is_switching=bool(conf._auto_switch_domain_on_retry),
            idle=idle,
            now=self._now,
            **rest,
        )

    def _way(self, url: str, connect: float) -> _cospass.Way:
        conf = self.conf
        return way_to(url, connect, conf._proxies, conf._verify_ssl, conf._ssl_cert)

    def presigner(self) -> Callable[..., str]:
        """``get_presigned_url``, at the time of the calls."""
        return functools.partial(self.signer.get_presigned_url, now=self._now)

    def sent(self, request: Request) -> Steps[_cospass.Answer]:
        """Sends it, and where ``AllowRedirects`` says so, to where the answer leads.

        :raises CosServiceError: the service refused.
        :raises CosClientError: no answer came, or the request cannot be sent.
        """
        pieces: Optional[Pieces] = None
        if request.body.awaited is not None:
            loop = yield Loop("Body is an iterator of asyncio")
            pieces = Pieces(request.body.awaited, loop)
            request.body.pieces = pieces
        try:
            answer = yield from self._answered(request)
            for _ in range(_MOST_REDIRECTS):
                there = redirected(request, answer) if self.conf._allow_redirects else None
                if there is None:
                    break
                request = replace(there, way=self._way(there.url, there.connect))
                answer = yield from self._answered(request)
        finally:
            if pieces is not None:
                pieces.close()
        if answer.status >= 400:
            raise self._refused(request, answer)
        return answer

    def _answered(self, request: Request) -> Steps[_cospass.Answer]:
        chain = self.conf._settings.due_chain()
        if chain is not None:
            # A server may be asked, and a loop of asyncio goes on meanwhile.
            yield Work(chain._renew)
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("send request: %s %s", request.method, request.url)
            logger.debug("format str: %s", self.signer._http_string(request))
        answer: _cospass.Answer = yield lambda: self.signer._send(request)
        logger.debug("recv response: status_code: %s", answer.status)
        return answer

    def _refused(self, request: Request, answer: _cospass.Answer) -> CosServiceError:
        """What ``send_request`` makes of an answer of 400 and above."""
        headers = dict(answer.headers)
        lower = {name.lower(): value for name, value in headers.items()}
        text = answer.body.decode("utf-8", "replace")
        said: Union[str, Dict[str, str]] = text or headers
        ids = {"requestid": "x-cos-request-id", "traceid": "x-cos-trace-id"}
        known = {name: lower[header] for name, header in ids.items() if header in lower}
        if request.method == "HEAD" and answer.status == 404:
            said = {
                "code": "NoSuchResource",
                "message": "The Resource You Head Not Exist",
                "resource": request.url,
                **known,
            }
        elif "x-cos-error-code" in lower:
            said = {"code": lower["x-cos-error-code"], **known, "message": text}
        error = CosServiceError(request.method, said, answer.status)
        # No more of the document, which may show what was signed.
        told = error.get_error_code(), error.get_error_msg(), error.get_request_id()
        logger.info("%s %s: refused with %d, %s: %s (request %s)", request.method, request.url, answer.status, *told)
        return error


def way_to(
    url: str,
    connect: float,
    proxies: Optional[Mapping[str, str]] = None,
    verify: Union[bool, str, None] = None,
    cert: Union[str, Tuple[str, str], None] = None,
) -> _cospass.Way:
    """How a server is reached: as the arguments say, else the environment, as `requests` reads it."""
    if not url.startswith("https:"):
        verify, cert = True, None
    elif verify is None or verify is True:
        environ = os.environ
        verify = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") or True
    return _way(_proxy(url, proxies), verify, cert, connect)


def _timeouts(given: Any, otherwise: float) -> Tuple[float, float]:
    """To connect and to wait, in seconds (``requests``: one for both, or a pair)."""
    connect, idle = given if isinstance(given, tuple) and len(given) == 2 else (given, given)
    told = []
    for value in (connect, idle):
        value = otherwise if value is None else value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise CosClientError(
                f"Timeout is of type {type(value).__name__}: give a number of seconds, or a pair"
            )
        told.append(float(value))
    return told[0], told[1]


def _proxy(url: str, given: Optional[Mapping[str, str]]) -> Optional[str]:
    """That of the configuration, or of the environment, by the rules of ``requests``."""
    parts = urlsplit(url)
    names = [f"{parts.scheme}://{parts.hostname}", parts.scheme, f"all://{parts.hostname}", "all"]
    proxies = dict(given or {})
    outside = urllib.request.getproxies()
    if not (
        urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2])
        or _is_in_networks(parts.hostname, outside.get("no", ""))
    ):
        proxies = {**outside, **proxies}
    return next((proxies[name] for name in names if proxies.get(name)), None)


def _is_in_networks(host: Optional[str], no_proxy: str) -> bool:
    """Whether ``host`` is an address in one of the networks, such as ``10.0.0.0/8``, which ``no_proxy`` names."""
    for entry in no_proxy.split(","):
        with contextlib.suppress(ValueError):
            network = ipaddress.IPv4Network(entry.strip(), strict=False)
            if ipaddress.IPv4Address(host or "") in network:
                return True
    return False


@functools.lru_cache(maxsize=64)
def _way(
    proxy: Optional[str],
    verify: Union[bool, str, None],
    cert: Union[str, Tuple[str, str], None],
    connect: float,
) -> _cospass.Way:
    """One pool of connections for all clients that reach a server in the same way."""
    roots = verify if isinstance(verify, str) else None
    pair = (cert, cert) if isinstance(cert, str) else cert
    return _cospass.Way(proxy, bool(verify), roots, pair, connect)
