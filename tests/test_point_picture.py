import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from marcelle_nb.components.palette import NONE
from marcelle_nb.components.point_cloud import NUMBER, Color, PointCloud
from marcelle_nb.components.point_picture import HEIGHT, WIDTH, cloud_html, point_picture


def pixels(places, codes):
    url = point_picture(np.array(places, float).reshape(-1, 2), codes)
    return opened(url)


def opened(url):
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


def test_numbers_have_the_colours_of_a_scale():
    url = point_picture(np.array([(0.0, 0), (1, 1)]), [NUMBER, NUMBER], [2.0, 9.0])
    picture = opened(url).astype(int)
    low, high = picture[HEIGHT - 12, 12], picture[12, WIDTH - 12]
    assert low[2] > low[0] + 80
    assert high[0] > high[2] + 80


def test_a_cloud_is_told_with_its_range_and_its_labels():
    cloud = PointCloud()
    colors: list[Color] = [0.25, 8.5, "<b>", ""]
    for number, color in enumerate(colors):
        cloud.put(str(number), (number, number), color)
    html = cloud_html(cloud, 4)
    assert "4 points" in html
    assert "0.25 <span" in html
    assert " 8.5&emsp;" in html
    assert "&lt;b&gt;" in html
    assert f"<span style='color:{NONE}'>●</span> <em>no label</em>" in html


def test_a_cloud_of_nothing_says_so():
    assert "No instances yet" in cloud_html(PointCloud(), 0)
    assert "0 points of 3 instances" in cloud_html(PointCloud(), 3)


def test_the_distance_of_points_may_be_larger_than_numbers_can_be():
    ends = [(-1.7e308, -1.7e308), (1.7e308, 1.7e308)]
    assert np.array_equal(pixels(ends, [0, 1]), pixels([(0, 0), (1, 1)], [0, 1]))


def test_the_scale_of_numbers_that_are_far_apart_has_all_its_colours():
    def scale(*colors):
        cloud = PointCloud()
        for number, value in enumerate(colors):
            cloud.put(str(number), (0, 0), value)
        return re.findall(r"color:(#\w+)'>■", cloud_html(cloud, 2))

    assert scale(-1.7e308, 1.7e308) == scale(0.0, 1.0)
    assert len(set(scale(0.0, 1.0))) == 13
