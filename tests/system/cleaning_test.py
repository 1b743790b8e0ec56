"""Cleaning on real stores, beside a running server: what kept downloads need stays, what nothing uses goes in two steps
and gives the disk back. Files are made old by their times."""

import io
import json
import os
import random
import sqlite3
import subprocess
import time
import unittest
import zipfile

from dray import SystemTest, bytes_on_disk, noise, sha256_of, wait_until

DAY = 86400


class CleaningTest(SystemTest):
    def clean(self, *options):
        return json.loads(self.dray.run("clean", "--json", *options).stdout)

    def make_old(self, days=2):
        """As if everything stored had been stored, or set aside, that long ago."""
        then = time.time() - days * DAY
        for folder, _, files in os.walk(self.dray.data / "blobs"):
            for name in files:
                os.utime(os.path.join(folder, name), (then, then))

    def change_catalog(self, statement):
        with sqlite3.connect(self.dray.data / "dray.db", timeout=30) as catalog:
            catalog.execute(statement)
        catalog.close()

    def expire_downloads(self):
        """Those that were made by now; housekeeping notices within a minute of a server's start."""
        self.change_catalog("UPDATE download SET expires = %d" % (time.time() - 1))
        self.dray.stop()
        self.dray.start()
        wait_until(lambda: not self.artifacts_kept(), "the downloads have expired")

    def artifacts_kept(self):
        with sqlite3.connect(self.dray.data / "dray.db", timeout=30) as catalog:
            count = catalog.execute("SELECT count(*) FROM artifact").fetchone()[0]
        catalog.close()
        return count

    def clean_for_good(self):
        self.make_old()
        first = self.clean()
        self.make_old()
        second = self.clean()
        return first, second

    def test_what_nothing_uses_goes_and_the_rest_comes_as_before(self):
        contents = {"%03d.bin" % i: noise(random.randrange(1, 90_000), i) for i in range(60)}
        contents.update({"large%d.bin" % i: noise(3_000_000 + i, 1000 + i) for i in range(6)})
        for name, content in contents.items():
            self.write(name, content)
        self.dray.import_folder(self.files, "/content/dam/files")
        self.dray.start()
        download = self.dray.create_download("/content/dam/files")
        artifact = download["artifacts"][0]
        archive = self.dray.get(artifact["uri"]).body
        before = bytes_on_disk(self.dray.data / "blobs")

        first, second = self.clean_for_good()
        self.assertEqual((first["setAside"], second["removed"]), (0, 0), "everything is in use")

        # Most assets go; the download still needs them.
        self.change_catalog("DELETE FROM node WHERE blob IS NOT NULL AND name NOT LIKE '00%'")
        first, second = self.clean_for_good()
        self.assertEqual((first["setAside"], second["removed"]), (0, 0), "the download is kept")
        self.assertEqual(self.dray.get(artifact["uri"]).body, archive)

        # Expired, the server cleans them away as it starts: the first time aside, the second time for good.
        self.expire_downloads()
        dray_log = self.dray.log
        for step in ("57 files set aside, 0 brought back, 0 removed", "0 files set aside, 0 brought back, 57 removed"):
            self.dray.stop()
            self.make_old()
            begin = len(dray_log())
            self.dray.start("--clean-after", "1")
            wait_until(lambda: "cleaned: " in dray_log()[begin:], "the server has cleaned", seconds=90)
            self.assertIn(step, dray_log()[begin:])
        metrics = self.dray.get("/metrics", token=None).text
        self.assertRegex(metrics, r"(?m)^dray_blobs_removed_total 57$")
        after = bytes_on_disk(self.dray.data / "blobs")
        self.assertLess(after, before / 10)
        self.dray.verify()
        kept = self.dray.create_download("/content/dam/files")
        with zipfile.ZipFile(io.BytesIO(self.dray.get(kept["artifacts"][0]["uri"]).body)) as files:
            self.assertEqual({name: sha256_of(files.read(name)) for name in files.namelist()},
                             {name: sha256_of(content) for name, content in contents.items() if name[:2] == "00"})

        # And what went comes in again as if it had never been there.
        self.dray.import_folder(self.files, "/content/dam/files")
        self.dray.verify()
        again = self.dray.create_download("/content/dam/files")
        self.assertEqual(sha256_of(self.dray.get(again["artifacts"][0]["uri"]).body), sha256_of(archive))

    def test_expired_downloads_give_their_renditions_back(self):
        picture = self.files / "picture.png"
        subprocess.run(["convert", "-size", "900x700", "plasma:red-blue", str(picture)], check=True)
        self.dray.import_folder(self.files, "/content/dam/pictures")
        self.dray.start()
        wish = {"originals": False, "dynamic": [{"width": 800, "height": 600, "unit": "px", "format": "tif"}]}
        download = self.dray.create_download("/content/dam/pictures/picture.png", **wish)
        artifact = download["artifacts"][0]
        rendition = self.dray.get(artifact["uri"]).body
        self.change_catalog("UPDATE rendition SET made = made - %d" % (40 * DAY))
        self.assertGreaterEqual(self.clean()["renditionsForgotten"], 1)
        self.clean_for_good()
        self.assertEqual(self.dray.get(artifact["uri"]).body, rendition, "forgotten, but the download needs it")
        self.expire_downloads()
        before = bytes_on_disk(self.dray.data / "blobs")
        self.clean_for_good()
        self.assertLess(bytes_on_disk(self.dray.data / "blobs"), before - len(rendition) / 2)
        self.assertEqual(self.dray.get(artifact["uri"]).status, 410)
        self.dray.verify()
        again = self.dray.create_download("/content/dam/pictures/picture.png", **wish)["artifacts"][0]
        self.assertEqual(self.dray.get(again["uri"]).status, 200)
        self.dray.verify()

    def test_killed_in_the_middle_nothing_is_lost(self):
        folders = []
        for round in range(6):
            folder = self.files / ("round%d" % round)
            for i in range(300):
                self.write("round%d/%03d.bin" % (round, i), noise(20_000, round * 1000 + i))
            folders.append(folder)
        self.dray.import_folder(self.files, "/content/dam/files")
        stored = self.dray.stored_files("/content/dam/files")
        self.change_catalog("DELETE FROM node WHERE blob IS NOT NULL AND (id % 3) > 0")
        left = self.dray.stored_files("/content/dam/files")
        self.assertLess(len(left), len(stored) / 2)
        moment = random.Random(7)
        for _ in range(20):
            self.make_old()
            cleaning = self.dray.spawn("clean", "--json")
            time.sleep(moment.uniform(0, 0.12))
            cleaning.kill()
            cleaning.communicate()
            self.dray.verify()
        self.clean_for_good()
        self.dray.verify()
        self.assertEqual(self.dray.stored_files("/content/dam/files"), left)
        self.assertLess(bytes_on_disk(self.dray.data / "blobs"), 20_000 * 6 * 300 / 2)

    def test_it_says_what_it_did_and_what_is_wrong_with_the_times_asked_for(self):
        self.write("a.bin", "a")
        self.dray.import_folder(self.files, "/content/dam/files")
        said = self.dray.run("clean").stdout
        self.assertIn("1 stored files are in use; 0 renditions were forgotten; 0 files were set aside", said)
        refused = self.dray.run("clean", "--keep-unused", "0", expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--keep-unused", refused.stderr)


if __name__ == "__main__":
    unittest.main()
