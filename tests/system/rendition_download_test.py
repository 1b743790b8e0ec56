"""A download of a hundred photographs with every kind of rendition. What comes is looked at with exiftool, ImageMagick,
Little CMS and Pillow, which know nothing of Dray. The photographs are cut from those of tools/demo-photos, kept
below build/demo."""

import collections
import concurrent.futures
import hashlib
import io
import json
import os
import random
import shutil
import struct
import subprocess
import time
import unittest
import urllib.parse
import wave
import zipfile

from dray import BLOCK, QUICK, ROOT, SystemTest, sha256_of_file

try:
    from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageOps, ImageStat
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

COUNT = 12 if QUICK else 100
FOLDER = "/content/dam/shoot"
KINDS = ("landscape", "portrait", "turned", "progressive", "gray", "cmyk", "adobe", "alpha", "square", "small", "swop",
         "large")
CROPS = {"Hero": (1600, 900), "Square": (500, 500), "Tall": (300, 600)}
PRESET = "wid=900&hei=600&fit=crop,1&fmt=jpeg&qlt=85&printRes=240"
PRINT = {"width": 10, "height": 15, "unit": "cm", "resolution": 300, "format": "tif", "colorSpace": "CMYK",
         "profile": "CoatedFogra39", "modifiers": "op_invert=1"}
PRINT_SIZE = (1181, 1772)  # of 10 x 15 cm: 300 pixels for 2.54 cm
OPTIONS = {"renditions": ["cq5dam.web.1280.1280.jpeg", "cq5dam.thumbnail.319.319.png"], "smartCrops": True,
           "dynamic": [{"preset": "Card"}, PRINT]}
OTHERS = ["notes.txt", "tone.wav"]
ASKED_FOR = len(OPTIONS["renditions"]) + len(OPTIONS["dynamic"]) + 1  # the smart crops are one

TOOLS = {"exiftool": "libimage-exiftool-perl", "identify": "imagemagick", "tificc": "liblcms2-utils", "unzip": "unzip"}
SRGB = "/usr/share/color/icc/sRGB.icc"
ADOBE_RGB = "/usr/share/color/icc/colord/AdobeRGB1998.icc"
SWOP = "/usr/share/color/icc/ghostscript/default_cmyk.icc"
FOGRA39 = str(ROOT / "data/profiles/CoatedFogra39.icc")
PROFILE_NAME = "Dray coated 39 (FOGRA39L), free stand-in"
SRGB_FACTS = {"ProfileDescription": "sRGB", "ColorSpaceData": "RGB "}
MOST_DIFFERENCE = 4
MOST_DIFFERENCE_IN_PRINT = 1  # another profile of coated paper makes 3
BLACK_POINT = 0x2000  # cmsFLAGS_BLACKPOINTCOMPENSATION
ORIENTATION = 0x0112


class Photo:
    def __init__(self, name, kind, size):
        self.name, self.kind, self.size = name, kind, size  # the size as it is seen

    def rendition(self, name, extension):
        return "%s (%s).%s" % (os.path.splitext(self.name)[0], name, extension)


def need_tools():
    for tool, package in TOOLS.items():
        if not shutil.which(tool):
            raise unittest.SkipTest("%s is not here: apt-get install %s" % (tool, package))


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, **options)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2000:]
        raise AssertionError("%s ended with %d: %s" % (command[0], done.returncode, said))
    return done.stdout


def resolution_facts(dots):
    return {"XResolution": dots, "YResolution": dots, "ResolutionUnit": "inches"}


def light_table(quality):
    """The quantisation of brightness that libjpeg has for a quality."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
    return Image.open(file).quantization[0]


def read(path):
    with open(path, "rb") as file:
        return file.read()


# ---- the photographs ----


def demo_photos():
    folder = ROOT / "build/demo/photos"
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([ROOT / "tools/demo-photos", folder], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest("tools/demo-photos gave no photographs: " + done.stderr[-500:])
    return sorted(folder.rglob("*.jpg"))


def size_of_kind(kind, chance):
    ratio = {"square": 1.0, "portrait": 0.7, "small": 1.2}.get(kind) or chance.choice((1.33, 1.5, 1.78))
    megapixels = {"small": 1.1, "large": 7.8}.get(kind) or chance.uniform(2, 4)
    height = (megapixels * 1e6 / ratio) ** 0.5
    return rounded(height * ratio), rounded(height)


def cut(source, size, chance):
    """Some part of a photograph in RGB, mirrored or not."""
    picture = Image.open(source)
    picture.draft("RGB", size)
    picture = picture.convert("RGB")
    share = chance.uniform(0.8, 1)
    width = min(picture.width, picture.height * size[0] / size[1]) * share
    height = width * size[1] / size[0]
    left, top = chance.random() * (picture.width - width), chance.random() * (picture.height - height)
    picture = picture.resize(size, Image.Resampling.BICUBIC, (left, top, left + width, top + height))
    return ImageOps.mirror(picture) if chance.random() < 0.5 else picture


def convert(picture, profile, to, mode="RGB"):
    return ImageCms.profileToProfile(picture, profile, to, renderingIntent=1, outputMode=mode, flags=BLACK_POINT)


def with_hole(picture):
    alpha = Image.new("L", picture.size)
    ImageDraw.Draw(alpha).ellipse((50, 50, picture.width - 50, picture.height - 50), fill=255)
    picture.putalpha(alpha)
    return picture


def save_photo(picture, kind, number, path):
    options = {"quality": 90, "dpi": (72, 72)}
    if kind == "turned":
        exif = Image.Exif()
        exif[ORIENTATION] = 2 + (4 + number // len(KINDS)) % 7
        options["exif"] = exif
    elif kind == "progressive":
        options["progressive"] = True
    elif kind == "gray":
        picture = picture.convert("L")
    elif kind == "cmyk":
        picture = convert(picture, SRGB, FOGRA39, "CMYK")
    elif kind == "swop":
        picture, options["icc_profile"] = convert(picture, SRGB, SWOP, "CMYK"), read(SWOP)
    elif kind == "adobe":
        picture, options["icc_profile"] = convert(picture, SRGB, ADOBE_RGB), read(ADOBE_RGB)
    elif kind == "alpha":
        picture, options = with_hole(picture), {"compress_level": 1}
    picture.save(path, **options)


def upright(path):
    return ImageOps.exif_transpose(Image.open(path))


def make_photo(source, number, folder):
    chance, kind = random.Random(number), KINDS[number % len(KINDS)]
    name = "%03d %s.%s" % (number, kind, "png" if kind == "alpha" else "jpg")
    save_photo(cut(source, size_of_kind(kind, chance), chance), kind, number, folder / name)
    return Photo(name, kind, upright(folder / name).size)


def make_photos(folder):
    sources = demo_photos()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda number: make_photo(sources[number % len(sources)], number, folder), range(COUNT)))


def make_sound(path):
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(struct.pack("<8000h", *[(n * 997) % 20000 - 10000 for n in range(8000)]))


# ---- what is expected ----


def inside(size, box):
    """The largest size of this aspect ratio in a square box, rounded down."""
    return tuple(side * box // max(size) for side in size)


def web_size(photo):
    return inside(photo.size, 1280) if max(photo.size) > 1280 else photo.size


def rounded(value):
    return int(value + 0.5)


def pixels_of_crop(photo, crop):
    """Left, top, right and bottom, with exactly the aspect ratio that was asked for."""
    left, top, width, height = (rounded(crop[side] * photo.size[n % 2]) for n, side in enumerate(
        ("left", "top", "normalizedWidth", "normalizedHeight")))
    aspect = crop["targetWidth"] / crop["targetHeight"]
    if width > height * aspect:
        width = rounded(height * aspect)
    else:
        height = rounded(width / aspect)
    return left, top, left + width, top + height


def size_of_crop(box, target):
    """A crop has its own pixels where there are fewer than were asked for."""
    own = box[2] - box[0], box[3] - box[1]
    return target if own[0] >= target[0] and own[1] >= target[1] else own


def box_on_page(size):
    """A picture lies in the middle of the printed page, whole and not enlarged."""
    factor = min(PRINT_SIZE[0] / size[0], PRINT_SIZE[1] / size[1], 1)
    width, height = (rounded(side * factor) for side in size)
    left, top = (PRINT_SIZE[0] - width + 1) // 2, (PRINT_SIZE[1] - height + 1) // 2
    return left, top, left + width, top + height


def profile_of(picture):
    embedded = picture.info.get("icc_profile")
    return io.BytesIO(embedded) if embedded else FOGRA39 if picture.mode == "CMYK" else SRGB


def flat(picture, profile, mode):
    """In another colour space, on white. Gray without a profile has the curve of sRGB, as everywhere."""
    own, alpha = profile_of(picture), picture.getchannel("A") if picture.mode == "RGBA" else None
    embeds_gray = picture.mode == "L" and "icc_profile" in picture.info
    color = picture if picture.mode == "CMYK" or embeds_gray else picture.convert("RGB")
    if own != profile:
        color = convert(color, own, profile, mode)
    white = Image.new(mode, color.size, "white" if mode == "RGB" else (0, 0, 0, 0))
    return Image.composite(color, white, alpha) if alpha else color


def srgb_of(picture):
    return flat(picture, SRGB, "RGB")


def inverted(picture):
    """Every component, never alpha."""
    if picture.mode != "RGBA":
        return ImageChops.invert(picture)
    changed = ImageChops.invert(picture.convert("RGB"))
    changed.putalpha(picture.getchannel("A"))
    return changed


def difference(one, other):
    """Mean absolute difference of the components, 0 to 255; edges count less."""
    return sum(ImageStat.Stat(ImageChops.difference(one.reduce(8), other.reduce(8))).mean) / 3


class RenditionDownload(SystemTest):
    def setUp(self):
        need_tools()
        super().setUp()
        self.out = self.dray.folder / "extracted"
        self.photos = make_photos(self.files)
        self.write("notes.txt", "words")
        make_sound(self.files / "tone.wav")

    def put(self, address, body):
        answer = self.dray.request("PUT", address, {"Content-Type": "application/json"}, body=json.dumps(body))
        self.assertEqual(answer.status, 200, answer.text)

    def prepare(self):
        """The download, and the seconds until it was there."""
        begin = time.monotonic()
        wish = {"targets": [{"path": FOLDER}], "options": {"originals": True, **OPTIONS}, "archiveName": "shoot"}
        answer = self.dray.request("POST", "/api/v1/downloads", {"Content-Type": "application/json"},
                                   body=json.dumps(wish), timeout=900)
        self.assertEqual(answer.status, 201, answer.text[:500])
        return self.dray.wait_for_download(answer.json(), seconds=900), time.monotonic() - begin

    def sha256_of_download(self, artifact):
        connection, response = self.dray.open(artifact["uri"])
        try:
            digest = hashlib.sha256()
            while block := response.read(BLOCK):
                digest.update(block)
            return digest.hexdigest()
        finally:
            connection.close()

    def save_in_two_parts(self, artifact, file):
        size = artifact["size"]
        half = size // 2
        connection, response = self.dray.open(artifact["uri"])
        file.write_bytes(response.read(half))
        tag = response.headers["ETag"]
        connection.close()
        connection, response = self.dray.open(artifact["uri"], {"Range": "bytes=%d-" % half, "If-Range": tag})
        self.assertEqual((response.status, response.headers["ETag"]), (206, tag))
        self.assertEqual(response.headers["Content-Range"], "bytes %d-%d/%d" % (half, size - 1, size))
        with open(file, "ab") as out:
            shutil.copyfileobj(response, out)
        connection.close()

    def test_a_download_of_photographs_in_every_rendition(self):
        self.assertEqual(self.dray.import_folder(self.files, FOLDER)["problems"], [])
        self.dray.start("--static-renditions", "classic")  # sizes that arithmetic gives
        self.put("/api/v1/image-profiles/Banners", {"folders": [FOLDER], "crops": [
            {"name": name, "width": width, "height": height} for name, (width, height) in CROPS.items()]})
        self.put("/api/v1/presets/Card", {"query": PRESET})
        download, first = self.prepare()
        artifact = download["artifacts"][0]
        again, second = self.prepare()
        print("%s: %d entries, %d bytes, %.1f s, and %.2f s again" % (
            self.id(), artifact["entryCount"], artifact["size"], first, second))
        self.assertLess(second, first / 4)
        self.assertEqual(again["artifacts"][0]["etag"], artifact["etag"])
        with self.subTest("what was skipped"):
            self.check_skipped(download)
        archive = self.dray.folder / "shoot.zip"
        self.save_in_two_parts(artifact, archive)
        for one in (artifact, again["artifacts"][0]):
            self.assertEqual(self.sha256_of_download(one), sha256_of_file(archive))
        run("unzip", "-tq", archive)
        with zipfile.ZipFile(archive) as opened:
            self.check_names(opened.namelist())
            opened.extractall(self.out)
        self.check_files()

    def check_skipped(self, download):
        self.assertEqual(download["status"], "PARTIALLY_SUCCESSFUL")
        skipped = collections.Counter((item["path"], item["reason"]) for item in download["skipped"])
        self.assertEqual(dict(skipped), {(FOLDER + "/" + name, "not_rendered"): ASKED_FOR for name in OTHERS})

    def names_of(self, photo):
        web = "png" if photo.kind == "alpha" else "jpeg"
        return [photo.name] + [photo.rendition(*parts) for parts in [
            ("cq5dam.web.1280.1280", web), ("cq5dam.thumbnail.319.319", "png"), ("Card", "jpg"), ("1181x1772", "tif"),
            *((crop, "jpg") for crop in CROPS)]]

    def check_names(self, names):
        expected = [name for photo in self.photos for name in self.names_of(photo)]
        self.assertEqual(sorted(names), sorted(expected + OTHERS))

    def check_files(self):
        facts = json.loads(run("exiftool", "-json", "-r", self.out))
        self.facts = {os.path.basename(one["SourceFile"]): one for one in facts}
        for name in OTHERS:
            self.assertEqual(read(self.out / name), read(self.files / name))
        for number, photo in enumerate(self.photos):
            self.assertEqual(sha256_of_file(self.out / photo.name), sha256_of_file(self.files / photo.name))
            seen = upright(self.files / photo.name)
            looks = srgb_of(seen)
            for check in (self.check_static, self.check_crops, self.check_preset, self.check_print):
                with self.subTest(photo=photo.name, check=check.__name__):
                    check(photo, looks)
            if number < len(KINDS):
                with self.subTest(photo=photo.name, check="other tools"):
                    self.check_with_identify(photo)
                    self.check_inks(photo, seen)

    def check_facts(self, name, kind, size, **wanted):
        facts = self.facts[name]
        self.assertEqual((facts["FileType"], facts["ImageWidth"], facts["ImageHeight"]), (kind, *size), name)
        self.assertEqual({field: facts.get(field) for field in wanted}, wanted, name)
        self.assertIn(facts.get("Orientation", "Horizontal (normal)"), "Horizontal (normal)", name)

    def check_looks(self, name, wanted):
        with Image.open(self.out / name) as picture:
            got = srgb_of(picture)
        wanted = wanted.resize(got.size, Image.Resampling.LANCZOS, reducing_gap=3)
        self.assertLess(difference(got, wanted), MOST_DIFFERENCE, name)

    def check_static(self, photo, looks):
        web, thumbnail = self.names_of(photo)[1:3]
        size = web_size(photo)
        profile = {"ColorSpaceData": "GRAY"} if photo.kind == "gray" else SRGB_FACTS
        self.check_facts(web, "PNG" if photo.kind == "alpha" else "JPEG", size, **profile)
        color = {"alpha": "RGB with Alpha", "gray": "Grayscale"}.get(photo.kind, "RGB")
        self.check_facts(thumbnail, "PNG", inside(size, 319), ColorType=color, BitDepth=8)
        self.check_looks(web, looks)
        self.check_looks(thumbnail, looks)

    def check_crops(self, photo, looks):
        answer = self.dray.get("/api/v1/smart-crops%s/%s" % (FOLDER, urllib.parse.quote(photo.name))).json()
        crops = {crop["name"]: crop for crop in answer["smartCrops"]}
        self.assertEqual(set(crops), set(CROPS))
        for name, target in CROPS.items():
            box = pixels_of_crop(photo, crops[name])
            self.check_box(photo, box, target)
            file = photo.rendition(name, "jpg")
            self.check_facts(file, "JPEG", size_of_crop(box, target), **SRGB_FACTS)
            self.check_looks(file, looks.crop(box))

    def check_box(self, photo, box, target):
        """It is as large as its aspect ratio lets it be."""
        pixel = max(photo.size) / 800 + 1  # of the picture of 800 pixels that it was found on
        self.assertTrue(min(box) >= 0 and box[2] <= photo.size[0] + 1 and box[3] <= photo.size[1] + 1, box)
        width = min(photo.size[0], photo.size[1] * target[0] / target[1])
        self.assertAlmostEqual(box[2] - box[0], width, delta=pixel * max(1, target[0] / target[1]))

    def check_preset(self, photo, looks):
        name = photo.rendition("Card", "jpg")
        self.check_facts(name, "JPEG", (900, 600), **resolution_facts(240), **SRGB_FACTS)
        with Image.open(self.out / name) as picture:
            self.assertEqual(picture.quantization[0], light_table(85))
        self.check_looks(name, ImageOps.fit(looks, (900, 600), Image.Resampling.LANCZOS))

    def check_print(self, photo, looks):
        name = photo.rendition("1181x1772", "tif")
        self.check_facts(name, "TIFF", PRINT_SIZE, **resolution_facts(300), PhotometricInterpretation="CMYK",
                         BitsPerSample="8 8 8 8", ColorSpaceData="CMYK", ProfileDescription=PROFILE_NAME)
        with Image.open(self.out / name) as picture:
            self.assertEqual(picture.info["icc_profile"], read(FOGRA39))
            picture.paste((0, 0, 0, 0), box_on_page(photo.size))
            self.assertEqual(picture.getextrema(), ((0, 0),) * 4, "there is ink beside the picture")

    def check_with_identify(self, photo):
        files = [self.out / photo.rendition(*parts) for parts in (("Card", "jpg"), ("1181x1772", "tif"))]
        said = run("identify", "-units", "PixelsPerInch", "-format", "%m %w %h %[colorspace] %x\n", *files)
        self.assertEqual(said, "JPEG 900 600 sRGB 240\nTIFF 1181 1772 CMYK 300\n")

    def check_inks(self, photo, seen):
        """The inks look as those of the inverted original would."""
        printed = self.out / "printed.tif"
        run("tificc", "-t1", "-b", "-w8", "-o" + SRGB, self.out / photo.rendition("1181x1772", "tif"), printed)
        box = box_on_page(photo.size)
        with Image.open(printed) as picture:
            got = picture.convert("RGB").crop(box)
        inks = flat(inverted(seen).resize(got.size, Image.Resampling.LANCZOS), FOGRA39, "CMYK")
        self.assertLess(difference(got, convert(inks, FOGRA39, SRGB)), MOST_DIFFERENCE_IN_PRINT)


if __name__ == "__main__":
    unittest.main()
