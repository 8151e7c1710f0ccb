import pytest

from marcelle_nb.data.location import Location
from marcelle_nb.data.postgresql_errors import is_connection_limit, translated
from marcelle_nb.errors import Forbidden, NotAuthenticated, NotFound, Unavailable

AT = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: FATAL:  '
NAMES = [
    *("role", "x", "my role", 'a"role"b', "does not exist", "authentication failed", "it's"),
    *("too many clients", "FATAL: role", "password authentication failed for user"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (AT + 'database "NAME" does not exist', NotFound, "no such database"),
        (AT + 'role "NAME" does not exist', NotAuthenticated, "does not know this user"),
        (
            AT + 'password authentication failed for user "NAME"',
            NotAuthenticated,
            "this user and password",
        ),
        (
            AT + 'no pg_hba.conf entry for host "1.2.3.4", user "NAME", database "NAME"',
            NotAuthenticated,
            "this user and password",
        ),
        (
            AT + 'permission denied for database "NAME"\nDETAIL:  User does not have CONNECT.',
            Forbidden,
            "ask for CONNECT",
        ),
        ("failed to resolve host 'NAME': [Errno -2] Name not known", Unavailable, "no machine"),
        ('could not translate host name "NAME" to address: x', Unavailable, "no machine"),
        (
            'connection to server on socket "/NAME/.s.PGSQL.5432" failed: No such file',
            Unavailable,
            "does not answer",
        ),
    ],
)
def test_no_name_is_taken_for_what_happened(text, kind, said, name):
    error = translated(OSError(text.replace("NAME", name)), Location("postgresql"))
    assert (type(error), said in str(error)) == (kind, True)
    assert not is_connection_limit(OSError(text.replace("NAME", name)))


def test_a_full_server_is_known():
    assert is_connection_limit(OSError(AT + "sorry, too many clients already"))
    assert not is_connection_limit(None)
