"""The inbox, live updates and preferences."""

import json
import threading
import time

from dray import SystemTest, wait_until


class Events:
    """Reads a stream of server-sent events on a thread of its own."""

    def __init__(self, dray, token="admin", **headers):
        self.seen = []
        self.ended = False
        self.connection, self.response = dray.open("/api/v1/events", token=dray.token(token), headers=headers or None, timeout=60)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        event = {}
        while not self.ended:
            try:
                line = self.response.readline().decode()
            except (OSError, AttributeError, ValueError):  # it was closed on this side
                line = ""
            if not line:
                self.ended = True
                return
            line = line.rstrip("\n")
            if not line:
                if "data" in event:
                    event["data"] = json.loads(event["data"])
                    self.seen.append(event)
                event = {}
            elif not line.startswith(":"):
                key, _, value = line.partition(": ")
                event[key] = value

    def of(self, kind):
        return [event["data"] for event in self.seen if event.get("event") == kind]

    def close(self):
        self.response.close()
        self.connection.close()


class Inbox(SystemTest):
    def setUp(self):
        super().setUp()
        for number in range(11):
            self.write("many/%02d.txt" % number, str(number))
        self.dray.import_folder(self.files, "/content/dam/i")
        self.dray.add_user("ann")
        self.dray.add_user("bob")

    def get(self, path, user="ann"):
        return self.dray.get(path, token=self.dray.token(user))

    def listen(self, user, **headers):
        events = Events(self.dray, user, **headers)
        self.addCleanup(events.close)
        return events

    def inbox(self, token="ann"):
        return self.get("/api/v1/inbox", token).json()

    def post(self, path, token="ann", **body):
        headers = {"Content-Type": "application/json"}
        return self.dray.request("POST", path, headers, self.dray.token(token), json.dumps(body) if body else None).status

    def large(self, token="ann"):
        download = self.dray.ask_download("/content/dam/i/many", token=self.dray.token(token)).json()
        self.assertEqual((download["status"], download["inBackground"]), ("PROCESSING", True))
        wait_until(lambda: any(item["id"] == download["id"] and item["isComplete"] for item in self.inbox(token)["items"]),
                   "it is in the inbox")
        return download

    def test_announces_what_went_on_in_the_background(self):
        self.dray.start()
        small = self.dray.ask_download("/content/dam/i/many/00.txt", token=self.dray.token("ann")).json()
        self.assertEqual((small["status"], self.inbox()["unread"]), ("SUCCESSFUL", 0))
        large = self.large()
        inbox = self.inbox()
        self.assertEqual(inbox["unread"], 1)
        self.assertEqual([(item["id"], item["notice"]) for item in inbox["items"]],
                         [(large["id"], "unread"), (small["id"], "read")])
        item = inbox["items"][0]
        self.assertEqual((item["name"], len(item["artifacts"])), ("many", 1))
        self.assertRegex(item["expires"], r"^20\d\d-")
        self.assertEqual(self.inbox("bob"), {"items": [], "next": None, "unread": 0})

        self.assertEqual(self.post("/api/v1/inbox/%s/open" % large["id"], token="bob"), 404)
        self.assertEqual(self.post("/api/v1/inbox/%s/open" % large["id"], token="admin"), 404, "another's inbox")
        self.assertEqual(self.post("/api/v1/inbox/%s/open" % large["id"]), 204)
        self.assertEqual(self.inbox()["unread"], 0)
        self.assertEqual(self.post("/api/v1/inbox/%s/complete" % large["id"]), 204)
        self.assertEqual([item["id"] for item in self.inbox()["items"]], [small["id"]])
        self.assertEqual(self.get("/api/v1/downloads/" + large["id"], "ann").json()["notice"], "dismissed")
        more = [self.large()["id"] for _ in range(3)]
        self.assertEqual(self.inbox()["unread"], 3)
        self.assertEqual(self.post("/api/v1/inbox/complete", ids=more[:1] + ["none"]), 204)
        self.assertEqual(self.post("/api/v1/inbox/remove", ids=more[1:]), 204)
        self.assertEqual((self.inbox()["unread"], len(self.inbox()["items"])), (0, 1))
        self.assertEqual(self.get("/api/v1/downloads/" + more[1], "ann").status, 404)
        for bad in ({"ids": "x"}, {"ids": [1]}, {"id": ["x"]}):
            self.assertEqual(self.post("/api/v1/inbox/complete", **bad), 400)

    def test_every_device_hears_at_once_and_nobody_else(self):
        self.dray.start()
        phone, desk, bobs = self.listen("ann"), self.listen("ann"), self.listen("bob")
        wait_until(lambda: all(events.of("inbox") for events in (phone, desk, bobs)), "the first news")
        begun = time.monotonic()
        large = self.large()
        for events in (phone, desk):
            wait_until(lambda: {"unread": 1} in events.of("inbox"), "it is told")
            told = events.of("download")[-1]
            self.assertEqual((told["id"], told["status"], told["notice"]), (large["id"], "SUCCESSFUL", "unread"))
        self.assertLess(time.monotonic() - begun, 3)
        self.post("/api/v1/inbox/%s/open" % large["id"])
        wait_until(lambda: desk.of("inbox")[-1] == {"unread": 0}, "read on the phone is read at the desk")
        self.dray.request("DELETE", "/api/v1/downloads/" + large["id"])
        wait_until(lambda: {"id": large["id"]} in desk.of("removed"), "removed")
        self.assertEqual((bobs.of("download"), bobs.of("inbox")), ([], [{"unread": 0}]))

        last = desk.seen[-2]["id"]
        desk.close()
        again = self.large()
        resumed = self.listen("ann", **{"Last-Event-ID": last})
        wait_until(lambda: any(told["id"] == again["id"] for told in resumed.of("download")), "what was missed")
        self.assertEqual(resumed.of("removed"), [], "what was heard is not told twice")
        self.assertEqual(self.dray.stop(), 0, "those who listen do not keep it")
        wait_until(lambda: resumed.ended and phone.ended, "the streams end")

    def test_hears_what_another_process_did(self):
        self.dray.start()
        events = self.listen("ann")
        wait_until(lambda: events.of("inbox"), "the first news")
        other = self.make_dray(self.dray.data)
        other.tokens = self.dray.tokens
        other.start()
        begun = time.monotonic()
        download = other.ask_download("/content/dam/i/many", token=self.dray.token("ann")).json()
        wait_until(lambda: {"unread": 1} in events.of("inbox"), "it is told")
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(events.of("download")[-1]["id"], download["id"])

    def test_keeps_preferences(self):
        self.dray.start()
        headers = {"Content-Type": "application/json"}
        put = lambda body: self.dray.request("PUT", "/api/v1/preferences", headers, self.dray.token("ann"), json.dumps(body))
        self.assertEqual(self.get("/api/v1/preferences", "ann").json(),
                         {"assetDownloadEmailNotification": False, "language": ""})
        self.assertEqual(put({"assetDownloadEmailNotification": True}).json(),
                         {"assetDownloadEmailNotification": True, "language": ""})
        self.assertEqual(put({"language": "pt-BR"}).json()["language"], "pt-br")
        self.assertEqual(self.get("/api/v1/preferences", "ann").json(),
                         {"assetDownloadEmailNotification": True, "language": "pt-br"})
        self.assertEqual(self.get("/api/v1/preferences", "bob").json()["language"], "")
        for bad in ({"language": "english"}, {"language": "d\r\n"}, {"language": 1}, {"colour": "red"}, [],
                    {"assetDownloadEmailNotification": "yes"}):
            answer = put(bad)
            self.assertEqual(answer.status, 400, bad)
