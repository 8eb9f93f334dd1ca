"""What is a rule of an allowlist and what is not: one spelling, no hidden width (I-06 to I-09, I-12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitting.domain.errors import MalformedValue
from bitting.domain.network import Rule, address_from_text

NOT_ADDRESSES = [
    "",
    "010.0.0.1",  # octal to some: CVE-2021-29921
    "0x7f.1",
    "0x7f000001",
    "127.1",
    "2130706433",
    "1.2.3.4 x",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4\n",
    "1.2.3.4.5",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.-4",
    "\uff11.2.3.4",
    "1。2。3。4",
    "::ffff:010.0.0.1",
    "fe80::1%eth0",
    "fe80::1%",
    "::1%25lo",
    "[::1]",
    "::1]",
    "1.2.3.4:80",
    ":::",
    "12345::",
    "localhost",
    "bot.example.com",
    "xn--e1afmkfd.xn--p1ai",
    "*",
    "any",
    "anywhere",
    "1.2.3.4,5.6.7.8",
    "1" * 10_000,
]


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_a_rule_that_two_programs_read_differently_is_refused(text: str) -> None:
    """I-06, I-09, I-12: octal, hex, short and whole-number spellings, zones, host names, ports, spaces."""
    for wanted in (text, f"{text}/32", f"{text}/128"):
        with pytest.raises(MalformedValue) as caught:
            Rule.from_text(wanted)
        assert len(str(caught.value)) < 400
    with pytest.raises(MalformedValue):
        address_from_text(text)


@pytest.mark.parametrize("value", [True, 0, 16909060, b"\x01\x02\x03\x04", 1.5, None, ["1.2.3.4"]])
def test_a_rule_is_text(value: object) -> None:
    """I-07: `ip_address(True)` is 0.0.0.1, and four bytes are an address too; here they are not."""
    with pytest.raises(MalformedValue, match="is text"):
        Rule.from_text(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0/0",
        "::/0",
        "1.2.3.4/0",
        "0.0.0.0/1",
        "128.0.0.0/1",
        "10.0.0.0/7",
        "2000::/3",
        "2001:db8::/31",
        "::/8",
    ],
)
def test_a_rule_as_wide_as_a_continent_is_refused(text: str) -> None:
    """I-08: it is *anywhere* by another name."""
    with pytest.raises(MalformedValue, match="choose 'anywhere'"):
        Rule.from_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.2.3.0/0.0.0.255",
        "1.2.3.0/255.255.255.0",
        "1.2.3.0/",
        "1.2.3.0/24/24",
        "1.2.3.0/024",
        "1.2.3.0/+24",
        "1.2.3.0/-1",
        "1.2.3.0/ 24",
        "1.2.3.0/24\n",
        "1.2.3.0/\uff12\uff14",
        "1.2.3.0/24_",
        "1.2.3.0/33",
        "2001:db8::/129",
        "2001:db8::/999",
        "1.2.3.0/" + "1" * 5_000,  # more digits than int() reads
    ],
)
def test_a_prefix_is_one_plain_number(text: str) -> None:
    """I-08: no masks, no signs, no zeros in front, nothing longer than the address."""
    with pytest.raises(MalformedValue, match="prefix length"):
        Rule.from_text(text)


@pytest.mark.parametrize("text", ["1.2.3.4/24", "10.0.0.1/8", "2001:db8::1/64", "255.255.255.255/31"])
def test_host_bits_behind_the_prefix_are_refused(text: str) -> None:
    """`strict=False` would make 1.2.3.0/24 of 1.2.3.4/24; the person may have meant one machine."""
    with pytest.raises(MalformedValue, match="host bits"):
        Rule.from_text(text)


@pytest.mark.parametrize("text", ["::ffff:1.2.3.0/120", "::ffff:0:0/96", "::/32", "::ffff:0.0.0.0/97", "::fffe:0:0/95"])
def test_no_ipv6_block_hides_ipv4_addresses(text: str) -> None:
    """I-04: blocks of mapped addresses would go round the widest prefix and the cap of IPv4."""
    with pytest.raises(MalformedValue, match="write them as IPv4"):
        Rule.from_text(text)


@given(
    text=st.text(max_size=40)
    | st.from_regex(r"[0-9a-f:.]{1,40}(/[0-9]{1,4})?", fullmatch=True)
    | st.builds("{}{}".format, st.ip_addresses(), st.sampled_from(["", "/8", "/31", "/32", "/64", "/128"]))
)
def test_any_text_at_all_is_a_rule_or_malformed(text: str) -> None:
    """Reading raises nothing else, and what is read is written back as the same rule."""
    try:
        rule = Rule.from_text(text)
    except MalformedValue:
        return
    assert rule.first <= rule.last
    assert Rule.from_text(rule.to_text()) == rule
