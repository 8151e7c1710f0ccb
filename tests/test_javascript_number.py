import json
import shutil
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marcelle_nb.data.javascript_number import javascript_number

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (-2.5, "-2.5"),
        (0.00001, "0.00001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (1e16, "10000000000000000"),
        (1.2345678901234568e20, "123456789012345680000"),
        (1e21, "1e+21"),
        (5e-324, "5e-324"),
        (np.float32(1.1), "1.1"),
        (np.float32(3), "3"),
        (np.float16(1e4), "10000"),
        (np.float64(2), "2"),
    ],
)
def test_numbers_are_written_as_javascript_does(number, text):
    assert javascript_number(number) == text


@given(FINITE)
def test_the_text_is_the_number(number):
    assert float(javascript_number(number)) == number


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")
def test_node_writes_the_same():
    numbers = [sign * 1.2345 * 10.0**power for power in range(-30, 30) for sign in (1, -1)]
    numbers += [10.0**power for power in range(-30, 30)]
    code = f"console.log(JSON.stringify({json.dumps(numbers)}.map(String)))"
    done = subprocess.run(["node", "-e", code], capture_output=True, check=True, text=True)
    assert [javascript_number(number) for number in numbers] == json.loads(done.stdout)
