"""The pages of shared links in a real browser on a phone: with and without JavaScript, in both colour schemes."""

import json
import shutil
import subprocess
import unittest
import urllib.parse

import adobe_clients_test
from adobe_clients_test import MODULES
from dray import SystemTest, wait_until
from images_test import png


def setUpModule():
    if not shutil.which("chromium"):
        raise unittest.SkipTest("chromium is not installed")
    adobe_clients_test.setUpModule()


class LinkPages(SystemTest):
    def test_a_visitor_with_a_phone_gets_what_was_shared(self):
        self.write("press/ein sehr langer Name ohne jede Lücke_%s.png" % ("x" * 80), png(600, 400))
        self.write("press/b.txt", "text")
        self.dray.import_folder(self.files, "/content/dam/l")
        self.dray.start()
        long = next(urllib.parse.quote(path) for path in self.dray.stored_files("/content/dam/l/press") if path.endswith("png"))
        wait_until(lambda: self.dray.get(long + "/_jcr_content/renditions/cq5dam.thumbnail.319.319.png").status == 200, "it has a picture")
        share = self.dray.request("POST", "/api/v1/shares", {"Content-Type": "application/json"}, body=json.dumps(
            {"paths": ["/content/dam/l/press"], "originals": True, "title": "Für die <Presse>"})).json()
        address = "http://127.0.0.1:%d%s" % (self.dray.port, share["url"][share["url"].index("/linkshare"):])
        pages = ("", "&path=/content/dam/l/press", "&inbox=1", "/linksharepreview.html" + share["url"][share["url"].index("?"):] + "&path=" + long,
                 "/linkexpired.html", "/linkshare.html?sh=none")
        done = subprocess.run(["node", MODULES / "link_pages.mjs", address, *pages], cwd=MODULES, capture_output=True, text=True, timeout=200)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        found = json.loads(done.stdout)
        self.assertEqual(found["noScript"], found["script"], "with and without JavaScript the same")
        self.assertEqual(found["script"]["name"], "Für die <Presse>.zip".replace("<", "_").replace(">", "_"))
        self.assertEqual([page["status"] for page in found["pages"]], 2 * [200, 200, 200, 200, 410, 404])
        for page in found["pages"]:
            errors = [error for error in page["errors"] if "status of 4" not in error]
            self.assertEqual((page["violations"], page["wide"], page["small"], page["broken"], page["outside"], errors),
                             ([], False, [], 0, [], []), page)
