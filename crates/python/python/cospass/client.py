"""``CosS3Client``: signatures, URLs and requests, in the calls of the official SDK; and the same on asyncio."""

import functools
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Coroutine,
    Dict,
    Mapping,
    NoReturn,
    Optional,
    TypeVar,
    Union,
)

from . import _cospass, bundles
from .body import AsyncStreamBody, StreamBody
from .config import CosConfig
from .exceptions import CosClientError
from .judgement import Explanation, Verification, _server_view
from .objects import Text
from .offered import not_offered
from .sending import Sender
from .steps import Steps, by_waiting, on_asyncio, run, run_async
from .transfers import Transfers

if TYPE_CHECKING:
    from typing_extensions import Concatenate, ParamSpec, Self

    P = ParamSpec("P")
T = TypeVar("T")


#: What each call that sends may raise.
_RAISES = """

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """


def _told(call: Callable[..., Any]) -> Optional[str]:
    """The docstring of a call, with what it raises where that is the usual."""
    told = call.__doc__
    return told if told is None or ":raises" in told else told.rstrip() + _RAISES


def _steps(
    call: "Callable[Concatenate[Transfers, P], Steps[T]]",
) -> "Callable[Concatenate[_Client, P], Steps[T]]":
    """The steps of a client's call."""

    @functools.wraps(call)
    def steps(client: "_Client", /, *arguments: "P.args", **keywords: "P.kwargs") -> Steps[T]:
        return call(client._calls_at(keywords), *arguments, **keywords)

    steps.__doc__ = _told(call)
    return steps


def _waiting(
    call: "Callable[Concatenate[Transfers, P], Steps[T]]",
) -> "Callable[Concatenate[_Client, P], T]":
    """The call of a client that waits."""
    return by_waiting(_steps(call))


def _awaiting(
    call: "Callable[Concatenate[Transfers, P], Steps[T]]",
) -> "Callable[Concatenate[_Client, P], Coroutine[Any, Any, T]]":
    """The call of a client on asyncio."""
    return on_asyncio(_steps(call))


class _Client(_cospass.Signer):
    """What both clients are: a signer with a configuration."""

    def __init__(self, conf: CosConfig, retry: int = 3, session: Optional[Any] = None) -> None:
        if not isinstance(conf, CosConfig):
            raise CosClientError(f"conf is of the type {type(conf).__name__}: give a CosConfig")
        self._use(conf._settings)
        self._conf = conf
        self._sender = Sender(conf, retry)
        self._calls = Transfers(self._sender)

    def __copy__(self) -> "Self":
        """Another one with the same configuration."""
        return type(self)(self._conf, self._sender.retry)

    def __deepcopy__(self, memo: Dict[int, Any]) -> "Self":
        """Another one with a configuration of its own."""
        return type(self)(self._conf.__copy__(), self._sender.retry)

    def __reduce__(self) -> NoReturn:
        """As ``CosConfig``.

        :raises TypeError: always.
        """
        self._conf.__reduce__()

    def _calls_at(self, keywords: Dict[str, Any]) -> Transfers:
        """The calls, at the time of the keyword ``now``, which each of them takes and none of them knows."""
        now = keywords.pop("now", None)
        return self._calls if now is None else Transfers(self._sender.at(now))

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Calls of the official client that are not offered say so."""
            return not_offered(type(self).__name__, name)

    def get_conf(self) -> CosConfig:
        """The configuration."""
        return self._conf

    def get_object_url(self, Bucket: str, Key: str) -> str:
        """The URL of an object, without a signature.

        :raises CosClientError: a bucket or key that has no URL.
        """
        return self._conf.uri(bucket=Bucket, path=Key)

    def renew_bundle(self, Bundle: str, Expired: int = 900, *, now: Optional[float] = None) -> str:
        """The same bundle with URLs that hold from now; nothing is sent.

        :param Bundle: the document of ``make_bundle``.
        :param Expired: seconds.
        :param now: Unix seconds, instead of the clock's.
        :raises CosClientError: it is none.
        """
        return bundles.renewed(functools.partial(self.get_presigned_url, now=now), Bundle, Expired)

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
    change_object_storage_class = _waiting(Transfers.change_object_storage_class)
    update_object_meta = _waiting(Transfers.update_object_meta)
    put_symlink = _waiting(Transfers.put_symlink)
    get_symlink = _waiting(Transfers.get_symlink)
    put_bucket_cors = _waiting(Transfers.put_bucket_cors)
    get_bucket_cors = _waiting(Transfers.get_bucket_cors)
    delete_bucket_cors = _waiting(Transfers.delete_bucket_cors)
    put_bucket_lifecycle = _waiting(Transfers.put_bucket_lifecycle)
    get_bucket_lifecycle = _waiting(Transfers.get_bucket_lifecycle)
    delete_bucket_lifecycle = _waiting(Transfers.delete_bucket_lifecycle)
    put_bucket_replication = _waiting(Transfers.put_bucket_replication)
    get_bucket_replication = _waiting(Transfers.get_bucket_replication)
    delete_bucket_replication = _waiting(Transfers.delete_bucket_replication)
    put_bucket_website = _waiting(Transfers.put_bucket_website)
    get_bucket_website = _waiting(Transfers.get_bucket_website)
    delete_bucket_website = _waiting(Transfers.delete_bucket_website)
    put_bucket_logging = _waiting(Transfers.put_bucket_logging)
    get_bucket_logging = _waiting(Transfers.get_bucket_logging)
    put_bucket_domain = _waiting(Transfers.put_bucket_domain)
    get_bucket_domain = _waiting(Transfers.get_bucket_domain)
    delete_bucket_domain = _waiting(Transfers.delete_bucket_domain)
    put_bucket_origin = _waiting(Transfers.put_bucket_origin)
    get_bucket_origin = _waiting(Transfers.get_bucket_origin)
    delete_bucket_origin = _waiting(Transfers.delete_bucket_origin)
    put_bucket_tagging = _waiting(Transfers.put_bucket_tagging)
    get_bucket_tagging = _waiting(Transfers.get_bucket_tagging)
    delete_bucket_tagging = _waiting(Transfers.delete_bucket_tagging)
    put_bucket_domain_certificate = _waiting(Transfers.put_bucket_domain_certificate)
    get_bucket_domain_certificate = _waiting(Transfers.get_bucket_domain_certificate)
    delete_bucket_domain_certificate = _waiting(Transfers.delete_bucket_domain_certificate)
    put_bucket_acl = _waiting(Transfers.put_bucket_acl)
    get_bucket_acl = _waiting(Transfers.get_bucket_acl)
    put_bucket_versioning = _waiting(Transfers.put_bucket_versioning)
    get_bucket_versioning = _waiting(Transfers.get_bucket_versioning)
    get_bucket_location = _waiting(Transfers.get_bucket_location)
    put_bucket_policy = _waiting(Transfers.put_bucket_policy)
    get_bucket_policy = _waiting(Transfers.get_bucket_policy)
    delete_bucket_policy = _waiting(Transfers.delete_bucket_policy)
    put_bucket_inventory = _waiting(Transfers.put_bucket_inventory)
    post_bucket_inventory = _waiting(Transfers.post_bucket_inventory)
    get_bucket_inventory = _waiting(Transfers.get_bucket_inventory)
    delete_bucket_inventory = _waiting(Transfers.delete_bucket_inventory)
    list_bucket_inventory_configurations = _waiting(Transfers.list_bucket_inventory_configurations)
    put_bucket_referer = _waiting(Transfers.put_bucket_referer)
    get_bucket_referer = _waiting(Transfers.get_bucket_referer)
    delete_bucket_referer = _waiting(Transfers.delete_bucket_referer)
    put_bucket_encryption = _waiting(Transfers.put_bucket_encryption)
    get_bucket_encryption = _waiting(Transfers.get_bucket_encryption)
    delete_bucket_encryption = _waiting(Transfers.delete_bucket_encryption)
    put_bucket_object_lock = _waiting(Transfers.put_bucket_object_lock)
    get_bucket_object_lock = _waiting(Transfers.get_bucket_object_lock)
    put_bucket_intelligenttiering = _waiting(Transfers.put_bucket_intelligenttiering)
    get_bucket_intelligenttiering = _waiting(Transfers.get_bucket_intelligenttiering)
    put_bucket_intelligenttiering_v2 = _waiting(Transfers.put_bucket_intelligenttiering_v2)
    get_bucket_intelligenttiering_v2 = _waiting(Transfers.get_bucket_intelligenttiering_v2)
    list_bucket_intelligenttiering_configurations = _waiting(
        Transfers.list_bucket_intelligenttiering_configurations
    )
    get_bucket_meta = _waiting(Transfers.get_bucket_meta)
    upload_file = _waiting(Transfers.upload_file)
    download_file = _waiting(Transfers.download_file)
    copy = _waiting(Transfers.copy)
    upload_file_from_buffer = _waiting(Transfers.upload_file_from_buffer)
    make_bundle = _waiting(bundles.make_bundle)


class AsyncCosS3Client(_Client):
    """The same calls on asyncio: ``await client.put_object(…)``, side by side by ``asyncio.gather``.

    :param conf: later changes to it (``set_credential``, ``set_ip_port``) count.
    :param retry: how often a request is sent again, at most.

    A task that is cancelled ends its requests; a download leaves no file. Signing calls do not wait and are not async.
    Each call that sends takes ``now=``, as those of ``CosS3Client``. There is nothing to close: ``async with`` is for programs that are
    written so.
    """

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Connections are kept for other clients, and end by themselves."""

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
    change_object_storage_class = _awaiting(Transfers.change_object_storage_class)
    update_object_meta = _awaiting(Transfers.update_object_meta)
    put_symlink = _awaiting(Transfers.put_symlink)
    get_symlink = _awaiting(Transfers.get_symlink)
    put_bucket_cors = _awaiting(Transfers.put_bucket_cors)
    get_bucket_cors = _awaiting(Transfers.get_bucket_cors)
    delete_bucket_cors = _awaiting(Transfers.delete_bucket_cors)
    put_bucket_lifecycle = _awaiting(Transfers.put_bucket_lifecycle)
    get_bucket_lifecycle = _awaiting(Transfers.get_bucket_lifecycle)
    delete_bucket_lifecycle = _awaiting(Transfers.delete_bucket_lifecycle)
    put_bucket_replication = _awaiting(Transfers.put_bucket_replication)
    get_bucket_replication = _awaiting(Transfers.get_bucket_replication)
    delete_bucket_replication = _awaiting(Transfers.delete_bucket_replication)
    put_bucket_website = _awaiting(Transfers.put_bucket_website)
    get_bucket_website = _awaiting(Transfers.get_bucket_website)
    delete_bucket_website = _awaiting(Transfers.delete_bucket_website)
    put_bucket_logging = _awaiting(Transfers.put_bucket_logging)
    get_bucket_logging = _awaiting(Transfers.get_bucket_logging)
    put_bucket_domain = _awaiting(Transfers.put_bucket_domain)
    get_bucket_domain = _awaiting(Transfers.get_bucket_domain)
    delete_bucket_domain = _awaiting(Transfers.delete_bucket_domain)
    put_bucket_origin = _awaiting(Transfers.put_bucket_origin)
    get_bucket_origin = _awaiting(Transfers.get_bucket_origin)
    delete_bucket_origin = _awaiting(Transfers.delete_bucket_origin)
    put_bucket_tagging = _awaiting(Transfers.put_bucket_tagging)
    get_bucket_tagging = _awaiting(Transfers.get_bucket_tagging)
    delete_bucket_tagging = _awaiting(Transfers.delete_bucket_tagging)
    put_bucket_domain_certificate = _awaiting(Transfers.put_bucket_domain_certificate)
    get_bucket_domain_certificate = _awaiting(Transfers.get_bucket_domain_certificate)
    delete_bucket_domain_certificate = _awaiting(Transfers.delete_bucket_domain_certificate)
    put_bucket_acl = _awaiting(Transfers.put_bucket_acl)
    get_bucket_acl = _awaiting(Transfers.get_bucket_acl)
    put_bucket_versioning = _awaiting(Transfers.put_bucket_versioning)
    get_bucket_versioning = _awaiting(Transfers.get_bucket_versioning)
    get_bucket_location = _awaiting(Transfers.get_bucket_location)
    put_bucket_policy = _awaiting(Transfers.put_bucket_policy)
    get_bucket_policy = _awaiting(Transfers.get_bucket_policy)
    delete_bucket_policy = _awaiting(Transfers.delete_bucket_policy)
    put_bucket_inventory = _awaiting(Transfers.put_bucket_inventory)
    post_bucket_inventory = _awaiting(Transfers.post_bucket_inventory)
    get_bucket_inventory = _awaiting(Transfers.get_bucket_inventory)
    delete_bucket_inventory = _awaiting(Transfers.delete_bucket_inventory)
    list_bucket_inventory_configurations = _awaiting(Transfers.list_bucket_inventory_configurations)
    put_bucket_referer = _awaiting(Transfers.put_bucket_referer)
    get_bucket_referer = _awaiting(Transfers.get_bucket_referer)
    delete_bucket_referer = _awaiting(Transfers.delete_bucket_referer)
    put_bucket_encryption = _awaiting(Transfers.put_bucket_encryption)
    get_bucket_encryption = _awaiting(Transfers.get_bucket_encryption)
    delete_bucket_encryption = _awaiting(Transfers.delete_bucket_encryption)
    put_bucket_object_lock = _awaiting(Transfers.put_bucket_object_lock)
    get_bucket_object_lock = _awaiting(Transfers.get_bucket_object_lock)
    put_bucket_intelligenttiering = _awaiting(Transfers.put_bucket_intelligenttiering)
    get_bucket_intelligenttiering = _awaiting(Transfers.get_bucket_intelligenttiering)
    put_bucket_intelligenttiering_v2 = _awaiting(Transfers.put_bucket_intelligenttiering_v2)
    get_bucket_intelligenttiering_v2 = _awaiting(Transfers.get_bucket_intelligenttiering_v2)
    list_bucket_intelligenttiering_configurations = _awaiting(
        Transfers.list_bucket_intelligenttiering_configurations
    )
    get_bucket_meta = _awaiting(Transfers.get_bucket_meta)
    upload_file = _awaiting(Transfers.upload_file)
    download_file = _awaiting(Transfers.download_file)
    copy = _awaiting(Transfers.copy)
    upload_file_from_buffer = _awaiting(Transfers.upload_file_from_buffer)
    make_bundle = _awaiting(bundles.make_bundle)
