"""Processing profiles: what the assets of a folder get beside the default renditions."""

import io
import json
import unittest

from dray import SystemTest, wait_until

try:
    from PIL import Image
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

ZOOM, BANNER, SMALL, WHOLE = "cq5dam.zoom.2048.2048.jpeg", "banner.webp", "small.gif", "whole.png"
DEFAULT = {"cq5dam.thumbnail.48.48.png", "cq5dam.thumbnail.140.100.png", "cq5dam.thumbnail.319.319.png",
           "cq5dam.web.1280.1280.jpeg"}
PROFILE = {"renditions": [
    {"name": ZOOM, "fmt": "jpeg", "wid": 2048, "hei": 2048, "qlt": 90},
    {"name": BANNER, "fmt": "webp", "wid": 300, "qlt": 70, "includeMimeTypes": ["image/*"], "excludeMimeTypes": ["image/gif"]},
    {"name": SMALL, "fmt": "gif", "hei": 50, "includeMimeTypes": ["image/gif", "image/png"]},
    {"name": WHOLE, "fmt": "png", "includeMimeTypes": ["image/png"]}]}


class ProcessingProfiles(SystemTest):
    def setUp(self):
        super().setUp()
        (self.files / "nested/deep").mkdir(parents=True)
        Image.new("RGB", (3000, 1500), "red").save(self.files / "photo.jpg")
        Image.new("RGBA", (600, 400), (0, 0, 255, 100)).save(self.files / "glass.png")
        Image.new("P", (600, 400)).save(self.files / "old.gif")
        Image.new("RGB", (600, 400), "red").save(self.files / "nested/inner.jpg")
        Image.new("RGB", (600, 400), "red").save(self.files / "nested/deep/other.jpg")
        self.write("words.txt", "words")
        self.dray.start()

    def put(self, name, profile, token="admin"):
        return self.dray.request("PUT", "/api/v1/processing-profiles/" + name, {"Content-Type": "application/json"}, token,
                                 json.dumps(profile))

    def bring_in(self):
        self.assertEqual(self.dray.import_folder(self.files, "/content/dam/p")["problems"], [])

    def names(self, asset):
        return {one["name"] for one in self.dray.get("/api/v1/assets/content/dam/p/" + asset).json()["renditions"]}

    def wait_for(self, asset, names):
        wait_until(lambda: self.names(asset) == names, "%s has %s" % (asset, names), 20)

    def picture(self, asset, rendition):
        answer = self.dray.get("/content/dam/p/%s/_jcr_content/renditions/%s" % (asset, rendition))
        self.assertEqual(answer.status, 200, answer.text[:200])
        return Image.open(io.BytesIO(answer.body))

    def test_assets_get_what_their_folder_asks_for(self):
        self.assertEqual(self.put("Web", {**PROFILE, "folders": ["/content/dam/p"]}).status, 200)
        self.assertEqual(self.put("Deep", {"renditions": [], "folders": ["/content/dam/p/nested/deep"]}).status, 200)
        self.bring_in()
        self.wait_for("photo.jpg", DEFAULT | {ZOOM, BANNER})
        self.wait_for("glass.png", DEFAULT | {"cq5dam.web.1280.1280.png", ZOOM, BANNER, SMALL, WHOLE})
        self.wait_for("old.gif", DEFAULT | {ZOOM, SMALL})
        self.wait_for("nested/inner.jpg", DEFAULT | {ZOOM, BANNER})
        self.wait_for("nested/deep/other.jpg", DEFAULT)
        for asset, name, kind, size in (("photo.jpg", ZOOM, "JPEG", (2048, 1024)), ("photo.jpg", BANNER, "WEBP", (300, 150)),
                                        ("glass.png", SMALL, "GIF", (75, 50)), ("glass.png", WHOLE, "PNG", (600, 400)),
                                        ("glass.png", ZOOM, "JPEG", (600, 400))):
            picture = self.picture(asset, name)
            self.assertEqual((picture.format, picture.size), (kind, size), name)
        self.assertEqual(self.picture("glass.png", WHOLE).mode, "RGBA")
        self.assertEqual(self.dray.get("/content/dam/p/old.gif/_jcr_content/renditions/" + BANNER).status, 404)

    def test_downloads_find_them_by_name(self):
        self.put("Web", {**PROFILE, "folders": ["/content/dam/p"]})
        self.bring_in()
        def names(**options):
            answer = self.dray.create_download("/content/dam/p", originals=False, **options)
            skipped = [item for item in answer["skipped"] if not item["path"].endswith("words.txt")]
            return {one["name"] for one in self.dray.manifest(answer["artifacts"][0])["entries"]}, skipped
        found, skipped = names(renditions=["banner.*"])
        self.assertEqual(found, {one + " (banner).webp" for one in ("photo", "glass", "inner", "other")})
        self.assertEqual(skipped, [])
        found, skipped = names(renditions=[SMALL])
        self.assertEqual(found, {"glass (small).gif", "old (small).gif"})
        self.assertEqual({item["path"].rsplit("/", 1)[1]: item["message"] for item in skipped},
                         {name: "small.gif: it has no such rendition" for name in ("photo.jpg", "inner.jpg", "other.jpg")})
        found, _ = names(renditions=["*"], excludeDefaultRenditions=True)
        self.assertFalse([name for name in found if "cq5dam.web" in name or "thumbnail" in name])
        self.assertIn("photo (cq5dam.zoom.2048.2048).jpeg", found)

    def test_what_is_there_already_is_reprocessed(self):
        self.bring_in()
        self.wait_for("photo.jpg", DEFAULT)
        self.put("Web", {**PROFILE, "folders": ["/content/dam/p"]})
        self.assertEqual(self.names("photo.jpg"), DEFAULT)
        done = self.dray.run("reprocess", "/content/dam/p")
        self.assertIn("5 of 6 assets", done.stdout)
        self.wait_for("photo.jpg", DEFAULT | {ZOOM, BANNER})
        self.dray.run("reprocess", "/content/dam/none", expect=5)

    def test_they_are_for_administrators_and_must_be_right(self):
        self.dray.add_user("ann", "dam-users")
        self.assertEqual(self.put("Web", PROFILE, self.dray.token("ann")).status, 403)
        for wrong in ({"renditions": [{"name": "a", "fmt": "bmp"}]}, {"renditions": [{"name": "original"}]},
                      {"renditions": [{"name": "a", "qlt": 0}]}, {"renditions": [{"name": "a", "wid": -5}]},
                      {"renditions": [{"name": "a/b"}]}, {"rendition": []}, [], {"folders": ["x"]}):
            answer = self.put("Web", wrong)
            self.assertEqual(answer.status, 400, wrong)
            self.assertGreater(len(answer.json()["error"]), 10)
        self.assertEqual(self.put("Web", {**PROFILE, "folders": ["/content/dam/p"]}).status, 200)
        self.assertEqual(self.put("Other", {"renditions": [], "folders": ["/content/dam/p"]}).status, 409)
        listed = self.dray.get("/api/v1/processing-profiles").json()["processingProfiles"]
        self.assertEqual([one["name"] for one in listed], ["Web"])
        self.assertEqual(self.dray.request("DELETE", "/api/v1/processing-profiles/Web").status, 204)
        self.assertEqual(self.dray.request("DELETE", "/api/v1/processing-profiles/Web").status, 404)


if __name__ == "__main__":
    unittest.main()
