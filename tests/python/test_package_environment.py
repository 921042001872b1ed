"""Programs as the documentation writes them, with nothing changed but the package's name: https, the hosts of the service, keys
from the environment, which leads them to the endpoint."""

import subprocess
import sys

import cospass
import pytest
from cospass.testing import LocalCos
from endpoint import BUCKET, OUTSIDE, SECRET_ID, SECRET_KEY, Endpoint, certificate_for
from tunnel import Tunnel

BEGINNING = """# -*- coding=utf-8
from qcloud_cos import CosConfig
from qcloud_cos import CosS3Client
from qcloud_cos.cos_exception import CosClientError, CosServiceError
from qcloud_cos.cos_auth import CosS3Auth
from qcloud_cos.cos_client import logger
import sys
import os
import logging
import requests

logging.basicConfig(level=logging.INFO, stream=sys.stderr)

secret_id = os.environ['COS_SECRET_ID']
secret_key = os.environ['COS_SECRET_KEY']
region = 'ap-beijing'
token = None
scheme = 'https'

config = CosConfig(Region=region, SecretId=secret_id, SecretKey=secret_key, Token=token, Scheme=scheme)
client = CosS3Client(config)
bucket = 'examplebucket-1250000000'
"""

PROGRAMS = {
    "links": """
url = client.get_presigned_url(
    Method='PUT',
    Bucket=bucket,
    Key='dir/照片 1.txt',
    Headers={'x-cos-storage-class': 'STANDARD_IA', 'x-cos-traffic-limit': '819200'},
    Expired=300
)
response = requests.put(url=url, data=b'0123456789')
print(response)
headers = {'x-cos-storage-class': 'STANDARD_IA', 'x-cos-traffic-limit': '819200'}
response = requests.put(url=url, data=b'0123456789', headers=headers)
print(response, response.headers['ETag'])
url = client.get_presigned_download_url(
    Bucket=bucket,
    Key='dir/照片 1.txt',
    Params={'response-content-disposition': 'attachment; filename=example.xlsx'},
    SignHost=False
)
response = requests.get(url)
print(response, response.text, response.headers['Content-Disposition'])
authorization = client.get_auth(Method='GET', Bucket=bucket, Key='dir/照片 1.txt', Expired=300)
url = client.get_object_url(bucket, 'dir/照片 1.txt')
print(url, requests.get(url), requests.get(url, headers={'Authorization': authorization}))
print(requests.get(url, auth=CosS3Auth(config, 'dir/照片 1.txt')).content)
""",
    "objects": """
with open('test.bin', 'rb') as fp:
    response = client.put_object(Bucket=bucket, Body=fp, Key='a', StorageClass='STANDARD')
print(response['ETag'])
stream = requests.get(client.get_presigned_download_url(bucket, 'a'), stream=True)
print(client.put_object(Bucket=bucket, Body=stream, Key='b')['ETag'])
response = client.upload_file(Bucket=bucket, LocalFilePath='test.bin', Key='c', PartSize=1, MAXThread=5)
print(response['ETag'], response['Location'])
client.download_file(Bucket=bucket, Key='c', DestFilePath='down.bin')
print(open('down.bin', 'rb').read() == open('test.bin', 'rb').read())
for name in ('a', 'absent'):
    try:
        fp = client.get_object(Bucket=bucket, Key=name)['Body'].get_raw_stream()
        print(fp.read(2), fp.tell(), len(fp.data), len(fp.data))
    except CosServiceError as e:
        print(type(e.get_origin_msg()), sorted(e.get_digest_msg()), e.get_status_code(), e.get_error_code())
        print(e.get_error_msg(), e.get_resource_location(), bool(e.get_trace_id()), bool(e.get_request_id()))
stream = client.get_object(Bucket=bucket, Key='a')['Body'].get_raw_stream().stream(1 << 20)
print([len(piece) for piece in stream])
response = client.list_objects(Bucket=bucket, Prefix='', Delimiter='/')
print([content['Key'] for content in response['Contents']], response['IsTruncated'])
print(client.list_buckets()['Buckets']['Bucket'][0]['Name'])
""",
}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory):
    """The environment of a program."""
    hosts = "*.cos.ap-beijing.myqcloud.com", "service.cos.myqcloud.com"
    cert, key = certificate_for(tmp_path_factory.mktemp("tls"), *hosts)
    more = ["--tls-cert", str(cert), "--tls-key", str(key), "--region", "ap-beijing"]
    endpoint = Endpoint(tmp_path_factory.mktemp("endpoint"), more=more, scheme="https")
    tunnel = Tunnel(endpoint.port)
    yield {
        **OUTSIDE,
        "COS_SECRET_ID": SECRET_ID,
        "COS_SECRET_KEY": SECRET_KEY,
        "HTTPS_PROXY": f"http://me:known@{tunnel.address}",
        "REQUESTS_CA_BUNDLE": str(cert),
        "PYTHONIOENCODING": "utf-8",
    }
    tunnel.shutdown()
    tunnel.server_close()
    endpoint.stop()


def ran(program, package, folder, surroundings):
    folder.mkdir()
    (folder / "test.bin").write_bytes(bytes(range(256)) * 12_288)
    text = (BEGINNING + program).replace("from qcloud_cos", f"from {package}")
    (folder / "program.py").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env={**surroundings, "HOME": str(folder)},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_does_the_same_with_both_packages(name, surroundings, tmp_path):
    theirs, ours = (
        ran(PROGRAMS[name], package, tmp_path / package, surroundings)
        for package in ("qcloud_cos", "cospass")
    )
    assert (theirs.returncode, ours.returncode) == (0, 0), theirs.stderr + ours.stderr
    assert ours.stdout == theirs.stdout
    assert SECRET_KEY not in ours.stderr
    if name == "objects":
        refused = "GET https://examplebucket-1250000000.cos.ap-beijing.myqcloud.com/absent: refused with 404, NoSuchKey"
        assert refused in ours.stderr


def test_without_its_certificate_the_endpoint_is_not_believed(surroundings, tmp_path):
    doubting = {name: value for name, value in surroundings.items() if name != "REQUESTS_CA_BUNDLE"}
    program = "client.put_object(Bucket=bucket, Body=b'', Key='a')"
    run = ran(program, "cospass", tmp_path / "program", doubting)
    assert run.returncode == 1 and "CosClientError" in run.stderr and "certificate" in run.stderr


@pytest.mark.parametrize(
    "no_proxy, is_past", [("127.0.0.0/8", True), ("nonsense/8, 127.0.0.1/32", True), ("10.0.0.0/8", False), ("", False)]
)
def test_networks_without_a_proxy_are_reached_without_it(no_proxy, is_past, monkeypatch):
    tunnel = Tunnel()
    monkeypatch.setenv("http_proxy", f"http://{tunnel.address}")
    monkeypatch.setenv("no_proxy", no_proxy)
    try:
        with LocalCos() as cos:
            put = cospass.CosS3Client(cospass.CosConfig(**cos.settings), retry=0).put_object
            if is_past:
                assert put(cos.bucket, b"x", "key")["ETag"]
            else:
                with pytest.raises(cospass.CosServiceError) as refused:
                    put(cos.bucket, b"x", "key")
                assert refused.value.get_status_code() == 407
            assert BUCKET == cos.bucket and bool(tunnel.heads) is not is_past
    finally:
        tunnel.shutdown()
        tunnel.server_close()


def test_a_raw_stream_decodes_where_it_is_told_to():
    import gzip

    with LocalCos() as cos:
        client, packed = cos.client(), gzip.compress(b"hello" * 1000)
        client.put_object(cos.bucket, packed, "key", ContentEncoding="gzip")

        def stream():
            return client.get_object(cos.bucket, "key")["Body"].get_raw_stream()

        assert stream().data == packed
        told = stream()
        told.decode_content = True
        assert b"".join(told.stream(7)) == b"hello" * 1000
        assert stream().read(5, decode_content=True) == b"hello"
        assert stream().headers["Content-Encoding"] == "gzip"
        let_go = stream()
        let_go.release_conn()
        with pytest.raises(ValueError, match="closed"):
            let_go.read()
        client.put_object(cos.bucket, b"no gzip", "key", ContentEncoding="gzip")
        with pytest.raises(OSError, match="gzip"):
            stream().read(decode_content=True)
