"""Adobe's own clients, unmodified: the end-to-end tests that @adobe/httptransfer ships, and a tree with @adobe/aem-upload."""

import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from dray import ADMIN_PASSWORD, ROOT, SystemTest, noise, sha256_of

CLIENTS = ROOT / "tests" / "clients"
MODULES = pathlib.Path(os.environ.get("DRAY_NODE_MODULES", ROOT / "build" / "clients"))


def setUpModule():
    """Installs them once, as the lock file says."""
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is not installed")
    MODULES.mkdir(parents=True, exist_ok=True)
    with open(MODULES / "lock", "w") as lock:  # tests run side by side
        fcntl.flock(lock, fcntl.LOCK_EX)
        install()


def install():
    files = [CLIENTS / name for name in ("package.json", "package-lock.json", "aem_upload.js", "link_pages.mjs", "licence_page.mjs")]
    state = sha256_of(b"".join(file.read_bytes() for file in files))
    mark = MODULES / "installed"
    if mark.exists() and mark.read_text() == state:
        return
    for file in files:
        shutil.copy(file, MODULES)
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"], cwd=MODULES,
                          capture_output=True, text=True)
    if done.returncode != 0 and re.search("request to .* failed|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|CERT", done.stderr):
        raise unittest.SkipTest("npm's packages cannot be fetched from here: " + done.stderr.splitlines()[0])
    if done.returncode != 0:
        raise AssertionError("npm ci failed: " + done.stderr[-2000:])
    mark.write_text(state)


class AdobeClients(SystemTest):
    def test_httptransfers_own_end_to_end_tests_pass(self):
        classic = self.make_dray()
        self.dray.start()
        classic.start("--no-direct-upload")
        credentials = "admin:" + ADMIN_PASSWORD
        environment = {**os.environ, "AEM_ENDPOINT": "http://127.0.0.1:%d" % self.dray.port, "BASIC_AUTH": credentials,
                       "AEM_ENDPOINT_NO_DIRECT_BINARY": "http://127.0.0.1:%d" % classic.port,
                       "BASIC_AUTH_NO_DIRECT_BINARY": credentials}
        done = subprocess.run([MODULES / "node_modules/.bin/mocha", "--exit", "--reporter", "json-stream",
                               "e2e/aemtransfer.test.js", "e2e/createassetservletupload.test.js"],
                              cwd=MODULES / "node_modules/@adobe/httptransfer", env=environment, capture_output=True, text=True,
                              timeout=120)
        ends = [json.loads(line)[1] for line in done.stdout.splitlines() if line.startswith('["end"')]
        self.assertEqual((done.returncode, ends[0]["passes"], ends[0]["failures"]), (0, 4, 0), done.stdout[-3000:])

    def test_aem_upload_takes_a_tree_in_that_comes_out_equal(self):
        self.dray.start()
        made = self.dray.request("POST", "/api/assets/up", {"Content-Type": "application/json"},
                                 body=json.dumps({"class": "assetFolder", "properties": {"title": "Up"}}))
        self.assertEqual(made.status, 201, made.text)
        files = {"large.bin": noise(25 << 20, 1), "한국어 사진.jpg": noise(5000, 2), "中文/图片.png": noise(7000, 3),
                 "Day 1/näh & fern (2)!.txt": b"text", "Day 1/deep/+plus=eq,comma;semi'quote~.dat": noise(300_000, 4)}
        for name, content in files.items():
            self.write("tree/" + name, content)
        output = self.dray.folder / "output"
        kept = {name: self.cleaned(name) for name in files}
        done = subprocess.run(["node", MODULES / "aem_upload.js", "http://127.0.0.1:%d" % self.dray.port,
                               "admin:" + ADMIN_PASSWORD, self.files / "tree", output],
                              cwd=MODULES, input=json.dumps(["tree/" + name for name in kept.values()]), capture_output=True,
                              text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout[-3000:])
        for name, content in files.items():
            self.assertEqual((output / "tree" / kept[name]).read_bytes(), content, name)
        self.assertEqual(self.dray.get("/api/assets/up/tree/day-1.json").json()["properties"]["dc:title"], "Day 1")
        self.dray.verify()

    @staticmethod
    def cleaned(name):
        """What aem-upload makes of names: folders are lower case, and some characters become hyphens."""
        *folders, file = name.split("/")
        for character in "#%{}?&":
            file = file.replace(character, "-")
        return "/".join([*(folder.lower().replace(" ", "-") for folder in folders), file])
