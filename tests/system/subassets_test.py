"""The pages of documents, as sub-assets. What comes is read with qpdf, pdfinfo and Pillow."""

import io
import shutil
import subprocess
import unittest

from dray import SystemTest, wait_until

try:
    from PIL import Image
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

FOLDER = "/content/dam/d"
PAGES = {"brochure.pdf": 3, "single.pdf": 1, "scan.tif": 2}


def make_pdf(pages, extra=b""):
    """Each page has another width and its number as text. `extra` goes into the catalog."""
    objects = [b"<</Type/Catalog/Pages 2 0 R %s>>" % extra,
               b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(pages))),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for i in range(pages):
        text = b"BT /F 40 Tf 20 20 Td (number %d) Tj ET" % (i + 1)
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d 200]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>" %
                       (300 + i, 5 + 2 * i))
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(text), text))
    file, offsets = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return file + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))


def make_tiff(pages, mode="RGB", **options):
    file = io.BytesIO()
    first, *more = [Image.new(mode, (40 + i, 30)) for i in range(pages)]
    first.save(file, "TIFF", save_all=True, append_images=more, **options)
    return file.getvalue()


class Subassets(SystemTest):
    def setUp(self):
        super().setUp()
        self.write("brochure.pdf", make_pdf(3, b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"))
        self.write("single.pdf", make_pdf(1))
        self.write("scan.tif", make_tiff(2))
        self.write("photo.tif", make_tiff(1))
        self.write("broken.pdf", make_pdf(2)[:200])
        self.write("words.txt", "words")

    def begin(self, *options):
        self.dray.start(*options)
        self.assertEqual(self.dray.import_folder(self.files, FOLDER)["problems"], [])
        wait_until(self.nothing_waits, "all renditions are made", 60)
        if "--subassets" in options:
            wait_until(lambda: {name: len(self.pages(name)) for name in PAGES} == PAGES, "the pages are there", 30)

    def nothing_waits(self):
        return all(len(self.asset(name)["renditions"]) >= 4 for name in ("brochure.pdf", "single.pdf", "scan.tif", "photo.tif", "broken.pdf"))

    def asset(self, name):
        return self.dray.get("/api/v1/assets%s/%s" % (FOLDER, name)).json()

    def pages(self, name):
        return [page["name"] for page in self.asset(name)["subassets"]]

    def test_there_are_none_unless_asked_for(self):
        self.begin()
        self.assertEqual(self.pages("brochure.pdf"), [])
        answer = self.dray.create_download(FOLDER, subassets=True)
        self.assertEqual([(item["reason"], item["message"]) for item in answer["skipped"]],
                         [("no_subassets", "nothing in the selection has sub-assets")])
        self.assertEqual(answer["status"], "PARTIALLY_SUCCESSFUL")

    def test_pages_are_documents_of_their_own(self):
        self.begin("--subassets")
        self.assertEqual(self.pages("brochure.pdf"), ["page1.pdf", "page2.pdf", "page3.pdf"])
        self.assertEqual(self.pages("single.pdf"), ["page1.pdf"])
        self.assertEqual(self.pages("scan.tif"), ["page1.tif", "page2.tif"])
        self.assertEqual(self.pages("photo.tif"), [])
        self.assertEqual(self.pages("broken.pdf"), [])
        for i, page in enumerate(self.asset("brochure.pdf")["subassets"]):
            answer = self.dray.get(page["uri"])
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/pdf"))
            self.write("out.pdf", answer.body)
            facts = subprocess.run(["pdfinfo", str(self.files / "out.pdf")], capture_output=True, text=True, check=True).stdout
            self.assertRegex(facts, r"Pages: +1\n")
            self.assertRegex(facts, r"Page size: +%d x 200 pts" % (300 + i))
            self.assertRegex(facts, r"JavaScript: +no\n")
            text = subprocess.run(["pdftotext", str(self.files / "out.pdf"), "-"], capture_output=True, text=True, check=True)
            self.assertIn("number %d" % (i + 1), text.stdout)
        second = Image.open(io.BytesIO(self.dray.get(FOLDER + "/scan.tif/subassets/page2.tif").body))
        self.assertEqual((second.format, second.size, second.n_frames), ("TIFF", (41, 30), 1))

    def test_a_page_needs_the_right_to_the_original(self):
        self.dray.add_user("ann", "dam-users")
        self.begin("--subassets")
        ann, page = self.dray.token("ann"), FOLDER + "/brochure.pdf/subassets/page1.pdf"
        self.assertEqual(self.dray.get(page, token=ann).status, 200)
        self.assertEqual(self.dray.get(FOLDER + "/brochure.pdf/subassets/page9.pdf", token=ann).status, 404)
        self.dray.run("access", "deny", "ann", FOLDER, "--privileges", "original")
        self.assertEqual(self.dray.get(page, token=ann).status, 403)
        self.dray.run("access", "deny", "ann", FOLDER, "--privileges", "read")
        self.assertEqual(self.dray.get(page, token=ann).status, 404)

    def test_a_folder_may_be_called_subassets(self):
        self.write("subassets/words.txt", "other words")
        self.begin("--subassets")
        self.assertEqual(self.dray.get(FOLDER + "/subassets/words.txt").body, b"other words")

    def test_a_download_has_the_pages_beside_their_document(self):
        self.begin("--subassets")
        answer = self.dray.create_download(FOLDER, subassets=True)
        names = [entry["name"] for entry in self.dray.manifest(answer["artifacts"][0])["entries"]]
        self.assertEqual(sorted(names), sorted(
            ["brochure.pdf", "single.pdf", "scan.tif", "photo.tif", "broken.pdf", "words.txt", "single (page1).pdf",
             "scan (page1).tif", "scan (page2).tif"] + ["brochure (page%d).pdf" % i for i in (1, 2, 3)]))
        self.assertEqual(answer["skipped"], [])
        alone = self.dray.create_artifact(FOLDER + "/single.pdf", subassets=True, originals=False)
        self.assertEqual(alone["mimeType"], "application/pdf")

    def test_many_pages_end_at_a_hundred(self):
        self.write("long.pdf", make_pdf(120))
        self.begin("--subassets")
        wait_until(lambda: self.pages("long.pdf"), "the pages are there", 30)
        pages = self.pages("long.pdf")
        self.assertEqual((len(pages), pages[0], pages[-1]), (100, "page1.pdf", "page100.pdf"))


if __name__ == "__main__":
    unittest.main()
