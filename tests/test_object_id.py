import os
import re
import time

from marcelle_nb.data.object_id import new_id


def test_ids_are_24_hexadecimal_digits_that_grow_with_the_time():
    ids = [new_id() for _ in range(1_000)]
    assert len(set(ids)) == 1_000
    assert all(re.fullmatch("[0-9a-f]{24}", it) for it in ids)
    assert abs(int(ids[0][:8], 16) - time.time()) < 60


def test_a_forked_process_makes_ids_of_its_own():
    before = new_id()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 24).decode()[8:18] != before[8:18] == new_id()[8:18]
    os.close(reader)
    os.close(writer)
