"""Answers of a web server that gives a large file: whole, in parts, or with something else."""

from __future__ import annotations

from tests.formats.web_server import send

LOGIN = b"<!DOCTYPE html><html><head><title>School sign-in</title></head><body>Hi</body></html>"


def in_parts(content, breaks=(), tag='"v1"', ranges=True):
    """Give an answer that knows ranges, and breaks off: once after each number of bytes."""
    left = [*breaks]

    def answer(handler):
        start, status = 0, 200
        asked = handler.headers.get("Range")
        fits = tag is not None and handler.headers.get("If-Range") == tag
        if asked and ranges and fits:
            start, status = int(asked.removeprefix("bytes=").rstrip("-")), 206
        rest = content[start:]
        headers = {"Content_Length": str(len(rest))}
        if tag is not None:
            headers["ETag"] = tag
        if status == 206:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if left:
            send(handler, rest[: left.pop(0)], status, **headers)
            handler.close_connection = True
        else:
            send(handler, rest, status, **headers)

    return answer
