"""Ten thousand instances as a table and as points: read, sort, hover, select, follow."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.hostile import IMAGE, harmless
from tests.browser.test_accessibility import AXE, described

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.browser.jupyter_server import JupyterServer
    from tests.browser.notebook_page import NotebookPage

MANY = f"""
import numpy as np
import marcelle_nb as mnb
from marcelle_nb.image import thumbnail

random = np.random.default_rng(0)
names = ["wave", "clap", {IMAGE!r}]
picture = thumbnail(np.full((60, 60, 3), 200, np.uint8))
data = mnb.dataset("many")
centres = np.array([[0, 0], [10, 0], [5, 8]])
for start in range(0, 10_000, 1_000):
    places = random.normal(size=(1_000, 16)).astype(np.float32)
    places[:, :2] = 0.6 * places[:, :2] + centres[np.arange(1_000) % 3]
    data.create([
        {{"x": x, "y": names[i % 3], "thumbnail": picture, "number": start + i}}
        for i, x in enumerate(places)
    ])
"""

TABLE = (
    "table = mnb.dataset_table(data)\nclicks = []\ntable.clicked.subscribe(clicks.append)\ntable"
)
SCATTER = (
    "scatter = mnb.dataset_scatter(data)\npoints = []\n"
    "scatter.clicked.subscribe(points.append)\nscatter"
)


def answer(lab: NotebookPage, expression: str) -> object:
    """Evaluate something in the kernel."""
    return json.loads(lab.execute(f"import json; print(json.dumps({expression}))"))


def rows(view: Locator) -> Locator:
    return view.locator("tbody tr")


def test_a_table_turns_sorts_and_selects_ten_thousand_rows(lab: NotebookPage) -> None:
    lab.start(MANY, TABLE)
    view = lab.view("dataset_table")
    expect(view.locator("header")).to_contain_text("10,000 instances")
    expect(rows(view)).to_have_count(20)
    expect(view.locator("tbody img")).to_have_count(20)

    number = view.get_by_role("button", name="number")
    number.click()
    number.click()
    expect(rows(view).first).to_contain_text("9999")
    expect(rows(view).nth(1)).to_contain_text(IMAGE)
    rows(view).nth(1).click()
    rows(view).nth(4).click(modifiers=["Shift"])
    rows(view).nth(7).click(modifiers=["ControlOrMeta"])
    expect(view.locator("header")).to_contain_text("5 selected")
    chosen = "[data.get(i)['number'] for i in table.selection.value]"
    lab.eventually(lambda: answer(lab, chosen) == [9998, 9997, 9996, 9995, 9992])
    assert answer(lab, "[data.get(i)['number'] for i in clicks]") == [9998, 9995, 9992]

    rows(view).first.focus()
    lab.page.keyboard.press("PageDown")
    expect(rows(view).first).to_contain_text("9979")
    lab.page.keyboard.press("Enter")
    lab.eventually(lambda: answer(lab, chosen) == [9979])
    lab.execute("table.selection.set([it['id'] for it in data.find({'number': 9978})['data']])")
    expect(rows(view).nth(1)).to_have_attribute("aria-selected", "true")

    lab.execute("data.remove(table.selection.value)")
    expect(view.locator("header")).to_contain_text("9,999 instances")
    expect(rows(view).nth(1)).to_contain_text("9977")
    assert answer(lab, "table.selection.value") == []
    assert harmless(lab.page)


def test_ten_thousand_points_are_hovered_clicked_and_selected(lab: NotebookPage) -> None:
    lab.start(MANY, SCATTER)
    view = lab.view("dataset_scatter")
    expect(view.locator("header")).to_contain_text("10,000 instances")
    legend = view.get_by_role("group", name="Labels").get_by_role("button")
    expect(legend).to_have_text(["wave 3,340", "clap 3,330", f"{IMAGE} 3,330"])

    view.locator(".marcelle-plane").scroll_into_view_if_needed()
    box = view.locator(".marcelle-plane").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.25)
    mouse = lab.page.mouse
    tip = view.locator(".marcelle-tip")
    for step in range(40):
        mouse.move(middle[0] - 20 + step, middle[1])
        if tip.count():
            break
        lab.page.wait_for_timeout(20)
    expect(tip.locator("img")).to_be_visible()
    expect(tip).to_contain_text(IMAGE)
    lab.eventually(lambda: answer(lab, "data.get(scatter.hovered.value)['y']") == IMAGE)
    mouse.down()
    mouse.up()
    lab.eventually(lambda: answer(lab, "points == [scatter.hovered.value]"))
    lab.eventually(lambda: answer(lab, "scatter.selection.value == points"))

    # the whole of one label, with the wheel turned in between
    mouse.wheel(0, 100)
    view.get_by_role("button", name="Fit").click()
    mouse.move(box["x"] + 60, box["y"] + box["height"] * 0.52)
    mouse.down()
    mouse.move(box["x"] + box["width"] - 20, box["y"] + 12, steps=5)
    mouse.up()
    labels = "sorted({data.get(i)['y'] for i in scatter.selection.value[::50]})"
    lab.eventually(lambda: answer(lab, "len(scatter.selection.value) > 2_500"))
    assert answer(lab, labels) == [IMAGE]

    lab.execute("data.relabel(scatter.selection.value, 'fist')")
    expect(legend.last).to_contain_text("fist")
    lab.execute("data.remove(scatter.selection.value)")
    expect(view.locator("header")).not_to_contain_text("selected")
    lab.execute("scatter.x.set('number')")
    expect(view.get_by_label("Horizontal", exact=True)).to_have_value("_number")
    lab.save()
    lab.reload()
    expect(lab.view("dataset_scatter").locator(".marcelle-legend")).to_contain_text("wave")
    assert harmless(lab.page)


@pytest.mark.parametrize("cell", [TABLE, SCATTER], ids=["table", "scatter"])
def test_what_another_kernel_changes_appears(lab: NotebookPage, cell: str) -> None:
    name = "dataset_table" if cell == TABLE else "dataset_scatter"
    made = f"import marcelle_nb as mnb; data = mnb.dataset('shared', 'shared {name}.db')"
    lab.start(made, cell)
    view = lab.view(name)
    expect(view).to_contain_text("No instances yet")
    other = f"{made};data.create([{{'x': [n, n], 'y': 'abroad'}} for n in range(150)])"
    lab.execute(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {other!r}])")
    expect(view.locator("header")).to_contain_text("150 instances")
    expect(view).to_contain_text("abroad")


FEW = """
import numpy as np
import marcelle_nb as mnb
from ipywidgets import VBox

data = mnb.dataset("few")
picture = np.full((60, 60, 3), 200, np.uint8)
data.create([
    {"x": [n, n % 7], "y": "abc"[n % 3], "thumbnail": picture, "score": n} for n in range(60)
])
VBox([mnb.dataset_table(data).widget, mnb.dataset_scatter(data).widget])
"""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_neither_view_has_a_serious_violation(
    lab: NotebookPage, server: JupyterServer, theme: str
) -> None:
    lab.page.set_viewport_size({"width": 1280, "height": 2000})
    with server.settings("apputils-extension/themes", theme=theme):
        lab.start(FEW)
    table, scatter = lab.view("dataset_table"), lab.view("dataset_scatter")
    rows(table).nth(1).click()
    table.get_by_text("Columns", exact=True).click()
    expect(scatter.get_by_role("group", name="Labels").get_by_role("button")).to_have_count(3)
    scatter.get_by_role("application").focus()
    lab.page.keyboard.press("Shift+ArrowRight")
    lab.page.keyboard.press("Enter")
    expect(scatter.locator("header")).to_contain_text("1 selected")
    expect(scatter.locator(".marcelle-tip img")).to_be_visible()
    lab.page.evaluate(AXE.read_text())
    found = lab.page.evaluate("axe.run('.marcelle', {resultTypes: ['violations']})")
    serious = [v for v in found["violations"] if v["impact"] in {"serious", "critical"}]
    assert serious == [], [described(violation) for violation in serious]
