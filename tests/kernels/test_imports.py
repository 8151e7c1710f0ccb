"""What using a companion widget brings into a kernel."""

UNWANTED = ("matplotlib", "tensorflow", "keras", "IPython")

USE = """
import sys
before = set(sys.modules)
import marcelle_nb as mnb
model = mnb.mlp(epochs=3)
model.widget
"""

TRAIN = """
run = model.train([{"x": [float(i), 1.0], "y": "ab"[i % 2]} for i in range(10)]).wait()
model.predict([1.0, 1.0])
model
"""


def test_using_a_model_and_its_widget_imports_no_heavy_package(new_kernel):
    kernel = new_kernel()
    kernel.run(USE)
    page = kernel.show("model")
    page.hello()
    page.write(epochs=4)
    kernel.becomes("model.epochs", 4)
    kernel.run(TRAIN)
    page.reaches("success")
    new = "sorted({name.split('.')[0] for name in set(sys.modules) - before})"
    assert not set(kernel.value(new)) & set(UNWANTED)
