"""What is kept of a download in parts that did not come to its end, so that the next call goes on with it.

The file is the official SDK's (``resumable_downloader.py``), in its place and with its names, so that each package goes on with
what the other began. On top it has the CRC64 of each part, by which a part is looked at before it is taken for there.
"""

import hashlib
import json
import os
import re
import uuid
from typing import Any, Dict, Mapping, Optional, Tuple

from .sending import logger

try:
    import fcntl
except ImportError:  # Where there is none, of two downloads into one file the second may fail.
    fcntl = None  # type: ignore[assignment]

#: Number, first byte and length.
Part = Tuple[int, int, int]


class Record:
    """A download into one file: what of it is there, and in which file until it is whole.

    :param folder: where records are kept; ``~/.cos_download_tmp_file`` without it.
    :param head: the headers of the object: another length, time or ETag is another object, and begins anew.
    :param part_size: in bytes; that of a record that is gone on with comes instead.
    :raises OSError: neither a record nor the file beside ``target`` can be written.
    """

    def __init__(
        self,
        folder: Optional[str],
        bucket: str,
        key: str,
        target: str,
        head: Mapping[str, Any],
        part_size: int,
    ) -> None:
        #: Whether what is there was found to be other bytes than the object's.
        self.is_wrong = False
        self._target = target
        self._path = _path(folder, bucket, key, target)
        #: The parts that are there, and their CRC64 where it is known.
        self.there: Dict[Part, Optional[int]] = {}
        self.part_size = part_size
        self._said = {
            "bucket": bucket,
            "key": key,
            "mtime": head.get("Last-Modified"),
            "etag": head.get("ETag"),
            "file_size": head.get("Content-Length"),
        }
        former = self._former()
        #: The file that is written into until it is whole.
        self.name = former if former is not None else f"{target}_{uuid.uuid4().hex}"
        self._file = open(self.name, "ab")
        if not _locked(self._file):
            # Another download into the same file is under way, and has its record.
            self._file.close()
            self._path, self.there, self.part_size = None, {}, part_size
            self.name = f"{target}_{uuid.uuid4().hex}"
            self._file = open(self.name, "ab")
        logger.debug("download into %s, %d parts are there", self.name, len(self.there))

    def _former(self) -> Optional[str]:
        """The file of a download of the same object that was begun before, if there is one."""
        if self._path is None:
            return None
        try:
            with open(self._path, encoding="utf-8") as file:
                told = json.load(file)
            name, part_size = told["tmp_filename"], told["part_size"]
            there = {
                (int(part["part_id"]), int(part["start"]), int(part["length"])): part.get("crc64")
                for part in told["parts"]
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        # Whoever can write records must not choose which file is written into.
        beside = f"{re.escape(self._target)}_[0-9a-f]{{32}}"
        if not isinstance(name, str) or not re.fullmatch(beside, name) or not os.path.isfile(name):
            return None
        if any(told.get(each) != value for each, value in self._said.items()):
            os.remove(name)
            return None
        if not isinstance(part_size, int) or part_size < 1:
            return None
        self.part_size, self.there = part_size, there
        return name

    def add(self, part: Part, crc64: int) -> None:
        """A part is there."""
        self.there[part] = crc64
        self._keep()

    def drop(self, part: Part) -> None:
        """A part is not what it was."""
        del self.there[part]

    def _keep(self) -> None:
        if self._path is None:
            return
        parts = [
            {"part_id": number, "start": start, "length": length, "crc64": crc64}
            for (number, start, length), crc64 in self.there.items()
        ]
        told = {
            **self._said,
            "tmp_filename": self.name,
            "part_size": self.part_size,
            "parts": parts,
        }
        fresh = f"{self._path}.tmp"
        with open(fresh, "w", encoding="utf-8") as file:
            json.dump(told, file)
        os.replace(fresh, self._path)

    def finish(self) -> None:
        """It is whole: the file takes its name."""
        self._file.close()
        os.replace(self.name, self._target)
        self._forget()

    def leave(self) -> None:
        """It is not: what is there stays for the next call, if anything is."""
        self._file.close()
        if self._path is None or not self.there:
            self.discard()

    def discard(self) -> None:
        """What is there is of no use."""
        self._file.close()
        if os.path.exists(self.name):
            os.remove(self.name)
        self._forget()

    def _forget(self) -> None:
        if self._path is not None and os.path.exists(self._path):
            os.remove(self._path)


def _path(folder: Optional[str], bucket: str, key: str, target: str) -> Optional[str]:
    """The file of the record; none where the usual folder cannot be made: a download needs no home."""
    usual = os.path.join(os.path.expanduser("~"), ".cos_download_tmp_file")
    try:
        os.makedirs(folder or usual, exist_ok=True)
    except OSError:
        if folder:
            raise
        logger.info("nothing of downloads is kept: %s cannot be made", usual)
        return None
    sums = [hashlib.md5(text.encode("utf-8")).hexdigest() for text in (key, target)]
    return os.path.join(folder or usual, f"{bucket}_{sums[0]}.{sums[1]}")


def _locked(file: Any) -> bool:
    """Whether nobody else writes into it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
