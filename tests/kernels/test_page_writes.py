"""What a page writes, and what the pages know of it."""

SECOND = """
from marcelle_nb.widget import ComponentWidget
second = ComponentWidget.of(model)
"""


def watch(kernel):
    """Make a model, and note every value that its parameters are given."""
    kernel.run("""
model = mnb.mlp(epochs=20, batch_size=8)
seen = []
for name in model.parameters:
    model.parameters[name].subscribe(lambda value, name=name: seen.append([name, value]))
seen.clear()
""")
    return kernel.show("model")


def test_a_good_write_is_echoed_once_and_sets_the_parameter_once(kernel):
    page = watch(kernel)
    write = page.write(epochs=30)
    kernel.becomes("seen", [["epochs", 30]])
    kernel.until(lambda: page.echoes, "an echo")
    kernel.never(lambda: page.updates or len(page.echoes) > 1, "more is sent back")
    assert page.echoes == page.answered(write) == [{"epochs": 30}]
    assert kernel.value("seen") == [["epochs", 30]]


def test_an_equal_write_sets_nothing(kernel):
    page = watch(kernel)
    page.write(epochs=20)
    kernel.until(lambda: page.echoes, "an echo")
    assert kernel.value("seen") == []


def test_a_message_with_one_bad_key_changes_nothing_and_is_undone_with_the_reason(kernel):
    page = watch(kernel)
    write = page.write(batch_size=4, epochs=0, layers=[5])
    reason = "epochs: expected a whole number from 1 to 100000, got 0"
    page.knows(alert=reason)
    kernel.until(lambda: page.echoes, "an answer")
    old = [{"batch_size": 8, "epochs": 20, "layers": [64, 32]}]
    assert page.echoes == page.answered(write) == old
    page.wait("rejected", reason=reason)
    assert kernel.value("seen") == []
    assert kernel.value("[model.batch_size, model.epochs, model.layers]") == [8, 20, [64, 32]]


def test_a_page_cannot_write_what_is_the_kernels(kernel):
    page = watch(kernel)
    for name, value in {
        "title": "Mine",
        "can_train": True,
        "component_id": "x",
        "kinds": {},
    }.items():
        page.write(**{name: value})
        page.knows(**{name: page.opened[name]})
        page.wait(
            "rejected",
            reason=f"{name}: expected a name that a page can write, got the kernel's own",
        )
    assert kernel.value("[model.title, model.widget.can_train]") == ["MLP", False]


def test_two_widgets_of_one_model_agree(kernel):
    first = watch(kernel)
    kernel.run(SECOND)
    second = type(first)(kernel, kernel.value("second.model_id"))

    first.write(epochs=31)
    second.knows(epochs=31)
    second.write(batch_size=5)
    first.knows(batch_size=5)
    kernel.run("model.validation_split = 0.5")
    first.knows(validation_split=0.5)
    second.knows(validation_split=0.5)
    names = ("epochs", "batch_size", "layers", "validation_split")
    assert [first.state[n] for n in names] == [second.state[n] for n in names]
    assert kernel.value("seen") == [["epochs", 31], ["batch_size", 5], ["validation_split", 0.5]]

    first.write(epochs=-1)
    first.knows(epochs=31)
    second.knows(alert=kernel.value("model.alert.value"))


def test_a_training_reaches_both_widgets_of_a_model(kernel):
    first = watch(kernel)
    kernel.run(SECOND)
    second = type(first)(kernel, kernel.value("second.model_id"))
    kernel.run("model.epochs = 50; run = model.train(few)")
    for page in (first, second):
        page.reaches("success")
        assert [entry["epoch"] for entry in page.statuses("epoch")] == list(range(1, 51))


def test_hello_sends_the_state_and_the_log_again(kernel):
    page = watch(kernel)
    kernel.run("model.epochs = 5; run = model.train(few).wait()")
    page.reaches("success")
    known = dict(sorted(page.entries.items())[-7:])
    assert [entry["status"] for entry in known.values()] == ["start", *["epoch"] * 5, "success"]
    updates, logs = len(page.updates), len(page.customs("log"))

    page.hello()
    again = kernel.until(lambda: page.customs("log")[logs:], "the log")[0]
    assert dict(again["entries"]) == known
    state = kernel.until(lambda: page.updates[updates:], "the state")[0]
    assert set(state) >= {"alert", "epochs", "batch_size", "layers", "kinds", "title", "can_train"}
    assert state["epochs"] == 5


def test_one_ping_is_answered_for_every_component_of_the_page(kernel):
    kernel.run("model = mnb.mlp(epochs=5, seed=1); button = mnb.button()")
    page, button = kernel.show("model"), kernel.show("button")
    kernel.run("run = model.train(few).wait()")
    page.reaches("success")
    ids = page.opened["component_id"], button.opened["component_id"]
    button.send(
        {"kind": "ping", "views": {ids[0]: ["v1"], ids[1]: ["v2"], "of another kernel": ["v3"]}}
    )
    assert button.wait("pong")["newest"] == {ids[0]: max(page.entries), ids[1]: 0}
