"""``CredentialsChain``: the keys that this machine has, by the sources and the order of the command (docs/credentials.md)."""

from dataclasses import dataclass
from typing import Optional, Tuple

from . import _cospass


@dataclass(frozen=True)
class Tried:
    """A source of keys, and what became of it."""

    #: Its name, such as ``environment variables``.
    source: str
    #: ``used``, ``absent``, ``failed``, or ``not-asked`` where one before it was used or failed.
    fate: str
    #: Why it is absent or failed.
    why: Optional[str] = None


@dataclass(frozen=True)
class Identity:
    """Whose keys are used, and where they come from. There is no secret in it."""

    #: ``None`` where no source has keys.
    secret_id: Optional[str]
    #: The name of the source that they come from.
    source: Optional[str]
    is_temporary: bool
    #: From when on the service refuses them, Unix seconds, where the source tells it.
    ends_at: Optional[int]
    #: All sources, in the order in which they are asked.
    tried: Tuple[Tried, ...]


class CredentialsChain(_cospass.Chain):
    """``CosConfig(Region=…, CredentialInstance=CredentialsChain())``: the keys of the first source that has any.

    Environment variables, ``~/.cos.yaml``, ``~/.cos.conf``, ``~/.tccli``, ``~/.tencentcloud/credentials``, the identity of a pod
    of TKE, the role of a CVM. Sources are asked when keys are needed; keys that end are renewed five minutes ahead (short ones when
    a quarter of their time is left), once, however many threads ask.

    ``secret_id``, ``secret_key`` and ``token``, read in this order, belong together, so that the official SDK can use it, too.
    They raise ``CosClientError`` where no source has keys, or one is set up and wrong.
    """

    def whoami(self) -> Identity:
        """Asks every source anew, as ``cospass whoami`` does."""
        secret_id, is_temporary, ends_at, told = self._whoami()
        tried = tuple(Tried(*each) for each in told)
        source = next((each.source for each in tried if each.fate == "used"), None)
        return Identity(secret_id, source, is_temporary, ends_at, tried)
