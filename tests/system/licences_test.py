"""Licences: pages of the installation, what programs are told, and the page that comes before a classic download."""

import html
import io
import json
import re
import shutil
import subprocess
import urllib.parse
import zipfile

import adobe_clients_test
from adobe_clients_test import MODULES
from dray import ADMIN_PASSWORD, SystemTest
from links_test import FORM, JSON, Visitor, licensed_picture

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FOLDER = "/content/dam/l/"
CLASSIC = FOLDER[:-1] + ".assetdownload.zip/My%20Set.zip"


class Licences(SystemTest):
    def setUp(self):
        super().setUp()
        self.content = self.dray.folder / "content"
        self.page("apps/settings/dam/drm/licenses/agency.html", "<h1>Agency</h1><p>Ask <b>Ann</b>.<script>alert(1)</script></p>")
        self.page("conf/acme/settings/dam/drm/licenses/plain.txt", "Say where\nit comes from <here>.")
        self.page("apps/portal/config/secret.cfg.json", '{"password": "hunter2"}')
        self.page("apps/portal/config/secret.html", "hunter2")
        pictures = {"agency.png": "/apps/settings/dam/drm/licenses/agency", "named.png": "/apps/settings/dam/drm/licenses/agency.html",
                    "plain.png": "/conf/acme/settings/dam/drm/licenses/plain", "lost.png": "/apps/settings/dam/drm/licenses/none",
                    "secret.png": "/apps/portal/config/secret", "json.png": "/apps/portal/config/secret.cfg.json",
                    "up.png": "/apps/settings/dam/drm/licenses/../../../../portal/config/secret"}
        for name, path in pictures.items():
            self.write(name, licensed_picture(xmpRights_WebStatement=path))
        self.write("text.png", licensed_picture(adobe_dam_restrictions="<p>Only <i>in print</i></p>"))
        self.dray.import_folder(self.files, FOLDER[:-1])
        self.dray.start("--content", str(self.content))
        self.dray.add_user("joe")

    def page(self, name, text):
        file = self.content / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def ask(self, *paths, user="joe", **more):
        body = {"targets": [{"path": path} for path in paths or [FOLDER[:-1]]], **more}
        return self.dray.request("POST", "/api/v1/licenses", JSON, self.dray.token(user), json.dumps(body))

    def names(self, answer):
        self.assertEqual(answer.status, 200, answer.text[:500])
        return sorted(name.split("/")[0] for name in zipfile.ZipFile(io.BytesIO(answer.body)).namelist())

    def items(self, **more):
        answer = self.ask(**more).json()
        self.assertEqual(answer["count"], len(answer["items"]))
        return {one["assets"][0][len(FOLDER):]: one for one in answer["items"]}

    def test_pages_of_the_installation_protect_and_are_told(self):
        items = self.items()
        self.assertEqual({name: one["text"] for name, one in items.items()}, {
            "agency.png": "Agency\n\nAsk Ann.", "plain.png": "Say where\nit comes from <here>.", "text.png": "Only in print"})
        self.assertEqual((items["plain.png"]["page"], items["plain.png"]["assetCount"]), ("/conf/acme/settings/dam/drm/licenses/plain.txt", 1))
        self.assertEqual(items["agency.png"]["assets"], [FOLDER + "agency.png", FOLDER + "named.png"], "one page by two names")
        self.assertIn('"/apps/settings/dam/drm/licenses/none"', self.dray.log())
        explained = json.loads(self.dray.run("explain", FOLDER[:-1], "--content", self.content).stdout)
        self.assertEqual(len(explained["selection"]["entries"]), 4)
        self.assertEqual(self.ask("/content/dam/none").json(), {"items": [], "count": 0})
        self.assertEqual(self.ask(targets="all").status, 400)
        token = self.dray.token("joe")
        for name in ("agency.png", "named.png", "plain.png", "text.png"):
            self.assertEqual(self.dray.get(FOLDER + name, token=token).status, 403, name)
            self.assertEqual(self.dray.get("/is/image/l/" + name, token=token).status, 403, name)
        for name in ("lost.png", "secret.png", "json.png", "up.png"):
            self.assertEqual(self.dray.get(FOLDER + name, token=token).status, 200, name)
        agreed = [items["agency.png"]["id"]]
        self.assertEqual([one["isAccepted"] for one in self.ask(licenses=agreed).json()["items"]], [False, False, True])
        got = self.dray.request("POST", "/api/v1/downloads", JSON, token, json.dumps({"targets": [{"path": FOLDER[:-1]}], "licenses": agreed})).json()
        self.assertEqual(sorted(one["path"][len(FOLDER):] for one in got["skipped"]), ["plain.png", "text.png"])
        self.dray.run("access", "deny", "joe", FOLDER + "text.png", "--privileges", "original")
        self.assertEqual(sorted(self.items()), ["agency.png", "plain.png"], "nobody is asked for what they do not get")

    def test_a_page_that_changes_or_cannot_be_read(self):
        first = self.items()["agency.png"]["id"]
        page = "apps/settings/dam/drm/licenses/agency.html"
        self.page(page, "<p>Ask Bob.</p>")
        again = self.items()["agency.png"]
        self.assertNotEqual(again["id"], first, "a new text is a new licence")
        self.assertEqual(again["text"], "Ask Bob.")
        for bad in ("", "<p><img src='x.png'></p>", "x" * (1 << 20) + "x"):
            self.page(page, bad)
            refused = self.dray.get(FOLDER + "agency.png", token=self.dray.token("joe"))
            self.assertEqual((refused.status, "ask an administrator" in refused.text), (403, True), "not as good as none")
            self.assertEqual(sorted(self.items()), ["plain.png", "text.png"], "nobody can agree to it")
            self.assertEqual(len(self.names(self.dray.get(CLASSIC))), 4, "the rest can be had")
        self.assertEqual(self.dray.get(FOLDER + "lost.png", token=self.dray.token("joe")).status, 200)

    def test_visitors_read_them_on_the_page_of_the_link(self):
        share = self.dray.request("POST", "/api/v1/shares", JSON, body=json.dumps({"paths": [FOLDER[:-1]], "originals": True})).json()
        question = Visitor(self.dray, share["url"]).post(action="all", originals="true")
        self.assertIn("Say where\nit comes from &lt;here&gt;.", question.text)
        self.assertIn("Ask Ann.", question.text)
        self.assertNotIn("alert(1)", question.text)
        self.assertNotIn("hunter2", question.text)
        self.assertEqual(len(re.findall('name="license"', question.text)), 3)

    def sign_in(self):
        answer = self.dray.request("POST", "/api/v1/session", JSON, None, json.dumps({"user": "admin", "password": ADMIN_PASSWORD}))
        return {"Cookie": answer.headers["Set-Cookie"].split(";")[0], **BROWSER}

    def test_agreements_are_noted_whatever_range_is_asked_for(self):
        licence = self.items()["text.png"]["id"]
        def accepted():
            return [event for event in self.dray.events() if event["type"] == "ACCEPTED"]
        for count, ranges in enumerate(({}, {"Range": "bytes=1-"}, {"Range": "lol"}, {"Range": "bytes=-99999999"}), 1):
            got = self.dray.request("POST", FOLDER + "text.png.assetdownload.zip/x.zip", {**FORM, **ranges}, self.dray.token("joe"),
                                    "license=" + licence)
            self.assertEqual((got.status, self.names(got)), (200, ["text.png"]))
            self.assertEqual(len(accepted()), count, ranges)
            self.assertEqual((accepted()[-1]["user"], accepted()[-1]["details"]["assets"]), ("joe", [FOLDER + "text.png"]))

    def test_the_framework_tells_what_is_to_be_agreed_to(self):
        licence = self.items()["text.png"]["id"]
        def start(*names, **more):
            targets = [{"parameters": {"path": FOLDER + name, "excludeDefaultRenditions": "true", **more}} for name in names]
            return self.dray.request("POST", "/content/dam.downloadbinaries.json", JSON, self.dray.token("joe"), json.dumps({"targets": targets}))
        licences = [{"id": licence, "paths": [FOLDER + "text.png"]}]
        refused = start("text.png")
        self.assertEqual((refused.status, refused.json()["licenses"]), (403, licences), refused.text)
        self.assertEqual(self.dray.get("/api/v1/downloads", token=self.dray.token("joe")).json()["items"], [], "nothing is kept of it")
        mixed = start("text.png", "lost.png").json()
        self.assertEqual((mixed["status"], mixed["licenses"]), ("PARTIALLY_SUCCESSFUL", licences))
        agreed = start("text.png", licenses=[licence])
        self.assertEqual((agreed.status, "licenses" in agreed.json()), (201, False), agreed.text)

    def test_a_content_directory_that_is_not_there_frees_nothing(self):
        self.content.rename(self.dray.folder / "away")
        self.assertEqual(self.dray.get(FOLDER + "agency.png", token=self.dray.token("joe")).status, 403, "held back while it is away")
        self.dray.stop()
        refused = self.dray.run("serve", "--content", self.content, expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("there is no such directory", refused.stderr)

    def test_a_browser_is_asked_before_a_classic_download(self):
        cookie = self.sign_in()
        def get(address):
            return self.dray.request("GET", address, cookie, None)
        asked = get(CLASSIC + "?flatStructure=true&path=/content/dam/l&path=%2Fcontent%2Fdam%2Fl%2Ftext.png")
        self.assertEqual(asked.status, 302)
        page = get(asked.headers["Location"])
        self.assertEqual((page.status, page.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        ids = re.findall(r'name="license" value="([0-9a-f]{32})"', page.text)
        self.assertEqual(len(ids), 3)
        fields = [(html.unescape(name), html.unescape(value)) for name, value in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', page.text)]
        self.assertEqual([value for name, value in fields if name == "path"], ["/content/dam/l", "/content/dam/l/text.png"])
        action = html.unescape(re.search(r'action="([^"]+)"', page.text).group(1))
        self.assertEqual(action, CLASSIC)
        def post(more, address=action, **headers):
            return self.dray.request("POST", address, {**cookie, **FORM, **headers}, None, urllib.parse.urlencode(more))
        got = post(fields + [("license", ids[0]), ("license", ids[2])])
        self.assertEqual(len(self.names(got)), 7)
        self.assertIn('filename="My Set.zip"', got.headers["Content-Disposition"])
        without_token = [field for field in fields if field[0] != ":cq_csrf_token"]
        self.assertEqual(post(without_token).status, 403)
        self.assertEqual(post(without_token + [(":cq_csrf_token", "x" * 43)]).status, 403)
        self.assertEqual(post(fields, **{"Origin": "null"}).status, 403)
        again = [field for field in fields if field[0] != "licenseCheck"] + [("licenseCheck", "true")]
        self.assertIn("Copyright Management", post(again).text)
        self.assertEqual(len(self.names(post(again + [("license", one) for one in ids]))), 8, "all has been agreed to")

        missing = get(CLASSIC + "?path=/content/dam/l&path=/content/dam/none")
        self.assertEqual((missing.status, "/content/dam/none" in missing.text), (404, True), "before anybody is asked")
        nothing = get(FOLDER + "lost.png.assetlicenses.html/x.zip?flatStructure=true")
        self.assertEqual((nothing.status, nothing.headers["Location"]), (302, FOLDER + "lost.png.assetdownload.zip/x.zip?flatStructure=true"))
        mail = get(asked.headers["Location"] + "&email=joe&evil=%22%3E%3Cscript%3E")
        self.assertNotIn("joe", mail.text, "a link must not send mail in the name of whoever follows it")
        self.assertNotIn("evil", mail.text)
        head = self.dray.request("HEAD", CLASSIC, cookie, None)
        self.assertEqual((head.status, head.headers["Location"]), (302, "/content/dam/l.assetlicenses.html/My%20Set.zip"))
        long = CLASSIC + "?" + "&".join(["path=/content/dam/l/((((:::/:/:/" + "x" * 50] * 90)
        self.assertLess(len(long), 8192)
        self.assertEqual(get(long).status, 404)

    def test_a_form_brings_its_token_along(self):
        cookie = self.sign_in()
        token = re.search('name=":cq_csrf_token" value="([^"]+)"', self.dray.request(
            "GET", CLASSIC.replace("assetdownload.zip", "assetlicenses.html"), cookie, None).text).group(1)
        def send(*fields):
            parts = "".join('--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % field for field in fields)
            return self.dray.request("POST", FOLDER[:-1] + ".createasset.html", {**cookie, "Content-Type": "multipart/form-data; boundary=b"},
                                     None, parts + "--b--\r\n").status
        file = ("file", '; filename="new.txt"', "text")
        self.assertEqual(send(file), 403)
        self.assertEqual(send(file, (":cq_csrf_token", "", token)), 200)
        self.assertEqual(self.dray.get(FOLDER + "new.txt").body, b"text")

    def test_who_is_not_asked(self):
        java = {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}
        self.assertEqual(len(self.names(self.dray.get(CLASSIC, java))), 4, "an old Java program")
        script = {**BROWSER, "Sec-Fetch-Mode": "cors"}
        self.assertEqual(len(self.names(self.dray.get(CLASSIC, script))), 4, "a page's script")
        self.assertEqual(len(self.names(self.dray.get(CLASSIC))), 4, "a program")
        self.assertEqual(len(self.names(self.dray.get(CLASSIC + "?licenseCheck=false", BROWSER))), 4, "one who wants no page")
        free = self.dray.get(FOLDER + "lost.png.assetdownload.zip/x.zip", BROWSER)
        self.assertEqual(self.names(free), ["lost.png"], "one for whom there is no licence")
        self.assertEqual(self.dray.get(CLASSIC + "?downloadAssets=false", BROWSER).status, 403, "one who gets nothing in any case")
        nothing = self.dray.get(FOLDER + "lost.png.assetdownload.zip?downloadAssets=false", BROWSER)
        self.assertEqual((nothing.status, nothing.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("no archive", nothing.text)
        self.assertEqual(self.dray.get(CLASSIC + "?licenseCheck=maybe", BROWSER).status, 400)

    def test_with_a_real_browser(self):
        if not shutil.which("chromium"):
            self.skipTest("chromium is not installed")
        adobe_clients_test.setUpModule()
        running = subprocess.Popen(["node", MODULES / "licence_page.mjs", "http://127.0.0.1:%d" % self.dray.port, "admin", ADMIN_PASSWORD,
                                    CLASSIC + "?flatStructure=true"], cwd=MODULES, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            line = running.stdout.readline()
            found = json.loads(line) if line else self.fail(running.communicate()[1][-3000:])
            with zipfile.ZipFile(found["file"]) as archive:
                self.assertEqual(len(archive.namelist()), 6)
        finally:
            running.communicate()
        self.assertEqual((found["title"], found["licences"], found["violations"], found["name"]), ("Copyright Management", 3, [], "My Set.zip"))
        self.assertTrue(found["address"].startswith("/content/dam/l.assetlicenses.html/My%20Set.zip"), found["address"])
