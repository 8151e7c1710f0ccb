"""A place in a kernel's folder where the server may put one large file."""

import hashlib
import os

import pytest

from marcelle_nb.errors import MessageRejected
from marcelle_nb.runtime.running_servers import announce_server
from marcelle_nb.runtime.upload_offer import DATA, PART, UploadOffer, find_offer
from tests.kernel_place import kernel_place


@pytest.fixture
def root(tmp_path, monkeypatch):
    with kernel_place(tmp_path / "runtime", monkeypatch) as folder:
        yield folder


def put(offer, data):
    """Write what the server got."""
    found = find_offer(offer.nonce)
    assert found is not None
    root, folders, _ = found
    root.joinpath(*folders, DATA).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def test_who_knows_the_nonce_finds_the_offer_and_its_size(root):
    offers = [UploadOffer(size) for size in (5, 7)]
    found = [find_offer(offer.nonce) for offer in offers]
    assert [it and it[2] for it in found] == [5, 7]
    assert len({offer.nonce for offer in offers}) == 2


@pytest.mark.parametrize("nonce", ["", "..", "0" * 64, "0" * 63 + "\n", "0" * 63 + "/", "F" * 64])
def test_another_nonce_finds_nothing(root, nonce):
    UploadOffer(5)
    assert find_offer(nonce) is None


def test_what_was_put_there_is_taken_once(root):
    offer = UploadOffer(5)
    assert offer.take(put(offer, b"large")) == b"large"
    assert find_offer(offer.nonce) is None
    with pytest.raises(MessageRejected, match="expected a file from the server"):
        offer.take("")


@pytest.mark.parametrize("data", [b"", b"larg", b"larger", b"other"])
def test_what_is_not_what_was_told_is_refused_and_removed(root, data):
    offer = UploadOffer(5)
    put(offer, data)
    with pytest.raises(MessageRejected, match="upload: expected"):
        offer.take(hashlib.sha256(b"large").hexdigest())
    assert [path for path in root.rglob("*") if path.name == DATA] == []


def test_an_offer_is_made_only_where_a_server_runs(root, monkeypatch):
    assert UploadOffer.made(5) is None
    server = announce_server("/")
    offer = UploadOffer.made(5)
    assert offer is not None
    assert find_offer(offer.nonce) is not None

    def refuse():
        raise PermissionError("read-only")

    monkeypatch.setattr("marcelle_nb.runtime.upload_offer.kernel_place", refuse)
    assert UploadOffer.made(5) is None
    server.close()


@pytest.mark.parametrize(
    "told", ["", "{", "[]", "{}", '{"size": "5"}', '{"size": 0}', '{"size": 1e999}', "\xff"]
)
def test_an_offer_that_tells_no_size_is_none(root, told):
    offer = UploadOffer(5)
    (told_at,) = root.glob("*/uploads/*/offer.json")
    told_at.write_bytes(told.encode("latin-1"))
    assert find_offer(offer.nonce) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.timeout(20)
def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(root):
    offer = UploadOffer(5)
    (told_at,) = root.glob("*/uploads/*/offer.json")
    os.mkfifo(told_at.with_name(DATA))
    with pytest.raises(MessageRejected, match="expected a file from the server"):
        offer.take("")
    offer = UploadOffer(5)
    (told_at,) = root.glob("*/uploads/*/offer.json")
    told_at.unlink()
    os.mkfifo(told_at)
    assert find_offer(offer.nonce) is None


@pytest.mark.parametrize("name", [DATA, PART])
def test_an_offer_knows_whether_the_server_has_just_written_to_it(root, name):
    offer = UploadOffer(5)
    assert not offer.was_written(3600)
    put(offer, b"large")
    (path,) = root.glob(f"*/uploads/*/{DATA}")
    path = path.rename(path.with_name(name))
    assert offer.was_written(3600)
    os.utime(path, (0, 0))
    assert not offer.was_written(3600)
    offer.close()
    assert not offer.was_written(3600)
