import logging

from marcelle_nb.models.quiet_tracing import quiet_tracing

ADVICE = "5 out of the last 7 calls to %s triggered tf.function retracing."


def test_advice_on_tracing_is_silent_inside_and_only_there():
    texts = list[str]()

    class Kept(logging.Handler):
        def emit(self, record):
            texts.append(record.getMessage())

    logger, kept = logging.getLogger("tensorflow"), Kept()
    logger.addHandler(kept)
    for _ in range(2):
        with quiet_tracing():
            logger.warning(ADVICE, "step")
            logger.warning("something else")
    logger.warning(ADVICE, "step")
    logger.removeHandler(kept)
    assert texts == ["something else", "something else", ADVICE % "step"]
