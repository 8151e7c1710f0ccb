"""Scenes drawn by chance, seen from several places, and how many of them are found again."""

import numpy as np

SIZE = 96


def scene(seed, *, side=SIZE, shift=(0.0, 0.0), angle=0.0, zoom=1.0):
    """Draw a plain ground, a striped one beside it, and three discs; the seed decides which.

    It is seen from elsewhere with `shift` (in widths of the picture), `angle` (radians) and `zoom`.
    """
    rng = np.random.default_rng(seed)
    down, right = np.mgrid[:side, :side] / side - 0.5
    x = zoom * (right * np.cos(angle) - down * np.sin(angle)) + shift[0]
    y = zoom * (right * np.sin(angle) + down * np.cos(angle)) + shift[1]
    colours = rng.uniform(20, 220, (6, 3))
    direction = rng.uniform(0, np.pi)
    along = x * np.cos(direction) + y * np.sin(direction)
    picture = np.where((along > 0)[..., None], colours[0], colours[1])
    stripes = (along > 0) & (np.sin(along * rng.uniform(20, 90)) > 0)
    picture[stripes] = colours[2]
    for colour in colours[3:]:
        (centre_x, centre_y), radius = rng.uniform(-0.35, 0.35, 2), rng.uniform(0.08, 0.2)
        picture[np.hypot(x - centre_x, y - centre_y) < radius] = colour
    return picture.astype(np.uint8)


def views(n_scenes, n_views, seed):
    """Draw each scene from several places, in several lights, some as in a mirror."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in range(n_scenes):
        for _ in range(n_views):
            shift, angle = rng.uniform(-0.2, 0.2, 2), rng.uniform(-0.25, 0.25)
            picture = scene(number, shift=shift, angle=angle, zoom=rng.uniform(0.7, 1))
            lit = picture * rng.uniform(0.6, 1.3) + rng.uniform(-20, 20)
            noisy = lit + rng.normal(0, 4, picture.shape)
            picture = np.clip(noisy, 0, 255).astype(np.uint8)
            pictures.append(picture[:, ::-1] if rng.random() < 0.3 else picture)
    return pictures


def few_shot_accuracy(rows, n_scenes, n_views, shots=3):
    """Give the share of rows whose nearest, among the first of each scene, is of their scene."""
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    units = units.reshape(n_scenes, n_views, -1)
    known, asked = units[:, :shots].reshape(n_scenes * shots, -1), units[:, shots:]
    nearest = (asked @ known.T).argmax(axis=2) // shots
    return np.mean(nearest == np.arange(n_scenes)[:, None])
