"""``CopySource``: what is copied, as the header ``x-cos-copy-source`` names it (``gen_copy_source_url``)."""

from typing import Any, Mapping, Tuple, Union

from .config import CosConfig
from .exceptions import CosClientError


def _given(source: Mapping[str, Any], name: str) -> str:
    if name not in source:
        raise CosClientError(f"CopySource Need Parameter {name}")
    value: Union[str, bytes] = source[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _place(source: Mapping[str, Any], conf: CosConfig) -> CosConfig:
    """A configuration of the source's own, by the rules of this one."""
    if not isinstance(source, Mapping):
        raise CosClientError(
            f"CopySource is of type {type(source).__name__}: give a dict of Bucket, Key and Region"
        )
    return CosConfig(
        Appid=source.get("Appid") or None,
        Region=source.get("Region"),
        Endpoint=source.get("Endpoint"),
        Anonymous=True,
        Scheme=conf._scheme,
        EnableOldDomain=conf._enable_old_domain,
        EnableInternalDomain=conf._enable_internal_domain,
    )


def copy_source_url(source: Mapping[str, Any], conf: CosConfig) -> str:
    """``bucket.host/key``, percent-encoded, with the version where one is named.

    :raises CosClientError: a source without bucket, key or region.
    """
    place = _place(source, conf)
    bucket = _given(source, "Bucket")
    url = place.uri(bucket=bucket, path=_given(source, "Key")).split("://", 1)[1]
    version = source.get("VersionId")
    return f"{url}?versionId={version}" if version else url


def source_url(source: Mapping[str, Any], conf: CosConfig) -> Tuple[str, str]:
    """The URL of a source, without its version, and its key."""
    bucket, key = _given(source, "Bucket"), _given(source, "Key")
    return _place(source, conf).uri(bucket=bucket, path=key), key
