"""How often the widget of a training speaks to its pages, and that nothing is lost."""

import json

LIMIT = 10
"""Messages a second, of all kinds."""

MAX_BYTES = 512 * 1024
"""Of one message."""


def busiest_second(page):
    """The most messages that left within one second."""
    sent = sorted(record.sent for record in page.messages)
    return max(sum(start <= other < start + 1 for other in sent) for start in sent)


def train_for_seconds(kernel, page):
    """Train for three seconds, while the page does what pages do; gives the number of epochs."""
    page.hello()
    kernel.run("start = time.monotonic(); run = model.train(few)")
    for second in (1, 2, 3):
        page.send({"kind": "ping", "views": {page.opened["component_id"]: ["view-1"]}})
        kernel.until(lambda n=second: len(page.customs("pong")) == n, "a pong")
        kernel.until(
            lambda n=second: kernel.value("time.monotonic() - start") > n, "a second passes"
        )
    kernel.run("model.epochs = 1")  # counts at once: the epoch under way is the last
    page.reaches("success")
    return kernel.value("len(run.history['loss'])")


def test_at_most_ten_messages_a_second_carry_all_epochs_of_a_training(kernel):
    kernel.run("model = endless()")
    page = kernel.show("model")
    n_epochs = train_for_seconds(kernel, page)
    assert n_epochs > 1_000
    assert busiest_second(page) <= LIMIT

    numbers = sorted(page.entries)
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert [entry["epoch"] for entry in page.statuses("epoch")] == list(range(1, n_epochs + 1))
    assert page.entries[numbers[-1]]["status"] == "success"
    newest = [log["newest"] for log in page.customs("log")]
    assert newest == sorted(newest)
    assert max(len(json.dumps(log)) for log in page.customs("log")) < MAX_BYTES


def test_a_page_that_asks_gets_what_it_missed(kernel):
    kernel.run("model = mnb.mlp(epochs=2_500, layers=[4], batch_size=32, seed=1)")
    page = kernel.show("model")
    kernel.run("run = model.train(few)")
    page.reaches("success")
    start = min(number for number, entry in page.entries.items() if entry["status"] == "start")
    complete = {number: entry for number, entry in page.entries.items() if number >= start}

    page.send({"kind": "ping", "views": {page.opened["component_id"]: []}})
    newest = page.wait("pong")["newest"][page.opened["component_id"]]
    assert newest == max(complete)

    for since in (newest - 1, newest - 700, 0, newest, newest + 1_000_000):
        known = since if since <= newest else 0  # of an earlier kernel: begin again
        expected = {number: entry for number, entry in complete.items() if number > known}
        assert missed(kernel, page, since, newest) == expected


def missed(kernel, page, since, newest):
    """Ask as a page does, until it has the newest."""
    got: dict[int, object] = {}
    while max(got, default=since) != newest:
        before = len(page.customs("log"))
        page.send({"kind": "since", "since": max(got, default=since)})
        log = kernel.until(lambda n=before: page.customs("log")[n:], "an answer")[0]
        assert log["newest"] == newest
        numbers = [number for number, _ in log["entries"]]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        got |= dict(log["entries"])
    return got


def test_a_page_that_drags_a_slider_stays_within_the_pace(kernel):
    kernel.run("model = endless()")
    page = kernel.show("model")
    page.hello()
    kernel.run("run = model.train(few)")
    page.reaches("epoch", count=3)
    for value in range(1, 61):
        write = page.write(batch_size=value)
        # a page sends its next write when the kernel is done with the last
        kernel.until(lambda sent=write: kernel.handled(sent), "the write is handled")
    kernel.until(lambda: page.answered(write) == [{"batch_size": 60}], "the last write is answered")
    kernel.becomes("model.batch_size", 60)

    n_epochs = len(page.entries)
    kernel.until(lambda: len(page.entries) > n_epochs + 100, "the curves go on")
    assert busiest_second(page) <= LIMIT
    assert len(page.echoes) < 10
