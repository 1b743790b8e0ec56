"""A download of 250 GB: cut into parts, each there at once, every range of it exact, and nothing put aside for it."""

import io
import os
import statistics
import time
import unittest
import zipfile

from dray import QUICK, SystemTest, bytes_on_disk, make_random
from zip_records import read_directory, read_local_header

LIMIT = 4 * 10**9 if QUICK else 100 * 10**9
FILE = LIMIT // 2 - 10_000  # two of them fit into a part
FILES = 5
MORE = 25_000  # bytes that do not fit into it as well
MOST_MEMORY = 200 * 10**6
FIRST_BYTE_SECONDS = 0.25


class RemoteFile(io.RawIOBase):
    """An artifact as a file that can be sought in, read by Range requests."""

    def __init__(self, dray, artifact):
        super().__init__()
        self.dray, self.artifact, self.at = dray, artifact, 0

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.artifact["size"]}[whence]
        return self.at

    def tell(self):
        return self.at

    def readinto(self, buffer):
        content = self.read_at(self.at, min(len(buffer), self.artifact["size"] - self.at))
        buffer[:len(content)] = content
        self.at += len(content)
        return len(content)

    def read_at(self, offset, length):
        return self.dray.get_range(self.artifact["uri"], offset, offset + length - 1) if length else b""


class Parts(SystemTest):
    """One import for all tests: reading 50 GB takes its time."""

    def setUp(self):
        super().setUp()
        self.random = make_random(self)
        self.write("0 small.bin", b"small")
        first = self.files / "1 large.bin"
        with open(first, "wb") as file:
            file.truncate(FILE)
            for place in self.places():
                file.seek(place)
                file.write(b"here")
        self.write("2 more.bin", bytes(MORE))
        for number in range(2, FILES + 1):
            os.link(first, self.files / ("%d large.bin" % number))

    def places(self):
        """Where the large file is not zero."""
        return [0, FILE // 3, FILE - 4]

    def limit(self):
        return ["--part-limit", "%dGB" % (LIMIT // 10**9)] if QUICK else []

    def test_a_huge_download_is_there_at_once_and_exact_at_every_place(self):
        report = self.dray.import_folder(self.files, "/content/dam/shoot", timeout=1800)
        self.assertEqual((report["imported"], report["bytes"]), (FILES + 2, FILES * FILE + MORE + 5))
        self.dray.start(*self.limit())
        before = bytes_on_disk(self.dray.data)
        download = self.dray.create_download("/content/dam/shoot", keepStructure=True)
        parts = download["artifacts"]

        self.check_cut(download)
        small = self.dray.create_artifact("/content/dam/shoot/0 small.bin", name="small")
        self.check_first_bytes(parts, small)
        names = [name for part in parts for name in self.check_directory(part)]
        self.assertEqual(names, ["shoot/%s.bin" % name for name in ("0 small", "1 large", "2 large", "2 more", "3 large",
                                                                    "4 large", "5 large")])
        for part in parts:
            self.check_ranges(part)
        self.check_nothing_is_put_aside(parts[0], before)
        self.check_limit_is_exact(parts)

    def check_cut(self, download):
        parts = download["artifacts"]
        self.assertEqual([part["name"] for part in parts], ["shoot_1.zip", "shoot_2.zip", "shoot_3.zip"])
        self.assertEqual([part["entryCount"] for part in parts], [3, 2, 2])
        self.assertEqual((download["totalSize"], download["totalCount"]), (FILES * FILE + MORE + 5, FILES + 2))
        overhead = sum(part["size"] for part in parts) - download["totalSize"]
        self.assertTrue(0 < overhead < 2000, "headers take %d bytes" % overhead)
        self.assertLessEqual(max(part["size"] for part in parts), LIMIT)

    def seconds_to_first_byte(self, artifact):
        begun = time.monotonic()
        connection, response = self.dray.open(artifact["uri"])
        first = response.read(1)
        passed = time.monotonic() - begun
        self.assertEqual(int(response.headers["Content-Length"]), artifact["size"])
        self.assertEqual(first, b"P")
        connection.close()
        return passed

    def check_first_bytes(self, parts, small):
        usual = statistics.median(self.seconds_to_first_byte(small) for _ in range(5))
        for part in parts:
            passed = statistics.median(self.seconds_to_first_byte(part) for _ in range(5))
            self.assertLess(passed, FIRST_BYTE_SECONDS + usual, "%s; a small archive takes %.3f s" % (part["name"], usual))

    def check_directory(self, part):
        """The directory, read by ranges by two programs, says what the manifest says. Answers the names."""
        manifest = self.dray.manifest(part)["entries"]
        remote = RemoteFile(self.dray, part)
        with zipfile.ZipFile(remote) as opened:
            listed = [(info.filename, info.file_size, "%08x" % info.CRC) for info in opened.infolist()]
        self.assertEqual(listed, [(entry["name"], entry["size"], entry["crc32"]) for entry in manifest])
        end, records = read_directory(remote.read_at, part["size"])
        self.assertEqual(end.count, part["entryCount"])
        at = 0
        for record, entry in zip(records, manifest):
            header = read_local_header(remote.read_at, record.offset)
            self.assertEqual((record.offset, record.offset + header.length), (at, entry["offset"]))
            self.assertEqual((header.name, header.size, header.crc32), (record.name, record.size, record.crc32))
            at = entry["offset"] + entry["size"]
        self.assertEqual(at, end.central_offset)
        return [record.name for record in records]

    def check_ranges(self, part):
        """Random places, and those where the file says something, hold what the source holds there."""
        for entry in self.dray.manifest(part)["entries"]:
            if entry["size"] != FILE:
                continue
            wanted = [place for place in self.places() if place + 4 <= FILE]
            for place in wanted + [self.random.randrange(FILE - 10_000) for _ in range(20)]:
                length = 4 if place in wanted else self.random.randrange(1, 10_000)
                found = self.dray.get_range(part["uri"], entry["offset"] + place, entry["offset"] + place + length - 1)
                self.assertEqual(found, self.source(place, length), "%s at %d" % (entry["name"], place))

    def source(self, offset, length):
        with open(self.files / "1 large.bin", "rb") as file:
            file.seek(offset)
            return file.read(length)

    def check_nothing_is_put_aside(self, part, before):
        """While a part runs the server has no file open but the data directory's, and the disk stays as it was."""
        connection, response = self.dray.open(part["uri"])
        for _ in range(64):
            self.assertEqual(len(response.read(1 << 20)), 1 << 20)
        files = self.open_files()
        connection.close()
        self.assertTrue(any("/blobs/large/" in file for file in files), files)
        foreign = [file for file in files if not file.startswith(str(self.dray.folder)) and not file.startswith("/dev/")]
        self.assertEqual(foreign, [])
        self.assertFalse([file for file in files if file.endswith("(deleted)")])
        grown = bytes_on_disk(self.dray.data) - before
        self.assertLess(grown, 2_000_000, "the download took up disk")
        self.assertLess(self.peak_memory(), MOST_MEMORY)

    def open_files(self):
        folder = "/proc/%d/fd" % self.dray.server.pid
        targets = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder)]
        return [target for target in targets if target.startswith("/")]

    def peak_memory(self):
        with open("/proc/%d/status" % self.dray.server.pid) as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

    def check_limit_is_exact(self, parts):
        """A part may be exactly as large as the limit; one byte less, and its last entry goes into the next."""
        largest = max(part["size"] for part in parts)
        for limit, counts in ((largest, [3, 2, 2]), (largest - 1, [2, 2, 2, 1])):
            self.dray.stop()
            self.dray.start("--part-limit", str(limit))
            again = self.dray.create_download("/content/dam/shoot", keepStructure=True)["artifacts"]
            self.assertEqual([part["entryCount"] for part in again], counts, "with parts of at most %d bytes" % limit)
            self.assertLessEqual(max(part["size"] for part in again), limit)


if __name__ == "__main__":
    unittest.main()
