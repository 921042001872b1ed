"""Reading the body of a download: what is left of it, whichever way it was begun; beside the official SDK."""

import asyncio
import itertools

import cospass
import pytest
import qcloud_cos
from cospass.testing import BUCKET, LocalCos

CONTENT = bytes(range(256)) * 80


@pytest.fixture(scope="module")
def local():
    with LocalCos() as local:
        local.client().put_object(BUCKET, CONTENT, "key")
        yield local


WAYS = {
    "read": lambda body: body.read(5),
    "read all": lambda body: body.read(-1),
    "read without a size": lambda body: body.read(None),
    "piece": lambda body: next(body.get_stream(7)),
    "one piece": lambda body: next(body.get_stream(-1)),
    "file": lambda body: body.get_raw_stream().read(9),
    "rest of the file": lambda body: body.get_raw_stream().read(),
    "file of another size": lambda body: body.get_raw_stream().read(3000),
}


@pytest.mark.parametrize("names", itertools.product(WAYS, repeat=2), ids="-".join)
def test_one_way_goes_on_where_another_was(local, names):
    def read(package):
        client = package.CosS3Client(package.CosConfig(**local.settings))
        body = client.get_object(BUCKET, "key")["Body"]
        told = []
        for name in (*names, "rest of the file"):
            try:
                told.append(WAYS[name](body))
            except StopIteration:
                told.append(b"")
        return [each or b"" for each in told]

    ours = read(cospass)
    assert b"".join(ours) == CONTENT
    assert ours == read(qcloud_cos)


def test_a_file_is_one_file_whose_headers_are_found_in_any_case(local):
    body = local.client().get_object(BUCKET, "key")["Body"]
    file = body.get_raw_stream()
    assert body.get_raw_stream() is file
    assert file.headers.get("content-length") == file.getheader("Content-Length") == str(len(CONTENT))
    assert file.status == 200
    part = local.client().get_object(BUCKET, "key", Range="bytes=0-4")["Body"].get_raw_stream()
    assert (part.status, part.data) == (206, CONTENT[:5])
    assert file.headers["ETag"] and file.getheader("absent") is None and len(file.headers) > 5
    pieces = []
    while piece := body.get_raw_stream().read(1024):
        pieces.append(piece)
    assert b"".join(pieces) == CONTENT


def test_lines_are_read(local):
    local.client().put_object(BUCKET, b"one\ntwo\nthree", "lines")
    assert list(local.client().get_object(BUCKET, "lines")["Body"].get_raw_stream()) == [b"one\n", b"two\n", b"three"]


def test_a_size_that_is_none_is_refused(local):
    body = local.client().get_object(BUCKET, "key")["Body"]
    with pytest.raises(cospass.CosClientError, match="chunk_size is 0"):
        next(body.get_stream(0))
    with pytest.raises(TypeError, match="'str'"):
        body.read("5")
    assert body.read(3) == CONTENT[:3]


def test_on_asyncio_too(local):
    async def main():
        client = cospass.AsyncCosS3Client(cospass.CosConfig(**local.settings))
        body = (await client.get_object(BUCKET, "key"))["Body"]
        begin = await body.read(5)
        rest = await body.read(-1)
        return begin + rest, [piece async for piece in body.get_stream(None)]

    assert asyncio.run(main()) == (CONTENT, [])
