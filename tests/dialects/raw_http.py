"""Read the bytes of one HTTP/1.1 request as the face hands it to a dialect.

For vectors only: what cannot be such a request is not looked for here but in web/.
"""

from bitting.domain.request import Request


def parse(raw: bytes) -> Request:
    """The request, its header names in lower case and its values less outer white space; it has no peer."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, version = first.split(b" ")
    assert version == b"HTTP/1.1"
    pairs = (line.partition(b":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    assert int(dict(headers).get(b"content-length", b"0")) == len(body), "the vector was cut or edited"
    return Request(method, target, headers, body, peer=0)
