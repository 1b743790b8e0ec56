"""Uploads made to break whoever reads what they say about themselves: the server goes on, and nothing is lost."""

import os
import pathlib
import signal
import struct
import threading
import time
import urllib.parse
import zlib

from dray import SystemTest, wait_until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*more):
    rows = b"".join(b"\0" + bytes(24) for _ in range(8))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)) + b"".join(more) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def endless_xmp(count=20_000):
    """Each namespace is looked for among all: half a minute and more."""
    rows = "".join('<x%d:a xmlns:x%d="u:%d">v</x%d:a>' % (4 * (number,)) for number in range(count))
    xmp = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
           '<rdf:Description rdf:about="">%s</rdf:Description></rdf:RDF></x:xmpmeta>' % rows)
    return chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + xmp.encode())


def large_tiff(size, xmp):
    """A directory with an XMP packet, and nothing behind it."""
    entries = [(256, 4, 1, 4000), (257, 4, 1, 3000), (700, 1, len(xmp), 64)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    start = b"II*\0" + struct.pack("<I", 8) + directory
    return (start.ljust(64, b"\0") + xmp).ljust(size, b"\0")


class HostileUploads(SystemTest):
    def setUp(self):
        super().setUp()
        self.dray.start("--image-patience", "2")
        self.hostile = png(endless_xmp())

    def upload(self, name, content, token="admin"):
        head = '--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
        return self.dray.request("POST", "/content/dam.createasset.html", MULTIPART, token, head.encode() + content + b"\r\n--b--\r\n")

    def start_upload(self, name, content, answers):
        thread = threading.Thread(target=lambda: answers.append(self.upload(name, content)))
        thread.start()
        return thread

    def readers(self):
        """The server's processes that have computed for a while in reading something."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                is_worker = int(fields[1]) == self.dray.server.pid and b"worker" in (folder / "cmdline").read_bytes()
                if is_worker and fields[0] == "R" and int(fields[11]) > 40:  # hundredths of a second
                    found.append(int(folder.name))
            except (OSError, IndexError):
                continue
        return found

    def check(self, name):
        self.assertEqual(self.dray.get("/content/dam/" + name).body, self.hostile)
        self.assertEqual(self.dray.get("/api/v1/assets/content/dam/" + name).json()["mimeType"], "application/pdf", "by its name")
        self.assertIn('"%s" could not be looked at' % name, self.dray.log())

    def test_one_that_takes_for_ever_keeps_nobody_waiting(self):
        answers = []
        slow = self.start_upload("endless.pdf", self.hostile, answers)
        wait_until(self.readers, "it is being read")
        self.assertEqual(self.upload("good.dat", png()).status, 200)
        good = self.dray.get("/api/v1/assets/content/dam/good.dat").json()
        self.assertEqual((good["mimeType"], good["width"]), ("image/png", 8))
        self.assertFalse(answers, "the other one goes on meanwhile")
        slow.join()
        self.assertEqual(answers[0].status, 200, answers[0].text)
        self.check("endless.pdf")

    def test_one_that_kills_its_reader_comes_in_all_the_same(self):
        answers = []
        upload = self.start_upload("fatal.pdf", self.hostile, answers)
        killed = []
        for _ in range(2):
            wait_until(lambda: set(self.readers()) - set(killed), "it is being read")
            killed += self.readers()
            os.kill(killed[-1], signal.SIGSEGV)
        upload.join()
        self.assertEqual(answers[0].status, 200, answers[0].text)
        self.check("fatal.pdf")
        self.assertIn("broke off", self.dray.log())
        self.assertEqual(self.upload("good.png", png()).status, 200)
        self.dray.stop()
        self.dray.verify()

    def test_many_at_once_leave_room_for_others(self):
        self.dray.add_user("bob", "administrators")
        answers = []
        uploads = [self.start_upload("many%d.pdf" % number, self.hostile, answers) for number in range(24)]
        wait_until(lambda: len(answers) >= 18, "most are refused, since six of that user wait already", seconds=10)
        self.assertEqual(self.upload("good.png", png(), self.dray.token("bob")).status, 200, "another user is not")
        begun = time.monotonic()
        self.assertEqual(self.dray.get("/api/v1/session").status, 200)
        self.assertLess(time.monotonic() - begun, 1)
        for upload in uploads:
            upload.join()
        statuses = [answer.status for answer in answers]
        self.assertEqual((statuses.count(200), statuses.count(503)), (6, 18), statuses)
        refused = next(answer for answer in answers if answer.status == 503)
        self.assertIn("once more", refused.json()["error"])
        self.assertTrue(refused.headers["Retry-After"])

    def test_a_server_that_is_stopped_waits_for_none(self):
        self.dray.stop()
        self.dray.start("--image-patience", "300", "--grace", "1")
        upload = self.start_upload("endless.pdf", self.hostile, [])
        wait_until(self.readers, "it is being read")
        begun = time.monotonic()
        self.dray.stop()
        self.assertLess(time.monotonic() - begun, 10)
        upload.join()

    def test_a_large_picture_keeps_its_expiry(self):
        size = 600_000_000
        xmp = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
               b'rdf:about="" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><prism:expirationDate>2020-01-31T00:00:00Z'
               b'</prism:expirationDate></rdf:Description></rdf:RDF></x:xmpmeta>')
        content = memoryview(large_tiff(size, xmp))
        started = self.dray.request("POST", "/content/dam.initiateUpload.json", FORM, body="fileName=huge.tif&fileSize=%d" % size).json()
        file = started["files"][0]
        part = -(-size // len(file["uploadURIs"]))
        for number, uri in enumerate(file["uploadURIs"]):
            sent = self.dray.request("PUT", urllib.parse.urlsplit(uri).path, None, None, content[number * part:(number + 1) * part])
            self.assertEqual(sent.status, 201)
        done = self.dray.request("POST", "/content/dam.completeUpload.json", FORM, body=urllib.parse.urlencode(
            {"fileName": "huge.tif", "fileSize": size, "mimeType": "image/tiff", "uploadToken": file["uploadToken"]}))
        self.assertEqual(done.status, 200, done.text)
        asset = self.dray.get("/api/v1/assets/content/dam/huge.tif").json()
        self.assertEqual((asset["mimeType"], asset["width"], asset["height"]), ("image/tiff", 4000, 3000), asset)
        self.dray.add_user("joe")
        refused = self.dray.get("/content/dam/huge.tif", token=self.dray.token("joe"))
        self.assertEqual((refused.status, "expired" in refused.text), (403, True), refused.text[:200])
