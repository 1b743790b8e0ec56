"""A real dray in a folder of its own, and a client that sees every byte of HTTP."""
import base64, os, re, resource, shutil, signal, socket, subprocess, tempfile, time

PASSWORD = "correct horse"  # of everybody
MODIFIED = 1714979290       # Mon, 06 May 2024 07:08:10 GMT, of every file that is imported


def find_binary():
    """DRAY_BINARY, else the one built last."""
    named = os.environ.get("DRAY_BINARY")
    if named:
        return named
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
    built = [os.path.join(build, preset, "dray") for preset in ("dev", "release")]
    built = [path for path in built if os.path.exists(path)]
    if not built:
        raise SystemExit("there is no dray: build it, or set DRAY_BINARY")
    return max(built, key=os.path.getmtime)


def basic(user, password=PASSWORD):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


class Installation:
    """A data directory, a folder of files to import, and the server once start() is called."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="dray-story-")
        self.files = os.path.join(self.root, "files")
        self.data = os.path.join(self.root, "data")
        os.mkdir(self.files)
        self.server, self.port = None, None
        self.log_path = os.path.join(self.root, "log")
        self.environment = dict(os.environ, DRAY_DATA=self.data, DRAY_PASSWORD=PASSWORD, DRAY_ADMIN_PASSWORD=PASSWORD)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def write(self, name, content):
        path = os.path.join(self.files, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if name.endswith("/"):
            return
        with open(path, "wb") as file:
            file.write(content)
        os.utime(path, (MODIFIED, MODIFIED))

    def read(self, name):
        with open(os.path.join(self.files, name), "rb") as file:
            return file.read()

    def dray(self, *arguments):
        """One command; what it prints."""
        done = subprocess.run([find_binary(), *arguments], cwd=self.files, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError("dray %s ended with %d: %s" % (" ".join(arguments), done.returncode, done.stderr))
        return done.stdout.strip()

    def start(self, *options, descriptors=None):
        """Serves; with at most so many file descriptors, if said."""
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        with open(self.log_path, "wb") as log:
            self.server = subprocess.Popen([find_binary(), "serve", "--listen", "127.0.0.1:0", *options], cwd=self.files,
                                           env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                           preexec_fn=limit)
        for line in self.server.stdout:  # the end of the output means that it has died
            serving = re.search(rb"serves at http://127\.0\.0\.1:(\d+)", line)
            if serving:
                self.port = int(serving.group(1))
                return
        raise AssertionError("the server did not start: " + self.log())

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def is_running(self):
        return self.server is not None and self.server.poll() is None

    def stop(self):
        """Ends the server as an administrator would; it must have been alive and end well."""
        if self.server is None:
            return
        server, self.server = self.server, None
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
        try:
            status = server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
            status = "nothing: it had to be killed"
        server.stdout.close()
        if status != 0:
            raise AssertionError("the server ended with %s; its log: %s" % (status, self.log()[-4000:]))

    def connect(self, timeout=30):
        return Wire(self.port, timeout)

    def metric(self, name):
        with self.connect() as wire:
            text = wire.ask("GET", "/metrics").body.decode()
        return float(re.search(r"^%s ([0-9.e+-]+)$" % re.escape(name), text, re.MULTILINE).group(1))


class Answer:
    def __init__(self, version, status, reason, fields):
        self.version, self.status, self.reason, self.fields = version, status, reason, fields
        self.body = b""

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def find(self, name):
        values = self.all(name)
        return values[0] if values else None

    def __str__(self):
        head = "".join("\n%s: %s" % field for field in self.fields)
        return "%d %s%s\n\n%s" % (self.status, self.reason, head, self.body[:2000].decode("utf-8", "replace"))


class Closed(Exception):
    """The server has closed the connection, `bytes_before` bytes into an answer."""

    def __init__(self, bytes_before=0):
        super().__init__("the connection was closed %d bytes into an answer" % bytes_before)
        self.bytes_before = bytes_before


class Wire:
    """One connection. It sends what it is given and takes nothing for granted."""

    def __init__(self, port, timeout=30, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(("127.0.0.1", port))
        except OSError:
            self.socket.close()
            raise
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        try:
            data = self.socket.recv(1 << 16)
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        self.buffer += data
        return len(data) > 0

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self.receive():
                raise Closed(len(self.buffer))
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_until(self, mark):
        while mark not in self.buffer:
            if not self.receive():
                raise Closed(len(self.buffer))
        data, self.buffer = self.buffer.split(mark, 1)
        return data

    def read_to_end(self):
        while self.receive():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def read_head(self):
        lines = self.read_until(b"\r\n\r\n").decode("utf-8").split("\r\n")
        version, status, reason = lines[0].split(" ", 2)
        fields = [tuple(line.split(": ", 1)) if ": " in line else (line.rstrip(":"), "") for line in lines[1:]]
        return Answer(version, int(status), reason, fields)

    def read_answer(self, method="GET"):
        """The next answer with its body, framed as RFC 9112, section 6.3 has it."""
        answer = self.read_head()
        if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
            return answer
        if answer.find("Transfer-Encoding"):
            answer.body = self.read_chunks()
        elif answer.find("Content-Length") is not None:
            answer.body = self.read_exactly(int(answer.find("Content-Length")))
        else:
            answer.body = self.read_to_end()
        return answer

    def read_chunks(self):
        body = b""
        while True:
            size = int(self.read_until(b"\r\n"), 16)
            body += self.read_exactly(size)
            if self.read_exactly(2) != b"\r\n":
                raise AssertionError("a chunk does not end with CRLF")
            if size == 0:
                return body

    def ask(self, method, target, fields=(), body=b""):
        """A plain request and its answer."""
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: dray"] + ["%s: %s" % field for field in fields]
        if body:
            lines.append("Content-Length: %d" % len(body))
        self.send("\r\n".join(lines + ["", ""]).encode() + body)
        return self.read_answer(method)

    def is_closed(self, within=5):
        """Whether the server ends the connection without sending anything more."""
        if self.buffer:
            return False
        self.socket.settimeout(within)
        try:
            return self.socket.recv(1) == b""
        except (ConnectionResetError, BrokenPipeError):
            return True
        except socket.timeout:
            return False


def wait_until(condition, seconds=10):
    """Whether `condition` became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
