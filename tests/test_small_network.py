from marcelle_nb.features.small_network import small_network


def test_plan_halves_the_picture_at_each_stage_and_adds_within_some():
    plan = small_network(16)
    assert plan.n_features == 16
    assert [layer.stride for layer in plan.layers] == [2, 2, 1, 2, 1, 1, 2, 1, 1, 2]
    assert [layer.adds for layer in plan.layers] == [None] * 5 + [3, None, None, 6, None]


def test_network_fits_the_file_that_ships():
    assert sum((rows + 8) * columns for rows, columns in small_network().matrices) < 1_500_000
