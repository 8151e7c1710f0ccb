import logging
import threading

from marcelle_nb.formats.library_messages import without_library_messages


def told(caplog):
    return [record.getMessage() for record in caplog.records]


def test_messages_of_this_thread_are_dropped_and_errors_kept(caplog):
    loggers = [logging.getLogger(name) for name in ("tensorflow", "absl", "marcelle_nb")]
    with caplog.at_level(logging.INFO), without_library_messages():
        for logger in loggers:
            logger.warning("from %s", logger.name)
        loggers[0].error("broken")
    assert told(caplog) == ["from marcelle_nb", "broken"]


def test_messages_come_again_afterwards(caplog):
    logger = logging.getLogger("tensorflow")
    before = list(logger.filters)
    with without_library_messages(), without_library_messages():
        pass
    logger.warning("after")
    assert told(caplog) == ["after"]
    assert logger.filters == before


def test_messages_of_other_threads_pass(caplog):
    with without_library_messages():
        thread = threading.Thread(target=logging.getLogger("absl").warning, args=["elsewhere"])
        thread.start()
        thread.join()
    assert told(caplog) == ["elsewhere"]
