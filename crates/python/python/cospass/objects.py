"""The calls of objects: arguments, requests and results are those of the official SDK (``cos_client.py``)."""

import posixpath
from typing import Any, Dict, List, Mapping, Optional, Union

from . import _cospass
from .body import ContentSource
from .document import Document, decoded, listed, read, write
from .exceptions import CosClientError, CosServiceError
from .request import Body, Path, Request, a_mapping, a_path, mapped
from .sending import Sender, logger, shown
from .source import copy_source_url
from .steps import Steps, Work

Text = Union[str, bytes]
Result = Dict[str, Any]


class Objects:
    """What is done with single objects, and with several in one request."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _asked(
        self,
        what: str,
        method: str,
        bucket: Optional[str],
        key: Any,
        headers: Dict[str, Any],
        params: Optional[Dict[str, Any]] = None,
        **rest: Any,
    ) -> Steps[_cospass.Answer]:
        request: Request = self._sender.request(method, bucket, key, headers, params, **rest)
        logger.info("%s, url=:%s ,headers=:%s", what, request.url, shown(headers))
        return (yield from self._sender.sent(request))

    def _document(self, *arguments: Any, **keywords: Any) -> Steps[Document]:
        answer = yield from self._asked(*arguments, **keywords)
        return read(answer.body)

    def put_object(
        self, /, Bucket: str, Body: Any, Key: Text, EnableMD5: bool = False, **kwargs: Any
    ) -> Steps[Result]:
        """Uploads an object of 5 GiB at most.

        :param Body: bytes, str, a file or anything with ``read``, or what yields bytes.
        :param EnableMD5: sends ``Content-MD5``, so that the service checks the bytes.
        :param kwargs: headers by the official names, such as ``ContentType``, ``StorageClass``, ``Metadata``.
        :return: the headers of the answer, ``ETag`` among them.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = _body(Body)
        headers = mapped(kwargs)
        if EnableMD5:
            headers["Content-MD5"] = yield Work(body.md5)
        answer = yield from self._asked("put object", "PUT", Bucket, Key, headers, body=body)
        return dict(answer.headers)

    def put_object_from_local_file(
        self, /, Bucket: str, LocalFilePath: Path, Key: Text, EnableMD5: bool = False, **kwargs: Any
    ) -> Steps[Result]:
        """Uploads a file of 5 GiB at most in one request; see ``put_object``.

        :raises OSError: the file cannot be opened.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        with open(a_path("LocalFilePath", LocalFilePath), "rb") as file:
            return (yield from self.put_object(Bucket, file, Key, EnableMD5, **kwargs))

    def append_object(
        self, /, Bucket: str, Key: Text, Position: int, Data: Any, **kwargs: Any
    ) -> Steps[Result]:
        """Appends to an object.

        :param Position: its length so far, in bytes.
        :return: the headers of the answer, ``x-cos-next-append-position`` among them.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        params = {"append": "", "position": Position}
        answer = yield from self._asked(
            "append object",
            "POST",
            Bucket,
            Key,
            mapped(kwargs),
            params,
            body=_body(Data),
            is_repeatable=False,
        )
        return dict(answer.headers)

    def _get_object(
        self, Bucket: str, Key: Text, KeySimplifyCheck: bool = True, **kwargs: Any
    ) -> Steps[ContentSource]:
        given = mapped(kwargs)
        params = {name: given.pop(name) for name in list(given) if _is_parameter(name)}
        if KeySimplifyCheck:
            _check_simplified(Key)
        answer = yield from self._asked(
            "get object", "GET", Bucket, Key, given, params, is_streamed=True
        )
        if answer.stream is None:
            raise CosClientError(f"the service answered {answer.status} to a download")
        return ContentSource(dict(answer.headers), answer.stream)

    def head_object(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Result]:
        """What is known of an object.

        :return: the headers of the answer: ``Content-Length``, ``ETag``, ``Last-Modified`` and so on.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused; of the status 404 where there is no such object.
        """
        headers = mapped(kwargs)
        params = _version(headers)
        answer = yield from self._asked("head object", "HEAD", Bucket, Key, headers, params)
        return dict(answer.headers)

    def object_exists(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[bool]:
        """Whether there is such an object.

        :param kwargs: those of ``head_object``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused, for another reason than that there is none.
        """
        try:
            yield from self.head_object(Bucket, Key, **kwargs)
        except CosServiceError as error:
            if error.get_status_code() == 404:
                return False
            raise
        return True

    def delete_object(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Result]:
        """Deletes an object; one that is not there is no error.

        :return: the headers of the answer.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers = mapped(kwargs)
        params = _version(headers)
        answer = yield from self._asked("delete object", "DELETE", Bucket, Key, headers, params)
        return dict(answer.headers)

    def delete_objects(
        self, /, Bucket: str, Delete: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> Steps[Document]:
        """Deletes 1000 objects at most.

        :param Delete: ``{"Quiet": "true", "Object": [{"Key": …, "VersionId": …}, …]}``.
        :return: ``Deleted`` and ``Error``, lists, as far as there are any.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = Body(content=write("Delete", Delete or {}))
        headers = {**mapped(kwargs), "Content-MD5": body.md5(), "Content-Type": "application/xml"}
        data: Document = yield from self._document(
            "delete objects", "POST", Bucket, None, headers, {"delete": ""}, body=_sized(body)
        )
        listed(data, "Deleted", "Error")
        return data

    def copy_object(
        self,
        /,
        Bucket: str,
        Key: Text,
        CopySource: Mapping[str, Any],
        CopyStatus: str = "Copy",
        **kwargs: Any,
    ) -> Steps[Result]:
        """Copies an object of 5 GiB at most inside the service.

        :param CopySource: ``Bucket``, ``Key`` and ``Region``, and ``VersionId`` where it is not the newest.
        :param CopyStatus: ``Copy``, or ``Replaced`` where the headers of this call replace those of the source.
        :return: the headers of the answer, and ``ETag``, ``LastModified`` and so on of the new object.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers = mapped(kwargs)
        headers["x-cos-copy-source"] = copy_source_url(CopySource, self._sender.conf)
        if CopyStatus not in ("Copy", "Replaced"):
            raise CosClientError("CopyStatus must be Copy or Replaced")
        headers["x-cos-metadata-directive"] = CopyStatus
        return (yield from self._made("copy object", "PUT", Bucket, Key, headers))

    def _made(self, what: str, method: str, *arguments: Any, **keywords: Any) -> Steps[Result]:
        """A call that may be answered with an error behind the status 200."""
        answer = yield from self._asked(what, method, *arguments, **keywords)
        document = read(answer.body)
        if "ETag" not in document:
            raise CosServiceError(method, answer.body.decode("utf-8", "replace"), answer.status)
        return {**dict(answer.headers), **document}

    def get_object_acl(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Document]:
        """Who may do what with an object.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        answer = yield from self._asked(
            "get object acl", "GET", Bucket, Key, mapped(kwargs), {"acl": ""}
        )
        data: Document = typed(read(answer.body))
        is_public = is_granted(grants_of(data), "READ")
        is_default = dict(answer.headers).get("x-cos-acl") == "default"
        data["CannedACL"] = "default" if is_default else "public-read" if is_public else "private"
        return data

    def put_object_acl(
        self,
        /,
        Bucket: str,
        Key: Text,
        AccessControlPolicy: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> Steps[None]:
        """Sets who may do what with an object: by a document, or by ``ACL``, ``GrantRead`` and so on.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers = mapped(kwargs)
        body = Body()
        if AccessControlPolicy:
            body = Body(content=write("AccessControlPolicy", AccessControlPolicy))
            headers.update({"Content-MD5": body.md5(), "Content-Type": "application/xml"})
        yield from self._asked(
            "put object acl", "PUT", Bucket, Key, headers, {"acl": ""}, body=_sized(body)
        )

    def put_object_tagging(
        self, /, Bucket: str, Key: Text, Tagging: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets the tags of an object.

        :param Tagging: ``{"TagSet": {"Tag": [{"Key": …, "Value": …}, …]}}``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = Body(content=write("Tagging", Tagging or {}))
        headers = mapped(kwargs)
        params: Dict[str, Any] = {"tagging": "", **_version(headers)}
        headers.update({"Content-MD5": body.md5(), "Content-Type": "application/xml"})
        yield from self._asked(
            "put object tagging", "PUT", Bucket, Key, headers, params, body=_sized(body)
        )

    def get_object_tagging(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Document]:
        """The tags of an object.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused; of the status 404 where it has none.
        """
        headers = mapped(kwargs)
        params: Dict[str, Any] = {"tagging": "", **_version(headers)}
        data: Document = yield from self._document(
            "get object tagging", "GET", Bucket, Key, headers, params
        )
        if isinstance(data.get("TagSet"), dict):
            listed(data["TagSet"], "Tag")
        return data

    def delete_object_tagging(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[None]:
        """Takes the tags of an object away.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers = mapped(kwargs)
        params: Dict[str, Any] = {"tagging": "", **_version(headers)}
        yield from self._asked("delete object tagging", "DELETE", Bucket, Key, headers, params)

    def restore_object(
        self,
        /,
        Bucket: str,
        Key: Text,
        RestoreRequest: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> Steps[None]:
        """Makes an archived object readable for some days.

        :param RestoreRequest: ``{"Days": 100, "CASJobParameters": {"Tier": "Standard"}}``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = Body(content=write("RestoreRequest", RestoreRequest or {}))
        headers = mapped(kwargs)
        params: Dict[str, Any] = {"restore": "", **_version(headers)}
        headers.update({"Content-MD5": body.md5(), "Content-Type": "application/xml"})
        yield from self._asked(
            "restore object", "POST", Bucket, Key, headers, params, body=_sized(body)
        )

    def change_object_storage_class(
        self, /, Bucket: str, Key: Text, StorageClass: str
    ) -> Steps[Result]:
        """Moves an object to another class, by copying it to itself; see ``copy_object``."""
        return (yield from self.update_object_meta(Bucket, Key, StorageClass=StorageClass))

    def update_object_meta(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Result]:
        """Sets the headers of an object anew, by copying it to itself; see ``copy_object``.

        :param kwargs: all of them: those that are not given are taken away.
        """
        source = {"Bucket": Bucket, "Key": Key, **self._sender.conf._place}
        return (yield from self.copy_object(Bucket, Key, source, "Replaced", **kwargs))

    def put_symlink(
        self, /, Bucket: str, SymlinkName: Text, SymlinkTarget: str, **kwargs: Any
    ) -> Steps[Result]:
        """Makes a name that stands for another object.

        :param SymlinkTarget: the key of that object, which need not be there.
        :return: the headers of the answer.
        """
        headers = {**mapped(kwargs), "x-cos-symlink-target": SymlinkTarget}
        params = {"symlink": ""}
        answer = yield from self._asked("put symlink", "PUT", Bucket, SymlinkName, headers, params)
        return dict(answer.headers)

    def get_symlink(self, /, Bucket: str, SymlinkName: Text, **kwargs: Any) -> Steps[Result]:
        """Tells which object a name stands for.

        :return: the headers of the answer, ``x-cos-symlink-target`` among them.
        """
        headers = mapped(kwargs)
        params: Dict[str, Any] = {"symlink": "", **_version(headers)}
        answer = yield from self._asked("get symlink", "GET", Bucket, SymlinkName, headers, params)
        return dict(answer.headers)

    def create_multipart_upload(self, /, Bucket: str, Key: Text, **kwargs: Any) -> Steps[Document]:
        """Begins an upload in parts.

        :param kwargs: headers of the object, by the official names.
        :return: ``Bucket``, ``Key`` and ``UploadId``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        return (
            yield from self._document(
                "create multipart upload",
                "POST",
                Bucket,
                Key,
                mapped(kwargs),
                {"uploads": ""},
                is_repeatable=False,
            )
        )

    def upload_part(
        self,
        /,
        Bucket: str,
        Key: Text,
        Body: Any,
        PartNumber: int,
        UploadId: str,
        EnableMD5: bool = False,
        **kwargs: Any,
    ) -> Steps[Result]:
        """Uploads one part of 5 GiB at most; see ``put_object``.

        :param PartNumber: 1 to 10000.
        :return: the headers of the answer, ``ETag`` among them.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = _body(Body)
        headers = mapped(kwargs)
        params = {"partNumber": PartNumber, "uploadId": UploadId}
        if EnableMD5:
            headers["Content-MD5"] = yield Work(body.md5)
        answer = yield from self._asked(
            "upload part", "PUT", Bucket, Key, headers, params, body=body
        )
        return dict(answer.headers)

    def upload_part_copy(
        self,
        /,
        Bucket: str,
        Key: Text,
        PartNumber: int,
        UploadId: str,
        CopySource: Mapping[str, Any],
        CopySourceRange: str = "",
        **kwargs: Any,
    ) -> Steps[Result]:
        """Makes a part of an object that is there.

        :param CopySourceRange: ``bytes=first-last``, both included; all of it without.
        :return: the headers of the answer, and ``ETag`` and ``LastModified`` of the part.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers = mapped(kwargs)
        headers["x-cos-copy-source"] = copy_source_url(CopySource, self._sender.conf)
        headers["x-cos-copy-source-range"] = CopySourceRange or None
        params = {"partNumber": PartNumber, "uploadId": UploadId}
        return (yield from self._made("upload part copy", "PUT", Bucket, Key, headers, params))

    def complete_multipart_upload(
        self,
        /,
        Bucket: str,
        Key: Text,
        UploadId: str,
        MultipartUpload: Optional[Mapping[str, Any]] = None,
        **kwargs: Any,
    ) -> Steps[Result]:
        """Makes an object of its parts.

        :param MultipartUpload: ``{"Part": [{"PartNumber": 1, "ETag": …}, …]}``, in order.
        :return: the headers of the answer, and ``ETag``, ``Location`` and so on of the object.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        body = Body(content=write("CompleteMultipartUpload", _parts(MultipartUpload or {})))
        return (
            yield from self._made(
                "complete multipart upload",
                "POST",
                Bucket,
                Key,
                mapped(kwargs),
                {"uploadId": UploadId},
                body=_sized(body),
                timeout=1200,
            )
        )

    def abort_multipart_upload(
        self, /, Bucket: str, Key: Text, UploadId: str, **kwargs: Any
    ) -> Steps[None]:
        """Gives an upload in parts up; its parts are deleted.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        params = {"uploadId": UploadId}
        yield from self._asked(
            "abort multipart upload", "DELETE", Bucket, Key, mapped(kwargs), params
        )

    def list_parts(
        self,
        /,
        Bucket: str,
        Key: Text,
        UploadId: str,
        EncodingType: str = "",
        MaxParts: int = 1000,
        PartNumberMarker: int = 0,
        **kwargs: Any,
    ) -> Steps[Document]:
        """The parts of an upload, 1000 at most.

        :param EncodingType: with ``url`` keys stay percent-encoded.
        :param PartNumberMarker: the part after which to begin.
        :return: ``Part``, a list, ``IsTruncated`` and ``NextPartNumberMarker`` among others.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        params = {
            "uploadId": UploadId,
            "part-number-marker": PartNumberMarker,
            "max-parts": MaxParts,
            "encoding-type": encoding(EncodingType),
        }
        data: Document = yield from self._document(
            "list multipart upload parts", "GET", Bucket, Key, mapped(kwargs), params
        )
        listed(data, "Part")
        if not EncodingType:
            decoded(data, ["Key"], [])
        return data


#: Who everyone is, in access control.
_EVERYONE = "http://cam.qcloud.com/groups/global/AllUsers"


def encoding(given: str) -> str:
    """``EncodingType``, which keys travel with in any case, so that XML can carry them."""
    if given and given != "url":
        raise CosClientError("EncodingType must be url")
    return "url"


def _body(given: Any) -> Body:
    return Body.of(b"" if given is None else given)


def _sized(body: Body) -> Body:
    body.length = None if body.content is None else len(body.content)
    return body


def _is_parameter(header: str) -> bool:
    return header.startswith("response") or header == "versionId"


def _version(headers: Dict[str, Any]) -> Dict[str, Any]:
    """The version that is asked for, which is no header."""
    return {"versionId": headers.pop("versionId")} if "versionId" in headers else {}


def _check_simplified(key: Any) -> None:
    """``path_simplify_check``: a key that others read as the bucket itself would be answered with a listing."""
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
    if posixpath.normpath("/" + text.lstrip("/")) == "/":
        raise CosClientError("GetObject Key is invalid")


def is_granted(grants: List[Document], permission: str) -> bool:
    """Whether everyone may."""
    return any(
        grant.get("Permission") == permission
        and (grant.get("Grantee") or {}).get("URI") == _EVERYONE
        for grant in grants
    )


def grants_of(data: Document) -> List[Document]:
    """The grants of an ACL, a list from now on."""
    control = data.get("AccessControlList")
    if not isinstance(control, dict):
        return []
    listed(control, "Grant")
    grants: List[Document] = control.get("Grant") or []
    return grants


def typed(value: Any) -> Any:
    """The same with ``Type`` for the attribute that says what a grantee is (``get_object_acl``)."""
    if isinstance(value, dict):
        return {"Type" if name == "type" else name: typed(each) for name, each in value.items()}
    return [typed(each) for each in value] if isinstance(value, list) else value


def _parts(given: Mapping[str, Any]) -> Dict[str, Any]:
    """The parts of ``MultipartUpload`` (``dict_to_xml``)."""
    if "Part" not in a_mapping("MultipartUpload", given):
        raise CosClientError("Invalid Parameter, Part Is Required!")
    if not isinstance(given["Part"], (list, tuple)):
        raise CosClientError("Part of MultipartUpload is no list: give one of PartNumber and ETag")
    for part in given["Part"]:
        a_mapping("a Part of MultipartUpload", part)
        for name in ("PartNumber", "ETag"):
            if name not in part:
                raise CosClientError(f"Invalid Parameter, {name} Is Required!")
    names = ("PartNumber", "ETag")
    return {"Part": [{name: part[name] for name in names} for part in given["Part"]]}
