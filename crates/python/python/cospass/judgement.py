"""Whether a signature holds, and why not: what ``CosS3Client.verify`` and ``explain`` answer."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from datetime import datetime
from typing import Optional, Tuple, Union

from .exceptions import CosClientError


@dataclass(frozen=True)
class Verification:
    """Whether the signature of a request holds."""

    #: What it says of itself is in ``convention``, or in ``cause`` and ``message``.
    accepted: bool
    #: ``canonical``, or the deviation of an official SDK with which it holds.
    convention: Optional[str] = None
    #: The stable name of the cause, such as ``expired`` or ``signature-mismatch``.
    cause: Optional[str] = None
    #: What is wrong, in a sentence.
    message: Optional[str] = None

    def __bool__(self) -> bool:
        return self.accepted


@dataclass(frozen=True)
class Stage:
    """One step of a signature, as it was found here and there."""

    name: str
    #: ``same``, ``differs`` or ``unknown``.
    verdict: str
    here: str
    there: Optional[str]


@dataclass(frozen=True)
class Explanation:
    """Why a request was refused, or that it was not."""

    #: The stable name of the cause.
    cause: str
    message: str
    #: What to do about it.
    remedy: str
    stages: Tuple[Stage, ...]

    @classmethod
    def _read(cls, text: str) -> "Explanation":
        read = json.loads(text)
        stages = tuple(Stage(**stage) for stage in read["stages"])
        return cls(read["cause"], read["message"], read["remedy"], stages)


_Server = Tuple[str, str, Optional[str], Optional[str], Optional[int]]


def _server_view(document: Union[str, bytes]) -> _Server:
    """What an error document says (COS document 436/7730)."""
    try:
        error = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError) as reason:
        raise CosClientError(f"Error is no XML error document: {reason}") from None
    time = error.findtext("ServerTime")
    return (
        error.findtext("Code") or "",
        error.findtext("Message") or "",
        error.findtext("StringToSign"),
        error.findtext("FormatString"),
        _unix_seconds(time) if time else None,
    )


def _unix_seconds(text: str) -> Optional[int]:
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        return None
