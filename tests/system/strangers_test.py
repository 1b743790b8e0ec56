"""What those learn who guess at other people's downloads: nothing, not even from how long the answer takes."""

import http.client
import statistics
import time

from dray import QUICK, SystemTest

ROUNDS = 400 if QUICK else 1500
MOST_DIFFERENCE = 0.05  # of the time of an answer; a look at a large download takes three times as long


class Strangers(SystemTest):
    def setUp(self):
        super().setUp()
        names = ["%03d-%s.txt" % (number, "x" * 100) for number in range(300)]
        for name in names:
            self.write(name, name)
        self.dray.import_folder(self.files, "/content/dam/x")
        self.dray.add_user("ann", "dam-users")
        self.dray.add_user("eve", "dam-users")
        self.dray.start()
        small = self.dray.create_download("/content/dam/x/" + names[0], token=self.dray.token("ann"))
        large = self.dray.create_download(*["/content/dam/x/" + name for name in names], token="admin")
        self.ids = {"none": "0" * 32, "small": small["id"], "large": large["id"]}

    def time_of(self, connection, method, path):
        begin = time.perf_counter()
        connection.request(method, path, headers={"Authorization": "Bearer " + self.dray.token("eve")})
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - begin
        return took, answer.status, body

    def typical_times(self, address, method):
        """One after another in turns, so that whatever else the machine does falls on all of them."""
        connection = http.client.HTTPConnection("127.0.0.1", self.dray.port, timeout=30)
        times, said = {kind: [] for kind in self.ids}, set()
        for _ in range(ROUNDS):
            for kind, number in self.ids.items():
                took, status, body = self.time_of(connection, method, address % number)
                times[kind].append(took)
                said.add((status, body.replace(number.encode(), b"ID")))
        connection.close()
        self.assertEqual(len(said), 1, "the same answer: %s" % said)
        self.assertEqual(next(iter(said))[0], 404)
        return {kind: statistics.median(values) for kind, values in times.items()}

    def check(self, address, method="GET"):
        for _ in range(4):
            times = self.typical_times(address, method)
            differences = [abs(times[kind] / times["none"] - 1) for kind in ("small", "large")]
            if max(differences) <= MOST_DIFFERENCE:
                return
        self.fail("%s %s tells what there is: %s" % (method, address, times))

    def test_downloads_of_others(self):
        self.check("/api/v1/downloads/%s")

    def test_artifacts_of_others(self):
        self.check("/api/v1/downloads/%s/artifacts/x.zip")

    def test_by_aems_address(self):
        self.check("/content/dam.downloadbinaries.json?downloadId=%s")

    def test_artifacts_by_aems_address(self):
        self.check("/content/dam.downloadbinaries.json?downloadId=%s&artifactId=0")
