"""Traefik's file, which nothing here can run: against what its documentation (v3.3 and v3.7) has for these keys.

doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/forwardauth, read 2026-11-21.
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from tests.system.proxies import DEPLOY

_FORWARD_AUTH: Final = {
    "address",
    "trustForwardHeader",
    "authResponseHeaders",
    "authResponseHeadersRegex",
    "authRequestHeaders",
    "addAuthCookiesToResponse",
    "forwardBody",
    "maxBodySize",
    "headerField",
    "preserveLocationHeader",
    "preserveRequestMethod",
    "tls",
}
FILE: Final[dict[str, Any]] = yaml.safe_load((DEPLOY / "traefik.yaml").read_text())["http"]


def test_every_key_is_one_of_traefiks() -> None:
    """It refuses a file with any other."""
    assert set(FILE) == {"routers", "middlewares", "services"}
    middlewares = FILE["middlewares"]
    assert set(middlewares["bitting"]) == {"forwardAuth"}
    assert set(middlewares["bitting"]["forwardAuth"]) <= _FORWARD_AUTH
    for name in ("strangers", "spent"):
        assert set(middlewares[name]) == {"headers"}
        assert set(middlewares[name]["headers"]) == {"customRequestHeaders"}
    assert set(FILE["services"]["exchange"]["loadBalancer"]) == {"passHostHeader", "servers"}


def test_the_body_is_shown_and_no_client_is_believed() -> None:
    """Without `forwardBody` a body would pass unseen; `trustForwardHeader` would let clients name method and target."""
    asks = FILE["middlewares"]["bitting"]["forwardAuth"]
    assert (asks["forwardBody"], asks["maxBodySize"]) == (True, 1024 * 1024)
    assert "trustForwardHeader" not in asks
    assert "authRequestHeaders" not in asks  # then all of them are shown


def test_it_is_asked_before_credentials_are_taken_out() -> None:
    """In the order of the list; whoever stands behind `bitting` changes what was judged."""
    [router] = FILE["routers"].values()
    assert router["middlewares"] == ["strangers", "bitting", "spent"]
    assert set(router["middlewares"]) == set(FILE["middlewares"])
    assert router["service"] in FILE["services"]
