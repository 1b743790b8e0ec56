"""Killed at any moment: what was acknowledged is there, what was not is gone or sound, and the next run goes on.

SIGKILL ends the process, not the machine: these tests show the order of writes, not what a power cut leaves."""

import hashlib
import http.client
import threading
import time
import unittest

from dray import SystemTest, make_random, noise, sha256_of

KILLS = 10
TRIES = 60


class KilledImport(SystemTest):
    def setUp(self):
        super().setUp()
        self.random = make_random(self)
        self.sources = {}  # of finished imports: path to SHA-256

    def write_round(self, number):
        """A folder of small and large files, some of them equal to those of other rounds. Path to SHA-256."""
        sources = {}
        for index in range(400):
            content = noise(self.random.randrange(1, 3000), "%d/%d" % (number, index)) if index % 10 else b"everywhere"
            sources[self.put(number, "small/%03d.txt" % index, content)] = sha256_of(content)
        for index in range(8):
            content = noise(self.random.randrange(65_000, 4_000_000), "%d+%d" % (number, index))
            sources[self.put(number, "large/%02d.bin" % index, content)] = sha256_of(content)
        return sources

    def put(self, number, name, content):
        self.write("%d/%s" % (number, name), content)
        return "/content/dam/rounds/%d/%s" % (number, name)

    def import_round(self, number):
        return self.dray.import_folder(self.files / str(number), "/content/dam/rounds/%d" % number)

    def kill_import(self, number, seconds):
        """Whether the import still ran when it was killed."""
        running = self.dray.spawn("import", self.files / str(number), "--to", "/content/dam/rounds/%d" % number)
        time.sleep(seconds)
        running.kill()
        running.communicate()
        return running.returncode < 0

    def check_catalog(self, being_imported):
        """Finished imports are all there, and of the killed one nothing but what its folder has."""
        stored = self.dray.stored_files("/content/dam/rounds")
        allowed = {**self.sources, **being_imported}
        self.assertEqual({path: digest for path, digest in stored.items() if allowed.get(path) != digest}, {})
        self.assertEqual([path for path in self.sources if path not in stored], [])

    def test_loses_nothing_that_was_reported_and_completes_when_run_again(self):
        self.sources = self.write_round(0)
        begun = time.monotonic()
        self.assertEqual(self.import_round(0)["imported"], len(self.sources))
        usual = time.monotonic() - begun
        kills = 0
        for number in range(1, TRIES):
            being_imported = self.write_round(number)
            killed = self.kill_import(number, self.random.uniform(0, usual))
            with self.subTest(kill=number):
                self.dray.verify()
                self.check_catalog(being_imported)
                self.check_second_run(number, len(being_imported))
                self.sources.update(being_imported)
                self.assertEqual(self.dray.stored_files("/content/dam/rounds"), self.sources)
            kills += killed
            usual = usual if killed else usual * 0.7
            if kills == KILLS:
                break
        self.assertEqual(kills, KILLS, "the import was too quick to be killed")
        self.assertEqual(self.import_round(number)["unchanged"], len(being_imported))
        self.dray.verify()
        self.check_download()

    def check_second_run(self, number, count):
        report = self.import_round(number)
        self.assertEqual((report["imported"] + report["unchanged"], report["updated"]), (count, 0))
        self.assertEqual((report["problems"], report["stopped"]), ([], False))

    def check_download(self):
        artifact = self.dray.start().create_artifact("/content/dam/rounds", name="all", keepStructure=True)
        listed = {"/content/dam/" + entry["name"]: entry["sha256"] for entry in self.dray.manifest(artifact)["entries"]}
        self.assertEqual(listed, self.sources)


class KilledServer(SystemTest):
    def setUp(self):
        super().setUp()
        self.random = make_random(self)
        for number in range(8):
            self.write("%d.bin" % number, noise(10_000_000, number))
        self.dray.import_folder(self.files, "/content/dam/shoot")
        self.dray.start()

    def begin(self, uri, headers, enough):
        """A download of which so many bytes have been read, and with which the server is not done."""
        connection, response = self.dray.open(uri, headers, receive_buffer=65536)
        return connection, response, response.read(enough)

    def read_what_comes(self, response, connection):
        """What had been sent before the server died."""
        content = b""
        try:
            while block := response.read1(65536):
                content += block
        except (OSError, http.client.HTTPException):
            pass
        connection.close()
        return content

    def test_lets_a_download_resume_to_the_same_bytes(self):
        artifact = self.dray.create_artifact("/content/dam/shoot", name="shoot")
        expected = hashlib.sha256(self.dray.get(artifact["uri"]).body).hexdigest()
        got = bytearray()
        for kill in range(KILLS):
            with self.subTest(kill=kill):
                headers = {"Range": "bytes=%d-" % len(got), "If-Range": artifact["etag"]} if got else {}
                enough = self.random.randrange(100_000, 2_000_000)
                connection, response, content = self.begin(artifact["uri"], headers, enough)
                self.assertEqual((response.status, response.headers["ETag"]), (206 if got else 200, artifact["etag"]))
                got += content
                self.dray.kill()
                got += self.read_what_comes(response, connection)
                self.assertLess(len(got), artifact["size"], "nothing is left to resume")
                self.dray.start()
        got += self.dray.get_range(artifact["uri"], len(got), artifact["size"] - 1, **{"If-Range": artifact["etag"]})
        self.assertEqual(hashlib.sha256(got).hexdigest(), expected)
        self.dray.verify()

    def test_keeps_every_download_that_it_answered_with_201(self):
        acknowledged = []
        for kill in range(KILLS):
            with self.subTest(kill=kill):
                self.kill_while_downloads_are_made(acknowledged)
                self.dray.start()
                for download in acknowledged:
                    found = self.dray.get("/api/v1/downloads/" + download["id"])
                    self.assertEqual((found.status, found.json()), (200, download))
        self.assertGreater(len(acknowledged), KILLS)
        for download in acknowledged[-3:]:
            artifact = download["artifacts"][0]
            answer = self.dray.request("HEAD", artifact["uri"])
            self.assertEqual((answer.status, answer.headers["ETag"]), (200, artifact["etag"]))
        self.dray.verify()

    def kill_while_downloads_are_made(self, acknowledged):
        """Two threads ask for ever different downloads until the server dies under them."""
        def ask(thread):
            for number in range(10_000):
                try:
                    name = "kill %d of thread %d, %d" % (len(acknowledged), thread, number)
                    answer = self.dray.ask_download("/content/dam/shoot", name=name)
                except (OSError, http.client.HTTPException):
                    return
                if answer.status == 201:
                    acknowledged.append(answer.json())

        before = len(acknowledged)
        threads = [threading.Thread(target=ask, args=[thread]) for thread in range(2)]
        for thread in threads:
            thread.start()
        while len(acknowledged) == before and any(thread.is_alive() for thread in threads):
            time.sleep(0.001)
        time.sleep(self.random.uniform(0, 0.2))
        self.dray.kill()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    unittest.main()
