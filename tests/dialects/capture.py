"""Write vectors from what a real client sends: a starting point, to be read line by line before it is kept.

usage: .venv/bin/python -m tests.dialects.capture SCRIPT DIALECT ALGORITHM SECRET [MAC_KEY]

SCRIPT is a module of tests/dialects/clients; its `calls` are made with the key id below and SECRET, each becomes a
folder in tests/dialects/vectors/DIALECT, named after the call. A folder that is there is left alone. That the client
signed what the dialect says it signed is checked by tests/dialects/vector.py, which computes the signature by itself;
MAC_KEY, as in a case there, is `base64` where clients decode the secret before they sign.
"""

from __future__ import annotations

import json
import sys

from bitting.domain.errors import MalformedRequest
from bitting.domain.request import Reply, Request
from bitting.wiring.dialects import DIALECTS
from tests.dialects.loopback import run_client, serving
from tests.dialects.vector import FOLDER, plain

WIRE_ID = "bk_live_4mfjcpvbdfo6lrmiuyq2vqfyxu5qh2zd"


def capture(script: str, name: str, algorithm: str, secret: str, mac_key: str = "") -> None:
    """Make the calls, and keep every request that carries a credential."""
    came: list[Request] = []

    def take(request: Request) -> Reply:
        came.append(request)
        return Reply(200, ((b"content-type", b"application/json"),), b"{}")

    with serving(take) as url:
        made = run_client(script, "calls", url, WIRE_ID, secret)
    signed = [each for each in came if DIALECTS[name].read(each) is not None]
    if len(signed) != len(made):
        raise SystemExit(f"{len(made)} calls made {len(signed)} signed requests: let each call make one")
    for call, request in zip(made, signed, strict=True):
        keys = {"algorithm": algorithm, "secret": secret, **({"mac_key": mac_key} if mac_key else {})}
        keep(name, f"{script.replace('_', '-')}-{call.replace(' ', '-')}", request, keys)


def keep(name: str, called: str, request: Request, keys: dict[str, str]) -> None:
    """One folder."""
    dialect = DIALECTS[name]
    claim = dialect.read(request)
    assert claim is not None
    folder = FOLDER / name / called
    if folder.exists():
        print(f"{folder} is there, and left alone")
        return
    try:
        actions = dialect.actions(request)
        wanted = "unmapped" if actions is None else [plain(each) for each in actions]
    except MalformedRequest:
        wanted = "malformed"
    times = {"stamp_ns": claim.stamp_ns, "window_ns": claim.window_ns, "nonce": claim.nonce}
    case = {
        "source": f"captured from {called.split('-')[1]}: say which version",
        "about": "say what it shows",
        **keys,
        "expect": "proven",
        "wire_id": claim.wire_id,
        **{name: value for name, value in times.items() if value},
        "actions": wanted,
    }
    folder.mkdir(parents=True)
    lines = [b"%b %b HTTP/1.1" % (request.method, request.target), *(b": ".join(each) for each in request.headers)]
    (folder / "request.http").write_bytes(b"\r\n".join([*lines, b"", request.body]))
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n")
    (folder / "signing_input.bin").write_bytes(claim.signing_input)
    (folder / "signature.txt").write_bytes(claim.signature)
    print(f"{folder} written")


if __name__ == "__main__":
    capture(*sys.argv[1:])
