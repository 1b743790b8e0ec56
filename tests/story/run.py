#!/usr/bin/env python3
"""Plays stories against a real server. Usage: run.py [-v] STORY...

A story is a text file: what is there at first, then requests and the answers they must have.

    # Prose. The first line says what is promised.
    file shoot/hero.txt: hello hero                 a file with this text
    file shoot/film.mov: 300000 bytes               a file of noise, always the same
    folder shoot/empty
    $ dray import shoot --to /content/dam/shoot     any command of dray, run in the folder of the files
    $ dray token create --user anna -> token        what it printed becomes {{token}}
    serve --part-limit 20kB                         options of the server, which starts with the first request or here

    == Anna asks for the folder ==                  what comes next, for the reader and for failures
    > POST /api/v1/downloads as anna                "as": with her password
    > X-Field: its value
    >
    > {"targets": [{"path": "/content/dam/shoot"}]}
    < 201 Created
    < Location: ~/api/v1/downloads/(?P<id>[0-9a-f]{32})
    < !ETag
    <
    < {"id": "{{id}}", "artifacts": [{"name": "shoot.zip", "etag": "~\\"(?P<tag>[0-9a-f]+)\\""}]}

Commands may also stand between requests. Everybody's password is "correct horse"; dray user add takes it by itself.

Requests   Host, Content-Length and, for a body that begins with { or [, Content-Type: application/json are added where the
           story does not say them. A target or body is sent as it stands, byte for byte.
Answers    The status line; fields that must be there, with exactly one value, or not (!Name); the body, if the story says one.
           A value that begins with ~ is a regular expression for the whole value, and its named groups become variables.
Bodies     {...} or [...]     JSON: every member said must be there and match, lists have the same length; texts may be patterns.
                              A leading "=", as in ={...}, allows no other members, at any depth.
           zip                an archive that other readers accept, with the entries of the lines that follow, in that order:
                              "NAME" or "NAME is FILE", where FILE must be the content.
           parts of FILE      multipart/byteranges; each line a part's Content-Range, each part those bytes of FILE.
           nothing            a body of no bytes.
           ~...               a regular expression for all of it. Anything else is the exact body.
In both    {{name}}, {{text FILE}}, {{size FILE}}, {{sha256 FILE}}, {{slice FILE FIRST LAST}}, {{repeat COUNT TEXT}},
           {{bytes C3 28}}, {{base64 TEXT}}. Values put in are escaped within JSON, not within patterns.

More lines for what the outside cannot do: "mark PATH as Spin Set" makes an asset a set, "lose FILE" removes its stored bytes (of
files beyond 64 KiB, which are stored by themselves).

Checked with every answer: the length is that of the body, there is a date, an error is {"error": "..."} and says something, and
HEAD, 204 and 304 have no body."""
import base64, hashlib, io, json, os, random, re, shlex, sqlite3, sys, time, zipfile
from harness import Closed, Installation, basic

SET_KINDS = ["none", "Image Set", "Spin Set", "Mixed Media Set", "Carousel Set"]


class Mismatch(Exception):
    pass


# --- Reading a story ------------------------------------------------------------------------------------------------------

class Step:
    """A command, or a request with its answer; `line` is where it stands."""

    def __init__(self, kind, line, title):
        self.kind, self.line, self.title = kind, line, title
        self.text, self.sent, self.expected = "", [], []


def read_story(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    steps, title = [], ""
    for number, line in enumerate(lines, 1):
        if line.startswith(">"):
            if not steps or steps[-1].kind != "exchange" or steps[-1].expected:
                steps.append(Step("exchange", number, title))
            steps[-1].sent.append(without_mark(line))
        elif line.startswith("<"):
            if not steps or steps[-1].kind != "exchange":
                raise SystemExit("%s:%d: an answer without a request" % (path, number))
            steps[-1].expected.append(without_mark(line))
        elif line.startswith("=="):
            title = line.strip("= ")
        elif line.strip() and not line.startswith("#"):
            steps.append(Step("command", number, title))
            steps[-1].text = line
    return steps


def without_mark(line):
    return line[2:] if line[1:2] == " " else line[1:]


def split_message(lines):
    """First line, fields, body (None when there is none)."""
    if "" not in lines:
        return lines[0], lines[1:], None
    blank = lines.index("")
    return lines[0], lines[1:blank], "\n".join(lines[blank + 1:])


# --- Values ---------------------------------------------------------------------------------------------------------------

class Scene:
    """The installation and the variables of one story."""

    def __init__(self, installation):
        self.installation = installation
        self.variables = {}

    def value(self, expression):
        word, _, rest = expression.partition(" ")
        if word == "text":
            return self.installation.read(rest)
        if word == "size":
            return b"%d" % len(self.installation.read(rest))
        if word == "sha256":
            return hashlib.sha256(self.installation.read(rest)).hexdigest().encode()
        if word == "slice":
            name, first, last = rest.rsplit(" ", 2)
            return self.installation.read(name)[int(first):int(last) + 1]
        if word == "repeat":
            count, text = rest.split(" ", 1)
            return text.encode() * int(count)
        if word == "bytes":
            return bytes.fromhex(rest)
        if word == "base64":
            return base64.b64encode(rest.encode())
        if expression in self.variables:
            return self.variables[expression].encode()
        raise Mismatch("there is no {{%s}}" % expression)

    def fill(self, text):
        """`text` as bytes, with every {{...}} replaced."""
        pieces = re.split(r"\{\{(.*?)\}\}(?!\})", text)
        return b"".join(self.value(piece) if i % 2 else piece.encode() for i, piece in enumerate(pieces))

    def fill_text(self, text):
        return self.fill(text).decode("utf-8")

    def fill_json(self, text):
        """JSON whose texts are filled after parsing, so that nothing has to be escaped; {{...}} outside of texts before."""
        pieces = re.split(r'("(?:[^"\\]|\\.)*")', text)
        pieces = [piece if i % 2 else self.fill_text(piece) for i, piece in enumerate(pieces)]
        return self.fill_parsed(json.loads("".join(pieces)))

    def fill_parsed(self, value):
        if isinstance(value, dict):
            return {self.fill_text(key): self.fill_parsed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill_parsed(item) for item in value]
        return self.fill_text(value) if isinstance(value, str) else value

    def match_text(self, expected, actual, what):
        if expected.startswith("~"):
            found = re.fullmatch(expected[1:], actual, re.DOTALL)
            if not found:
                raise Mismatch("%s is %r and does not match %s" % (what, actual, expected[1:]))
            self.variables.update(found.groupdict())
        elif expected != actual:
            raise Mismatch("%s is %r instead of %r" % (what, actual, expected))

    def match_json(self, expected, actual, exactly, where=""):
        name = where or "the JSON"
        if isinstance(expected, str) and isinstance(actual, str):
            return self.match_text(expected, actual, name)
        if type(expected) is not type(actual):
            raise Mismatch("%s is %r instead of %r" % (name, actual, expected))
        if isinstance(expected, dict):
            if exactly and set(actual) - set(expected):
                raise Mismatch("%s also has %s" % (name, ", ".join(sorted(set(actual) - set(expected)))))
            for key, value in expected.items():
                if key not in actual:
                    raise Mismatch("%s has no %s" % (name, key))
                self.match_json(value, actual[key], exactly, "%s.%s" % (where, key))
        elif isinstance(expected, list):
            if len(expected) != len(actual):
                raise Mismatch("%s has %d items instead of %d: %r" % (name, len(actual), len(expected), actual))
            for i, value in enumerate(expected):
                self.match_json(value, actual[i], exactly, "%s[%d]" % (where, i))
        elif expected != actual:
            raise Mismatch("%s is %r instead of %r" % (name, actual, expected))


# --- Commands -------------------------------------------------------------------------------------------------------------

def write_file(scene, rest):
    name, content = rest.split(": ", 1)
    size = re.fullmatch(r"(\d+) bytes", content)
    data = random.Random(name).randbytes(int(size.group(1))) if size else scene.fill(content)
    scene.installation.write(scene.fill_text(name), data)


def run_dray(scene, rest):
    command, _, variable = rest.partition(" -> ")
    words = shlex.split(scene.fill_text(command))
    if words[0] != "dray":
        raise Mismatch("only dray can be run")
    printed = scene.installation.dray(*words[1:])
    if variable:
        scene.variables[variable.strip()] = printed


def mark_as_set(scene, rest):
    path, kind = rest.split(" as ")
    with sqlite3.connect(os.path.join(scene.installation.data, "dray.db")) as database:
        changed = database.execute("UPDATE node SET set_kind = ? WHERE order_key = CAST(? AS BLOB)",
                                   (SET_KINDS.index(kind), path.replace("/", "\0")))
    if changed.rowcount != 1:
        raise Mismatch("there is no asset " + path)


def lose_blob(scene, rest):
    wanted = hashlib.sha256(scene.installation.read(rest)).hexdigest()
    for folder, _, names in os.walk(os.path.join(scene.installation.data, "blobs", "large")):
        for name in names:
            if os.path.basename(folder) + name == wanted:
                os.chmod(folder, 0o755)
                return os.remove(os.path.join(folder, name))
    raise Mismatch("%s is not stored by itself" % rest)


COMMANDS = {"file": write_file, "folder": lambda scene, rest: scene.installation.write(rest + "/", b""), "$": run_dray,
            "serve": lambda scene, rest: scene.installation.start(*shlex.split(rest)), "mark": mark_as_set, "lose": lose_blob}


def run_command(scene, text):
    word, _, rest = text.partition(" ")
    if word not in COMMANDS:
        raise Mismatch("%r is no command; known are %s" % (word, ", ".join(COMMANDS)))
    COMMANDS[word](scene, rest)


# --- Exchanges ------------------------------------------------------------------------------------------------------------

def format_request(scene, lines):
    """The method and the request's bytes."""
    first, fields, body = split_message(lines)
    request, _, user = first.partition(" as ")
    method = request.split(" ", 1)[0]
    content = None if body is None else scene.fill(body)
    names = [field.split(":", 1)[0].lower() for field in fields]
    head = [scene.fill(request if request.endswith(("HTTP/1.0", "HTTP/1.1")) else request + " HTTP/1.1")]
    if "host" not in names:
        head.append(b"Host: dray.test")
    if user:
        head.append(b"Authorization: " + basic(user).encode())
    head += [scene.fill(field) for field in fields]
    if content is not None and "content-length" not in names and "transfer-encoding" not in names:
        head.append(b"Content-Length: %d" % len(content))
    if content and content[:1] in (b"{", b"[") and "content-type" not in names:
        head.append(b"Content-Type: application/json")
    return method, b"\r\n".join(head) + b"\r\n\r\n" + (content or b"")


def exchange(scene, step):
    if scene.installation.port is None:
        scene.installation.start()
    method, request = format_request(scene, step.sent)
    with scene.installation.connect() as wire:
        wire.send(request)
        try:
            answer = wire.read_answer(method)
        except Closed as closed:
            raise Mismatch(str(closed)) from None
        if wire.buffer:
            raise Mismatch("after the answer comes %r" % wire.buffer[:200])
    try:
        check_manners(method, answer)
        check_answer(scene, step, answer)
    except Mismatch as mismatch:
        raise Mismatch("%s\n\nThe answer:\n%s" % (mismatch, answer)) from None


def check_manners(method, answer):
    """What every answer must be like."""
    if answer.find("Date") is None:
        raise Mismatch("there is no Date")
    if answer.status in (204, 304) and answer.find("Content-Length"):
        raise Mismatch("a %d has a length" % answer.status)
    if answer.status < 400 or method == "HEAD":
        return
    if answer.find("Content-Type") != "application/json":
        raise Mismatch("an error is not JSON")
    if not json.loads(answer.body).get("error"):
        raise Mismatch("an error says nothing")


def check_answer(scene, step, answer):
    first, fields, body = split_message(step.expected)
    status = "%d %s" % (answer.status, answer.reason)
    if first not in (status, str(answer.status)):
        raise Mismatch("the status is %s instead of %s" % (status, first))
    for field in fields:
        check_field(scene, field, answer)
    if body is not None:
        check_body(scene, body, answer)


def check_field(scene, field, answer):
    if field.startswith("!"):
        if answer.all(field[1:]):
            raise Mismatch("there is a field %s: %s" % (field[1:], answer.find(field[1:])))
        return
    name, value = field.split(": ", 1)
    values = answer.all(name)
    if len(values) != 1:
        raise Mismatch("the field %s is there %d times" % (name, len(values)))
    scene.match_text(scene.fill_text(value), values[0], name)


def check_body(scene, body, answer):
    kind, _, rest = body.partition("\n")
    lines = rest.split("\n") if rest else []
    if body.startswith(("{", "[", "=")) and not body.startswith("{{"):
        exactly = body.startswith("=")
        scene.match_json(scene.fill_json(body.lstrip("=")), json.loads(answer.body), exactly)
    elif kind == "zip":
        check_zip(scene, [scene.fill_text(line) for line in lines], answer.body)
    elif kind.startswith("parts of "):
        check_parts(scene.installation.read(kind[len("parts of "):]), lines, answer)
    elif body == "nothing":
        if answer.body:
            raise Mismatch("there is a body")
    elif body.startswith("~"):
        scene.match_text(scene.fill_text(body), answer.body.decode("utf-8", "replace"), "the body")
    elif answer.body != scene.fill(body):
        raise Mismatch("the body is another one")


def check_zip(scene, lines, data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        damaged = archive.testzip()
        if damaged:
            raise Mismatch("the entry %s is damaged" % damaged)
        names = archive.namelist()
        expected = [line.split(" is ")[0] for line in lines]
        if names != expected:
            raise Mismatch("the archive holds\n  %s\ninstead of\n  %s" % ("\n  ".join(names), "\n  ".join(expected)))
        for line in lines:
            name, _, source = line.partition(" is ")
            if source and archive.read(name) != scene.installation.read(source):
                raise Mismatch("the entry %s is not %s" % (name, source))


def check_parts(source, lines, answer):
    boundary = re.fullmatch("multipart/byteranges; boundary=([!-~]+)", answer.find("Content-Type") or "")
    if not boundary:
        raise Mismatch("the answer is not multipart")
    mark = b"\r\n--" + boundary.group(1).encode()
    pieces = (b"\r\n" + answer.body).split(mark)
    if pieces[0] not in (b"", b"\r\n") or pieces[-1] != b"--\r\n":
        raise Mismatch("the parts do not begin and end as they should")
    found = []
    for piece in pieces[1:-1]:
        head, content = piece.split(b"\r\n\r\n", 1)
        place = re.search(r"\r\nContent-Range: (bytes (\d+)-(\d+)/(\d+))(\r\n|$)", head.decode())
        first, last, size = (int(place.group(i)) for i in (2, 3, 4))
        if size != len(source) or content != source[first:last + 1]:
            raise Mismatch("the part %s has other bytes" % place.group(1))
        found.append(place.group(1))
    if found != lines:
        raise Mismatch("the parts are %s" % ", ".join(found))


# --- Telling --------------------------------------------------------------------------------------------------------------

def play(path, verbose):
    """Whether every step went as told."""
    begun = time.monotonic()
    steps = read_story(path)
    with Installation() as installation:
        scene = Scene(installation)
        for step in steps:
            try:
                exchange(scene, step) if step.kind == "exchange" else run_command(scene, step.text)
            except Exception as failure:
                kind = "" if isinstance(failure, (Mismatch, AssertionError)) else type(failure).__name__ + ": "
                what = step.text or step.sent[0][:200]
                print("%s:%d: %s\n  %s\n%s%s" % (path, step.line, step.title, what, kind, failure))
                print("The server's log:\n%s" % (installation.log() if installation.server else "(none)"))
                return False
            if verbose:
                print("  %6.2f s  %s" % (time.monotonic() - begun, step.text or step.sent[0][:100]))
        if not any(step.kind == "exchange" for step in steps):
            print("%s: the story has no exchange" % path)
            return False
    exchanges = sum(step.kind == "exchange" for step in steps)
    print("%s: %d exchanges in %.1f s" % (os.path.basename(path), exchanges, time.monotonic() - begun))
    return True


def main(arguments):
    verbose = "-v" in arguments
    stories = [argument for argument in arguments if argument != "-v"]
    if not stories:
        raise SystemExit(__doc__)
    results = [play(path, verbose) for path in stories]  # all of them, even after a failure
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
