"""A door with an exchange's own name before one mount of the gate: TLS under a private CA.

Some clients know their exchange's address and take no other: pybithumb has Bithumb's in its source. Such a client is
left as it is. Its process finds the host here, and trusts the CA, so it notices nothing. In earnest that is a name
server and a proxy of the holder's own; the rule is the same: the proxy says whose request it passes on, in one
X-Forwarded-For that it wrote itself, and the gate has to name it in `trusted_proxies`.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PROXY: Final = "127.0.0.2"
"""Where the door's own connections to the gate come from: all of 127.0.0.0/8 is this machine."""
_PATIENCE_S: Final = 20.0
_OF_THIS_HOP: Final = frozenset({"connection", "host", "content-length", "transfer-encoding", "x-forwarded-for"})


class Transparent:
    """A context manager. `ca` is the certificate to trust; `place` is where the door is, as a line for the client."""

    def __init__(self, folder: Path, host: str, mount: str) -> None:
        self.ca = folder / "ca.pem"
        chain = folder / f"{host}.pem"
        _write_certificates(host, self.ca, chain)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        self._server = _Server(mount)
        # The handshake waits for the first read, so that one slow client does not hold up the next.
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.place = f"{host}=127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Transparent:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mount: str) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.mount = urlsplit(mount)


class _Door(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        """Send the request to the mount, and the reply back."""
        mount = self.server.mount
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        gate = HTTPConnection(mount.hostname or "", mount.port, timeout=_PATIENCE_S, source_address=(PROXY, 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THIS_HOP}
        headers["X-Forwarded-For"] = self.client_address[0]
        gate.request(self.command, mount.path + self.path, body or None, headers)
        reply = gate.getresponse()
        content = reply.read()
        gate.close()
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in _OF_THIS_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = pass_on  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the gate has the log."""


def _write_certificates(host: str, ca: Path, chain: Path) -> None:
    """A CA and a certificate of it for the host, good for a day; the CA's private key is thrown away."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, today = _name("Bitting demonstration"), datetime.now(UTC)
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())

    def signed(builder: x509.CertificateBuilder, subject: x509.Name, of: ec.EllipticCurvePrivateKey) -> bytes:
        certificate = (
            builder.subject_name(subject)
            .issuer_name(ca_name)
            .public_key(of.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(hours=1))
            .not_valid_after(today + timedelta(days=1))
            .sign(ca_key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM)

    authority = x509.CertificateBuilder().add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    leaf = (
        x509.CertificateBuilder()
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
    )
    ca.write_bytes(signed(authority.add_extension(ca_id, critical=False), ca_name, ca_key))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.touch(mode=0o600)
    chain.write_bytes(private + signed(leaf, _name(host), key))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
