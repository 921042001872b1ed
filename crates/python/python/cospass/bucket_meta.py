"""All that is set of a bucket, asked for at once (``cos_client.py``, ``get_bucket_meta``)."""

from typing import Any, Callable, Dict

from .configurations import Configurations
from .document import Document
from .exceptions import CosServiceError
from .sending import logger
from .steps import Several, Steps

#: So many configurations are asked for at the same time.
_AT_ONCE = 10


class BucketMeta(Configurations):
    """What is told of buckets as a whole."""

    def get_bucket_meta(self, /, Bucket: str, **kwargs: Any) -> Steps[Dict[str, Any]]:
        """Tells what is set of a bucket: each configuration under its name, ``None`` where there is none, or it may not be seen.

        :param kwargs: headers, as in each of the calls that it makes.
        :return: ``BucketUrl``, ``Location``, ``OFS``, ``MAZ``, and what ``get_bucket_acl``, ``get_bucket_cors`` and so on return.
        :raises CosClientError: an argument that cannot be sent, or no answer.
        :raises CosServiceError: the bucket is not there, or may not be seen.
        """
        told: Dict[str, Callable[..., Steps[Document]]] = {
            "Encryption": self.get_bucket_encryption,
            "ACL": self.get_bucket_acl,
            "Website": self.get_bucket_website,
            "Logging": self.get_bucket_logging,
            "CORS": self.get_bucket_cors,
            "Versioning": self.get_bucket_versioning,
            "IntelligentTiering": self.list_bucket_intelligenttiering_configurations,
            "Lifecycle": self.get_bucket_lifecycle,
            "Tagging": self.get_bucket_tagging,
            "ObjectLock": self.get_bucket_object_lock,
            "Replication": self.get_bucket_replication,
        }
        meta: Dict[str, Any] = {"BucketUrl": None, "OFS": False, "MAZ": False, **dict.fromkeys(told)}

        def head() -> Steps[None]:
            headers = yield from self.head_bucket(Bucket, **kwargs)
            meta["OFS"] = headers.get("x-cos-bucket-arch") == "OFS"
            meta["MAZ"] = headers.get("x-cos-bucket-az-type") == "MAZ"
            meta["Location"] = headers.get("x-cos-bucket-region")
            meta["BucketUrl"] = self._sender.conf.uri(bucket=Bucket).strip("/")

        def one(name: str) -> Steps[None]:
            try:
                meta[name] = yield from told[name](Bucket, **kwargs)
            except CosServiceError as error:
                logger.debug("get bucket meta: %s is not told: %s", name, error)

        yield Several([head(), *map(one, told)], _AT_ONCE)
        return meta
