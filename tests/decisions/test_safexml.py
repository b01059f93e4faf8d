from xml.etree.ElementTree import fromstring, tostring

import pytest

from app.decisions.safexml import UnsafeXml, line_of, parse_xml
from app.labels import say

LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a0 'ha'>"
    + b"".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>".encode() for n in range(1, 30))
    + b"]><l>&a29;</l>"
)
QUADRATIC = b"<!DOCTYPE l [<!ENTITY a '" + b"x" * 100_000 + b"'>]><l>" + b"&a;" * 100_000 + b"</l>"


def refusal(data: bytes, **limits: int) -> UnsafeXml:
    with pytest.raises(UnsafeXml) as caught:
        parse_xml(data, **limits)
    assert say(caught.value.code, **caught.value.details) != caught.value.code
    return caught.value


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        QUADRATIC,
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/'> %x;]><a/>",
        b"<!DOCTYPE a PUBLIC '-//X' 'http://127.0.0.1:9/x.dtd'><a/>",
        b"<!DOCTYPE a><a/>",
    ],
)
@pytest.mark.timeout(60)
def test_a_document_type_is_refused_before_it_can_do_anything(data: bytes) -> None:
    assert refusal(data).code == "decisions.xml.doctype"


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "decisions.xml.malformed", 1),
        (b"   ", "decisions.xml.malformed", 1),
        (b"<a>\n<b></a>", "decisions.xml.malformed", 2),
        (b"<a/>\n<b/>", "decisions.xml.malformed", 2),
        (b"<a>\n\x00</a>", "decisions.xml.encoding", 2),
        (b"<a x='1' x='2'/>", "decisions.xml.malformed", 1),
        (b"<p:a/>", "decisions.xml.malformed", 1),
        (b"<a>\n&nope;</a>", "decisions.xml.entity", 2),
        ("<?xml version='1.0' encoding='GBK'?><a>\u8bcd</a>".encode("gbk"), "decisions.xml.encoding", 1),
        (b"<?xml version='1.0' encoding='GBK'?><a/>", "decisions.xml.encoding", 1),
        (b"<?xml version='1.0' encoding='no-such'?><a/>", "decisions.xml.encoding", 1),
        (b"<?xml version='1.0' encoding='UTF-7'?><a>+ADw-b+AD4-</a>", "decisions.xml.encoding", 1),
        ("<a/>".encode("utf-16"), "decisions.xml.encoding", 1),
        ("<a/>".encode("utf-16-le"), "decisions.xml.encoding", 1),
        ("<a/>".encode("utf-32"), "decisions.xml.encoding", 1),
        (b"<a>\n\xff</a>", "decisions.xml.encoding", 2),
    ],
)
def test_each_broken_file_is_refused_by_code_and_line(data: bytes, code: str, line: int) -> None:
    error = refusal(data)
    assert (error.code, error.details["line"]) == (code, line)


def test_size_and_depth_are_bounded() -> None:
    assert refusal(b"<a>" + b"x" * 100 + b"</a>", max_bytes=50).code == "decisions.xml.too_big"
    assert refusal(b"<a>" * 100_000).code == "decisions.xml.too_deep"
    assert refusal(b"<a><b><c/></b></a>", max_depth=2).code == "decisions.xml.too_deep"
    assert parse_xml(b"<a><b/></a>", max_depth=2).tag == "a"


def test_a_plain_file_reads_as_elementtree_reads_it_and_elements_know_their_line() -> None:
    text = """<?xml version="1.0" encoding="utf-8"?>
<a xmlns="urn:x" xmlns:s="urn:s" s:k="1" k="2">one<!-- not seen -->two&amp;<b/>tail
  <s:c><![CDATA[<raw>]]></s:c>\u8bcd</a>"""
    root = parse_xml(text.encode())
    assert tostring(root) == tostring(fromstring(text))
    assert [line_of(element) for element in root.iter()] == [2, 2, 3]
    assert line_of(fromstring("<a/>")) is None
