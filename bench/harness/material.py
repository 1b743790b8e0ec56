"""The test material: sets of files with pseudo-random content, imported into Dray and laid beside nginx.

DIR/state.json     what is there already, so that a kept folder is not filled again
DIR/dray/          Dray's data folder with all imported sets
DIR/static/        for nginx: each set's archive as Dray delivers it, so both serve the same bytes
DIR/bulk/          the files of the import measurement; the other sets are deleted once they are imported
"""

import http.client
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import BenchError
from .servers import Archive, Dray, Drain, DrayCommands

MIB = 1 << 20
Say = Callable[[str], None]
BLOCK = 4096  # what a file takes at least on the usual file systems


@dataclass(frozen=True)
class Files:
    """`count` files of `size` bytes below `folder`, `per_folder` in each of its folders."""

    folder: str
    count: int
    size: int
    per_folder: int
    seed: int

    @property
    def disk(self) -> int:
        return self.count * max(self.size, BLOCK)


@dataclass(frozen=True)
class Set:
    """What is imported as /content/dam/NAME."""

    name: str
    text: str
    parts: tuple[Files, ...]

    @property
    def path(self) -> str:
        return f"/content/dam/{self.name}"

    @property
    def entries(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def bytes(self) -> int:
        return sum(part.count * part.size for part in self.parts)

    @property
    def disk(self) -> int:
        return sum(part.disk for part in self.parts)


@dataclass(frozen=True)
class Sizes:
    """The sets and the lengths of one kind of run."""

    large: Set
    medium: Set
    small: Set
    tiny: Set  # its folder `most` holds all but one folder's worth of what `prepare` asks for, `rest` the others
    bulk: Files
    sample_bytes: int  # a throughput sample is at least this long
    ranges: int
    readers: int
    reading_seconds: int

    @property
    def sets(self) -> tuple[Set, ...]:
        return (self.large, self.medium, self.small, self.tiny)


def make_sizes(quick: bool) -> Sizes:
    return _quick_sizes() if quick else _full_sizes()


def _full_sizes() -> Sizes:
    return Sizes(
        large=Set("large", "20 files of 256 MiB", (Files("", 20, 256 * MIB, 20, 1),)),
        medium=Set("medium", "1,000 files of 1 MiB", (Files("", 1000, MIB, 100, 2),)),
        small=Set("small", "50,000 files of 4 KiB", (Files("", 50_000, 4096, 1000, 3),)),
        tiny=Set(
            "tiny",
            "1,000,000 files of 100 B",
            (Files("most", 99_000, 100, 1000, 4), Files("rest", 901_000, 100, 1000, 5)),
        ),
        bulk=Files("", 100, 100_000_000, 100, 6),
        sample_bytes=8 << 30,
        ranges=2000,
        readers=5000,
        reading_seconds=20,
    )


def _quick_sizes() -> Sizes:
    return Sizes(
        large=Set("large", "4 files of 16 MiB", (Files("", 4, 16 * MIB, 20, 1),)),
        medium=Set("medium", "60 files of 1 MiB", (Files("", 60, MIB, 20, 2),)),
        small=Set("small", "2,000 files of 4 KiB", (Files("", 2000, 4096, 1000, 3),)),
        tiny=Set("tiny", "3,000 files of 100 B", (Files("most", 900, 100, 100, 4), Files("rest", 2100, 100, 100, 5))),
        bulk=Files("", 10, 10_000_000, 10, 6),
        sample_bytes=64 * MIB,
        ranges=200,
        readers=200,
        reading_seconds=3,
    )


class Material:
    """Makes, imports and prepares what a measurement asks for, once."""

    def __init__(self, folder: Path, sizes: Sizes, dray: Path, drain: Drain, core: int, say: Say) -> None:
        self._folder = folder
        self._sizes = sizes
        self._drain = drain
        self._core = core
        self._say = say
        self.static = folder / "static"
        self.static.mkdir(parents=True, exist_ok=True)
        self.scratch = folder / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self._state = self._read_state()
        self.dray = DrayCommands(dray, folder / "dray", self._state.get("token", ""))
        self._dray_binary = dray
        self._prepared: dict[str, Archive] = {}

    @property
    def imports(self) -> dict[str, dict[str, float]]:
        """How long the import of each set took when it was made."""
        return self._state["imports"]

    def archive_of(self, wanted: Set) -> Archive:
        """The prepared archive of the whole set; it outlives a restart of the server."""
        self.import_set(wanted)
        if wanted.name not in self._prepared:
            with self._server() as server:
                self._prepared[wanted.name], _ = server.prepare([wanted.path], wanted.entries)
        return self._prepared[wanted.name]

    def static_twin(self, wanted: Set) -> str:
        """Lays the archive beside nginx; returns its path there."""
        archive = self.archive_of(wanted)
        twin = self.static / f"{wanted.name}.zip"
        if not twin.exists() or twin.stat().st_size != archive.size:
            self._say(f"saving the archive of {wanted.text} for nginx")
            with self._server() as server:
                _save(server, archive, twin)
            _check_archive(twin, wanted)
        return f"/{twin.name}"

    def import_set(self, wanted: Set) -> None:
        if wanted.name in self._state["imports"]:
            return
        self._sign_in()
        source = self._folder / "source" / wanted.name
        self._say(f"making {wanted.text}")
        shutil.rmtree(source, ignore_errors=True)
        for part in wanted.parts:
            self._drain.make_files(source / part.folder, part.count, part.size, part.per_folder, part.seed)
        self._say(f"importing {wanted.text}")
        seconds = self.dray.import_folder(source, wanted.path)
        self._say(f"imported {wanted.entries:,} files in {seconds:.1f} s, {wanted.entries / seconds:,.0f} a second")
        shutil.rmtree(source)
        self._state["imports"][wanted.name] = {"files": wanted.entries, "bytes": wanted.bytes, "seconds": seconds}
        self._write_state()

    def bulk(self) -> Path:
        """The files of the import measurement."""
        files, folder = self._sizes.bulk, self._folder / "bulk"
        if not self._state.get("bulk"):
            self._say(f"making {files.count} files of {files.size / 1e6:.0f} MB")
            self._drain.make_files(folder, files.count, files.size, files.per_folder, files.seed)
            self._state["bulk"] = True
            self._write_state()
        return folder

    def empty_dray(self) -> DrayCommands:
        """A data folder with nothing in it."""
        folder = self.scratch / "import"
        shutil.rmtree(folder, ignore_errors=True)
        return DrayCommands(self._dray_binary, folder)

    def _server(self) -> Dray:
        return Dray(self.dray, self.scratch, self._core)

    def _sign_in(self) -> None:
        """The first start makes the administrator; from then on a token saves the time of checking a password."""
        if self.dray.token:
            return
        with self._server():
            pass
        self.dray.token = self.dray.run("token", "create", "--user", "admin", "--label", "bench").strip()
        self._state["token"] = self.dray.token
        self._write_state()

    def _read_state(self) -> dict:
        path = self._folder / "state.json"
        return json.loads(path.read_text()) if path.exists() else {"imports": {}}

    def _write_state(self) -> None:
        path = self._folder / "state.json"
        path.touch(0o600)
        path.write_text(json.dumps(self._state, indent=2) + "\n")


def check_room(folder: Path, sizes: Sizes, names: set[str], say: Say) -> None:
    """Says what the run needs, and refuses to start what cannot end. What a kept folder has already counts."""
    with_twin = names & {"large", "medium", "small"}
    need = sum(2 * each.bytes for each in sizes.sets if each.name in with_twin)  # Dray's copy and nginx's
    need += max([each.disk for each in sizes.sets if each.name in names], default=0)  # the source, while it is imported
    need += sum(each.disk // 2 for each in sizes.sets if each.name in names - with_twin)  # packs, catalog, manifests
    need += 2 * sizes.bulk.disk if "bulk" in names else 0
    files = max([each.entries for each in sizes.sets if each.name in names], default=0)
    there = _disk_usage(folder)
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    say(f"test material in {folder}: needs {need / 1e9:.1f} GB, has {there / 1e9:.1f} GB, {free / 1e9:.1f} GB are free")
    if free + there < need * 1.05:
        raise BenchError(f"not enough room in {folder}; choose another place with --data, or rows with --only")
    if 0 < room.f_files and room.f_favail < files + 10_000:
        raise BenchError(f"{folder} has room for only {room.f_favail:,} more files, {files:,} are needed")


def _disk_usage(folder: Path) -> int:
    done = subprocess.run(["du", "-s", "-B1", str(folder)], capture_output=True, text=True)
    return int(done.stdout.split()[0]) if done.stdout else 0


def _save(server: Dray, archive: Archive, to: Path) -> None:
    partial = to.with_suffix(".partial")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    try:
        connection.request("GET", archive.uri, headers=dict(header.split(": ", 1) for header in server.headers))
        response = connection.getresponse()
        if response.status != 200:
            raise BenchError(f"GET {archive.uri} answered {response.status}")
        with partial.open("wb") as file:
            shutil.copyfileobj(response, file, MIB)
    finally:
        connection.close()
    if partial.stat().st_size != archive.size:
        raise BenchError(f"{archive.uri} has {partial.stat().st_size} bytes; {archive.size} were announced")
    partial.rename(to)


def _check_archive(path: Path, wanted: Set) -> None:
    """A server that delivers nonsense quickly must not win."""
    with zipfile.ZipFile(path) as archive:
        entries = sum(1 for each in archive.infolist() if not each.is_dir())
        if entries != wanted.entries:
            raise BenchError(f"the archive of {wanted.text} has {entries:,} entries")
        for each in archive.infolist()[:: max(1, entries // 10)]:  # reads them and checks their CRC-32
            with archive.open(each) as entry:
                while entry.read(MIB):
                    pass
