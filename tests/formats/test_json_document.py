from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.errors import ModelFormatError
from marcelle_nb.formats import json_document
from marcelle_nb.formats.json_document import parse_json


def test_a_document_reads_as_json_does():
    value = {"a": [1, 2.5, None, True], "ü": {"b": '\U0001f600 ] [ \\ " }'}, "c": {}}
    assert parse_json(json.dumps(value).encode(), "x") == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode(), "x") == value


def test_a_byte_order_mark_is_skipped():
    assert parse_json(b"\xef\xbb\xbf[1]", "x") == [1]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[1,]", b"\xff", b"nul", b'{"a": 1} x', b'"\\ud800"', b"1" * 5000, b'["\x00"]'],
)
def test_what_is_no_json_is_refused(data):
    with pytest.raises(ModelFormatError, match="x: expected a JSON document"):
        parse_json(data, "x")


@pytest.mark.parametrize("data", [b"[NaN]", b"[-Infinity]"])
def test_numbers_that_json_lacks_are_let_through_only_on_request(data):
    with pytest.raises(ModelFormatError, match="which is not JSON"):
        parse_json(data, "x")
    assert len(parse_json(data, "x", not_finite=True)) == 1


def test_a_key_that_is_there_twice_is_refused_and_named():
    with pytest.raises(ModelFormatError, match="the key 'a' twice"):
        parse_json(b'{"b": {"a": 1, "a": 2}}', "x")


@pytest.mark.parametrize("data", [b"[" * 500_000, b"[" * 200 + b"]" * 200, b'{"a":' * 101 + b"1"])
def test_deep_nesting_is_refused_before_it_is_parsed(data, monkeypatch):
    monkeypatch.setattr(json, "loads", lambda *args, **kwargs: pytest.fail("parsed"))
    with pytest.raises(ModelFormatError, match="expected at most 100 levels"):
        parse_json(data, "x")


def test_brackets_within_text_are_no_nesting():
    text = "[" * 1000 + '\\"{'
    assert parse_json(json.dumps([text]).encode(), "x") == [text]


def test_a_hundred_levels_are_read():
    assert parse_json(b"[" * 100 + b"]" * 100, "x")


def test_too_many_values_are_refused_before_they_take_memory(monkeypatch):
    monkeypatch.setattr(json_document, "MAX_VALUES", 1000)
    with pytest.raises(ModelFormatError, match="at most 1,000 values"):
        parse_json(b"[" + b"[]," * 1000 + b"[]]", "x")


def test_a_large_document_is_refused(monkeypatch):
    monkeypatch.setattr(json_document, "MAX_BYTES", 10)
    with pytest.raises(ModelFormatError, match="at most 10 bytes, got 11"):
        parse_json(b'"123456789"', "x")


def test_a_key_that_is_there_twice_is_found_at_once():
    keys = ",".join(f'"{number}":0' for number in range(60_000))
    start = time.monotonic()
    with pytest.raises(ModelFormatError, match="the key 'z' twice"):
        parse_json(f'{{{keys},"z":1,"z":2}}'.encode(), "x")
    assert time.monotonic() - start < 3


@pytest.mark.parametrize(
    "data",
    [
        b"[" + b'{"a":1},' * 900_000 + b"{}]",
        b"[" + b"[]," * 1_500_000 + b"[]]",
        b"[" + b"1.5," * 2_500_000 + b"1]",
        b'["' + b"a" * 30_000_000 + "\U0001f600".encode() + b'"]',
        b'["' + b"a" * 40_000_000 + b'\\ud83d\\ude00"]',
    ],
    ids=["objects", "lists", "numbers", "wide text", "escaped text"],
)
def test_a_document_that_takes_far_more_memory_than_its_size_is_refused(data, monkeypatch):
    monkeypatch.setattr(json, "loads", lambda *args, **kwargs: pytest.fail("parsed"))
    with pytest.raises(ModelFormatError, match=r"that takes up to [0-9,]+ bytes when parsed"):
        parse_json(data, "x")


@given(
    st.recursive(st.none() | st.text('"\\\\[{a,', max_size=9), lambda v: st.lists(v, max_size=4))
)
def test_what_stands_in_texts_counts_as_nothing(value):
    data = json.dumps([value, "[" * 200]).encode()
    for block in (1, 2, 3, 7, 2**20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_document, "_BLOCK", block)
            outside = b"".join(part.tobytes() for part in json_document._outside_texts(data))
        assert outside.replace(b'"', b"") == re.sub(rb'"(?:[^"\\]|\\.)*+"', b"", data)
