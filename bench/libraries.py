"""Two libraries that verify signed requests, on a request of the same size."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import mohawk
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms

BODY = b'{"type":"EXCHANGE LIMIT","symbol":"tBTCUSD","amount":"0.01","price":"49000"}'
URL = "https://example.com/v2/auth/w/order/submit"
SECRET = "k" * 43
BATCH = 50


class _OneKey(HTTPSignatureKeyResolver):
    """The library asks for keys by id; the benchmark has one."""

    def resolve_public_key(self, key_id: str) -> bytes:
        return SECRET.encode()

    def resolve_private_key(self, key_id: str) -> bytes:
        return SECRET.encode()


def http_message_signatures(requests: int) -> Callable[[], list[int]]:
    """RFC 9421 with HMAC-SHA256 over method, authority, path and date."""
    headers = {"Date": "Fri, 20 Nov 2026 12:00:00 GMT", "Host": "example.com"}
    message = SimpleNamespace(method="POST", url=URL, headers=headers)
    covered = ("@method", "@authority", "@target-uri", "date")
    HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=_OneKey()).sign(
        message, key_id="k", covered_component_ids=covered
    )
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=_OneKey())
    return _timed(lambda: verifier.verify(message), requests)


def mohawk_receiver(requests: int) -> Callable[[], list[int]]:
    """Hawk with SHA-256 and a payload hash."""
    credentials = {"id": "k", "key": SECRET, "algorithm": "sha256"}
    sender = mohawk.Sender(credentials, URL, "POST", content=BODY.decode(), content_type="application/json")

    def seen(sender_id: str, nonce: str, timestamp: str) -> bool:
        nonces.add((sender_id, nonce, timestamp))  # kept and looked up; the same request has to pass each time
        return False

    nonces: set[tuple[str, str, str]] = set()

    def verify() -> None:
        mohawk.Receiver(
            lambda _: credentials,
            sender.request_header,
            URL,
            "POST",
            content=BODY.decode(),
            content_type="application/json",
            timestamp_skew_in_seconds=3600,
            seen_nonce=seen,
        )

    return _timed(verify, requests)


def _timed(verify: Callable[[], object], requests: int) -> Callable[[], list[int]]:
    def one_round() -> list[int]:
        took = []
        for _ in range(0, requests, BATCH):
            begun = time.thread_time_ns()
            for _ in range(BATCH):
                verify()
            took.append((time.thread_time_ns() - begun) // BATCH)
        return took

    return one_round
