"""Runs the Dray binary for the system tests: data directories, servers, tokens, requests and imports.

The binary is $DRAY_BINARY, else build/dev/dray or build/release/dray. Everything a test makes lies in one temporary
folder ($TMPDIR or /tmp) and is gone after it, with every process it started.
"""

import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUICK = os.environ.get("DRAY_SYSTEM_QUICK", "") not in ("", "0")
ADMIN_PASSWORD = "a password for tests"
BLOCK = 1 << 20
ZEROS = bytes(BLOCK)
_libc = ctypes.CDLL(None)


def find_binary():
    named = os.environ.get("DRAY_BINARY")
    candidates = [pathlib.Path(named)] if named else [ROOT / "build" / kind / "dray" for kind in ("dev", "release")]
    for candidate in candidates:
        if candidate.is_file():
            return str(candidate.resolve())
    raise unittest.SkipTest("there is no dray binary: build it, or name it with DRAY_BINARY")


def make_random(test):
    """A generator whose seed is printed; SEED=number repeats a run."""
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    print("%s: SEED=%d" % (test.id(), seed))
    return random.Random(seed)


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def sha256_of(content):
    return hashlib.sha256(content).hexdigest()


def sha256_of_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def bytes_on_disk(folder):
    """What a folder takes up, holes not counted."""
    total = 0
    for parent, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


def make_sparse_file(path, size):
    with open(path, "wb") as file:
        file.truncate(size)


def wait_until(true, what, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain until %s" % (seconds, what))
        time.sleep(0.01)


def die_with_parent():
    _libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Dray:
    """One data directory, and the server on it while it runs."""

    def __init__(self, data=None):
        self.binary = find_binary()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dray-system-"))
        self.data = pathlib.Path(data) if data else self.folder / "data"
        self.port = 0
        self.server = None
        self.tokens = {}

    # ---- commands ----

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DRAY_")}
        return {**kept, "LC_ALL": "C.UTF-8", **more}

    def command(self, *arguments):
        return [self.binary, "--data", str(self.data), *map(str, arguments)]

    def run(self, *arguments, expect=0, timeout=300, **options):
        done = subprocess.run(self.command(*arguments), env=self.environment(), capture_output=True, text=True,
                              errors="replace", timeout=timeout, **options)
        if expect is not None and done.returncode != expect:
            raise AssertionError("dray %s ended with %d instead of %d\n%s%s" % (
                " ".join(map(str, arguments)), done.returncode, expect, done.stdout, done.stderr))
        return done

    def spawn(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(self.command(*arguments), env=self.environment(), preexec_fn=die_with_parent, **options)

    def import_folder(self, folder, target, *options, expect=0, timeout=300):
        """Imports and answers the report."""
        done = self.run("import", folder, "--to", target, "--json", "--quiet", *options, expect=expect, timeout=timeout)
        return json.loads(done.stdout)

    def explain(self, target, *options):
        return json.loads(self.run("explain", target, *options).stdout)

    def stored_files(self, target):
        """What the catalog has below a folder: path to SHA-256."""
        return {entry["path"]: entry["sha256"] for entry in self.explain(target)["selection"]["entries"]}

    def verify(self):
        report = json.loads(self.run("verify", "--json", "--quiet", expect=None).stdout)
        if report["problems"]:
            raise AssertionError("dray verify found: %s" % report["problems"])
        return report

    def add_user(self, name, *groups):
        options = [part for group in groups for part in ("--group", group)]
        self.run("user", "add", name, "--password-file", "-", *options, input=ADMIN_PASSWORD + "\n")

    def token(self, user="admin"):
        if user not in self.tokens:
            self.tokens[user] = self.run("token", "create", "--user", user).stdout.strip()
        return self.tokens[user]

    # ---- the server ----

    def start(self, *options):
        """Starts the server, on the same port as before if there was one, and waits until it is ready."""
        log = open(self.folder / "serve.log", "ab")
        begin = log.tell()
        self.server = subprocess.Popen(
            self.command("serve", "--listen", "127.0.0.1:%d" % self.port, *options), stdout=log, stderr=log,
            env=self.environment(DRAY_ADMIN_PASSWORD=ADMIN_PASSWORD), preexec_fn=die_with_parent)
        log.close()
        wait_until(lambda: self.is_ready(begin), "the server is ready")
        return self

    def is_ready(self, begin):
        if self.server.poll() is not None:
            raise AssertionError("the server ended with %d:\n%s" % (self.server.returncode, self.log()[begin:]))
        said = re.search(r"serves at http://127\.0\.0\.1:(\d+)", self.log()[begin:])
        if not said:
            return False
        self.port = int(said.group(1))
        try:
            return self.get("/readyz", token=None).status == 200
        except OSError:
            return False

    def log(self):
        return (self.folder / "serve.log").read_text(errors="replace")

    def events(self):
        """What the catalog's log has, oldest first."""
        with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % (self.data / "dray.db"), uri=True, timeout=30)) as catalog:
            rows = catalog.execute("SELECT type, user, path, details FROM event ORDER BY number")
            return [{"type": kind, "user": user, "path": path, "details": json.loads(details)} for kind, user, path, details in rows]

    def kill(self):
        self.server.kill()
        self.server.wait()
        self.server = None

    def stop(self, seconds=30):
        """SIGTERM; answers the exit status."""
        self.server.terminate()
        status = self.server.wait(seconds)
        self.server = None
        return status

    def close(self):
        if self.server:
            self.kill()
        shutil.rmtree(os.fsencode(self.folder), ignore_errors=True)

    # ---- requests ----

    def headers(self, token, headers):
        token = self.token() if token == "admin" else token
        return {**({"Authorization": "Bearer " + token} if token else {}), **(headers or {})}

    def open(self, path, headers=None, token="admin", method="GET", body=None, timeout=30, receive_buffer=0):
        """Sends a request; the connection and the answer, whose body is still to be read. With a small receive buffer
        the server cannot be far ahead of who reads."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        if receive_buffer:
            connection.sock = socket.socket()
            connection.sock.settimeout(timeout)
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.sock.connect(("127.0.0.1", self.port))
        try:
            connection.request(method, path, body=body, headers=self.headers(token, headers))
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def request(self, method, path, headers=None, token="admin", body=None, timeout=60):
        connection, response = self.open(path, headers, token, method, body, timeout)
        try:
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, headers=None, token="admin"):
        return self.request("GET", path, headers, token)

    def get_range(self, path, first, last, **headers):
        answer = self.get(path, {"Range": "bytes=%d-%d" % (first, last), **headers})
        if answer.status != 206:
            raise AssertionError("a range was answered with %d: %s" % (answer.status, answer.text[:500]))
        return answer.body

    def ask_download(self, *targets, name="", token="admin", **options):
        """POST; the answer, whatever it is."""
        wish = {"targets": [{"path": target} for target in targets], "options": {"originals": True, **options}}
        if name:
            wish["archiveName"] = name
        return self.request("POST", "/api/v1/downloads", {"Content-Type": "application/json"}, token, json.dumps(wish))

    def create_download(self, *targets, **options):
        answer = self.ask_download(*targets, **options)
        if answer.status != 201:
            raise AssertionError("the download was answered with %d: %s" % (answer.status, answer.text))
        return self.wait_for_download(answer.json())

    def wait_for_download(self, download, seconds=120):
        """Until it is complete; what it is then."""
        until = time.monotonic() + seconds
        while not download["isComplete"]:
            if time.monotonic() > until:
                raise AssertionError("the download is still being processed: %s" % download)
            time.sleep(0.02)
            download = self.get("/api/v1/downloads/" + download["id"]).json()
        return download

    def create_artifact(self, *targets, **options):
        """A download of exactly one artifact."""
        download = self.create_download(*targets, **options)
        if len(download["artifacts"]) != 1 or download["skipped"]:
            raise AssertionError("not exactly one artifact: %s" % download)
        return download["artifacts"][0]

    def save(self, artifact, file):
        """Saves an artifact; blocks of zeros become holes."""
        connection, response = self.open(artifact["uri"])
        try:
            if response.status != 200:
                raise AssertionError("%s was answered with %d" % (artifact["uri"], response.status))
            with open(file, "wb", buffering=0) as out:
                save_sparse(response, out)
            if os.path.getsize(file) != artifact["size"]:
                raise AssertionError("%d bytes came instead of %d" % (os.path.getsize(file), artifact["size"]))
        finally:
            connection.close()

    def manifest(self, artifact):
        return self.get(artifact["uri"] + "/manifest").json()


def save_sparse(response, out):
    while block := response.read(BLOCK):
        if block == ZEROS:
            out.seek(BLOCK, os.SEEK_CUR)
        else:
            out.write(block)
    out.truncate()


class SystemTest(unittest.TestCase):
    """A test with a data directory of its own and a folder to put files in."""

    def setUp(self):
        self.dray = self.make_dray()
        self.files = self.dray.folder / "files"
        self.files.mkdir()

    def make_dray(self, data=None):
        dray = Dray(data)
        self.addCleanup(dray.close)
        return dray

    def write(self, name, content):
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path
