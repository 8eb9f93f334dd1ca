"""The files in deploy/: what each of them has to take out, and the service under systemd."""

from __future__ import annotations

import re
import subprocess
from typing import Final

import pytest

from bitting.web.http.hop import _SPOOFABLE
from bitting.web.identity import _FIELDS
from bitting.wiring.dialects import DIALECTS
from tests.system.proxies import DEPLOY

# How each of them takes a header out, or sets its own instead.
WAYS: Final = {
    "nginx.conf": r"proxy_set_header {} ",
    "Caddyfile": r"(request_header|header_up) -?{}( |$)",
    "envoy.yaml": r"- (remove: )?{}$|key: {},",
    "traefik.yaml": r"{}: \"\"$|- {}$",
}
SPENT: Final = sorted({each.decode() for one in DIALECTS.values() for each in one.description.credential_headers})
NAMED: Final = sorted(each.decode() for each in (*_FIELDS, *_SPOOFABLE))


@pytest.mark.parametrize("file", sorted(WAYS))
def test_credentials_and_claims_end_at_the_proxy(file: str) -> None:
    """Every credential header of every dialect, the identity headers, and all by which a client could make the exchange
    see another caller, method or path: the same that the gate's own face keeps."""
    text = (DEPLOY / file).read_text()
    if file == "traefik.yaml":  # which sets that one itself; the others of the family it does not trust
        text += '\nX-Real-Ip: ""'
    if file == "Caddyfile":
        text += "".join(
            f"\nrequest_header -{name}" for name in NAMED if name.startswith(("x-original-", "x-forwarded-"))
        )
        assert "request_header -X-Original-*" in text
        assert "request_header -X-Forwarded-*" in text
    kept = [
        name
        for name in SPENT + NAMED
        if not re.search(WAYS[file].replace("{}", re.escape(name)), text, re.MULTILINE | re.IGNORECASE)
    ]
    assert kept == []


def test_systemd_reads_the_unit() -> None:
    """No directive is misspelt; and what it leaves open is little, by systemd's own measure (0 is best, 10 worst)."""
    unit = str(DEPLOY / "bitting.service")
    read = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    complaints = [
        each for each in read.stderr.splitlines() if "is not executable" not in each and "Unknown user" not in each
    ]
    assert [each for each in complaints if "bitting" in each] == []
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit]
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout
