"""The classes of the COCO data set, by their numbers in it."""

from __future__ import annotations

_NAMES = """
person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant -
stop_sign parking_meter bench bird cat dog horse sheep cow elephant bear zebra giraffe - backpack
umbrella - - handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat
baseball_glove skateboard surfboard tennis_racket bottle - wine_glass cup fork knife spoon bowl
banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair couch potted_plant bed
- dining_table - - toilet - tv laptop mouse remote keyboard cell_phone microwave oven toaster sink
refrigerator - book clock vase scissors teddy_bear hair_drier toothbrush
"""

COCO_CLASSES = {
    number: name.replace("_", " ")
    for number, name in enumerate(_NAMES.split(), start=1)
    if name != "-"
}
"""80 names by numbers from 1 to 90; ten numbers were never given away.

Lin, T.-Y. et al. (2014). Microsoft COCO: Common objects in context. ECCV, 740–755.
"""

N_NUMBERS = 90


def coco_class(number: int) -> str:
    """Give the name of a class; one of the numbers that stand for nothing is named by itself."""
    return COCO_CLASSES.get(number, f"class {number}")
