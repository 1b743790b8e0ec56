"""A mail server for the tests: SMTP with STARTTLS and AUTH, into files, with faults by address. Needs python3-aiosmtpd.

Usage: smtp_server.py FOLDER PORT [tls]    (FOLDER/tls.crt and tls.key are made where they are missing)
With tls, TLS begins with the first byte, else with STARTTLS.

  later@   451 as long as FOLDER/later is there      nobody@   550
  never@   550 as long as FOLDER/never is there
  spam@    554 after the text
  full@    452 after the text                        gone@     the connection ends in the middle, as long as FOLDER/gone is there

A mail that was taken lies in FOLDER/mail/ADDRESS/N.eml.
"""

import pathlib
import signal
import ssl
import subprocess
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "dray", "secret"


class Faults:
    def __init__(self, folder):
        self.folder = folder
        self.lock = threading.Lock()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody" or (name == "never" and (self.folder / "never").exists()):
            return "550 5.1.1 no such user here"
        if name == "later" and (self.folder / "later").exists():
            return "451 4.7.1 come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        names = {address.split("@")[0] for address in envelope.rcpt_tos}
        if "spam" in names:
            return "554 5.7.1 we do not want this"
        if "full" in names:
            return "452 4.2.2 the mailbox is full"
        if "gone" in names and (self.folder / "gone").exists():
            server.transport.abort()
            return "421 gone"
        with self.lock:
            for address in envelope.rcpt_tos:
                box = self.folder / "mail" / address
                box.mkdir(parents=True, exist_ok=True)
                part = box / "new"
                part.write_bytes(envelope.original_content)
                part.rename(box / ("%d.eml" % len(list(box.glob("*.eml")))))
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def make_certificate(folder):
    if (folder / "tls.crt").exists():
        return
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "tls.key", "-out",
                    folder / "tls.crt"], check=True, capture_output=True)


def main():
    folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    way = {"ssl_context": context, "auth_require_tls": False} if sys.argv[3:] == ["tls"] else {"require_starttls": True, "tls_context": context}
    controller = Controller(Faults(folder), hostname="127.0.0.1", port=port, authenticator=authenticate, enable_SMTPUTF8=True,
                            auth_required=True, **way)
    controller.start()
    print("ready", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    controller.stop()


if __name__ == "__main__":
    main()
