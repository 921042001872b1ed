"""Transfers with a URL or a bundle alone, and URLs for a CDN."""

import asyncio
import json
import os
import threading
import warnings

import cospass
import pytest
from cospass import CosWarning, _cospass, links
from cospass.testing import LocalCos

MIB = 1 << 20


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "there"
    path.write_bytes(os.urandom(3 * MIB + 5))
    return path


class Waiting:
    """The functions of ``links``, as they wait."""

    def __getattr__(self, name):
        return getattr(links, name)


class OnAsyncio:
    """The same on asyncio."""

    def __getattr__(self, name):
        def call(*arguments, **keywords):
            return asyncio.run(getattr(links, f"async_{name}")(*arguments, **keywords))

        return call


ways = pytest.mark.parametrize("way", [Waiting(), OnAsyncio()], ids=["waiting", "asyncio"])


@ways
def test_a_file_goes_up_and_down_by_urls(way, file, tmp_path):
    with LocalCos() as cos:
        client, seen = cos.client(), []
        headers = {"x-cos-meta-a": "b"}
        url = client.get_presigned_url(cos.bucket, "a b", "PUT", Headers=headers)
        up = way.upload(url, file, Headers=headers, progress_callback=lambda *told: seen.append(told))
        assert seen[-1] == (3 * MIB + 5, 3 * MIB + 5)
        head = client.head_object(cos.bucket, "a b")
        assert head["x-cos-meta-a"] == "b" and head["ETag"] == up["ETag"]
        assert head["x-cos-hash-crc64ecma"] == up["x-cos-hash-crc64ecma"]
        here = tmp_path / "here"
        url = client.get_presigned_download_url(cos.bucket, "a b")
        down = way.download(url, str(here), PartSize=1, MAXThread=2)
        assert here.read_bytes() == file.read_bytes()
        assert {name: down[name] for name in up} == up
        with pytest.raises(cospass.CosClientError, match="here"):
            way.download(url, here, Overwrite=False)
        absent = client.get_presigned_download_url(cos.bucket, "absent")
        with pytest.raises(cospass.CosServiceError) as refused:
            way.download(absent, tmp_path / "nothing")
        assert (refused.value.get_status_code(), refused.value.get_error_code()) == (404, "NoSuchKey")
        assert refused.value.get_request_id() != "Unknown"
        with pytest.raises(cospass.CosClientError, match="x-cos-meta-a"):
            way.upload(client.get_presigned_url(cos.bucket, "c", "PUT", Headers=headers), file)
        assert not (tmp_path / "nothing").exists() and not client.object_exists(cos.bucket, "c")


@ways
def test_a_url_that_ends_is_renewed(way, file, tmp_path):
    with LocalCos() as cos:
        client, asked = cos.client(), []
        client.put_object_from_local_file(cos.bucket, str(file), "key")

        def link(method="GET"):
            return client.get_presigned_url(cos.bucket, "key", method, Expired=60)

        def fresh():
            asked.append(threading.get_ident())
            return link() + "\n"

        old = client.get_presigned_url(cos.bucket, "key", "GET", Expired=60, now=cos.now - 1000)
        with pytest.raises(cospass.CosClientError, match="ended"):
            way.download(old, tmp_path / "here")
        way.download(old, tmp_path / "here", Renew=fresh)
        assert (tmp_path / "here").read_bytes() == file.read_bytes() and len(asked) == 1

        def nobody():
            raise KeyError("no more")

        for wrong, told in ((nobody, "no more"), (lambda: 5, "int"), (lambda: "ftp://x", "ftp")):
            with pytest.raises(cospass.CosClientError, match=told):
                way.download(old, tmp_path / "there too", Renew=wrong)


@ways
def test_a_file_goes_up_with_a_bundle(way, file, tmp_path):
    with LocalCos() as cos:
        client = cos.client()
        bundle = client.make_bundle(cos.bucket, "/ü b/c", file.stat().st_size, 1, ContentType="a/b")
        document = json.loads(bundle)
        assert (document["key"], len(document["parts"]), document["part_size"]) == ("ü b/c", 4, MIB)
        assert abs(document["expires_at"] - cos.now - 900) < 60
        seen = []

        class Enough(Exception):
            pass

        def stop(done, total):
            seen.append(total)
            raise Enough

        with pytest.raises(Enough):
            way.upload_bundle(bundle, file, MAXThread=1, progress_callback=stop)
        assert seen == [3 * MIB + 5] and not client.object_exists(cos.bucket, "ü b/c")
        up = way.upload_bundle(bundle, file)
        assert client.get_object(cos.bucket, "ü b/c")["Body"].get_raw_stream().read() == file.read_bytes()
        head = client.head_object(cos.bucket, "ü b/c")
        assert head["x-cos-hash-crc64ecma"] == up["x-cos-hash-crc64ecma"]
        assert head["Content-Type"] == "a/b"
        assert way.upload_bundle(bundle, file)["ETag"] == up["ETag"], "it is there already"

        other = tmp_path / "other"
        other.write_bytes(b"short")
        with pytest.raises(cospass.CosClientError, match="5"):
            way.upload_bundle(bundle, other)
        for wrong in ("", "{}", "[]", bundle.replace('"version": 1', '"version": 2')):
            with pytest.raises(cospass.CosClientError, match="bundle"):
                way.upload_bundle(wrong, file)
            with pytest.raises(cospass.CosClientError, match="bundle"):
                client.renew_bundle(wrong)

        bundle = client.make_bundle(cos.bucket, "given up", 5)
        way.abort_bundle(bundle)
        assert "Upload" not in client.list_multipart_uploads(cos.bucket)
        with pytest.raises(cospass.CosServiceError) as refused:
            way.abort_bundle(bundle)
        assert refused.value.get_error_code() == "NoSuchUpload"


@ways
def test_a_bundle_that_ends_is_renewed(way, file):
    with LocalCos() as cos:
        client = cos.client()
        size = file.stat().st_size
        bundle = client.make_bundle(cos.bucket, "key", size, 1, Expired=60)
        cos.advance(1000)
        with pytest.raises(cospass.CosClientError, match="ended"):
            way.upload_bundle(bundle, file)
        fresh = client.renew_bundle(bundle, 60, now=cos.now)
        kept = {"bucket", "format", "key", "part_size", "size", "upload_id", "version"}
        old, new = json.loads(bundle), json.loads(fresh)
        assert {name for name in old if old[name] == new[name]} == kept
        assert new["expires_at"] == cos.now + 60
        assert way.upload_bundle(bundle, file, Renew=lambda: fresh)["Content-Length"] == str(size)


def test_a_bundle_is_made_on_asyncio_and_of_many_parts():
    async def made(cos):
        client = cospass.AsyncCosS3Client(cospass.CosConfig(**cos.settings))
        return await client.make_bundle(cos.bucket, "key", 2500 * MIB, 1, now=cos.now)

    with LocalCos(now=1_700_000_000) as cos:
        bundle = json.loads(asyncio.run(made(cos)))
        assert len(bundle["parts"]) == 2500 and len(bundle["list"]) == 3
        assert bundle["expires_at"] == 1_700_000_900
        assert "part-number-marker=2000" in bundle["list"][2]
        # What the parts may be gives way to how many there may be.
        large = cos.client().make_bundle(cos.bucket, "key", 20_000 * MIB, 1, now=cos.now)
        assert json.loads(large)["part_size"] == 2 * MIB


def test_a_bundle_that_cannot_be_is_refused_before_anything_is_begun():
    with LocalCos() as cos:
        client = cos.client()
        for size, part_size in ((-1, 1), (5, 0), (10_001 * (5 << 30), 1)):
            with pytest.raises(cospass.CosClientError, match="Size is"):
                client.make_bundle(cos.bucket, "key", size, part_size)
        with pytest.warns(CosWarning):
            warnings.simplefilter("error", CosWarning)
            with pytest.raises(CosWarning):
                client.make_bundle(cos.bucket, "key", 5)
            warnings.simplefilter("always", CosWarning)
            client.renew_bundle(client.make_bundle(cos.bucket, "other", 5))
        uploads = client.list_multipart_uploads(cos.bucket)["Upload"]
        assert [upload["Key"] for upload in uploads] == ["other"]


def test_a_number_of_parts_must_be_one(tmp_path):
    for wrong in ({"PartSize": 0}, {"MAXThread": 0}):
        with pytest.raises(cospass.CosClientError, match="1 or more"):
            links.download("http://localhost/x", tmp_path / "x", **wrong)
    with pytest.raises(cospass.CosClientError, match="ftp"):
        links.download("ftp://localhost/x", tmp_path / "x")


def test_a_cancelled_task_ends_its_transfer(tmp_path):
    async def cancelled(cos, url):
        began = asyncio.Event()
        loop = asyncio.get_running_loop()

        def told(done, total):
            loop.call_soon_threadsafe(began.set)

        task = asyncio.ensure_future(
            links.async_download(url, tmp_path / "here", progress_callback=told, Headers={})
        )
        await asyncio.wait_for(began.wait(), 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with LocalCos() as cos:
        client = cos.client()
        client.put_object(cos.bucket, bytes(4 * MIB), "key")
        limit = {"x-cos-traffic-limit": "819200"}
        url = client.get_presigned_url(cos.bucket, "key", "GET", Params=limit)
        asyncio.run(cancelled(cos, url))
        assert not (tmp_path / "here").exists()


KEY = "dimtm5evg50ijsx2hvuwyfoiu65"


def test_a_cdn_lets_in_what_its_documentation_says():
    """The examples of 228/41623, 228/35223 and 228/41625."""
    url = "http://cloud.tencent.com/test.jpg"
    signed = f"{url}?sign=900a5049aa8ac1ab144527d9c2be4cea&t=1582791032"
    assert cospass.cdn_url(url, KEY, "D", now=1_582_791_032) == signed
    assert cospass.cdn_url(url, KEY, "d", "a_b", "when", now=1_582_791_032) == signed.replace(
        "sign=", "a_b="
    ).replace("t=1", "when=1")
    of_a = cospass.cdn_url(url, KEY, "A", Random="x1", now=1_582_791_032)
    assert of_a.startswith(f"{url}?sign=1582791032-x1-0-") and len(of_a.rpartition("-")[2]) == 32
    assert cospass.cdn_url(url, KEY, "B", now=1_582_791_032).startswith("http://cloud.tencent.com/202002271610/")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("https://a.example/x", "short", "A"), "6 to 40"),
        (("https://a.example/x", KEY, "C"), "give A, B or D"),
        (("https://a.example/x?y=1", KEY, "A"), "parameters"),
        (("https://b-1250000000.cos.ap-beijing.myqcloud.com/x", KEY, "A"), "domain of COS"),
        (("https://a.example/x", KEY, "A", "a b"), "name of a parameter"),
        (("nothing", KEY, "A"), "URL"),
    ],
)
def test_what_a_cdn_does_not_know_is_refused(arguments, told):
    with pytest.raises(cospass.CosClientError, match=told) as refused:
        cospass.cdn_url(*arguments)
    assert KEY not in str(refused.value)


def test_parts_of_a_bundle_are_as_large_as_the_service_allows():
    most = 50_000 << 30
    allowed = {(100, 1): MIB, (5 << 40, 8 * MIB): 525 * MIB, (0, 1 << 63): 5 << 30, (most, 1): 5 << 30}
    for given, size in allowed.items():
        assert _cospass.size_of_parts(*given) == size
    with pytest.raises(cospass.CosClientError, match=f"{most + 1} bytes are more than can be taken"):
        _cospass.size_of_parts(most + 1, MIB)
    with LocalCos() as cos:
        for size, part_size in ((most + 1, 8), (1 << 80, 1 << 80)):
            with pytest.raises(cospass.CosClientError, match="has 10,000 parts of 5 GiB at most"):
                cos.client().make_bundle(cos.bucket, "key", size, part_size)
