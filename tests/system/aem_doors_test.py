"""AEM's addresses: the download framework, the classic download, direct binary upload, and what pages ask first."""

import hashlib
import io
import json
import random
import threading
import time
import urllib.parse
import zipfile

from dray import SystemTest, noise, wait_until
from images_test import png
from subassets_test import make_pdf

FRAMEWORK = "/content/dam.downloadbinaries.json"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Doors(SystemTest):
    def setUp(self):
        super().setUp()
        for name, content in {"shoot/hero.jpg": "hero", "shoot/day 1/a+b%20c.txt": "plus", "shoot/day 1/ünï.txt": "uni",
                              "single.txt": "one"}.items():
            self.write(name, content)
        for number in range(11):
            self.write("many/%02d.txt" % number, str(number))
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.add_user("ann")
        self.dray.add_user("bob")

    def post(self, path, body, headers=JSON, user="ann", **options):
        return self.dray.request("POST", path, headers, self.dray.token(user),
                                 json.dumps(body) if headers.get("Content-Type") == "application/json" else urllib.parse.urlencode(body, doseq=True), **options)

    def get(self, path, user="ann", headers=None):
        return self.dray.request("GET", path, headers, self.dray.token(user))

    def start_download(self, *parameters, user="ann", path=FRAMEWORK):
        return self.post(path, {"targets": [{"parameters": one} for one in parameters]}, user=user)

    def names(self, answer):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            self.assertIsNone(archive.testzip())
            return sorted(archive.namelist())

    # ---- the framework ----

    def test_a_small_download_is_complete_in_the_answer_that_starts_it(self):
        self.dray.start()
        answer = self.start_download({"path": "/content/dam/d/shoot", "archiveName": "shoot.zip",
                                      "excludeDefaultRenditions": "true"})
        self.assertEqual((answer.status, answer.headers["Cache-Control"]), (201, "private, no-store"))
        job = answer.json()
        self.assertRegex(job["downloadId"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual({key: job[key] for key in ("status", "isComplete", "progress", "totalCount", "successCount",
                                                    "failureCount", "totalSize", "requestingUser", "message")},
                         {"status": "SUCCESSFUL", "isComplete": True, "progress": 100, "totalCount": 3, "successCount": 3,
                          "failureCount": 0, "totalSize": 11, "requestingUser": "ann", "message": None})
        self.assertRegex(job["started"], r"\.000Z$")
        artifact, = job["artifacts"]
        self.assertEqual((artifact["id"], artifact["name"], artifact["mimeType"]), ("0", "shoot.zip", "application/zip"))
        self.assertEqual(artifact["uri"], "%s?downloadId=%s&artifactId=0" % (FRAMEWORK, job["downloadId"]))
        whole = self.get(artifact["uri"])
        self.assertEqual((whole.status, len(whole.body), whole.headers["Accept-Ranges"]), (200, artifact["size"], "bytes"))
        self.assertEqual(self.names(whole), ["a+b%20c.txt", "hero.jpg", "ünï.txt"])
        part = self.get(artifact["uri"], headers={"Range": "bytes=0-3"})
        self.assertEqual((part.status, part.body), (206, b"PK\3\4"))
        polled = self.get("%s?downloadId=%s" % (FRAMEWORK, job["downloadId"]))
        self.assertEqual((polled.status, polled.json()), (200, job))
        self.assertEqual([one["downloadId"] for one in self.get(FRAMEWORK).json()["downloads"]], [job["downloadId"]])
        for path in (artifact["uri"], "%s?downloadId=%s" % (FRAMEWORK, job["downloadId"]), FRAMEWORK + "?downloadId=none"):
            self.assertEqual(self.get(path, user="bob").status, 404, "it is ann's")
        self.assertEqual(self.get("%s?downloadId=%s&artifactId=1" % (FRAMEWORK, job["downloadId"])).status, 404)
        removed = self.dray.request("DELETE", "%s?downloadId=%s" % (FRAMEWORK, job["downloadId"]), token=self.dray.token("ann"))
        self.assertEqual(removed.status, 204)
        self.assertEqual(self.get("%s?downloadId=%s" % (FRAMEWORK, job["downloadId"])).status, 404)

    def test_a_large_one_is_polled_for(self):
        self.dray.start()
        job = self.start_download({"path": "/content/dam/d/many", "excludeDefaultRenditions": True}).json()
        self.assertEqual((job["status"], job["isComplete"], job["finished"], job["artifacts"]), ("PROCESSING", False, None, []))
        done = self.get("%s?downloadId=%s&wait=30" % (FRAMEWORK, job["downloadId"])).json()
        self.assertEqual((done["status"], done["successCount"]), ("SUCCESSFUL", 11))

    def test_paths_are_taken_raw_and_encoded_once_more(self):
        self.dray.start()
        for path in ("/content/dam/d/shoot/day 1", "/content/dam/d/shoot/day%201", "/content/dam/d/shoot/day 1/a+b%20c.txt",
                     urllib.parse.quote("/content/dam/d/shoot/day 1/a+b%20c.txt"),
                     "/content/dam/d/shoot/day 1/ünï.txt/jcr:content/renditions/original"):
            job = self.start_download({"path": path, "archiveName": "x", "excludeDefaultRenditions": "true"}).json()
            self.assertEqual(job.get("status"), "SUCCESSFUL", path)
        job = self.start_download({"excludeDefaultRenditions": "true"}, path="/content/dam/d/single.txt.downloadbinaries.json")
        self.assertEqual(self.get(job.json()["artifacts"][0]["uri"]).body, b"one", "the path in the address")

    def test_errors_are_json_with_their_codes(self):
        self.dray.start()
        for parameters, status in (({"path": "/content/dam/d/none"}, 404), ({"path": "relative"}, 400),
                                   ({"path": "/content/dam/d", "layout": "spiral"}, 400)):
            answer = self.start_download(parameters)
            self.assertEqual(answer.status, status, parameters)
            self.assertIn("error", answer.json())
        both = self.start_download({"path": "/content/dam/d/none"}, {"path": "/content/dam/d/single.txt"})
        self.assertEqual((both.status, both.json()["status"]), (201, "PARTIALLY_SUCCESSFUL"))
        self.assertEqual(list(both.json()["failures"]), ["/content/dam/d/none"])
        for body in ({}, {"targets": []}, {"targets": [{}]}, {"targets": [{"type": "x", "parameters": {"path": "/content/dam"}}]}, []):
            self.assertEqual(self.post(FRAMEWORK, body).status, 400, body)
        self.assertEqual(self.dray.request("POST", FRAMEWORK, JSON, None, "{}").status, 401)
        self.assertEqual(self.get(FRAMEWORK + "?downloadId=x&wait=31").status, 400)

    def test_one_request_makes_several_archives_of_several_selections(self):
        self.write("pictures/a.png", png(60, 40))
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.start()
        picture = "/content/dam/d/pictures/a.png"
        wait_until(lambda: self.get(picture + "/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg").status == 200, "they are made")
        targets = ({"path": "/content/dam/d/shoot", "archiveName": "text.zip", "excludeDefaultRenditions": "true"},
                   {"path": picture + "/jcr:content/renditions/cq5dam.web.1280.1280.jpeg", "archiveName": "pictures.zip"},
                   {"path": picture + "/jcr:content/renditions/cq5dam.thumbnail.48.48.png", "archiveName": "pictures"},
                   {"path": picture, "imagePreset": "Thumbnail", "archiveName": "pictures.zip"},
                   {"path": "/content/dam/d/none", "archiveName": "text.zip", "excludeDefaultRenditions": "true"},
                   {"path": "/content/dam/d/single.txt", "archiveName": "text.zip", "excludeDefaultRenditions": "true"},
                   {"path": "/content/dam/d/shoot/hero.jpg", "archiveName": "text.zip", "layout": "folders", "excludeDefaultRenditions": "true"})
        job = self.start_download(*targets).json()
        self.assertEqual((job["status"], list(job["failures"])), ("PARTIALLY_SUCCESSFUL", ["/content/dam/d/none"]), job)
        text, pictures = job["artifacts"]
        self.assertEqual((text["name"], pictures["name"]), ("text.zip", "pictures.zip"))
        self.assertEqual(self.names(self.get(text["uri"])), ["a+b%20c.txt", "hero.jpg", "single.txt", "ünï.txt"], "each once")
        self.assertEqual(self.names(self.get(pictures["uri"])),
                         ["a (Thumbnail).jpg", "a (cq5dam.thumbnail.48.48).png", "a (cq5dam.web.1280.1280).jpeg"])
        self.assertEqual(sorted(text["successes"]), self.names(self.get(text["uri"])))
        self.assertEqual(len(pictures["successes"]), 3)
        self.assertEqual(self.get("%s?downloadId=%s" % (FRAMEWORK, job["downloadId"])).json(), job)
        again = self.dray.request("POST", "/api/v1/downloads/%s/retry" % job["downloadId"].replace("-", ""), token=self.dray.token("ann"))
        self.assertEqual([one["etag"] for one in again.json()["artifacts"]],
                         [self.get(one["uri"]).headers["ETag"] for one in (text, pictures)], "and once more the same")
        large = self.start_download({"path": "/content/dam/d/many", "archiveName": "a", "excludeDefaultRenditions": True},
                                    {"path": "/content/dam/d/single.txt", "archiveName": "b", "excludeDefaultRenditions": True}).json()
        self.assertEqual(large["status"], "PROCESSING")
        done = self.get("%s?downloadId=%s&wait=30" % (FRAMEWORK, large["downloadId"])).json()
        self.assertEqual([(one["name"], one["fileCount"]) for one in done["artifacts"]], [("a.zip", 11), ("b.zip", 1)])

    def test_parameters_mean_the_same_in_any_order_and_wrong_ones_are_refused(self):
        self.write("pictures/a.png", png(60, 40))
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.start()
        picture, web = "/content/dam/d/pictures/a.png", "cq5dam.web.1280.1280.jpeg"
        for wishes in ({"excludeDefaultRenditions": "true", "renditions": [web]}, {"renditions": web, "imagePreset": "Thumbnail"},
                       {"assetTarget": "smartcrop", "dynamic": "wid=20"}):
            got = []
            for order in (list(wishes), list(reversed(wishes))):
                job = self.start_download({"path": picture, "archiveName": "x", **{name: wishes[name] for name in order}}).json()
                got.append(job["artifacts"][0]["successes"])
            self.assertEqual(got[0], got[1], wishes)
        self.assertEqual(got[0], ["a (20x13).jpg"])
        for wrong in ({"path": None}, {"path": 5}, {"path": ["/content/dam/d"]}, {"archiveName": ["x"]}, {"email": 5}, {"renditions": [1]},
                      {"licenses": {}}, {"excludeDefaultRenditions": "perhaps"}, {"subassets": 1}, {"message": []}, {"layout": 3}):
            answer = self.start_download({"path": "/content/dam/d/single.txt", **wrong})
            self.assertEqual((answer.status, answer.json()["error"].startswith('"%s" must be' % list(wrong)[0])), (400, True), answer.text)
        self.assertEqual(self.get(FRAMEWORK).json()["downloads"][0]["artifacts"][0]["name"], "x.zip", "none of these began anything")
        self.assertEqual(self.start_download({"path": "/content/dam/d/single.txt", "archivePath": "x", "surprise": 1}).status, 201)
        two = self.start_download({"path": "/content/dam/d/single.txt", "archiveName": "x", "renditions": ["x1.png", "x2.png"]}).json()
        failures = two["failures"]["/content/dam/d/single.txt"]
        self.assertEqual((two["failureCount"], "x1.png" in failures, "x2.png" in failures), (2, True, True), two)
        self.assertEqual(self.start_download({"path": picture + "/jcr:content/renditions/nope.png"}).status, 404)
        self.assertEqual(self.start_download({"path": picture + "/jcr:content/renditions/*"}).status, 404, "a name, and no pattern")

    def test_renditions_count_for_the_size_of_a_download(self):
        self.write("pictures/a.png", png(600, 400))
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.start("--now-size", "4kB")
        wish = {"path": "/content/dam/d/pictures/a.png", "excludeDefaultRenditions": True}
        small = self.start_download({**wish, "dynamic": "wid=8&fmt=png"}).json()
        large = self.start_download({**wish, "dynamic": "wid=600&fmt=tif"}).json()
        self.assertLess(small["totalSize"], 4000)
        large = self.get("%s?downloadId=%s&wait=30" % (FRAMEWORK, large["downloadId"])).json()
        self.assertGreater(large["totalSize"], 4000)
        inbox = self.get("/api/v1/inbox").json()
        self.assertEqual([(item["id"], item["inBackground"]) for item in inbox["items"] if item["notice"] == "unread"],
                         [(large["downloadId"].replace("-", ""), True)], "it is announced")

    def test_as_many_renditions_as_the_administrator_allows(self):
        self.dray.start("--renditions-of-download", "3")
        refused = self.start_download({"path": "/content/dam/d/single.txt"})
        self.assertEqual((refused.status, "the 3 that the administrator allows" in refused.text), (413, True), refused.text)
        two = [{"path": "/content/dam/d/single.txt", "archiveName": name, "renditions": ["cq5dam.web*", "cq5dam.zoom*"]} for name in "ab"]
        self.assertEqual(self.start_download(two[0]).status, 201)
        self.assertEqual(self.start_download(*two).status, 413, "of all archives together")
        self.dray.stop()
        for number in range(180):
            self.write("lots/%03d.txt" % number, str(number))
        self.dray.import_folder(self.files / "lots", "/content/dam/lots")
        self.dray.start()
        whole = self.get("/content/dam/lots.assetdownload.zip/x.zip?downloadRenditions=true&flatStructure=true")
        self.assertEqual(whole.status, 200, whole.text[:300])
        self.assertEqual(len(self.names(whole)), 180, "1,080 renditions were asked for")

    def test_the_original_without_an_archive(self):
        self.dray.start()
        answer = self.get("/content/dam/d/shoot/hero.jpg.download.bin")
        self.assertEqual((answer.status, answer.body), (200, b"hero"))
        self.assertEqual(self.get("/content/dam/d/none.jpg.download.bin").status, 404)

    def test_renditions_and_assets_that_are_called_like_addresses(self):
        self.write("pictures/a.png", png(60, 40))
        for name, content in (("fw", "short"), ("fw.download.bin", "long"), ("x.assetdownload.zip", "asset"), ("y.downloadbinaries.json", "json")):
            self.write(name, content)
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.start()
        rendition = "/content/dam/d/pictures/a.png/jcr:content/renditions/cq5dam.thumbnail.48.48.png"
        wait_until(lambda: self.get(rendition).status == 200, "it is made")
        self.assertEqual(self.get(rendition + ".download.bin").body, self.get(rendition).body, "and not the original")
        for path in (rendition + ".assetdownload.zip/x.zip", "/content/dam/d.assetdownload.zip/x.zip?path=" + rendition):
            self.assertEqual((self.get(path).status, "is a rendition" in self.get(path).text), (400, True))
        for name, content in (("fw.download.bin", b"long"), ("x.assetdownload.zip", b"asset"), ("y.downloadbinaries.json", b"json")):
            self.assertEqual(self.get("/content/dam/d/" + name).body, content, "the longest path that is there")
        self.assertEqual(self.names(self.get("/content/dam/d/fw.assetdownload.zip/y.zip")), ["fw/fw"])

    def test_pages_of_other_sites_come_in_where_a_policy_says_so(self):
        folder = self.dray.folder / "content/apps/portal/config"
        folder.mkdir(parents=True)
        def policy(name, **values):
            (folder / ("com.adobe.granite.cors.impl.CORSPolicyImpl~%s.cfg.json" % name)).write_text(json.dumps(values))
        policy("wrong", alloworigin=["*"], supportscredentials=True, allowedpaths=[".*"])
        failed = self.dray.run("serve", "--content", self.dray.folder / "content", expect=None)
        self.assertIn("supportscredentials", failed.stderr)
        policy("wrong", alloworiginregexp=["("])
        self.assertIn("alloworiginregexp", self.dray.run("serve", "--content", self.dray.folder / "content", expect=None).stderr)
        policy("wrong", alloworiginregexp=["https://[a-z]+\\.portal\\.example"], allowedpaths=["/content/dam.*"], supportscredentials=True)
        self.dray.start("--content", str(self.dray.folder / "content"))
        def ask(origin, path=FRAMEWORK, method="OPTIONS", **headers):
            return self.dray.request(method, path, {"Origin": origin, **{key.replace("_", "-"): value for key, value in headers.items()}},
                                     None if method == "OPTIONS" else self.dray.token("ann"))
        wish = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization, content-type"}
        good = ask("https://press.portal.example", **wish)
        self.assertEqual((good.status, good.headers["Access-Control-Allow-Origin"], good.headers["Access-Control-Allow-Credentials"]),
                         (204, "https://press.portal.example", "true"))
        self.assertIn("POST", good.headers["Access-Control-Allow-Methods"])
        for origin in ("https://evil.example", "https://press.portal.example.evil.example", "http://press.portal.example"):
            refused = ask(origin, **wish)
            self.assertIsNone(refused.headers["Access-Control-Allow-Origin"], origin)
        self.assertIsNone(ask("https://press.portal.example", "/api/v1/downloads", **wish).headers["Access-Control-Allow-Origin"])
        self.assertIsNone(ask("https://press.portal.example", Access_Control_Request_Method="DELETE").headers["Access-Control-Allow-Origin"])
        self.assertIsNone(ask("https://press.portal.example", Access_Control_Request_Method="POST",
                              Access_Control_Request_Headers="X-Evil").headers["Access-Control-Allow-Origin"])
        body = {"targets": [{"parameters": {"path": "/content/dam/d/shoot", "excludeDefaultRenditions": True}}]}
        from_portal = self.post(FRAMEWORK, body, {**JSON, "Origin": "https://press.portal.example", "Sec-Fetch-Site": "cross-site"})
        from_evil = self.post(FRAMEWORK, body, {**JSON, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
        self.assertEqual((from_portal.status, from_evil.status), (201, 403), from_portal.text)
        deleted = self.dray.request("DELETE", FRAMEWORK + "?downloadId=" + from_portal.json()["downloadId"],
                                    {"Origin": "https://press.portal.example", "Sec-Fetch-Site": "cross-site"}, self.dray.token("ann"))
        self.assertEqual(deleted.status, 403, "a method that the policy does not name")
        self.assertIn("Content-Range", from_portal.headers["Access-Control-Expose-Headers"])
        self.assertEqual(from_portal.headers["Vary"], "Origin")

    # ---- the classic download ----

    def test_the_classic_address_answers_with_the_archive(self):
        self.dray.start()
        path = "/content/dam/d/shoot.assetdownload.zip/My%20Shoot.zip"
        answer = self.get(path + "?flatStructure=true")
        self.assertEqual(answer.status, 200, answer.text[:300])
        self.assertEqual(answer.headers["Content-Type"], "application/zip")
        self.assertIn('filename="My Shoot.zip"', answer.headers["Content-Disposition"])
        self.assertEqual(self.names(answer), ["a+b%20c.txt", "hero.jpg", "ünï.txt"])
        again = self.get(path + "?flatStructure=true", headers={"Range": "bytes=10-19"})
        self.assertEqual((again.status, again.body, again.headers["ETag"]), (206, answer.body[10:20], answer.headers["ETag"]))
        self.assertEqual(self.names(self.get(path)), ["a+b%20c.txt/a+b%20c.txt", "hero.jpg/hero.jpg", "ünï.txt/ünï.txt"])
        self.assertEqual(self.names(self.get("/content/dam/d/many.assetdownload.zip"))[:1], ["00.txt/00.txt"], "11 assets at once")
        raw, encoded = "/content/dam/d/single.txt", urllib.parse.quote("/content/dam/d/shoot/day 1", safe="")
        form = {"path": [raw, encoded], "flatStructure": "true", "licenseCheck": "false", "_charset_": "utf-8"}
        posted = self.post("/content/site/en/cart.assetdownload.zip/Cart.zip", form, FORM)
        self.assertEqual(self.names(posted), ["a+b%20c.txt", "single.txt", "ünï.txt"])
        parts = "".join('--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % one for one in (
            ("path", "/content/dam/d/shoot/day 1/a+b%20c.txt"), ("path", "/content/dam/d/shoot/day%201/%C3%BCn%C3%AF.txt"), ("flatStructure", "true")))
        multipart = self.dray.request("POST", "/content/site/en/cart.assetdownload.zip/Cart.zip",
                                      {"Content-Type": "multipart/form-data; boundary=b"}, self.dray.token("ann"), parts + "--b--\r\n")
        self.assertEqual(self.names(multipart), ["a+b%20c.txt", "ünï.txt"], "raw, and encoded once more")
        self.assertEqual(self.get("/api/v1/inbox").json()["items"], [], "nothing is kept of it")

    def test_the_classic_address_has_renditions_pages_and_settings(self):
        self.write("pictures/a.png", png(60, 40))
        self.write("pictures/two.pdf", make_pdf(2))
        self.dray.import_folder(self.files, "/content/dam/d")
        self.dray.start("--subassets")
        wait_until(lambda: self.get("/api/v1/assets/content/dam/d/pictures/two.pdf").json()["subassets"], "it is split into pages")
        base = "/content/dam/d/pictures.assetdownload.zip/x.zip?flatStructure=true&downloadAssets=false"
        names = self.names(self.get(base + "&downloadRenditions=true"))
        self.assertIn("a (cq5dam.web.1280.1280).jpeg", names)
        self.assertFalse({"a.png", "two.pdf"} & set(names))
        pages = self.names(self.get(base + "&downloadSubassets=true"))
        self.assertEqual((len(pages), {name[:3] for name in pages}), (2, {"two"}), pages)
        preset = self.get(base.replace("pictures.", "pictures/a.png.") + "&s7exportsettings=" + urllib.parse.quote("{imagepreset:Thumbnail}"))
        self.assertEqual(self.names(preset), ["a (Thumbnail).jpg"])
        settings = self.get(base.replace("pictures.", "pictures/a.png.") + "&s7exportsettings=" + urllib.parse.quote("{is_modifier:wid=12&fmt=png}"))
        self.assertEqual(self.names(settings), ["a (12x8).png"])
        for wrong in ("{is_modifier:wid=x}", "wid=12", "{imagepreset:Nobody}"):
            self.assertEqual(self.get(base + "&s7exportsettings=" + urllib.parse.quote(wrong)).status, 400, wrong)

    def test_ranges_of_the_classic_address_are_of_one_archive(self):
        self.dray.start()
        path = "/content/dam/d/many.assetdownload.zip/x.zip"
        events = lambda: [event for event in self.dray.events() if event["type"] == "DOWNLOAD_OPENED"]
        whole = self.get(path)
        self.write("many/00.txt", "changed!")
        self.dray.import_folder(self.files, "/content/dam/d")
        rest = self.get(path, headers={"Range": "bytes=100-"})
        self.assertEqual((rest.status, rest.body), (206, whole.body[100:]), "what was begun goes on")
        self.assertNotEqual(self.get(path).body, whole.body, "who begins gets what is there")
        before = len(events())
        self.assertEqual(self.get(path, headers={"Range": "bytes=-99999999"}).status, 206)
        self.assertEqual(len(events()), before + 1, "it is all of it")
        self.assertEqual(self.get(path, headers={"Range": "bytes=100-199"}).status, 206)
        self.assertEqual(len(events()), before + 1, "it goes on")
        other = self.get(path, "bob", headers={"Range": "bytes=100-199"})
        self.assertEqual(other.status, 206, "bob has begun nothing, and gets his own")

    def test_what_the_classic_address_refuses(self):
        self.dray.start()
        base = "/content/dam/d.assetdownload.zip/x.zip"
        missing = self.get(base + "?path=/content/dam/d/none&path=/content/dam/d/shoot")
        self.assertEqual(missing.status, 404)
        self.assertIn("/content/dam/d/none", missing.json()["error"])
        self.assertEqual(self.get(base + "?flatStructure=maybe").status, 400)
        self.assertEqual(self.get(base + "?downloadAssets=false").status, 200)
        self.assertIn("no archive", self.get(base + "?downloadAssets=false").json()["message"])
        self.assertEqual(self.dray.request("GET", base, token=None).status, 401)
        self.assertEqual(self.get(base + "?email=bob").json()["error"], "mail is sent for a POST only")
        posted = self.post(base, {"email": "bob", "decodedIDs": "true"}, FORM)
        self.assertEqual((posted.status, "mail service" in posted.json()["error"]), (400, True), posted.text)

    # ---- upload ----

    def initiate(self, *files, folder="/content/dam/d", user="admin"):
        form = {"fileName": [name for name, _ in files], "fileSize": [size for _, size in files]}
        return self.post(folder + ".initiateUpload.json", form, FORM, user)

    def complete(self, file, name, size, folder="/content/dam/d", user="admin", **more):
        form = {"fileName": name, "fileSize": size, "mimeType": "x/y", "uploadToken": file["uploadToken"], **more}
        return self.post(folder + ".completeUpload.json", form, FORM, user)

    def put(self, uri, body, **options):
        return self.dray.request("PUT", urllib.parse.urlsplit(uri).path, options.pop("headers", None), None, body)

    def test_parts_come_in_any_order_side_by_side(self):
        self.dray.start()
        content = noise(210_000_000, 5)
        started = self.initiate(("film.bin", len(content)), ("empty.txt", 0))
        self.assertEqual(started.status, 200)
        film, empty = started.json()["files"]
        self.assertEqual((len(film["uploadURIs"]), len(empty["uploadURIs"]), film["minPartSize"]), (3, 1, 1))
        size = -(-len(content) // 3)
        answers = []
        def send(number):
            answers.append(self.put(film["uploadURIs"][number], content[number * size:(number + 1) * size]).status)
        threads = [threading.Thread(target=send, args=(number,)) for number in (2, 0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        missing = self.complete(film, "film.bin", len(content))
        self.assertEqual(missing.status, 409)
        self.assertIn("send the rest", missing.json()["error"])
        send(1)
        self.assertEqual(answers, [201] * 3)
        self.assertEqual(self.complete(film, "film.bin", len(content) - 1).status, 400)
        self.assertEqual(self.complete(film, "other.bin", len(content)).status, 400)
        self.assertEqual(self.complete({"uploadToken": "x" * 43}, "film.bin", len(content)).status, 400)
        done = self.complete(film, "film.bin", len(content))
        self.assertEqual((done.status, done.json()["files"][0]["isNew"]), (200, True), done.text)
        self.assertEqual(self.complete(film, "film.bin", len(content)).json(), done.json(), "once more, the same answer")
        got = self.get("/content/dam/d/film.bin", "admin")
        self.assertEqual(hashlib.sha256(got.body).digest(), hashlib.sha256(content).digest())
        self.assertEqual(self.put(empty["uploadURIs"][0], b"").status, 201)
        self.assertEqual(self.complete(empty, "empty.txt", 0).status, 200)
        self.assertEqual(self.get("/content/dam/d/empty.txt", "admin").body, b"")
        self.dray.verify()

    def test_a_new_binary_is_a_new_version_and_gets_its_renditions(self):
        self.dray.start()
        for content in (b"first", b"second"):
            file, = self.initiate(("v.txt", len(content))).json()["files"]
            self.assertEqual(self.put(file["uploadURIs"][0], content).status, 201)
            self.assertEqual(self.complete(file, "v.txt", len(content)).status, 200)
        node = self.get("/api/v1/assets/content/dam/d/v.txt", "admin").json()
        self.assertEqual((node["version"], len(node["versions"])), (2, 2))

    def test_who_may_not_write_may_not_upload_and_too_much_is_refused(self):
        self.dray.start()
        self.assertEqual(self.initiate(("x", 1), user="ann").status, 403)
        self.assertEqual(self.initiate(("x", 1), folder="/content/dam/none").status, 404)
        self.assertEqual(self.initiate(("x", 1), folder="/content/dam/d/single.txt").status, 409)
        self.assertEqual(self.initiate().status, 400)
        self.assertEqual(self.initiate(("a:[b].jpg", 0)).status, 200, "a probe is never an error")
        file, = self.initiate(("x.txt", 3)).json()["files"]
        self.assertEqual(self.put(file["uploadURIs"][0], b"four").status, 413)
        self.assertEqual(self.put(file["uploadURIs"][0].replace("/0", "/1"), b"abc").status, 404)
        self.assertEqual(self.put("/api/v1/uploads/%s/0" % ("A" * 43), b"abc").status, 404)
        self.assertEqual(self.put(file["uploadURIs"][0], b"abc").status, 201)
        self.dray.run("access", "allow", "ann", "/content/dam/d", "--privileges", "read,write")
        self.assertEqual(self.complete(file, "x.txt", 3, user="bob").status, 403)
        self.assertEqual(self.complete(file, "x.txt", 3, user="ann").status, 200)

    def test_uploads_survive_a_server_that_is_killed(self):
        self.dray.start()
        content = noise(3_000_000, 9)
        file, = self.initiate(("k.bin", len(content))).json()["files"]
        self.assertEqual(self.put(file["uploadURIs"][0], content).status, 201)
        self.dray.kill()
        self.dray.start()
        self.assertEqual(self.complete(file, "k.bin", len(content)).status, 200)
        self.assertEqual(self.get("/content/dam/d/k.bin", "admin").body, content)

    def test_chunks_follow_each_other(self):
        self.dray.start()
        def chunk(offset, data, total=6):
            boundary = "b%d" % random.randrange(10**9)
            parts = [("_charset_", "utf-8"), ("file@Offset", str(offset)), ("chunk@Length", str(len(data))), ("file@Length", str(total))]
            body = "".join('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (boundary, name, value) for name, value in parts)
            body += '--%s\r\nContent-Disposition: form-data; name="file"; filename="c.txt"\r\n\r\n%s\r\n--%s--\r\n' % (boundary, data, boundary)
            return self.dray.request("POST", "/content/dam/d.createasset.html",
                                     {"Content-Type": "multipart/form-data; boundary=" + boundary}, body=body).status
        self.assertEqual(chunk(3, "def"), 409)
        self.assertEqual(chunk(0, "abc"), 200)
        self.assertEqual(chunk(4, "ef"), 409)
        self.assertEqual(chunk(3, "defg"), 400)
        self.assertEqual(chunk(3, "def", total=7), 409, "another file of that name")
        self.assertEqual(chunk(0, "abc"), 200, "from the beginning once more")
        self.assertEqual(chunk(1, "bc"), 200, "some may come again")
        self.assertEqual(chunk(3, "def"), 200)
        self.assertEqual(self.get("/content/dam/d/c.txt", "admin").body, b"abcdef")
        self.assertEqual(chunk(3, "def"), 409, "it is done")

    def test_what_would_be_lost_or_too_much_is_refused(self):
        self.dray.start()
        raw = self.dray.request("POST", "/api/assets/d/a.png", {"Content-Type": "image/png"}, body=b"bytes")
        self.assertEqual(raw.status, 501, raw.text)
        self.assertEqual(self.get("/api/assets/d/a.png", "admin").status, 404, "no folder of that name")
        self.assertEqual(self.post("/api/assets/d/*", {"class": "assetFolder"}, user="admin").status, 501)
        self.assertEqual(self.initiate(*[("%d.bin" % number, 9 * 10**18) for number in range(100)]).status, 413)
        endless, = self.initiate(("endless.bin", 2**64 - 1)).json()["files"]
        self.assertEqual(len(endless["uploadURIs"]), 10_000)
        self.assertEqual(self.complete(endless, "endless.bin", 2**64 - 1).status, 409)
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        self.assertEqual(self.dray.request("POST", "/content/dam/d.createasset.html", form, self.dray.token("ann"),
                                           b"x" * 100).status, 403, "before the body is read")
        for wish in ({"email": ["x"] * 101}, {"message": "x" * 10_001}, {"renditions": [""]}, {"renditions": ["x"] * 1000}):
            self.assertEqual(self.start_download({"path": "/content/dam/d", **wish}).status, 400, list(wish))
        self.dray.run("access", "allow", "ann", "/content/dam/d", "--privileges", "read,write")
        self.dray.run("access", "deny", "ann", "/content/dam/d/shoot/day 1", "--privileges", "write")
        refused = self.dray.request("DELETE", "/api/assets/d/shoot", token=self.dray.token("ann"))
        self.assertEqual(refused.status, 403, refused.text)
        self.assertEqual(self.get("/content/dam/d/shoot/hero.jpg").status, 200)

    def test_pages_of_other_sites_change_nothing(self):
        self.dray.start()
        own = "http://127.0.0.1:%d" % self.dray.port
        for fields, status in (({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": own}, 200),
                               ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-origin", "Origin": own}, 200)):
            answer = self.dray.request("POST", "/content/dam/d.initiateUpload.json", {**FORM, **fields},
                                       body="fileName=x&fileSize=1")
            self.assertEqual(answer.status, status, fields)
        file, = self.initiate(("x.txt", 3)).json()["files"]
        self.assertEqual(self.put(file["uploadURIs"][0], b"abc", headers={"Origin": "https://portal.example"}).status, 201,
                         "whoever has the address of a part may be anywhere")

    # ---- the rest ----

    def test_folders_are_made_read_and_removed(self):
        self.dray.start()
        folder = {"class": "assetFolder", "properties": {"jcr:title": "Neu & schön"}}
        self.assertEqual(self.post("/api/assets/d/new", folder, user="admin").status, 201)
        self.assertEqual(self.post("/api/assets/d/new", folder, user="admin").status, 409)
        self.assertEqual(self.post("/api/assets/none/new", folder, user="admin").status, 500)
        self.assertEqual(self.post("/api/assets/d/other", folder).status, 403)
        listed = self.get("/api/assets/d.json?limit=2").json()
        self.assertEqual(listed["class"], ["assets/folder"])
        self.assertEqual(listed["properties"]["srn:paging"], {"total": 4, "offset": 0, "limit": 2})
        self.assertEqual([one["properties"] for one in listed["entities"]], [{"name": "many"}, {"name": "new"}])
        self.assertEqual(self.get("/api/assets/d/new.json").json()["properties"]["dc:title"], "Neu & schön")
        shown = self.get("/api/assets/d.json?limit=2&showProperty=jcr:title&showProperty=name").json()
        self.assertEqual([one["properties"] for one in shown["entities"]], [{"name": "many"}, {"name": "new", "jcr:title": "Neu & schön"}])
        self.assertEqual(self.get("/api/v1/assets/content/dam/d/new").json()["title"], "Neu & schön")
        form = self.dray.request("POST", "/api/assets/d/form", FORM, body="jcr%3Atitle=%C3%9Cber")
        self.assertEqual((form.status, self.get("/api/assets/d/form").json()["properties"]["dc:title"]), (201, "Über"))
        self.assertEqual(self.dray.request("POST", "/api/assets/d/empty.png", {"Content-Type": "image/png"}).status, 501, "no folder")
        asset = self.get("/api/assets/d/single.txt").json()
        self.assertEqual((asset["class"], asset["properties"]["dam:size"]), (["assets/asset"], 3))
        self.assertEqual(self.dray.request("HEAD", "/api/assets/d.json").status, 200)
        self.assertEqual(self.dray.request("DELETE", "/api/assets/d/new", token=self.dray.token("ann")).status, 403)
        self.assertEqual(self.dray.request("DELETE", "/api/assets/d/new").status, 200)
        self.assertEqual(self.get("/api/assets/d/new").status, 404)

    def test_pages_learn_who_the_user_is(self):
        self.dray.start()
        user = self.get("/libs/granite/security/currentuser.json?nocache=1").json()
        self.assertEqual((user["type"], user["home"], user["authorizableId_xss"]), ("user", "/home/users/ann", "ann"))
        self.dray.run("user", "add", "eve", "--name", "<b>eve</b>", "--password-file", "-", input="a long password\n")
        eve = self.get("/libs/granite/security/currentuser.json", user="eve").json()
        self.assertEqual((eve["name"], eve["name_xss"]), ("<b>eve</b>", "&lt;b&gt;eve&lt;/b&gt;"))
        self.assertEqual(self.get(user["home"] + "/profile.json").status, 200)
        self.assertEqual(self.get(user["home"] + "/profile.json", user="bob").status, 404)
