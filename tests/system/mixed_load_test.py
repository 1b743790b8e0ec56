"""Killed again and again under a mixed load of downloads, mails, uploads and readers: nothing that was accepted is lost
or doubled.

What was answered is accepted. Where the answer was lost with the server nobody knows: then it is there whole, or not at
all."""

import collections
import email
import email.policy
import http.client
import io
import itertools
import json
import os
import random
import re
import threading
import time
import traceback
import unittest
import urllib.parse
import zipfile

import mail_test
from dray import QUICK, SystemTest, make_random, noise, sha256_of, wait_until
from images_test import Image, png

KILLS = 5 if QUICK else 20
LARGE = 1 if QUICK else 5  # uploads of more than one part
PART = 100 << 20  # the server's largest
LONGEST_LIFE = 2 if QUICK else 3  # of a server, in seconds, before a moment to kill it is looked for
PATIENCE = 300  # the machine may be slow

ASKING = {"ann": True, "cat": False}  # whether they want mail about their own downloads
TOLD = ("bob", "eve")
SENDERS = 2  # mails that the server sends at a time
NOW_ASSETS = 10
WIDTHS = range(20, 200)  # so many that most renditions are still to be made
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}

Mail = collections.namedtuple("Mail", "time message_id")


class Wish:
    """A download that was asked for: originals, or pictures of a width, or both."""

    def __init__(self, user, name, recipients, files, pictures=(), width=0):
        self.user, self.name, self.recipients = user, name, recipients
        self.files, self.pictures, self.width = files, pictures, width
        self.id, self.in_background = None, False  # as it was answered; no id: nobody knows
        self.found = None  # the download, at the end

    def body(self):
        options = {"originals": bool(self.files)}
        if self.pictures:
            options["dynamic"] = [{"width": self.width}]
        paths = self.pictures or self.files
        return json.dumps({"targets": [{"path": path} for path in sorted(paths)], "options": options,
                           "archiveName": self.name, "email": self.recipients})


class Upload:
    def __init__(self, name, content):
        self.name, self.size, self.sha256 = name, len(content), sha256_of(content)
        self.path = "/content/dam/in/" + name
        self.accepted = False


class Client(threading.Thread):
    """Does one thing after the other until all is over."""

    def __init__(self, load, user, pause):
        super().__init__(daemon=True)
        self.load, self.user, self.pause = load, user, pause
        self.random = random.Random(load.random.random())
        self.failure = ""

    def run(self):
        try:
            while not self.load.over.wait(self.random.uniform(0, self.pause)):
                self.act()
        except BaseException:
            self.failure = traceback.format_exc()

    def once(self, kind, method, path, headers=None, body=None):
        """The answer, or None where the server was killed before it was whole."""
        before = len(self.load.killed)
        self.load.up.wait()
        self.load.begun[kind].set()
        try:
            return self.load.dray.request(method, path, headers, self.load.dray.token(self.user), body, PATIENCE)
        except (OSError, http.client.HTTPException):
            if len(self.load.killed) == before:
                raise
            return None

    def patiently(self, *request):
        while True:
            if answer := self.once(*request):
                return answer


def name_of(path):
    return path.rpartition("/")[2]


def expect(answer, status):
    if answer.status != status:
        raise AssertionError("answered with %d instead of %d: %s" % (answer.status, status, answer.text[:500]))
    return answer


class Downloader(Client):
    numbers = itertools.count()

    def act(self):
        wish = self.make_wish()
        self.load.wishes[wish.name] = wish
        answer = self.once("download", "POST", "/api/v1/downloads", JSON, wish.body())
        if answer:
            download = expect(answer, 201).json()
            wish.in_background = download["inBackground"]
            wish.id = download["id"]

    def make_wish(self):
        name = "%s-%d" % (self.user, next(self.numbers))
        recipients = self.random.sample(TOLD, self.random.choice((0, 0, 0, 1, 2)))
        count = self.random.choice((self.random.randint(1, NOW_ASSETS), self.random.randint(NOW_ASSETS + 1, 25)))
        if self.random.random() < 0.6:
            return Wish(self.user, name, recipients, self.choose(self.load.files, count))
        pictures = self.choose(self.load.pictures, count)
        files = pictures if self.random.random() < 0.3 else {}
        return Wish(self.user, name, recipients, files, pictures, self.random.choice(WIDTHS))

    def choose(self, files, count):
        return dict(self.random.sample(sorted(files.items()), min(count, len(files))))


class Reader(Client):
    def act(self):
        accepted = [wish for wish in list(self.load.wishes.values()) if wish.id]
        if not accepted:
            return
        wish = self.random.choice(accepted)
        answer = self.once("other", "GET", "/api/v1/downloads/" + wish.id)
        if not answer or not expect(answer, 200).json()["isComplete"]:
            return
        answer = self.once("read", "GET", answer.json()["artifacts"][0]["uri"])
        if answer:
            self.load.check_archive(wish, expect(answer, 200).body)
            self.load.read += 1


class Uploader(Client):
    numbers = itertools.count()
    insists = 0.6  # the share of lost answers that are asked for once more

    def make_content(self):
        size = self.random.choice((1, 100, 10_000, 300_000, 3_000_000))
        return noise(self.random.randint(1, size), self.random.random())

    def act(self):
        content = self.make_content()
        upload = Upload("in-%d.bin" % next(self.numbers), content)
        file = self.announce(upload)
        uris = file["uploadURIs"]
        size = -(-len(content) // len(uris))
        for number in self.random.sample(range(len(uris)), len(uris)):
            part, path = content[number * size:(number + 1) * size], urllib.parse.urlsplit(uris[number]).path
            expect(self.patiently("part", "PUT", path, {}, part), 201)
        self.load.uploads.append(upload)
        self.complete(upload, file["uploadToken"])

    def announce(self, upload):
        form = urllib.parse.urlencode({"fileName": upload.name, "fileSize": upload.size})
        answer = self.patiently("other", "POST", "/content/dam/in.initiateUpload.json", FORM, form)
        file, = expect(answer, 200).json()["files"]
        return file

    def complete(self, upload, token):
        form = urllib.parse.urlencode({"fileName": upload.name, "fileSize": upload.size, "uploadToken": token})
        request = ("completion", "POST", "/content/dam/in.completeUpload.json", FORM, form)
        answer = self.once(*request)
        if not answer and self.random.random() < self.insists:
            answer = self.patiently(*request)
        if answer:
            done, = expect(answer, 200).json()["files"]
            if done["path"] != upload.path:
                raise AssertionError("%s was uploaded as %s" % (upload.path, done["path"]))
            upload.accepted = True
            if upload.size < 100_000:
                self.load.files[upload.path] = upload.sha256


class LargeUploader(Uploader):
    left = LARGE
    insists = 1

    def make_content(self):
        block = noise(1_000_003, self.random.random())  # no divisor of a part: parts that are swapped show
        size = self.random.randint(PART + 1, PART * 5 // 2)
        return (block * (size // len(block) + 1))[:size]

    def act(self):
        if self.left:
            self.left -= 1
            super().act()


class MixedLoad(SystemTest):
    add_user = mail_test.Mail.add_user
    configure = mail_test.Mail.configure
    configure_mail = mail_test.Mail.configure_mail
    start_server = mail_test.Mail.start_server
    prefer_mail = mail_test.Mail.prefer_mail

    def setUp(self):
        super().setUp()
        self.random = make_random(self)
        self.over, self.up = threading.Event(), threading.Event()
        self.begun = {kind: threading.Event() for kind in ("download", "read", "part", "completion", "other")}
        self.killed, self.back = [], []  # times
        self.wishes = {}  # by name
        self.uploads = []
        self.read = self.mails = self.duplicates = 0
        self.renditions = {}  # of a picture at a width: SHA-256
        self.files = self.import_files()
        self.pictures = {path: digest for path, digest in self.files.items() if path.endswith(".png")}
        self.start_with_mail()

    def import_files(self):
        """Path to SHA-256. Their names are distinct, so that those in an archive are theirs."""
        folder = self.dray.folder / "source"
        (folder / "in").mkdir(parents=True)
        for number in range(30):
            size = self.random.choice((100, 10_000, 300_000))
            (folder / ("%02d.txt" % number)).write_bytes(noise(self.random.randrange(size), number))
        for number in range(12):
            rows = b"\0" + noise(3 * 240, number)
            (folder / ("%02d.png" % number)).write_bytes(png(240, 160, rows * 160))
        (folder / "in" / "first.txt").write_text("so that the folder is there")
        self.dray.import_folder(folder, "/content/dam")
        return self.dray.stored_files("/content/dam")

    def start_with_mail(self):
        self.content = self.dray.folder / "content"
        port, _ = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        for name in TOLD + tuple(ASKING):
            self.add_user(name, name + "@test.example", *(["dam-users"] if name in TOLD else []))
        self.start_dray()
        for name in ("admin", *ASKING):
            self.dray.token(name)  # made before several threads ask for it
        for name, wants in ASKING.items():
            if wants:
                self.prefer_mail(name)
        self.up.set()

    def start_dray(self):
        self.dray.start("--content", str(self.content), "--now-assets", str(NOW_ASSETS), "--now-seconds", "1")

    # ---- the load, and its end ----

    def test_nothing_accepted_is_lost_or_doubled(self):
        clients = [Downloader(self, user, 0.25) for user in ASKING] + [Uploader(self, "admin", 0.4) for _ in range(2)]
        clients += [LargeUploader(self, "admin", 2 if QUICK else 12), Reader(self, "admin", 0.4)]
        for client in clients:
            client.start()
        for _ in range(KILLS):
            self.kill_and_start_again()
            self.check_clients(clients)
        self.over.set()
        for client in clients:
            client.join(PATIENCE)
        self.check_clients(clients)
        wait_until(self.is_all_done, "nothing is left to do", PATIENCE)
        self.check_everything()

    def check_clients(self, clients):
        self.assertEqual("".join(client.failure for client in clients), "")

    def kill_and_start_again(self):
        self.wait_for_a_moment()
        self.up.clear()
        self.killed.append(time.time())
        self.dray.kill()
        self.start_dray()
        self.back.append(time.time())
        self.up.set()

    def wait_for_a_moment(self):
        """Any, or one shortly after a request of some kind has begun."""
        time.sleep(self.random.uniform(0, LONGEST_LIFE))
        kind = self.random.choice([*self.begun, None])
        if kind:
            self.begun[kind].clear()
            self.begun[kind].wait(2)
            time.sleep(self.random.uniform(0, 0.03))

    def is_all_done(self):
        """Downloads and mails. A job of the last killed server waits for 15 s until its lease has ended."""
        time.sleep(0.2)
        jobs = [line for line in self.dray.get("/metrics", token=None).text.splitlines() if "_jobs{" in line]
        kinds = ('"quick-downloads"', '"downloads"', '"announcements"', '"mail"')
        return all(line.endswith(" 0") for line in jobs if any(kind in line for kind in kinds))

    # ---- what is there then ----

    def check_everything(self):
        for user in ASKING:
            with self.subTest(downloads=user):
                self.check_downloads(user)
                self.check_inbox(user)
        ids = [wish.found["id"] for wish in self.wishes.values() if wish.found]
        self.assertEqual(len(set(ids)), len(ids))
        with self.subTest("mails"):
            self.check_mails()
        with self.subTest("uploads"):
            self.check_uploads()
        self.assertEqual(self.dray.stop(), 0)
        self.dray.verify()
        self.print_figures()

    def print_figures(self):
        accepted = [wish for wish in self.wishes.values() if wish.id]
        uploads = [upload for upload in self.uploads if upload.accepted]
        figures = {"kills": len(self.killed), "downloads": len(accepted),
                   "in the background": sum(wish.in_background for wish in accepted), "mails": self.mails,
                   "duplicates": self.duplicates, "uploads": len(uploads),
                   "MB": sum(upload.size for upload in uploads) // 10**6, "artifacts read": self.read,
                   "unknown downloads": len(self.wishes) - len(accepted),
                   "of them there": sum(1 for wish in self.wishes.values() if wish.found and not wish.id),
                   "unknown uploads": len(self.uploads) - len(uploads)}
        print(", ".join("%d %s" % (count, name) for name, count in figures.items()))

    def get(self, path, user="admin"):
        return expect(self.dray.get(path, token=self.dray.token(user)), 200)

    def pages(self, path, user):
        items, query = [], ""
        while query is not None:
            page = self.get("%s?limit=100%s" % (path, query), user).json()
            items += page["items"]
            query = page["next"] and "&before=" + page["next"]
        return items

    def check_downloads(self, user):
        found = {}
        for download in self.pages("/api/v1/downloads", user):
            self.assertNotIn(download["name"], found, "it is there twice")
            found[download["name"]] = download
        for wish in [wish for wish in self.wishes.values() if wish.user == user]:
            download = found.pop(wish.name, None)
            self.assertTrue(download or not wish.id, "the download %s is lost" % wish.name)
            if download:
                wish.found = download
                self.check_download(wish, download)
        self.assertEqual(found, {}, "nobody asked for these")

    def check_download(self, wish, download):
        self.assertEqual((download["status"], download["skipped"]), ("SUCCESSFUL", []), download)
        self.assertIn(wish.id, (None, download["id"]))
        self.assertIn(wish.in_background, (False, download["inBackground"]))
        artifact, = download["artifacts"]
        self.check_archive(wish, self.get(artifact["uri"], wish.user).body)

    def check_archive(self, wish, body):
        """Called by readers too."""
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = {info.filename: archive.read(info) for info in archive.infolist()}
            self.assertEqual(len(archive.infolist()), len(entries), "an entry is there twice")
        for path, digest in wish.files.items():
            self.assertEqual(sha256_of(entries.pop(name_of(path))), digest, path)
        made = {(name.partition(" (%dx" % wish.width)[0] + ".png"): content for name, content in entries.items()}
        self.assertEqual(sorted(made), sorted(map(name_of, wish.pictures)), list(entries))
        for picture, content in made.items():
            self.check_rendition(picture, wish.width, content)

    def check_rendition(self, picture, width, content):
        """A whole picture, and the same in every archive."""
        with Image.open(io.BytesIO(content)) as image:
            image.load()
            self.assertEqual((image.format, image.width), ("JPEG", width))
        digest = sha256_of(content)
        self.assertEqual(self.renditions.setdefault((picture, width), digest), digest)

    def check_inbox(self, user):
        found = {wish.found["id"]: wish.found for wish in self.wishes.values() if wish.user == user and wish.found}
        items = self.pages("/api/v1/inbox", user)
        self.assertEqual(sorted(item["id"] for item in items), sorted(found))
        for item in items:
            self.assertEqual(item["notice"], "unread" if found[item["id"]]["inBackground"] else "read", item)

    # ---- mails ----

    def check_mails(self):
        arrived = self.arrived_mails()
        self.assertEqual(set(arrived), self.expected_mails())
        for copies in arrived.values():
            self.assertEqual(len({mail.message_id for mail in copies}), 1, copies)
            for first, second in itertools.pairwise(copies):
                self.assertTrue(self.was_killed_between(first.time, second.time), (first, second))
        self.duplicates = sum(len(copies) - 1 for copies in arrived.values())
        self.assertLessEqual(self.duplicates, SENDERS * KILLS)
        self.mails = len(arrived)

    def expected_mails(self):
        """Download and user, of all downloads that are there, whether they were accepted or not."""
        expected = set()
        for wish in self.wishes.values():
            if wish.found:
                told = [wish.user] if wish.found["inBackground"] and ASKING[wish.user] else []
                expected.update((wish.found["id"], user) for user in told + wish.recipients)
        return expected

    def arrived_mails(self):
        arrived = {}
        for file in (self.smtp / "mail").glob("*/*.eml"):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            download = re.search("/api/v1/downloads/([0-9a-f]{32})", mail.get_body(("plain",)).get_content())[1]
            arrived.setdefault((download, file.parent.name.partition("@")[0]), []).append(
                Mail(file.stat().st_mtime, mail["Message-ID"]))
        return {key: sorted(copies) for key, copies in arrived.items()}

    def was_killed_between(self, first, second):
        """The mail server may note a mail until the next server runs."""
        return any(first <= back and killed <= second for killed, back in zip(self.killed, self.back))

    # ---- uploads ----

    def check_uploads(self):
        stored = self.dray.stored_files("/content/dam/in")
        del stored["/content/dam/in/first.txt"]
        for upload in self.uploads:
            there = stored.pop(upload.path, None)
            self.assertTrue(there or not upload.accepted, "%s is lost" % upload.path)
            if there:
                self.check_upload(upload)
        self.assertEqual(stored, {}, "nobody uploaded these")
        self.assertEqual(self.leftovers(), [], "parts of completed uploads")

    def leftovers(self):
        """Of an upload that is completed only what was announced and answered is kept, for a day."""
        completed = [set(os.listdir(done.parent)) for done in (self.dray.data / "uploads").glob("*/result.json")]
        return [sorted(left) for left in completed if left != {"upload.json", "result.json"}]

    def check_upload(self, upload):
        content = self.get(upload.path).body
        self.assertEqual((len(content), sha256_of(content)), (upload.size, upload.sha256), upload.path)
        node = self.get("/api/v1/assets" + upload.path).json()
        self.assertEqual((node["version"], len(node["versions"])), (1, 1), upload.path)


if __name__ == "__main__":
    unittest.main()
