"""``CosConfig``: the arguments of the official SDK, in its order."""

from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Mapping,
    NoReturn,
    Optional,
    Protocol,
    Tuple,
    Union,
)

from . import _cospass
from .exceptions import CosClientError
from .offered import VECTORS

if TYPE_CHECKING:
    Text = Union[str, bytes]


class CredentialInstance(Protocol):
    """Keys that change: asked for at every call."""

    @property
    def secret_id(self) -> str: ...

    @property
    def secret_key(self) -> str: ...

    @property
    def token(self) -> Optional[str]: ...


class CosConfig:
    """Where the buckets are, who signs, and how requests are sent.

    :param Region: such as ``ap-guangzhou``.
    :param SecretId, SecretKey: the keys; ``Secret_id``/``Secret_key`` and ``Access_id``/``Access_key`` are other names.
    :param Token: of temporary keys: put into pre-signed URLs, and signed.
    :param CredentialInstance: an object with ``secret_id``, ``secret_key`` and ``token``, instead of keys.
    :param Appid: added to buckets that do not end in it.
    :param Scheme: ``https``, which is the default, or ``http``.
    :param Endpoint: instead of the region's host, which the bucket is put before.
    :param Domain: a host that stands for the bucket, which is not put before it.
    :param IP, Port: instead of any host.
    :param ServiceDomain: a host for the list of buckets.
    :param EndpointCi: the host of data processing, for ``UseCiEndPoint``.
    :param Anonymous: nothing is signed.
    :param SignHost, SignParams: whether signatures cover the host, the parameters.
    :param EnableOldDomain, EnableInternalDomain: ``myqcloud.com``, or with the former false ``tencentcos.cn``, whose
        internal hosts are used unless the latter is false, too.
    :param Timeout: seconds to connect, and for which nothing may come; or a pair of both. 30 by default.
    :param UA: the ``User-Agent``.
    :param Proxies: URLs by scheme, as ``requests`` takes them; those of the environment where there are none.
    :param KeepAlive: whether connections are used again.
    :param VerifySSL: whether certificates are looked at, or a PEM file of those that are trusted.
    :param SSLCert: the client's own certificate: a PEM file with its key, or a pair of files.
    :param AllowRedirects: whether a request goes on to where an answer of 301, 302, 303, 307 or 308 leads: signed anew on the same
        host, without keys and tokens on another.
    :param AutoSwitchDomainOnRetry: the last attempt goes to ``tencentcos.cn`` where ``myqcloud.com`` did not answer.
    :param now: the time that all calls live in which are given none: Unix seconds, or a function that returns them.
    :raises CosClientError: an argument that no request could be made with.

    ``PoolConnections``, ``PoolMaxSize`` and ``EndpointPic`` are accepted; docs/python.md says what
    becomes of each argument.
    """

    def __init__(
        self,
        Appid: "Optional[Text]" = None,
        Region: Optional[str] = None,
        SecretId: "Optional[Text]" = None,
        SecretKey: "Optional[Text]" = None,
        Token: "Optional[Text]" = None,
        CredentialInstance: Optional[CredentialInstance] = None,
        Scheme: "Optional[Text]" = None,
        Timeout: Union[float, Tuple[float, float], None] = None,
        Access_id: "Optional[Text]" = None,
        Access_key: "Optional[Text]" = None,
        Secret_id: "Optional[Text]" = None,
        Secret_key: "Optional[Text]" = None,
        Endpoint: "Optional[Text]" = None,
        IP: "Optional[Text]" = None,
        Port: Union[int, str, None] = None,
        Anonymous: Optional[bool] = None,
        UA: Optional[str] = None,
        Proxies: Optional[Mapping[str, str]] = None,
        Domain: "Optional[Text]" = None,
        ServiceDomain: "Optional[Text]" = None,
        KeepAlive: bool = True,
        PoolConnections: int = 10,
        PoolMaxSize: int = 10,
        AllowRedirects: bool = False,
        SignHost: bool = True,
        EndpointCi: "Optional[Text]" = None,
        EndpointPic: "Optional[Text]" = None,
        EnableOldDomain: bool = True,
        EnableInternalDomain: bool = True,
        SignParams: bool = True,
        AutoSwitchDomainOnRetry: bool = False,
        VerifySSL: Union[bool, str, None] = None,
        SSLCert: Union[str, Tuple[str, str], None] = None,
        *,
        now: Union[float, Callable[[], float], None] = None,
    ) -> None:
        arguments = dict(locals())
        del arguments["self"]
        self._settings = _cospass.Settings(arguments)
        # What says how requests are sent, and nothing of what is signed.
        self._scheme = "http" if Scheme in ("http", b"http") else "https"
        #: Where its own buckets are, as the source of a copy is named.
        self._place = {"Region": Region, "Endpoint": Endpoint, "Appid": Appid}
        self._ip, self._domain, self._service_domain = IP, Domain, ServiceDomain
        self._timeout, self._ua, self._proxies = Timeout, UA, Proxies
        self._keep_alive, self._verify_ssl, self._ssl_cert = KeepAlive, VerifySSL, SSLCert
        self._allow_redirects = AllowRedirects
        self._auto_switch_domain_on_retry = AutoSwitchDomainOnRetry
        self._enable_old_domain = EnableOldDomain
        self._enable_internal_domain = EnableInternalDomain
        self._copy_part_threshold_size = 5 << 30

    def __repr__(self) -> str:
        return f"CosConfig({self.uri()!r})"

    def __copy__(self) -> "CosConfig":
        """Another one, which ``set_credential`` and ``set_ip_port`` change apart from this one."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._settings = self._settings.copy()
        return other

    def __deepcopy__(self, memo: Dict[int, Any]) -> "CosConfig":
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        """Keys are not written where a pickle goes.

        :raises TypeError: always.
        """
        raise TypeError("a CosConfig is not pickled, for its keys: make one where it is needed")

    def uri(
        self,
        bucket: Optional[str] = None,
        path: "Optional[Text]" = None,
        endpoint: "Optional[Text]" = None,
        domain: "Optional[Text]" = None,
        useAppid: bool = False,
    ) -> str:
        """The URL of an object, of a bucket without ``path``, or of the service without ``bucket``.

        :param path: the key, as it is: it is percent-encoded here.
        :raises CosClientError: a bucket or key that has no URL.
        """
        return self._settings.uri(bucket, path, endpoint, domain, bool(useAppid))

    def get_host(
        self, Bucket: Optional[str] = None, Appid: "Union[Text, int, None]" = None
    ) -> Optional[str]:
        """The host of a bucket, or of an account, at the endpoint."""
        return self._settings.host(Bucket, Appid)

    def set_ip_port(self, IP: "Optional[Text]", Port: Union[int, str, None] = None) -> None:
        """Sends to this address from now on, whatever the host."""
        self._settings.set_ip_port(IP, Port)
        self._ip = IP

    def cos_vectors_uri(self, *_: Any, **__: Any) -> NoReturn:
        """Of buckets of vectors, which are not offered.

        :raises CosClientError: always.
        """
        raise CosClientError(f"cos_vectors_uri: {VECTORS}")

    def set_copy_part_threshold_size(self, size: int) -> None:
        """From so many bytes on ``copy`` copies in parts; 5 GiB unless told otherwise."""
        if size > 0:
            self._copy_part_threshold_size = size

    def set_credential(
        self, SecretId: "Text", SecretKey: "Text", Token: "Optional[Text]" = None
    ) -> None:
        """Signs with these keys from now on."""
        self._settings.set_credential(SecretId, SecretKey, Token)
