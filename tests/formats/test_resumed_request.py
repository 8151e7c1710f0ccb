import pytest

from marcelle_nb.errors import NoFileThere
from marcelle_nb.formats.partial_file import PartialFile
from marcelle_nb.formats.resumed_request import ResumedRequest
from tests.formats.web_server import send, web_server
from tests.formats.weights_server import in_parts

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def server():
    with web_server() as server:
        yield server


def asked(server, partial, limit=10**6):
    request = ResumedRequest(server.url("/w"), partial, limit=limit, plain=False)
    request.run({})
    return request


def begun(tmp_path, count, version='"v1"'):
    partial = PartialFile(tmp_path / "w.part")
    partial.begin(version, len(CONTENT))
    partial.path.write_bytes(CONTENT[:count])
    return partial


def test_the_rest_is_written_behind_what_came(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT)
    partial = begun(tmp_path, 1000)
    request = asked(server, partial)
    assert request.complete
    assert (request.start, request.received) == (1000, len(CONTENT) - 1000)
    assert partial.path.read_bytes() == CONTENT


@pytest.mark.parametrize("version", [None, '"v0"'])
def test_a_server_that_sends_all_is_taken_at_its_word(server, tmp_path, version):
    server.answers["/w"] = in_parts(CONTENT)
    partial = begun(tmp_path, 1000, version)
    assert asked(server, partial).complete
    assert partial.path.read_bytes() == CONTENT


def test_a_weak_tag_tells_no_version(server, tmp_path):
    server.answers["/w"] = lambda handler: send(handler, CONTENT, ETag='W/"v1"')
    partial = PartialFile(tmp_path / "w.part")
    assert asked(server, partial).complete
    assert partial.version is None


def test_a_date_tells_a_version(server, tmp_path):
    date = "Mon, 01 Jan 2024 00:00:00 GMT"
    server.answers["/w"] = lambda handler: send(handler, CONTENT, Last_Modified=date)
    partial = PartialFile(tmp_path / "w.part")
    assert asked(server, partial).complete
    assert partial.version == date


def test_there_may_be_less_than_what_came(server, tmp_path):
    def answer(handler):
        is_part = "Range" in handler.headers
        send(handler, b"" if is_part else b"less", 416 if is_part else 200)

    server.answers["/w"] = answer
    partial = begun(tmp_path, 1000)
    request = asked(server, partial)
    assert request.complete
    assert (request.start, partial.path.read_bytes()) == (0, b"less")


def test_all_is_asked_for_once(server, tmp_path):
    server.answers["/w"] = lambda handler: send(handler, b"", 416)
    partial = begun(tmp_path, 1000)
    request = asked(server, partial)
    assert type(request.error) is NoFileThere
    assert not request.is_broken_off
    assert partial.size == 0
    assert len(server.asked) == 2


def test_a_rest_is_taken_where_nobody_told_how_long_the_whole_is(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT)
    partial = PartialFile(tmp_path / "w.part")
    partial.begin('"v1"', None)
    partial.path.write_bytes(CONTENT[:1000])
    request = asked(server, partial)
    assert request.complete
    assert request.start == 1000
    assert partial.path.read_bytes() == CONTENT


def test_the_limit_that_is_told_is_that_of_the_whole(server, tmp_path):
    def answer(handler):  # more than it says
        part = f"bytes 1000-{len(CONTENT) - 1}/{len(CONTENT)}"
        rest = bytes(200_000)
        send(handler, rest, 206, Content_Range=part, ETag='"v1"')

    server.answers["/w"] = answer
    url, partial = server.url("/w"), begun(tmp_path, 1000)
    request = ResumedRequest(url, partial, limit=150_000, plain=False, before=50_000)
    request.run({})
    assert "expected at most 200,000 bytes, got more" in str(request.error)


def test_the_limit_counts_what_came_before(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT)
    request = asked(server, begun(tmp_path, 60_000), limit=80_000)
    assert "expected at most 80,000 bytes" in str(request.error)


def test_an_error_is_no_file(server, tmp_path):
    request = asked(server, begun(tmp_path, 1000))
    assert type(request.error) is NoFileThere
    assert not request.is_broken_off


def test_an_answer_that_breaks_off_can_be_gone_on_with(server, tmp_path):
    server.answers["/w"] = in_parts(CONTENT, [50_000])
    partial = PartialFile(tmp_path / "w.part")
    request = asked(server, partial)
    assert not request.complete
    assert request.is_broken_off
    assert partial.path.read_bytes() == CONTENT[:50_000]


def test_a_full_disk_is_no_fault_of_the_network(server, tmp_path):
    server.answers["/w"] = CONTENT
    request = asked(server, PartialFile(tmp_path / "none" / "w.part"))
    assert str(request.error).startswith("cache: expected a folder that can be written")


@pytest.mark.parametrize("packing", ["gzip", "br", " GZIP "])
def test_a_rest_that_is_packed_is_refused_and_what_came_stays(server, tmp_path, packing):
    def answer(handler):
        told = f"bytes 1000-{len(CONTENT) - 1}/{len(CONTENT)}"
        rest = CONTENT[1000:]
        send(handler, rest, 206, Content_Range=told, Content_Encoding=packing)

    server.answers["/w"] = answer
    partial = begun(tmp_path, 1000)
    request = asked(server, partial)
    assert "expected the rest as it is, got it packed as" in str(request.error)
    assert partial.path.read_bytes() == CONTENT[:1000]
    assert not request.is_broken_off  # it is not asked for again


@pytest.mark.parametrize("status", [200, 206, 416])
def test_one_that_was_stopped_leaves_what_came_as_it_is(server, tmp_path, status):
    class Stopped(ResumedRequest):
        def _final_response(self, *arguments):
            response = super()._final_response(*arguments)
            self.stop()
            return response

    server.answers["/w"] = lambda handler: send(handler, CONTENT, status, Content_Range="nonsense")
    partial = begun(tmp_path, 1000)
    request = Stopped(server.url("/w"), partial, limit=10**6, plain=False)
    request.run({})
    assert not request.complete
    assert partial.path.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("told", [{"ETag": '"v2"'}, {"Last_Modified": "Tue, 02 Jan 2024"}])
def test_the_rest_of_another_version_is_not_joined_to_what_came(server, tmp_path, told):
    new = CONTENT[::-1]

    def answer(handler):
        if "Range" not in handler.headers:
            return send(handler, new, **told)
        part = f"bytes 1000-{len(new) - 1}/{len(new)}"  # as of a proxy that ignores If-Range
        return send(handler, new[1000:], 206, Content_Range=part, **told)

    server.answers["/w"] = answer
    partial = PartialFile(tmp_path / "w.part")
    partial.begin('"v1"', len(CONTENT), {"ETag": '"v1"', "Last-Modified": "Mon, 01 Jan 2024"})
    partial.path.write_bytes(CONTENT[:1000])
    assert asked(server, partial).complete
    assert partial.path.read_bytes() == new
