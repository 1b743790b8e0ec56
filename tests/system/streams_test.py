"""How many downloads are sent at a time, and how fast."""

import time

from dray import SystemTest, make_sparse_file, wait_until

SIZE = 40_000_000


class Streams(SystemTest):
    def setUp(self):
        super().setUp()
        make_sparse_file(self.write("film.mp4", "").parent / "film.mp4", SIZE)
        self.write("small.txt", "small")
        self.dray.import_folder(self.files, "/content/dam/s")
        self.dray.add_user("ann")

    def open(self, user, name="film.mp4"):
        connection, answer = self.dray.open("/content/dam/s/" + name, None, self.dray.token(user))
        self.addCleanup(connection.close)
        return connection, answer

    def test_a_user_and_all_together_have_so_many_at_a_time(self):
        self.dray.start("--streams-of-user", "2", "--streams", "3")
        running = [self.open("ann") for _ in range(2)]
        self.assertEqual([answer.status for _, answer in running], [200, 200])
        refused = self.open("ann")[1]
        self.assertEqual((refused.status, refused.headers["Retry-After"] is not None), (503, True))
        self.assertIn("wait until one of them ends", refused.read().decode())
        self.assertEqual(self.open("ann", "small.txt")[1].read(), b"small", "what is short needs no place")
        head = self.dray.request("HEAD", "/content/dam/s/film.mp4", token=self.dray.token("ann"))
        self.assertEqual(head.status, 200, "nor does a head")
        other = self.open("admin")
        self.assertEqual((other[1].status, self.open("admin")[1].status), (200, 503))
        self.assertEqual(len(running[0][1].read()), SIZE, "what runs is not disturbed")
        wait_until(lambda: self.open("ann")[1].status == 200, "a place is free after the end")
        running[1][0].close()
        running[1][1].close()
        wait_until(lambda: self.open("ann")[1].status == 200, "and after a client has gone")

    def test_a_rate_is_kept_and_shared(self):
        self.dray.start("--rate-of-user", "20MB")
        begun = time.monotonic()
        both = [self.open("ann")[1] for _ in range(2)]
        for answer in both:
            self.assertEqual(len(answer.read()), SIZE)
        took = time.monotonic() - begun
        self.assertTrue(3 < took < 12, "80 MB at 20 MB/s took %.1f s" % took)
