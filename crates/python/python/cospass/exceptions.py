"""What calls raise, with the accessors of the official SDK (``cos_exception.py``)."""

import json
import xml.etree.ElementTree as ElementTree
from typing import Any, Mapping, Optional, Union


class CosException(Exception):
    """What every error of this package is."""

    def __init__(self, message: Any) -> None:
        super().__init__(message)
        self._message = message

    def __str__(self) -> str:
        return str(self._message)


class CosClientError(CosException):
    """The call was refused before anything was sent, or no answer came."""


class CosServiceError(CosException):
    """The service refused the request."""

    def __init__(
        self, method: str, message: Union[str, bytes, Mapping[str, str]], status_code: int
    ) -> None:
        super().__init__(message)
        self.method = method
        self._status_code = status_code
        if isinstance(message, bytes):
            message = message.decode(errors="replace")
        self._origin_msg: str = ""
        self._digest_msg: Union[str, Mapping[str, str]] = message
        if isinstance(message, str):
            self._origin_msg = message
            self._digest_msg = _digest(message)

    def __str__(self) -> str:
        return str(self._digest_msg)

    def __reduce__(self) -> Any:
        return type(self), (self.method, self._message, self._status_code)

    def get_origin_msg(self) -> str:
        """The error document as it came, or nothing where none did."""
        return self._origin_msg

    def get_digest_msg(self) -> Union[str, Mapping[str, str]]:
        """``code``, ``message``, ``resource``, ``requestid`` and ``traceid``."""
        return self._digest_msg

    def get_status_code(self) -> int:
        """The status of HTTP."""
        return self._status_code

    def get_error_code(self) -> str:
        """The service's code, such as ``NoSuchKey``; ``Unknown`` where there was no document."""
        return self._part("code")

    def get_error_msg(self) -> str:
        """The service's message."""
        return self._part("message")

    def get_resource_location(self) -> str:
        """What the request was for."""
        return self._part("resource")

    def get_trace_id(self) -> str:
        """What the service finds the request by."""
        return self._part("traceid")

    def get_request_id(self) -> str:
        """What the service finds the request by."""
        return self._part("requestid")

    def _part(self, name: str) -> str:
        if isinstance(self._digest_msg, Mapping):
            return self._digest_msg.get(name, "Unknown")
        return "Unknown"


class CosWarning(UserWarning):
    """What is signed is valid and yet a risk; docs/warnings.md has a line on each.

    Told by ``warnings.warn`` where a filter names this class, and by no other: ``warnings.simplefilter("default", CosWarning)``
    shows them, ``"error"`` refuses what there is one of. ``client.warnings_of`` returns them without any filter.
    """

    def __init__(self, id: str, message: str) -> None:
        super().__init__(id, message)
        #: The stable name, such as ``long-validity``.
        self.id = id
        #: What can go wrong and what to do, in a sentence.
        self.message = message

    def __str__(self) -> str:
        return f"{self.id}: {self.message}"


def _digest(message: str) -> Union[str, Mapping[str, str]]:
    """The parts of an error document, which may be XML or, of data processing, JSON."""
    document = _parsed(message)
    if document is not None:
        names = {
            "code": "Code",
            "message": "Message",
            "resource": "Resource",
            "requestid": "RequestId",
        }
        found = {name: document.findtext(f".//{{*}}{tag}") for name, tag in names.items()}
        parts = {name: text for name, text in found.items() if text}
        if len(parts) == len(names):
            return {**parts, "traceid": document.findtext(".//{*}TraceId") or "Unknown"}
    try:
        read: Union[str, Mapping[str, str]] = json.loads(message)
    except ValueError:
        return "Response Error Msg Is INVALID"
    return read


def _parsed(message: str) -> Optional[ElementTree.Element]:
    try:
        return ElementTree.fromstring(message)
    except (ElementTree.ParseError, ValueError):
        return None
