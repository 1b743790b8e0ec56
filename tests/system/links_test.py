"""Shared links: made by people with an account, used by people without."""

import html
import http.cookies
import io
import json
import os
import re
import signal
import socket
import struct
import time
import urllib.parse
import zipfile
import zlib

from dray import SystemTest, make_sparse_file, wait_until
from hostile_images_test import children_of, is_worker
from images_test import png

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def licensed_picture(**properties):
    """A PNG with XMP properties."""
    names = {":".join(key.rsplit("_", 1)): value for key, value in properties.items()}
    rows = "".join("<%s>%s</%s>" % (name, html.escape(value), name) for name, value in names.items())
    xmp = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
           '<rdf:Description rdf:about="" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" '
           'xmlns:adobe_dam="http://example.com/dam" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">'
           '%s</rdf:Description></rdf:RDF></x:xmpmeta>' % rows)
    chunk = b"iTXtXML:com.adobe.xmp" + bytes(5) + xmp.encode()
    whole = png(8, 8)
    extra = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return whole[:33] + extra + whole[33:]


class Visitor:
    """A browser without an account, that keeps cookies."""

    def __init__(self, dray, address):
        self.dray = dray
        self.address = address[address.index("/linkshare.html"):]
        self.cookies = {}

    def request(self, method, address, body=None, headers=None):
        cookies = self.cookies_for(address)
        fields = {**(headers or {}), **({"Cookie": "; ".join(cookies)} if cookies else {})}
        if method == "POST":
            fields["Origin"] = "null"  # which browsers send from a page with the referrer policy no-referrer
        answer = self.dray.request(method, address, fields, None, body)
        for line in answer.headers.get_all("Set-Cookie") or []:
            for name, cookie in http.cookies.SimpleCookie(line).items():
                self.cookies[name] = (cookie.value, cookie["path"])
        return answer

    def cookies_for(self, address):
        """Those that a browser sends there (RFC 6265, 5.1.4)."""
        path = address.split("?")[0]
        return ["%s=%s" % (name, value) for name, (value, at) in self.cookies.items()
                if path == at or path.startswith(at.rstrip("/") + "/")]

    def get(self, more="", page=None, **headers):
        address = self.address.replace("/linkshare.html", page) if page else self.address
        return self.request("GET", address + more, headers=headers)

    def post(self, **fields):
        return self.request("POST", self.address, urllib.parse.urlencode(fields, doseq=True), FORM)

    def inbox(self):
        return self.get("&inbox=1").text

    def links(self):
        return [html.unescape(link) for link in re.findall(r'class="button" href="([^"]+)"', self.inbox())]


class Reader:
    """Reads what a visitor downloads, as slowly as one likes."""

    def __init__(self, visitor):
        self.visitor, self.link, self.received = visitor, visitor.links()[0], 0
        self.socket = socket.create_connection(("127.0.0.1", visitor.dray.port), 30)
        self.socket.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nCookie: %s\r\n\r\n" % (
            self.link, "; ".join(visitor.cookies_for(self.link)))).encode())
        self.head = self.socket.recv(2000).decode("latin-1")

    def read(self, most):
        """Whether there was something."""
        try:
            got = len(self.socket.recv(most))
        except ConnectionResetError:
            got = 0
        self.received += got
        return got > 0

    def read_all(self):
        while self.read(10_000_000):
            pass

    def close(self):
        self.socket.close()


class Links(SystemTest):
    def setUp(self):
        super().setUp()
        for name, content in {"press/a.txt": "aaa", "press/sub/b.txt": "bb", "press/<script>alert(1).txt": "x",
                              "other.txt": "no"}.items():
            self.write(name, content)
        for number in range(12):
            self.write("many/%02d.txt" % number, str(number))
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.add_user("ann", "dam-users")
        self.dray.add_user("eve")

    def api(self, method, path="", body=None, user="ann"):
        return self.dray.request(method, "/api/v1/shares" + path, JSON, self.dray.token(user),
                                 None if body is None else json.dumps(body))

    def share(self, *paths, **more):
        made = self.api("POST", body={"paths": ["/content/dam/l/" + path for path in paths], "originals": True, "renditions": False, **more})
        self.assertEqual(made.status, 201, made.text)
        return made.json()

    def visit(self, share):
        return Visitor(self.dray, share["url"])

    def names(self, answer):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            self.assertIsNone(archive.testzip())
            return sorted(archive.namelist())

    def test_two_visitors_and_a_link_that_is_revoked(self):
        self.dray.start()
        share = self.share("press", "many", title="For <the> press")
        ann, joe = self.visit(share), self.visit(share)
        page = ann.get()
        self.assertEqual(page.status, 200, page.text)
        self.assertIn("For &lt;the&gt; press", page.text)
        self.assertEqual((page.headers["Referrer-Policy"], page.headers["X-Robots-Tag"]), ("no-referrer", "noindex"))
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        inside = ann.get("&path=/content/dam/l/press").text
        self.assertIn("&lt;script&gt;alert(1).txt", inside)
        self.assertNotIn("<script", inside)
        self.assertNotIn("<img", inside, "of a text there is no picture")
        self.assertEqual(ann.get("&path=/content/dam/l").status, 404, "above the share")
        self.assertEqual(ann.get("&path=/content/dam/l/other.txt", page="/linksharepreview.html").status, 404)
        self.assertEqual(ann.get("&path=/content/dam/l/press/a.txt", page="/linksharepreview.html").status, 200)

        self.assertEqual(len(ann.cookies), 1, "one visitor on all pages of the link")
        seen = dict(ann.cookies)
        ann.get("&path=/content/dam/l/press/a.txt", page="/linksharepreview.html")
        self.assertEqual(ann.cookies, seen)

        queued = ann.post(action="selected", path=["/content/dam/l/press/a.txt", "/content/dam/l/press/sub"])
        self.assertEqual(queued.status, 303, queued.text)
        wait_until(lambda: ann.links(), "it is ready")
        archive = ann.request("GET", ann.links()[0])
        self.assertEqual(self.names(archive), ["a.txt/a.txt", "b.txt/b.txt"])
        self.assertIn("Nothing has been queued", joe.inbox(), "each has an inbox of their own")
        self.assertEqual(joe.request("GET", ann.links()[0]).status, 404)
        self.assertEqual(self.dray.get("/api/v1/inbox", token=self.dray.token("ann")).json()["items"], [])
        self.assertEqual(joe.post(action="all").status, 303)
        wait_until(lambda: joe.links(), "it is ready")
        self.assertEqual(len(self.names(joe.request("GET", joe.links()[0]))), 15)
        self.assertEqual(ann.post(action="selected", path="/content/dam/l/other.txt").status, 404)
        self.assertEqual(ann.post(action="selected").status, 400)

        link = joe.links()[0]
        revoked = self.api("DELETE", "/" + share["id"])
        self.assertEqual((revoked.status, revoked.json()["status"]), (200, "revoked"))
        for answer in (joe.get(), joe.request("GET", link), ann.get("&inbox=1"), ann.post(action="all")):
            self.assertEqual(answer.status, 410)
            self.assertIn("This link was withdrawn", answer.text)
        self.assertEqual(self.dray.get("/linkexpired.html", token=None).status, 410)
        self.assertEqual(self.dray.get("/linkshare.html?sh=" + "x" * 80, token=None).status, 404)
        self.assertEqual(self.dray.get("/linkshare.html", token=None).status, 404)

    def test_revocation_ends_a_running_download(self):
        size = 3_000_000_000
        make_sparse_file(self.write("film/film.mp4", "").parent / "film.mp4", size)
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        share, other = self.share("film"), self.share("film")
        slow, still, happy = self.visit(share), self.visit(share), self.visit(other)
        for visitor in (slow, still, happy):
            visitor.post(action="all")
            wait_until(lambda: visitor.links(), "it is ready")
        slow, still, happy = Reader(slow), Reader(still), Reader(happy)
        for reader in (slow, still, happy):
            self.assertIn("200", reader.head.split("\r\n")[0])
        for _ in range(10):
            slow.read(1_000_000)
            happy.read(1_000_000)
        self.assertEqual(self.api("DELETE", "/" + share["id"]).status, 200)
        begun = time.monotonic()
        while slow.read(10_000):
            self.assertLess(time.monotonic() - begun, 10, "it ends, although it is read all the time")
            time.sleep(0.001)
        still.read_all()
        for reader in (slow, still):
            self.assertLess(reader.received, size // 2, "it ends, also where nothing was read meanwhile")
        self.assertTrue(happy.read(5_000_000), "that of another link goes on")
        for reader in (slow, still):
            reader.close()
            self.assertEqual(reader.visitor.request("GET", reader.link).status, 410)
        happy.close()

    def test_a_right_that_is_withdrawn_ends_a_running_download(self):
        make_sparse_file(self.write("film/film.mp4", "").parent / "film.mp4", 3_000_000_000)
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        connection, answer = self.dray.open("/content/dam/l/film/film.mp4", None, self.dray.token("ann"))
        self.assertEqual(len(answer.read(1_000_000)), 1_000_000)
        self.dray.run("access", "deny", "ann", "/content/dam/l/film", "--privileges", "original")
        with self.assertRaises(OSError):
            for _ in range(300):
                answer.read(1_000_000)
                time.sleep(0.01)
        connection.close()

    def test_a_download_that_comes_to_nothing_does_not_count(self):
        self.picture("held/text.png", adobe_dam_restrictions="<p>Ask</p>")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        made = self.share("held", downloadLimit=1, originals=False, renditions=True)
        maker = self.visit(made)
        self.assertEqual(maker.post(action="all", asked="true").status, 303, "renditions are made by jobs")
        wait_until(lambda: "Failed" in maker.inbox(), "nothing is in it")
        wait_until(lambda: self.api("GET", "/" + made["id"]).json()["downloads"] == 0, "it does not count")
        share = self.share("held", downloadLimit=1)
        visitor = self.visit(share)
        question = visitor.post(action="all")
        licence, = re.findall(r'name="license" value="([0-9a-f]{32})"', question.text)
        for _ in range(2):
            self.assertEqual(visitor.post(action="all", asked="true").status, 303, "who does not agree")
        wait_until(lambda: visitor.inbox().count("Failed") == 2, "nothing is in them")
        wait_until(lambda: self.api("GET", "/" + share["id"]).json()["downloads"] == 0, "they do not count")
        self.assertEqual(visitor.post(action="all", asked="true", license=licence).status, 303)
        wait_until(lambda: len(visitor.links()) == 1, "it is ready")
        inbox = visitor.inbox()
        queued = re.search(r"download=([0-9a-f]{32})", visitor.links()[0]).group(1)
        self.assertEqual(self.dray.request("POST", "/api/v1/downloads/%s/retry" % queued).status, 409, "nobody else queues for them")
        self.assertEqual(visitor.post(action="all", asked="true", license=licence).status, 403, "and this one counts")
        self.assertEqual(visitor.inbox(), inbox, "what is refused leaves no trace")

    def test_a_full_queue_is_told_as_such(self):
        row = b"\0" + bytes(number % 251 for number in range(3 * 2000))
        self.write("slow/a.png", png(2000, 2000, row * 2000))
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start("--queued-of-user", "1", "--image-workers", "1")
        def workers():
            return [pid for pid in children_of(self.dray.server.pid) if is_worker(pid)]
        wait_until(workers, "a worker makes the first renditions")
        for pid in workers():
            os.kill(pid, signal.SIGSTOP)
        share = self.share("slow", originals=False, renditions=True)
        self.assertEqual(self.visit(share).post(action="all").status, 303)
        full = self.visit(share).post(action="all")
        self.assertEqual((full.status, full.headers["Retry-After"], "downloads are being prepared" in full.text), (503, "60", True), full.text[-300:])
        self.assertEqual(self.api("GET", "/" + share["id"]).json()["downloads"], 1, "what was refused does not count")

    def test_who_guesses_is_told_to_wait(self):
        self.dray.start()
        share = self.share("press", password="geheim")
        visitor = self.visit(share)
        for _ in range(10):
            self.assertIn("not the password", visitor.post(password="falsch").text)
        refused = visitor.post(password="geheim")
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (429, "60"))
        wrong = share["url"][share["url"].index("/linkshare"):-2] + "zz"
        self.assertEqual([self.dray.get(wrong, token=None).status for _ in range(30)], [404] * 30)
        self.assertEqual(self.dray.get(wrong, token=None).status, 429)
        self.assertEqual(self.dray.get(visitor.address, token=None).status, 200, "who has a link is not held up")
        for elsewhere, status in (("6.6.6.6, 198.51.100.7", 404), ("2001:db8:0:1:a:b:c:d", 404)):
            self.assertEqual(self.dray.get(wrong, {"X-Forwarded-For": elsewhere}, token=None).status, status)
        neighbours = [self.dray.get(wrong, {"X-Forwarded-For": "2001:db8::1:%x:%x:1:2" % (number, number)}, token=None).status for number in range(1, 40)]
        self.assertEqual(neighbours.count(429), 10, "one /64 is one address, however it is written")

    def test_the_administrator_says_what_links_are_like(self):
        self.dray.start()
        def settings(method, body=None, user="admin"):
            return self.dray.request(method, "/api/v1/share-settings", JSON, self.dray.token(user),
                                     None if body is None else json.dumps(body))
        first = settings("GET", user="eve").json()
        self.assertEqual((first["validityDays"], first["longestDays"], first["sharers"], first["mayShare"]), (7, 365, "everyone", True))
        self.assertEqual((first["originals"], first["renditions"]["default"]), ({"default": False, "behaviour": "editable"}, True))
        self.assertEqual(settings("PUT", {}, "ann").status, 403)
        for bad in ([], {"validityDays": 0}, {"validityDays": 9, "longestDays": 8}, {"sharers": "nobody"}, {"sharers": "only"}, {"colour": 1},
                    {"originals": {"default": False, "behaviour": "hidden"}, "renditions": {"default": False, "behaviour": "readOnly"}}):
            self.assertEqual(settings("PUT", bad).status, 400, bad)
        new = settings("PUT", {"originals": {"default": True, "behaviour": "readOnly"}, "sharers": "except", "groups": ["dam-users"]})
        self.assertEqual((new.status, new.json()["groups"]), (200, ["dam-users"]), new.text)
        refused = self.api("POST", body={"paths": ["/content/dam/l/press"]})
        self.assertEqual((refused.status, "administrator" in refused.text), (403, True))
        settings("PUT", {"originals": {"default": True, "behaviour": "readOnly"}})
        self.assertEqual(self.api("POST", body={"paths": ["/content/dam/l/press"], "originals": False}).status, 400)
        self.assertEqual(self.api("POST", body={"paths": ["/content/dam/l/press"]}).json()["originals"], True)

    def picture(self, name, **properties):
        return self.write(name, licensed_picture(**properties))

    def test_expired_pictures_are_hidden_and_licences_asked_for(self):
        self.picture("rights/old.png", prism_expirationDate="2020-01-31T00:00:00Z")
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 20))
        self.picture("rights/soon.png", prism_expirationDate=soon)
        self.picture("rights/text.png", adobe_dam_restrictions="<p>Ask <b>Ann</b><script>alert(1)</script> first</p>")
        self.picture("rights/page.png", xmpRights_WebStatement="/content/dam/l/licence.pdf")
        self.picture("rights/free.png", xmpRights_WebStatement="http://photogabi.com")
        self.write("licence.pdf", "%PDF-1.4 only a test")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        self.dray.add_user("joe")
        folder = "/content/dam/l/rights/"
        refused = self.api("POST", body={"paths": [folder + "old.png"]})
        self.assertEqual((refused.status, "expired" in refused.text), (403, True), refused.text)

        own = self.dray.ask_download("/content/dam/l/rights", token=self.dray.token("joe")).json()
        self.assertEqual({one["path"][len(folder):]: one["reason"] for one in own["skipped"]},
                         {"old.png": "expired", "text.png": "licence", "page.png": "licence"})
        self.assertEqual(own["totalCount"], 2)
        licences = [one["license"] for one in own["skipped"] if one["reason"] == "licence"]
        self.assertEqual(self.dray.get(folder + "text.png", token=self.dray.token("joe")).status, 403)
        self.assertEqual(self.dray.get(folder + "old.png", token=self.dray.token("joe")).status, 403)
        self.assertEqual(self.dray.get(folder + "old.png").status, 200, "administrators may")
        classic = self.dray.get(folder + "text.png.assetdownload.zip/x.zip?licenseCheck=false", token=self.dray.token("joe"))
        self.assertEqual((classic.status, classic.json()["licenses"][0]["paths"]), (403, [folder + "text.png"]))
        agreed = self.dray.request("POST", "/api/v1/downloads", JSON, self.dray.token("joe"), json.dumps(
            {"targets": [{"path": "/content/dam/l/rights"}], "licenses": licences})).json()
        self.assertEqual((agreed["totalCount"], [one["reason"] for one in agreed["skipped"]]), (4, ["expired"]))

        visitor = self.visit(self.share("rights"))
        inside = visitor.get("&path=/content/dam/l/rights").text
        self.assertNotIn("old.png", inside)
        self.assertIn("text.png", inside)
        self.assertEqual(visitor.get("&path=%sold.png" % folder, page="/linksharepreview.html").status, 404)
        self.assertEqual(visitor.get("&thumb=%sold.png" % folder).status, 404)
        question = visitor.post(action="all")
        self.assertEqual(question.status, 200)
        self.assertIn("Ask Ann first", question.text)
        self.assertNotIn("alert(1)", question.text)
        ids = re.findall(r'name="license" value="([0-9a-f]{32})"', question.text)
        self.assertEqual(sorted(ids), sorted(licences))
        read = html.unescape(re.search(r'href="([^"]+licence=[^"]+)"', question.text).group(1))
        self.assertEqual(visitor.request("GET", read).body, b"%PDF-1.4 only a test")
        self.assertEqual(visitor.get("&licence=/content/dam/l/other.txt").status, 404)
        self.assertEqual(visitor.get("&licence=%sfree.png" % folder).status, 404)
        self.assertEqual(visitor.post(action="all", asked="true", license=ids[:1]).status, 303)
        wait_until(lambda: visitor.links(), "it is ready")
        link = visitor.links()[0]
        got = self.names(visitor.request("GET", link))
        self.assertEqual(len(got), 3, got)
        self.assertIn("has not been accepted", visitor.inbox())
        self.assertEqual(self.dray.get(own["artifacts"][0]["uri"], token=self.dray.token("joe")).status, 200)
        wait_until(lambda: visitor.request("GET", link).status == 403, "what expires ends what holds it", seconds=40)
        self.assertEqual(self.dray.get(own["artifacts"][0]["uri"], token=self.dray.token("joe")).status, 403)

    def test_a_folder_whose_first_page_is_all_hidden(self):
        for number in range(201):
            self.picture("hidden/%03d.png" % number, prism_expirationDate="2020-01-31T00:00:00Z")
        self.write("hidden/zz.txt", "seen")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        visitor = self.visit(self.share("hidden"))
        first = visitor.get("&path=/content/dam/l/hidden")
        self.assertEqual(first.status, 200)
        more = html.unescape(re.search(r'href="([^"]+after=[^"]+)"', first.text).group(1))
        self.assertIn("zz.txt", visitor.request("GET", more).text)

    def test_metadata_chooses_nothing_to_be_read_but_open_licences(self):
        self.write("board/secret.pdf", "%PDF-1.4 secret")
        self.write("board/table.bin", b"\0\1\2")
        self.picture("mine/a.png", xmpRights_WebStatement="/content/dam/l/board/secret.pdf")
        self.picture("mine/b.png", xmpRights_WebStatement="/content/dam/l/mine/b.png")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        self.dray.run("access", "deny", "everyone", "/content/dam/l/board", "--privileges", "read")
        made = self.api("POST", body={"paths": ["/content/dam/l/mine"]}, user="admin")
        visitor = Visitor(self.dray, made.json()["url"])
        for name in ("a.png", "b.png"):
            answer = visitor.get("&licence=/content/dam/l/mine/" + name)
            self.assertEqual((answer.status, b"secret" in answer.body), (404, False), name)

    def test_protected_assets_are_so_by_every_address(self):
        self.picture("p/old.png", prism_expirationDate="2020-01-31")
        self.picture("p/text.png", adobe_dam_restrictions="<p>Ask</p>")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        def status(address, user):
            return self.dray.get(address, token=self.dray.token(user)).status
        for address in ("/is/image/l/p/old.png?wid=8", "/content/dam/l/p/old.png/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg",
                        "/content/dam/l/p/old.png/_jcr_content/renditions/cq5dam.thumbnail.48.48.png"):
            wait_until(lambda: status(address, "admin") == 200, "administrators may")
            self.assertEqual(status(address, "eve"), 403, address)
        self.assertEqual(status("/is/image/l/p/text.png?wid=8", "eve"), 403)
        self.assertEqual(status("/content/dam/l/p/text.png/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg", "eve"), 403)
        self.assertEqual(status("/content/dam/l/p/text.png/_jcr_content/renditions/cq5dam.thumbnail.48.48.png", "eve"), 200, "to choose by")

    def test_a_note_about_a_target_leaves_its_rights_asked_for(self):
        self.dray.start()
        download = self.dray.ask_download("/content/dam/l/press", token=self.dray.token("eve"), renditions=["nope"]).json()
        self.assertEqual(download["status"], "PARTIALLY_SUCCESSFUL", download)
        uri = download["artifacts"][0]["uri"]
        self.assertEqual(self.dray.get(uri, token=self.dray.token("eve")).status, 200)
        self.dray.run("access", "deny", "eve", "/content/dam/l/press", "--privileges", "original")
        self.assertEqual(self.dray.get(uri, token=self.dray.token("eve")).status, 403)

    def test_links_made_by_aems_own_requests(self):
        self.dray.start()

        def ask(at, body, kind, token="admin"):
            return self.dray.request("POST", at + ".adhocassetshare.html", {"Content-Type": kind}, token, body)

        def form(at="/content/dam/l/press", token="admin", kind=FORM["Content-Type"], **fields):
            fields = {":operation": "generateShareLink", "_charset_": "utf-8", **fields}
            return ask(at, urllib.parse.urlencode(fields, doseq=True), kind, token)

        later = time.strftime("%Y-%m-%dT%H:%M:%S.000+00:00", time.gmtime(time.time() + 3600))
        made = form(path=["/content/dam/l/press"], expirationDate=later, allowOriginal="true", allowRenditions="false")
        self.assertEqual(made.status, 200, made.text)
        address = html.unescape(re.search(r'id="share-link" href="([^"]+)"', made.text).group(1))
        self.assertIn("press", Visitor(self.dray, address).get().text)
        share = self.dray.get("/api/v1/shares").json()["items"][0]
        self.assertEqual([share["paths"], share["expires"], share["originals"], share["renditions"]],
                         [["/content/dam/l/press"], later[:19] + "Z", True, False])

        operation = "application/vnd.adobe.asset-operation+json"
        wish = {"op": "share", "target": [{"repo:path": "/content/dam/l/press/a.txt"}], "expirationDate": later,
                "allowOriginalDownload": False, "allowRenditionDownload": True}
        answer = ask("/content/dam", json.dumps(wish), operation)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertTrue(answer.json()["link"].endswith("/linkshare.html?sh=" + answer.json()["shareToken"]))
        self.assertEqual(Visitor(self.dray, answer.json()["link"]).get().status, 200)

        past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        for status, refused in (
                (403, form(token=self.dray.token("eve"))),
                (404, form(path="/content/dam/nothing")),
                (400, form(path="/content/dam/l/press/a.txt/jcr:content/renditions/original.png")),
                (400, form(path=["/content/dam/l/press"] * 1001)),
                (400, form(expirationDate=past)),
                (400, form(expirationDate="2226-01-01T00:00:00Z")),
                (400, form(expirationDate="tomorrow")),
                (400, form(allowOriginal="false", allowRenditions="false")),
                (400, form(allowOriginal="perhaps")),
                (400, ask("/content/dam/l/press", "path=/content/dam/l/press", FORM["Content-Type"])),
                (400, ask("/content/dam", json.dumps({**wish, "op": "copy"}), operation)),
                (400, ask("/content/dam", json.dumps({**wish, "target": ["/content/dam/l/press"]}), operation)),
                (200, ask("/content/dam", json.dumps({**wish, "surprise": 1}), operation)),
                (400, ask("/content/dam", "{", operation)),
                (400, ask("/content/dam", "x", "text/plain"))):
            self.assertEqual(refused.status, status, refused.text)

    def test_a_limit_of_size_for_links_alone(self):
        config = self.dray.folder / "content/apps/site/config"
        config.mkdir(parents=True)
        file = config / "com.day.cq.dam.core.impl.assetlinkshare.AdhocAssetShareProxyServlet.cfg.json"
        for limit, status in ((4, 413), ("5", 303), (-1, 303)):
            file.write_text(json.dumps({"cq.dam.adhoc.asset.share.prezip.maxcontentsize": limit}))
            self.dray.start("--content", str(self.dray.folder / "content"))
            visitor = self.visit(self.share("press/a.txt", "press/sub"))  # 3 bytes and 2
            answer = visitor.post(action="all")
            self.assertEqual(answer.status, status, answer.text)
            if status == 413:
                self.assertIn("The selected content has 5 bytes; the limit is 4 bytes", answer.text)
                self.assertIn("Nothing has been queued yet", visitor.inbox())
            self.dray.create_artifact("/content/dam/l/press")  # who has an account has no such limit
            self.dray.stop()
        file.write_text(json.dumps({"cq.dam.adhoc.asset.share.prezip.maxcontentsize": "much"}))
        refused = self.dray.run("serve", "--listen", "127.0.0.1:0", "--content", self.dray.folder / "content", expect=None)
        self.assertIn("prezip.maxcontentsize", refused.stderr)
        self.assertNotEqual(refused.returncode, 0)

    def test_who_may_share_what_and_until_when(self):
        self.dray.start()
        body = {"paths": ["/content/dam/l/press"]}
        self.assertEqual(self.api("POST", body=body, user="eve").status, 403)
        for bad, status in (({"paths": []}, 400), ({"paths": ["/content/dam/none"]}, 404), ({**body, "expires": "2001-01-01T00:00:00Z"}, 400),
                            ({**body, "expires": "2199-01-01T00:00:00Z"}, 400), ({**body, "renditions": False}, 400),
                            ({**body, "colour": 1}, 400), ({**body, "downloadLimit": 0}, 400), ([], 400)):
            self.assertEqual(self.api("POST", body=bad).status, status, bad)
        share = self.share("press")
        self.assertNotIn("url", self.api("GET", "/" + share["id"]).json(), "the token is known to who has the link")
        self.assertEqual([one["id"] for one in self.api("GET").json()["items"]], [share["id"]])
        self.assertEqual(self.api("GET", "?all=true").status, 403)
        self.assertEqual(len(self.api("GET", "?all=true", user="admin").json()["items"]), 1)
        self.assertEqual(self.api("DELETE", "/" + share["id"], user="eve").status, 404)
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        self.assertEqual(self.api("PUT", "/" + share["id"], {"expires": later}).json()["expires"], later)
        visitor = self.visit(share)
        self.assertEqual(visitor.get().status, 200)
        wait_until(lambda: visitor.get().status == 410, "it ends by itself")
        self.assertIn("This link has expired", visitor.get().text)

    def test_a_link_gives_no_more_than_its_owner_has(self):
        self.dray.start()
        visitor = self.visit(self.share("press"))
        visitor.post(action="all")
        wait_until(lambda: visitor.links(), "it is ready")
        link = visitor.links()[0]
        self.assertEqual(visitor.request("GET", link).status, 200)
        self.dray.run("access", "deny", "ann", "/content/dam/l/press/sub", "--privileges", "read")
        self.assertEqual(visitor.request("GET", link).status, 403)
        self.assertEqual(visitor.get("&path=/content/dam/l/press/sub").text.count("b.txt"), 0)
        self.assertEqual(visitor.get("&path=/content/dam/l/press/sub/b.txt", page="/linksharepreview.html").status, 404)
        self.dray.run("user", "remove", "ann")
        self.assertIn(visitor.get().status, (404, 410))

    def test_a_password_and_a_number_of_downloads(self):
        self.dray.start()
        visitor = self.visit(self.share("press", password="geheim", downloadLimit=1))
        self.assertIn("password", visitor.get().text)
        self.assertNotIn("a.txt", visitor.get("&path=/content/dam/l/press").text)
        self.assertIn("not the password", visitor.post(password="falsch").text)
        self.assertIn('type="password"', visitor.post(action="all").text)
        self.assertEqual(visitor.post(password="geheim").status, 303)
        self.assertIn("a.txt", visitor.get("&path=/content/dam/l/press").text)
        self.assertIn("Queue Download", visitor.get("&path=/content/dam/l/press/a.txt", page="/linksharepreview.html").text)
        self.assertEqual(visitor.post(action="all").status, 303)
        refused = visitor.post(action="all")
        self.assertEqual((refused.status, "No more downloads" in refused.text), (403, True))
