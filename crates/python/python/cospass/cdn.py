"""URLs that a CDN lets in, where a signature of COS is of no use (``cospass cdn-url``)."""

from typing import Optional

from . import _cospass


def cdn_url(
    Url: str,
    Key: str,
    Type: str,
    Param: str = "sign",
    TimeParam: str = "t",
    Random: str = "0",
    *,
    now: Optional[float] = None,
) -> str:
    """The URL with the authentication of Tencent Cloud CDN or EdgeOne; how long it holds is configured there.

    :param Url: ``https://DOMAIN/KEY`` of the CDN, percent-encoded.
    :param Key: the key of the domain, as the CDN's console shows it.
    :param Type: ``A``, ``B`` or ``D``, as the domain is configured.
    :param Param: the parameter with the hash, of types A and D.
    :param TimeParam: the parameter with the time, of type D.
    :param Random: the text of type A in which URLs of one time may differ: letters and digits.
    :param now: Unix seconds from which on it holds, instead of the clock's.
    :raises CosClientError: a URL, key, type or name that the CDN does not know.
    """
    return _cospass.cdn_url(Url, Key, Type, (Param, TimeParam, Random), now)
