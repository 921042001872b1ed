"""The configurations of buckets: what is set with a document, told as a dictionary and taken away (``cos_client.py``)."""

import json
from typing import Any, Dict, Iterable, Mapping, Optional, Union
from xml.etree import ElementTree

from .buckets import Buckets
from .document import Document, listed, read, write
from .exceptions import CosClientError
from .objects import grants_of, is_granted, typed
from .request import Body, mapped
from .steps import Steps

Given = Optional[Mapping[str, Any]]


class Configurations(Buckets):
    """What is set of buckets. Dictionaries are documents: lists repeat their element."""

    def _put(
        self,
        bucket: str,
        subresource: str,
        document: Optional[bytes],
        arguments: Mapping[str, Any],
        more: Optional[Dict[str, Any]] = None,
        method: str = "PUT",
        is_summed: bool = True,
    ) -> Steps[Dict[str, Any]]:
        """Sends a document; the headers of the answer. An empty one is sent as no bytes."""
        body = Body(content=document or b"")
        headers = mapped(arguments)
        if is_summed:
            headers.update({"Content-MD5": body.md5(), "Content-Type": "application/xml"})
        params = {subresource: "", **(more or {})}
        what = f"{method.lower()} bucket {subresource}"
        answer = yield from self._asked(what, method, bucket, None, headers, params, body=body)
        return dict(answer.headers)

    def _told(
        self,
        bucket: str,
        subresource: str,
        arguments: Mapping[str, Any],
        lists: Iterable[str] = (),
        more: Optional[Dict[str, Any]] = None,
    ) -> Steps[Document]:
        """The document; ``lists`` are of its elements those that may be there several times."""
        params = {subresource: "", **(more or {})}
        data: Document = yield from self._document(
            f"get bucket {subresource}", "GET", bucket, None, mapped(arguments), params
        )
        listed(data, *lists)
        return data

    def _deleted(
        self,
        bucket: str,
        subresource: str,
        arguments: Mapping[str, Any],
        more: Optional[Dict[str, Any]] = None,
    ) -> Steps[None]:
        params = {subresource: "", **(more or {})}
        what = f"delete bucket {subresource}"
        yield from self._asked(what, "DELETE", bucket, None, mapped(arguments), params)

    def put_bucket_cors(
        self, /, Bucket: str, CORSConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets which pages of other sites may ask for what."""
        document = write("CORSConfiguration", CORSConfiguration or {})
        yield from self._put(Bucket, "cors", document, kwargs)

    def get_bucket_cors(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells which pages of other sites may ask for what."""
        data = yield from self._told(Bucket, "cors", kwargs, ["CORSRule"])
        for rule in data.get("CORSRule", []):
            listed(rule, "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")
        return data

    def delete_bucket_cors(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away which pages of other sites may ask for what."""
        yield from self._deleted(Bucket, "cors", kwargs)

    def put_bucket_lifecycle(
        self, /, Bucket: str, LifecycleConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets when objects are moved to other classes, and deleted."""
        document = write("LifecycleConfiguration", LifecycleConfiguration or {})
        yield from self._put(Bucket, "lifecycle", document, kwargs)

    def get_bucket_lifecycle(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells when objects are moved to other classes, and deleted."""
        data = yield from self._told(Bucket, "lifecycle", kwargs, ["Rule"])
        for rule in data.get("Rule", []):
            listed(rule, "Transition", "NoncurrentVersionTransition")
            if isinstance(rule.get("Filter"), dict):
                listed(rule["Filter"], "Tag")
        return data

    def delete_bucket_lifecycle(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away when objects are moved to other classes, and deleted."""
        yield from self._deleted(Bucket, "lifecycle", kwargs)

    def put_bucket_replication(
        self, /, Bucket: str, ReplicationConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets to which buckets objects are copied."""
        document = write("ReplicationConfiguration", ReplicationConfiguration or {})
        yield from self._put(Bucket, "replication", document, kwargs)

    def get_bucket_replication(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells to which buckets objects are copied."""
        return (yield from self._told(Bucket, "replication", kwargs, ["Rule"]))

    def delete_bucket_replication(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away to which buckets objects are copied."""
        yield from self._deleted(Bucket, "replication", kwargs)

    def put_bucket_website(
        self, /, Bucket: str, WebsiteConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets how the bucket is served as a site."""
        document = write("WebsiteConfiguration", _with_rules(WebsiteConfiguration) or {})
        yield from self._put(Bucket, "website", document, kwargs)

    def get_bucket_website(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells how the bucket is served as a site."""
        data = yield from self._told(Bucket, "website", kwargs)
        if isinstance(data.get("RoutingRules"), dict):
            listed(data["RoutingRules"], "RoutingRule")
            data["RoutingRules"] = data["RoutingRules"]["RoutingRule"]
        return data

    def delete_bucket_website(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away how the bucket is served as a site."""
        yield from self._deleted(Bucket, "website", kwargs)

    def put_bucket_logging(
        self, /, Bucket: str, BucketLoggingStatus: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets where the log of requests goes."""
        document = write("BucketLoggingStatus", BucketLoggingStatus or {})
        yield from self._put(Bucket, "logging", document, kwargs)

    def get_bucket_logging(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells where the log of requests goes."""
        return (yield from self._told(Bucket, "logging", kwargs))

    def put_bucket_domain(
        self, /, Bucket: str, DomainConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets the domains of the bucket."""
        document = write("DomainConfiguration", DomainConfiguration or {})
        yield from self._put(Bucket, "domain", document, kwargs)

    def get_bucket_domain(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells the domains of the bucket."""
        answer = yield from self._asked(
            "get bucket domain", "GET", Bucket, None, mapped(kwargs), {"domain": ""}
        )
        data = read(answer.body)
        listed(data, "DomainRule")
        proof = "x-cos-domain-txt-verification"
        for name, value in answer.headers:
            if name.lower() == proof:
                data[proof] = value
        return data

    def delete_bucket_domain(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away the domains of the bucket."""
        yield from self._deleted(Bucket, "domain", kwargs)

    def put_bucket_origin(
        self, /, Bucket: str, OriginConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets where objects come from that are not there."""
        document = write("OriginConfiguration", OriginConfiguration or {})
        yield from self._put(Bucket, "origin", document, kwargs)

    def get_bucket_origin(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells where objects come from that are not there."""
        return (yield from self._told(Bucket, "origin", kwargs, ["OriginRule"]))

    def delete_bucket_origin(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away where objects come from that are not there."""
        yield from self._deleted(Bucket, "origin", kwargs)

    def put_bucket_tagging(
        self, /, Bucket: str, Tagging: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets the tags of the bucket."""
        document = write("Tagging", Tagging or {})
        yield from self._put(Bucket, "tagging", document, kwargs)

    def get_bucket_tagging(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells the tags of the bucket."""
        data = yield from self._told(Bucket, "tagging", kwargs)
        if isinstance(data.get("TagSet"), dict):
            listed(data["TagSet"], "Tag")
        return data

    def delete_bucket_tagging(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away the tags of the bucket."""
        yield from self._deleted(Bucket, "tagging", kwargs)

    def put_bucket_domain_certificate(
        self, /, Bucket: str, DomainCertificateConfiguration: Mapping[str, Any], **kwargs: Any
    ) -> Steps[None]:
        """Sets the certificate of domains."""
        document = write("DomainCertificate", DomainCertificateConfiguration)
        yield from self._put(Bucket, "domaincertificate", document, kwargs)

    def get_bucket_domain_certificate(
        self, /, Bucket: str, DomainName: str, **kwargs: Any
    ) -> Steps[Document]:
        """Tells the state of a domain's certificate."""
        more = {"domainname": DomainName}
        return (yield from self._told(Bucket, "domaincertificate", kwargs, more=more))

    def delete_bucket_domain_certificate(
        self, /, Bucket: str, DomainName: str, **kwargs: Any
    ) -> Steps[None]:
        """Takes away a domain's certificate."""
        yield from self._deleted(
            Bucket, "domaincertificate", kwargs, more={"domainname": DomainName}
        )

    def put_bucket_acl(
        self, /, Bucket: str, AccessControlPolicy: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets who may do what with the bucket: by a document, or by ``ACL``, ``GrantRead`` and so on."""
        document = write("AccessControlPolicy", AccessControlPolicy) if AccessControlPolicy else None
        yield from self._put(Bucket, "acl", document, kwargs, is_summed=False)

    def get_bucket_acl(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells who may do what with the bucket; in short as ``CannedACL``."""
        data: Document = typed((yield from self._told(Bucket, "acl", kwargs)))
        grants = grants_of(data)
        reads, writes = is_granted(grants, "READ"), is_granted(grants, "WRITE")
        public = "public-read-write" if writes else "public-read"
        data["CannedACL"] = public if reads else "private"
        return data

    def put_bucket_versioning(self, /, Bucket: str, Status: str, **kwargs: Any) -> Steps[None]:
        """Keeps former versions of objects from now on, or not.

        :param Status: ``Enabled`` or ``Suspended``.
        """
        if Status not in ("Enabled", "Suspended"):
            raise CosClientError("versioning status must be set to Enabled or Suspended!")
        document = write("VersioningConfiguration", {"Status": Status})
        yield from self._put(Bucket, "versioning", document, kwargs, is_summed=False)

    def get_bucket_versioning(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells whether former versions are kept; ``Status`` is not there where they never were."""
        return (yield from self._told(Bucket, "versioning", kwargs))

    def get_bucket_location(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells the region, as ``LocationConstraint``."""
        answer = yield from self._asked(
            "get bucket location", "GET", Bucket, None, mapped(kwargs), {"location": ""}
        )
        try:
            return {"LocationConstraint": ElementTree.fromstring(answer.body).text}
        except ElementTree.ParseError as error:
            raise CosClientError(f"the answer is no XML document: {error}") from None

    def put_bucket_policy(
        self, /, Bucket: str, Policy: Union[str, Dict[str, Any]], **kwargs: Any
    ) -> Steps[None]:
        """Sets the policy of the bucket, JSON or a dict of it."""
        if type(Policy) not in (str, dict):
            raise CosClientError("Policy must be a json format string or json format dict")
        text = Policy if isinstance(Policy, str) else json.dumps(Policy)
        headers = {**mapped(kwargs), "Content-Type": "application/json"}
        yield from self._asked(
            "put bucket policy", "PUT", Bucket, None, headers, {"policy": ""}, body=Body.of(text)
        )

    def get_bucket_policy(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells the policy of the bucket: JSON, as ``Policy``."""
        answer = yield from self._asked(
            "get bucket policy", "GET", Bucket, None, mapped(kwargs), {"policy": ""}
        )
        try:
            return {"Policy": json.dumps(json.loads(answer.body))}
        except ValueError as error:
            raise CosClientError(f"the answer is no JSON document: {error}") from None

    def delete_bucket_policy(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away the policy of the bucket."""
        yield from self._deleted(Bucket, "policy", kwargs)

    def put_bucket_inventory(
        self, /, Bucket: str, Id: str, InventoryConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets a list of the objects that is written regularly."""
        yield from self._inventory("PUT", Bucket, Id, InventoryConfiguration, kwargs)

    def post_bucket_inventory(
        self, /, Bucket: str, Id: str, InventoryConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Has a list of the objects written once."""
        yield from self._inventory("POST", Bucket, Id, InventoryConfiguration, kwargs)

    def _inventory(
        self, method: str, bucket: str, id: str, given: Given, arguments: Mapping[str, Any]
    ) -> Steps[None]:
        document = write("InventoryConfiguration", {**(given or {}), "Id": id})
        yield from self._put(bucket, "inventory", document, arguments, {"id": id}, method)

    def get_bucket_inventory(self, /, Bucket: str, Id: str, **kwargs: Any) -> Steps[Document]:
        """Tells a list that is written regularly."""
        data = yield from self._told(Bucket, "inventory", kwargs, more={"id": Id})
        if isinstance(data.get("OptionalFields"), dict):
            listed(data["OptionalFields"], "Field")
        return data

    def delete_bucket_inventory(self, /, Bucket: str, Id: str, **kwargs: Any) -> Steps[None]:
        """Takes away a list that is written regularly."""
        yield from self._deleted(Bucket, "inventory", kwargs, {"id": Id})

    def list_bucket_inventory_configurations(
        self, /, Bucket: str, ContinuationToken: Optional[str] = None, **kwargs: Any
    ) -> Steps[Document]:
        """Tells all lists that are written regularly, 100 at a time."""
        token = {} if ContinuationToken is None else {"continuation-token": ContinuationToken}
        return (yield from self._told(Bucket, "inventory", kwargs, more=token))

    def put_bucket_referer(
        self, /, Bucket: str, RefererConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets from which pages objects may be asked for."""
        document = write("RefererConfiguration", RefererConfiguration or {})
        yield from self._put(Bucket, "referer", document, kwargs)

    def get_bucket_referer(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells from which pages objects may be asked for."""
        data = yield from self._told(Bucket, "referer", kwargs)
        if isinstance(data.get("DomainList"), dict):
            listed(data["DomainList"], "Domain")
        return data

    def delete_bucket_referer(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Lets objects be asked for from anywhere, which is done by an empty document."""
        yield from self._put(Bucket, "referer", None, kwargs)

    def put_bucket_encryption(
        self, /, Bucket: str, ServerSideEncryptionConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Sets how objects are encrypted that say nothing of it."""
        root = "ServerSideEncryptionConfiguration"
        document = write(root, ServerSideEncryptionConfiguration or {})
        yield from self._put(Bucket, "encryption", document, kwargs, is_summed=False)

    def get_bucket_encryption(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells how objects are encrypted that say nothing of it."""
        return (yield from self._told(Bucket, "encryption", kwargs, ["Rule"]))

    def delete_bucket_encryption(self, /, Bucket: str, **kwargs: Any) -> Steps[None]:
        """Takes away how objects are encrypted that say nothing of it."""
        yield from self._deleted(Bucket, "encryption", kwargs)

    def put_bucket_object_lock(
        self, /, Bucket: str, ObjectLockConfiguration: Given = None, **kwargs: Any
    ) -> Steps[Dict[str, Any]]:
        """Locks objects against deletion for a time; it cannot be taken back.

        :return: the headers of the answer.
        """
        document = write("ObjectLockConfiguration", ObjectLockConfiguration or {})
        return (yield from self._put(Bucket, "object-lock", document, kwargs))

    def get_bucket_object_lock(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells for how long objects are locked."""
        return (yield from self._told(Bucket, "object-lock", kwargs))

    def put_bucket_intelligenttiering(
        self, /, Bucket: str, IntelligentTieringConfiguration: Given = None, **kwargs: Any
    ) -> Steps[None]:
        """Moves objects between classes by how often they are asked for."""
        params = {"intelligenttiering": ""}
        yield from self._tiering(Bucket, IntelligentTieringConfiguration, params, kwargs)

    def get_bucket_intelligenttiering(self, /, Bucket: str, **kwargs: Any) -> Steps[Document]:
        """Tells whether objects are moved between classes by how often they are asked for."""
        return (yield from self._told(Bucket, "intelligenttiering", kwargs))

    def put_bucket_intelligenttiering_v2(
        self,
        /,
        Bucket: str,
        IntelligentTieringConfiguration: Given = None,
        Id: Optional[str] = None,
        **kwargs: Any,
    ) -> Steps[None]:
        """As ``put_bucket_intelligenttiering``, one of several rules; ``Id`` is its name, ``default`` that of all objects."""
        params = {"intelligent-tiering": "", **({} if Id is None else {"id": Id})}
        yield from self._tiering(Bucket, IntelligentTieringConfiguration, params, kwargs)

    def _tiering(
        self, bucket: str, given: Given, params: Dict[str, Any], arguments: Mapping[str, Any]
    ) -> Steps[None]:
        body = Body(content=write("IntelligentTieringConfiguration", given or {}))
        headers = {**mapped(arguments), "Content-Type": "application/xml"}
        what = "put bucket intelligenttiering"
        yield from self._asked(what, "PUT", bucket, None, headers, params, body=body)

    def get_bucket_intelligenttiering_v2(
        self, /, Bucket: str, Id: str, **kwargs: Any
    ) -> Steps[Document]:
        """Tells a rule by which objects are moved between classes."""
        return (yield from self._told(Bucket, "intelligent-tiering", kwargs, more={"id": Id}))

    def list_bucket_intelligenttiering_configurations(
        self, /, Bucket: str, **kwargs: Any
    ) -> Steps[Document]:
        """Tells all rules by which objects are moved between classes."""
        return (yield from self._told(Bucket, "intelligent-tiering", kwargs))


def _with_rules(given: Given) -> Given:
    """``RoutingRules``, a list, as the document has it."""
    if isinstance(given, Mapping) and "RoutingRules" in given:
        return {**given, "RoutingRules": {"RoutingRule": given["RoutingRules"]}}
    return given
