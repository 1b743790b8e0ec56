"""Importing: what is unchanged is skipped, what cannot go in is named, everything else goes in, and it may be stopped."""

import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import time
import unittest

from dray import SystemTest, make_sparse_file, noise, sha256_of, wait_until

INCOMPLETE, STOPPED = 3, 1  # exit statuses
NOBODY = 65534
TARGET = "/content/dam/shoot"


class ImportTest(SystemTest):
    def import_all(self, *options, expect=0):
        return self.dray.import_folder(self.files, TARGET, *options, expect=expect)

    def counts(self, report):
        return report["imported"], report["updated"], report["unchanged"]

    def asset(self, name):
        answer = self.dray.get("/api/v1/assets" + TARGET + "/" + name)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json()


class Again(ImportTest):
    def setUp(self):
        super().setUp()
        self.first = noise(100_000, "first")
        self.write("a.jpg", self.first)
        self.write("folder/b.jpg", "small")
        self.assertEqual(self.counts(self.import_all()), (2, 0, 0))

    def test_an_import_of_the_same_files_changes_nothing(self):
        before = self.dray.stored_files(TARGET)
        report = self.import_all()
        self.assertEqual((self.counts(report), report["bytes"]), ((0, 0, 2), 0))
        self.assertEqual(self.dray.stored_files(TARGET), before)
        self.dray.start()
        self.assertEqual(self.asset("a.jpg")["version"], 1)

    def test_a_changed_file_becomes_the_second_version(self):
        second = noise(100_001, "second")
        self.write("a.jpg", second)
        self.assertEqual(self.counts(self.import_all()), (0, 1, 1))
        self.dray.start()
        asset = self.asset("a.jpg")
        self.assertEqual((asset["version"], asset["sha256"]), (2, sha256_of(second)))
        self.assertEqual({version["version"]: version["sha256"] for version in asset["versions"]},
                         {1: sha256_of(self.first), 2: sha256_of(second)})
        self.assertTrue(self.dray.get(TARGET + "/a.jpg").body == second)

    def test_a_download_made_before_keeps_the_bytes_of_then(self):
        self.dray.start()
        artifact = self.dray.create_artifact(TARGET, name="then")
        before = self.dray.get(artifact["uri"]).body
        self.write("a.jpg", noise(50_000, "second"))
        self.assertEqual(self.counts(self.import_all()), (0, 1, 1))
        answer = self.dray.get(artifact["uri"])
        self.assertEqual(answer.headers["ETag"], artifact["etag"])
        self.assertTrue(answer.body == before)
        self.assertNotEqual(self.dray.create_artifact(TARGET, name="then")["etag"], artifact["etag"])

    def test_a_change_that_hides_its_time_is_found_by_content(self):
        times = os.stat(self.files / "folder/b.jpg")
        self.write("folder/b.jpg", "SMALL")
        os.utime(self.files / "folder/b.jpg", ns=(times.st_atime_ns, times.st_mtime_ns))
        self.assertEqual(self.counts(self.import_all()), (0, 0, 2))
        report = self.import_all("--compare", "content")
        self.assertEqual((self.counts(report), report["bytes"]), ((0, 1, 1), 5))
        self.assertEqual(self.dray.stored_files(TARGET)[TARGET + "/folder/b.jpg"], sha256_of(b"SMALL"))

    def test_a_new_time_alone_makes_no_new_version(self):
        os.utime(self.files / "a.jpg", (1_600_000_000, 1_600_000_000))
        self.assertEqual(self.counts(self.import_all()), (0, 0, 2))
        self.dray.start()
        asset = self.asset("a.jpg")
        self.assertEqual((asset["version"], asset["modified"]), (1, "2020-09-13T12:26:40Z"))
        self.assertEqual(self.counts(self.import_all()), (0, 0, 2))

    def test_a_new_file_goes_in_beside_the_others_and_is_seen_by_a_running_server(self):
        self.dray.start()
        self.write("new.jpg", "new")
        self.assertEqual(self.counts(self.import_all()), (1, 0, 2))
        self.assertEqual(self.dray.get(TARGET + "/new.jpg").body, b"new")


class Unfit(ImportTest):
    def make_unfit_files(self):
        """Everything that cannot go in. Answers how its report begins, by the name it is reported under."""
        (self.files / "folder").mkdir()
        os.mkfifo(self.files / "pipe")
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.bind(os.path.relpath(self.files / "socket"))
        outside = self.dray.folder / "outside.txt"
        outside.write_text("outside")
        os.symlink(outside, self.files / "out.txt")
        os.symlink("../../outside.txt", self.files / "folder/out too.txt")
        os.symlink("nowhere", self.files / "broken.txt")
        os.symlink("loop", self.files / "loop")
        os.symlink("folder", self.files / "to a folder")
        os.symlink("pipe", self.files / "to a pipe")
        with open(os.fsencode(self.files) + b"/not \xff UTF-8.txt", "w") as file:
            file.write("bytes")
        deep = self.make_deep_file()
        return {
            "pipe": "it is a special file",
            "socket": "it is a special file",
            "out.txt": "the symbolic link leads out",
            "folder/out too.txt": "the symbolic link leads out",
            "broken.txt": "the symbolic link leads nowhere",
            "loop": "the symbolic link leads in a circle",
            "to a folder": "symbolic links to folders are not followed",
            "to a pipe": "the symbolic link leads to a special file",
            "not \ufffd UTF-8.txt": "a name is not valid UTF-8",
            deep: "its folder's path is too long",
        }

    def make_deep_file(self):
        """A file whose path is longer than any the catalog takes; such a path can only be made step by step."""
        folder = os.open(self.files, os.O_RDONLY)
        for _ in range(20):
            os.mkdir("d" * 250, dir_fd=folder)
            below = os.open("d" * 250, os.O_RDONLY, dir_fd=folder)
            os.close(folder)
            folder = below
        os.close(os.open("deep.txt", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
        os.close(folder)
        return ("d" * 250 + "/") * 20 + "deep.txt"

    def check_problems(self, problems, expected):
        self.assertEqual({problem["path"] for problem in problems}, set(expected))
        for problem in problems:
            self.assertTrue(problem["reason"].startswith(expected[problem["path"]]), problem)

    def test_files_are_named_one_by_one_and_the_others_go_in(self):
        expected = self.make_unfit_files()
        self.write("good.txt", "good")
        self.write("folder/target.txt", "target")
        os.symlink("folder/target.txt", self.files / "inside.txt")
        report = self.import_all(expect=INCOMPLETE)
        self.check_problems(report["problems"], expected)
        self.assertEqual(self.dray.stored_files(TARGET), {
            TARGET + "/good.txt": sha256_of(b"good"), TARGET + "/inside.txt": sha256_of(b"target"),
            TARGET + "/folder/target.txt": sha256_of(b"target")})
        self.dray.verify()

    def test_files_are_named_on_standard_error_for_people(self):
        expected = self.make_unfit_files()
        self.write("good.txt", "good")
        done = self.dray.run("import", self.files, "--to", TARGET, expect=INCOMPLETE)
        self.assertIn("1 imported", done.stdout)
        self.assertIn("%d could not be imported" % len(expected), done.stderr)
        for path, reason in expected.items():
            self.assertIn("  %s: %s" % (path, reason), done.stderr)

    def test_a_folder_in_the_place_of_an_asset_is_named(self):
        self.write("thing", "a file")
        self.import_all()
        (self.files / "thing").unlink()
        self.write("thing/inside.txt", "inside")
        self.write("other.txt", "other")
        report = self.import_all(expect=INCOMPLETE)
        self.assertEqual([problem["path"] for problem in report["problems"]], ["thing/inside.txt"])
        self.assertIn(TARGET + "/other.txt", self.dray.stored_files(TARGET))

    def test_what_may_not_be_read_is_named(self):
        self.write("good.txt", "good")
        self.write("secret.txt", "secret").chmod(0)
        self.write("closed/inside.txt", "inside")
        (self.files / "closed").chmod(0)
        self.addCleanup((self.files / "closed").chmod, 0o755)
        done = subprocess.run([*self.as_nobody(), *self.dray.command("import", self.files, "--to", TARGET, "--json",
                                                                     "--quiet")],
                              capture_output=True, text=True, env=self.dray.environment())
        self.assertEqual(done.returncode, INCOMPLETE, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual({problem["path"] for problem in report["problems"]}, {"secret.txt", "closed"})
        for problem in report["problems"]:
            self.assertIn("Permission denied", problem["reason"])
        self.assertEqual(report["imported"], 1)

    def as_nobody(self):
        """The words before a command that must not run as root; the binary and the data become reachable for it."""
        if os.geteuid() != 0:
            return []
        if not shutil.which("setpriv"):
            self.skipTest("root may read everything, and setpriv is not installed")
        self.dray.folder.chmod(0o755)
        self.dray.binary = shutil.copy(self.dray.binary, self.dray.folder / "dray")
        self.dray.data.mkdir()
        os.chown(self.dray.data, NOBODY, NOBODY)
        return ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups", "--inh-caps=-all"]

    def test_a_missing_folder_or_a_wrong_target_is_a_clear_error(self):
        missing = self.dray.run("import", self.files / "missing", "--to", TARGET, expect=5)
        self.assertIn("missing", missing.stderr)
        outside = self.dray.run("import", self.files, "--to", "/etc", expect=2)
        self.assertIn("/content/dam", outside.stderr)


class Progress(ImportTest):
    def setUp(self):
        super().setUp()
        for number in range(40):
            self.write("%02d.bin" % number, noise(300_000, number))

    def run_on_terminal(self, *options):
        """The exit status and all that a terminal of 80 columns is sent."""
        try:
            ours, theirs = pty.openpty()
        except OSError as failure:
            self.skipTest("there are no terminals here: %s" % failure)
        running = self.dray.spawn("import", self.files, "--to", TARGET, *options, stdin=theirs, stdout=theirs,
                                  stderr=theirs)
        os.close(theirs)
        said = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                said += os.read(ours, 65536)
            except OSError:  # EIO: the other side is closed
                break
        os.close(ours)
        return running.wait(), said.decode()

    def test_a_terminal_shows_a_bar_that_is_drawn_over_itself(self):
        status, said = self.run_on_terminal()
        self.assertEqual(status, 0)
        self.assertRegex(said, r"\rimport  +\d+%  .* of 12 MB, \d+ of 40 files")
        self.assertIn("100%", said)
        self.assertIn("40 imported", said)
        self.assertFalse([line for line in said.replace("\x1b[K", "").replace("\r", "\n").split("\n") if len(line) > 80])

    def test_a_terminal_shows_no_bar_when_asked_to_be_quiet(self):
        status, said = self.run_on_terminal("--quiet")
        self.assertEqual((status, said.count("\n"), "%" in said), (0, 1, False))

    def test_a_pipe_gets_plain_lines(self):
        done = self.dray.run("import", self.files, "--to", TARGET)
        self.assertNotIn("\r", done.stderr + done.stdout)
        self.assertNotIn("\x1b", done.stderr + done.stdout)
        self.assertRegex(done.stderr.splitlines()[-1], r"^import  100%  12 MB of 12 MB, 40 of 40 files")
        self.assertRegex(done.stdout, r"^40 imported, 0 updated, 0 unchanged; .* stored\n$")

    def test_json_is_one_report_and_progress_in_lines(self):
        done = self.dray.run("import", self.files, "--to", TARGET, "--json")
        report = json.loads(done.stdout)
        self.assertEqual(set(report), {"imported", "updated", "unchanged", "bytes", "stopped", "problems"})
        last = [json.loads(line) for line in done.stderr.splitlines()][-1]
        self.assertEqual((last["bytesDone"], last["bytesTotal"], last["filesDone"]), (12_000_000, 12_000_000, 40))


class Stopped(ImportTest):
    def test_by_sigint_it_says_so_and_goes_on_when_run_again(self):
        for number in range(300):
            self.write("small/%03d.txt" % number, "small %d" % number)
        make_sparse_file(self.files / "large.bin", 40 * 10**9)  # too large to be done before the signal
        running = self.dray.spawn("import", self.files, "--to", TARGET, "--json", "--jobs", "2")
        wait_until(lambda: b'"bytesDone"' in running.stderr.readline(), "the import shows progress")
        running.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, error = running.communicate(timeout=30)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(running.returncode, STOPPED, error)
        report = json.loads(out)
        self.assertEqual((report["stopped"], report["problems"]), (True, []))
        self.dray.verify()
        make_sparse_file(self.files / "large.bin", 10**8)
        again = self.import_all()
        self.assertEqual((again["imported"] + again["unchanged"], again["problems"]), (301, []))
        self.assertEqual(len(self.dray.stored_files(TARGET)), 301)

    def test_by_sigint_it_tells_a_person_how_to_go_on(self):
        make_sparse_file(self.files / "large.bin", 40 * 10**9)
        running = self.dray.spawn("import", self.files, "--to", TARGET)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        _, error = running.communicate(timeout=30)
        self.assertEqual(running.returncode, STOPPED)
        self.assertIn(b"stopped; run the same command again to go on", error)


if __name__ == "__main__":
    unittest.main()
