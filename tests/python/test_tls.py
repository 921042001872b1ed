"""The official SDK over https, which is its default, against an endpoint with a certificate of its own."""

import io

import pytest
from endpoint import BUCKET, REGION, SECRET_ID, SECRET_KEY, Endpoint, body_of, certificate_for
from qcloud_cos import CosConfig, CosS3Client, CosServiceError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certificate_for(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture(scope="module")
def endpoint(certificate, tmp_path_factory):
    cert, key = certificate
    more = ["--tls-cert", str(cert), "--tls-key", str(key)]
    endpoint = Endpoint(tmp_path_factory.mktemp("endpoint"), more=more, scheme="https")
    yield endpoint
    endpoint.stop()


@pytest.fixture
def client(certificate, endpoint, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    domain = f"localhost:{endpoint.port}"
    config = CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey=SECRET_KEY, Domain=domain)
    return CosS3Client(config)


def test_an_object_goes_up_and_down(client):
    assert client.put_object(Bucket=BUCKET, Key="a b/照片", Body=b"hello")["ETag"]
    assert body_of(client, "a b/照片") == b"hello"
    url = client.get_presigned_url("GET", BUCKET, "a b/照片")
    assert url.startswith("https://localhost:")


def test_the_location_of_an_upload_in_parts_is_https(client, tmp_path):
    path = tmp_path / "large"
    path.write_bytes(3 * 1024 * 1024 * b"x")
    answer = client.upload_file(Bucket=BUCKET, Key="large", LocalFilePath=str(path), PartSize=1)
    assert answer["Location"].startswith("https://localhost:")


def test_a_wrong_key_is_refused(client, endpoint):
    domain = f"localhost:{endpoint.port}"
    config = CosConfig(Region=REGION, SecretId=SECRET_ID, SecretKey="other", Domain=domain)
    with pytest.raises(CosServiceError) as refused:
        CosS3Client(config).put_object(Bucket=BUCKET, Key="a", Body=io.BytesIO(b"x"))
    assert refused.value.get_error_code() == "SignatureDoesNotMatch"
