"""The native half: `crates/python`."""

from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union, final, overload

from typing_extensions import Self

from .arrow import ArrowArray, ArrowStream
from .exceptions import CosWarning

__all__ = [
    "Answer",
    "Chain",
    "Local",
    "Pending",
    "Settings",
    "Signer",
    "Stream",
    "Way",
    "__version__",
    "abort_bundle",
    "cdn_url",
    "crc64_joined",
    "crc64_of",
    "download_link",
    "leave_interpreter",
    "run_command",
    "size_of_parts",
    "upload_bundle",
    "upload_link",
]

__version__: str

_Text = Union[str, bytes]

def crc64_joined(first: int, second: int, second_length: int) -> int:
    """The CRC64 of two pieces, one after the other, from those of each."""

def crc64_of(path: str, offset: int, length: int) -> int:
    """The CRC64 of a part of a file, which may be shorter.

    :raises CosClientError: it cannot be read.
    """

def size_of_parts(size: int, wish: int) -> int:
    """The size of each part but the last of an upload of so many bytes, in bytes; the wish gives way to what the service allows.

    :raises CosClientError: more than the service takes.
    """

def cdn_url(
    url: str, key: str, kind: str, names: Tuple[str, str, str], now: Optional[float]
) -> str:
    """The URL with the authentication of a CDN; ``names`` are those of the parameters, and the random text.

    :raises CosClientError: something that the CDN does not know.
    """

def download_link(url: str, path: str, link: Any) -> Pending:
    """Downloads what a URL leads to into a file."""

def upload_link(url: str, path: str, link: Any) -> Pending:
    """Uploads a file through a URL."""

def upload_bundle(text: str, path: str, link: Any) -> Pending:
    """Uploads a file with a bundle."""

def leave_interpreter() -> None:
    """Lets no thread that sends enter Python any more, and waits until those inside have left."""

def abort_bundle(text: str, link: Any) -> Pending:
    """Gives up the upload that a bundle is of."""

def run_command(arguments: List[str]) -> int:
    """Runs the command with its name and its arguments; the exit code."""

@final
class Answer:
    """What a request is answered with."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> List[Tuple[str, str]]: ...
    @property
    def body(self) -> bytes: ...
    @property
    def stream(self) -> Optional[Stream]: ...
    @property
    def saved(self) -> Optional[Tuple[int, int]]: ...

@final
class Pending:
    """Something under way on other threads."""

    def wait(self) -> Any: ...
    def notify(self, callback: Callable[[], Any]) -> None: ...
    def cancel(self) -> None: ...
    def result(self) -> Any: ...

@final
class Stream:
    """The body of an answer, as it comes."""

    def next(self) -> Pending: ...
    def save(self, path: str, offset: int) -> Pending: ...
    def close(self) -> Pending: ...

@final
class Way:
    """How requests reach a server: one pool of connections."""

    def __new__(
        cls,
        proxy: Optional[str],
        verify: bool,
        roots: Optional[str],
        certificate: Optional[Tuple[str, str]],
        connect: float,
    ) -> Way: ...

@final
class Local:
    """What `LocalCos` is made of."""

    def __new__(
        cls,
        buckets: List[str],
        region: str,
        secret_id: str,
        secret_key: str,
        token: Optional[str],
        now: Optional[float],
    ) -> Local: ...
    @property
    def port(self) -> int: ...
    def now(self) -> int: ...
    def set_time(self, now: float) -> None: ...
    def advance(self, seconds: float) -> None: ...
    def stop(self) -> None: ...

class Chain:
    """What `CredentialsChain` inherits: the keys of this machine."""

    def __new__(cls) -> Self: ...
    @property
    def secret_id(self) -> str: ...
    @property
    def secret_key(self) -> str: ...
    @property
    def token(self) -> Optional[str]: ...
    def _renew(self) -> None: ...
    def _whoami(
        self,
    ) -> Tuple[Optional[str], bool, Optional[int], List[Tuple[str, str, Optional[str]]]]: ...

@final
class Settings:
    """The settings of one `CosConfig`."""

    def __new__(cls, arguments: Dict[str, Any]) -> Settings: ...
    def uri(
        self,
        bucket: Optional[str],
        path: Optional[_Text],
        endpoint: Optional[_Text],
        domain: Optional[_Text],
        use_appid: bool,
    ) -> str: ...
    def host(self, bucket: Optional[str], appid: Union[_Text, int, None]) -> Optional[str]: ...
    def due_chain(self) -> Optional[Chain]: ...
    def copy(self) -> Settings: ...
    def set_ip_port(self, ip: Optional[_Text], port: Union[int, str, None]) -> None: ...
    def set_credential(
        self, secret_id: _Text, secret_key: _Text, token: Optional[_Text]
    ) -> None: ...

class Signer:
    """What `CosS3Client` inherits: the calls that sign."""

    def __new__(cls, *_arguments: Any, **_keywords: Any) -> Self: ...
    def _use(self, settings: Settings) -> None: ...
    def get_auth(
        self,
        Method: str = ...,
        Bucket: Optional[str] = ...,
        Key: Optional[_Text] = ...,
        Expired: float = ...,
        Headers: Optional[Mapping[str, Any]] = {},
        Params: Optional[Mapping[Any, Any]] = {},
        SignHost: Optional[bool] = None,
        UseCiEndPoint: Optional[bool] = False,
        *,
        now: Optional[float] = None,
    ) -> str: ...
    def get_presigned_url(
        self,
        Bucket: Optional[str],
        Key: Optional[_Text],
        Method: str = ...,
        Expired: float = ...,
        Params: Optional[Mapping[Any, Any]] = {},
        Headers: Optional[Mapping[str, Any]] = {},
        UseCiEndPoint: Optional[bool] = False,
        SignHost: Optional[bool] = None,
        *,
        now: Optional[float] = None,
    ) -> str: ...
    def get_presigned_download_url(
        self,
        Bucket: Optional[str],
        Key: Optional[_Text],
        Expired: float = ...,
        Params: Optional[Mapping[Any, Any]] = {},
        Headers: Optional[Mapping[str, Any]] = {},
        UseCiEndPoint: Optional[bool] = False,
        SignHost: Optional[bool] = None,
        *,
        Method: str = "GET",
        now: Optional[float] = None,
    ) -> str: ...
    def warnings_of(
        self,
        Bucket: Optional[str],
        Key: Optional[_Text],
        Method: str = ...,
        Expired: float = ...,
        Params: Optional[Mapping[Any, Any]] = {},
        Headers: Optional[Mapping[str, Any]] = {},
        UseCiEndPoint: Optional[bool] = False,
        SignHost: Optional[bool] = None,
        *,
        now: Optional[float] = None,
    ) -> List[CosWarning]: ...
    @overload
    def presign_many(
        self,
        keys: Union[ArrowArray, ArrowStream],
        Bucket: Optional[str],
        Method: str = ...,
        Expired: float = ...,
        Params: Optional[Mapping[Any, Any]] = {},
        Headers: Optional[Mapping[str, Any]] = {},
        UseCiEndPoint: Optional[bool] = False,
        SignHost: Optional[bool] = None,
        *,
        now: Optional[float] = None,
        threads: int = 1,
    ) -> Any: ...
    @overload
    def presign_many(
        self,
        keys: Iterable[_Text],
        Bucket: Optional[str],
        Method: str = ...,
        Expired: float = ...,
        Params: Optional[Mapping[Any, Any]] = {},
        Headers: Optional[Mapping[str, Any]] = {},
        UseCiEndPoint: Optional[bool] = False,
        SignHost: Optional[bool] = None,
        *,
        now: Optional[float] = None,
        threads: int = 1,
    ) -> List[str]: ...
    def _verify(
        self,
        method: str,
        url: _Text,
        headers: Optional[Mapping[str, Any]],
        now: Optional[float],
        strict: bool,
    ) -> Tuple[Optional[str], Optional[Tuple[str, str]]]: ...
    def _explain(
        self,
        method: str,
        url: _Text,
        headers: Optional[Mapping[str, Any]],
        server: Optional[Tuple[str, str, Optional[str], Optional[str], Optional[int]]],
        now: Optional[float],
        strict: bool,
    ) -> str: ...
    def _send(self, request: Any) -> Pending: ...
    def _http_string(self, request: Any) -> Optional[str]: ...
    def _authorize(
        self,
        method: str,
        url: _Text,
        headers: Optional[Mapping[str, Any]],
        expired: float,
        now: Optional[float],
    ) -> List[Tuple[str, str]]: ...
