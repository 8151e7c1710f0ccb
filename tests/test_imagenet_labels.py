from marcelle_nb.models.imagenet_labels import imagenet_labels


def test_there_are_a_thousand_in_the_order_of_the_classes():
    labels = imagenet_labels()
    assert len(labels) == 1000
    assert labels[0] == "tench, Tinca tinca"
    assert labels[207] == "golden retriever"
    assert labels[281] == "tabby, tabby cat"
    assert labels[999] == "toilet tissue, toilet paper, bathroom tissue"


def test_they_are_plain_lines():
    assert all(label and label == label.strip() for label in imagenet_labels())
    assert {name for name in imagenet_labels() if imagenet_labels().count(name) > 1} == {"crane"}
