import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.model_cache import ModelCache
from marcelle_nb.formats.pretrained_files import PretrainedFiles
from marcelle_nb.formats.pretrained_record import PretrainedRecord

ONE, TWO = "1" * 64, "2" * 64


@pytest.fixture
def record(tmp_path):
    def record(**options):
        files = PretrainedFiles(
            "net", "https://a/w.h5", 9, lambda _: None, cache=ModelCache(tmp_path), **options
        )
        return PretrainedRecord(files)

    return record


def test_what_was_remembered_is_known_and_expected(record):
    assert record().known == record().expected == {}
    record().remember({"w.h5": ONE})
    assert record().known == record().expected == {"w.h5": ONE}


def test_a_pinned_file_is_remembered_beside_the_first_one(record):
    record().remember({"w.h5": ONE})
    record(sha256=TWO).remember({"w.h5": TWO})
    assert record().known == {"w.h5": ONE}
    assert record(sha256=TWO).known == {"w.h5": TWO}


def test_a_first_file_that_is_pinned_is_the_first_one(record):
    record(sha256=TWO).remember({"w.h5": TWO})
    assert record().known == {"w.h5": TWO}


def test_checksums_by_name_are_expected_before_anything_is_there(record):
    assert record(sha256={"w.h5": TWO}).expected == {"w.h5": TWO}


def test_another_cache_gets_all_notes(record):
    assert len(record().notes({"w.h5": ONE})) == 1
    assert len(record(sha256=ONE).notes({"w.h5": ONE})) == 2


def test_each_checksum_has_a_lock_of_its_own(record):
    assert len({record().lock, record(sha256=ONE).lock, record(sha256=TWO).lock}) == 3


def test_what_is_no_checksum_is_refused(record):
    with pytest.raises(DownloadRefused, match="64 hexadecimal digits"):
        record(sha256="abc")
