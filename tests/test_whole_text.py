from marcelle_nb.components.whole_text import whole_text, whole_texts


def test_halves_of_surrogate_pairs_are_replaced_and_all_else_stays():
    assert whole_text("a\ud800b\udcff") == "a\ufffdb\ufffd"
    assert whole_text("cat 名前 😀 \x00") == "cat 名前 😀 \x00"


def test_texts_are_found_wherever_they_are():
    given = {"\udfff": [("a", "\ud83d"), 1, None], "b": {"c": "\ud83d"}}
    assert whole_texts(given) == {"\ufffd": [["a", "\ufffd"], 1, None], "b": {"c": "\ufffd"}}


def test_whole_texts_are_not_copied():
    given = {"a": ["b", (1, b"\xff")]}
    assert whole_texts(given) is given
