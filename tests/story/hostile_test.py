#!/usr/bin/env python3
"""A real server among clients that are hostile, broken or slow. Usage: hostile_test.py [unittest options]"""
import concurrent.futures, hashlib, json, random, re, resource, signal, socket, time, unittest
from harness import PASSWORD, Installation, Wire, basic, wait_until

STALL = 5                 # seconds after which the server gives up a client that takes nothing
HEAD_TIMEOUT = 20         # seconds that a head may take
BODY_GRACE = 30           # seconds that a body may take, whatever its rate
FILM = 16_000_000         # bytes; more than the buffers of both kernels hold
SEED = 20240506
SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: smuggled\r\n\r\n"
SIGN_IN = json.dumps({"user": "admin", "password": PASSWORD}).encode()
TOKEN = ""
dray, slow, clients = None, {}, None


def setUpModule():
    """One server for all. The clients that need long begin at once, beside the others."""
    global dray, clients, TOKEN
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    dray = Installation()
    dray.write("shoot/film.bin", random.Random(SEED).randbytes(FILM))
    dray.write("shoot/hero.txt", b"hello hero")
    dray.dray("import", "shoot", "--to", "/content/dam/shoot", "--quiet")
    dray.start("--stall", str(STALL))
    TOKEN = "Bearer " + dray.dray("token", "create", "--user", "admin")
    clients = concurrent.futures.ThreadPoolExecutor(16)
    for client in (drip_head, drip_body, drip_chunks, send_half_a_body, read_slowly, stop_reading, stop_reading_answers):
        slow[client.__name__] = clients.submit(client)


def tearDownModule():
    clients.shutdown()
    log = dray.log()
    dray.__exit__(None, None, None)  # fails unless the server has ended well
    for sign in ("an exception", "request failed", "Sanitizer", "runtime error"):
        if sign in log:
            raise AssertionError("the server's log: " + log[-4000:])


def head(*lines):
    return b"\r\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\r\n\r\n"


def get(target, *fields, version="HTTP/1.1"):
    return head("GET %s %s" % (target, version), "Host: dray", "Authorization: " + TOKEN, *fields)


def everything_answered(data, timeout=10):
    """Sends `data` and keeps the connection open; all that came until the server closed it. Fails if it does not."""
    with dray.connect(timeout) as wire:
        try:
            wire.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return wire.read_to_end()


# --- Clients that need long; each returns what happened to it --------------------------------------------------------------

def seconds_until_cut(wire, drop, every, most):
    """Sends `drop` again and again; after how long the server had closed the connection."""
    begun = time.monotonic()
    wire.socket.settimeout(every)
    while time.monotonic() - begun < most:
        try:
            wire.send(drop)
            if wire.socket.recv(1) == b"":
                return time.monotonic() - begun
            raise AssertionError("the server answered half a request")
        except socket.timeout:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return time.monotonic() - begun
    return None


def drip_head():
    with dray.connect() as wire:
        wire.send(b"GET /livez HTTP/1.1\r\n")
        return seconds_until_cut(wire, b"X-Y: z\r\n", 0.5, HEAD_TIMEOUT + 10)


def drip_body():
    with dray.connect() as wire:
        wire.send(head("POST /api/v1/session HTTP/1.1", "Host: dray", "Content-Type: application/json", "Content-Length: 60000"))
        return seconds_until_cut(wire, b" " * 50, 0.5, BODY_GRACE + 20)


def drip_chunks():
    with dray.connect() as wire:
        wire.send(head("POST /api/v1/session HTTP/1.1", "Host: dray", "Content-Type: application/json", "Transfer-Encoding: chunked"))
        return seconds_until_cut(wire, b"1\r\n \r\n", 0.5, BODY_GRACE + 20)


def send_half_a_body():
    """It ends its half of the connection in the middle of a body."""
    with dray.connect() as wire:
        wire.send(head("POST /api/v1/session HTTP/1.1", "Host: dray", "Content-Type: application/json", "Content-Length: 100") + b"{")
        wire.socket.shutdown(socket.SHUT_WR)
        return wire.read_to_end()


def read_slowly():
    """2 kB a second for three times the stall time, then the rest; the digest of all. The buffer is small, since the kernel tells
    the server of room only when half of it is free."""
    with Wire(dray.port, 30, receive_buffer=4096) as wire:
        wire.send(get("/content/dam/shoot/film.bin"))
        answer, digest = wire.read_head(), hashlib.sha256(wire.buffer)
        left = FILM - len(wire.buffer)
        end = time.monotonic() + 3 * STALL
        while left > 0:
            is_slow = time.monotonic() < end
            data = wire.socket.recv(200 if is_slow else 1 << 20)
            if not data:
                return answer.status, "cut with %d bytes left" % left
            digest.update(data)
            left -= len(data)
            if is_slow:
                time.sleep(0.1)
        return answer.status, digest.hexdigest()


def stop_reading():
    """After the head. Whether the server let go within the stall time, and how many bytes it had sent."""
    with Wire(dray.port, 30, receive_buffer=16 * 1024) as wire:
        wire.send(get("/content/dam/shoot/film.bin"))
        wire.read_head()
        time.sleep(STALL + 3)
        return len(wire.read_to_end())


def stop_reading_answers():
    """It asks and asks and never reads."""
    with Wire(dray.port, 30, receive_buffer=4096) as wire:
        wire.socket.settimeout(1)
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 60:
                try:
                    wire.send(get("/api/v1/openapi.json") * 100)
                except socket.timeout:
                    pass
        except (BrokenPipeError, ConnectionResetError):
            return time.monotonic() - begun
        return None


# --- Requests about whose end two programs could disagree ------------------------------------------------------------------

def sized(*fields, version="HTTP/1.1", method="POST"):
    return head("%s /api/v1/session %s" % (method, version), "Host: dray", "Content-Type: application/json", *fields)


def chunked(body):
    return sized("Transfer-Encoding: chunked") + body


CHUNKED_SMUGGLER = b"0\r\n\r\n" + SMUGGLED
SHAPES = {
    "two lengths that differ": sized("Content-Length: 0", "Content-Length: %d" % len(SMUGGLED)),
    "two lengths that agree": sized("Content-Length: 0", "Content-Length: 0"),
    "a list of lengths": sized("Content-Length: 0, 0"),
    "a list of lengths that differ": sized("Content-Length: 0, 5"),
    "length and chunks": sized("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks and length": sized("Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n",
    "length and another coding": sized("Transfer-Encoding: gzip", "Content-Length: 0"),
    "a length with a sign": sized("Content-Length: +0"),
    "a negative length": sized("Content-Length: -1"),
    "a hexadecimal length": sized("Content-Length: 0x0"),
    "a length with a fraction": sized("Content-Length: 0.0"),
    "an empty length": sized("Content-Length:"),
    "a length with blanks inside": sized("Content-Length: 0 0"),
    "a length beyond 64 bits": sized("Content-Length: 18446744073709551616"),
    "a length beyond 63 bits": sized("Content-Length: 9223372036854775808"),
    "a length after a vertical tab": sized(b"Content-Length:\x0b0"),
    "coding gzip": sized("Transfer-Encoding: gzip"),
    "coding identity": sized("Transfer-Encoding: identity"),
    "coding xchunked": sized("Transfer-Encoding: xchunked") + CHUNKED_SMUGGLER,
    "chunked in quotes": sized('Transfer-Encoding: "chunked"') + CHUNKED_SMUGGLER,
    "chunked twice": sized("Transfer-Encoding: chunked, chunked") + CHUNKED_SMUGGLER,
    "gzip and chunked": sized("Transfer-Encoding: gzip, chunked") + CHUNKED_SMUGGLER,
    "chunked and identity": sized("Transfer-Encoding: chunked, identity") + CHUNKED_SMUGGLER,
    "chunked with a parameter": sized("Transfer-Encoding: chunked;q=1") + CHUNKED_SMUGGLER,
    "two fields of codings": sized("Transfer-Encoding: identity", "Transfer-Encoding: chunked") + CHUNKED_SMUGGLER,
    "two fields of chunked": sized("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + CHUNKED_SMUGGLER,
    "an empty coding": sized("Transfer-Encoding:") + CHUNKED_SMUGGLER,
    "an empty coding and chunked": sized("Transfer-Encoding:", "Transfer-Encoding: chunked") + CHUNKED_SMUGGLER,
    "chunked after a vertical tab": sized(b"Transfer-Encoding:\x0bchunked") + CHUNKED_SMUGGLER,
    "chunked and a NUL": sized(b"Transfer-Encoding: chunked\x00") + CHUNKED_SMUGGLER,
    "chunks in HTTP/1.0": sized("Transfer-Encoding: chunked", version="HTTP/1.0") + b"0\r\n\r\n",
    "a blank before the colon": sized("Transfer-Encoding : chunked") + CHUNKED_SMUGGLER,
    "a blank before the colon of a length": sized("Content-Length : 0"),
    "a tab before the colon": sized("Transfer-Encoding\t: chunked") + CHUNKED_SMUGGLER,
    "a blank before the name": sized(" Content-Length: 0"),
    "a folded field": sized("X-Y: z", " folded"),
    "a folded coding": sized("Transfer-Encoding:", " chunked") + CHUNKED_SMUGGLER,
    "a folded first line": head("GET /livez HTTP/1.1", " X: y", "Host: dray"),
    "a field without a colon": head("GET /livez HTTP/1.1", "Host: dray", "Content-Length"),
    "a field without a name": head("GET /livez HTTP/1.1", "Host: dray", ": x"),
    "a name that is no token": head("GET /livez HTTP/1.1", "Host: dray", "X(Y): z"),
    "a bare carriage return in a value": head("GET /livez HTTP/1.1", "Host: dray", b"X: y\rTransfer-Encoding: chunked"),
    "a NUL in a value": head("GET /livez HTTP/1.1", "Host: dray", b"X: y\x00z"),
    "a NUL in a name": head("GET /livez HTTP/1.1", "Host: dray", b"X\x00Y: z"),
    "a line feed in the head": b"GET /livez HTTP/1.1\r\nHost: dray\nX: y\r\n\r\n",
    "line feeds alone": b"GET /livez HTTP/1.1\nHost: dray\n\n",
    "line feeds at the end of the head": b"GET /livez HTTP/1.1\r\nHost: dray\r\n\n",
    "a line feed after the first line": b"GET /livez HTTP/1.1\nHost: dray\r\n\r\n",
    "carriage returns alone": b"GET /livez HTTP/1.1\rHost: dray\r\r\r\n\r\n",
    "an empty line first": b"\r\n" + head("GET /livez HTTP/1.1", "Host: dray"),
    "a blank first": b" " + head("GET /livez HTTP/1.1", "Host: dray"),
    "no host": head("GET /livez HTTP/1.1"),
    "two hosts": head("GET /livez HTTP/1.1", "Host: dray", "Host: dray"),
    "an empty host": head("GET /livez HTTP/1.1", "Host:"),
    "a host with a path": head("GET /livez HTTP/1.1", "Host: dray/../x"),
    "a host with a user": head("GET /livez HTTP/1.1", "Host: user@dray"),
    "a host with a bad port": head("GET /livez HTTP/1.1", "Host: dray:99999"),
    "a list of hosts": head("GET /livez HTTP/1.1", "Host: dray, other"),
    "two authorizations": head("GET /api/v1/session HTTP/1.1", "Host: dray", "Authorization: Basic eDp5", "Authorization: Basic eDp5"),
    "the form for proxies": head("GET http://dray/livez HTTP/1.1", "Host: dray"),
    "the form for tunnels": head("CONNECT dray:443 HTTP/1.1", "Host: dray"),
    "an asterisk": head("OPTIONS * HTTP/1.1", "Host: dray"),
    "two blanks": head("GET  /livez HTTP/1.1", "Host: dray"),
    "tabs for blanks": head("GET\t/livez\tHTTP/1.1", "Host: dray"),
    "a blank at the end of the first line": head("GET /livez HTTP/1.1 ", "Host: dray"),
    "a blank in the target": head("GET /livez x HTTP/1.1", "Host: dray"),
    "no version": head("GET /livez", "Host: dray"),
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "HTTP/1.2": head("GET /livez HTTP/1.2", "Host: dray"),
    "HTTP/2.0": head("GET /livez HTTP/2.0", "Host: dray"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "http/1.1 in small letters": head("GET /livez http/1.1", "Host: dray"),
    "HTTP/1.10": head("GET /livez HTTP/1.10", "Host: dray"),
    "bytes that are not UTF-8": head("GET /livez HTTP/1.1", "Host: dray", b"X: \xff\xfe"),
    "a method that is no token": head("GE(T /livez HTTP/1.1", "Host: dray"),
    "an expectation nobody knows": sized("Content-Length: 5", "Expect: miracles"),
    "a chunk size with 0x": chunked(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with a sign": chunked(b"+5\r\nhello\r\n0\r\n\r\n"),
    "a negative chunk size": chunked(b"-1\r\nhello\r\n0\r\n\r\n"),
    "a chunk size after a blank": chunked(b" 5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size before a blank": chunked(b"5 \r\nhello\r\n0\r\n\r\n"),
    "a chunk size of 17 digits": chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "the largest chunk size": chunked(b"FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
    "no chunk size": chunked(b"\r\nhello\r\n0\r\n\r\n"),
    "a chunk size that ends with a line feed": chunked(b"5\nhello\r\n0\r\n\r\n"),
    "a chunk size that ends with a carriage return": chunked(b"5\rhello\r\n0\r\n\r\n"),
    "a chunk that is longer than its size": chunked(b"5\r\nhello!\r\n0\r\n\r\n"),
    "a chunk that ends with a line feed": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "a chunk that does not end": chunked(b"5\r\nhello0\r\n\r\n"),
    "an extension with a line feed": chunked(b"5;a\nhello\r\n0\r\n\r\n"),
    "an extension with a carriage return": chunked(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "an extension with a NUL": chunked(b"5;a\x00\r\nhello\r\n0\r\n\r\n"),
    "a last chunk that ends with a line feed": chunked(b"5\r\nhello\r\n0\n\r\n"),
    "trailers that end with a line feed": chunked(b"5\r\nhello\r\n0\r\nX: y\n\r\n"),
    "a body that ends with a line feed": chunked(b"5\r\nhello\r\n0\r\n\n"),
    "a trailer that is no field": chunked(b"5\r\nhello\r\n0\r\nGET /livez HTTP/1.1\r\n\r\n"),
    "a trailer with a length": chunked(b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n"),
    "a trailer with a coding": chunked(b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "trailers without end": chunked(b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 20000),
    "an extension without end": chunked(b"5;" + b"a" * 100000),
}


class Smuggling(unittest.TestCase):
    def test_whatever_leaves_doubt_is_refused_and_the_connection_closed(self):
        for name, request in SHAPES.items():
            with self.subTest(name):
                begun = time.monotonic()
                answers = everything_answered(request + SMUGGLED)
                self.assertLess(time.monotonic() - begun, 5, "it took too long to refuse")
                self.assertNotIn(b"alive", answers, "the smuggled request was answered")
                self.assertEqual(1, len(re.findall(rb"HTTP/1\.1 \d\d\d ", answers)), answers[:500])
                self.assertRegex(answers, rb"^HTTP/1\.1 (4|5)\d\d ")
                self.assertNotRegex(answers, rb"^HTTP/1\.1 50[0234]")
                self.assertIn(b"Connection: close\r\n", answers)

    def test_trailers_without_end_are_answered_however_they_arrive(self):
        for piece in (1_000, 30_000, 65_000, 66_000, 120_000) * 4:
            with dray.connect() as wire:
                request = SHAPES["trailers without end"]
                for begin in range(0, len(request), piece):
                    wire.send(request[begin:begin + piece])
                self.assertEqual(400, wire.read_answer().status)
                self.assertTrue(wire.is_closed())

    def test_what_cannot_become_a_request_is_refused_at_once(self):
        for start in (b"GET /livez HTTP/1.1\nHost: dray\n", b"GET /livez HTTP/1.1\r\nHost: dray\n\n", b"\n", b"X" * 17_000):
            begun = time.monotonic()
            self.assertRegex(everything_answered(start), rb"^HTTP/1\.1 4\d\d ")
            self.assertLess(time.monotonic() - begun, 5)

    def test_a_body_that_looks_like_a_request_is_a_body(self):
        with dray.connect() as wire:
            wire.send(sized("Content-Length: %d" % len(SMUGGLED)) + SMUGGLED)
            self.assertEqual(400, wire.read_answer().status)
            wire.send(get("/api/v1/session"))
            self.assertEqual(b"admin", wire.read_answer().body[9:14])

    def test_a_refused_body_is_never_taken_for_a_request(self):
        unread = head("POST /api/v1/downloads HTTP/1.1", "Host: dray", "Content-Length: %d" % len(SMUGGLED))
        answers = everything_answered(unread + SMUGGLED)
        self.assertEqual(1, answers.count(b"HTTP/1.1 "))
        self.assertRegex(answers, rb"^HTTP/1\.1 401 ")
        self.assertIn(b"Connection: close\r\n", answers)

    def test_a_client_that_sends_on_gets_the_refusal_all_the_same(self):
        """Its body fills the buffers; closing at once would reset the connection and lose the answer."""
        for size in (50_000, 200_000, 20_000_000):
            with self.subTest(size), dray.connect() as wire:
                wire.send(head("POST /api/v1/downloads HTTP/1.1", "Host: dray", "Content-Length: %d" % size) + b"x" * size)
                self.assertEqual(401, wire.read_answer().status)
                self.assertTrue(wire.is_closed())


class Limits(unittest.TestCase):
    def status_and_close(self, request):
        answers = everything_answered(request)
        self.assertIn(b"Connection: close\r\n", answers)
        return int(answers.split(b" ")[1])

    def test_paths_up_to_8_kib(self):
        self.assertEqual(414, self.status_and_close(get("/" + "a" * 10_000)))
        self.assertEqual(414, self.status_and_close(get("/" + "a" * 100_000)))
        with dray.connect() as wire:
            wire.send(get("/" + "a/" * 4_000))
            self.assertEqual(404, wire.read_answer().status)

    def test_up_to_100_fields(self):
        fields = ["X-%d: y" % i for i in range(200)]
        self.assertEqual(431, self.status_and_close(get("/livez", *fields)))
        with dray.connect() as wire:
            wire.send(get("/livez", *fields[:98]))
            self.assertEqual(200, wire.read_answer().status)

    def test_heads_up_to_16_kib_even_without_end(self):
        self.assertEqual(431, self.status_and_close(get("/livez", "X: " + "y" * 17_000)))
        self.assertEqual(431, self.status_and_close(b"GET /livez HTTP/1.1\r\nX: " + b"y" * 17_000))
        self.assertEqual(431, self.status_and_close(b"X" * 17_000))

    def test_a_chunked_body_is_limited_as_it_comes(self):
        self.assertEqual(413, self.status_and_close(chunked(b"FFFFF\r\n" + b"x" * 70_000)))
        self.assertEqual(413, self.status_and_close(chunked(b"1000\r\n" + b"x" * 4096 + b"\r\n") + (b"1000\r\n" + b"x" * 4096 + b"\r\n") * 17))

    def test_many_small_chunks_are_one_body(self):
        body = b"".join(b"1;x=y\r\n%c\r\n" % byte for byte in SIGN_IN) + b"0\r\n\r\n"
        with dray.connect() as wire:
            wire.send(chunked(body))
            self.assertEqual(200, wire.read_answer().status)
            wire.send(get("/livez"))
            self.assertEqual(b"alive\n", wire.read_answer().body)


class Persistence(unittest.TestCase):
    def test_requests_in_one_piece_are_answered_in_order(self):
        targets = ["/livez", "/api/v1/session", "/no/such", "/content/dam/shoot/hero.txt", "/readyz"] * 20
        with dray.connect() as wire:
            wire.send(b"".join(get(target) for target in targets))
            for target in targets:
                answer = wire.read_answer()
                self.assertEqual({"/no/such": 404}.get(target, 200), answer.status)
                if target == "/content/dam/shoot/hero.txt":
                    self.assertEqual(b"hello hero", answer.body)

    def test_requests_cut_anywhere_are_the_same_requests(self):
        data = get("/content/dam/shoot/hero.txt") + sized("Content-Length: %d" % len(SIGN_IN)) + SIGN_IN + get("/livez")
        generator = random.Random(SEED)
        for _ in range(20):
            with dray.connect() as wire:
                places = sorted(generator.sample(range(1, len(data)), 6))
                for begin, end in zip([0] + places, places + [len(data)]):
                    wire.send(data[begin:end])
                    time.sleep(0.002)
                self.assertEqual(b"hello hero", wire.read_answer().body)
                self.assertEqual(200, wire.read_answer().status)
                self.assertEqual(b"alive\n", wire.read_answer().body)

    def test_head_leaves_the_connection_in_step(self):
        with dray.connect() as wire:
            for _ in range(5):
                for target in ("/content/dam/shoot/film.bin", "/no/such", "/content/dam/shoot/hero.txt", "/api/v1/openapi.json"):
                    wire.send(get(target).replace(b"GET", b"HEAD", 1) + get("/livez"))
                    self.assertGreater(int(wire.read_answer("HEAD").find("Content-Length")), 0)
                    self.assertEqual(b"alive\n", wire.read_answer().body)

    def test_not_modified_and_no_content_leave_the_connection_in_step(self):
        with dray.connect() as wire:
            wire.send(get("/content/dam/shoot/film.bin", "If-None-Match: *") + get("/livez"))
            self.assertEqual(304, wire.read_answer().status)
            self.assertEqual(b"alive\n", wire.read_answer().body)
            wire.send(get("/api/v1/session").replace(b"GET", b"DELETE", 1) + get("/livez"))
            self.assertEqual(204, wire.read_answer().status)
            self.assertEqual(b"alive\n", wire.read_answer().body)

    def test_close_is_echoed_and_done(self):
        for field in ("Connection: close", "Connection: Keep-Alive, CLOSE", "connection:close"):
            with dray.connect() as wire:
                wire.send(get("/livez", field) + SMUGGLED)
                self.assertEqual("close", wire.read_answer().find("Connection"))
                self.assertTrue(wire.is_closed(), field)

    def test_http_1_0(self):
        with dray.connect() as wire:
            wire.send(b"GET /livez HTTP/1.0\r\n\r\n")
            answer = wire.read_answer()
            self.assertEqual(("HTTP/1.1", 200, "close"), (answer.version, answer.status, answer.find("Connection")))
            self.assertTrue(wire.is_closed())
        with dray.connect() as wire:
            wire.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" * 2)
            self.assertEqual("keep-alive", wire.read_answer().find("Connection"))
            self.assertEqual("keep-alive", wire.read_answer().find("Connection"))

    def test_errors_do_not_cost_the_connection(self):
        with dray.connect() as wire:
            for target, status in (("/no/such", 404), ("/%zz", 400), ("/a/../b", 400), ("/content/dam/x", 404), ("/livez", 200)) * 3:
                self.assertEqual(status, wire.ask("GET", target, [("Authorization", TOKEN)]).status)


class Expectations(unittest.TestCase):
    def post(self, *fields):
        return head("POST /api/v1/downloads HTTP/1.1", "Host: dray", "Content-Type: application/json", "Expect: 100-continue", *fields)

    def test_whoever_is_signed_in_may_go_on(self):
        with dray.connect() as wire:
            wire.send(self.post("Authorization: " + TOKEN, "Content-Length: 15"))
            self.assertEqual(100, wire.read_answer().status)
            wire.send(b'{"targets": []}')
            self.assertEqual(201, wire.read_answer().status)

    def test_whoever_does_not_wait_is_not_told(self):
        with dray.connect() as wire:
            wire.send(self.post("Authorization: " + TOKEN, "Content-Length: 15") + b'{"targets": []}')
            self.assertEqual(201, wire.read_answer().status)

    def test_others_are_refused_at_once(self):
        for fields, status in ((["Content-Length: 15"], 401), (["Content-Length: 15", "Authorization: Basic eDp5"], 401),
                               (["Content-Length: 99999999", "Authorization: " + TOKEN], 413)):
            with dray.connect() as wire:
                wire.send(self.post(*fields))
                self.assertEqual(status, wire.read_answer().status)
                self.assertTrue(wire.is_closed())

    def test_without_a_body_there_is_nothing_to_wait_for(self):
        with dray.connect() as wire:
            wire.send(get("/livez", "Expect: 100-continue"))
            self.assertEqual(200, wire.read_answer().status)


class SlowClients(unittest.TestCase):
    def test_a_head_that_drips_is_cut(self):
        seconds = slow["drip_head"].result()
        self.assertIsNotNone(seconds, "it was not cut")
        self.assertGreater(seconds, HEAD_TIMEOUT - 2)

    def test_a_body_slower_than_the_floor_is_cut(self):
        for name in ("drip_body", "drip_chunks"):
            seconds = slow[name].result()
            self.assertIsNotNone(seconds, name + " was not cut")
            self.assertGreater(seconds, BODY_GRACE - 2, name)

    def test_half_a_body_is_no_request(self):
        self.assertEqual(b"", slow["send_half_a_body"].result())

    def test_whoever_reads_slowly_gets_everything(self):
        self.assertEqual((200, hashlib.sha256(dray.read("shoot/film.bin")).hexdigest()), slow["read_slowly"].result())

    def test_whoever_stops_reading_is_let_go(self):
        self.assertLess(slow["stop_reading"].result(), FILM)

    def test_whoever_never_reads_is_let_go(self):
        seconds = slow["stop_reading_answers"].result()
        self.assertIsNotNone(seconds, "it was not cut")
        self.assertLess(seconds, 60)


class Crowds(unittest.TestCase):
    def test_a_thousand_idle_connections_leave_nothing_behind(self):
        before = dray.metric("process_open_fds")
        crowd = [dray.connect() for _ in range(1000)]
        self.assertTrue(wait_until(lambda: dray.metric("dray_http_connections") > 1000))
        self.assertEqual(b"alive\n", crowd[-1].ask("GET", "/livez").body)
        for wire in crowd:
            wire.close()
        self.assertTrue(wait_until(lambda: dray.metric("process_open_fds") <= before + 2), dray.metric("process_open_fds"))
        self.assertTrue(wait_until(lambda: dray.metric("dray_http_connections") < 20))

    def test_a_crowd_that_guesses_passwords_does_not_stop_the_others(self):
        """Checking a password takes long and most wait for their turn; nobody else may have to."""
        body = json.dumps({"user": "admin", "password": "a guess"}).encode()
        crowd = [dray.connect(120) for _ in range(100)]
        for wire in crowd:
            wire.send(sized("Content-Length: %d" % len(body)) + body)
        time.sleep(0.5)
        begun = time.monotonic()
        with dray.connect() as wire:
            wire.send(get("/content/dam/shoot/hero.txt"))
            self.assertEqual(b"hello hero", wire.read_answer().body)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertLessEqual({wire.read_answer().status for wire in crowd}, {401, 503})
        for wire in crowd:
            wire.close()

    def test_connections_reset_in_the_middle_of_answers_leave_nothing_behind(self):
        before = dray.metric("process_open_fds")
        for _ in range(100):
            with Wire(dray.port, receive_buffer=16 * 1024) as wire:
                wire.send(get("/content/dam/shoot/film.bin"))
                wire.read_head()
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close() resets
        self.assertTrue(wait_until(lambda: dray.metric("process_open_fds") <= before + 2), dray.metric("process_open_fds"))

    def test_noise_does_no_harm(self):
        generator = random.Random(SEED)
        memory = dray.metric("process_resident_memory_bytes")
        for number in range(2000):
            data = make_noise(generator)
            answers = send_noise(data)
            if answers and b"HTTP/1.1 " not in answers[:9] or b"HTTP/1.1 500 " in answers:
                self.fail("noise %d, %r, was answered %r" % (number, data[:2000], answers[:2000]))
        self.assertTrue(dray.is_running())
        grown = dray.metric("process_resident_memory_bytes") - memory
        self.assertLess(grown, 300e6)  # a sanitizer keeps what was freed for a while
        with dray.connect() as wire:
            self.assertEqual(b"alive\n", wire.ask("GET", "/livez").body)


SPECIAL = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"%00", b"%2e%2e/", b"\xff", b"0\r\n\r\n", b"\r\n\r\n", b"Transfer-Encoding: chunked\r\n",
           b"Content-Length: 5\r\n", b"Range: bytes=0-,-1\r\n", b"Host: x\r\n", b"Expect: 100-continue\r\n", b"Cookie: login-token=x\r\n", b"{", b"[", b"\""]


def make_noise(generator):
    """Nonsense, or requests that are almost right."""
    if generator.random() < 0.1:
        return generator.randbytes(generator.randrange(1, 3000))
    body = b'{"targets": [{"path": "/content/dam/shoot"}], "options": {"keepStructure": true}, "archiveName": "a"}'
    auth = "Authorization: " + TOKEN
    requests = [get("/content/dam/shoot/hero.txt", "Range: bytes=0-3,5-6", "If-Range: \"x\""), get("/api/v1/assets/content/dam?limit=5&after=x"),
                get("/livez", "Connection: keep-alive"), chunked(b"5;x\r\nhello\r\n0\r\nX: y\r\n\r\n"),
                head("POST /api/v1/downloads HTTP/1.1", "Host: dray", auth, "Content-Type: application/json", "Content-Length: %d" % len(body)) + body,
                head("GET /api/v1/session HTTP/1.1", "Host: dray", "Cookie: a=b; login-token=abc")]
    data = bytearray(b"".join(generator.choices(requests, k=generator.randrange(1, 4))))
    for _ in range(generator.randrange(1, 6)):
        at = generator.randrange(len(data) or 1)
        change = generator.randrange(5)
        if change == 0 and data:
            data[at] = generator.randrange(256)
        elif change == 1:
            data[at:at] = generator.choice(SPECIAL)
        elif change == 2:
            del data[at:at + generator.randrange(1, 30)]
        elif change == 3:
            data[at:at] = data[at:at + generator.randrange(1, 60)]
        else:
            del data[at + 1:]
    return bytes(data)


def send_noise(data):
    """All that the server says to it."""
    with dray.connect(10) as wire:
        try:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused already
        return wire.read_to_end()


class FewDescriptors(unittest.TestCase):
    def test_clients_that_do_nothing_do_not_take_those_of_downloads(self):
        with Installation() as installation:
            for i in range(50):
                installation.write("shoot/%d.bin" % i, random.Random(i).randbytes(100_000))
            installation.dray("import", "shoot", "--to", "/content/dam/shoot", "--quiet")
            installation.start(descriptors=256)
            with installation.connect() as wire:
                crowd = [installation.connect() for _ in range(300)]
                fields = [("Authorization", basic("admin")), ("Content-Type", "application/json")]
                made = wire.ask("POST", "/api/v1/downloads", fields, b'{"targets": [{"path": "/content/dam/shoot"}]}')
                self.assertEqual(201, made.status, made)
                download = json.loads(made.body)
                while not download["isComplete"]:
                    download = json.loads(wire.ask("GET", "/api/v1/downloads/" + download["id"], fields).body)
                archive = download["artifacts"][0]
                self.assertEqual(archive["size"], len(wire.ask("GET", archive["uri"], fields).body))
                for idle in crowd:
                    idle.close()
            self.assertTrue(wait_until(lambda: installation.metric("dray_http_connections") == 1))


class Stopping(unittest.TestCase):
    def test_running_downloads_end_and_idle_connections_close(self):
        with Installation() as installation:
            content = random.Random(1).randbytes(FILM)
            installation.write("shoot/film.bin", content)
            installation.dray("import", "shoot", "--to", "/content/dam/shoot", "--quiet")
            installation.start("--grace", "20")
            idle = installation.connect()
            idle.ask("GET", "/livez")
            with Wire(installation.port, 30, receive_buffer=16 * 1024) as wire:
                wire.send(head("GET /content/dam/shoot/film.bin HTTP/1.1", "Host: dray", "Authorization: " + basic("admin")))
                wire.read_head()
                installation.server.send_signal(signal.SIGTERM)
                self.assertTrue(idle.is_closed())
                idle.close()
                with self.assertRaises(ConnectionRefusedError):
                    installation.connect()
                self.assertEqual(content, wire.read_exactly(FILM))
                self.assertTrue(wire.is_closed())
            self.assertEqual(0, installation.server.wait(10))


if __name__ == "__main__":
    unittest.main(verbosity=1)
