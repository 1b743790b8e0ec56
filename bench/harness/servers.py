"""Starting and stopping the two servers, and the client that drains them. Both are context managers: they never outlive
the measurement, whatever ends it."""

import http.client
import json
import os
import re
import resource
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import BenchError
from .machine import pinned

START_PATIENCE = 60.0
STOP_PATIENCE = 15.0
GREETING = "/api/v1/session"  # a small answer that needs an account

NGINX_CONFIGURATION = """\
daemon off;
{user}
worker_processes 1;
pid nginx.pid;
error_log error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 600;
  keepalive_requests 1000000;
  open_file_cache max=1000 inactive=600s;
  open_file_cache_valid 600s;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server process, with the processes that it started in turn."""

    name = ""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.headers: list[str] = []
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def ready(self) -> bool:
        raise NotImplementedError

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            for pid in self.pids()[::-1]:
                os.kill(pid, 9)
            self._process.wait()
        self._process = None

    def pids(self) -> list[int]:
        assert self._process is not None
        main = self._process.pid
        return [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        give_up = time.monotonic() + START_PATIENCE
        while not self.ready():
            if self._process.poll() is not None:
                raise BenchError(f"{self.name} ended at once: {self._last_words()}")
            if time.monotonic() > give_up:
                raise BenchError(f"{self.name} was not ready after {START_PATIENCE:.0f} s: {self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


class Nginx(Server):
    """nginx with one worker, tuned for static files, serving the files of `root`."""

    name = "nginx"

    def __init__(self, binary: str, root: Path, scratch: Path, core: int) -> None:
        super().__init__(scratch / "nginx.log")
        self._core = core
        self._prefix = scratch / "nginx"
        self._prefix.mkdir(exist_ok=True)
        user = "user root;" if os.geteuid() == 0 else ""  # the files may lie below folders closed to others
        text = NGINX_CONFIGURATION.format(user=user, port=self.port, root=root)
        (self._prefix / "nginx.conf").write_text(text)
        self._command = [binary, "-p", f"{self._prefix}/", "-c", "nginx.conf", "-e", "stderr"]

    def command(self) -> list[str]:
        return pinned(self._core, self._command)

    def ready(self) -> bool:
        return answers(self.port, "/") and len(self.pids()) > 1


@dataclass(frozen=True)
class Archive:
    """A prepared archive: where it is and how long it is."""

    uri: str
    size: int


class Dray(Server):
    """Dray with one worker, over the data folder of `cli`."""

    name = "dray"

    def __init__(self, cli: "DrayCommands", scratch: Path, core: int) -> None:
        super().__init__(scratch / "dray.log")
        self._cli = cli
        self._core = core
        self.headers = [f"Authorization: Bearer {cli.token}"] if cli.token else []

    def command(self) -> list[str]:
        everything_at_once = ("--now-assets", "0", "--now-size", "0", "--streams-of-user", "0", "--now-seconds", "600")
        return pinned(
            self._core, self._cli.command("serve", "--listen", self.address, "--workers", "1", *everything_at_once)
        )

    def environment(self) -> dict[str, str]:
        return {**os.environ, "DRAY_ADMIN_PASSWORD": self._cli.password}

    def ready(self) -> bool:
        return answers(self.port, "/readyz")

    def prepare(self, paths: list[str], files: int) -> tuple[Archive, float]:
        """Asks for a download of the `files` files below `paths`; returns its archive and the seconds it took."""
        body = json.dumps({"targets": [{"path": path} for path in paths], "options": {"originals": True}})
        headers = {"Authorization": f"Bearer {self._cli.token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request("GET", GREETING, headers=headers)  # connected and signed in before the clock starts
            connection.getresponse().read()
            began = time.perf_counter()
            connection.request("POST", "/api/v1/downloads", body, headers)
            response = connection.getresponse()
            answer = response.read()
            seconds = time.perf_counter() - began
        finally:
            connection.close()
        if response.status != 201:
            text = answer[:300].decode(errors="replace")
            raise BenchError(f"POST /api/v1/downloads answered {response.status}: {text}")
        return _only_archive(json.loads(answer), files), seconds


def _only_archive(download: dict[str, Any], files: int) -> Archive:
    artifacts, count = download["artifacts"], download["totalCount"]
    if count != files or len(artifacts) != 1:
        raise BenchError(f"the download has {count:,} files in {len(artifacts)} archives, not {files:,} files in one")
    return Archive(artifacts[0]["uri"], artifacts[0]["size"])


class DrayCommands:
    """The program's other commands, over one data folder."""

    password = "only-for-the-benchmark"

    def __init__(self, binary: Path, data: Path, token: str = "") -> None:
        self._binary = binary
        self.data = data
        self.token = token

    def command(self, *arguments: str) -> list[str]:
        return [str(self._binary), "--data", str(self.data), *arguments]

    def run(self, *arguments: str, on_cores: str = "") -> str:
        command = self.command(*arguments)
        done = subprocess.run(pinned(on_cores, command) if on_cores else command, capture_output=True, text=True)
        if done.returncode != 0:
            reason = _last_line(done.stderr or done.stdout)
            raise BenchError(f"dray {' '.join(arguments)} failed ({done.returncode}): {reason}")
        return done.stdout

    def import_folder(self, source: Path, to: str, on_cores: str = "") -> float:
        """Imports the files below `source`; returns the seconds it took."""
        began = time.monotonic()
        self.run("import", str(source), "--to", to, "--json", on_cores=on_cores)
        return time.monotonic() - began

    def version(self) -> str:
        return first_version(subprocess.run([str(self._binary), "--version"], capture_output=True, text=True).stdout)


class Drain:
    """The client: each method is one run of the helper program, on its own core."""

    def __init__(self, binary: Path, core: int) -> None:
        self._binary = binary
        self._core = core

    def make_files(self, folder: Path, count: int, size: int, per_folder: int, seed: int) -> None:
        numbers: dict[str, int | str] = {"--count": count, "--size": size, "--per-folder": per_folder, "--seed": seed}
        self._finish([str(self._binary), "--make", str(folder), *_flags(numbers)])

    def download(self, server: Server, path: str, **numbers: int | str) -> dict[str, Any]:
        """Downloads `path` and returns what the client measured. Numbers: streams, repeat, size, ranges and so on."""
        return json.loads(self._finish(self._command(server, path, **numbers)))

    def start_readers(self, server: Server, path: str, **numbers: int | str) -> "Readers":
        return Readers(self._command(server, path, **numbers))

    def _command(self, server: Server, path: str, **numbers: int | str) -> list[str]:
        command = [str(self._binary), "--connect", server.address, "--path", path]
        for header in server.headers:
            command += ["--header", header]
        if server.name == "dray":
            command += ["--greet", GREETING]
        named = {"--" + name.replace("_", "-"): number for name, number in numbers.items()}
        return pinned(self._core, command + _flags(named))

    @staticmethod
    def _finish(command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchError(f"the client failed: {_error_in(done.stdout) or _last_line(done.stderr)}")
        return done.stdout


class Readers:
    """Many slow readers, at work until they are awaited."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def wait_until_reading(self) -> None:
        assert self._process.stderr is not None
        line = self._process.stderr.readline().strip()
        if line != "reading":
            raise BenchError(f"the readers did not start: {line or 'no reason given'}")

    def finish(self) -> dict[str, Any]:
        output, errors = self._process.communicate()
        if not output:
            raise BenchError(f"the client failed: {_last_line(errors)}")
        return json.loads(output)


def find_nginx() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not found:
        raise BenchError("nginx is missing: apt-get install nginx-light (its service need not run)")
    return found


def nginx_version(binary: str) -> str:
    return first_version(subprocess.run([binary, "-v"], capture_output=True, text=True).stderr)


def first_version(text: str) -> str:
    found = re.search(r"\d+(\.\d+)+\S*", text)
    return found.group(0) if found else text.strip() or "unknown"


def allow_many_files() -> None:
    """Raises the limit of open files for everything started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _flags(numbers: dict[str, int | str]) -> list[str]:
    return [text for name, number in numbers.items() for text in (name, str(number))]


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"


def _error_in(output: str) -> str:
    try:
        return json.loads(output)["error"]
    except (ValueError, KeyError):
        return ""
