"""Mail about downloads, over real mail servers: aiosmtpd with faults, and exim where its script is there."""

import email
import email.policy
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time
import unittest

from dray import ADMIN_PASSWORD, SystemTest, wait_until

SHARED = pathlib.Path(os.environ.get("DRAY_SHARED", "/nonexistent"))
EXIM = SHARED / "services" / "exim.sh"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mail(SystemTest):
    def setUp(self):
        super().setUp()
        for number in range(11):
            self.write("many/%02d.txt" % number, str(number))
        self.dray.import_folder(self.files, "/content/dam/m")
        self.content = self.dray.folder / "content"

    def add_user(self, name, address, *groups, title=""):
        options = [part for group in groups for part in ("--group", group)]
        self.dray.run("user", "add", name, "--email", address, "--name", title, "--password-file", "-", *options,
                      input=ADMIN_PASSWORD + "\n")

    def configure(self, pid, **values):
        file = self.content / "apps/test/config" / (pid + ".cfg.json")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({key.replace("_", "."): value for key, value in values.items()}))

    def configure_mail(self, port, ca, password="secret", **more):
        self.configure("com.day.cq.mailer.DefaultMailService", smtp_host="localhost", smtp_port=port, smtp_user="dray",
                       smtp_password=password, from_address="dray@test.example", **{"smtp_starttls": True, **more})
        self.configure("dray.mail", ca_file=str(ca), from_name="Dräy", retry_seconds=1, retry_longest_seconds=2)
        self.configure("com.day.cq.commons.impl.ExternalizerImpl",
                       externalizer_domains=["local http://localhost", "author https://dam.example.com/x/"])

    def start_server(self, *way, folder="smtp", port=None):
        if not importlib.util.find_spec("aiosmtpd"):
            raise unittest.SkipTest("python3-aiosmtpd is not installed")
        self.smtp = self.dray.folder / folder
        self.smtp.mkdir(exist_ok=True)
        port = port or free_port()
        process = subprocess.Popen(["/usr/bin/python3", "-B", "smtp_server.py", str(self.smtp), str(port), *way],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return port, process

    def start_dray(self):
        self.dray.start("--content", str(self.content))

    def prefer_mail(self, user, language=""):
        answer = self.dray.request("PUT", "/api/v1/preferences", {"Content-Type": "application/json"}, self.dray.token(user),
                                   json.dumps({"assetDownloadEmailNotification": True, "language": language}))
        self.assertEqual(answer.status, 200, answer.text)

    def share(self, user, **more):
        answer = self.dray.request("POST", "/api/v1/shares", {"Content-Type": "application/json"}, self.dray.token(user),
                                   json.dumps({"paths": ["/content/dam/m/many"], "originals": True, **more}))
        return answer

    def ask(self, user, target="/content/dam/m/many", **more):
        return self.dray.request("POST", "/api/v1/downloads", {"Content-Type": "application/json"}, self.dray.token(user),
                                 json.dumps({"targets": [{"path": target}], **more}))

    def mails(self, address):
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                for file in sorted((self.smtp / "mail" / address).glob("*.eml"))]

    def queue(self):
        return {item["id"].split("/")[1]: item for item in self.dray.get("/api/v1/mail").json()["items"]}

    def test_the_owner_is_told_in_their_language(self):
        port, _ = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        self.add_user("ann", "ann@test.example", title="Ann Müller")
        self.start_dray()
        self.prefer_mail("ann", "de")
        self.assertEqual(self.dray.get("/api/v1/mail", token=self.dray.token("ann")).status, 403)
        download = self.ask("ann", archiveName="Große Fotos").json()
        wait_until(lambda: self.mails("ann@test.example"), "the mail is there")
        wait_until(lambda: self.queue() == {}, "nothing is left to do")
        mail, = self.mails("ann@test.example")
        self.assertEqual(str(mail["From"]), "Dräy <dray@test.example>")
        self.assertEqual(str(mail["To"]), "Ann Müller <ann@test.example>")
        self.assertIn("Große Fotos", str(mail["Subject"]))
        self.assertIn("Download", str(mail["Subject"]))
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertRegex(mail["Message-ID"], r"^<[0-9a-f]{32}@test\.example>$")
        self.assertLess(abs(mail["Date"].datetime.timestamp() - time.time()), 60)
        text, html = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
        link = "https://dam.example.com/x/api/v1/downloads/%s/artifacts/Gro%%C3%%9Fe%%20Fotos.zip" % download["id"]
        self.assertIn(link, text)
        self.assertIn('<a href="%s">' % link, html)
        artifact = link.removeprefix("https://dam.example.com/x")
        self.assertEqual(self.dray.get(artifact, token=None).status, 401, "a link asks who you are")
        self.assertEqual(self.dray.get(artifact, token=self.dray.token("ann")).body[:4], b"PK\3\4")

    def test_tls_from_the_first_byte_and_addresses_beyond_ascii(self):
        port, _ = self.start_server("tls")
        self.configure_mail(port, self.smtp / "tls.crt", smtp_ssl=True, debug_email=True)
        self.add_user("joerg", "jörg@test.example", "dam-users", title="Jörg")
        self.start_dray()
        self.ask("admin", email=["jörg@test.example"])
        wait_until(lambda: self.mails("jörg@test.example"), "the mail is there")
        mail, = self.mails("jörg@test.example")
        self.assertEqual(str(mail["To"]), "Jörg <jörg@test.example>")
        wait_until(lambda: self.queue() == {}, "nothing is left to do")
        log = self.dray.log()
        self.assertIn("RCPT TO:<jörg@test.example>", log, "debug.email tells the dialogue")
        self.assertNotIn("secret", log)

    def test_others_are_told_and_only_members_of_dam_users(self):
        port, _ = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        for name, groups in (("ann", ()), ("bob", ("dam-users",)), ("eve", ()), ("dumb", ("dam-users",))):
            self.add_user(name, "" if name == "dumb" else name + "@test.example", *groups)
        self.start_dray()
        refused = self.ask("ann", email=["bob", "eve", "nobody@else.example", "dumb", "x\r\nBcc: y"])
        self.assertEqual(refused.status, 400)
        self.assertEqual(refused.json()["noEmailUsers"], ["eve", "nobody@else.example", "dumb", "x\r\nBcc: y"])
        self.assertEqual(self.dray.get("/api/v1/downloads", token=self.dray.token("ann")).json()["items"], [])
        small = self.ask("ann", "/content/dam/m/many/00.txt", email=["BOB@test.example", "bob"],
                         message="Voilà ${host.prefix}\r\nBcc: eve@test.example").json()
        self.assertEqual(small["status"], "SUCCESSFUL")
        wait_until(lambda: self.mails("bob@test.example"), "the mail is there")
        mail, = self.mails("bob@test.example")
        self.assertEqual((str(mail["To"]), mail["Bcc"]), ("bob <bob@test.example>", None))
        text = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.assertIn("Voilà ${host.prefix}\nBcc: eve@test.example", text)
        self.assertEqual(self.mails("ann@test.example") + self.mails("eve@test.example"), [])
        uri = small["artifacts"][0]["uri"]
        self.assertEqual(self.dray.get(uri, token=self.dray.token("bob")).body, b"0")
        self.assertEqual(self.dray.get(uri, token=self.dray.token("eve")).status, 404)
        download = "/api/v1/downloads/" + small["id"]
        self.assertEqual(self.dray.request("DELETE", download, token=self.dray.token("bob")).status, 404, "it is ann's")
        self.dray.run("access", "deny", "bob", "/content/dam/m", "--privileges", "original")
        self.assertEqual(self.dray.get(uri, token=self.dray.token("bob")).status, 403, "with the reader's own rights")

    def test_faults_pass_or_end_and_show_and_nothing_is_lost_or_doubled(self):
        port, server = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        names = ("later", "nobody", "spam", "full", "gone", "bob")
        for name in names:
            self.add_user(name, name + "@test.example", "dam-users")
        for fault in ("later", "gone"):
            (self.smtp / fault).touch()
        self.start_dray()
        self.ask("admin", email=list(names))
        wait_until(lambda: self.mails("bob@test.example"), "one is well")
        wait_until(lambda: self.queue().get("nobody", {}).get("state") == "failed", "it ended")
        self.assertIn("550", self.queue()["nobody"]["failure"])
        wait_until(lambda: self.queue().get("spam", {}).get("state") == "failed", "a 554 ends it too")
        self.assertIn("554", self.queue()["spam"]["failure"])
        wait_until(lambda: all(self.queue()[name]["attempts"] >= 2 for name in ("later", "full", "gone")), "tried again")
        self.assertIn("452", self.queue()["full"]["failure"])
        self.dray.kill()
        server.kill()
        server.wait()
        self.start_dray()
        wait_until(lambda: "connect" in self.queue()["later"]["failure"].lower(), "the mail server is away", seconds=60)
        for fault in ("later", "gone"):
            (self.smtp / fault).unlink()
        self.start_server(port=port)
        wait_until(lambda: self.mails("later@test.example") and self.mails("gone@test.example"), "they arrive", seconds=60)
        wait_until(lambda: set(self.queue()) == {"nobody", "spam", "full"}, "what cannot be sent stays to be seen", seconds=20)
        for name in ("later", "gone", "bob"):
            self.assertEqual(len(self.mails(name + "@test.example")), 1, name)

    def test_a_link_is_sent_to_whoever_is_named(self):
        port, _ = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        self.add_user("ann", "ann@test.example", "dam-users", title="Ann Müller")
        self.start_dray()
        self.assertEqual(self.share("ann", recipients=["joe@press.example\r\nBcc: x@y.example"]).status, 400)
        shared = self.share("ann", recipients=["joe@press.example", "nobody@press.example"], subject="Bilder\r\nBcc: x@y.example",
                            message="Für <Sie> ${pagePath}").json()
        self.assertEqual(shared["recipients"], ["joe@press.example", "nobody@press.example"])
        wait_until(lambda: self.mails("joe@press.example"), "the mail is there")
        mail, = self.mails("joe@press.example")
        self.assertEqual((str(mail["Reply-To"]), mail["Bcc"]), ("Ann Müller <ann@test.example>", None))
        self.assertTrue(str(mail["Subject"]).startswith("Bilder"))
        text = mail.get_body(("plain",)).get_content()
        self.assertIn(shared["url"], text)
        self.assertIn("Für <Sie> ${pagePath}", text, "what was typed is no template")
        self.assertTrue(shared["url"].startswith("https://dam.example.com/x/linkshare.html?sh="))
        here = shared["url"].removeprefix("https://dam.example.com/x")
        self.assertEqual(self.dray.get(here, token=None).status, 200, "whoever has the link gets in")
        wait_until(lambda: self.queue().get("nobody@press.example", {}).get("state") == "failed", "it ended")
        catalog = b"".join(file.read_bytes() for file in self.dray.data.glob("dray.db*"))
        self.assertNotIn(here.split("sh=")[1].encode(), catalog, "the token is nowhere in the catalog")

    def test_failed_mails_are_tried_again_or_taken_off(self):
        port, _ = self.start_server()
        self.configure_mail(port, self.smtp / "tls.crt")
        for name in ("never", "nobody"):
            self.add_user(name, name + "@test.example", "dam-users")
        (self.smtp / "never").touch()
        self.start_dray()
        self.ask("admin", email=["never", "nobody"])
        def change(what, ids, user="admin"):
            return self.dray.request("POST", "/api/v1/mail/" + what, {"Content-Type": "application/json"}, self.dray.token(user),
                                     json.dumps({"ids": ids})).status
        failed = lambda: {name: item["id"] for name, item in self.queue().items() if item["state"] == "failed"}
        wait_until(lambda: len(failed()) == 2, "both ended")
        ids = failed()
        self.assertEqual(change("retry", [ids["never"]], "nobody"), 403)
        (self.smtp / "never").unlink()
        self.assertEqual(change("retry", [ids["never"]]), 204)
        wait_until(lambda: self.mails("never@test.example"), "it arrives")
        self.assertEqual(change("remove", [ids["nobody"]]), 204)
        wait_until(lambda: self.queue() == {}, "nothing is left")

    def test_a_wrong_password_and_an_untrusted_server_are_faults_that_can_be_mended(self):
        port, _ = self.start_server()
        self.add_user("bob", "bob@test.example", "dam-users")
        for ca, password, told in ((self.smtp / "tls.crt", "wrong", "535"), ("/etc/ssl/certs/ca-certificates.crt", "secret", "certificate")):
            self.configure_mail(port, ca, password)
            self.start_dray()
            self.ask("admin", email=["bob"])
            wait_until(lambda: told in self.queue().get("bob", {}).get("failure", ""), "it is told", seconds=30)
            self.assertNotEqual(self.queue()["bob"]["state"], "failed")
            self.dray.stop()
        self.configure_mail(port, self.smtp / "tls.crt")
        self.start_dray()
        wait_until(lambda: len(self.mails("bob@test.example")) == 2, "both arrive", seconds=60)

    def test_without_a_mail_service_everything_else_works(self):
        self.add_user("bob", "bob@test.example", "dam-users")
        self.dray.start()
        refused = self.ask("admin", email=["bob"])
        self.assertEqual(refused.status, 400)
        self.assertIn("mail service", refused.json()["error"])
        self.prefer_mail("admin")
        self.dray.wait_for_download(self.ask("admin").json())
        self.assertEqual(self.dray.get("/api/v1/mail").json(), {"isConfigured": False, "items": []})

    def test_settings_that_cannot_be_are_told_by_file_and_key(self):
        for values, told in (({"smtp_host": " ", "from_address": "a@b.c"}, "smtp.host"),
                             ({"smtp_host": "h", "from_address": "a b"}, "from.address"),
                             ({"smtp_host": "h", "from_address": "a@b.c", "smtp_port": 24}, "smtp.port"),
                             ({"smtp_host": "$[env:DRAY_NO_SUCH]", "from_address": "a@b.c"}, "DRAY_NO_SUCH"),
                             ({"smtp_host": "h", "from_address": "a@b.c", "smtp_ssl": 3}, "smtp.ssl")):
            self.configure("com.day.cq.mailer.DefaultMailService", **values)
            done = self.dray.run("serve", "--listen", "127.0.0.1:0", "--content", str(self.content), expect=None)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(told, done.stderr)
            self.assertIn("DefaultMailService.cfg.json", done.stderr)

    def test_exim_delivers(self):
        if not EXIM.exists() or not shutil.which("/usr/sbin/exim4") or os.geteuid() != 0:
            raise unittest.SkipTest("needs exim4, its script, and root")
        folder = self.dray.folder
        folder.chmod(0o711)
        told = subprocess.run([EXIM, "start", folder / "exim", str(free_port())], check=True, capture_output=True, text=True)
        self.addCleanup(subprocess.run, [EXIM, "stop", folder / "exim"], check=True, capture_output=True)
        exim = dict(line.split("=", 1) for line in told.stdout.split())
        self.configure_mail(int(exim["SMTP_PORT"]), exim["SMTP_CA"])
        self.configure("com.day.cq.mailer.DefaultMailService", smtp_host=exim["SMTP_HOST"], smtp_port=exim["SMTP_PORT"],
                       smtp_user=exim["SMTP_USER"], smtp_password=exim["SMTP_PASSWORD"], from_address="dray@test.example",
                       smtp_starttls=True)
        for name in ("alice", "reject"):
            self.add_user(name, name + "@test.example", "dam-users", title="Алиса")
        self.start_dray()
        self.ask("admin", email=["alice", "reject"], message="Grüße")
        box = pathlib.Path(exim["MAILDIR"]) / "alice" / "new"
        wait_until(lambda: box.exists() and list(box.iterdir()), "exim delivers")
        mail = email.message_from_bytes(next(box.iterdir()).read_bytes(), policy=email.policy.default)
        self.assertEqual(str(mail["To"]), "Алиса <alice@test.example>")
        self.assertIn("Grüße", mail.get_body(("plain",)).get_content())
        self.assertIn("TLS1.", str(mail["Received"]))
        wait_until(lambda: self.queue().get("reject", {}).get("state") == "failed", "refused for good")
