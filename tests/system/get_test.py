#!/usr/bin/env python3
"""dray get against a server that does everything a network and a bad server can do. Usage: get_test.py DRAY [unittest options]"""
import hashlib, http.server, io, json, os, random, re, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time
import unittest, urllib.parse, zipfile, zlib

DRAY = ""
CHUNK = 64 * 1024


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def make_archive(files):
    """A stored ZIP and its entries as the manifest lists them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10)), content)
    data = out.getvalue()
    entries = []
    with zipfile.ZipFile(out) as archive:
        for info in archive.infolist():
            name_size, extra_size = struct.unpack("<HH", data[info.header_offset + 26:info.header_offset + 30])
            entries.append(entry_of(info.filename, info.header_offset + 30 + name_size + extra_size, files[info.filename]))
    return data, entries


def entry_of(name, offset, content):
    return {"name": name, "offset": offset, "size": len(content), "crc32": "%08x" % zlib.crc32(content),
            "sha256": hashlib.sha256(content).hexdigest(), "modified": "2024-05-06T07:08:10Z"}


class Artifact:
    def __init__(self, name, data, entries):
        self.name, self.data, self.entries = name, data, entries
        self.etag = '"%s"' % hashlib.sha256(data).hexdigest()

    @staticmethod
    def archive(name, files):
        return Artifact(name, *make_archive(files))

    @staticmethod
    def bare(name, data):
        return Artifact(name, data, [entry_of(name, 0, data)])

    def manifest(self):
        return {"name": self.name, "size": len(self.data), "etag": self.etag, "entryCount": len(self.entries), "entries": self.entries}


SHOOT = {"shoot/": b"", "shoot/empty.txt": b"", "shoot/nothing here/": b"", "shoot/Grüße 写真.jpg": noise(300_000, 1),
         "shoot/film.mov": noise(3_000_000, 2)}
SHOOT.update({"shoot/small/%03d.txt" % i: noise(i * 37 % 5000, 100 + i) for i in range(300)})
SHOOT["shoot/last.bin"] = noise(1_500_000, 3)


class Server(http.server.ThreadingHTTPServer):
    """The download API over a few artifacts. Faults are turned on by setting what they are named after."""
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        self.downloads = {"/content/dam/shoot": dict(artifacts=[Artifact.archive("shoot.zip", SHOOT)])}
        self.lock = threading.Lock()
        self.log, self.sent, self.posts, self.ids = [], 0, 0, {}
        self.bytes_per_second = None
        self.cut_probability = 0.0   # of ending an answer somewhere in its middle
        self.busy = 0                # so many ranges are answered with 503 and Retry-After
        self.wrong_ranges = 0        # so many get other bytes than asked for
        self.stalls = 0              # so many stop in the middle and keep the connection
        self.etag_changes_after = None  # so many ranges, the file is another one
        self.gone_after = None       # so many ranges, the download is no longer there
        self.flipped = {}            # offset of a byte that is wrong -> how often
        self.authorization = None    # what must be sent
        self.redirect = None         # where ranges are sent to
        self.polls = 2               # so often a download is not complete yet
        self.ranges = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass  # clients that are killed

    def artifact(self):
        return self.downloads["/content/dam/shoot"]["artifacts"][0]

    def take(self, name):
        with self.lock:
            left = getattr(self, name)
            setattr(self, name, max(0, left - 1))
            return left > 0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, fields=()):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self):
        self.server.log.append((self.command, self.path, self.headers.get("Authorization")))
        if self.server.authorization and self.headers.get("Authorization") != self.server.authorization:
            self.answer(401, {"error": "sign in first"})
            return False
        return True

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.begin():
            return
        server.last_post = body
        server.posts += 1
        server.gone_after = None if server.posts > 1 else server.gone_after
        path = body["targets"][0]["path"]
        if path not in server.downloads:
            return self.answer(404, {"error": "there is no " + path})
        id = "%032x" % random.getrandbits(128)
        server.ids[id] = {"path": path, "polls": server.polls}
        self.answer(201, self.download(id))

    def download(self, id):
        state = self.server.ids[id]
        known = self.server.downloads[state["path"]]
        if state["polls"] > 0:
            state["polls"] -= 1
            return {"id": id, "status": "PROCESSING", "isComplete": False, "artifacts": [], "skipped": []}
        artifacts = [{"id": "a", "name": a.name, "mimeType": "application/zip", "size": len(a.data), "entryCount": len(a.entries),
                      "uri": known.get("uri", "/api/v1/downloads/%s/artifacts/%s") % (id, urllib.parse.quote(a.name, safe="")),
                      "etag": a.etag.strip('"')} for a in known["artifacts"]]
        return {"id": id, "status": known.get("status", "SUCCESSFUL"), "isComplete": True, "totalSize": 1, "totalCount": 1,
                "message": known.get("message", ""), "artifacts": artifacts, "skipped": known.get("skipped", [])}

    def do_GET(self):
        if not self.begin():
            return
        parts = self.path.split("?")[0].split("/")[4:]
        if self.path.startswith("/plain/"):
            return self.plain()
        state = self.server.ids.get(parts[0])
        if not state:
            return self.answer(404, {"error": "no such download"})
        if len(parts) == 1:
            return self.answer(200, self.download(parts[0]))
        name = urllib.parse.unquote(parts[2])
        artifact = next(a for a in self.server.downloads[state["path"]]["artifacts"] if a.name == name)
        if parts[-1] == "manifest":
            return self.answer(200, artifact.manifest())
        self.range(artifact)

    def plain(self):
        self.range(self.server.artifact(), plain=True)

    def range(self, artifact, plain=False):
        server = self.server
        with server.lock:
            server.ranges += 1
            number = server.ranges
        if server.redirect:
            return self.answer(302, b"", [("Location", server.redirect)])
        if server.gone_after is not None and number > server.gone_after:
            return self.answer(410, {"error": "the download has expired"})
        if server.take("busy"):
            return self.answer(503, {"error": "busy"}, [("Retry-After", "1")])
        etag = artifact.etag
        if server.etag_changes_after is not None and number > server.etag_changes_after:
            etag = '"another"'
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not match:
            return self.answer(400, {"error": "no range"})
        first, last = int(match[1]), min(int(match[2]), len(artifact.data) - 1)
        if not artifact.data:
            return self.answer(416, {"error": "empty"}, [("ETag", etag), ("Content-Range", "bytes */0")])
        if not plain and self.headers.get("If-Match") not in (None, etag) and number % 2:
            return self.answer(412, {"error": "changed"})
        if server.take("wrong_ranges"):
            first, last = first + 1, last
        body = bytearray(artifact.data[first:last + 1])
        for offset, times in list(server.flipped.items()):
            if first <= offset <= last and times > 0:
                server.flipped[offset] -= 1
                body[offset - first] ^= 1
        self.send_response(206)
        self.send_header("ETag", etag)
        self.send_header("Content-Range", "bytes %d-%d/%d" % (first, last, len(artifact.data)))
        self.send_header("Content-Length", str(len(body)))
        if plain:
            self.send_header("Content-Disposition", "attachment; filename=\"../../up.zip\"")
        self.end_headers()
        self.send(bytes(body))

    def send(self, body):
        server = self.server
        stall = len(body) > 1000 and server.take("stalls")
        end = random.randrange(len(body)) if random.random() < server.cut_probability or stall else len(body)
        step = 16 * 1024
        for at in range(0, end, step):
            piece = body[at:min(at + step, end)]
            self.wfile.write(piece)
            with server.lock:
                server.sent += len(piece)
            if server.bytes_per_second:
                time.sleep(len(piece) / server.bytes_per_second)
        if stall:
            time.sleep(8)
        if end < len(body):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class GetTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dray-get-")
        self.server = Server()
        self.environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("DRAY_")}

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *arguments, targets=("/content/dam/shoot",), chunk=CHUNK):
        server = [] if targets[0].startswith("http") or "--server" in arguments else ["--server", self.server.url]
        return [DRAY, "get", *server, "-o", self.folder, "--chunk", str(chunk), *arguments, *targets]

    def get(self, *arguments, expect=0, environment=None, **more):
        done = subprocess.run(self.command(*arguments, **more), capture_output=True, text=True, timeout=180,
                              env={**self.environment, **(environment or {})})
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def assert_archive(self, name="shoot.zip"):
        self.assertEqual(read(self.path(name)), self.server.artifact().data)
        self.assert_nothing_else(name)

    def assert_nothing_else(self, *names):
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))

    def assert_tree(self, files=SHOOT, name="shoot"):
        found = {}
        for root, folders, names in os.walk(self.path(name)):
            relative = os.path.relpath(root, self.path(name))
            prefix = "" if relative == "." else relative + "/"
            for folder in folders:
                found[prefix + folder + "/"] = b""
            for file in names:
                found[prefix + file] = read(os.path.join(root, file))
        expected = dict(files)
        for file in files:
            while "/" in file.rstrip("/"):
                file = file.rstrip("/").rsplit("/", 1)[0] + "/"
                expected[file] = b""
        self.assertEqual(sorted(found), sorted(expected))
        for file, content in expected.items():
            self.assertEqual(found[file], content, file)
        self.assert_nothing_else(name)

    # ---- whole ----

    def test_saves_an_archive(self):
        done = self.get("--verify", "--name", "shoot", "--keep-structure")
        self.assert_archive()
        self.assertIn("saved and verified", done.stdout)
        self.assertEqual(self.server.last_post, {
            "targets": [{"path": "/content/dam/shoot"}], "archiveName": "shoot",
            "options": {"originals": True, "folderPerAsset": False, "keepStructure": True}})

    def test_is_done_at_once_when_run_again(self):
        self.get()
        sent = self.server.sent
        self.assertIn("already complete", self.get().stdout)
        self.assertIn("already complete", self.get("--verify").stdout)
        shutil.copyfile(self.path("shoot.zip"), self.path("copy"))  # loses the mark
        os.replace(self.path("copy"), self.path("shoot.zip"))
        self.assertIn("already complete", self.get().stdout)
        self.assertEqual(self.server.sent, sent)
        self.assert_archive()

    def test_saves_an_archive_by_its_address(self):
        url = self.server.url + "/plain/x/y/shoot.zip?token=abc"
        self.get(targets=(url,))
        self.assertEqual(read(self.path("up.zip")), self.server.artifact().data)
        self.assert_nothing_else("up.zip")

    def test_reports_as_json(self):
        done = self.get("--json", "--extract")
        report = json.loads(done.stdout)
        self.assertEqual(report["exitStatus"], 0)
        self.assertEqual(report["saved"][0]["files"], len([n for n in SHOOT if not n.endswith("/")]))
        progress = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertEqual(progress[-1]["bytesDone"], progress[-1]["bytesTotal"])
        self.assertEqual(progress[-1]["filesDone"], progress[-1]["filesTotal"])

    def test_saves_bare_and_empty_files(self):
        for name, data in (("hero.jpg", noise(200_000, 9)), ("nothing.txt", b"")):
            self.server.downloads["/content/dam/" + name] = dict(artifacts=[Artifact.bare(name, data)])
            for option in ("--verify", "--extract"):
                self.get(option, targets=("/content/dam/" + name,))
                self.assertEqual(read(self.path(name)), data)
        self.assert_nothing_else("hero.jpg", "nothing.txt")

    def test_extracts(self):
        self.get("--extract")
        self.assert_tree()
        self.assertEqual(int(os.stat(self.path("shoot", "shoot", "film.mov")).st_mtime), 1714979290)
        sent = self.server.sent
        self.assertIn("already complete", self.get("--extract").stdout)
        self.assertIn("already complete", self.get("--extract", "--verify").stdout)
        self.assertEqual(self.server.sent, sent)

    # ---- faults ----

    def test_survives_cuts_busy_servers_wrong_ranges_and_stalls(self):
        for option in ("--verify", "--extract"):
            self.server.cut_probability, self.server.busy, self.server.wrong_ranges, self.server.stalls = 0.4, 3, 3, 2
            self.get(option, "--stall", "2")
            self.server.cut_probability = 0
        self.assertEqual(read(self.path("shoot.zip")), self.server.artifact().data)
        os.remove(self.path("shoot.zip"))
        self.assert_tree()

    def test_a_cut_costs_no_bytes_twice(self):
        self.server.cut_probability = 0.5
        self.get("--connections", "1")
        size = len(self.server.artifact().data)
        # What was on its way into a closed socket was sent in vain; never a run from its start.
        self.assertLess(self.server.sent, size * 1.2)
        self.assert_archive()

    def test_gives_up_in_the_end(self):
        self.server.wrong_ranges = 10 ** 6
        done = self.get("--retries", "2", expect=7)
        self.assertIn("other bytes than asked for", done.stderr)
        self.server.wrong_ranges = 0
        self.get("--retries", "2")
        self.assert_archive()

    def test_a_changed_file_is_an_error_until_told_to_start_anew(self):
        self.server.etag_changes_after = 10
        self.assertIn("--restart", self.get("--connections", "2", expect=1).stderr)
        self.server.etag_changes_after = None
        self.server.downloads["/content/dam/shoot"]["artifacts"] = [Artifact.archive("shoot.zip", {"new.txt": noise(400_000, 77)})]
        self.assertIn("--restart", self.get(expect=1).stderr)
        self.get("--restart", "--verify")
        self.assert_archive()

    def test_an_expired_download_is_asked_for_again(self):
        self.server.gone_after = 10
        self.get("--verify")
        self.assertEqual(self.server.posts, 2)
        self.assert_archive()

    def start_and_kill(self, option, wait):
        process = subprocess.Popen(self.command(option, "--quiet"), env=self.environment)
        wait()
        process.kill()
        process.wait()

    def wait_for_mark(self, state):
        while not (os.path.exists(self.path(state)) and b"1" in read(self.path(state))[4096:]):
            time.sleep(0.01)

    def test_survives_ten_kills(self):
        self.server.polls = 0
        for option, state in (("--verify", "shoot.zip.part.state"), ("--extract", "shoot.part.state")):
            self.server.bytes_per_second = 100_000
            self.start_and_kill(option, lambda: self.wait_for_mark(state))
            for _ in range(9):
                self.start_and_kill(option, lambda: time.sleep(random.uniform(0.02, 1.5)))
            self.server.bytes_per_second = None
            report = json.loads(self.get(option, "--json").stdout)["saved"][0]
            self.assertLess(report["bytesFetched"], len(self.server.artifact().data))  # what was marked is not fetched again
            if option == "--verify":
                self.assert_archive()
                os.remove(self.path("shoot.zip"))
            else:
                self.assert_tree()

    def test_an_extraction_goes_on_where_it_was(self):
        self.server.bytes_per_second = 200_000
        process = subprocess.Popen(self.command("--extract", "--quiet"), env=self.environment, stderr=subprocess.PIPE, text=True)
        self.wait_for_mark("shoot.part.state")
        process.send_signal(signal.SIGTERM)
        self.assertIn("stopped; run the same command again to go on", process.communicate()[1])
        self.assertEqual(process.returncode, 1)
        self.server.bytes_per_second = None
        for root, _, names in os.walk(self.path("shoot.part")):  # somebody cleans up a little
            if "005.txt" in names:
                os.remove(os.path.join(root, "005.txt"))
        report = json.loads(self.get("--extract", "--json").stdout)["saved"][0]
        self.assertLess(report["bytesFetched"], len(self.server.artifact().data) - 500_000)
        self.assert_tree()

    def test_two_at_once(self):
        self.server.bytes_per_second = 300_000
        first = subprocess.Popen(self.command("--quiet"), env=self.environment)
        while not os.path.exists(self.path("shoot.zip.part.state")):
            time.sleep(0.01)
        time.sleep(0.1)
        self.assertIn("another dray get is at work", self.get(expect=1).stderr)
        self.server.bytes_per_second = None
        self.assertEqual(first.wait(), 0)
        self.assert_archive()

    def test_a_full_disk(self):
        small = tempfile.mkdtemp(prefix="dray-get-small-")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", small], capture_output=True).returncode:
            self.skipTest("cannot mount a small file system")
        try:
            self.folder, kept = small, self.folder
            for option in ("--verify", "--extract"):
                done = self.get(option, expect=6)
                self.assertIn("no room left on the disk", done.stderr)
            for name in os.listdir(small):
                shutil.rmtree(self.path(name)) if os.path.isdir(self.path(name)) else os.remove(self.path(name))
            self.get(expect=6)
            subprocess.run(["mount", "-o", "remount,size=30m", small], check=True)
            report = json.loads(self.get("--verify", "--json").stdout)["saved"][0]
            self.assertLess(report["bytesFetched"], len(self.server.artifact().data))
            self.assert_archive()
        finally:
            self.folder = kept
            subprocess.run(["umount", small])
            os.rmdir(small)

    def test_no_server(self):
        start = time.time()
        self.get("--server", "http://127.0.0.1:1", expect=6)
        self.assertLess(time.time() - start, 10)

    # ---- wrong content ----

    def test_a_wrong_byte_is_found_and_named(self):
        film = next(e for e in self.server.artifact().entries if e["name"].endswith("film.mov"))
        self.server.flipped = {film["offset"] + 1000: 1}
        done = self.get("--verify", expect=7)
        self.assertIn("film.mov", done.stderr)
        self.assert_nothing_else("shoot.zip.corrupt")

    def test_extracting_fetches_a_wrong_file_once_more(self):
        film = next(e for e in self.server.artifact().entries if e["name"].endswith("film.mov"))
        self.server.flipped = {film["offset"] + 1000: 1}
        self.get("--extract")
        self.assert_tree()
        shutil.rmtree(self.path("shoot"))
        self.server.flipped = {film["offset"] + 1000: 2}
        self.assertIn("film.mov", self.get("--extract", expect=7).stderr)
        report = json.loads(self.get("--extract", "--json").stdout)["saved"][0]
        self.assertLess(report["bytesFetched"], 3_400_000)
        self.assert_tree()

    def test_a_damaged_copy_is_found_by_verify(self):
        self.get()
        film = next(e for e in self.server.artifact().entries if e["name"].endswith("film.mov"))
        with open(self.path("shoot.zip"), "r+b") as file:
            file.seek(film["offset"])
            file.write(b"damage")
        self.assertIn("--overwrite", self.get("--verify", expect=1).stderr)
        self.get("--verify", "--overwrite")
        self.assert_archive()

    # ---- what is there already ----

    def test_other_files_are_not_overwritten(self):
        with open(self.path("shoot.zip"), "w") as file:
            file.write("mine")
        self.get(expect=1)
        self.assertEqual(read(self.path("shoot.zip")), b"mine")
        self.assert_nothing_else("shoot.zip")
        self.get("--overwrite")
        self.assert_archive()

    def test_extracting_into_a_folder_keeps_what_is_equal(self):
        self.get("--extract")
        os.remove(self.path("shoot", "shoot", "film.mov"))
        with open(self.path("shoot", "note.txt"), "w") as file:
            file.write("mine")
        report = json.loads(self.get("--extract", "--json").stdout)["saved"][0]
        self.assertLess(report["bytesFetched"], 3_400_000)
        self.assert_tree({**SHOOT, "note.txt": b"mine"})
        with open(self.path("shoot", "shoot", "last.bin"), "wb") as file:
            file.write(b"mine")
        self.assertIn("last.bin", self.get("--extract", expect=1).stderr)
        self.assertEqual(read(self.path("shoot", "shoot", "last.bin")), b"mine")
        self.get("--extract", "--overwrite")
        self.assert_tree({**SHOOT, "note.txt": b"mine"})

    # ---- hostile servers ----

    def test_hostile_names_are_refused(self):
        names = ["../up", "/abs", "a/../../up", "a\\b", "C:x", "a//b", "./a", "a/./b", "x" * 300, "\ud800"]
        for name in names:
            artifact = Artifact.archive("shoot.zip", {"good.txt": b"good"})
            artifact.entries[0]["name"] = name
            self.server.downloads["/content/dam/shoot"]["artifacts"] = [artifact]
            done = self.get("--extract", expect=7)
            self.assert_nothing_else()
            self.assertNotIn("\x1b", done.stderr)
        for pair in (("a", "a"), ("a", "a/b"), ("a/", "a")):
            artifact = Artifact.archive("shoot.zip", {"1": b"good", "2": b"bad!"})
            for entry, name in zip(artifact.entries, pair):
                entry["name"] = name
            self.server.downloads["/content/dam/shoot"]["artifacts"] = [artifact]
            self.get("--extract", expect=7)
            self.assert_nothing_else()

    def test_hostile_offsets_are_refused(self):
        for change in ({"offset": 10 ** 9}, {"size": 10 ** 9}, {"offset": 2 ** 64 - 2}, {"sha256": "x"}, {"offset": None}):
            artifact = Artifact.archive("shoot.zip", {"1": b"good", "2": b"bad!"})
            artifact.entries[1].update(change)
            self.server.downloads["/content/dam/shoot"]["artifacts"] = [artifact]
            self.get("--extract", expect=7)
            self.assert_nothing_else()

    def test_links_are_not_followed(self):
        outside = tempfile.mkdtemp(prefix="dray-get-outside-")
        os.mkdir(self.path("shoot"))
        os.symlink(outside, self.path("shoot", "shoot"))
        self.assertIn("in the way", self.get("--extract", expect=1).stderr)
        self.get("--extract", "--overwrite", expect=1)
        self.assertEqual(os.listdir(outside), [])
        shutil.rmtree(self.path("shoot"))
        if os.path.exists(self.path("shoot.part")):
            shutil.rmtree(self.path("shoot.part"))
            os.remove(self.path("shoot.part.state"))
        os.symlink(outside, self.path("shoot.part"))
        self.get("--extract", expect=1)
        self.assertEqual(os.listdir(outside), [])
        os.remove(self.path("shoot.part"))
        os.symlink(self.path("outside.zip"), self.path("shoot.zip"))
        self.get("--overwrite", expect=1)
        os.rmdir(outside)

    def test_names_of_artifacts_stay_in_the_folder(self):
        for name, local in (("../../up.zip", ".._.._up.zip"), (".bash_profile", "_bash_profile"), ("a/b.zip", "a_b.zip"),
                            ("x" * 300 + ".zip", "x" * 196 + ".zip")):
            local = local if local[0] != "." else "_" + local[1:]
            self.server.downloads["/content/dam/shoot"]["artifacts"] = [Artifact.archive(name, {"1": b"good"})]
            self.get()
            self.assert_nothing_else(local)
            os.remove(self.path(local))

    # ---- who is asking ----

    def test_credentials(self):
        self.server.authorization = "Basic YW5uYTpnZWhlaW0="
        password = os.path.join(self.folder, "password")
        with open(password, "w") as file:
            file.write("geheim\n")
        self.get(expect=4)
        self.get("--user", "anna", "--password-file", password)
        os.remove(self.path("shoot.zip"))
        self.get("--user", "anna", environment={"DRAY_PASSWORD": "geheim"})
        self.assertEqual(self.get("--user", "anna", environment={"DRAY_PASSWORD": "wrong-secret"}, expect=4).stderr.count("wrong-secret"), 0)
        self.server.authorization = "Bearer abc.def"
        os.remove(self.path("shoot.zip"))
        self.get(environment={"DRAY_TOKEN": "abc.def"})
        os.remove(password)
        self.assert_archive()
        for url in ("http://anna:geheim@127.0.0.1:1/x", ):
            self.assertNotIn("geheim", self.get(targets=(url,), expect=2).stderr)

    def test_credentials_stay_with_their_server(self):
        other = Server()
        self.server.redirect = other.url + "/plain/x/y/shoot.zip"
        done = self.get(environment={"DRAY_TOKEN": "abc.def"}, expect=4)
        self.assertIn("another place", done.stderr)
        self.assertNotIn("abc.def", done.stderr)
        self.server.redirect = None
        self.server.downloads["/content/dam/shoot"]["uri"] = other.url + "/plain/%s/y/%s"
        self.get(environment={"DRAY_TOKEN": "abc.def"}, expect=4)
        self.assertEqual(other.log, [])
        # An address elsewhere gets what was given with it, not what stands in the environment for another server.
        self.get(targets=(other.url + "/plain/x/y/z.zip",), environment={"DRAY_TOKEN": "abc.def", "DRAY_SERVER": self.server.url})
        self.assertEqual({authorization for _, _, authorization in other.log}, {None})
        other.shutdown()
        other.server_close()

    # ---- what the server says ----

    def test_what_was_left_out_is_named(self):
        self.server.downloads["/content/dam/shoot"].update(
            status="PARTIALLY_SUCCESSFUL", skipped=[{"path": "/content/dam/shoot/x\x1b[31m.jpg", "reason": "denied", "message": "not yours"}])
        done = self.get(expect=3)
        self.assertIn("/content/dam/shoot/x?[31m.jpg: not yours", done.stderr)
        self.assert_archive()

    def test_downloads_that_fail_or_are_empty(self):
        skipped = [{"path": "/content/dam/x", "reason": "denied", "message": "not yours"}]
        self.server.downloads["/content/dam/denied"] = dict(artifacts=[], status="FAILED", message="all denied", skipped=skipped)
        self.server.downloads["/content/dam/broken"] = dict(artifacts=[], status="FAILED", message="broken")
        self.server.downloads["/content/dam/empty"] = dict(artifacts=[], message="there is nothing in it")
        self.assertIn("all denied", self.get(targets=("/content/dam/denied",), expect=4).stderr)
        self.get(targets=("/content/dam/broken",), expect=1)
        self.assertIn("there is nothing in it", self.get(targets=("/content/dam/empty",)).stdout)
        self.assertIn("there is no /content/dam/nowhere", self.get(targets=("/content/dam/nowhere",), expect=5).stderr)
        self.get(targets=("content/dam/x",), expect=2)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    DRAY = os.path.abspath(sys.argv.pop(1))
    seed = int(os.environ.get("SEED", "0")) or random.randrange(10 ** 6)
    print("SEED=%d" % seed, file=sys.stderr)
    random.seed(seed)
    unittest.main()
