"""Files that the command moves and files that the official SDK moves: each reads what the other wrote."""

import json
import random
from pathlib import Path

import jsonschema
import pytest
from endpoint import BUCKET, cospass

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "bundle.schema.json").read_text())
MIB = 1 << 20

# Around one part and several, of either side; some keys that clients spell in their own ways.
SIZES = {"empty": 0, "small": 5, "part": MIB, "parts": 3 * MIB + 1}
KEYS = ["plain", "sub/folder/页 a+b%41", "a&b=c;d?e#f"]


@pytest.fixture
def file(tmp_path):
    def make(size):
        path = tmp_path / "original"
        path.write_bytes(random.Random(size).randbytes(size))
        return path

    return make


def run(way, *arguments):
    done = cospass(*map(str, arguments), "--scheme", "http", *way.options, *reach(way))
    assert done.returncode == 0, done.stderr
    return done.stdout


def reach(way):
    """The host of the service leads elsewhere without this."""
    proxy = way.variables.get("http_proxy")
    return ["--connect-to", proxy.removeprefix("http://")] if proxy else []


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("key", KEYS)
def test_the_sdk_reads_what_the_command_wrote(way, file, tmp_path, key, size):
    original, copy = file(size), tmp_path / "copy"
    run(way, "put", original, f"cos://{BUCKET}/{key}", "-q", "--part-size", "1M", "-H", "x-cos-meta-of: ours")
    client = way.client()
    client.download_file(BUCKET, key, str(copy), PartSize=1)
    assert copy.read_bytes() == original.read_bytes()
    head = client.head_object(BUCKET, key)
    assert (head["Content-Length"], head["x-cos-meta-of"]) == (str(size), "ours")


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("key", KEYS)
def test_the_command_reads_what_the_sdk_wrote(way, file, tmp_path, key, size):
    original, copy = file(size), tmp_path / "copy"
    way.client().upload_file(BUCKET, key, str(original), PartSize=1)
    run(way, "get", f"cos://{BUCKET}/{key}", copy, "-q", "--part-size", "1M")
    assert copy.read_bytes() == original.read_bytes()


def test_each_goes_on_with_an_upload_that_the_other_began(proxy, file, tmp_path):
    """The SDK looks for parts that are there, and so does a bundle."""
    original, copy, bundle = file(3 * MIB + 7), tmp_path / "copy", tmp_path / "bundle.json"
    key = "resumed"
    size = original.stat().st_size
    bundle.write_text(run(proxy, "bundle", f"cos://{BUCKET}/{key}", "--size", size, "--part-size", "1M"))
    client = proxy.client()
    (begun,) = client.list_multipart_uploads(BUCKET, Prefix=key)["Upload"]
    with original.open("rb") as content:
        client.upload_part(BUCKET, key, content.read(MIB), 1, begun["UploadId"])
    done = cospass("upload", str(bundle), str(original), "--json", *reach(proxy))
    assert done.returncode == 0, done.stderr
    client.download_file(BUCKET, key, str(copy))
    assert copy.read_bytes() == original.read_bytes()

    client.delete_object(BUCKET, key)
    begun = client.create_multipart_upload(BUCKET, key)["UploadId"]
    with original.open("rb") as content:
        client.upload_part(BUCKET, key, content.read(MIB), 1, begun)
    run(proxy, "put", original, f"cos://{BUCKET}/{key}", "-q", "--part-size", "1M")
    run(proxy, "get", f"cos://{BUCKET}/{key}", copy, "-q")
    assert copy.read_bytes() == original.read_bytes()
    assert "Upload" not in client.list_multipart_uploads(BUCKET, Prefix=key), "another upload was begun"


def test_a_bundle_is_of_its_schema(proxy):
    schema = jsonschema.Draft202012Validator(SCHEMA)
    for size, parts in ((0, 1), (1, 1), (20_000_000_000, 9537)):
        bundle = json.loads(run(proxy, "bundle", f"cos://{BUCKET}/{KEYS[1]}", "--size", size, "--part-size", "1M"))
        schema.validate(bundle)
        assert (bundle["key"], len(bundle["parts"])) == (KEYS[1], parts)
    for change in ({"version": 2}, {"parts": []}, {"complete": "file:///x"}, {"secret": "x"}):
        assert not schema.is_valid({**bundle, **change}), change
    upload = {"UploadId": bundle["upload_id"], "Key": KEYS[1]}
    proxy.client().abort_multipart_upload(BUCKET, **upload)
