"""Downloads that go on in the background: when they do, how far they are, cancelling, trying again, and servers that die."""

import http.client
import json
import os
import random
import signal
import threading
import time
import unittest

from dray import QUICK, SystemTest, make_sparse_file, wait_until
from hostile_images_test import children_of, is_worker
from images_test import png
from inbox_test import Events

SLOW = {"dynamic": [{"width": 1500, "modifiers": "rotate=33"}]}


class Background(SystemTest):
    def import_files(self):
        self.dray.import_folder(self.files, "/content/dam/b")

    def ask(self, *targets, **options):
        answer = self.dray.ask_download(*targets, **options)
        self.assertEqual(answer.status, 201, answer.text)
        return answer.json()

    def look(self, download):
        return self.dray.get("/api/v1/downloads/" + download["id"]).json()

    def slow_pictures(self, count):
        """Distinct ones, each of which takes a good part of a second."""
        for number in range(count):
            row = b"\0" + bytes(random.Random(number).randrange(256) for _ in range(3 * 2000))
            self.write("slow/%d.png" % number, png(2000, 2000, row * 2000))

    def test_each_threshold_crossed_by_one(self):
        for number in range(11):
            self.write("many/%02d.txt" % number, str(number))
        make_sparse_file(self.write("exact/b.txt", "0123456789").parent / "a.bin", 99_999_990)
        make_sparse_file(self.write("over/b.txt", "0123456789x").parent / "a.bin", 99_999_990)
        self.import_files()
        self.dray.start("--now-assets", "10", "--now-size", "100MB")
        ten = self.ask(*["/content/dam/b/many/%02d.txt" % number for number in range(10)])
        self.assertEqual((ten["status"], ten["inBackground"]), ("SUCCESSFUL", False))
        eleven = self.ask("/content/dam/b/many")
        self.assertEqual((eleven["status"], eleven["isComplete"], eleven["inBackground"], eleven["artifacts"]),
                         ("PROCESSING", False, True, []))
        self.assertEqual(self.ask("/content/dam/b/exact")["status"], "SUCCESSFUL")
        over = self.ask("/content/dam/b/over")
        self.assertEqual(over["status"], "PROCESSING")
        for download, count in ((eleven, 11), (over, 2)):
            done = self.dray.wait_for_download(download)
            self.assertEqual((done["status"], done["artifacts"][0]["entryCount"], done["inBackground"]),
                             ("SUCCESSFUL", count, True))
            self.assertNotIn("progress", done)
            self.assertEqual(self.dray.get_range(done["artifacts"][0]["uri"], 0, 3), b"PK\3\4")

    def test_what_takes_too_long_goes_on_in_the_background_and_tells_how_far_it_is(self):
        self.slow_pictures(12)
        self.import_files()
        self.dray.start("--now-seconds", "1", "--image-workers", "1")
        events = Events(self.dray)
        self.addCleanup(events.close)
        begun = time.monotonic()
        download = self.ask("/content/dam/b/slow", originals=False, **SLOW)
        self.assertLess(time.monotonic() - begun, 6)
        self.assertEqual((download["status"], download["inBackground"]), ("PROCESSING", True))
        seen, left = set(), []
        while not download["isComplete"]:
            progress = download["progress"]
            self.assertIn(progress["renditionCount"], (0, 12))
            seen.add(progress["renditionsDone"])
            self.assertEqual(progress["assetsDone"], progress["renditionsDone"], "one of each picture")
            self.assertLessEqual(progress["bytesDone"], progress["byteCount"])
            if 0 < progress["renditionsDone"] < 12:
                self.assertEqual(progress["percent"], 100 * progress["renditionsDone"] // 12)
                left.append(progress["secondsLeft"])
            time.sleep(0.05)
            download = self.look(download)
        self.assertGreaterEqual(len(seen), 3, "it told how far it was")
        self.assertTrue(all(seconds >= 0 for seconds in left) and left[-1] <= left[0], left)
        told = [one["progress"]["renditionsDone"] for one in events.of("download") if one["id"] == download["id"] and "progress" in one]
        self.assertTrue(len(set(told)) >= 3 and told == sorted(told), "and it was told live: %s" % told)
        self.assertEqual((download["status"], download["totalCount"]), ("SUCCESSFUL", 12))

    def test_a_second_less_and_a_second_more_than_the_threshold(self):
        threshold = 4 if QUICK else 30
        self.write("a.png", png(60, 40))
        answers = {}
        waiting = []
        for seconds in (threshold - 1, threshold + 1):
            dray = self.make_dray()
            dray.import_folder(self.files, "/content/dam/b")
            options = () if threshold == 30 else ("--now-seconds", str(threshold))  # 30 is what nothing said means
            dray.start("--image-workers", "1", "--image-patience", "120", *options)
            self.assertEqual(dray.ask_download("/content/dam/b/a.png", originals=False, dynamic=[{"width": 10}]).json()["status"], "SUCCESSFUL")
            wait_until(lambda: dray.get("/content/dam/b/a.png/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg").status == 200, "all is quiet")
            thread = threading.Thread(target=self.ask_slowed, args=(dray, "/content/dam/b/a.png", seconds, answers))
            thread.start()
            waiting.append(thread)
        for thread in waiting:
            thread.join()
        took, less = answers[threshold - 1]
        self.assertEqual((less["status"], less["inBackground"]), ("SUCCESSFUL", False))
        self.assertTrue(threshold - 1 <= took < threshold, took)
        took, more = answers[threshold + 1]
        self.assertEqual((more["status"], more["inBackground"], more["artifacts"]), ("PROCESSING", True, []))
        self.assertTrue(threshold <= took < threshold + 1, took)
        done = dray.wait_for_download(more)
        self.assertEqual((done["status"], done["totalCount"]), ("SUCCESSFUL", 1), "and nothing was lost")
        unread = [item["id"] for item in dray.get("/api/v1/inbox").json()["items"] if item["notice"] == "unread"]
        self.assertEqual(unread, [more["id"]])

    def ask_slowed(self, dray, picture, seconds, answers):
        """The engine stands still for so long."""
        for pid in self.workers(dray):
            os.kill(pid, signal.SIGSTOP)
        timer = threading.Timer(seconds, lambda: [os.kill(pid, signal.SIGCONT) for pid in self.workers(dray)])
        timer.start()
        begun = time.monotonic()
        answer = dray.ask_download(picture, originals=False, dynamic=[{"width": 20}])
        answers[seconds] = (time.monotonic() - begun, answer.json())
        timer.join()

    def workers(self, dray):
        return [pid for pid in children_of(dray.server.pid) if is_worker(pid)]

    def test_whoever_goes_away_cancels_what_is_waited_for(self):
        self.write("a.png", png(60, 40))
        self.import_files()
        self.dray.start("--image-workers", "1", "--image-patience", "120")
        picture = "/content/dam/b/a.png"
        wait_until(lambda: self.dray.get(picture + "/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg").status == 200, "all is quiet")
        for pid in self.workers(self.dray):
            os.kill(pid, signal.SIGSTOP)
        body = json.dumps({"targets": [{"path": picture}], "options": {"originals": False, "dynamic": [{"width": 21}]}})
        connection = http.client.HTTPConnection("127.0.0.1", self.dray.port)
        connection.request("POST", "/api/v1/downloads", body, self.dray.headers("admin", {"Content-Type": "application/json"}))
        def states():
            return [one["status"] for one in self.dray.get("/api/v1/downloads").json()["items"]]
        wait_until(lambda: states() == ["PROCESSING"] and self.running("quick-downloads") == 1, "it has begun")
        connection.close()
        wait_until(lambda: states() == ["FAILED"], "it is cancelled", seconds=5)
        self.assertIn("did not wait", self.dray.get("/api/v1/downloads").json()["items"][0]["message"])
        self.assertEqual(self.dray.get("/api/v1/inbox").json()["unread"], 0)
        wait_until(lambda: self.running("quick-downloads") == 0, "its place is free", seconds=5)

    def test_a_running_one_is_cancelled(self):
        self.slow_pictures(30)
        self.import_files()
        self.dray.start("--now-seconds", "0", "--image-workers", "1")
        download = self.ask("/content/dam/b/slow", originals=False, **SLOW)
        wait_until(lambda: self.look(download)["progress"]["renditionsDone"] > 0, "something is made")
        self.assertEqual(self.dray.request("DELETE", "/api/v1/downloads/" + download["id"]).status, 204)
        cancelled = self.look(download)
        self.assertEqual((cancelled["status"], cancelled["message"]), ("FAILED", "cancelled by admin"))
        wait_until(lambda: self.running("quick-downloads") == 0, "the slot is free", seconds=2)
        answer = self.dray.request("POST", "/api/v1/downloads/%s/retry" % download["id"])
        self.assertEqual(answer.status, 201)
        again = answer.json()
        self.assertNotEqual(again["id"], download["id"])
        self.assertEqual(self.dray.request("POST", "/api/v1/downloads/%s/retry" % again["id"]).status, 409)
        self.assertEqual(self.dray.wait_for_download(again)["status"], "SUCCESSFUL")
        self.assertEqual(self.dray.request("POST", "/api/v1/downloads/none/retry").status, 404)
        self.assertEqual(self.dray.request("DELETE", "/api/v1/downloads/" + download["id"]).status, 204)
        self.assertEqual(self.dray.get("/api/v1/downloads/" + download["id"]).status, 404)

    def running(self, kind):
        for line in self.dray.get("/metrics", token=None).text.splitlines():
            if line.startswith("dray_rendition_jobs{") and '"%s"' % kind in line and 'state="running"' in line:
                return int(float(line.split()[-1]))
        return 0

    def test_a_server_that_is_stopped_or_killed_loses_none(self):
        self.slow_pictures(20)
        self.import_files()
        self.dray.start("--now-seconds", "0", "--image-workers", "1")
        first = self.ask("/content/dam/b/slow", originals=False, **SLOW)
        wait_until(lambda: self.look(first)["progress"]["renditionsDone"] > 0, "something is made")
        begun = time.monotonic()
        self.assertEqual(self.dray.stop(), 0)
        self.assertLess(time.monotonic() - begun, 15, "it does not wait for the whole")
        self.dray.start("--now-seconds", "0", "--image-workers", "1")
        wait_until(lambda: self.look(first)["isComplete"] or self.look(first)["progress"]["renditionsDone"] > 0, "it goes on", 60)
        second = self.ask("/content/dam/b/slow", originals=True, **SLOW)
        self.dray.kill()
        self.dray.start("--image-workers", "1")
        for download, count in ((first, 20), (second, 40)):
            done = self.dray.wait_for_download(self.look(download))
            self.assertEqual((done["status"], done["totalCount"]), ("SUCCESSFUL", count))
        self.dray.verify()

    def test_a_server_stops_although_somebody_waits(self):
        self.slow_pictures(40)
        self.import_files()
        self.dray.start("--image-workers", "1", "--grace", "1", "--now-assets", "0", "--now-seconds", "3600")
        def wait():
            try:
                self.dray.ask_download("/content/dam/b/slow", originals=False, **SLOW)
            except OSError:
                pass  # its connection is cut
        waiting = threading.Thread(target=wait)
        waiting.start()
        wait_until(lambda: self.running("quick-downloads") == 1, "it is prepared")
        begun = time.monotonic()
        self.assertEqual(self.dray.stop(), 0)
        self.assertLess(time.monotonic() - begun, 20)
        waiting.join()

    def test_small_ones_do_not_wait_for_large_ones(self):
        for number in range(3000):
            self.write("many/%d" % number, str(number))
        self.import_files()
        self.dray.start("--now-assets", "10")
        large = []
        asking = threading.Thread(target=lambda: large.extend(self.ask("/content/dam/b/many") for _ in range(100)))
        asking.start()
        worst = 0
        for number in range(50):
            begun = time.monotonic()
            self.assertEqual(self.ask("/content/dam/b/many/%d" % number)["status"], "SUCCESSFUL")
            worst = max(worst, time.monotonic() - begun)
        asking.join()
        self.assertLess(worst, 2)
        for download in large:
            self.assertEqual(self.dray.wait_for_download(download)["status"], "SUCCESSFUL")

    def test_one_user_leaves_a_place_for_others(self):
        for number in range(12):
            self.write("slow/%d.png" % number, png(60, 40, (b"\0" + bytes([number]) * 180) * 40))
            self.write("many/%d.txt" % number, str(number))
        self.import_files()
        for cap, leaves_a_place in (("1", True), ("0", False)):
            self.dray.start("--image-workers", "1", "--image-patience", "120", "--preparing-of-user", cap)
            self.dray.add_user("bob" + cap)
            token = self.dray.token("bob" + cap)
            first = self.ask("/content/dam/b/slow/1.png", originals=False, dynamic=[{"width": 10 + int(cap)}])
            self.assertEqual(first["status"], "SUCCESSFUL")
            wait_until(lambda: self.dray.get("/content/dam/b/slow/11.png/_jcr_content/renditions/cq5dam.web.1280.1280.jpeg").status == 200, "all is quiet")
            for pid in self.workers(self.dray):
                os.kill(pid, signal.SIGSTOP)
            own = [self.ask("/content/dam/b/slow", originals=False, dynamic=[{"width": 20 + int(cap), "height": height}]) for height in (15, 16, 17)]
            wait_until(lambda: self.running("downloads") == (1 if leaves_a_place else 2), "as many are prepared as may be")
            other = self.dray.ask_download("/content/dam/b/many", token=token).json()
            def status():
                return self.dray.get("/api/v1/downloads/" + other["id"], token=token).json()["status"]
            if leaves_a_place:
                wait_until(lambda: status() == "SUCCESSFUL", "the other's is prepared")
                self.assertEqual(self.running("downloads"), 1)
            for pid in self.workers(self.dray):
                os.kill(pid, signal.SIGCONT)
            for download in own:
                self.assertEqual(self.dray.wait_for_download(download)["status"], "SUCCESSFUL")
            wait_until(lambda: status() == "SUCCESSFUL", "and the other's in any case")
            self.dray.stop()

    def test_a_full_queue_refuses_what_is_large_and_says_when_to_come_again(self):
        for number in range(12):
            self.write("many/%d" % number, str(number))
        self.slow_pictures(11)
        self.import_files()
        def ask(path, **options):
            return self.dray.ask_download(path, **options)
        for option, reason in (("--queued-of-user", "of your downloads"), ("--queued", "many downloads")):
            self.dray.start(option, "1", "--image-workers", "1")
            first = ask("/content/dam/b/slow", originals=False, **SLOW).json()
            full = ask("/content/dam/b/many")
            self.assertEqual((full.status, reason in full.json()["error"]), (503, True), full.text)
            self.assertTrue(full.headers["Retry-After"])
            self.assertEqual(ask("/content/dam/b/many/1").json()["status"], "SUCCESSFUL", "small ones go on")
            self.assertEqual(self.dray.request("DELETE", "/api/v1/downloads/" + first["id"]).status, 204)
            wait_until(lambda: ask("/content/dam/b/many").status == 201, "there is room again")
            self.dray.stop()


if __name__ == "__main__":
    unittest.main()
