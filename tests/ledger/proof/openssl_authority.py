"""A time-stamp authority of OpenSSL, for tests: a root, a certificate between, and the authority's own."""

import itertools
import shutil
import subprocess
from pathlib import Path

from tests.ledger.proof.judges import need

CONFIGURATION = """
[req]
distinguished_name = name
[name]
[issuer]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[alone]
serial = ./serial
signer_cert = ./authority.pem
signer_key = ./authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
[chain]
serial = ./serial
signer_cert = ./authority.pem
signer_key = ./authority.key
certs = ./chain.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
"""


class OpenSSLAuthority:
    """An authority, in a directory. `between` is the certificate between its own and the root."""

    def __init__(self, directory: Path) -> None:
        need(shutil.which("openssl") is not None, "openssl")
        self.directory = directory
        self._numbers = itertools.count()
        (directory / "openssl.cnf").write_text(CONFIGURATION, encoding="utf-8")
        (directory / "serial").write_text("01\n", encoding="utf-8")
        self._certificate("root", "issuer", by=None)
        self._certificate("between", "issuer", by="root")
        self._certificate("authority", "authority", by="between")
        self._certificate("stranger", "issuer", by=None)
        (directory / "chain.pem").write_bytes(self.pem("between") + self.pem("root"))

    def pem(self, *names: str) -> bytes:
        """Certificates in PEM."""
        return b"".join((self.directory / f"{name}.pem").read_bytes() for name in names)

    def answer(self, request: bytes, *, section: str = "chain") -> bytes:
        """The answer to a request. With `chain` the token holds three certificates, with `alone` one or none."""
        number = next(self._numbers)
        asked, answered = self.directory / f"{number}.tsq", self.directory / f"{number}.tsr"
        asked.write_bytes(request)
        self._run("ts", "-reply", "-config", "openssl.cnf", "-section", section, "-queryfile", asked, "-out", answered)
        return answered.read_bytes()

    def verifies(self, message: bytes, response: bytes) -> bool:
        """Whether OpenSSL finds a time stamp true."""
        (self.directory / "message").write_bytes(message)
        (self.directory / "response").write_bytes(response)
        words = ("ts", "-verify", "-data", "message", "-in", "response", "-CAfile", "root.pem")
        done = subprocess.run(
            ["openssl", *words, "-untrusted", "between.pem"],
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode == 0

    def _certificate(self, name: str, kind: str, *, by: str | None) -> None:
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
        common = ("-config", "openssl.cnf", "-subj", f"/CN={name}")
        days = ("-days", "3650")
        if by is None:
            self._run("req", "-x509", *key, *common, *days, "-extensions", kind, "-out", f"{name}.pem")
            return
        self._run("req", *key, *common, "-out", f"{name}.csr")
        issuer = ("-CA", f"{by}.pem", "-CAkey", f"{by}.key", "-CAcreateserial")
        extensions = ("-extfile", "openssl.cnf", "-extensions", kind)
        self._run("x509", "-req", "-in", f"{name}.csr", *issuer, *days, *extensions, "-out", f"{name}.pem")

    def _run(self, *words: str | Path) -> None:
        subprocess.run(["openssl", *map(str, words)], cwd=self.directory, capture_output=True, check=True)
