"""Signs HTTP requests for an exchange behind Bitting (RFC 9421, RFC 9530). See README.md."""

from bitting_client.keys import Key, SharedSecret, load_pem
from bitting_client.signer import NotSignable, Signer

__all__ = ["Key", "NotSignable", "SharedSecret", "Signer", "load_pem"]
