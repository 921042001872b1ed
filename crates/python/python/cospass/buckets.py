"""The calls of buckets that object calls stand on: making, listing, deleting (``cos_client.py``)."""

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from .document import Document, decoded, listed, read, write
from .exceptions import CosServiceError
from .objects import Objects, encoding
from .request import Body, mapped
from .steps import Steps


@dataclass(frozen=True)
class _Listing:
    """What the listings differ in."""

    what: str
    #: The parameter that asks for it, if there is one.
    subresource: Dict[str, str]
    #: The parameter that says how many are told at most.
    most: str
    #: Where keys stand that are percent-decoded.
    names: Tuple[str, ...]
    #: Elements that may be there several times, and where their keys stand.
    inner: Tuple[Tuple[str, str], ...]


_OBJECTS = _Listing(
    "list objects",
    {},
    "max-keys",
    ("Prefix", "Marker", "NextMarker"),
    (("Contents", "Key"), ("CommonPrefixes", "Prefix")),
)
_VERSIONS = _Listing(
    "list objects versions",
    {"versions": ""},
    "max-keys",
    ("Prefix", "KeyMarker", "NextKeyMarker", "VersionIdMarker", "NextVersionIdMarker"),
    (("CommonPrefixes", "Prefix"), ("Version", "Key"), ("DeleteMarker", "Key")),
)
_UPLOADS = _Listing(
    "get multipart uploads",
    {"uploads": ""},
    "max-uploads",
    ("Prefix", "KeyMarker", "NextKeyMarker", "UploadIdMarker", "NextUploadIdMarker"),
    (("Upload", "Key"), ("CommonPrefixes", "Prefix")),
)


class Buckets(Objects):
    """What is done with buckets, and with what is in them."""

    def _listed(
        self,
        listing: _Listing,
        bucket: str,
        place: Dict[str, str],
        most: int,
        encoding_type: str,
        arguments: Mapping[str, Any],
    ) -> Steps[Document]:
        """One page of a listing; ``place`` is prefix, delimiter and the markers after which it begins."""
        params = {
            **listing.subresource,
            **place,
            listing.most: most,
            "encoding-type": encoding(encoding_type),
        }
        data: Document = yield from self._document(
            listing.what, "GET", bucket, None, mapped(arguments), params
        )
        listed(data, *(outer for outer, _ in listing.inner))
        if not encoding_type:
            decoded(data, listing.names, listing.inner)
        return data

    def create_bucket(
        self,
        /,
        Bucket: str,
        BucketAZConfig: Optional[str] = None,
        BucketArchConfig: Optional[str] = None,
        **kwargs: Any,
    ) -> Steps[None]:
        """Makes a bucket.

        :param BucketAZConfig: ``MAZ`` for several zones.
        :param BucketArchConfig: ``OFS`` for one with folders.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        headers, body = mapped(kwargs), Body()
        wanted: Dict[str, Any] = {}
        if BucketAZConfig == "MAZ":
            wanted["BucketAZConfig"] = "MAZ"
        if BucketArchConfig == "OFS":
            wanted["BucketArchConfig"] = "OFS"
        if wanted:
            body = Body(content=write("CreateBucketConfiguration", wanted))
            headers.update({"Content-MD5": body.md5(), "Content-Type": "application/xml"})
        yield from self._asked("create bucket", "PUT", Bucket, None, headers, body=body)

    def delete_bucket(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Deletes an empty bucket.

        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        yield from self._asked("delete bucket", "DELETE", Bucket, None, mapped(kwargs))

    def head_bucket(self, /, Bucket: str, **kwargs: Any) -> Steps[Dict[str, Any]]:
        """Whether a bucket is there and may be used.

        :return: the headers of the answer.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused; of the status 404 where there is no such bucket.
        """
        answer = yield from self._asked("head bucket", "HEAD", Bucket, None, mapped(kwargs))
        return dict(answer.headers)

    def bucket_exists(self, /, Bucket: str, **kwargs: Any) -> Steps[bool]:
        """Whether there is such a bucket.

        :param kwargs: those of ``head_bucket``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused, for another reason than that there is none.
        """
        try:
            yield from self.head_bucket(Bucket, **kwargs)
        except CosServiceError as error:
            if error.get_status_code() == 404:
                return False
            raise
        return True

    def list_buckets(
        self,
        /,
        TagKey: Optional[str] = None,
        TagValue: Optional[str] = None,
        Region: Optional[str] = None,
        CreateTime: Any = None,
        Range: Optional[str] = None,
        Marker: str = "",
        MaxKeys: int = 2000,
        **kwargs: Any,
    ) -> Steps[Document]:
        """The buckets of the account, 2000 at most.

        :param CreateTime: Unix seconds, with ``Range``: ``lt``, ``gt``, ``lte`` or ``gte``.
        :param Marker: the name after which to begin.
        :return: ``Owner`` and ``Buckets``, whose ``Bucket`` is a list.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        conf = self._sender.conf
        domain = "myqcloud.com" if conf._enable_old_domain else "tencentcos.cn"
        host = conf._service_domain
        if host is None:
            host = f"service.cos.{domain}"
        host = host.decode() if isinstance(host, bytes) else host
        params: Dict[str, Any] = {"marker": Marker, "max-keys": MaxKeys}
        if TagKey and TagValue:
            params.update({"tagkey": TagKey, "tagvalue": TagValue})
        if Region:
            params["region"] = Region
        if CreateTime and Range:
            params.update({"create-time": CreateTime, "range": Range})
        answer = yield from self._asked(
            "list buckets",
            "GET",
            None,
            None,
            mapped(kwargs),
            params,
            url=f"{conf._scheme}://{host}/",
        )
        data = read(answer.body)
        if isinstance(data.get("Buckets"), dict):
            listed(data["Buckets"], "Bucket")
        return data

    def list_objects(
        self,
        /,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        Marker: str = "",
        MaxKeys: int = 1000,
        EncodingType: str = "",
        **kwargs: Any,
    ) -> Steps[Document]:
        """The objects of a bucket, 1000 at most.

        :param Delimiter: keys that have it behind the prefix are told once, as ``CommonPrefixes``.
        :param Marker: the key after which to begin.
        :param EncodingType: with ``url`` keys stay percent-encoded.
        :return: ``Contents`` and ``CommonPrefixes``, lists as far as there are any, ``IsTruncated``, ``NextMarker``.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        place = {"prefix": Prefix, "delimiter": Delimiter, "marker": Marker}
        return (yield from self._listed(_OBJECTS, Bucket, place, MaxKeys, EncodingType, kwargs))

    def list_objects_versions(
        self,
        /,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        KeyMarker: str = "",
        VersionIdMarker: str = "",
        MaxKeys: int = 1000,
        EncodingType: str = "",
        **kwargs: Any,
    ) -> Steps[Document]:
        """The versions of the objects of a bucket, 1000 at most; see ``list_objects``.

        :param KeyMarker, VersionIdMarker: the version after which to begin.
        :return: ``Version``, ``DeleteMarker`` and ``CommonPrefixes``, lists as far as there are any.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        place = {"prefix": Prefix, "delimiter": Delimiter}
        place.update({"key-marker": KeyMarker, "version-id-marker": VersionIdMarker})
        return (yield from self._listed(_VERSIONS, Bucket, place, MaxKeys, EncodingType, kwargs))

    def list_multipart_uploads(
        self,
        /,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        KeyMarker: str = "",
        UploadIdMarker: str = "",
        MaxUploads: int = 1000,
        EncodingType: str = "",
        **kwargs: Any,
    ) -> Steps[Document]:
        """The uploads in parts that are under way, 1000 at most; see ``list_objects``.

        :param KeyMarker, UploadIdMarker: the upload after which to begin.
        :return: ``Upload`` and ``CommonPrefixes``, lists as far as there are any.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the service refused.
        """
        place = {"prefix": Prefix, "delimiter": Delimiter}
        place.update({"key-marker": KeyMarker, "upload-id-marker": UploadIdMarker})
        return (yield from self._listed(_UPLOADS, Bucket, place, MaxUploads, EncodingType, kwargs))
