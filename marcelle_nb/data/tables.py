"""The tables of a store, the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

VERSION = 1
"""That of the tables; a store of a newer one is refused."""

INDEXED_LENGTH = 200
"""Longer names of datasets and labels stay out of the indexes: PostgreSQL's have a limit."""

metadata = sa.MetaData()

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite counts only INTEGER itself


meta = sa.Table(
    "marcelle_meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

documents = sa.Table(
    "marcelle_documents",
    metadata,
    # the order of creation; a number is never given twice, so that a removed document can return
    sa.Column("position", _NUMBER, primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    # copies of the document's datasetName and y, where they are texts, for the indexes
    sa.Column("dataset_name", sa.Text),
    sa.Column("label", sa.Text),
    sa.Column("body", sa.Text, nullable=False),
    sa.UniqueConstraint("service", "id", name="marcelle_documents_id"),
    sa.Index("marcelle_documents_dataset", "service", "dataset_name", "position"),
    sa.Index("marcelle_documents_label", "service", "dataset_name", "label", "position"),
    sqlite_autoincrement=True,
)

blobs = sa.Table(
    "marcelle_blobs",
    metadata,
    sa.Column(
        "position",
        _NUMBER,
        sa.ForeignKey(documents.c.position, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # a list of keys, as JSON
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

changes = sa.Table(
    "marcelle_changes",
    metadata,
    # in the order of the commits; below zero until then, see below
    sa.Column("number", _NUMBER, primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # lists, as JSON
    sa.Column("ids", sa.Text, nullable=False),
    sa.Column("removed", sa.Text),
    # which process wrote it, and when, in seconds since 1970
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("time", sa.Double, nullable=False),
    sqlite_autoincrement=True,
)

CHANGING = 0x4D61726D
"""PostgreSQL's advisory lock of those that commit changes."""

_NUMBERING = (
    f"""CREATE OR REPLACE FUNCTION {changes.name}_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({CHANGING});
    EXECUTE format(
        'UPDATE %%s SET number = nextval(pg_get_serial_sequence($1, ''number'')) WHERE number = $2',
        TG_RELID::regclass
    ) USING TG_RELID::regclass::text, NEW.number;
    RETURN NULL;
END $$""",  # noqa: S608 own names
    f"""CREATE CONSTRAINT TRIGGER {changes.name}_numbered AFTER INSERT ON {changes.name}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.number < 0)
EXECUTE FUNCTION {changes.name}_numbered()""",
)
"""Gives numbers at the commit, under a lock that lasts until others see it.

Else a transaction that began early and commits late would have a number that listeners are past.
Only the server's own work is under the lock: no writer waits for another one's network.
"""

for _statement in _NUMBERING:
    _ddl: Any = sa.DDL  # has no types
    sa.event.listen(changes, "after_create", _ddl(_statement).execute_if(dialect="postgresql"))
