"""One endpoint for all tests with permanent keys, one for those with temporary ones."""

import os
import socket

import pytest
from endpoint import BUCKET, SECRET_KEY, TOKEN, WAYS, Endpoint
from qcloud_cos import CosServiceError


@pytest.fixture(scope="session", autouse=True)
def no_proxies():
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def localhost_resolves():
    """`*.localhost` is this machine (RFC 6761 §6.3), also where the system's resolver does not know."""
    getaddrinfo = socket.getaddrinfo

    def resolve(host, *arguments, **keywords):
        if isinstance(host, str) and host.endswith(".localhost"):
            host = "127.0.0.1"
        return getaddrinfo(host, *arguments, **keywords)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory):
    yield from run(tmp_path_factory.mktemp("permanent"))


@pytest.fixture(scope="session")
def temporary_endpoint(tmp_path_factory):
    yield from run(tmp_path_factory.mktemp("temporary"), TOKEN)


def run(folder, token=None):
    endpoint = Endpoint(folder, token)
    yield endpoint
    said = endpoint.stop()
    assert SECRET_KEY not in said
    assert TOKEN not in said


@pytest.fixture(params=WAYS)
def way(request, endpoint, monkeypatch):
    """Each way to reach the endpoint, with no object in the bucket that a test before has left."""
    return prepare(endpoint.ways()[request.param], monkeypatch)


@pytest.fixture
def proxy(endpoint, monkeypatch):
    """The way without a changed line."""
    return prepare(endpoint.ways()["proxy"], monkeypatch)


@pytest.fixture(params=WAYS)
def temporary_way(request, temporary_endpoint, monkeypatch):
    return prepare(temporary_endpoint.ways()[request.param], monkeypatch, TOKEN)


def prepare(way, monkeypatch, token=None):
    for name, value in way.variables.items():
        monkeypatch.setenv(name, value)
    way.client(Token=token).delete_object(Bucket=BUCKET, Key="exampleobject")
    return way


@pytest.fixture
def refused():
    """Calls that must be refused: the error, after its parts were found to be readable."""

    def call(function, *arguments, **keywords):
        with pytest.raises(CosServiceError) as caught:
            function(*arguments, **keywords)
        error = caught.value
        assert error.get_request_id() not in ("", "Unknown")
        assert error.get_error_code() != "Unknown"
        return error

    return call
