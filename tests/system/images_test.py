"""Image requests as people and hostile people make them: what comes is looked at with Pillow, which knows nothing of Dray."""

import glob
import hmac
import http.client
import io
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import threading
import time
import unittest
import zipfile
import zlib

from dray import SystemTest, wait_until

try:
    from PIL import Image, ImageCms
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

COLORS = ((200, 30, 40), (30, 160, 60), (40, 60, 200), (128, 128, 128))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, rows=None, interlace=0):
    """Four flat quarters, or the rows given."""
    if rows is None:
        half = width // 2
        top = b"\0" + bytes(COLORS[0]) * half + bytes(COLORS[1]) * (width - half)
        bottom = b"\0" + bytes(COLORS[2]) * half + bytes(COLORS[3]) * (width - half)
        rows = top * (height // 2) + bottom * (height - height // 2)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlace)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Images(SystemTest):
    def put(self, **files):
        for name, content in files.items():
            self.write(name.replace("__", "."), content)
        report = self.dray.import_folder(self.files, "/content/dam/i")
        self.assertEqual(report["problems"], [])

    def ask(self, target, **options):
        return self.dray.get("/is/image/i/" + target, **options)

    def picture(self, target):
        answer = self.ask(target)
        self.assertEqual(answer.status, 200, answer.text[:300])
        return Image.open(io.BytesIO(answer.body))

    def near(self, got, wanted, by=4):
        self.assertTrue(all(abs(a - b) <= by for a, b in zip(got, wanted)), "%s is not %s" % (got, wanted))

    def test_pictures_in_every_format(self):
        self.put(hero__png=png(600, 400))
        self.dray.start()
        for wanted, name in (("jpeg", "JPEG"), ("pjpeg", "JPEG"), ("png", "PNG"), ("png8", "PNG"), ("gif", "GIF"), ("tif", "TIFF"),
                             ("tif,,lzw", "TIFF"), ("webp", "WEBP"), ("jpeg2000", "JPEG2000"), ("tif,cmyk", "TIFF")):
            picture = self.picture("hero.png?wid=300&fmt=" + wanted)
            self.assertEqual((picture.format, picture.size), (name, (300, 200)), wanted)
            if "cmyk" not in wanted:
                for at, color in zip(((10, 10), (290, 10), (10, 190), (290, 190)), COLORS):
                    self.near(picture.convert("RGB").getpixel(at), color, 12)
        for wanted, start in (("pdf", b"%PDF-1.4"), ("eps", b"%!PS-Adobe"), ("avif", b"\0\0\0"), ("heic", b"\0\0\0"), ("jxl", b"")):
            self.assertTrue(self.ask("hero.png?wid=30&fmt=" + wanted).body.startswith(start), wanted)

    def test_a_picture_is_kept_by_caches_and_can_be_had_in_ranges(self):
        self.put(hero__png=png(600, 400))
        self.dray.start()
        first = self.ask("hero.png?wid=300")
        self.assertEqual(self.ask("hero.png?wid=300", headers={"If-None-Match": first.headers["ETag"]}).status, 304)
        part = self.ask("hero.png?wid=300", headers={"Range": "bytes=10-19"})
        self.assertEqual((part.status, part.body), (206, first.body[10:20]))
        self.assertEqual(len(first.headers.get_all("Cache-Control")), 1)
        self.assertEqual(self.ask("hero.png?hei=200").body, first.body, "the same picture, asked for otherwise")

    def repeated(self):
        return int(re.search(r"dray_http_answers_repeated_total (\d+)", self.dray.get("/metrics", token=None).text)[1])

    def test_an_answer_is_repeated_only_while_nothing_has_changed(self):
        self.put(hero__png=png(600, 400))
        self.dray.start()
        self.dray.add_user("ann", "dam-users")
        ann = self.dray.token("ann")
        put = lambda query: self.dray.request("PUT", "/api/v1/presets/p", {"Content-Type": "application/json"},
                                              body=json.dumps({"query": query}))
        put("wid=60&fmt=png")

        def ask(token=ann, target="hero.png?$p$", **headers):
            return self.dray.get("/is/image/i/" + target, headers, token)

        def repeats():  # within one second the third answer is a repeated one, whatever the background does
            for _ in range(50):
                before = self.repeated()
                ask(), ask(), ask()
                if self.repeated() > before:
                    return True
            return False

        self.assertTrue(repeats())
        first = ask()
        part = ask(Range="bytes=1-3")
        self.assertEqual((part.status, part.body), (206, first.body[1:4]))
        self.assertEqual(ask(**{"If-None-Match": first.headers["ETag"]}).status, 304)
        connection = http.client.HTTPConnection("127.0.0.1", self.dray.port, timeout=20)
        for headers, status in (({"Range": "bytes=9999999-"}, 416), ({"If-Match": '"x"'}, 412)) * 3:
            connection.request("GET", "/is/image/i/hero.png?$p$", headers={"Authorization": "Bearer " + ann, **headers})
            answer = connection.getresponse()
            self.assertEqual((answer.status, b"error" in answer.read()), (status, True))
        connection.close()
        head = self.dray.request("HEAD", "/is/image/i/hero.png?$p$", token=ann)
        self.assertEqual((head.status, head.body, head.headers["Content-Length"]), (200, b"", str(len(first.body))))
        for nobody in (None, "dray_wrong", "admin"):
            self.assertEqual(ask(nobody).status, 200 if nobody == "admin" else 401)
        self.assertEqual(ask(None, Cookie="login-token=x").status, 401)

        def changes(change, status):
            self.assertTrue(repeats())
            change()
            self.assertEqual(ask().status, status)

        changes(lambda: put("wid=90&fmt=png"), 200)
        self.assertEqual(Image.open(io.BytesIO(ask().body)).size, (90, 60))
        changes(lambda: self.dray.run("access", "deny", "ann", "/content/dam/i", "--privileges", "rendition"), 403)
        self.dray.run("access", "remove", "ann", "/content/dam/i", "--effect", "deny")
        self.write("hero.png", png(300, 300))
        changes(lambda: self.dray.import_folder(self.files, "/content/dam/i"), 200)
        self.assertEqual(Image.open(io.BytesIO(ask().body)).size, (90, 90))
        changes(lambda: self.dray.run("user", "disable", "ann"), 401)

    def test_no_operation_takes_more_time_or_memory_than_its_picture_is_worth(self):
        row = b"\0" + os.urandom(4 * 3000)
        chunks = chunk(b"IHDR", struct.pack(">IIBBBBB", 3000, 3000, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(row * 3000))
        self.put(noise__png=b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b""))
        self.dray.start()
        for query in ("rotate=33&wid=200", "rotate=45", "op_blur=100&wid=900", "op_grow=100", "op_growMask=-100&fmt=png-alpha",
                      "op_usm=5,250,0", "op_colorize=ff0000&wid=10", "flip=ud", "extend=500,500,500,500&rotate=1"):
            begun = time.monotonic()
            answer = self.ask("noise.png?" + query)
            self.assertEqual(answer.status, 200, query + ": " + answer.text[:200])
            self.assertLess(time.monotonic() - begun, 15, query)

    def test_presets_are_kept_by_the_api(self):
        self.put(hero__png=png(600, 400))
        self.dray.start()
        def put(name, query, token="admin"):
            return self.dray.request("PUT", "/api/v1/presets/" + name, {"Content-Type": "application/json"}, token,
                                     json.dumps({"query": query}))
        self.assertEqual(put("Banner", "wid=120&fmt=png").status, 200)
        self.assertEqual(self.picture("hero.png?$banner$").size, (120, 80))
        self.assertEqual(self.picture("hero.png?$banner$&wid=60").size, (60, 40))
        self.assertEqual(put("Banner", "wid=no").status, 400)
        self.assertEqual(put("a%20b", "wid=1").status, 400)
        self.assertEqual(put("x", "wid=1&foo=2").json()["unknownCommands"], ["foo"])
        names = [preset["name"] for preset in self.dray.get("/api/v1/presets").json()["presets"]]
        self.assertLessEqual({"Banner", "Cross-Sell", "!_s7product"}, set(names))
        self.dray.add_user("ann", "dam-users")
        ann = self.dray.token("ann")
        self.assertEqual(put("Banner", "wid=1", ann).status, 403)
        self.assertEqual(self.dray.request("DELETE", "/api/v1/presets/banner", token=ann).status, 403)
        self.assertEqual(self.dray.request("DELETE", "/api/v1/presets/banner").status, 204)
        self.assertEqual(self.ask("hero.png?$banner$").status, 403)

    def test_signed_requests_need_no_account_and_unsigned_ones_are_refused(self):
        self.put(hero__png=png(600, 400), secret__png=png(60, 40))
        key = self.dray.folder / "key"
        key.write_text("0123456789abcdef" * 4 + "\n")
        self.dray.start("--image-key", str(key))
        def sign(request, *options):
            return self.dray.run("sign", request, "--key", str(key), *options).stdout.strip()
        signed = sign("/is/image/i/hero.png?wid=300")
        self.assertRegex(signed, r"^/is/image/i/hero.png\?wid=300&sig=[0-9a-f]{64}$")
        for token in (None, "admin"):
            answer = self.dray.get(signed, token=token)
            self.assertEqual((answer.status, Image.open(io.BytesIO(answer.body)).size), (200, (300, 200)))
        text = "/is/image/i/hero.png?wid=300"
        code = hmac.new(b"0123456789abcdef" * 4, text.encode(), "sha256").hexdigest()
        self.assertTrue(signed.endswith(code), "anyone can make them")
        self.assertEqual(self.dray.get(sign("/is/image/i/hero.png"), token=None).status, 200)
        self.assertEqual(self.dray.get(sign("/is/image/i/hero.png?wid=30", "--expires-in", "60"), token=None).status, 200)
        old = "/is/image/i/hero.png?wid=30&expires=1000000000"
        old += "&sig=" + hmac.new(b"0123456789abcdef" * 4, old.encode(), "sha256").hexdigest()
        self.assertIn("is over", self.dray.get(old).text)
        for wrong in (signed.replace("wid=300", "wid=301"), signed.replace("hero", "secret"), signed[:-1], signed + "&wid=9",
                      signed[:-1] + ("0" if signed[-1] != "0" else "1"), "/is/image/i/hero.png?wid=300", "/is/image/i/hero.png",
                      "/is/image/i/hero.png?sig=", signed + "&" + signed.split("?")[1].replace("wid=300", "wid=9")):
            self.assertEqual(self.dray.get(wrong, token=None).status, 401, wrong)
            self.assertEqual(self.dray.get(wrong).status, 403, wrong)
        self.dray.run("access", "deny", "everyone", "/content/dam/i/secret.png", "--privileges", "read")
        self.assertEqual(self.dray.get(sign("/is/image/i/secret.png"), token=None).status, 403)
        key.write_text("short")
        self.assertIn("less than 16 bytes", self.dray.run("sign", "/is/image/i/x", "--key", str(key), expect=2).stderr)

    def test_xmp_comes_as_the_file_has_it(self):
        packet = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>"
        body = b"http://ns.adobe.com/xap/1.0/\0" + packet
        file = io.BytesIO()
        Image.new("RGB", (60, 40)).save(file, "JPEG")
        jpeg = file.getvalue()
        self.put(with__jpg=jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:], without__png=png(60, 40))
        self.dray.start()
        answer = self.ask("with.jpg?req=xmp")
        self.assertEqual((answer.status, answer.headers["Content-Type"], answer.body), (200, "text/xml; charset=utf-8", packet))
        self.assertEqual(self.ask("without.png?req=xmp").status, 403)

    def test_paths_come_along_as_other_programs_read_them(self):
        knots = b"".join(struct.pack(">h6i", 1, *(3 * (int(y * 2 ** 24), int(x * 2 ** 24))))
                         for y, x in ((0.25, 0.25), (0.25, 0.75), (0.75, 0.75), (0.75, 0.25)))
        records = struct.pack(">h24x", 6) + struct.pack(">hh22x", 0, 4) + knots
        segment = b"Photoshop 3.0\0" + b"8BIM" + struct.pack(">HHI", 2000, 0, len(records)) + records
        file = io.BytesIO()
        Image.new("RGB", (600, 400), (200, 30, 40)).save(file, "JPEG")
        jpeg = file.getvalue()
        self.put(with__jpg=jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + jpeg[2:])
        self.dray.start()
        for format in ("jpeg", "tif"):
            answer = self.ask("with.jpg?crop=0,0,300,200&wid=150&pathEmbed=1&fmt=" + format)
            self.write("made." + format, answer.body)
            svg = subprocess.run(["identify", "-format", "%[8BIM:2000,2001:#1]", str(self.files / ("made." + format))],
                                 capture_output=True, text=True, check=True).stdout
            self.assertRegex(svg, "M 75 50\nL 225 50\n", format)  # of 150 x 100
        props = self.ask("with.jpg?pathEmbed=1&req=props").text
        self.assertIn("image.pathEmbed=1", props)
        self.assertIn("image.pathEmbed=0", self.ask("with.jpg?req=props").text)
        self.write("made.eps", self.ask("with.jpg?fmt=eps&iccEmbed=1&pathEmbed=1").body)
        said = json.loads(subprocess.run(["exiftool", "-j", "-G", "-ICC_Profile:all", "-Photoshop:all", "-b",
                                          str(self.files / "made.eps")], capture_output=True, text=True, check=True).stdout)[0]
        self.assertTrue(any(key.startswith("ICC_Profile:") for key in said), said)

    def test_another_image_stands_for_one_that_is_missing(self):
        self.put(hero__png=png(600, 400), other__png=png(300, 300))
        self.dray.start()
        self.assertEqual(self.picture("none.png?wid=50&rotate=45&fmt=png&defaultImage=i/other.png").size, (50, 50))
        self.assertEqual(self.picture("hero.png?wid=60&defaultImage=i/other.png").size, (60, 40))
        self.assertEqual(self.ask("none.png?wid=50&defaultImage=i/none.png").status, 403)
        self.assertEqual(self.ask("none.png?req=props&defaultImage=i/other.png").status, 403)

    def test_rights_are_asked_at_every_request(self):
        self.put(hero__png=png(600, 400))
        self.dray.add_user("ann", "dam-users")
        self.dray.start()
        ann = self.dray.token("ann")
        self.assertEqual(self.ask("hero.png?wid=30", token=ann).status, 200)
        self.assertEqual(self.ask("hero.png?wid=30", token=None).status, 401)
        self.dray.run("access", "deny", "ann", "/content/dam/i", "--privileges", "rendition")
        self.assertEqual(self.ask("hero.png?wid=30", token=ann).status, 403)
        self.dray.run("access", "deny", "ann", "/content/dam/i", "--privileges", "read")
        refused, absent = self.ask("hero.png?req=exists", token=ann), self.ask("none.png?req=exists", token=ann)
        self.assertEqual(refused.text, absent.text)

    def test_what_is_wrong_is_said(self):
        self.put(hero__png=png(600, 400), text__txt="words", lie__png=b"\xff\xd8\xff\xe0 no")
        self.dray.start()
        for target, said in (("hero.png?wid=0", "wid takes"), ("hero.png?scl=0.01", "are allowed"), ("none.png", "there is no image"),
                             ("text.txt?wid=3", "are not made into pictures"), ("hero.png?fmt=jpegxr", "use jpeg2000 or webp"),
                             ("hero.png?icc=Nope", "there is no profile"), ("hero.png?layer=1", "not supported"),
                             ("hero.png?fmt=png&icc=sGray&wid=%", "")):
            answer = self.ask(target)
            self.assertIn(answer.status, (400, 403), target)
            self.assertIn(said, answer.text)

    def test_damaged_files_say_so_and_nothing_falls(self):
        good = png(600, 400)
        hostile = {
            "cut": good[:len(good) // 2], "empty": b"", "bomb": png(60000, 60000, zlib.compress(bytes(1000))),
            "zeros": bytes(5000), "wide": png(70000, 1), "flipped": good[:60] + bytes(20) + good[80:],
            "polyglot": good + b"<script>alert(1)</script>", "interlaced": png(9000, 9000, b"\0", interlace=1),
        }
        self.put(hero__png=good, **{name + "__png": content for name, content in hostile.items()},
                 jpg__jpg=b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(100), gif__gif=b"GIF89a" + b"\xff" * 200, tif__tif=b"II*\0" + b"\xff" * 200,
                 webp__webp=b"RIFF\x10\0\0\0WEBPVP8 " + b"\xff" * 50, pdf__pdf=b"%PDF-1.4\n" + b"/JS (app.alert(1))" * 20,
                 svg__svg=b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><image href="file:///etc/passwd" '
                          b'width="40" height="40"/><script>alert(1)</script><rect width="9" height="9"/></svg>',
                 big__svg=b'<svg xmlns="http://www.w3.org/2000/svg" width="900000" height="900000"/>',
                 psd__psd=b"8BPS\0\1" + bytes(300), avif__avif=b"\0\0\0\x20ftypavif" + bytes(200), jxl__jxl=b"\xff\x0a" + bytes(100))
        self.dray.start("--image-patience", "10")
        names = [os.path.basename(path) for path in glob.glob(str(self.files / "*"))]
        for name in names:
            begin = time.monotonic()
            answer = self.ask(name + "?wid=100")
            self.assertIn(answer.status, (200, 403), "%s: %s" % (name, answer.text[:200]))
            self.assertLess(time.monotonic() - begin, 25, name)
            if answer.status == 403:
                self.assertGreater(len(answer.text), 10)
        self.assertEqual(self.ask("hero.png?wid=100").status, 200)
        self.assertEqual(self.ask("svg.svg?wid=20").status, 200)
        self.assertEqual(self.ask("polyglot.png?wid=20").status, 200)
        for name in ("bomb.png", "wide.png", "interlaced.png", "big.svg"):
            self.assertIn("it may have" if name == "bomb.png" else "may have", self.ask(name + "?wid=20").text, name)

    def entries(self, artifact):
        """The archive's files by name."""
        content = self.dray.get(artifact["uri"]).body
        self.assertEqual(len(content), artifact["size"])
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            self.assertIsNone(archive.testzip())
            return {name: archive.read(name) for name in archive.namelist()}

    def test_a_download_with_renditions(self):
        self.put(beach__png=png(4000, 3000), city__png=png(600, 400), notes__txt="words")
        self.dray.start()
        print_size = {"width": 10, "height": 15, "unit": "cm", "resolution": 300, "format": "tif", "colorSpace": "CMYK",
                      "modifiers": "op_invert=1&fit=crop,1"}
        answer = self.dray.create_download("/content/dam/i", renditions=["cq5dam.web.*", "*140.100*", "nothing"],
                                           dynamic=[{"preset": "Main"}, print_size])
        self.assertEqual(answer["status"], "PARTIALLY_SUCCESSFUL")
        reasons = [(item["path"], item["reason"]) for item in answer["skipped"]]
        self.assertEqual(reasons.count(("/content/dam/i", "no_rendition")), 1)
        self.assertEqual(reasons.count(("/content/dam/i/notes.txt", "not_rendered")), 4)
        files = self.entries(answer["artifacts"][0])
        self.assertEqual(set(files), {"notes.txt"} | {
            name for stem in ("beach", "city") for name in (
                stem + ".png", stem + " (cq5dam.web.1280.1280).jpeg", stem + " (cq5dam.thumbnail.140.100).png",
                stem + " (Main).jpg", stem + " (1181x1772).tif")})
        self.assertEqual(files["beach.png"], (self.files / "beach.png").read_bytes())
        sizes = {name: Image.open(io.BytesIO(files[name])).size for name in files if name != "notes.txt"}
        self.assertEqual(sizes["beach (cq5dam.web.1280.1280).jpeg"], (1280, 960))
        self.assertEqual(sizes["beach (cq5dam.thumbnail.140.100).png"], (134, 100))
        self.assertEqual(sizes["city (cq5dam.web.1280.1280).jpeg"], (600, 400))
        self.assertEqual(sizes["beach (Main).jpg"], (350, 350))
        tiff = Image.open(io.BytesIO(files["beach (1181x1772).tif"]))
        self.assertEqual((tiff.size, tiff.mode, round(tiff.info["dpi"][0])), ((1181, 1772), "CMYK", 300))
        seen = ImageCms.profileToProfile(tiff, io.BytesIO(tiff.info["icc_profile"]), ImageCms.createProfile("sRGB"),
                                         outputMode="RGB")
        self.near(seen.getpixel((100, 100)), [255 - value for value in COLORS[0]], 80)  # as far as inks go

    def test_a_download_with_renditions_resumes_and_is_the_same_for_ever(self):
        self.put(beach__png=png(2000, 1500))
        self.dray.start()
        first = self.dray.create_artifact("/content/dam/i", dynamic=[{"width": 300}])
        whole = self.dray.get(first["uri"]).body
        self.dray.kill()
        self.dray.start()
        self.assertEqual(self.dray.get_range(first["uri"], 1000, 2000), whole[1000:2001])
        again = self.dray.create_artifact("/content/dam/i", dynamic=[{"width": 300}])
        self.assertEqual(again["etag"], first["etag"])
        self.assertEqual(self.dray.get(again["uri"]).body, whole)

    def test_one_rendition_comes_bare_and_rights_are_those_of_renditions(self):
        self.put(beach__png=png(2000, 1500))
        self.dray.add_user("ann", "dam-users")
        self.dray.run("access", "deny", "ann", "/content/dam/i", "--privileges", "original")
        self.dray.start()
        ann = self.dray.token("ann")
        self.assertEqual(self.dray.create_download("/content/dam/i", token=ann)["artifacts"], [])
        artifact = self.dray.create_artifact("/content/dam/i", token=ann, originals=False, dynamic=[{"preset": "thumbnail"}])
        self.assertEqual((artifact["name"], artifact["mimeType"]), ("beach (thumbnail).jpg", "image/jpeg"))
        self.assertEqual(Image.open(io.BytesIO(self.dray.get(artifact["uri"], token=ann).body)).size, (150, 150))
        self.dray.run("access", "deny", "ann", "/content/dam/i", "--privileges", "rendition")
        self.assertEqual(self.dray.get(artifact["uri"], token=ann).status, 403)

    def test_what_no_download_can_hold_is_refused_at_once(self):
        self.put(beach__png=png(200, 150))
        self.dray.start()
        for options, said in (({"dynamic": [{"preset": "Nope"}]}, "no image preset"), ({"dynamic": [{"unit": "ell"}]}, "no unit"),
                              ({"dynamic": [{"width": -1}]}, "number from"), ({"dynamic": [{"format": "swf"}]}, "use jpeg2000"),
                              ({"dynamic": [{"modifiers": "req=mask"}]}, "req has no place"), ({"dynamic": 3}, "list"),
                              ({"renditions": [1]}, "named by a text"), ({"dynamic": [{"wid": 1}]}, "no field")):
            answer = self.dray.ask_download("/content/dam/i", **options)
            self.assertEqual(answer.status, 400, options)
            self.assertIn(said, answer.text)

    def put_profile(self, name, crops, folders, token="admin"):
        wish = {"crops": [{"name": crop, "width": width, "height": height} for crop, width, height in crops], "folders": folders}
        return self.dray.request("PUT", "/api/v1/image-profiles/" + name, {"Content-Type": "application/json"}, token, json.dumps(wish))

    def test_smart_crops(self):
        gray, red = bytes((128, 128, 128)), bytes((255, 0, 0))
        rows = b"".join(b"\0" + (gray * 1000 + red * 100 + gray * 100 if 300 < y < 400 else gray * 1200) for y in range(800))
        self.put(face__png=png(1200, 800, rows), notes__txt="words")
        self.dray.start()
        self.assertEqual(self.put_profile("Banners", [("Large", 600, 400), ("Square", 100, 100), ("Tile", 300, 300)],
                                          ["/content/dam/i"]).status, 200)
        self.assertEqual(self.put_profile("Other", [("A", 60, 60)], ["/content/dam/i"]).status, 409)
        self.assertEqual(self.put_profile("Other", [("A", 10, 60)], []).status, 400)
        crops = {crop["name"]: crop for crop in self.dray.get("/api/v1/smart-crops/content/dam/i/face.png").json()["smartCrops"]}
        self.assertEqual(set(crops), {"Large", "Square", "Tile"})
        square = crops["Square"]
        self.assertGreater(square["left"] + square["normalizedWidth"], 0.9, "the red spot is what there is to see")
        self.assertEqual([square[name] for name in ("left", "top")], [crops["Tile"][name] for name in ("left", "top")])
        self.assertEqual(self.picture("face.png:Square").size, (100, 100))
        self.assertEqual(self.picture("face.png%3ALarge?wid=300").size, (300, 200))
        self.assertIn("SmartCropWidth=300", self.ask("face.png:Tile?req=userdata").text)
        self.assertEqual(self.ask("face.png:Nope").status, 403)
        change = {"name": "Square", "left": 0, "top": 0, "normalizedWidth": 0.25, "normalizedHeight": 0.375}
        def put(body, token="admin"):
            return self.dray.request("PUT", "/api/v1/smart-crops/content/dam/i/face.png", {"Content-Type": "application/json"},
                                     token, json.dumps(body))
        self.dray.add_user("ann", "dam-users")
        self.assertEqual(put(change, self.dray.token("ann")).status, 403)
        self.assertEqual(put({**change, "left": 0.9}).status, 400)
        self.assertEqual(put({**change, "name": "Nope"}).status, 404)
        self.assertTrue(put(change).json()["byHand"])
        self.near(self.picture("face.png:Square?fmt=png").convert("RGB").getpixel((50, 50)), (128, 128, 128))
        self.assertEqual(self.put_profile("Banners", [("Square", 100, 100), ("Wide", 400, 100)], ["/content/dam/i"]).status, 200)
        crops = {crop["name"]: crop for crop in self.dray.get("/api/v1/smart-crops/content/dam/i/face.png").json()["smartCrops"]}
        self.assertTrue(crops["Square"]["byHand"], "what was changed by hand stays")
        answer = self.dray.create_download("/content/dam/i", originals=False, smartCrops=True)
        files = self.entries(answer["artifacts"][0])
        self.assertEqual(set(files), {"face (Square).jpg", "face (Wide).jpg"})
        self.assertEqual(Image.open(io.BytesIO(files["face (Wide).jpg"])).size, (400, 100))
        named = self.dray.create_download("/content/dam/i", smartCrops=["Wide"])
        self.assertEqual([(item["path"], item["reason"]) for item in named["skipped"]], [("/content/dam/i/notes.txt", "not_rendered")])

    def test_static_renditions_are_made_in_the_background(self):
        self.put(beach__png=png(4000, 3000), cut__png=png(400, 300)[:200])
        self.dray.start()
        def made(name):
            return self.dray.get("/api/v1/assets/content/dam/i/" + name).json()["renditions"]
        wait_until(lambda: len(made("beach.png")) == 4 and len(made("cut.png")) == 4, "the renditions are made")
        self.assertEqual(sorted(item["name"] for item in made("beach.png")),
                         ["cq5dam.thumbnail.140.100.png", "cq5dam.thumbnail.319.319.png", "cq5dam.thumbnail.48.48.png",
                          "cq5dam.web.1280.1280.jpeg"])
        for item in made("beach.png"):
            picture = Image.open(io.BytesIO(self.dray.get(item["uri"]).body))
            self.assertEqual(picture.size, (item["width"], item["height"]))
        self.assertTrue(all("failure" in item for item in made("cut.png")))
        self.assertEqual(self.dray.get("/content/dam/i/cut.png/_jcr_content/renditions/cq5dam.thumbnail.48.48.png").status, 404)
        original = self.dray.get("/content/dam/i/beach.png/_jcr_content/renditions/original")
        self.assertEqual(original.body, (self.files / "beach.png").read_bytes())

    def workers(self):
        children = set()
        for path in glob.glob("/proc/%d/task/*/children" % self.dray.server.pid):
            with open(path) as file:
                children |= set(map(int, file.read().split()))
        return sorted(children)

    def test_workers_that_are_killed_are_replaced(self):
        self.put(hero__png=png(3000, 2000))
        self.dray.start()
        self.assertEqual(self.ask("hero.png?wid=100").status, 200)
        end, killed = time.monotonic() + 5, 0
        failures = []

        def ask(offset):
            for width in range(offset, 4000, 2):
                if time.monotonic() > end:
                    return
                answer = self.ask("hero.png?wid=%d&fmt=png" % (200 + width % 1000))
                if answer.status != 200 and "broke off" not in answer.text:
                    failures.append(answer.text)

        threads = [threading.Thread(target=ask, args=(offset,)) for offset in (0, 1)]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            for pid in self.workers()[:1]:
                os.kill(pid, signal.SIGKILL)
                killed += 1
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        self.assertGreater(killed, 5)
        self.assertEqual(failures, [], self.dray.log()[-2000:])
        self.assertEqual(self.ask("hero.png?wid=77").status, 200)
        self.assertEqual(self.dray.get("/readyz", token=None).status, 200)
        self.assertEqual(self.dray.stop(), 0)

    def start_with_idle_workers(self):
        """As many as there may be: all have been asked for something, and have nothing to do."""
        self.put(hero__png=png(600, 400))
        self.dray.start()
        threads = [threading.Thread(target=self.ask, args=("hero.png?wid=%d" % width,)) for width in range(10, 30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_workers_that_died_while_idle_are_no_files_fault(self):
        self.start_with_idle_workers()
        for pid in self.workers():
            os.kill(pid, signal.SIGKILL)
        artifact = self.dray.create_artifact("/content/dam/i", originals=False, dynamic=[{"width": 99}])
        self.assertEqual(Image.open(io.BytesIO(self.dray.get(artifact["uri"]).body)).size, (99, 66))

    def test_workers_that_died_before_they_read_a_job_are_no_files_fault(self):
        self.start_with_idle_workers()
        stopped = self.workers()
        self.assertGreaterEqual(len(stopped), 2)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(self.ask("hero.png?wid=99")))
        asking.start()
        time.sleep(1)  # the job lies before a worker that does not read
        self.assertEqual(answers, [])
        for pid in stopped:
            os.kill(pid, signal.SIGKILL)
        asking.join()
        self.assertEqual(answers[0].status, 200, answers[0].text[:300])

    def test_one_giant_does_not_take_the_others_with_it(self):
        self.put(wide__png=png(65000, 100))
        self.dray.start()
        answer = self.dray.create_download("/content/dam/i", originals=False, renditions=["*", "cq5dam.thumbnail.4096.4096.png"])
        self.assertGreaterEqual(len(self.entries(answer["artifacts"][0])), 4)

    def test_a_request_is_told_once_what_it_has_wrong(self):
        for number in range(30):
            self.write("a%d.png" % number, png(8, 8))
        self.dray.import_folder(self.files, "/content/dam/i")
        self.dray.start()
        modifiers = "&".join("x%d" % number for number in range(300))
        targets = ["/content/dam/i/a%d.png" % number for number in range(30)]
        answer = self.dray.create_download(*targets, dynamic=[{"width": 3, "modifiers": modifiers}])
        self.assertEqual(len(answer["skipped"]), 100)

    def test_workers_see_nothing_of_the_server(self):
        self.put(hero__png=png(600, 400))
        self.dray.start()
        self.assertEqual(self.ask("hero.png?wid=100").status, 200)
        for pid in self.workers():
            with open("/proc/%d/status" % pid) as file:
                status = dict(line.split(":", 1) for line in file)
            self.assertEqual(status["Seccomp"].strip(), "2")
            self.assertEqual(status["NoNewPrivs"].strip(), "1")
            environment = pathlib.Path("/proc/%d/environ" % pid).read_bytes()
            self.assertNotIn(b"DRAY_ADMIN_PASSWORD", environment)
            opened = [os.readlink(path) for path in glob.glob("/proc/%d/fd/*" % pid)]
            self.assertFalse([path for path in opened if "dray.db" in path or "/blobs/" in path], opened)
            self.assertEqual(len([path for path in opened if path.startswith("socket:")]), 1, "its channel, and no other")
        workers = self.workers()
        self.dray.kill()
        wait_until(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in workers), "the workers end with their server")


if __name__ == "__main__":
    unittest.main()
