"""Starting, stopping, and what a running server must notice: revoked tokens, disabled users, changed rules."""

import base64
import hashlib
import re
import signal
import socket
import sqlite3
import subprocess
import time
import unittest

from dray import ADMIN_PASSWORD, SystemTest, die_with_parent, noise, wait_until

PASSWORD_LINE = re.compile(r"Created the user admin\. Its password, shown this once: (\S+)\n")


class Stopping(SystemTest):
    def setUp(self):
        super().setUp()
        for number in range(8):
            self.write("%d.bin" % number, noise(4_000_000, number))
        self.dray.import_folder(self.files, "/content/dam/shoot")
        self.dray.start()
        self.artifact = self.dray.create_artifact("/content/dam/shoot", name="shoot")
        self.expected = hashlib.sha256(self.dray.get(self.artifact["uri"]).body).hexdigest()

    def begin_download(self):
        """A download that the server cannot be done with before more is read."""
        connection, response = self.dray.open(self.artifact["uri"], receive_buffer=65536)
        self.addCleanup(connection.close)
        return response, response.read(1_000_000)

    def refuses_connections(self):
        try:
            socket.create_connection(("127.0.0.1", self.dray.port), timeout=5).close()
            return False
        except ConnectionResetError:  # it stood in the queue of the listener that was just being closed
            return False
        except ConnectionRefusedError:
            return True

    def test_sigterm_lets_a_running_download_end_and_refuses_new_connections(self):
        response, got = self.begin_download()
        self.dray.server.terminate()
        wait_until(self.refuses_connections, "new connections are refused")
        while block := response.read(4_000_000):
            self.assertIsNone(self.dray.server.poll(), "the server ended before the download")
            got += block
            time.sleep(0.1)
        self.assertEqual(hashlib.sha256(got).hexdigest(), self.expected)
        self.assertEqual(self.dray.server.wait(10), 0)

    def test_sigterm_ends_an_idle_server_at_once(self):
        connection, response = self.dray.open("/livez")
        response.read()
        self.addCleanup(connection.close)  # kept alive, but idle
        begun = time.monotonic()
        self.assertEqual(self.dray.stop(), 0)
        self.assertLess(time.monotonic() - begun, 3)

    def test_a_second_sigterm_ends_it_at_once(self):
        response, got = self.begin_download()
        self.dray.server.terminate()
        wait_until(self.refuses_connections, "new connections are refused")
        self.assertIsNone(self.dray.server.poll())
        begun = time.monotonic()
        self.assertEqual(self.dray.stop(), 0)
        self.assertLess(time.monotonic() - begun, 3)
        with self.assertRaises(Exception):  # the client must see that it has not everything
            while block := response.read(1_000_000):
                got += block
            self.assertEqual(len(got), self.artifact["size"])

    def test_the_grace_ends_a_download_that_takes_too_long(self):
        self.dray.stop()
        self.dray.start("--grace", "1")
        response, _ = self.begin_download()
        begun = time.monotonic()
        self.assertEqual(self.dray.stop(), 0)
        self.assertTrue(0.9 < time.monotonic() - begun < 5, "it took %.1f s" % (time.monotonic() - begun))

    def test_ctrl_c_stops_as_sigterm_does(self):
        self.dray.server.send_signal(signal.SIGINT)
        self.assertEqual(self.dray.server.wait(10), 0)

    def test_a_stopped_server_starts_again_with_everything(self):
        self.dray.stop()
        self.dray.start()
        answer = self.dray.get(self.artifact["uri"])
        self.assertEqual((answer.headers["ETag"], hashlib.sha256(answer.body).hexdigest()),
                         (self.artifact["etag"], self.expected))


class Starting(SystemTest):
    def start_without_password(self):
        """Starts a server as a person would; what it says until it serves."""
        server = subprocess.Popen(self.dray.command("serve", "--listen", "127.0.0.1:0"), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True, env=self.dray.environment(),
                                  preexec_fn=die_with_parent)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        said = ""
        while line := server.stdout.readline():
            said += line
            if "serves at" in line:
                self.dray.port = int(line.rsplit(":", 1)[1])
                break
        return server, said

    def status_with(self, password):
        credentials = base64.b64encode(b"admin:" + password.encode()).decode()
        return self.dray.get("/api/v1/session", {"Authorization": "Basic " + credentials}, token=None).status

    def test_the_first_start_shows_a_password_once(self):
        server, said = self.start_without_password()
        password = PASSWORD_LINE.search(said).group(1)
        self.assertGreaterEqual(len(password), 12)
        self.assertEqual((self.status_with(password), self.status_with("wrong password")), (200, 401))
        server.terminate()
        server.wait(10)
        _, said = self.start_without_password()
        self.assertNotIn("password", said)
        self.assertNotIn(password, said)
        self.assertEqual(self.status_with(password), 200)

    def test_a_password_from_the_environment_is_used_and_not_shown(self):
        self.dray.start()
        self.assertNotIn("password", self.dray.log())
        self.assertEqual((self.status_with(ADMIN_PASSWORD), self.status_with("wrong password")), (200, 401))

    def test_a_taken_port_is_a_clear_error(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            failed = self.dray.run("serve", "--listen", address, expect=None, timeout=20)
        self.assertNotEqual(failed.returncode, 0)
        self.assertRegex(failed.stderr, r"cannot listen at %s: .*in use" % re.escape(address))
        self.assertNotIn("password", failed.stdout, "it was shown once, by a server that never served")

    def test_a_malformed_address_is_a_clear_error(self):
        failed = self.dray.run("serve", "--listen", "nonsense", expect=2)
        self.assertIn("HOST:PORT", failed.stderr)
        failed = self.dray.run("serve", "--part-limit", "lots", expect=2)
        self.assertIn("100GB", failed.stderr)

    def test_a_missing_data_directory_is_a_clear_error(self):
        for command in (["verify"], ["user", "list"], ["token", "create", "--user", "admin"], ["explain", "/content/dam"]):
            failed = self.dray.run(*command, expect=5)
            self.assertIn("no Dray data in %s" % self.dray.data, failed.stderr)
            self.assertIn("--data", failed.stderr)
        self.assertFalse(self.dray.data.exists(), "asking must not create it")

    def test_a_data_directory_that_cannot_be_is_a_clear_error(self):
        self.write("a file", "")
        self.dray.data = self.files / "a file" / "data"
        failed = self.dray.run("serve", "--listen", "127.0.0.1:0", expect=None, timeout=20)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("a file", failed.stderr)

    def test_readiness_tells_strangers_nothing_of_a_broken_catalog(self):
        self.dray.start()
        self.change_catalog("ALTER TABLE node RENAME TO gone")
        answer = self.dray.get("/readyz", token=None)
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.json(), {"error": "the server could not do this; its log says why"})
        self.change_catalog("ALTER TABLE gone RENAME TO node")
        self.assertEqual(self.dray.get("/readyz", token=None).status, 200)

    def change_catalog(self, statement):
        catalog = sqlite3.connect(self.dray.data / "dray.db")
        catalog.execute(statement)
        catalog.close()

    def test_health_needs_no_sign_in_and_everything_else_does(self):
        self.dray.start()
        for path in ("/livez", "/readyz", "/metrics"):
            self.assertEqual(self.dray.get(path, token=None).status, 200, path)
        for path in ("/", "/api/v1/downloads", "/api/v1/assets", "/content/dam/x", "/no/such/address"):
            self.assertEqual(self.dray.get(path, token=None).status, 401, path)


class Revoking(SystemTest):
    def setUp(self):
        super().setUp()
        self.write("a.bin", noise(200_000, "a"))
        self.write("b.bin", "b")
        self.dray.import_folder(self.files, "/content/dam/shoot")
        self.dray.start()
        self.dray.add_user("ann", "dam-users")
        self.ann = self.dray.token("ann")
        download = self.dray.create_download("/content/dam/shoot", token=self.ann)
        self.uri = download["artifacts"][0]["uri"]
        self.assertEqual(self.status(), 200)

    def status(self, token=None):
        """Of a request for part of the artifact."""
        answer = self.dray.get(self.uri, {"Range": "bytes=0-9"}, token=token or self.ann)
        return 200 if answer.status == 206 else answer.status

    def test_a_revoked_token_is_refused_from_the_next_request_on(self):
        other = self.dray.run("token", "create", "--user", "ann", "--label", "other").stdout.strip()
        listed = [line.split("\t") for line in self.dray.run("token", "list", "--user", "ann").stdout.splitlines()]
        self.assertEqual(sorted(line[3] for line in listed), ["", "other"])
        self.dray.run("token", "revoke", next(line[0] for line in listed if not line[3]))
        self.assertEqual(self.status(), 401)
        self.assertEqual(self.status(other), 200)

    def test_a_disabled_user_is_refused_from_the_next_request_on(self):
        self.dray.run("user", "disable", "ann")
        self.assertEqual(self.status(), 401)
        self.dray.run("user", "enable", "ann")
        self.assertEqual(self.status(), 200)

    def test_a_removed_user_is_refused_from_the_next_request_on(self):
        self.dray.run("user", "remove", "ann")
        self.assertEqual(self.status(), 401)

    def test_a_rule_that_denies_takes_an_artifact_away_and_removing_it_gives_it_back(self):
        for path in ("/content/dam/shoot", "/content/dam/shoot/a.bin", "/var/dam/jobs/download"):
            self.dray.run("access", "deny", "ann", path)
            self.assertEqual(self.status(), 403, path)
            self.dray.run("access", "remove", "ann", path, "--effect", "deny")
            self.assertEqual(self.status(), 200, path)

    def test_a_rule_for_a_group_or_another_place_counts_as_it_should(self):
        self.dray.run("access", "deny", "ann", "/content/dam/elsewhere")
        self.assertEqual(self.status(), 200)
        self.dray.run("access", "deny", "dam-users", "/content/dam/shoot")
        self.assertEqual(self.status(), 403)
        self.dray.run("access", "allow", "ann", "/content/dam/shoot")
        self.assertEqual(self.status(), 200)


if __name__ == "__main__":
    unittest.main()
