from __future__ import annotations

import json

import pytest

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
