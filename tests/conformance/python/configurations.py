"""What is stored for a bucket and comes back as it was."""

import json

from client import BUCKET, COS, HOST, body_of, contains, equal, plain, put, refused
from report import NotOffered, operation

NAME = {"Bucket": BUCKET}


def is_empty(document):
    """Of an empty root, the SDK makes its name with nothing."""
    return not any(document.values())


@operation("policy")
def policy():
    put("policy/a", b"text")
    document = {
        "version": "2.0",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"qcs": ["qcs::cam::anyone:anyone"]},
                "Action": ["name/cos:GetObject"],
                "Resource": [f"qcs::cos:ap-guangzhou:uid/1250000000:{BUCKET}/policy/*"],
            }
        ],
    }
    COS.put_bucket_policy(Policy=document, **NAME)
    found = json.loads(COS.get_bucket_policy(**NAME)["Policy"])
    equal(found["Statement"], document["Statement"])
    equal(plain("GET", f"http://{HOST}/policy/a").body, b"text")
    equal(plain("GET", f"http://{HOST}/other").status, 403)
    COS.delete_bucket_policy(**NAME)
    equal(plain("GET", f"http://{HOST}/policy/a").status, 403)
    refused(404, "NoSuchBucketPolicy", COS.get_bucket_policy, **NAME)


@operation("referer")
def referer():
    assert is_empty(COS.get_bucket_referer(**NAME))
    document = {
        "Status": "Enabled",
        "RefererType": "White-List",
        "EmptyReferConfiguration": "Allow",
        "DomainList": {"Domain": ["*.example.com", "page.example"]},
    }
    COS.put_bucket_referer(RefererConfiguration=document, **NAME)
    contains(COS.get_bucket_referer(**NAME), document)
    put("referer", b"text")
    url = COS.get_presigned_url(Key="referer", Method="GET", **NAME)
    equal(plain("GET", url).status, 200)
    COS.put_object_acl(Key="referer", ACL="public-read", **NAME)
    public = f"http://{HOST}/referer"
    equal(plain("GET", public, Referer="http://www.example.com/page").status, 200)
    equal(plain("GET", public, Referer="http://other.example/").status, 403)
    COS.delete_bucket_referer(**NAME)
    equal(plain("GET", public, Referer="http://other.example/").status, 200)


@operation("lifecycle")
def lifecycle():
    rule = {
        "ID": "logs",
        "Filter": {"Prefix": "logs/"},
        "Status": "Enabled",
        "Transition": [{"Days": "30", "StorageClass": "STANDARD_IA"}],
        "Expiration": {"Days": "365"},
    }
    COS.put_bucket_lifecycle(LifecycleConfiguration={"Rule": [rule]}, **NAME)
    (found,) = COS.get_bucket_lifecycle(**NAME)["Rule"]
    equal(found, rule)
    COS.delete_bucket_lifecycle(**NAME)
    refused(404, "NoSuchLifecycleConfiguration", COS.get_bucket_lifecycle, **NAME)


@operation("website")
def website():
    document = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    rule = {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"Protocol": "https", "ReplaceKeyWith": "404.html"},
    }
    COS.put_bucket_website(WebsiteConfiguration={**document, "RoutingRules": [rule]}, **NAME)
    found = COS.get_bucket_website(**NAME)
    contains(found, document)
    contains(found["RoutingRules"][0], rule)
    COS.delete_bucket_website(**NAME)
    refused(404, "NoSuchWebsiteConfiguration", COS.get_bucket_website, **NAME)


@operation("logging")
def logging():
    document = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "logs/"}}
    COS.put_bucket_logging(BucketLoggingStatus=document, **NAME)
    equal(COS.get_bucket_logging(**NAME), document)
    COS.put_bucket_logging(BucketLoggingStatus={}, **NAME)
    assert is_empty(COS.get_bucket_logging(**NAME))


@operation("encryption")
def encryption():
    rule = {"Rule": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    COS.put_bucket_encryption(ServerSideEncryptionConfiguration=rule, **NAME)
    found = COS.get_bucket_encryption(**NAME)["Rule"]
    found = found[0] if isinstance(found, list) else found
    equal(found["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
    put("encryption", b"text")
    head = COS.head_object(Key="encryption", **NAME)
    equal(head["x-cos-server-side-encryption"], "AES256")
    equal(body_of("encryption"), b"text")
    COS.delete_bucket_encryption(**NAME)
    refused(404, "NoSuchEncryptionConfiguration", COS.get_bucket_encryption, **NAME)


@operation("inventory")
def inventory():
    document = {
        "Destination": {
            "COSBucketDestination": {
                "AccountId": "100000000001",
                "Bucket": f"qcs::cos:ap-guangzhou::{BUCKET}",
                "Format": "CSV",
                "Prefix": "inventory",
            }
        },
        "Filter": {"Prefix": "logs/"},
        "IncludedObjectVersions": "All",
        "OptionalFields": {"Field": ["Size", "ETag"]},
        "Schedule": {"Frequency": "Daily"},
    }
    COS.put_bucket_inventory(Id="list1", InventoryConfiguration={**document, "IsEnabled": "True"}, **NAME)
    found = COS.get_bucket_inventory(Id="list1", **NAME)
    contains(found, {**document, "Id": "list1"})
    listed = COS.list_bucket_inventory_configurations(**NAME)
    # The SDK makes a list only of several.
    equal(listed["InventoryConfiguration"]["Id"], "list1")
    COS.delete_bucket_inventory(Id="list1", **NAME)
    try:
        COS.get_bucket_inventory(Id="list1", **NAME)
    except Exception as error:
        equal(error.get_status_code(), 404)
    else:
        raise AssertionError("it is still there")


@operation("domain")
def domain():
    rule = {"Name": "www.page.example", "Type": "REST", "Status": "ENABLED"}
    COS.put_bucket_domain(DomainConfiguration={"DomainRule": [rule]}, **NAME)
    (found,) = COS.get_bucket_domain(**NAME)["DomainRule"]
    equal(found, rule)
    COS.delete_bucket_domain(**NAME)
    refused(404, "DomainConfigNotFoundError", COS.get_bucket_domain, **NAME)


@operation("origin")
def origin():
    rule = {
        "RulePriority": "1",
        "OriginType": "Mirror",
        "OriginCondition": {"HTTPStatusCode": "404", "Prefix": "mirror/"},
        "OriginParameter": {"Protocol": "HTTP", "FollowQueryString": "true"},
        "OriginInfo": {"HostInfo": {"HostName": "page.example"}},
    }
    COS.put_bucket_origin(OriginConfiguration={"OriginRule": [rule]}, **NAME)
    found = COS.get_bucket_origin(**NAME)["OriginRule"]
    contains(found[0] if isinstance(found, list) else found, rule)
    COS.delete_bucket_origin(**NAME)
    try:
        COS.get_bucket_origin(**NAME)
    except Exception as error:
        equal(error.get_status_code(), 404)
    else:
        raise AssertionError("it is still there")


@operation("replication")
def replication():
    rule = {
        "ID": "elsewhere",
        "Status": "Enabled",
        "Prefix": "replicated/",
        "Destination": {"Bucket": "qcs::cos:ap-beijing::elsewhere-1250000000"},
    }
    document = {"Role": "qcs::cam::uin/100000000001:uin/100000000001", "Rule": [rule]}
    COS.put_bucket_versioning(Status="Enabled", **NAME)
    COS.put_bucket_replication(ReplicationConfiguration=document, **NAME)
    found = COS.get_bucket_replication(**NAME)
    equal(found["Role"], document["Role"])
    contains(found["Rule"][0], rule)
    COS.delete_bucket_replication(**NAME)
    refused(404, "ReplicationConfigurationNotFoundError", COS.get_bucket_replication, **NAME)
    COS.put_bucket_versioning(Status="Suspended", **NAME)


@operation("accelerate")
def accelerate():
    raise NotOffered("no call for the configuration")
