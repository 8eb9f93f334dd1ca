"""A request keeps its bytes, and is taken apart without decoding."""

from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.request import Reply, Request


def request(target: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Request:
    return Request(b"GET", target, headers, b"", 1)


@given(target=st.binary(max_size=40))
def test_path_and_query_are_the_two_sides_of_the_first_question_mark(target: bytes) -> None:
    """Nothing is decoded, and nothing is lost but the mark."""
    read = request(target)
    assert b"?" not in read.path
    assert read.path + (b"?" if b"?" in target else b"") + read.query == target


def test_an_escaped_question_mark_belongs_to_the_path() -> None:
    """S-21: %3F is three bytes of the path."""
    read = request(b"/a%3Fb?c=d?e")
    assert (read.path, read.query) == (b"/a%3Fb", b"c=d?e")


def test_a_header_is_found_by_its_lower_case_name() -> None:
    """The last one counts where it stands twice; dialects refuse that for what they sign with (S-26)."""
    read = request(b"/", ((b"x-key", b"1"), (b"other", b"2"), (b"x-key", b"3")))
    assert read.header(b"x-key") == b"3"
    assert read.header(b"other") == b"2"
    assert read.header(b"X-Key") is None
    assert read.header(b"x_key") is None


def test_a_reply_is_three_things_and_perhaps_more_to_come() -> None:
    """Status, headers, body; and the rest of a long one."""
    assert Reply._fields == ("status", "headers", "body", "rest")
    assert Reply(200, (), b"").rest is None
