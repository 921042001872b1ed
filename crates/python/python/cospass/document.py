"""XML documents as dictionaries and back, in the shapes of the official SDK (``xml2dict.py``, ``cos_comm.py``)."""

import xml.etree.ElementTree as ElementTree
from typing import Any, Dict, Iterable, List, Mapping, Tuple, Union
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from .exceptions import CosClientError

Document = Dict[str, Any]

#: What names of elements are freed of.
_NAMESPACES = (
    "{http://www.qcloud.com/document/product/436/7751}",
    "{https://cloud.tencent.com/document/product/436}",
    "{http://doc.s3.amazonaws.com/2006-03-01}",
    "{http://s3.amazonaws.com/doc/2006-03-01/}",
    "{http://www.w3.org/2001/XMLSchema-instance}",
)

#: No document of the service goes deeper; a dictionary that holds itself does.
_DEEPEST = 100


def read(text: Union[str, bytes]) -> Document:
    """The children of the root; those that are there several times are a list.

    :raises CosClientError: it is no XML.
    """
    try:
        return _children(ElementTree.fromstring(text))
    except ElementTree.ParseError as error:
        raise CosClientError(f"the answer is no XML document: {error}") from None


def _children(parent: ElementTree.Element) -> Document:
    found: Document = {}
    for name, text in parent.items():
        _add(found, name, text)
    if len(parent) == 0:
        _add(found, parent.tag, parent.text)
    for element in parent:
        value: Any = element.text
        if len(element):
            value = _children(element)
        elif element.items():
            value = {_freed(name): text for name, text in element.items()}
            if element.text:
                value[_freed(element.tag)] = element.text
        _add(found, element.tag, value)
    return found


def _add(found: Document, name: str, value: Any) -> None:
    name = _freed(name)
    if name not in found:
        found[name] = value
        return
    # At the end, where the official SDK puts it.
    former = found.pop(name)
    found[name] = [*former, value] if isinstance(former, list) else [former, value]


def _freed(name: str) -> str:
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            return name[len(namespace) :]
    return name


def write(root: str, data: Mapping[str, Any]) -> bytes:
    """A document: mappings are elements, lists repeat theirs, ``@name`` is an attribute and ``#text`` the text.

    :raises CosClientError: a dictionary that holds itself, or text that XML cannot carry.
    """
    if not isinstance(data, Mapping):
        raise CosClientError(
            f"{root} is of type {type(data).__name__}: give a dict of what is in the document"
        )
    pieces = ['<?xml version="1.0" encoding="utf-8"?>\n']
    _write(pieces, root, data, 0)
    try:
        return "".join(pieces).encode("utf-8")
    except UnicodeEncodeError:
        raise CosClientError(
            "your unicode strings can not encoded in utf8, utf8 support only!"
        ) from None


def _write(pieces: List[str], name: str, value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise CosClientError(f"{name} goes deeper than {_DEEPEST} elements: does it hold itself?")
    if isinstance(value, (list, tuple)):
        for each in value:
            _write(pieces, name, each, depth + 1)
        return
    attributes, inner = "", value
    children: Iterable[Tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        given = [(str(key), each) for key, each in value.items()]
        attributes = "".join(
            f" {key[1:]}={quoteattr(_text(each))}" for key, each in given if key.startswith("@")
        )
        inner = value.get("#text")
        children = [(key, each) for key, each in given if key[:1] not in ("@", "#")]
    pieces.append(f"<{name}{attributes}>{escape(_text(inner))}")
    for key, each in children:
        _write(pieces, key, each, depth + 1)
    pieces.append(f"</{name}>")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


def listed(data: Document, *names: str) -> None:
    """Makes lists of what may be there once or several times (``format_dict``)."""
    for name in names:
        if name in data and isinstance(data[name], (dict, str)):
            data[name] = [data[name]]
        elif name in data and data[name] is None:
            data[name] = []


def decoded(data: Document, names: Iterable[str], inner: Iterable[Tuple[str, str]]) -> None:
    """Percent-decodes keys and the like (``decode_result``)."""
    for name in names:
        if data.get(name):
            data[name] = unquote(data[name])
    for outer, name in inner:
        for each in data.get(outer) or ():
            if each.get(name):
                each[name] = unquote(each[name])
