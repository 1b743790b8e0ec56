"""Films: thumbnails of a frame and a preview, looked at with ffprobe and Pillow."""

import io
import json
import re
import shutil
import subprocess
import time
import unittest

from dray import SystemTest, wait_until

try:
    from PIL import Image
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

PREVIEW = "cq5dam.video.hq.m4v"
THUMBNAILS = {"cq5dam.thumbnail.48.48.png": (48, 27), "cq5dam.thumbnail.140.100.png": (140, 79),
              "cq5dam.thumbnail.319.319.png": (319, 179)}
RED, BLUE = (255, 0, 0), (0, 0, 255)


def make_film(path, *more, size="1920x1080", seconds=4, sound=True):
    """Red for the first quarter, blue for the rest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    color = "color=%s:size=%s:rate=10:duration=%s"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", color % ("red", size, seconds / 4),
               "-f", "lavfi", "-i", color % ("blue", size, seconds * 3 / 4)]
    if sound:
        command += ["-f", "lavfi", "-i", "sine=duration=%s" % seconds]
    command += ["-filter_complex", "[0:v][1:v]concat=n=2[v]", "-map", "[v]"] + (["-map", "2:a"] if sound else [])
    subprocess.run(command + [*more, str(path)], check=True)


def probe(content):
    done = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", "-"], input=content,
                          capture_output=True, check=True)
    return json.loads(done.stdout)


@unittest.skipUnless(shutil.which("ffmpeg"), "ffmpeg is not here: apt-get install ffmpeg")
class Films(SystemTest):
    def asset(self, name):
        return self.dray.get("/api/v1/assets/content/dam/f/" + name).json()

    def renditions(self, name):
        return {one["name"]: one for one in self.asset(name)["renditions"]}

    def rendition(self, name, rendition):
        return self.dray.get("/content/dam/f/%s/_jcr_content/renditions/%s" % (name, rendition))

    def start_and_import(self, *options):
        self.dray.start(*options)
        report = self.dray.import_folder(self.files, "/content/dam/f")
        self.assertEqual(report["problems"], [])

    def wait_for(self, name, count=4):
        wait_until(lambda: len(self.renditions(name)) == count, name + " has its renditions", 60)

    def test_a_film_has_thumbnails_and_a_preview(self):
        make_film(self.files / "film.mp4", "-c:v", "libx264", "-c:a", "aac", "-metadata", "comment=secret")
        self.start_and_import()
        self.wait_for("film.mp4")
        for name, size in THUMBNAILS.items():
            picture = Image.open(io.BytesIO(self.rendition("film.mp4", name).body))
            self.assertEqual((picture.format, picture.size), ("PNG", size))
            self.assertTrue(all(abs(a - b) < 12 for a, b in zip(picture.getpixel((20, 20)), BLUE)), "of its middle")
        answer = self.rendition("film.mp4", PREVIEW)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "video/mp4"))
        film = probe(answer.body)
        streams = {one["codec_type"]: one for one in film["streams"]}
        video = streams["video"]
        self.assertEqual((video["codec_name"], video["width"], video["height"], video["pix_fmt"]),
                         ("h264", 1280, 720, "yuv420p"))
        self.assertEqual(streams["audio"]["codec_name"], "aac")
        self.assertAlmostEqual(float(film["format"]["duration"]), 4, delta=0.3)
        self.assertLess(answer.body.index(b"moov"), answer.body.index(b"mdat"), "it cannot be shown while it comes")
        self.assertNotIn(b"secret", answer.body)
        part = self.dray.get("/content/dam/f/film.mp4/_jcr_content/renditions/" + PREVIEW,
                             headers={"Range": "bytes=100-199"})
        self.assertEqual((part.status, part.body), (206, answer.body[100:200]))

    def test_films_of_every_kind(self):
        codecs = {"a.mov": ("-c:v", "mjpeg"), "a.mkv": ("-c:v", "libx264"), "a.webm": ("-c:v", "libvpx"),
                  "a.avi": ("-c:v", "mpeg4"), "a.mpg": ("-c:v", "mpeg2video", "-r", "25"),
                  "a.ts": ("-c:v", "libx264"), "a.flv": ("-c:v", "flv1"), "a.ogv": ("-c:v", "libtheora"),
                  "a.wmv": ("-c:v", "wmv2"), "a.3gp": ("-c:v", "libx264")}
        for name, codec in codecs.items():
            make_film(self.files / name, *codec, size="320x180", seconds=2, sound=False)
        self.start_and_import()
        for name in codecs:
            with self.subTest(name, type=self.asset(name)["mimeType"]):
                self.wait_for(name)
                made = self.renditions(name)
                self.assertEqual([one.get("failure") for one in made.values()], [None] * 4)
                self.assertEqual((made[PREVIEW]["width"], made[PREVIEW]["height"]), (320, 180))

    def test_what_is_turned_or_has_oblong_pixels_is_shown_upright(self):
        make_film(self.files / "flat.mp4", "-c:v", "libx264", size="320x180", seconds=1, sound=False)
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(self.files / "flat.mp4"), "-c", "copy", "-metadata:s:v",
                        "rotate=90", str(self.files / "turned.mp4")], check=True)
        make_film(self.files / "oblong.mp4", "-c:v", "libx264", "-aspect", "16:9", size="720x576", seconds=1)
        self.start_and_import()
        for name, size in (("turned.mp4", (180, 320)), ("oblong.mp4", (1024, 576))):
            self.wait_for(name)
            made = self.renditions(name)[PREVIEW]
            self.assertEqual((made["width"], made["height"]), size, name)
            video = probe(self.rendition(name, PREVIEW).body)["streams"][0]
            self.assertEqual((video["width"], video["height"]), size, name)

    def test_what_is_no_film_says_so(self):
        canary = self.dray.folder / "canary.txt"
        canary.write_text("the canary\n" * 100)
        playlist = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile://%s\n#EXT-X-ENDLIST\n" % canary
        concat = "ffconcat version 1.0\nfile %s\n" % canary
        make_film(self.files / "whole.mp4", "-c:v", "libx264", size="320x180", seconds=1, sound=False)
        whole = (self.files / "whole.mp4").read_bytes()
        self.write("cut.mp4", whole[:len(whole) // 2])
        self.write("list.avi", playlist)
        self.write("list.mp4", playlist)
        self.write("concat.mkv", concat)
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1", "-f", "matroska",
                        str(self.files / "sound.mkv")], check=True)
        self.start_and_import()
        for name in ("cut.mp4", "list.avi", "list.mp4", "concat.mkv", "sound.mkv"):
            if not self.asset(name)["mimeType"].startswith("video/"):
                continue
            self.wait_for(name)
            for one in self.renditions(name).values():
                self.assertIn("failure", one, name)
                answer = self.rendition(name, one["name"])
                self.assertEqual(answer.status, 404)
                self.assertNotIn("canary", answer.text)
        self.wait_for("whole.mp4")

    def test_a_long_film_does_not_hold_up_photographs_and_dies_with_its_server(self):
        make_film(self.files / "long.mp4", "-c:v", "libx264", "-preset", "ultrafast", size="1280x720", seconds=600, sound=False)
        self.start_and_import("--now-seconds", "0")
        running = lambda: subprocess.run(["pgrep", "-f", "^/usr/bin/ffmpeg.*libx264"], capture_output=True, text=True).stdout.split()
        wait_until(running, "ffmpeg runs", 30)
        Image.new("RGB", (400, 300), RED).save(self.files / "photo.jpg")
        self.dray.import_folder(self.files, "/content/dam/f")
        wait_until(lambda: len(self.renditions("photo.jpg")) == 4, "the photograph has its renditions", 10)
        wait_until(lambda: set(self.renditions("long.mp4")) == set(THUMBNAILS), "it has thumbnails before its preview", 10)
        self.assertEqual(self.rendition("long.mp4", PREVIEW).status, 404)
        waiting = self.dray.ask_download("/content/dam/f", originals=False, renditions=["cq5dam.*"]).json()
        quick = lambda: re.search(r'dray_rendition_jobs{kind="quick-downloads",state="running"} (\d+)', self.dray.get("/metrics").text).group(1)
        wait_until(lambda: quick() == "1", "it waits for the preview that is being made", 5)
        self.assertEqual(self.dray.request("DELETE", "/api/v1/downloads/" + waiting["id"]).status, 204)
        wait_until(lambda: quick() == "0", "a film does not hold up who is cancelled", 5)
        self.assertTrue(running(), "and goes on for the others")
        begun = time.monotonic()
        self.dray.stop()
        self.assertLess(time.monotonic() - begun, 5, "a film holds up the end")
        self.dray.start()
        wait_until(running, "ffmpeg runs again, since the film was given back", 10)
        self.dray.kill()
        wait_until(lambda: not running(), "ffmpeg has ended", 10)

    def test_a_download_has_the_preview(self):
        make_film(self.files / "film.mp4", "-c:v", "libx264", size="320x180", seconds=1, sound=False)
        Image.new("RGB", (400, 300), RED).save(self.files / "photo.jpg")
        self.start_and_import()
        self.wait_for("film.mp4")
        answer = self.dray.create_download("/content/dam/f", originals=False, renditions=["cq5dam.*"])
        names = {entry["name"] for entry in self.dray.manifest(answer["artifacts"][0])["entries"]}
        self.assertIn("film (cq5dam.video.hq).m4v", names)
        self.assertIn("photo (cq5dam.web.1280.1280).jpeg", names)
        self.assertEqual(answer["skipped"], [])
        answer = self.dray.create_download("/content/dam/f", originals=False, dynamic=[{"preset": "Main"}])
        self.assertEqual([item["path"] for item in answer["skipped"]], ["/content/dam/f/film.mp4"])


if __name__ == "__main__":
    unittest.main()
