"""Image requests against a running server, row by row: the table is-vectors.tsv below $DRAY_SHARED, with the script that makes its
images beside it. Replies are looked at with Pillow and libvips' command line, which know nothing of Dray."""

import csv
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import unittest
import urllib.parse

from dray import SystemTest

TABLE = pathlib.Path(os.environ.get("DRAY_SHARED", "/nonexistent")) / "reference/is-vectors.tsv"
SETTINGS = {"largest": {"width": 3000, "height": 3000}, "defaultSize": {"width": 1280, "height": 1280},
            "rgbProfile": "", "grayProfile": "", "cmykProfile": "", "embedsProfile": False,
            "sourceRgbProfile": "sRGB", "sourceGrayProfile": "sGray", "sourceCmykProfile": ""}
CMYK_PROFILES = ("/usr/share/color/icc/ghostscript/default_cmyk.icc", "/usr/share/color/icc/ghostscript/ps_cmyk.icc")
MACRO = "wid=240&fmt=jpeg&qlt=85&bgc=200,200,200&align=-1,-1"
FORMATS = {"jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp", "avif": "image/avif",
           "heic": "image/heic", "jp2": "image/jp2", "tif": "image/tiff", "pdf": "application/pdf", "eps": "image/eps",
           "text": None}


def rows():
    with open(TABLE, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


class Reply:
    """What came, and what it holds."""

    def __init__(self, answer):
        from PIL import Image
        self.answer, self.body, self.mime = answer, answer.body, answer.headers.get_content_type()
        self.image = None
        if self.mime in ("image/heic", "image/avif"):
            out = "/tmp/dray-vector.png"
            pathlib.Path("/tmp/dray-vector.heif").write_bytes(self.body)
            subprocess.run(["vips", "copy", "/tmp/dray-vector.heif", out], check=True)
            self.image = Image.open(out)
        elif self.mime.startswith("image/") and self.mime != "image/eps":
            self.image = Image.open(io.BytesIO(self.body))
        if self.image:
            self.image.load()

    @property
    def size(self):
        if self.image:
            return self.image.size
        if self.mime == "application/pdf":
            found = re.search(rb"/Width (\d+) /Height (\d+)", self.body)
            return int(found[1]), int(found[2])
        found = re.search(rb"/Width (\d+) /Height (\d+)", self.body)
        return int(found[1]), int(found[2])

    def pixel(self, x, y, raw=False):
        image = self.image
        if image.mode == "P":
            image = image.convert("RGBA")
        profile = image.info.get("icc_profile")
        if profile and not raw and image.mode == "RGB":
            from PIL import ImageCms
            image = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                                              ImageCms.createProfile("sRGB"))
        value = image.getpixel((x, y))
        return (value,) if isinstance(value, int) else value

    def gray(self):
        return self.image.convert("L")


def laplacian_variance(image):
    width, height = image.size
    data = image.tobytes()
    values = []
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            at = y * width + x
            values.append(4 * data[at] - data[at - 1] - data[at + 1] - data[at - width] - data[at + width])
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


@unittest.skipUnless(TABLE.is_file(), "set DRAY_SHARED to the folder that holds reference/is-vectors.tsv")
class ImageVectors(SystemTest):
    maxDiff = None

    def setUp(self):
        super().setUp()
        made = subprocess.run(["bash", str(TABLE.parent / "make-is-images.sh"), str(self.files)], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest("the images cannot be made here: " + made.stderr[-500:])
        report = self.dray.import_folder(self.files, "/content/dam/v")
        self.assertEqual(report["problems"], [])
        self.objects = {pathlib.Path(path).stem.upper(): path for path in self.dray.stored_files("/content/dam/v")}
        self.dray.run("preset", "put", "view", MACRO)
        self.replies = {}

    def settings(self, **more):
        path = self.dray.folder / "image-settings.json"
        cmyk = [profile for profile in CMYK_PROFILES if os.path.exists(profile)]
        files = {"WebCoated": cmyk[0]} if cmyk else {}
        path.write_text(json.dumps({**SETTINGS, "profileFiles": files, **more}))
        return ("--image-settings", str(path))

    def ask(self, row):
        query, suffix = row["query"], ""
        if query.startswith("@"):
            crop, _, query = query[1:].partition(" ")
            suffix = ":" + crop
        letter = row["source image WxH"].split()[0]
        path = self.objects.get(letter, "/content/dam/v/none.jpg")[len("/content/dam/"):]
        target = "/is/image/" + urllib.parse.quote(path) + suffix
        return self.dray.get(target + ("?" + query if query else ""))

    def test_static_renditions(self):
        self.dray.start(*self.settings(), "--static-renditions", "classic")  # the rows were read off files of 6.5
        failed = []
        for row in rows():
            if not row["query"].startswith("static:"):
                continue
            path = self.objects[row["source image WxH"].split()[0]]
            reply = Reply(self.dray.get(path + "/_jcr_content/renditions/" + row["query"][len("static:"):]))
            if "%dx%d" % reply.size != row["expected WxH"] or reply.mime != FORMATS[row["expected format"]]:
                failed.append("%s: %dx%d %s" % (row["id"], *reply.size, reply.mime))
            if "alpha=1" in row["expected property"] and reply.image.mode != "RGBA":
                failed.append(row["id"] + ": no alpha")
        self.assertEqual(failed, [])

    def test_fields_of_the_panel(self):
        self.dray.start(*self.settings())
        failed = []
        for row in rows():
            if not row["query"].startswith("panel:"):
                continue
            fields = dict(part.split("=", 1) for part in row["query"][len("panel:"):].split(";"))
            wish = {"width": fields["w"], "height": fields["h"], "unit": fields["unit"], "resolution": fields["dpi"],
                    "format": fields["fmt"], "colorSpace": fields["cs"], "modifiers": fields.get("modifier", "")}
            wish = {name: float(value) if name in ("width", "height", "resolution") else value
                    for name, value in wish.items() if value}
            path = self.objects[row["source image WxH"].split()[0]]
            artifact = self.dray.create_artifact(path, originals=False, dynamic=[wish])
            reply = Reply(self.dray.get(artifact["uri"]))
            try:
                self.expect("%dx%d" % reply.size == row["expected WxH"], "it has %dx%d" % reply.size)
                for word in row["expected property"].split(";"):
                    self.check_word(word.strip(), reply, row)
            except Exception as failure:
                failed.append("%s: %s" % (row["id"], failure))
        self.assertEqual(failed, [])

    def test_smart_crops(self):
        self.dray.start(*self.settings())
        targets = {"Large": (600, 400), "Small": (339, 178)}
        profile = {"crops": [{"name": name, "width": width, "height": height} for name, (width, height) in targets.items()],
                   "folders": ["/content/dam/v"]}
        json_type = {"Content-Type": "application/json"}
        self.assertEqual(self.dray.request("PUT", "/api/v1/image-profiles/Vectors", json_type, "admin", json.dumps(profile)).status, 200)
        boxes = {"Large": (0.25, 0.25, 0.5, 0.5), "Small": (0.421671, 0.389815, 0.0848564, 0.0592593)}
        for path in (self.objects["A"], self.objects["B"]):
            for name, box in boxes.items():
                crop = {"name": name, **dict(zip(("left", "top", "normalizedWidth", "normalizedHeight"), box))}
                changed = self.dray.request("PUT", "/api/v1/smart-crops" + path, json_type, "admin", json.dumps(crop))
                self.assertEqual(changed.status, 200, changed.text)
        failed = []
        for row in rows():
            if row["id"].startswith("sc-"):
                try:
                    self.check(row)
                except Exception as failure:
                    failed.append("%s: %s" % (row["id"], failure))
        self.assertEqual(failed, [])

    def test_every_row(self):
        table = [row for row in rows() if row["id"].startswith("is-")]
        failed = []
        groups = {"": [], "lock": [], "obfuscation": [], "thumb": []}
        for row in table:
            words = row["expected property"]
            group = "lock" if "request lock on" in words else "obfuscation" if "obfuscation on" in words else \
                "thumb" if "thumb type" in words else ""
            groups[group].append(row)
        options = {"": (), "lock": ("--image-locks",), "obfuscation": ("--image-obfuscation",),
                   "thumb": ()}
        for group, members in groups.items():
            more = {"thumbnail": 1} if group == "thumb" else {}
            self.dray.start(*self.settings(**more), *options[group])
            for row in members:
                try:
                    self.check(row)
                except Exception as failure:
                    failed.append("%s %s ?%s: %s" % (row["id"], row["source image WxH"], row["query"], failure))
            self.dray.stop()
        self.assertEqual(failed, [], "%d of %d rows failed:\n%s" % (len(failed), len(table), "\n".join(failed)))

    def check(self, row):
        answer = self.ask(row)
        words = [word.strip() for word in row["expected property"].split(";")]
        if row["expected format"] == "error":
            self.expect(answer.status == 403, "status %d instead of 403: %s" % (answer.status, answer.text[:100]))
            self.expect(answer.headers.get_content_type() == "text/plain", "an error is text")
            return
        self.expect(answer.status == 200, "status %d: %s" % (answer.status, answer.text[:200]))
        if row["expected format"] == "text":
            for word in words:
                self.check_text(word, answer)
            return
        reply = Reply(answer)
        self.replies[row["id"]] = reply
        self.expect(reply.mime == FORMATS[row["expected format"]], "it is " + reply.mime)
        tolerance = next((int(word[4:]) for word in words if word.startswith("tol=")), 0)
        width, height = map(int, row["expected WxH"].split("x"))
        self.expect(abs(reply.size[0] - width) <= tolerance and abs(reply.size[1] - height) <= tolerance,
                    "it has %dx%d" % reply.size)
        for word in words:
            self.check_word(word, reply, row)

    def expect(self, true, what):
        if not true:
            raise AssertionError(what)

    def check_text(self, word, answer):
        if word.startswith("mime="):
            self.expect(answer.headers.get_content_type() == word[5:], "it is " + answer.headers.get_content_type())
        elif word.startswith("text has"):
            for part in re.split(r", | and ", word[len("text has "):]):
                self.expect(part.strip() in answer.text, "%r is missing in %r" % (part, answer.text))
        elif word.startswith("text lacks"):
            self.expect(word[len("text lacks "):] not in answer.text, word)
        elif word == "not cacheable":
            self.expect("no-store" in answer.headers["Cache-Control"], "it may be kept")

    def check_word(self, word, reply, row):
        if found := re.match(r"(raw )?px\((\d+),(\d+)\)=([\d*,]+)~(\d+)", word):
            got = reply.pixel(int(found[2]), int(found[3]), bool(found[1]))
            wanted = found[4].split(",")
            near = int(found[5])
            for have, want in zip(got, wanted):
                self.expect(want == "*" or abs(have - int(want)) <= near, "%s, but it is %s" % (word, got))
            self.expect(len(wanted) < 4 or len(got) == 4, "no alpha for %s: %s" % (word, got))
        elif word.startswith("px(") and "each component >" in word:
            x, y, least = map(int, re.match(r"px\((\d+),(\d+)\) each component > (\d+)", word).groups())
            self.expect(all(value > least for value in reply.pixel(x, y)), "%s: %s" % (word, reply.pixel(x, y)))
        elif word.startswith("at ("):
            self.check_relation(word, reply)
        elif word.startswith("bands="):
            bands = {"1": 1, "L": 1, "P": 3, "RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2}[reply.image.mode]
            self.expect(bands == int(word[6:]), "mode " + reply.image.mode)
        elif word.startswith("icc="):
            self.check_profile(word[4:], reply)
        elif word.startswith("same-as"):
            self.check_same(word, reply, row)
        elif word.startswith("alpha="):
            has = "A" in reply.image.mode or "transparency" in reply.image.info
            self.expect(has == (word[6:7] == "1"), "mode " + reply.image.mode)
        elif word.startswith("depth="):
            self.expect(reply.image.mode in ("L", "RGB", "RGBA", "P", "CMYK"), "mode " + reply.image.mode)
        elif word == "palette=1":
            self.expect(reply.image.mode == "P", "mode " + reply.image.mode)
        elif word.startswith("colors<="):
            self.expect(len(reply.image.convert("RGBA").getcolors(1 << 24)) <= int(word[8:]), "too many colours")
        elif word.startswith("palette subset of"):
            listed = set(re.findall(r"\b[0-9a-f]{6}\b", word))
            used = {"%02x%02x%02x" % color[:3] for _, color in reply.image.convert("RGBA").getcolors(1 << 24) if color[3]}
            self.expect(used <= listed, "colours %s" % used)
        elif word == "every colour component is a multiple of 51":
            used = [color for _, color in reply.image.convert("RGB").getcolors(1 << 24)]
            self.expect(all(value % 51 == 0 for color in used for value in color), "colours %s" % used[:20])
        elif word == "lossless=1":
            self.expect(b"VP8L" in reply.body[:64], "it is lossy")
        elif word == "progressive=1":
            self.expect(bool(reply.image.info.get("progressive")), "it is baseline")
        elif word.startswith("sub="):
            layers = [(h, v) for _, h, v, _ in reply.image.layer]
            self.expect((layers[0] == (2, 2)) == (word == "sub=420"), "sampling %s" % layers)
        elif word.startswith("dpi="):
            dpi = reply.image.info.get("dpi")
            self.expect(dpi and round(dpi[0]) == int(word[4:]), "dpi %s" % (dpi,))
        elif word.startswith("comp="):
            self.expect(reply.image.info.get("compression") == {"none": "raw"}[word[5:]], reply.image.info.get("compression"))
        elif word.startswith("photometric="):
            self.expect(reply.image.mode == "CMYK", reply.image.mode)
        elif word.startswith("mime="):
            self.expect(reply.mime == word[5:], reply.mime)
        elif word.startswith("bytes<="):
            self.expect(len(reply.body) <= int(word[7:]), "%d bytes" % len(reply.body))
        elif word.startswith("starts with"):
            self.expect(reply.body.startswith(word[len("starts with "):].encode()), repr(reply.body[:20]))
        elif word == "BoundingBox present":
            self.expect(b"%%BoundingBox:" in reply.body, "no box")
        elif word == "image XObject DCTDecode":
            self.expect(b"/DCTDecode" in reply.body, "no JPEG in it")
        elif word.startswith("Laplacian variance"):
            plain = Reply(self.ask({**row, "query": "wid=600"}))
            self.expect(laplacian_variance(reply.gray()) > laplacian_variance(plain.gray()), "it is not sharper")
        elif word.startswith("same as "):
            other = Reply(self.ask({**row, "query": word[len("same as "):].split(" ")[0]}))
            self.compare(reply, other)
        elif word.startswith("standard deviation"):
            part = reply.image.convert("RGB").crop((10, 10, 90, 90))
            for band in part.split():
                values = list(band.getdata())
                mean = sum(values) / len(values)
                self.expect((sum((v - mean) ** 2 for v in values) / len(values)) ** 0.5 < 2, "noise")
        elif word == "G and B 128~4":
            self.expect(all(abs(value - 128) <= 4 for value in reply.pixel(1190, 790)[1:3]), word)
        elif word == "output tag reset to 1":
            self.expect(reply.image.getexif().get(0x0112, 1) == 1, "orientation %s" % reply.image.getexif().get(0x0112))
        elif word.startswith(("crop Large", "rect .", "target equals")):
            return
        elif word.split("=")[0] in ("class", "note", "tol", "status") or word in (
                "uncompressed binary", "size unchanged", "quality <= 60") or word.startswith(
                ("thumb type", "server option", "needs a CMYK", "r-icc.md can be read")):
            return
        else:
            raise AssertionError("the word %r is not known" % word)

    def check_profile(self, wanted, reply):
        profile = reply.image.info.get("icc_profile")
        if wanted.startswith("none"):
            return self.expect(not profile, "there is a profile")
        if "else none" in wanted:
            return self.expect(not profile, "there is a profile, and none is configured")
        self.expect(profile, "there is no profile")
        space = {"RGB": b"RGB ", "CMYK": b"CMYK"}[wanted.split()[1]]
        self.expect(profile[16:20] == space, "it is for %r" % profile[16:20])

    def check_relation(self, word, reply):
        x, y = map(int, re.match(r"at \((\d+),(\d+)\)", word).groups())
        red, green, blue = reply.pixel(x, y)[:3]
        rest = word.split(")", 1)[1]
        true = {
            " R>205 and G<25": red > 205 and green < 25,
            " R>180": red > 180,
            " B>G>R": blue > green > red,
            " 80<R<150": 80 < red < 150,
        }.get(rest)
        self.expect(true is not None, "the relation %r is not known" % rest)
        self.expect(true, "%s: %s" % (word, (red, green, blue)))

    def check_same(self, word, reply, row):
        name = word[len("same-as"):].lstrip("= ")
        other = self.replies[name] if name in self.replies else Reply(self.ask({**row, "query": name}))
        self.compare(reply, other)

    def compare(self, one, other):
        from PIL import ImageChops
        difference = ImageChops.difference(one.image.convert("RGB"), other.image.convert("RGB"))
        most = max(high for _, high in difference.getextrema())
        self.expect(most <= 2, "they differ by %d" % most)


if __name__ == "__main__":
    unittest.main()
