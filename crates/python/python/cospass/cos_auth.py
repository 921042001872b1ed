"""The official package's module of this name: signing for ``requests``."""

from typing import Any, Mapping, Optional, Union

from .auth import CosAuth
from .config import CosConfig
from .exceptions import CosClientError
from .offered import no_name

__all__ = ["CosS3Auth"]


class CosS3Auth(CosAuth):
    """``requests.get(url, auth=CosS3Auth(conf, key))``.

    What is signed is the request as it is sent, as ``CosAuth`` does it: its path, all its parameters, its host.

    :param key, params: accepted: they are those of the request.
    :param expire: seconds.
    :param sign_host: only what the configuration says.
    :raises CosClientError: another ``sign_host``.
    """

    def __init__(
        self,
        conf: CosConfig,
        key: Union[str, bytes, None] = None,
        params: Optional[Mapping[str, Any]] = None,
        expire: float = 10000,
        sign_host: Optional[bool] = None,
    ) -> None:
        if sign_host is not None and not sign_host:
            raise CosClientError("CosS3Auth signs the host: use get_auth with SignHost=False")
        super().__init__(conf, expire)


def __getattr__(name: str) -> Any:
    return no_name(__name__, name)
