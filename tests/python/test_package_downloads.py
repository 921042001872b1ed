"""Downloads in parts that are interrupted, and what the next call makes of what came."""

import asyncio
import json
import logging
import os
import random
import threading

import cospass
import pytest
import qcloud_cos
from cospass.testing import LocalCos

MIB = 1 << 20
CONTENT = random.Random(5).randbytes(5 * MIB + 3)
PARTS = {"PartSize": 1, "MAXThread": 1}


class Interrupted(Exception):
    pass


@pytest.fixture
def cos():
    with LocalCos() as local:
        local.client().put_object(local.bucket, CONTENT, "key")
        yield local


class Download:
    """One download, and how many parts each call asked for."""

    def __init__(self, cos, folder, caplog):
        self.cos, self.caplog = cos, caplog
        self.path, self.records = folder / "there", folder / "records"
        caplog.set_level(logging.INFO, "cospass.client")

    def client(self, package=cospass):
        return package.CosS3Client(package.CosConfig(**self.cos.settings), retry=0)

    def __call__(self, until=None, package=cospass, **more):
        def tell(done, total):
            if until is not None and done >= until * MIB:
                raise Interrupted

        self.caplog.clear()
        arguments = {**PARTS, "DumpRecordDir": str(self.records), "progress_callback": tell, **more}
        self.client(package).download_file(self.cos.bucket, "key", str(self.path), **arguments)

    def interrupted(self, until=2, package=cospass):
        with pytest.raises((Interrupted, qcloud_cos.CosClientError)):
            self(until, package)
        assert not self.path.exists()
        (record,) = self.records.iterdir()
        return record

    def asked(self):
        return sum(record.message.startswith("get object") for record in self.caplog.records)

    def is_done(self):
        left = sorted(name for name in os.listdir(self.path.parent) if name != "records")
        assert (left, os.listdir(self.records)) == (["there"], [])
        return self.path.read_bytes() == CONTENT


@pytest.fixture
def download(cos, tmp_path, caplog):
    return Download(cos, tmp_path, caplog)


def test_an_interrupted_download_goes_on(download):
    download.interrupted()
    told = []
    download(progress_callback=lambda done, total: told.append((done, total)))
    assert download.is_done() and download.asked() == 4
    assert [done for done, _ in told] == [*(n * MIB for n in range(1, 6)), len(CONTENT)]


def test_it_goes_on_with_other_arguments(download):
    download.interrupted()
    download(PartSize=2, MAXThread=3)
    assert download.is_done() and download.asked() == 4


def test_each_package_goes_on_with_what_the_other_began(download):
    official = download.interrupted(package=qcloud_cos)
    begun = len(json.loads(official.read_text())["parts"])
    assert begun > 0
    download()
    assert download.is_done() and download.asked() == 6 - begun
    download.path.unlink()
    download.interrupted()
    download(package=qcloud_cos, EnableCRC=True)
    assert download.is_done()


def test_another_object_begins_anew(download):
    download.interrupted()
    other = CONTENT[::-1]
    download.client().put_object(download.cos.bucket, other, "key")
    download()
    assert not download.is_done() and download.path.read_bytes() == other
    assert download.asked() == 6


def test_a_part_that_is_damaged_comes_again(download):
    record = json.loads(download.interrupted(3).read_text())
    with open(record["tmp_filename"], "r+b") as file:
        file.seek(MIB + 7)
        file.write(b"damage")
    download()
    assert download.is_done() and download.asked() == 4


def test_damage_that_nobody_sees_before_the_end_is_not_gone_on_with(download):
    """The official SDK writes no checksums of parts."""
    record = json.loads(download.interrupted(3, qcloud_cos).read_text())
    with open(record["tmp_filename"], "r+b") as file:
        file.seek(record["parts"][0]["start"])
        file.write(b"damage")
    with pytest.raises(cospass.CosClientError, match="please download_file again.*mismatch"):
        download()
    assert os.listdir(download.records) == [] and not download.path.exists()
    download()
    assert download.is_done() and download.asked() == 6


@pytest.mark.parametrize("name", ["other", "there_" + "0" * 32 + "/../other", None, 5])
def test_a_record_does_not_choose_the_file(download, tmp_path, name):
    other = tmp_path / "other"
    other.write_text("mine")
    path = download.interrupted()
    record = json.loads(path.read_text())
    os.remove(record["tmp_filename"])
    given = str(tmp_path / name) if isinstance(name, str) else name
    path.write_text(json.dumps({**record, "tmp_filename": given}))
    download()
    assert other.read_text() == "mine" and download.asked() == 6
    assert download.path.read_bytes() == CONTENT


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"parts": [5]}'])
def test_a_record_that_cannot_be_read_counts_as_none(download, text):
    path = download.interrupted()
    os.remove(json.loads(path.read_text())["tmp_filename"])
    path.write_text(text)
    download()
    assert download.is_done() and download.asked() == 6


def test_two_downloads_into_one_file_do_not_meet(download):
    began, go_on = threading.Event(), threading.Event()

    def wait(done, total):
        began.set()
        assert go_on.wait(60)

    first = threading.Thread(target=download, kwargs={"progress_callback": wait})
    first.start()
    assert began.wait(60)
    download()
    assert download.path.read_bytes() == CONTENT
    go_on.set()
    first.join()
    assert download.is_done()


def test_a_home_that_cannot_be_written_to_is_no_hindrance(download, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.write_text("a file")
    monkeypatch.setenv("HOME", str(home))
    download.records.mkdir()
    with pytest.raises(Interrupted):
        download(2, DumpRecordDir=None)
    download(DumpRecordDir=None)
    assert download.asked() == 6 and download.path.read_bytes() == CONTENT
    with pytest.raises(OSError):
        download(DumpRecordDir=str(home))


def test_a_task_that_is_cancelled_goes_on(download):
    async def work(cancel):
        client = cospass.AsyncCosS3Client(cospass.CosConfig(**download.cos.settings))
        arguments = {**PARTS, "DumpRecordDir": str(download.records)}

        def tell(done, total):
            if cancel and done >= 2 * MIB:
                task.cancel()

        arguments["progress_callback"] = tell
        call = client.download_file(download.cos.bucket, "key", str(download.path), **arguments)
        task = asyncio.ensure_future(call)
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(work(True))
    download.caplog.clear()
    asyncio.run(work(False))
    assert download.is_done() and download.asked() in (3, 4)
