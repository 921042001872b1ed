"""What the official package has and this one does not: whoever asks for it is told so, and why."""

from typing import Any, NoReturn

from .exceptions import CosClientError

VECTORS = "buckets of vectors are not offered: use the official SDK for them"
_PROCESSING = "data processing (CI) is not offered: use the official SDK for it"
_LIVE = "live channels are not offered: use the official SDK for them"
_FETCHING = "fetching from other sites is not offered: use the official SDK for it"
_ENCRYPTION = "encryption by the client is not offered: use the official SDK for it"
_CALLS = {
    "select_object_content": "COS Select is not offered: use the official SDK for it",
    "put_async_fetch_task": _FETCHING,
    "get_async_fetch_task": _FETCHING,
    "get_retry_exe_times": "how often requests were repeated is not counted",
    "file_hash": _PROCESSING,
    "get_media_info": _PROCESSING,
    "get_snapshot": _PROCESSING,
    "get_pm3u8": _PROCESSING,
    "get_object_sensitive_content_recognition": _PROCESSING,
    "get_rtmp_signed_url": _LIVE,
    "get_vod_playlist": _LIVE,
    "post_vod_playlist": _LIVE,
    **{
        name: "the response control of buckets is not offered: use the official SDK for it"
        for name in (
            "put_bucket_response_control",
            "get_bucket_response_control",
            "delete_bucket_response_control",
        )
    },
}

_NAMES = {
    "CosVectorsClient": VECTORS,
    "MetaInsightClient": _PROCESSING,
    "AIRecognitionClient": _PROCESSING,
    "CiDetectType": _PROCESSING,
    "CosRtmpAuth": _LIVE,
    "CosEncryptionClient": _ENCRYPTION,
    "RSAProvider": _ENCRYPTION,
    "AESProvider": _ENCRYPTION,
}


def not_offered(owner: str, name: str) -> Any:
    """A call that refuses itself, in place of one of the official client.

    :raises AttributeError: the official client has none of this name either.
    """
    reason = _CALLS.get(name)
    if reason is None and name.startswith("ci_"):
        reason = _PROCESSING
    if reason is None and "live_channel" in name and not name.startswith("_"):
        reason = _LIVE
    if reason is None:
        raise AttributeError(f"{owner!r} object has no attribute {name!r}")

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise CosClientError(f"{name}: {reason}")

    return refuse


def no_name(module: str, name: str) -> NoReturn:
    """What a module says that is asked for a name of the official one.

    :raises CosClientError: it is not offered.
    :raises AttributeError: there is none of this name.
    """
    if name in _NAMES:
        raise CosClientError(f"{name}: {_NAMES[name]}")
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
