from marcelle_nb.data.change_stream import ChangeStream


def test_the_first_who_comes_and_the_last_who_goes_are_told_of():
    told: list[bool] = []
    stream = ChangeStream[int](lambda _, is_heard: told.append(is_heard))
    first, second = stream.subscribe(print), stream.subscribe(print)
    del told[1:]
    first()
    assert told == [True]  # nothing that takes a lock, for others who are still there
    second()
    assert told == [True, False]


def test_it_says_whether_more_waits_than_what_is_delivered():
    waiting: list[bool] = []
    stream = ChangeStream[int](lambda *_: None)
    stream.subscribe(lambda n: stream.set(n - 1) if n else None)
    stream.subscribe(lambda _: waiting.append(stream.has_waiting))
    stream.set(1)
    assert waiting == [True, False]
