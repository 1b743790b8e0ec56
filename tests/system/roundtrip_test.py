"""What goes in comes out: every file of every archive is its source, byte for byte, in all layouts."""

import collections
import os
import pathlib
import re
import unicodedata
import unittest
import urllib.parse
import zipfile

from dray import SystemTest, noise, sha256_of, sha256_of_file
from readers import check_all_readers_take, expected_of

SIZES = [0, 1, 4096, 65536, 65537, 1 << 20, 5 << 20]

NAMES = [
    "Latin ÀÉÎõü ß.jpg", "Ελληνικά φωτογραφία.jpg", "Кириллица снимок.jpg", "العربية صورة.jpg", "עברית תמונה.jpg",
    "देवनागरी चित्र.jpg", "ภาษาไทย รูปภาพ.jpg", "中文照片.jpg", "日本語の写真.jpg", "한국어 사진.jpg", "emoji 😀🎞.jpg",
    "CON", "con.txt", "NUL.tar.gz", "COM1.jpg", "a:b", "a_b", "dots...", "dots..", "blank ", "blank  ", ". .", "...",
    "two\nlines.txt", "carriage\rreturn.txt", "tab\there.txt", "both\r\n.txt", 'quotes " \' `.txt', "back\\slash.txt",
    "..\\..\\up.txt", "percent%2Fname.txt", "question?.txt", "star*.txt", "less<more>.txt", "pipe|.txt", "-rf",
    "~home", "$(echo no)", "hidden\u202egnp.exe", "\ufeffmark.txt", "Hero.JPG", "hero.jpg", "HERO.jpg", "hero (2).jpg",
    "STRASSE.txt", "straße.txt", unicodedata.normalize("NFC", "Ångström ü.txt"),
    unicodedata.normalize("NFD", "Ångström ü.txt"), "x" * 250 + ".jpg", "写" * 83 + ".jpg", ".hidden", "no extension",
]

LAYOUTS = {
    "flat": {},
    "folder per asset": {"folderPerAsset": True},
    "kept structure": {"keepStructure": True},
    "both": {"folderPerAsset": True, "keepStructure": True},
}
FLAGS = {"folderPerAsset": "--folder-per-asset", "keepStructure": "--keep-structure"}

UNSAFE = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]|[. ](/|$)|(^|/)(/|$)')
DEVICE = re.compile(r"(^|/)(con|prn|aux|nul|com[1-9]|lpt[1-9])[ ]*([./]|$)", re.IGNORECASE)


def write_tree(write):
    """Files of every size and with every name, each with bytes of its own. Answers path to SHA-256."""
    sources = {}

    def put(path, size):
        content = noise(size, path)
        write(path, content)
        sources["/content/dam/trip/" + path] = sha256_of(content)

    for size in SIZES:
        put("sizes/%d.bin" % size, size)
    for number, name in enumerate(NAMES):
        put("names/" + name, 10 + number)
    for folder in ("Deep/er/and er", "deep/er", "CON", "Ελλάδα", "trailing. "):
        put(folder + "/hero.jpg", 333)
        put(folder + "/Latin ÀÉÎõü ß.jpg", 70000)
    return sources


def entries_of(archive):
    """Name to SHA-256 of what the archive's files hold, read by another program than ours."""
    with zipfile.ZipFile(archive) as opened:
        return [(info.filename, sha256_of(opened.read(info))) for info in opened.infolist() if not info.is_dir()]


class RoundTrip(SystemTest):
    def setUp(self):
        super().setUp()
        self.archive = self.dray.folder / "archive.zip"

    def check_layout(self, target, sources, options):
        artifact = self.dray.create_artifact(target, name="archive", **options)
        self.dray.save(artifact, self.archive)
        manifest = self.dray.manifest(artifact)
        found = entries_of(self.archive)
        self.check_contents(found, manifest, sources)
        self.check_mapping(dict(found), target, sources, options)
        self.check_names([name for name, _ in found])
        self.check_offsets(manifest)
        check_all_readers_take(self, self.archive, expected_of(manifest))
        return [name for name, _ in found]

    def check_contents(self, found, manifest, sources):
        self.assertEqual(collections.Counter(digest for _, digest in found), collections.Counter(sources.values()))
        listed = [(entry["name"], entry["sha256"]) for entry in manifest["entries"] if not entry["name"].endswith("/")]
        self.assertEqual(listed, found)

    def check_mapping(self, found, target, sources, options):
        flags = [FLAGS[option] for option in options]
        plan = self.dray.explain(target, "--name", "archive", *flags)["plan"]["archives"][0]["entries"]
        of_source = {entry["path"]: found[entry["name"]] for entry in plan if "path" in entry}
        self.assertEqual(of_source, sources)

    def check_names(self, names):
        folded = collections.Counter(unicodedata.normalize("NFC", name.casefold()) for name in names)
        self.assertEqual([name for name, count in folded.items() if count > 1], [], "would overwrite each other")
        self.assertEqual([name for name in names if UNSAFE.search(name) or DEVICE.search(name)], [], "unsafe names")
        self.assertEqual([name for name in names if name != unicodedata.normalize("NFC", name)], [])

    def check_offsets(self, manifest):
        content = self.archive.read_bytes()
        for entry in manifest["entries"]:
            self.assertEqual(sha256_of(content[entry["offset"]:entry["offset"] + entry["size"]]), entry["sha256"])

    def test_every_file_comes_out_as_it_went_in_in_all_layouts(self):
        sources = write_tree(self.write)
        (self.files / "nothing in here").mkdir()
        report = self.dray.import_folder(self.files, "/content/dam/trip")
        self.assertEqual((report["imported"], report["problems"]), (len(sources), []))
        self.dray.start()
        names = {}
        for layout, options in LAYOUTS.items():
            with self.subTest(layout=layout):
                names[layout] = self.check_layout("/content/dam/trip", sources, options)
        self.assertFalse([name for name in names["flat"] if "/" in name])
        self.assertEqual({name.count("/") for name in names["folder per asset"]}, {1})
        self.assertTrue(all(name.startswith("trip/") for name in names["kept structure"]))
        self.assertIn("trip/sizes/4096.bin", names["kept structure"])
        self.assertIn("trip/sizes/4096.bin/4096.bin", names["both"])

    def test_an_empty_folder_is_kept_with_the_structure(self):
        (self.files / "nothing in here").mkdir()
        self.write("a.txt", "a")
        self.dray.import_folder(self.files, "/content/dam/trip")
        artifact = self.dray.start().create_artifact("/content/dam/trip", name="x", keepStructure=True)
        self.dray.save(artifact, self.archive)
        with zipfile.ZipFile(self.archive) as opened:
            self.assertIn("trip/nothing in here/", opened.namelist())
            opened.extractall(self.dray.folder / "out")
        self.assertTrue((self.dray.folder / "out/trip/nothing in here").is_dir())

    def test_demonstration_photographs_come_out_as_they_went_in(self):
        photos = os.environ.get("DRAY_DEMO_PHOTOS", "")
        if not photos:
            self.skipTest("DRAY_DEMO_PHOTOS names no folder of photographs")
        sources = {}
        for photo in sorted(pathlib.Path(photos).rglob("*")):
            if photo.suffix.lower() in (".jpg", ".jpeg") and photo.is_file():
                self.write(photo.relative_to(photos), photo.read_bytes())
                sources["/content/dam/photos/%s" % photo.relative_to(photos)] = sha256_of_file(photo)
        self.assertTrue(sources, "there are no JPEGs in " + photos)
        self.assertEqual(self.dray.import_folder(self.files, "/content/dam/photos")["imported"], len(sources))
        self.dray.start()
        for layout, options in LAYOUTS.items():
            with self.subTest(layout=layout):
                self.check_layout("/content/dam/photos", sources, options)


class SingleOriginal(SystemTest):
    def test_comes_bare_under_its_own_name(self):
        content = noise(100_000, "photo")
        self.write("für dich.jpg", content)
        self.dray.import_folder(self.files, "/content/dam/trip")
        artifact = self.dray.start().create_artifact("/content/dam/trip/für dich.jpg")
        self.assertEqual((artifact["name"], artifact["mimeType"], artifact["size"]),
                         ("für dich.jpg", "image/jpeg", 100_000))
        answer = self.dray.get(artifact["uri"])
        self.assertEqual(answer.body, content)
        self.assertEqual(answer.headers["Content-Type"], "image/jpeg")
        self.assertIn("filename*=UTF-8''" + urllib.parse.quote("für dich.jpg"), answer.headers["Content-Disposition"])

    def test_comes_as_an_archive_when_one_is_named(self):
        self.write("a.jpg", "a")
        self.dray.import_folder(self.files, "/content/dam/trip")
        artifact = self.dray.start().create_artifact("/content/dam/trip/a.jpg", name="my archive")
        self.assertEqual((artifact["name"], artifact["mimeType"]), ("my archive.zip", "application/zip"))


class Selection(SystemTest):
    def setUp(self):
        super().setUp()
        self.write("open/a.jpg", "open")
        self.write("secret/b.jpg", "secret")
        (self.files / "empty").mkdir()
        self.dray.import_folder(self.files, "/content/dam/trip")
        self.dray.start()
        self.dray.add_user("ann")
        self.ann = self.dray.token("ann")

    def test_of_an_empty_folder_succeeds_with_nothing_and_says_so(self):
        download = self.dray.create_download("/content/dam/trip/empty")
        self.assertEqual((download["status"], download["artifacts"], download["skipped"]), ("SUCCESSFUL", [], []))
        self.assertIn("no files", download["message"])

    def test_names_a_denied_folder_and_takes_the_rest(self):
        self.dray.run("access", "deny", "ann", "/content/dam/trip/secret")
        download = self.dray.create_download("/content/dam/trip", name="x", keepStructure=True, token=self.ann)
        self.assertEqual(download["status"], "PARTIALLY_SUCCESSFUL")
        self.assertEqual([(item["path"], item["reason"]) for item in download["skipped"]],
                         [("/content/dam/trip/secret", "denied")])
        content = self.dray.get(download["artifacts"][0]["uri"], token=self.ann).body
        self.assertIn(b"open", content)
        self.assertNotIn(b"secret", content)
        administrators = self.dray.create_artifact("/content/dam/trip", name="x", keepStructure=True)
        self.assertIn(b"secret", self.dray.get(administrators["uri"]).body)

    def test_of_nothing_but_a_denied_folder_fails_by_name(self):
        self.dray.run("access", "deny", "ann", "/content/dam/trip/secret")
        download = self.dray.create_download("/content/dam/trip/secret", token=self.ann)
        self.assertEqual((download["status"], download["artifacts"]), ("FAILED", []))
        self.assertEqual(download["skipped"][0]["path"], "/content/dam/trip/secret")
        answer = self.dray.get("/content/dam/trip/secret/b.jpg", token=self.ann)
        self.assertEqual(answer.status, 404)

    def test_of_others_downloads_is_not_possible(self):
        download = self.dray.create_download("/content/dam/trip")
        self.assertEqual(self.dray.get("/api/v1/downloads/" + download["id"], token=self.ann).status, 404)
        self.assertEqual(self.dray.get(download["artifacts"][0]["uri"], token=self.ann).status, 404)


if __name__ == "__main__":
    unittest.main()
