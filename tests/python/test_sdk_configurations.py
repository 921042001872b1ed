"""Every configuration of a bucket that the official SDK can put: what it reads back is what was put."""

import json

import pytest
from endpoint import BUCKET, body_of

# The configurations that are put, as the SDK's own documentation and tests have them, and what it reads back if that is
# not the same. Name in the SDK, keyword of put, value, answer, whether there is a delete.
CORS = {
    "CORSRule": [
        {
            "ID": "1",
            "MaxAgeSeconds": "100",
            "AllowedOrigin": ["http://cloud.tencent.com"],
            "AllowedMethod": ["GET", "PUT"],
            "AllowedHeader": ["x-cos-meta-test"],
            "ExposeHeader": ["x-cos-meta-test1", "x-cos-meta-test1"],
        }
    ]
}
LIFECYCLE = {
    "Rule": [
        {
            "ID": "a",
            "Filter": {"Tag": [{"Key": "k", "Value": "v"}]},
            "Status": "Enabled",
            "Transition": [{"Days": "100", "StorageClass": "STANDARD_IA"}],
            "Expiration": {"Days": "200"},
        },
        {
            "ID": "b",
            "Filter": {"And": {"Prefix": "p", "Tag": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}]}},
            "Status": "Disabled",
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": "7"},
            "NoncurrentVersionExpiration": {"NoncurrentDays": "9"},
        },
    ]
}
ROUTING = [
    {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"ReplaceKeyWith": "404.html"},
    },
    {
        "Condition": {"KeyPrefixEquals": "old/"},
        "Redirect": {"Protocol": "https", "ReplaceKeyPrefixWith": "new/"},
    },
]
WEBSITE = {
    "IndexDocument": {"Suffix": "index.html"},
    "ErrorDocument": {"Key": "error.html"},
    "RoutingRules": ROUTING,
}
WEBSITE_READ = {
    **WEBSITE,
    "RoutingRules": [
        {**rule, "Redirect": {**rule["Redirect"], "URLRedirect": "Enabled"}} for rule in ROUTING
    ],
}
REFERER = {
    "Status": "Enabled",
    "RefererType": "White-List",
    "EmptyReferConfiguration": "Allow",
    "DomainList": {"Domain": ["*.qq.com", "*.qcloud.com"]},
}
DOMAIN = {
    "DomainRule": [
        {"Name": "www.example.com", "Type": "WEBSITE", "Status": "ENABLED", "ForcedReplacement": "CNAME"}
    ]
}
ORIGIN = {
    "OriginRule": [
        {
            "RulePriority": "1",
            "OriginType": "Mirror",
            "OriginCondition": {"HTTPStatusCode": "404"},
            "OriginParameter": {"Protocol": "HTTP", "FollowQueryString": "true"},
            "OriginInfo": {"HostInfo": {"HostName": "source.example.com"}},
        }
    ]
}
TAGGING = {"TagSet": {"Tag": [{"Key": "age", "Value": "18"}, {"Key": "name", "Value": "xiaoming"}]}}
LOGGING = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "logs/"}}
ENCRYPTION = {
    "Rule": [{"ApplySideEncryptionConfiguration": {"SSEAlgorithm": "AES256"}}]
}
ENCRYPTION_READ = {
    "Rule": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
}

CONFIGURATIONS = [
    ("cors", "CORSConfiguration", CORS, CORS, True),
    ("lifecycle", "LifecycleConfiguration", LIFECYCLE, LIFECYCLE, True),
    ("website", "WebsiteConfiguration", WEBSITE, WEBSITE_READ, True),
    ("referer", "RefererConfiguration", REFERER, REFERER, False),
    ("domain", "DomainConfiguration", DOMAIN, DOMAIN, True),
    ("origin", "OriginConfiguration", ORIGIN, ORIGIN, True),
    ("tagging", "Tagging", TAGGING, TAGGING, True),
    ("logging", "BucketLoggingStatus", LOGGING, LOGGING, False),
    ("encryption", "ServerSideEncryptionConfiguration", ENCRYPTION, ENCRYPTION_READ, True),
]


@pytest.mark.parametrize("name, keyword, sent, read, deleted", CONFIGURATIONS, ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_put_is_read(proxy, refused, name, keyword, sent, read, deleted):
    client = proxy.client()
    assert getattr(client, f"put_bucket_{name}")(Bucket=BUCKET, **{keyword: sent}) is None
    answer = getattr(client, f"get_bucket_{name}")(Bucket=BUCKET)
    verification = answer.pop("x-cos-domain-txt-verification", None)
    assert (verification is not None) == (name == "domain")
    assert answer == read
    if deleted:
        for _ in range(2):
            getattr(client, f"delete_bucket_{name}")(Bucket=BUCKET)
        error = refused(getattr(client, f"get_bucket_{name}"), Bucket=BUCKET)
        assert error.get_status_code() == 404


def test_a_referer_is_deleted_by_an_empty_body(proxy):
    client = proxy.client()
    client.put_bucket_referer(Bucket=BUCKET, RefererConfiguration=REFERER)
    client.delete_bucket_referer(Bucket=BUCKET)
    assert client.get_bucket_referer(Bucket=BUCKET) == {"RefererConfiguration": None}


def test_a_logging_is_taken_away(proxy):
    client = proxy.client()
    client.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    assert client.get_bucket_logging(Bucket=BUCKET) == {"BucketLoggingStatus": None}


def test_a_policy(proxy, refused):
    client = proxy.client()
    statement = {
        "effect": "allow",
        "principal": {"qcs": ["qcs::cam::anyone:anyone"]},
        "action": ["name/cos:GetObject"],
        "resource": [f"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/public/*"],
    }
    client.put_bucket_policy(Bucket=BUCKET, Policy={"version": "2.0", "statement": [statement]})
    policy = json.loads(client.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert policy == {"version": "2.0", "Statement": [statement]}
    client.delete_bucket_policy(Bucket=BUCKET)
    error = refused(client.get_bucket_policy, Bucket=BUCKET)
    assert (error.get_status_code(), error.get_error_code()) == (404, "NoSuchBucketPolicy")
    error = refused(client.put_bucket_policy, Bucket=BUCKET, Policy={"version": "2.0"})
    assert (error.get_status_code(), error.get_error_code()) == (400, "MalformedPolicy")


def test_a_certificate(proxy):
    client = proxy.client()
    certificate = {
        "CertificateInfo": {"CertType": "CustomCert", "CustomCert": {"Cert": "c", "PrivateKey": "k"}},
        "DomainList": [{"DomainName": "a.example"}, {"DomainName": "b.example"}],
    }
    client.put_bucket_domain_certificate(Bucket=BUCKET, DomainCertificateConfiguration=certificate)

    def status():
        return client.get_bucket_domain_certificate(Bucket=BUCKET, DomainName="b.example")["Status"]

    assert status() == "Enabled"
    client.delete_bucket_domain_certificate(Bucket=BUCKET, DomainName="b.example")
    assert status() == "Disabled"


def inventory():
    return {
        "Destination": {
            "COSBucketDestination": {
                "AccountId": "100000000001",
                "Bucket": f"qcs::cos:ap-guangzhou::{BUCKET}",
                "Format": "CSV",
                "Prefix": "list1",
                "Encryption": {"SSECOS": {}},
            }
        },
        "IsEnabled": "True",
        "Filter": {"Prefix": "filterPrefix"},
        "IncludedObjectVersions": "All",
        "OptionalFields": {"Field": ["Size", "LastModifiedDate", "ETag"]},
        "Schedule": {"Frequency": "Daily"},
    }


def test_inventories(proxy, refused):
    client = proxy.client()
    ids = [f"ID-{index}" for index in range(105)]
    for id in ids:
        client.put_bucket_inventory(Bucket=BUCKET, Id=id, InventoryConfiguration=inventory())
    answer = client.get_bucket_inventory(Bucket=BUCKET, Id="ID-7")
    encryption = answer["Destination"]["COSBucketDestination"].pop("Encryption")
    assert list(encryption) == ["SSECOS"]
    sent = {**inventory(), "Id": "ID-7", "IsEnabled": "true"}
    del sent["Destination"]["COSBucketDestination"]["Encryption"]
    assert answer == sent

    found, token = [], ""
    while token is not None:
        page = client.list_bucket_inventory_configurations(Bucket=BUCKET, ContinuationToken=token)
        found += [rule["Id"] for rule in page["InventoryConfiguration"]]
        token = page["NextContinuationToken"] if page["IsTruncated"] == "true" else None
    assert found == ids

    for id in ids:
        client.delete_bucket_inventory(Bucket=BUCKET, Id=id)
    assert refused(client.get_bucket_inventory, Bucket=BUCKET, Id="ID-7").get_status_code() == 404

    once = inventory()
    del once["IsEnabled"], once["Schedule"]
    client.post_bucket_inventory(Bucket=BUCKET, Id="once", InventoryConfiguration=once)
    error = refused(client.post_bucket_inventory, Bucket=BUCKET, Id="once", InventoryConfiguration=once)
    assert error.get_error_code() == "DuplicateInventoryId"


def test_intelligent_tiering(proxy, refused):
    client = proxy.client()
    sent = {"Status": "Enabled", "Transition": {"Days": "30", "RequestFrequent": "1"}}
    client.put_bucket_intelligenttiering(Bucket=BUCKET, IntelligentTieringConfiguration=sent)
    assert client.get_bucket_intelligenttiering(Bucket=BUCKET) == sent
    error = refused(
        client.put_bucket_intelligenttiering, Bucket=BUCKET, IntelligentTieringConfiguration=sent
    )
    assert error.get_error_msg() == "Not support modify intelligent tiering configuration"

    rule = {"Id": "own", "Status": "Enabled", "Tiering": {"AccessTier": "ARCHIVE_ACCESS", "Days": "91"}}
    client.put_bucket_intelligenttiering_v2(
        Bucket=BUCKET, IntelligentTieringConfiguration=rule, Id="own"
    )
    assert client.get_bucket_intelligenttiering_v2(Bucket=BUCKET, Id="own") == rule
    default = client.get_bucket_intelligenttiering_v2(Bucket=BUCKET, Id="default")
    assert default["Tiering"]["Days"] == "30"
    rules = client.list_bucket_intelligenttiering_configurations(Bucket=BUCKET)
    ids = [rule["Id"] for rule in rules["IntelligentTieringConfiguration"]]
    assert ids == ["default", "own"]
    error = refused(
        client.put_bucket_intelligenttiering_v2,
        Bucket=BUCKET,
        IntelligentTieringConfiguration={**rule, "Id": "default"},
        Id="default",
    )
    assert error.get_error_msg() == "The default rule cannot be modified"


def test_default_encryption_shows(proxy):
    client = proxy.client()
    client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration=ENCRYPTION)
    try:
        answer = client.put_object(Bucket=BUCKET, Key="exampleobject", Body=b"x")
        assert answer["x-cos-server-side-encryption"] == "AES256"
        assert body_of(client) == b"x"
    finally:
        client.delete_bucket_encryption(Bucket=BUCKET)


OTHER = "configured-1250000000"


@pytest.fixture
def other(proxy):
    """A bucket of its own: what cannot be taken back goes with it."""
    client = proxy.client()
    client.create_bucket(Bucket=OTHER)
    yield client
    client.delete_bucket(Bucket=OTHER)


def test_versioning_and_replication(other, refused):
    assert other.get_bucket_versioning(Bucket=OTHER) == {"VersioningConfiguration": None}
    replication = {
        "Role": "qcs::cam::uin/100000000001:uin/100000000001",
        "Rule": [
            {
                "ID": "1",
                "Status": "Enabled",
                "Prefix": "replication",
                "Destination": {"Bucket": "qcs::cos:ap-shanghai::destination-1250000000"},
            }
        ],
    }
    error = refused(
        other.put_bucket_replication, Bucket=OTHER, ReplicationConfiguration=replication
    )
    assert (error.get_status_code(), error.get_error_code()) == (409, "InvalidBucketState")
    other.put_bucket_versioning(Bucket=OTHER, Status="Enabled")
    assert other.get_bucket_versioning(Bucket=OTHER) == {"Status": "Enabled"}
    other.put_bucket_replication(Bucket=OTHER, ReplicationConfiguration=replication)
    assert other.get_bucket_replication(Bucket=OTHER) == replication
    other.delete_bucket_replication(Bucket=OTHER)
    assert refused(other.get_bucket_replication, Bucket=OTHER).get_status_code() == 404


def test_object_lock(other, refused):
    assert refused(other.get_bucket_object_lock, Bucket=OTHER).get_status_code() == 404
    lock = {"ObjectLockEnabled": "Enabled"}
    other.put_bucket_object_lock(Bucket=OTHER, ObjectLockConfiguration=lock)
    assert other.get_bucket_object_lock(Bucket=OTHER) == lock


def test_everything_of_a_bucket_at_once(proxy):
    client = proxy.client()
    client.put_bucket_tagging(Bucket=BUCKET, Tagging=TAGGING)
    try:
        meta = client.get_bucket_meta(Bucket=BUCKET)
        assert (meta["Location"], meta["MAZ"], meta["OFS"]) == ("ap-guangzhou", False, False)
        assert meta["Tagging"] == TAGGING
        assert meta["ACL"] and meta["Website"] is None
    finally:
        client.delete_bucket_tagging(Bucket=BUCKET)


def test_buckets_are_listed_by_tag(proxy):
    client = proxy.client()
    client.put_bucket_tagging(Bucket=BUCKET, Tagging=TAGGING)
    try:
        found = client.list_buckets(TagKey="age", TagValue="18")
        assert BUCKET in [bucket["Name"] for bucket in found["Buckets"]["Bucket"]]
        assert not client.list_buckets(TagKey="age", TagValue="19")["Buckets"]
    finally:
        client.delete_bucket_tagging(Bucket=BUCKET)
