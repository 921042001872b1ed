"""The configurations of buckets beside those of the official SDK: the same requests, and of the same answers the same
dictionaries; then the calls of its documentation, to a real endpoint."""

import asyncio
import json
import subprocess
import sys
import threading
import types
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cospass
import pytest
import qcloud_cos
from cospass.testing import BUCKET, LocalCos
from endpoint import REGION, SECRET_ID, SECRET_KEY

KEYS = {"Region": REGION, "SecretId": SECRET_ID, "SecretKey": SECRET_KEY, "Scheme": "http"}
EVERYONE = "http://cam.qcloud.com/groups/global/AllUsers"
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def grant(permission, kind="Group", who=f"<URI>{EVERYONE}</URI>"):
    return (
        f'<Grant><Grantee {XSI} xsi:type="{kind}">{who}</Grantee>'
        f"<Permission>{permission}</Permission></Grant>"
    )


def acl(*grants):
    listed = "".join(grants)
    return (
        "<AccessControlPolicy><Owner><ID>x</ID></Owner>"
        f"<AccessControlList>{listed}</AccessControlList></AccessControlPolicy>"
    )


OWNER = grant("FULL_CONTROL", "CanonicalUser", "<ID>qcs::cam::uin/1:uin/1</ID>")
RULE = {"ID": "a", "AllowedOrigin": ["*", "b"], "AllowedMethod": "PUT", "MaxAgeSeconds": "5"}
SITE = {"IndexDocument": {"Suffix": "index.html"}}
ROUTE = {"Condition": {"KeyPrefixEquals": "a"}, "Redirect": {"ReplaceKeyWith": "b"}}
POLICY = {"version": "2.0", "Statement": [{"Effect": "deny", "Action": ["*"], "Resource": ["*"]}]}
INVENTORY = {"IsEnabled": "true", "OptionalFields": {"Field": ["Size", "ETag"]}}

# A call, its arguments, and what it is answered, once for each.
CALLS = [
    ("put_bucket_acl", {"ACL": "private"}, ""),
    ("put_bucket_acl", {"GrantRead": 'id="1"'}, ""),
    ("get_bucket_acl", {}, acl(OWNER)),
    ("get_bucket_acl", {}, acl(OWNER, grant("READ"))),
    ("get_bucket_acl", {}, acl(OWNER, grant("READ"), grant("WRITE"))),
    ("put_bucket_cors", {"CORSConfiguration": {"CORSRule": [RULE, RULE]}}, ""),
    ("get_bucket_cors", {}, "<C><CORSRule><AllowedOrigin>*</AllowedOrigin><ID/></CORSRule></C>"),
    ("get_bucket_cors", {}, "<C>" + 2 * "<CORSRule><AllowedMethod>PUT</AllowedMethod></CORSRule>" + "</C>"),
    ("get_bucket_cors", {}, "<C><ResponseVary>true</ResponseVary></C>"),
    ("delete_bucket_cors", {}, ""),
    ("put_bucket_lifecycle", {"LifecycleConfiguration": {"Rule": [{"ID": "x", "Filter": {"Prefix": ""}}]}}, ""),
    ("get_bucket_lifecycle", {}, "<L><Rule><Filter><Tag><Key>a</Key></Tag></Filter><Transition><Days>3</Days></Transition></Rule></L>"),
    ("get_bucket_lifecycle", {}, "<L><Rule><Filter/></Rule><Rule><Filter><Prefix>a</Prefix></Filter></Rule></L>"),
    ("delete_bucket_lifecycle", {}, ""),
    ("put_bucket_versioning", {"Status": "Suspended"}, ""),
    ("put_bucket_versioning", {"Status": "On"}, ""),
    ("get_bucket_versioning", {}, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
    ("get_bucket_location", {}, "<LocationConstraint>ap-guangzhou</LocationConstraint>"),
    ("put_bucket_replication", {"ReplicationConfiguration": {"Role": "r", "Rule": {"ID": "a"}}}, ""),
    ("get_bucket_replication", {}, "<R><Role>r</Role><Rule><ID>a</ID></Rule></R>"),
    ("delete_bucket_replication", {}, ""),
    ("put_bucket_website", {"WebsiteConfiguration": SITE}, ""),
    ("put_bucket_website", {"WebsiteConfiguration": {**SITE, "RoutingRules": [ROUTE, ROUTE]}}, ""),
    ("get_bucket_website", {}, "<W><RoutingRules><RoutingRule><Condition/></RoutingRule></RoutingRules></W>"),
    ("get_bucket_website", {}, "<W><IndexDocument><Suffix>a</Suffix></IndexDocument></W>"),
    ("delete_bucket_website", {}, ""),
    ("put_bucket_logging", {"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": BUCKET}}}, ""),
    ("get_bucket_logging", {}, "<B><LoggingEnabled><TargetBucket>b</TargetBucket></LoggingEnabled></B>"),
    ("put_bucket_policy", {"Policy": POLICY}, ""),
    ("put_bucket_policy", {"Policy": json.dumps(POLICY)}, ""),
    ("put_bucket_policy", {"Policy": [POLICY]}, ""),
    ("get_bucket_policy", {}, json.dumps(POLICY, indent=1)),
    ("delete_bucket_policy", {}, ""),
    ("put_bucket_domain", {"DomainConfiguration": {"DomainRule": [{"Name": "a.com", "Status": "ENABLED"}]}}, ""),
    ("get_bucket_domain", {}, "<D><DomainRule><Name>a.com</Name></DomainRule></D>"),
    ("delete_bucket_domain", {}, ""),
    ("put_bucket_domain_certificate", {"DomainCertificateConfiguration": {"DomainList": {"DomainName": ["a", "b"]}}}, ""),
    ("get_bucket_domain_certificate", {"DomainName": "a.com"}, "<D><Status>ENABLED</Status></D>"),
    ("delete_bucket_domain_certificate", {"DomainName": "a.com"}, ""),
    ("put_bucket_origin", {"OriginConfiguration": {"OriginRule": {"OriginType": "Mirror"}}}, ""),
    ("get_bucket_origin", {}, "<O><OriginRule><OriginType>Mirror</OriginType></OriginRule></O>"),
    ("delete_bucket_origin", {}, ""),
    ("put_bucket_inventory", {"Id": "a", "InventoryConfiguration": INVENTORY}, ""),
    ("post_bucket_inventory", {"Id": "a", "InventoryConfiguration": INVENTORY}, ""),
    ("get_bucket_inventory", {"Id": "a"}, "<I><OptionalFields><Field>Size</Field></OptionalFields></I>"),
    ("delete_bucket_inventory", {"Id": "a"}, ""),
    ("list_bucket_inventory_configurations", {}, "<I><IsTruncated>false</IsTruncated></I>"),
    ("list_bucket_inventory_configurations", {"ContinuationToken": "a b"}, "<I><A/></I>"),
    ("put_bucket_tagging", {"Tagging": {"TagSet": {"Tag": [{"Key": "a", "Value": "b"}]}}}, ""),
    ("get_bucket_tagging", {}, "<T><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></T>"),
    ("delete_bucket_tagging", {}, ""),
    ("put_bucket_referer", {"RefererConfiguration": {"DomainList": {"Domain": ["a", "b"]}}}, ""),
    ("get_bucket_referer", {}, "<R><DomainList><Domain>a</Domain></DomainList></R>"),
    ("get_bucket_referer", {}, "<R><Status>Disabled</Status></R>"),
    ("delete_bucket_referer", {}, ""),
    ("put_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rule": [{"a": "b"}]}}, ""),
    ("get_bucket_encryption", {}, "<S><Rule><ApplySideEncryptionConfiguration/></Rule></S>"),
    ("delete_bucket_encryption", {}, ""),
    ("put_bucket_object_lock", {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, ""),
    ("get_bucket_object_lock", {}, "<O><ObjectLockEnabled>Enabled</ObjectLockEnabled></O>"),
    ("put_bucket_intelligenttiering", {"IntelligentTieringConfiguration": {"Status": "Enabled"}}, ""),
    ("get_bucket_intelligenttiering", {}, "<I><Status>Enabled</Status></I>"),
    ("put_bucket_intelligenttiering_v2", {"Id": "a", "IntelligentTieringConfiguration": {"Id": "a"}}, ""),
    ("put_bucket_intelligenttiering_v2", {"IntelligentTieringConfiguration": {"Id": "a"}}, ""),
    ("get_bucket_intelligenttiering_v2", {"Id": "a b"}, "<I><Id>a b</Id></I>"),
    ("list_bucket_intelligenttiering_configurations", {}, "<L><IntelligentTieringConfiguration><Id>a</Id></IntelligentTieringConfiguration></L>"),
    ("put_symlink", {"SymlinkName": "a b", "SymlinkTarget": "c"}, ""),
    ("get_symlink", {"SymlinkName": "a b"}, ""),
    ("get_symlink", {"SymlinkName": "a b", "VersionId": "5"}, ""),
    ("update_object_meta", {"Key": "a b", "ContentType": "a/b", "Metadata": {"x-cos-meta-a": "b"}}, "<C><ETag>x</ETag></C>"),
    ("change_object_storage_class", {"Key": "a b", "StorageClass": "ARCHIVE"}, "<C><ETag>x</ETag></C>"),
]  # fmt: skip

# Of headers: what each package says of itself, or is signed at its own time.
OWN = ("user-agent", "authorization", "host", "accept", "accept-encoding", "connection", "date")


class Canned(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.seen, self.content = [], b""
        super().__init__(("127.0.0.1", 0), Answering)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers = {name: value for name, value in headers.items() if name not in OWN}
        if self.command == "DELETE":
            # `requests` says of nothing that it has no length, too.
            headers.pop("content-length", None)
        if body.startswith(b"<"):
            # The order of attributes and white space is each package's own.
            body = ElementTree.tostring(ElementTree.fromstring(body))
            del headers["content-length"]
            headers.pop("content-md5", None)
        elif "content-md5" in headers:
            assert len(headers["content-md5"]) == 24
        # A parameter without a value may have its sign or not.
        path = self.path.replace("?intelligent-tiering=", "?intelligent-tiering")
        self.server.seen.append((self.command, path, headers, body))
        content = self.server.content
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-cos-domain-txt-verification", "proof")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def canned():
    server = Canned()
    yield server
    server.shutdown()
    server.server_close()


def outcome(package, server, call, arguments, content):
    domain = f"127.0.0.1:{server.server_port}"
    config = package.CosConfig(**KEYS, Domain=domain, Endpoint=f"cos.{REGION}.myqcloud.com")
    server.seen, server.content = [], content.encode()
    client = package.CosS3Client(config, retry=0)
    try:
        result = getattr(client, call)(Bucket=BUCKET, **arguments)
    except package.CosClientError as error:
        return "CosClientError", str(error)
    if isinstance(result, dict) or hasattr(result, "items"):
        result = {name: value for name, value in dict(result).items() if name not in ("Date", "Server")}
    return result, server.seen


@pytest.mark.parametrize("call, arguments, content", CALLS, ids=[f"{n}-{c[0]}" for n, c in enumerate(CALLS)])
def test_requests_and_results_are_those_of_the_official_sdk(canned, call, arguments, content):
    theirs = outcome(qcloud_cos, canned, call, arguments, content)
    assert outcome(cospass, canned, call, arguments, content) == theirs
    assert theirs[0] == "CosClientError" or len(theirs[1]) == 1


def test_every_call_is_compared():
    mine = {name for name in vars(cospass.CosS3Client) if name.startswith(("put_bucket_", "get_bucket_", "delete_bucket_"))}
    mine.remove("get_bucket_meta")  # It asks for several, in any order; it is compared below.
    assert mine and mine <= {call for call, *_ in CALLS}
    awaiting = {name for name in vars(cospass.AsyncCosS3Client) if not name.startswith("_")}
    assert {call for call, *_ in CALLS} <= awaiting


def test_an_answer_that_cannot_be_read_is_told(canned):
    for call in ("get_bucket_cors", "get_bucket_location", "get_bucket_policy"):
        told = outcome(cospass, canned, call, {}, "<a><b></a>")
        assert told[0] == "CosClientError" and "the answer is no" in told[1]


def test_a_dictionary_of_the_caller_is_not_written_to():
    with LocalCos() as local:
        given = {"IsEnabled": "true"}
        with pytest.raises(cospass.CosServiceError):
            local.client().put_bucket_inventory(local.bucket, "a", given)
        assert given == {"IsEnabled": "true"}


def test_configurations_are_kept_by_an_endpoint():
    with LocalCos() as local:
        client, bucket = local.client(), local.bucket
        client.put_bucket_cors(bucket, {"CORSRule": [{**RULE, "AllowedHeader": "*"}]})
        (rule,) = client.get_bucket_cors(bucket)["CORSRule"]
        assert (rule["AllowedOrigin"], rule["AllowedMethod"]) == (["*", "b"], ["PUT"])
        client.delete_bucket_cors(bucket)
        with pytest.raises(cospass.CosServiceError) as none:
            client.get_bucket_cors(bucket)
        assert none.value.get_status_code() == 404
        client.put_bucket_acl(bucket, ACL="public-read")
        assert client.get_bucket_acl(bucket)["CannedACL"] == "public-read"
        client.put_bucket_versioning(bucket, "Enabled")
        assert client.get_bucket_versioning(bucket) == {"Status": "Enabled"}
        client.put_bucket_tagging(bucket, {"TagSet": {"Tag": [{"Key": "a", "Value": "b"}]}})
        assert client.get_bucket_tagging(bucket)["TagSet"]["Tag"] == [{"Key": "a", "Value": "b"}]
        assert client.get_bucket_location(bucket) == {"LocationConstraint": "ap-guangzhou"}
        client.put_object(bucket, b"x", "a.txt", ContentType="a/b")
        client.update_object_meta(bucket, "a.txt", ContentType="c/d")
        assert client.head_object(bucket, "a.txt")["Content-Type"] == "c/d"
        client.change_object_storage_class(bucket, "a.txt", "STANDARD_IA")
        assert client.head_object(bucket, "a.txt")["x-cos-storage-class"] == "STANDARD_IA"
        client.put_symlink(bucket, "link", "a.txt")
        assert client.get_symlink(bucket, "link")["x-cos-symlink-target"] == "a.txt"
        other = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
        assert asyncio.run(other.get_bucket_versioning(bucket)) == {"Status": "Enabled"}


def test_all_that_is_set_of_a_bucket_is_told_at_once():
    with LocalCos(buckets=[BUCKET, "other-1250000000"]) as local:
        ours, theirs = local.client(), qcloud_cos.CosS3Client(qcloud_cos.CosConfig(**local.settings))
        assert ours.get_bucket_meta(BUCKET) == theirs.get_bucket_meta(BUCKET)
        ours.put_bucket_cors(BUCKET, {"CORSRule": RULE})
        ours.put_bucket_versioning(BUCKET, "Enabled")
        ours.put_bucket_tagging(BUCKET, {"TagSet": {"Tag": [{"Key": "a", "Value": "b"}]}})
        ours.put_bucket_website(BUCKET, SITE)
        rule = {"Id": "a", "Status": "Enabled", "Tiering": {"AccessTier": "INFREQUENT", "Days": 30, "RequestFrequent": 1}}
        ours.put_bucket_intelligenttiering_v2(BUCKET, rule, "a")
        meta = ours.get_bucket_meta(BUCKET)
        assert meta == theirs.get_bucket_meta(BUCKET)
        assert (meta["Versioning"], meta["Website"], meta["Lifecycle"]) == ({"Status": "Enabled"}, SITE, None)
        assert meta["Location"] == local.settings["Region"] and meta["IntelligentTiering"]
        several = cospass.CosConfig(**local.endpoint_settings)
        other = cospass.AsyncCosS3Client(several)
        assert asyncio.run(other.get_bucket_meta("other-1250000000"))["CORS"] is None
        # The official SDK tells `None` of all that is set of a bucket that is not there.
        with pytest.raises(cospass.CosServiceError, match="NoSuchResource"):
            cospass.CosS3Client(several).get_bucket_meta("nobucket-1250000000")


def test_what_is_not_offered_says_so():
    client = cospass.CosS3Client(cospass.CosConfig(**KEYS))
    official = [name for name in dir(qcloud_cos.CosS3Client) if not name.startswith("_")]
    inner = {"send_request", "should_switch_domain", "inc_retry_exe_times"}
    inner |= {"generate_built_in_connection_pool", "handle_built_in_connection_pool_by_pid"}
    refused = set(official) - inner - set(dir(client))
    assert "ci_get_media_bucket" not in dir(client) and len(refused) > 80
    for name in refused:
        with pytest.raises(cospass.CosClientError, match=f"^{name}: .*(not offered|not counted|use )"):
            getattr(client, name)(Bucket=BUCKET)
    for name in (*inner, "nothing_of_that_name"):
        with pytest.raises(AttributeError):
            getattr(client, name)


def test_buckets_of_vectors_have_no_url():
    with pytest.raises(cospass.CosClientError, match="^cos_vectors_uri: .*not offered"):
        cospass.CosConfig(**KEYS).cos_vectors_uri(path="/GetVectorBucket")


def test_modules_are_there_without_being_imported():
    names = ["cos_auth", "cos_client", "cos_comm", "cos_exception", "cos_threadpool", "streambody", "version"]
    assert all(isinstance(getattr(qcloud_cos, name), types.ModuleType) for name in names)
    names += ["links", "testing"]
    program = f"import cospass; print([getattr(cospass, name).__name__ for name in {names}])"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.stdout == f"{[f'cospass.{name}' for name in names]}\n", told.stderr


def test_modules_have_the_official_names():
    from cospass.cos_auth import CosS3Auth
    from cospass.cos_client import CosConfig, CosS3Client
    from cospass.cos_comm import get_date, get_md5, get_raw_md5
    from cospass.cos_exception import CosClientError, CosServiceError
    from cospass.cos_threadpool import SimpleThreadPool
    from cospass.streambody import StreamBody
    from cospass.version import __version__

    assert (CosConfig, CosS3Client) == (cospass.CosConfig, cospass.CosS3Client)
    assert (CosClientError, CosServiceError) == (cospass.CosClientError, cospass.CosServiceError)
    assert (cospass.CosS3Auth, cospass.get_date) == (CosS3Auth, get_date)
    assert StreamBody and SimpleThreadPool and __version__ == cospass.__version__
    theirs = qcloud_cos.cos_comm
    assert get_date(2024, 2, 29) == theirs.get_date(2024, 2, 29)
    for data in ("é", b"x"):
        assert get_md5(data) == theirs.get_md5(data)
        assert get_raw_md5(data) == theirs.get_raw_md5(data)
    with pytest.raises(CosClientError):
        get_md5("\ud800")
    with pytest.raises(CosClientError, match="encryption by the client"):
        from cospass.cos_encryption_client import CosEncryptionClient  # noqa: F401
    with pytest.raises(CosClientError, match="encryption by the client"):
        from cospass.crypto import RSAProvider  # noqa: F401
    with pytest.raises(CosClientError, match="not offered"):
        from cospass import CosVectorsClient  # noqa: F401
    with pytest.raises(ImportError):
        from cospass import Nothing  # noqa: F401


def test_a_thread_pool_tells_what_became_of_each_task():
    def task(number):
        if number == 3:
            raise cospass.CosClientError("three")
        return number

    def told(package):
        pool = package.SimpleThreadPool(2)
        for number in range(6):
            pool.add_task(task, number)
        pool.wait_completion()
        result = pool.get_result()
        done = sum(one[0] for one in result["detail"])
        failed = sum(one[1] for one in result["detail"])
        results = sorted(str(each) for one in result["detail"] for each in one[2])
        return result["success_all"], done, failed, results

    import cospass.cos_threadpool
    import qcloud_cos.cos_threadpool

    assert told(cospass.cos_threadpool) == told(qcloud_cos.cos_threadpool)
    assert told(cospass.cos_threadpool) == (False, 5, 1, ["0", "1", "2", "4", "5", "three"])
    with pytest.raises(RuntimeError, match="wait_completion"):
        cospass.cos_threadpool.SimpleThreadPool().get_result()


def test_a_folder_goes_up_and_comes_down(tmp_path, monkeypatch):
    """As the documentation does it, with the pool."""
    from cospass.cos_threadpool import SimpleThreadPool

    monkeypatch.chdir(tmp_path)
    names = [f"up/{folder}/{number}.txt" for folder in "ab" for number in range(3)]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with LocalCos() as local:
        client, bucket = local.client(), local.bucket
        pool = SimpleThreadPool()
        for name in names:
            assert not client.object_exists(bucket, name)
            pool.add_task(client.upload_file, bucket, name, name)
        pool.wait_completion()
        assert pool.get_result()["success_all"]
        pool, marker, keys = SimpleThreadPool(), "", []
        while True:
            page = client.list_objects(bucket, "up/", "", marker, MaxKeys=2)
            for content in page["Contents"]:
                keys.append(content["Key"])
                pool.add_task(client.download_file, bucket, keys[-1], f"{len(keys)}.down")
            if "NextMarker" not in page.keys():
                break
            marker = page["NextMarker"]
        pool.wait_completion()
        assert keys == sorted(names)
        assert [(tmp_path / f"{n + 1}.down").read_text() for n in range(len(keys))] == keys
        deleted = client.delete_objects(bucket, {"Object": [{"Key": key} for key in keys]})
        assert len(deleted["Deleted"]) == len(names)
        assert "Contents" not in client.list_objects(bucket)


def test_requests_are_signed_by_the_official_name():
    import requests

    with LocalCos() as local:
        config = cospass.CosConfig(**local.settings)
        local.client().put_object(local.bucket, b"x", "a b")
        url = config.uri(local.bucket, "a b")
        assert requests.get(url, auth=cospass.CosS3Auth(config, "a b")).content == b"x"
        assert requests.get(url).status_code == 403
        with pytest.raises(cospass.CosClientError, match="signs the host"):
            cospass.CosS3Auth(config, "a b", sign_host=False)
