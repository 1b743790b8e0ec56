"""Shared links: made by people with an account, used by people without."""

import html
import http.cookies
import io
import json
import re
import time
import urllib.parse
import zipfile

from dray import SystemTest, wait_until

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


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
            self.assertIn("has ended", answer.text)
        self.assertEqual(self.dray.get("/linkexpired.html", token=None).status, 410)
        self.assertEqual(self.dray.get("/linkshare.html?sh=" + "x" * 80, token=None).status, 404)
        self.assertEqual(self.dray.get("/linkshare.html", token=None).status, 404)

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
