"""Where an answer leads, by the rules of ``requests``, which the official SDK follows redirects with (``AllowRedirects``)."""

from dataclasses import replace
from typing import Optional
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from ._cospass import Answer
from .exceptions import CosClientError
from .request import Body, Request

_LEADS = (301, 302, 303, 307, 308)

#: Of headers: what another host must not see, since it could act as the caller or read what is encrypted.
_OWN = ("authorization", "x-cos-security-token", "x-ci-security-token", "-customer-key")

#: Of headers: what belongs to a body that is not sent again.
_OF_BODY = ("content-length", "content-type", "content-md5", "transfer-encoding")


def redirected(request: Request, answer: Answer) -> Optional[Request]:
    """The request that an answer asks for instead; nothing if it asks for none.

    On the same host it is signed anew, for its new path. On another one it bears neither signature nor token: who answers
    does not choose where keys are used.

    :raises CosClientError: a body that can be sent once only, or a place that is no URL of HTTP.
    """
    headers = {name.lower(): value for name, value in answer.headers}
    place = headers.get("location")
    if answer.status not in _LEADS or not place:
        return None
    # As http.client reads them, each byte is a character.
    place = place.encode("latin-1").decode("utf-8", "replace")
    url = urljoin(request.url, place)
    parts, former = urlsplit(url), urlsplit(request.url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CosClientError(f"the answer leads to {place!r}, which is no URL of HTTP")
    method, body, kept = request.method, request.body, dict(request.headers)
    if _becomes_get(method, answer.status):
        method, body = "GET", Body()
        kept = {name: value for name, value in kept.items() if name.lower() not in _OF_BODY}
    elif not body.is_repeatable():
        raise CosClientError(f"the answer leads to {url}, and the body can be sent once only")
    whole = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))
    if (parts.scheme, parts.netloc) != (former.scheme, former.netloc) or not request.is_signed:
        kept = {
            name: value
            for name, value in kept.items()
            if name.lower() != "host" and not name.lower().endswith(_OWN)
        }
        return replace(
            request, method=method, url=whole, params={}, headers=kept, body=body, is_signed=False
        )
    return replace(
        request,
        method=method,
        url=whole.split("?")[0],
        key=unquote(parts.path[1:]) or None,
        params=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=kept,
        body=body,
    )


def _becomes_get(method: str, status: int) -> bool:
    """Whether the method is given up (``requests`` ``rebuild_method``)."""
    if status == 301:
        return method == "POST"
    return status in (302, 303) and method not in ("GET", "HEAD")
