"""Messages that no page of ours sends: each is refused, none changes anything."""

import random
from typing import Any

import pytest

SEED = 20
COUNT = 120

NAN, INFINITY, HUGE = float("nan"), float("inf"), 10**4_000
SURROGATE = "half of an emoji: \ud83d"
"""A page sends one where it cuts a text between JavaScript's characters; UTF-8 cannot say it."""


def nested(depth):
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


DEEP = nested(400)
NO_NUMBER: tuple[Any, ...] = (
    None,
    True,
    -1,
    0.5,
    NAN,
    INFINITY,
    -INFINITY,
    "1",
    [],
    {},
    [1],
    DEEP,
    -HUGE,
)
NO_TEXT: tuple[Any, ...] = (None, True, 7, NAN, HUGE, [], {}, ["a"], DEEP, SURROGATE)
NO_BOOL: tuple[Any, ...] = (None, 0, 1, "true", "", NAN, [], {}, DEEP)
NO_IDS: tuple[Any, ...] = (None, True, 7, "an id", [], {}, [7], [None], ["no such id"], [[]], DEEP)

# What can be wrong with each field of each message; a message without fields is never wrong.
MESSAGES: dict[str, dict[str, dict[str, tuple[Any, ...]]]] = {
    "button": {
        "press": {"n": (*NO_NUMBER, HUGE)},
        "release": {"n": (*NO_NUMBER, HUGE)},
    },
    "camera": {"frame": {"id": NO_NUMBER}},
    "upload": {
        "chunk": {
            "file": NO_NUMBER,
            "name": (*NO_TEXT, "x" * 1_001),
            "index": (*NO_NUMBER, HUGE, 3),
            "count": (*NO_NUMBER, 0, HUGE),
            "size": (*NO_NUMBER, 0, HUGE, 3, 20_000_001),
        },
        "abandon": {"file": NO_NUMBER},
    },
    "recorder": {
        "press": {"n": (*NO_NUMBER, HUGE)},
        "release": {"n": (*NO_NUMBER, HUGE)},
    },
    "browser": {
        "items": {
            "request": NO_NUMBER,
            "label": NO_TEXT,
            "offset": NO_NUMBER,
            "limit": (*NO_NUMBER, 0, 201, HUGE),
        },
        "relabel": {"ids": NO_IDS, "label": (*NO_TEXT, "", "  ", "x" * 1_001)},
        "rename": {"label": (*NO_TEXT, "no such label"), "to": (*NO_TEXT, "", "x" * 1_001)},
        "remove": {"ids": NO_IDS},
        "remove_label": {"label": (*NO_TEXT, "no such label")},
        "there": {
            "ids": (None, True, 7, "an id", [], {}, [7], [None], [[]], DEEP),
            "request": NO_NUMBER,
        },
    },
    "table": {
        "rows": {
            "request": NO_NUMBER,
            "offset": NO_NUMBER,
            "limit": (*NO_NUMBER, 0, 201, HUGE),
            "sort": (*NO_TEXT, "x", "thumbnail", "no such column", "x" * 1_001),
            "descending": NO_BOOL,
        },
        "range": {
            "first": (*NO_TEXT, "x" * 201),
            "last": (*NO_TEXT, "x" * 201),
            "adds": NO_BOOL,
            "sort": (*NO_TEXT, "x", "no such column"),
            "descending": NO_BOOL,
        },
        "pictures": {
            "ids": (None, True, 7, "an id", {}, [7], [None], [[]], DEEP, [*map(str, range(51))]),
            "request": NO_NUMBER,
        },
        "clicked": {"id": (*NO_TEXT, "x" * 201)},
    },
    "scatter": {
        "select": {"reading": NO_NUMBER, "request": NO_NUMBER},
        "hover": {"reading": NO_NUMBER, "point": tuple(it for it in NO_NUMBER if it != -1)},
        "click": {"reading": NO_NUMBER, "point": NO_NUMBER},
    },
    "plot": {},
    "model": {"cancel": {"run": NO_NUMBER}, "train": {}},
}

RIGHT = {
    "n": 5,
    "id": 1,
    "file": 1,
    "name": "a.png",
    "index": 0,
    "count": 1,
    "size": 10,
    "request": 1,
    "label": "a",
    "to": "b",
    "offset": 0,
    "limit": 10,
    "run": 1,
    "sort": "",
    "descending": False,
    "first": "",
    "last": "",
    "adds": True,
    "reading": 0,
    "point": 0,
}

COMMON: dict[str, dict[str, tuple[Any, ...]]] = {
    "hello": {"view": (*NO_TEXT[:-1], "", "v" * 101)},
    "bye": {"view": (*NO_TEXT[:-1], "", "v" * 101)},
    "ping": {"views": (None, True, 7, "views", [], DEEP)},
}

NO_MESSAGES: tuple[Any, ...] = (
    None, True, 7, NAN, HUGE, "press", [], DEEP, {}, {"n": 1}, {"kind": None}, {"kind": 7},
    {"kind": ["press"]}, {"kind": {"kind": "press"}}, {"kind": DEEP}, {"kind": ""},
    {"kind": "no such kind"}, {"kind": "__class__"}, {"kind": "x" * 100_000}, {"kind": SURROGATE},
)  # fmt: skip

NO_DATA: tuple[Any, ...] = (
    None, 7, "text", [], {}, {"method": None}, {"method": "no such method"}, {"method": "custom"},
    {"method": "update"}, {"method": "update", "state": None}, {"method": "update", "state": []},
    {"method": "update", "state": {"no such trait": 1}}, {"method": "request_state"},
    {"method": "update", "state": {}, "buffer_paths": [["a", "b"]]},
)  # fmt: skip

# What can be wrong with the value of each trait; all that is not here is the kernel's own.
TRAITS: dict[str, dict[str, tuple[Any, ...]]] = {
    "camera": {
        "active": (None, 0, "true", [], DEEP, HUGE),
        "ready": (None, 1, "", {}, NAN),
        "facing_mode": (None, "", "left", 7, [], {}, DEEP, HUGE, SURROGATE),
    },
    "recorder": {"label": (*NO_TEXT, "x" * 101)},
    "table": {
        "columns": (
            *(None, True, 7, "y", {}, [7], [None], [["y"]], ["a'b"], DEEP),
            [SURROGATE],
            [f"n{number}" for number in range(51)],
        ),
        "selection": (None, True, 7, "an id", {}, [7], [None], [["a"]], ["x" * 201], DEEP),
        "single_selection": NO_BOOL,
    },
    "scatter": {
        "x": (None, True, -1, 0.5, NAN, -HUGE, "a'b", [], {}, DEEP, SURROGATE),
        "y": (None, True, -1, 0.5, NAN, -HUGE, 'a"b', [], {}, DEEP, SURROGATE),
        "color": (*NO_TEXT, "a'b"),
    },
    "model": {
        "epochs": (*NO_NUMBER, 0, HUGE, 100_001),
        "layers": (
            *NO_NUMBER[:8],
            {"a": 1},
            [0],
            [1.5],
            ["8"],
            [True],
            [HUGE],
            [10_001],
            [1] * 21,
            DEEP,
        ),
        "validation_split": (
            None,
            True,
            -0.1,
            1.1,
            "0.5",
            NAN,
            INFINITY,
            HUGE,
            -HUGE,
            [],
            {},
            DEEP,
        ),
    },
}

SETUP = """
data = mnb.dataset("hostile")
data.clear()
data.create([{"x": [1.0], "y": "a"}, {"x": [2.0], "y": "b"}])
button, camera, upload = mnb.button(), mnb.webcam(), mnb.image_upload()
recorder = mnb.recorder(camera, data)
browser = mnb.dataset_browser(data)
table, scatter = mnb.dataset_table(data), mnb.dataset_scatter(data)
plot = mnb.confidence_plot(mnb.Stream())
model = mnb.mlp()
events, refusals = [], []
_streams = (button.click, camera.images, upload.images, data.changes)
for _stream in (*_streams, table.clicked, scatter.clicked):
    _stream.subscribe(events.append)

def refuse(message):
    if message.kind in {"rejected", "refused"}:
        refusals.append(message)

def state(component):
    found = {name: repr(stream.value) for name, stream in component._synced().items()}
    found |= {name: repr(value) for name, value in component.parameters.to_dict().items()}
    found["training"] = repr(model.training.value)
    found["instances"] = repr([[i["id"], i["y"]] for i in data.items()])
    return found | {"events": len(events), "ready": model.ready}
"""


def wrong_message(rng, name):
    """Make a message in which one thing, or more, is wrong; gives its content and buffers."""
    known = {kind: fields for kind, fields in {**MESSAGES[name], **COMMON}.items() if fields}
    if rng.random() < 0.3:
        return rng.choice(NO_MESSAGES), []
    kind = rng.choice(list(known))
    fields = known[kind]
    content = {"kind": kind} | {field: RIGHT.get(field) for field in fields}
    buffers = [b"0123456789"] if kind in {"frame", "chunk"} else []
    if kind == "select":
        buffers = [b"01234567"]
    if buffers and rng.random() < 0.3:
        return content, rng.choice([[], buffers * 2, buffers * 5])
    for field in rng.sample(list(fields), rng.randint(1, len(fields))):
        content[field] = rng.choice(fields[field])
        if content[field] is None:
            del content[field]
    return content, buffers


def wrong_state(rng, name, owned):
    """Make a write of traits in which one value, or more, is wrong."""
    traits = TRAITS.get(name, {})
    state = {}
    if traits and rng.random() < 0.7:
        for trait in rng.sample(list(traits), rng.randint(1, len(traits))):
            state[trait] = rng.choice(traits[trait])
    else:
        state[rng.choice(owned)] = rng.choice(
            (None, True, 7, HUGE, "text", [], {}, DEEP, SURROGATE)
        )
    if name == "model" and rng.random() < 0.5:
        state["batch_size"] = rng.randint(1, 100)  # a good value beside a bad one
    return state


@pytest.mark.parametrize("name", list(MESSAGES))
def test_every_wrong_message_is_refused_and_changes_nothing(kernel, name):
    kernel.run(SETUP)
    page = kernel.show(name)
    kernel.run(f"{name}.outbox.subscribe(refuse)")
    before = kernel.value(f"state({name})")
    owned = [
        trait for trait in before if trait in page.opened and trait not in TRAITS.get(name, {})
    ]
    owned = [trait for trait in owned if trait != "batch_size"] + ["component_id", "alert"]
    rng = random.Random(f"{SEED} {name}")

    sent = {}
    for _ in range(COUNT):
        if rng.random() < 0.7:
            content, buffers = wrong_message(rng, name)
            sent[page.send(content, *buffers)] = content
        else:
            content = wrong_state(rng, name, owned)
            sent[page.write(**content)] = content
    page.hello(view="the last")
    kernel.becomes(f"'the last' in {name}._views", True)
    kernel.becomes("len(refusals)", COUNT)

    raised = {
        str(content)[:200]: record.content["evalue"]
        for message, content in sent.items()
        for record in kernel.published(parent=message)
        if record.type == "error"
    }
    assert raised == {}
    assert kernel.value(f"state({name})") == before
    assert kernel.value(f"{name}.alert.value")


def test_data_that_is_no_widget_message_leaves_the_kernel_alive(kernel):
    kernel.run("button = mnb.button()")
    page = kernel.show("button")
    for data in NO_DATA:
        page.raw(data)
    kernel.run("seen = []; button.pressed.subscribe(seen.append)")
    page.send({"kind": "press", "n": 1})
    kernel.becomes("seen", [False, True])
