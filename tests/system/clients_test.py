"""Resuming, segmented and conditional clients: whatever way the bytes come, they are the bytes of one plain download."""

import email.parser
import email.policy
import shutil
import signal
import subprocess
import unittest

from dray import Dray, make_random, noise, wait_until

PIECE = 3_000_000
PIECES = 12


class Clients(unittest.TestCase):
    """One server and one archive for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.dray = Dray()
        cls.addClassCleanup(cls.dray.close)
        cls.write_files(cls.dray.folder / "files")
        cls.dray.import_folder(cls.dray.folder / "files", "/content/dam/shoot")
        cls.dray.start()
        cls.artifact = cls.dray.create_artifact("/content/dam/shoot", name="shoot")
        cls.uri, cls.size, cls.tag = (cls.artifact[key] for key in ("uri", "size", "etag"))
        cls.dray.save(cls.artifact, cls.dray.folder / "whole.zip")
        cls.whole = (cls.dray.folder / "whole.zip").read_bytes()

    @staticmethod
    def write_files(folder):
        (folder / "small").mkdir(parents=True)
        for number in range(PIECES):
            (folder / ("%02d.bin" % number)).write_bytes(noise(PIECE + number, number))
        for number in range(100):
            (folder / ("small/%02d.txt" % number)).write_text("small %d" % number)

    def setUp(self):
        self.random = make_random(self)
        self.file = self.dray.folder / "got.zip"
        self.file.unlink(missing_ok=True)

    def url(self):
        return "http://127.0.0.1:%d%s" % (self.dray.port, self.uri)

    def header(self):
        return "Authorization: Bearer " + self.dray.token()

    def need(self, tool):
        if not shutil.which(tool):
            self.skipTest(tool + " is not installed")

    def run_client(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-2000:])

    def kill_in_the_middle(self, *command):
        """Starts a client that is slow, and ends it with SIGKILL when it has some of the file."""
        enough = self.random.randrange(1_000_000, 6_000_000)
        client = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: self.file.exists() and self.file.stat().st_size > enough, "the client has something")
        finally:
            client.kill()
            client.wait()
        self.assertEqual(client.returncode, -signal.SIGKILL, "it was done before it was killed")
        self.assertLess(self.file.stat().st_size, self.size)

    def metric(self, name):
        text = self.dray.get("/metrics", token=None).text
        return int(next(line.split()[1] for line in text.splitlines() if line.startswith(name)))

    def bytes_sent(self):
        """What a client got is counted when its connection ends: waits until there is none but this one."""
        wait_until(lambda: self.metric("dray_http_connections ") == 1, "the other connections have ended")
        return self.metric("dray_http_sent_bytes_total")

    def check_file(self):
        self.assertEqual(self.file.stat().st_size, self.size)
        self.assertEqual(self.file.read_bytes(), self.whole)

    # ---- programs ----

    def test_aria2_downloads_in_eight_segments(self):
        self.need("aria2c")
        self.run_client("aria2c", "-q", "-x8", "-s8", "-k1M", "--header", self.header(), "-d", str(self.dray.folder),
                        "-o", self.file.name, self.url())
        self.check_file()

    def test_curl_resumes_after_it_was_killed(self):
        self.need("curl")
        curl = ["curl", "-sS", "--fail", "-H", self.header(), "-o", str(self.file), self.url()]
        self.kill_in_the_middle(*curl, "--limit-rate", "8M")
        before, had = self.bytes_sent(), self.file.stat().st_size
        self.run_client(*curl, "-C", "-")
        self.check_file()
        self.assertLess(self.bytes_sent() - before, self.size - had + 100_000, "it came from the start again")

    def test_wget_continues_after_it_was_killed(self):
        self.need("wget")
        wget = ["wget", "-q", "--header", self.header(), "-O", str(self.file), self.url()]
        self.kill_in_the_middle(*wget, "--limit-rate=8m")
        before, had = self.bytes_sent(), self.file.stat().st_size
        self.run_client(*wget, "-c")
        self.check_file()
        self.assertLess(self.bytes_sent() - before, self.size - had + 100_000, "it came from the start again")

    # ---- ranges ----

    def ranges_of(self, answer):
        """Content-Range and bytes of every part of a multipart/byteranges answer, parsed by Python's mail parser."""
        head = ("Content-Type: %s\r\n\r\n" % answer.headers["Content-Type"]).encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + answer.body)
        self.assertEqual((message.get_content_type(), message.defects), ("multipart/byteranges", []))
        return [(part["Content-Range"], part["Content-Type"], part.get_payload(decode=True))
                for part in message.iter_parts()]

    def check_ranges(self, ranges):
        asked = "bytes=" + ",".join("%d-%d" % one for one in ranges)
        answer = self.dray.get(self.uri, {"Range": asked})
        self.assertEqual(answer.status, 206)
        self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
        expected = [("bytes %d-%d/%d" % (first, last, self.size), "application/zip", self.whole[first:last + 1])
                    for first, last in ranges]
        self.assertEqual(self.ranges_of(answer), expected)

    def test_several_ranges_come_as_one_multipart_answer(self):
        middle = self.size // 2
        self.check_ranges([(0, 99), (middle, middle + 50_000), (self.size - 22, self.size - 1)])
        self.check_ranges([(self.size - 22, self.size - 1), (0, 0)])

    def test_many_random_ranges_come_as_asked(self):
        firsts = sorted(self.random.randrange(self.size - 5000) for _ in range(100))
        self.check_ranges([(first, first + self.random.randrange(1, 5000)) for first in firsts])

    def test_any_single_range_is_the_bytes_of_the_whole(self):
        for _ in range(100):
            first = self.random.randrange(self.size)
            last = min(self.size - 1, first + self.random.choice([0, 1, 1000, 100_000]))
            answer = self.dray.get(self.uri, {"Range": "bytes=%d-%d" % (first, last)})
            self.assertEqual(answer.headers["Content-Range"], "bytes %d-%d/%d" % (first, last, self.size))
            self.assertTrue(answer.body == self.whole[first:last + 1], "bytes %d-%d differ" % (first, last))

    def test_open_and_suffix_ranges_reach_to_the_end(self):
        for asked in ("bytes=%d-" % (self.size - 100), "bytes=-100", "bytes=%d-%d" % (self.size - 100, self.size * 2)):
            answer = self.dray.get(self.uri, {"Range": asked})
            self.assertEqual((answer.status, answer.body), (206, self.whole[-100:]), asked)

    def test_a_range_beyond_the_end_is_refused_with_the_size(self):
        answer = self.dray.get(self.uri, {"Range": "bytes=%d-" % self.size})
        self.assertEqual((answer.status, answer.headers["Content-Range"]), (416, "bytes */%d" % self.size))

    # ---- conditions ----

    def test_head_says_what_get_would(self):
        head, get = self.dray.request("HEAD", self.uri), self.dray.get(self.uri)
        self.assertEqual((head.status, head.body), (200, b""))
        for name in ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Accept-Ranges", "Content-Disposition"):
            self.assertIsNotNone(head.headers[name], name)
            self.assertEqual(head.headers[name], get.headers[name])
        self.assertEqual((int(head.headers["Content-Length"]), head.headers["ETag"]), (self.size, self.tag))
        self.assertEqual(head.headers["Accept-Ranges"], "bytes")

    def test_if_range_gives_the_range_only_of_the_same_content(self):
        same = self.dray.get(self.uri, {"Range": "bytes=10-19", "If-Range": self.tag})
        self.assertEqual((same.status, same.body), (206, self.whole[10:20]))
        for tag in ('"another"', "W/" + self.tag):
            other = self.dray.get(self.uri, {"Range": "bytes=10-19", "If-Range": tag})
            self.assertEqual((other.status, len(other.body)), (200, self.size), tag)

    def test_if_none_match_answers_304_without_a_body(self):
        for tag in (self.tag, "W/" + self.tag, '"another", ' + self.tag, "*"):
            answer = self.dray.get(self.uri, {"If-None-Match": tag})
            self.assertEqual((answer.status, answer.body, answer.headers["ETag"]), (304, b"", self.tag), tag)
        self.assertEqual(self.dray.get(self.uri, {"If-None-Match": '"another"'}).status, 200)

    def test_if_match_refuses_other_content(self):
        self.assertEqual(self.dray.get(self.uri, {"If-Match": '"another"'}).status, 412)
        self.assertEqual(self.dray.get(self.uri, {"If-Match": self.tag, "Range": "bytes=0-0"}).status, 206)

    def test_the_same_selection_has_the_same_bytes_and_tag_again(self):
        again = self.dray.create_artifact("/content/dam/shoot", name="shoot")
        self.assertNotEqual(again["uri"], self.uri)
        self.assertEqual((again["etag"], again["size"]), (self.tag, self.size))
        self.assertTrue(self.dray.get(again["uri"]).body == self.whole)


if __name__ == "__main__":
    unittest.main()
