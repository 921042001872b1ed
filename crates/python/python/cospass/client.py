"""``CosS3Client``: signatures, URLs and requests, in the calls of the official SDK; and the same on asyncio."""

import functools
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Dict, Mapping, Optional, TypeVar, Union

from . import _cospass
from .body import AsyncStreamBody, StreamBody
from .config import CosConfig
from .judgement import Explanation, Verification, _server_view
from .objects import Text
from .sending import Sender
from .steps import Steps, run, run_async
from .transfers import Transfers

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec

    P = ParamSpec("P")
T = TypeVar("T")


def _waiting(
    call: "Callable[Concatenate[Transfers, P], Steps[T]]",
) -> "Callable[Concatenate[CosS3Client, P], T]":
    """The call of a client that waits."""

    @functools.wraps(call)
    def waiting(client: "CosS3Client", /, *arguments: "P.args", **keywords: "P.kwargs") -> T:
        return run(call(client._calls_at(keywords), *arguments, **keywords))

    return waiting


def _awaiting(
    call: "Callable[Concatenate[Transfers, P], Steps[T]]",
) -> "Callable[Concatenate[AsyncCosS3Client, P], Coroutine[Any, Any, T]]":
    """The call of a client on asyncio."""

    @functools.wraps(call)
    async def awaiting(
        client: "AsyncCosS3Client", /, *arguments: "P.args", **keywords: "P.kwargs"
    ) -> T:
        return await run_async(call(client._calls_at(keywords), *arguments, **keywords))

    return awaiting


class _Client(_cospass.Signer):
    """What both clients are: a signer with a configuration."""

    def __init__(self, conf: CosConfig, retry: int = 3, session: Optional[Any] = None) -> None:
        self._use(conf._settings)
        self._conf = conf
        self._sender = Sender(conf, retry)
        self._calls = Transfers(self._sender)

    def _calls_at(self, keywords: Dict[str, Any]) -> Transfers:
        """The calls, at the time of the keyword ``now``, which each of them takes and none of them knows."""
        now = keywords.pop("now", None)
        return self._calls if now is None else Transfers(self._sender.at(now))

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


class CosS3Client(_Client):
    """The buckets and objects of a configuration: signed for, and worked with.

    :param conf: later changes to it (``set_credential``, ``set_ip_port``) count.
    :param retry: how often a request is sent again, at most.
    :param session: accepted, and not used: requests are not sent by ``requests``.

    May be used by several threads at once, and after a fork. Ctrl-C ends a call. Each call that sends takes ``now=``, Unix
    seconds to sign at, on top of what is told of it.
    """

    def get_object(
        self, Bucket: str, Key: Text, KeySimplifyCheck: bool = True, **kwargs: Any
    ) -> Dict[str, Any]:
        """Downloads an object.

        :param KeySimplifyCheck: refuses keys that others read as the bucket itself.
        :param kwargs: ``Range``, ``IfMatch``, ``VersionId``, ``ResponseContentType`` and so on.
        :return: the headers of the answer, and ``Body``, a ``StreamBody``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        calls = self._calls_at(kwargs)
        source = run(calls._get_object(Bucket, Key, KeySimplifyCheck, **kwargs))
        return {**source.headers, "Body": StreamBody(source)}

    put_object = _waiting(Transfers.put_object)
    put_object_from_local_file = _waiting(Transfers.put_object_from_local_file)
    append_object = _waiting(Transfers.append_object)
    head_object = _waiting(Transfers.head_object)
    object_exists = _waiting(Transfers.object_exists)
    delete_object = _waiting(Transfers.delete_object)
    delete_objects = _waiting(Transfers.delete_objects)
    copy_object = _waiting(Transfers.copy_object)
    get_object_acl = _waiting(Transfers.get_object_acl)
    put_object_acl = _waiting(Transfers.put_object_acl)
    put_object_tagging = _waiting(Transfers.put_object_tagging)
    get_object_tagging = _waiting(Transfers.get_object_tagging)
    delete_object_tagging = _waiting(Transfers.delete_object_tagging)
    restore_object = _waiting(Transfers.restore_object)
    create_multipart_upload = _waiting(Transfers.create_multipart_upload)
    upload_part = _waiting(Transfers.upload_part)
    upload_part_copy = _waiting(Transfers.upload_part_copy)
    complete_multipart_upload = _waiting(Transfers.complete_multipart_upload)
    abort_multipart_upload = _waiting(Transfers.abort_multipart_upload)
    list_parts = _waiting(Transfers.list_parts)
    create_bucket = _waiting(Transfers.create_bucket)
    delete_bucket = _waiting(Transfers.delete_bucket)
    head_bucket = _waiting(Transfers.head_bucket)
    bucket_exists = _waiting(Transfers.bucket_exists)
    list_buckets = _waiting(Transfers.list_buckets)
    list_objects = _waiting(Transfers.list_objects)
    list_objects_versions = _waiting(Transfers.list_objects_versions)
    list_multipart_uploads = _waiting(Transfers.list_multipart_uploads)
    upload_file = _waiting(Transfers.upload_file)
    download_file = _waiting(Transfers.download_file)
    copy = _waiting(Transfers.copy)
    upload_file_from_buffer = _waiting(Transfers.upload_file_from_buffer)


class AsyncCosS3Client(_Client):
    """The same calls on asyncio: ``await client.put_object(…)``, side by side by ``asyncio.gather``.

    :param conf: later changes to it (``set_credential``, ``set_ip_port``) count.
    :param retry: how often a request is sent again, at most.

    A task that is cancelled ends its requests; a download leaves no file. Signing calls do not wait and are not async.
    Each call that sends takes ``now=``, as those of ``CosS3Client``.
    """

    async def get_object(
        self, Bucket: str, Key: Text, KeySimplifyCheck: bool = True, **kwargs: Any
    ) -> Dict[str, Any]:
        """Downloads an object.

        :param KeySimplifyCheck: refuses keys that others read as the bucket itself.
        :param kwargs: ``Range``, ``IfMatch``, ``VersionId``, ``ResponseContentType`` and so on.
        :return: the headers of the answer, and ``Body``, an ``AsyncStreamBody``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        calls = self._calls_at(kwargs)
        steps = calls._get_object(Bucket, Key, KeySimplifyCheck, **kwargs)
        source = await run_async(steps)
        return {**source.headers, "Body": AsyncStreamBody(source)}

    put_object = _awaiting(Transfers.put_object)
    put_object_from_local_file = _awaiting(Transfers.put_object_from_local_file)
    append_object = _awaiting(Transfers.append_object)
    head_object = _awaiting(Transfers.head_object)
    object_exists = _awaiting(Transfers.object_exists)
    delete_object = _awaiting(Transfers.delete_object)
    delete_objects = _awaiting(Transfers.delete_objects)
    copy_object = _awaiting(Transfers.copy_object)
    get_object_acl = _awaiting(Transfers.get_object_acl)
    put_object_acl = _awaiting(Transfers.put_object_acl)
    put_object_tagging = _awaiting(Transfers.put_object_tagging)
    get_object_tagging = _awaiting(Transfers.get_object_tagging)
    delete_object_tagging = _awaiting(Transfers.delete_object_tagging)
    restore_object = _awaiting(Transfers.restore_object)
    create_multipart_upload = _awaiting(Transfers.create_multipart_upload)
    upload_part = _awaiting(Transfers.upload_part)
    upload_part_copy = _awaiting(Transfers.upload_part_copy)
    complete_multipart_upload = _awaiting(Transfers.complete_multipart_upload)
    abort_multipart_upload = _awaiting(Transfers.abort_multipart_upload)
    list_parts = _awaiting(Transfers.list_parts)
    create_bucket = _awaiting(Transfers.create_bucket)
    delete_bucket = _awaiting(Transfers.delete_bucket)
    head_bucket = _awaiting(Transfers.head_bucket)
    bucket_exists = _awaiting(Transfers.bucket_exists)
    list_buckets = _awaiting(Transfers.list_buckets)
    list_objects = _awaiting(Transfers.list_objects)
    list_objects_versions = _awaiting(Transfers.list_objects_versions)
    list_multipart_uploads = _awaiting(Transfers.list_multipart_uploads)
    upload_file = _awaiting(Transfers.upload_file)
    download_file = _awaiting(Transfers.download_file)
    copy = _awaiting(Transfers.copy)
    upload_file_from_buffer = _awaiting(Transfers.upload_file_from_buffer)
