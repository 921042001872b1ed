"""`presign_many` of Arrow arrays: the URLs are those of the keys one by one, null where a key is."""

from functools import partial

import cospass
import pyarrow
import pytest
from cospass import CosClientError
from drop_in import TEXTS

BUCKET = "examplebucket-1250000000"
NOW = 1_700_000_000
CONFIG = {"Region": "ap-guangzhou", "SecretId": "AKIDEXAMPLE", "SecretKey": "secret"}
KEYS = [text for text in TEXTS if text and "\ud800" not in text]
TYPES = [pyarrow.string(), pyarrow.large_string(), pyarrow.string_view()]


@pytest.fixture
def client():
    return cospass.CosS3Client(cospass.CosConfig(**CONFIG, Token="a token"))


def expected(client, keys, **arguments):
    sign = lambda key: client.get_presigned_url(BUCKET, key, now=NOW, **arguments)  # noqa: E731
    return [None if key is None else sign(key) for key in keys]


class Capsules:
    """An array of another library: nothing of it is known but the interface."""

    def __init__(self, array):
        self._array = array

    def __arrow_c_array__(self, requested_schema=None):
        return self._array.__arrow_c_array__(requested_schema)


class Stream:
    def __init__(self, chunked):
        self._chunked = chunked

    def __arrow_c_stream__(self, requested_schema=None):
        return self._chunked.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize("threads", [1, 2, 7])
def test_urls_are_those_of_single_calls(client, kind, threads):
    keys = [None, *KEYS, None, *KEYS[::-1]] * 3
    array = pyarrow.array(keys, kind)
    arguments = {"Method": "PUT", "Params": {"a b": "c d"}, "Expired": 60}
    urls = client.presign_many(array, BUCKET, now=NOW, threads=threads, **arguments)
    assert urls.type == pyarrow.large_string() and urls.null_count == 6
    urls.validate(full=True)
    assert urls.to_pylist() == expected(client, keys, **arguments)


def test_more_rows_than_one_thread_takes_at_a_time(client):
    keys = [None if number % 1000 == 7 else f"key {number}" for number in range(70_000)]
    urls = client.presign_many(pyarrow.array(keys), BUCKET, now=NOW, threads=2)
    urls.validate(full=True)
    of_list = iter(client.presign_many([key for key in keys if key], BUCKET, now=NOW))
    assert urls.to_pylist() == [next(of_list) if key else None for key in keys]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("place", [0, 4095, 4096, 20_000])
def test_the_first_key_that_cannot_be_signed_is_named(client, threads, place):
    keys = [f"key {number}" for number in range(30_000)]
    keys[place] = keys[25_000] = ""
    with pytest.raises(CosClientError, match=rf"^keys\[{place}\]: Key is required not empty"):
        client.presign_many(pyarrow.array(keys), BUCKET, threads=threads)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize("threads", [1, 2])
def test_room_for_many_urls_is_enough(client, kind, threads):
    """In every place where a URL may be longer than is thought of its key."""
    keys = [chr(0x4E00 + number % 1000) * (number % 90 + 1) for number in range(20_000)]
    array = pyarrow.array(["before", *keys, "behind"], kind).slice(1, len(keys))
    urls = client.presign_many(array, BUCKET, now=NOW, threads=threads)
    urls.validate(full=True)
    assert urls.nbytes > 8 << 20
    assert urls.to_pylist() == client.presign_many(keys, BUCKET, now=NOW)


def test_room_that_is_not_enough_grows(monkeypatch):
    from cospass.arrow import _Room

    for most in (9 << 20, 8):
        room = _Room(most)
        pieces = [bytes([number]) * (3 << 20) for number in range(5)]
        for piece in pieces:
            room.add(piece)
        assert bytes(room.content()) == b"".join(pieces)

    def refuse(*_, **__):
        raise OSError("no memory")

    monkeypatch.setattr("mmap.mmap", refuse)
    room = _Room(9 << 20)
    room.add(b"x")
    assert room.content() == b"x"


def test_memory_is_used_again_when_nobody_has_it_any_more(client, monkeypatch):
    from cospass import arrow

    monkeypatch.setattr(arrow, "_spares", [])
    keys = [f"{number:050}" for number in range(20_000)]
    array, others = pyarrow.array(keys), pyarrow.array(keys[::-1])
    sign = partial(client.presign_many, Bucket=BUCKET, now=NOW)
    expected = sign(keys)
    first = sign(array)
    part = first.slice(5, 3)
    second = sign(others)
    assert first.to_pylist() == expected and second.to_pylist() == expected[::-1]
    del second
    kept = list(map(id, arrow._spares))
    assert len(kept) == 1
    # The part alone holds what it is of.
    del first
    assert list(map(id, arrow._spares)) == kept
    third = sign(others)
    assert not arrow._spares
    assert third.to_pylist() == expected[::-1] and part.to_pylist() == expected[5:8]
    del part, third
    assert len(arrow._spares) == 2
    # Neither much smaller nor larger arrays take them.
    few = sign(array.slice(0, 8000))
    assert len(few) == 8000 and len(arrow._spares) == 2


def test_memory_that_is_kept_has_a_limit(monkeypatch):
    from cospass import arrow

    monkeypatch.setattr(arrow, "_spares", [])
    monkeypatch.setattr(arrow, "_SPARE_MOST", 10 << 20)
    rooms = [arrow._Room(most << 20) for most in (4, 5, 3, 1)]
    contents = [room.content() for room in rooms]
    del contents
    kept = sorted(len(spare) >> 20 for spare in arrow._spares)
    assert sum(kept) <= 10 and len(kept) >= 2
    monkeypatch.delattr("mmap.MADV_FREE")
    arrow._spares.clear()
    content = arrow._Room(4 << 20).content()
    del content
    assert not arrow._spares


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_parts_of_an_array(client, kind):
    whole = pyarrow.array([None, *KEYS, None], kind)
    for start, length in ((0, 0), (1, 3), (5, 9), (len(KEYS), 2), (9, 100)):
        part = whole.slice(start, length)
        urls = client.presign_many(part, BUCKET, now=NOW)
        urls.validate(full=True)
        assert urls.to_pylist() == expected(client, part.to_pylist())


def test_everything_that_has_the_interface(client):
    array = pyarrow.array(["a", None, "b"])
    chunked = pyarrow.chunked_array([["a"], [], [None, "b"]], pyarrow.string())
    wanted = expected(client, ["a", None, "b"])
    for keys in (array, Capsules(array)):
        urls = client.presign_many(keys, BUCKET, now=NOW)
        assert isinstance(urls, pyarrow.Array) and urls.to_pylist() == wanted
        assert pyarrow.array(Capsules(urls)).to_pylist() == wanted
    for keys in (chunked, Stream(chunked)):
        urls = client.presign_many(keys, BUCKET, now=NOW)
        assert isinstance(urls, pyarrow.ChunkedArray) and urls.to_pylist() == wanted
        assert urls.num_chunks == 3
    nothing = client.presign_many(pyarrow.array([], pyarrow.string()), BUCKET)
    assert nothing.to_pylist() == []
    nulls = client.presign_many(pyarrow.array([None, None], pyarrow.string()), BUCKET)
    assert nulls.to_pylist() == [None, None]
    none = pyarrow.chunked_array([], pyarrow.string())
    assert client.presign_many(none, BUCKET).to_pylist() == []


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_keys_of_a_dictionary(client, kind):
    texts = pyarrow.array(["a", None, "键", "behind"], kind)
    array = pyarrow.DictionaryArray.from_arrays(pyarrow.array([2, 0, None, 1, 0]), texts)
    for keys in (array, array.slice(1, 3), Capsules(array), pyarrow.chunked_array([array, array[2:]])):
        urls = client.presign_many(keys, BUCKET, now=NOW)
        urls.validate(full=True)
        read = pyarrow.array(keys) if isinstance(keys, Capsules) else keys
        assert urls.to_pylist() == expected(client, read.to_pylist())


def test_what_is_nothing_but_null(client):
    assert client.presign_many(pyarrow.nulls(3), BUCKET).to_pylist() == [None] * 3


def test_what_cannot_be_signed_is_refused(client):
    for array in (pyarrow.array([1, 2]), pyarrow.array([b"a"]), pyarrow.array([["a"]]), pyarrow.array([1]).dictionary_encode()):
        with pytest.raises(CosClientError, match="an Arrow array of"):
            client.presign_many(array, BUCKET)
    with pytest.raises(CosClientError, match=r"keys\[1\]: Key is required not empty"):
        client.presign_many(pyarrow.array(["a", ""]), BUCKET)
    broken = pyarrow.Array.from_buffers(
        pyarrow.string(),
        1,
        [None, pyarrow.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0])), pyarrow.py_buffer(b"\xff")],
    )
    with pytest.raises(CosClientError, match="utf8"):
        client.presign_many(broken, BUCKET)


def test_without_pyarrow_it_is_said_what_is_missing(client, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(CosClientError, match="pip install pyarrow"):
        client.presign_many(Capsules(pyarrow.array(["a"])), BUCKET)
