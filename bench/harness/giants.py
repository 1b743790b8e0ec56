"""Material for downloads of a terabyte: a catalog of many large originals that take no room, made once.

`dray import` would read them all, and a terabyte of zeros takes the better part of an hour. So small files are
imported, and then sparse files take the place of their blobs: zeros, no two of the same length, under their true
SHA-256, and with their true length and CRC-32 in the catalog. `dray verify` finds nothing wrong.

DIR/state.json     what was made, and the owners' tokens
DIR/dray/          Dray's data folder, which no server runs over
DIR/round-*/       a copy of its catalog for each round, with the blobs of the first; gone after it
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .servers import Dray, DrayCommands

Say = Callable[[str], None]
SIZE = 10_000_000  # of the smallest; each is a byte longer than the one before it
PER_FOLDER = 1000
ROOT = "/content/dam/giant"


class Giants:
    """`count` originals below ROOT, and `owners` users who may have them."""

    def __init__(self, folder: Path, binary: Path, count: int, owners: int, core: int, say: Say) -> None:
        self.count = count
        self.folders = [f"{ROOT}/{number:03}" for number in range(-(-count // PER_FOLDER))]
        self.tokens: list[str] = []  # of the owners
        self._folder = folder
        self._binary = binary
        self._owners = owners
        self._core = core
        self._say = say
        self._source = folder / "source"
        self._first = DrayCommands(binary, folder / "dray")
        self._originals: set[str] = set()

    @property
    def bytes(self) -> int:
        return sum(range(SIZE, SIZE + self.count))

    def path(self, number: int) -> str:
        return f"{ROOT}/{_place(number)}"

    def make(self) -> None:
        """Does nothing where all is there already."""
        for left in self._folder.glob("round-*"):  # by a run that was killed
            shutil.rmtree(left)
        self.tokens = self._read_tokens()
        if not self.tokens:
            shutil.rmtree(self._first.data, ignore_errors=True)
            self._import()
            self._say("putting sparse files in their place")
            self._grow()
            self._say(f"adding {self._owners} users")
            self.tokens = self._add_owners()
            self._write_tokens()
        with sqlite3.connect(self._catalog) as catalog:
            self._originals = {row[0].hex() for row in catalog.execute("SELECT blob FROM node WHERE blob IS NOT NULL")}
        catalog.close()
        self._forget_manifests()

    @contextmanager
    def copy(self) -> Iterator[DrayCommands]:
        """A data folder like the first. What is made in it is gone with it, so that each round makes it anew."""
        with tempfile.TemporaryDirectory(prefix="round-", dir=self._folder) as name:
            shutil.copyfile(self._catalog, Path(name, self._catalog.name))
            Path(name, "blobs").symlink_to(self._first.data / "blobs")
            os.sync()  # nothing of that waits for the disk when the measuring begins
            try:
                yield DrayCommands(self._binary, Path(name))
            finally:
                self._forget_manifests()

    @property
    def _catalog(self) -> Path:
        return self._first.data / "dray.db"

    @property
    def _large(self) -> Path:
        return self._first.data / "blobs" / "large"

    def _import(self) -> None:
        self._say(f"making and importing {self.count:,} files")
        shutil.rmtree(self._source, ignore_errors=True)
        for number in range(self.count):
            file = self._source / _place(number)
            if number % PER_FOLDER == 0:
                file.parent.mkdir(parents=True)
            file.write_bytes(number.to_bytes(8, "big"))
        seconds = self._first.import_folder(self._source, ROOT)
        self._say(f"imported them in {seconds:.0f} s")
        shutil.rmtree(self._source)

    def _grow(self) -> None:
        with sqlite3.connect(self._catalog) as catalog:
            nodes = catalog.execute("SELECT id FROM node WHERE blob IS NOT NULL ORDER BY order_key").fetchall()
            for (node,), (size, sha256, crc32) in zip(nodes, _zeros()):
                for table, key in (("node", "id"), ("asset_version", "node")):
                    change = f"UPDATE {table} SET blob = ?, size = ?, crc32 = ? WHERE {key} = ?"
                    catalog.execute(change, (sha256, size, crc32, node))
                blob = self._large / sha256.hex()[:2] / sha256.hex()[2:]
                with open(blob, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                    file.truncate(size)
        catalog.close()

    def _add_owners(self) -> list[str]:
        with Dray(self._first, self._folder, self._core):
            pass  # the first start makes the administrator
        password = self._folder / "password"
        password.write_text(DrayCommands.password)
        tokens = []
        for number in range(self._owners):
            name = f"owner{number:03}"
            self._first.run("user", "add", name, "--password-file", str(password))
            tokens.append(self._first.run("token", "create", "--user", name, "--label", "bench").strip())
        password.unlink()
        return tokens

    def _forget_manifests(self) -> None:
        """All blobs that are no originals: manifests of archives, and what was imported."""
        for folder in self._large.iterdir():
            for blob in os.scandir(folder):
                if folder.name + blob.name not in self._originals:
                    os.unlink(blob)
        for pack in (self._large.parent / "packs").iterdir():
            pack.unlink()

    def _read_tokens(self) -> list[str]:
        state = self._folder / "state.json"
        found = json.loads(state.read_text()) if state.exists() else {"tokens": []}
        is_same = (found.get("count"), found.get("size"), len(found["tokens"])) == (self.count, SIZE, self._owners)
        return found["tokens"] if is_same else []

    def _write_tokens(self) -> None:
        state = self._folder / "state.json"
        state.touch(0o600)
        state.write_text(json.dumps({"count": self.count, "size": SIZE, "tokens": self.tokens}, indent=1) + "\n")


def _place(number: int) -> str:
    return f"{number // PER_FOLDER:03}/{number:06}.bin"


def _zeros() -> Iterator[tuple[int, bytes, int]]:
    """Size, SHA-256 and CRC-32 of ever more zeros."""
    first = bytes(SIZE)
    sha256, crc32 = hashlib.sha256(first), zlib.crc32(first)
    size = SIZE
    while True:
        yield size, sha256.copy().digest(), crc32
        sha256.update(b"\0")
        crc32 = zlib.crc32(b"\0", crc32)
        size += 1
