"""A full disk: said clearly, nothing half-stored, reading goes on, and with room again so does the work."""

import os
import subprocess
import unittest

from dray import SystemTest, bytes_on_disk, noise, sha256_of

SMALL, LARGE = "24m", "200m"
UNAVAILABLE = 6  # exit status: out of room


@unittest.skipUnless(os.geteuid() == 0, "only root may mount a small file system")
class DiskFull(SystemTest):
    def setUp(self):
        super().setUp()
        self.disk = self.dray.folder / "disk"
        self.disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + SMALL, "tmpfs", str(self.disk)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest("a file system cannot be mounted here: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=True)
        self.dray.data = self.disk / "data"
        self.sources = {}

    def write_source(self, name, size):
        content = noise(size, name)
        self.write(name, content)
        self.sources["/content/dam/shoot/" + name] = sha256_of(content)

    def make_room(self):
        subprocess.run(["mount", "-o", "remount,size=" + LARGE, str(self.disk)], check=True)

    def fail_import(self):
        failed = self.dray.run("import", self.files, "--to", "/content/dam/shoot", "--quiet", expect=UNAVAILABLE)
        self.check_says_why(failed.stderr)
        return failed

    def check_says_why(self, text):
        self.assertRegex(text, r"(?i)no space left|disk is full|no room")

    def check_completes(self):
        self.make_room()
        report = self.dray.import_folder(self.files, "/content/dam/shoot")
        self.assertEqual((report["imported"] + report["unchanged"], report["problems"]), (len(self.sources), []))
        self.assertEqual(self.dray.stored_files("/content/dam/shoot"), self.sources)
        self.dray.verify()

    def check_nothing_is_half_there(self):
        """What the catalog has is whole; what was on its way has given its room back."""
        self.dray.verify()
        for path, digest in self.dray.stored_files("/content/dam").items():
            self.assertEqual(self.sources[path], digest)
        self.assertEqual([name for _, _, files in os.walk(self.dray.data) for name in files if "incoming" in name], [])

    def test_an_import_of_large_files_stops_and_goes_on_with_room(self):
        for number in range(12):
            self.write_source("%02d.bin" % number, 5_000_000)
        self.fail_import()
        self.check_nothing_is_half_there()
        stored = self.dray.verify()["bytes"]
        self.assertLess(bytes_on_disk(self.disk), stored + 4_000_000, "room is taken by what was not stored")
        self.check_completes()

    def test_an_import_of_one_file_larger_than_the_disk_stops(self):
        self.write_source("large.bin", 60_000_000)
        self.fail_import()
        self.check_nothing_is_half_there()
        self.assertLess(bytes_on_disk(self.disk), 4_000_000)
        self.check_completes()

    def test_an_import_of_small_files_stops_and_goes_on_with_room(self):
        for number in range(1500):
            self.write_source("%04d.bin" % number, 30_000)
        self.fail_import()
        self.check_nothing_is_half_there()
        self.fail_import()
        self.check_nothing_is_half_there()
        self.check_completes()

    def test_a_failed_import_of_small_files_gives_its_room_back(self):
        for number in range(1500):
            self.write_source("%04d.bin" % number, 30_000)
        self.fail_import()
        stored = self.dray.verify()["bytes"]
        self.assertLess(bytes_on_disk(self.disk), stored + 4_000_000, "room is taken by what was not stored")

    def test_a_server_goes_on_reading_and_refuses_what_it_cannot_keep(self):
        for number in range(4):
            self.write_source("%d.bin" % number, 1_000_000)
        self.dray.import_folder(self.files, "/content/dam/shoot")
        self.dray.start()
        artifact = self.dray.create_artifact("/content/dam/shoot", name="before")
        whole = self.dray.get(artifact["uri"]).body
        self.fill_disk()
        refused = self.ask_until_refused()
        self.assertEqual(refused.status, 503)
        self.check_says_why(refused.json()["error"])
        self.assertEqual(self.dray.get("/livez", token=None).status, 200)
        self.assertTrue(self.dray.get(artifact["uri"]).body == whole)
        self.make_room()
        after = self.dray.create_artifact("/content/dam/shoot", name="after")
        self.assertEqual(len(self.dray.get(after["uri"]).body), after["size"])
        self.dray.verify()

    def fill_disk(self):
        with open(self.disk / "other", "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass

    def ask_until_refused(self):
        for number in range(2000):  # the catalog may have some room of its own
            answer = self.dray.ask_download("/content/dam/shoot", name="number %d" % number)
            if answer.status != 201:
                return answer
        self.fail("nothing was refused on a full disk")


if __name__ == "__main__":
    unittest.main()
