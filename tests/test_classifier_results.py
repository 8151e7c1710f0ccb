from marcelle_nb.models.classifier_results import ClassifierResults


def test_an_untrained_answer_has_no_label_and_no_confidences():
    assert ClassifierResults().to_dict() == {"label": None, "confidences": {}}


def test_the_dictionary_is_a_copy():
    results = ClassifierResults("a", {"a": 1.0})
    results.to_dict()["confidences"]["b"] = 2
    assert results == ClassifierResults("a", {"a": 1.0})
