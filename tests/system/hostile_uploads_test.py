"""Uploads made to break whoever reads what they say about themselves: the server goes on, and nothing is lost."""

import os
import pathlib
import signal
import struct
import threading
import time
import zlib

from dray import SystemTest, wait_until

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


class HostileUploads(SystemTest):
    def setUp(self):
        super().setUp()
        self.dray.start()
        self.hostile = png(endless_xmp())

    def upload(self, name, content):
        head = '--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n' % name
        return self.dray.request("POST", "/content/dam.createasset.html", MULTIPART, body=head.encode() + content + b"\r\n--b--\r\n")

    def readers(self):
        """The processes of the server's that compute."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.dray.server.pid and fields[0] == "R" and b"worker" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except (OSError, IndexError):
                continue
        return found

    def check(self, name):
        self.assertEqual(self.dray.get("/content/dam/" + name).body, self.hostile)
        self.assertEqual(self.dray.get("/api/v1/assets/content/dam/" + name).json()["mimeType"], "image/png", "by its name")
        self.assertIn(name + " could not be looked at", self.dray.log())

    def test_one_that_takes_for_ever_keeps_nobody_waiting(self):
        answers = []
        slow = threading.Thread(target=lambda: answers.append(self.upload("endless.png", self.hostile)))
        begun = time.monotonic()
        slow.start()
        wait_until(self.readers, "it is being read")
        self.assertEqual(self.upload("good.png", png()).status, 200)
        self.assertEqual(self.dray.get("/api/v1/assets/content/dam/good.png").json()["width"], 8)
        self.assertFalse(answers, "the other one goes on meanwhile")
        slow.join()
        self.assertEqual(answers[0].status, 200, answers[0].text)
        self.assertLess(time.monotonic() - begun, 25)
        self.check("endless.png")

    def test_one_that_kills_its_reader_comes_in_all_the_same(self):
        answers = []
        upload = threading.Thread(target=lambda: answers.append(self.upload("fatal.png", self.hostile)))
        upload.start()
        for _ in range(2):
            wait_until(self.readers, "it is being read")
            time.sleep(0.3)  # it has read the file by now
            for reader in self.readers():
                os.kill(reader, signal.SIGSEGV)
        upload.join()
        self.assertEqual(answers[0].status, 200, answers[0].text)
        self.check("fatal.png")
        self.assertIn("broke off", self.dray.log())
        self.assertEqual(self.upload("good.png", png()).status, 200)
        self.dray.stop()
        self.dray.verify()
