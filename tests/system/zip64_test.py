"""Archives of many files and of large ones: every reader takes them, and Zip64 is just where it is needed."""

import os
import pathlib
import shutil
import tempfile
import unittest
import zlib

from dray import QUICK, SystemTest, make_sparse_file, sha256_of
from readers import check_all_readers_take, expected_of
from zip_records import MARKER16, MARKER32, TIMESTAMP, read_directory, read_local_header, reader_of

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # 70,000 files are made and removed quickly there
MANY = 70_000
MOST_WITHOUT_ZIP64 = 0xFFFF - 1
LARGE = 2**32 + 1 if QUICK else 5 * 10**9


def crc32_of_zeros(size):
    block, crc = bytes(1 << 20), 0
    for _ in range(size >> 20):
        crc = zlib.crc32(block, crc)
    return zlib.crc32(block[:size & 0xFFFFF], crc)


class ManyFiles(SystemTest):
    def setUp(self):
        super().setUp()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="dray-system-", dir=MEMORY))
        self.addCleanup(shutil.rmtree, self.files)

    def write_files(self, folder, count):
        (self.files / folder).mkdir()
        at = os.open(self.files / folder, os.O_RDONLY)
        try:
            for number in range(count):
                file = os.open("%05d.txt" % number, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=at)
                os.write(file, b"%s %d" % (folder.encode(), number))
                os.close(file)
        finally:
            os.close(at)

    def save_directory(self, *targets):
        """Saves the archive of the targets; its end records and directory."""
        artifact = self.dray.create_artifact(*targets, name="many", keepStructure=True)
        archive = self.dray.folder / "many.zip"
        self.dray.save(artifact, archive)
        with open(archive, "rb") as file:
            end, records = read_directory(reader_of(file), artifact["size"])
            locals_ = [read_local_header(reader_of(file), record.offset) for record in records[::1000]]
        self.assertFalse([record for record in records + locals_ if record.extra_ids != (TIMESTAMP,)])
        return artifact, archive, end

    def test_has_a_zip64_end_record_from_the_count_on_that_needs_it(self):
        most = MOST_WITHOUT_ZIP64
        self.write_files("a", most)
        self.write_files("b", 1)
        self.write_files("c", MANY - most - 1)
        done = self.dray.run("import", self.files, "--to", "/content/dam/many", "--quiet")
        self.assertIn("%d imported" % MANY, done.stdout)
        self.assertEqual(done.stderr, "")
        self.dray.start()

        _, _, end = self.save_directory("/content/dam/many/a")
        self.assertEqual((end.plain_count, end.zip64), (most, None))

        _, _, end = self.save_directory("/content/dam/many/a", "/content/dam/many/b")
        self.assertEqual((end.plain_count, end.zip64[0]), (MARKER16, most + 1))

        artifact, archive, end = self.save_directory("/content/dam/many")
        self.assertEqual((end.plain_count, end.zip64[0]), (MARKER16, MANY))
        self.assertEqual((end.plain_central_size, end.plain_central_offset), end.zip64[1:])
        manifest = self.dray.manifest(artifact)
        self.assertEqual(manifest["entryCount"], MANY)
        self.assertEqual(manifest["entries"][most]["sha256"], sha256_of(b"b 0"))
        check_all_readers_take(self, archive, expected_of(manifest))


class LargeFile(SystemTest):
    def test_has_zip64_fields_only_where_a_size_or_offset_needs_them(self):
        self.write("a first.txt", "first")
        make_sparse_file(self.files / "large.bin", LARGE)
        self.write("z last.txt", "last")
        self.assertEqual(self.dray.import_folder(self.files, "/content/dam/large")["problems"], [])
        artifact = self.dray.start().create_artifact("/content/dam/large", name="large")
        archive = self.dray.folder / "large.zip"
        self.dray.save(artifact, archive)
        self.check_records(archive, artifact["size"])
        check_all_readers_take(self, archive, expected_of(self.dray.manifest(artifact)))

    def check_records(self, archive, size):
        with open(archive, "rb") as file:
            end, (first, large, last) = read_directory(reader_of(file), size)
            headers = [read_local_header(reader_of(file), record.offset) for record in (first, large, last)]
        self.assertEqual((first.zip64, headers[0].zip64), (None, None))
        self.assertEqual((large.zip64, headers[1].zip64), ((LARGE, LARGE), (LARGE, LARGE)))
        self.assertEqual((large.plain_size, large.plain_stored_size), (MARKER32, MARKER32))
        self.assertEqual((headers[1].plain_size, headers[1].plain_stored_size), (MARKER32, MARKER32))
        self.assertEqual(large.crc32, crc32_of_zeros(LARGE))
        self.assertEqual((last.plain_offset, last.zip64, headers[2].zip64), (MARKER32, (last.offset,), None))
        self.assertEqual(last.offset, large.offset + headers[1].length + LARGE)
        self.assertEqual((end.plain_count, end.plain_central_offset), (3, MARKER32))
        self.assertEqual((end.zip64[0], end.zip64[1]), (3, end.plain_central_size))


if __name__ == "__main__":
    unittest.main()
