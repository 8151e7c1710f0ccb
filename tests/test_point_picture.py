import base64
import io

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.components.point_picture import HEIGHT, WIDTH, color, point_picture


def pixels(places, codes):
    url = point_picture(np.array(places, float).reshape(-1, 2), codes)
    assert url.startswith("data:image/png;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def test_points_lie_where_they_belong_in_the_colours_of_their_labels():
    picture = pixels([(0, 0), (1, 1)], [0, 1]).astype(int)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    blue, orange = picture[HEIGHT - 12, 12], picture[12, WIDTH - 12]
    assert blue[2] > blue[0] + 80
    assert orange[0] > orange[2] + 80


@pytest.mark.parametrize("places", [[], [(3, 3)], [(1, 2), (1, 5)]], ids=str)
def test_few_points_are_drawn_too(places):
    pixels(places, [0] * len(places))


def test_colours_of_many_labels_differ():
    assert len({color(code) for code in range(60)}) == 60
