"""Reads an archive with every ZIP reader that is installed. A reader passes if it finds everything and warns of nothing."""

import atexit
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import dray

SOURCE = pathlib.Path(__file__).resolve().parent / "ZipStream.java"
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


class Expected:
    """What an archive holds: the number of its entries, folders included, and of their bytes."""

    def __init__(self, entries, size):
        self.entries, self.size = entries, size


def expected_of(manifest):
    return Expected(manifest["entryCount"], sum(entry["size"] for entry in manifest["entries"]))


def run(command, seconds, **options):
    done = subprocess.run([str(part) for part in command], env=ENVIRONMENT, capture_output=True, timeout=seconds,
                          **options)
    said = (done.stdout[-4000:] + done.stderr[-4000:]).decode("utf-8", "replace")
    if done.returncode != 0:
        raise AssertionError("%s ended with %d: %s" % (command[0], done.returncode, said))
    if b"warning" in done.stdout.lower() or b"warning" in done.stderr.lower():
        raise AssertionError("%s warns: %s" % (command[0], said))
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def run_from_pipe(archive, command, seconds, count_output=False):
    """Runs a reader whose input is a pipe; answers its output, or how many bytes it was."""
    line = " ".join(command) + (" | wc -c" if count_output else "")
    with subprocess.Popen(["cat", str(archive)], stdout=subprocess.PIPE) as source:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", line], stdin=source.stdout, env=ENVIRONMENT,
                              capture_output=True, timeout=seconds)
        source.stdout.close()
    if done.returncode != 0 or done.stderr:
        raise AssertionError("%s ended with %d: %s" % (command[0], done.returncode, done.stderr + done.stdout[-2000:]))
    return done.stdout.decode()


def need(found, expected, what):
    if found != expected:
        raise AssertionError("it found %s %s instead of %s" % (found, what, expected))


def number_in(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise AssertionError("it says something else: " + text[-2000:])
    return int(found.group(1))


@functools.lru_cache
def java_command():
    """Compiles the Java reader once where there is a compiler of its own; else each run compiles it."""
    if not shutil.which("javac"):
        return ["java", str(SOURCE)]
    classes = tempfile.mkdtemp(prefix="dray-system-java-")
    atexit.register(shutil.rmtree, classes, ignore_errors=True)
    subprocess.run(["javac", "-d", classes, str(SOURCE)], check=True)
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", classes, "ZipStream"]


# ---- the readers ----


def read_with_unzip(archive, expected, seconds):
    said, _ = run(["unzip", "-t", archive], seconds)
    tested = sum(1 for line in said.splitlines() if line.rstrip().endswith("OK"))
    if "No errors detected" not in said:
        raise AssertionError(said[-2000:])
    need(tested, expected.entries, "sound entries")


def read_with_7zz(archive, expected, seconds):
    said, _ = run(["7zz", "t", "-bd", archive], seconds)
    if "Everything is Ok" not in said:
        raise AssertionError(said[-2000:])
    need(number_in(r"\nSize: +(\d+)", said), expected.size, "bytes")


def read_with_bsdtar(archive, expected, seconds):
    need(int(run_from_pipe(archive, ["bsdtar", "-xOf", "-"], seconds, count_output=True)), expected.size, "bytes")


def read_with_python(archive, expected, _):
    with zipfile.ZipFile(archive) as opened:
        need(len(opened.infolist()), expected.entries, "entries")
        need(sum(info.file_size for info in opened.infolist()), expected.size, "bytes")
        need(opened.testzip(), None, "as a damaged entry")


def read_with_java(archive, expected, seconds):
    said = run_from_pipe(archive, java_command(), seconds)
    need(said.strip(), "%d entries, %d bytes" % (expected.entries, expected.size), "")


def read_with_ziptool(archive, expected, seconds):
    said, _ = run(["ziptool", archive, "get_num_entries", "0", "stat", "0"], seconds)
    need(number_in(r"(\d+) entries in archive", said), expected.entries, "entries")


def read_with_dray(archive, expected, seconds):
    said, _ = run([dray.find_binary(), "inspect", "zip", archive], seconds)
    need(number_in(r": (\d+) entries, ", said.splitlines()[0]), expected.entries, "entries")


READERS = [("unzip", "unzip -t", read_with_unzip), ("7zz", "7zz t", read_with_7zz),
           ("bsdtar", "bsdtar from a pipe", read_with_bsdtar), ("python3", "Python zipfile", read_with_python),
           ("java", "Java ZipInputStream", read_with_java), ("ziptool", "ziptool stat", read_with_ziptool),
           ("", "dray inspect zip", read_with_dray)]


def check_all_readers_take(test, archive, expected, seconds=120):
    """Fails the test for each reader that does not read the whole archive without a word of complaint."""
    for program, name, read in READERS:
        if program and not shutil.which(program):
            print("%s: not installed, so %s was not tried" % (test.id(), name), file=sys.stderr)
            continue
        with test.subTest(reader=name):
            read(archive, expected, seconds)
