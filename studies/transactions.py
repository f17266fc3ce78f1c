"""What a driver has said and not yet written, and the transactions in which it is written, whole and once.

A connection may die at any moment, also while a transaction is committed, when nobody knows whether it was. What is kept
here is written again by another transaction then, and rows that are there already tell that the first one was committed:
a driver alone writes its trials' rows, and the database takes none of them twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Delete, Engine, Insert, Update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..errors import StorageError
from .control import Wish
from .faults import explain, is_passing
from .patience import Patience
from .storage import shown_storage

Statement: TypeAlias = Insert | Update | Delete
T = TypeVar("T")


class NotBegun(StorageError):  # noqa: N818 - a state, not a fault
    """The storage did not answer while a trial was begun; it does again, and knows nothing of the trial."""


class DecisionLost(StorageError):  # noqa: N818 - a state, not a fault
    """The storage went in the middle of what was decided under its lock; others may decide something else meanwhile."""

    wish: Wish | None = None
    """What was wished of the driver meanwhile, which is for the one that goes on."""


class Transactions:
    """Of one driver, on one database."""

    def __init__(
        self,
        engine: Engine,
        url: str,
        check: Callable[[Connection], None],
        lock: Callable[[Connection], None] | None = None,
    ) -> None:
        """Keep nothing yet.

        Args:
            engine: The database.
            url: Its address as the user wrote it, whose password is kept out of messages.
            check: Called before a transaction is committed; raises where the study is no longer this writer's.
            lock: Called first in every transaction, so that other drivers of the study wait; None where there are none.
        """
        self._engine = engine
        self._url = url
        self._check = check
        self._lock = lock
        self.patience = Patience()
        self._kept: list[tuple[Statement, dict[str, Any]]] = []
        self._acts: list[Callable[[Connection], None]] = []
        """What is done first: what is said of the study."""
        self.inside = False
        self._connection: Connection | None = None
        """Where trials were begun, whose ids hold in this transaction alone, or where the study is locked from the start."""
        self._locked = False
        self._known: list[Callable[[Connection], bool]] = []
        """What tells whether each of them is in the database."""

    @property
    def connection(self) -> Connection | None:
        """Where to read inside a transaction that holds one by now."""
        return self._connection

    @property
    def has_kept(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._kept or self._acts)

    def keep(self, statement: Statement, **row: Any) -> None:
        """Have a row written with the next transaction, in the order in which they are kept."""
        self._kept.append((statement, row))

    def act(self, what: Callable[[Connection], None]) -> None:
        """Have something done in this transaction; it may be done twice, and must leave the same then."""
        self._acts.append(what)

    def begin(
        self, insert: Callable[[Connection], T], is_known: Callable[[T, Connection], bool]
    ) -> tuple[T, Connection]:
        """Insert a row whose key the database gives, at once; return what ``insert`` does, and where more can be asked.

        Args:
            insert: Inserts it.
            is_known: Tells of what ``insert`` returned whether the database knows it.
        """
        if self._connection is None:
            found, self._connection = self.patience.run(lambda: self._open(insert))
        else:
            found = insert(self._connection)
        self._known.append(lambda connection: is_known(found, connection))
        return found, self._connection

    def _open(self, insert: Callable[[Connection], T]) -> tuple[T, Connection]:
        connection = self._engine.connect()
        try:
            return insert(connection), connection
        except BaseException:
            _close(connection)
            raise

    def lock(self) -> Connection:
        """Lock the study at the start of a transaction, for what is decided by what others have written; return where to read.

        A storage that does not answer is waited for here, but not from here on: while it is away, the others may decide.
        """
        if self._connection is None:
            _, self._connection = self.patience.run(lambda: self._open(self._begin_locked))
        self._locked = True
        return self._connection

    def _begin_locked(self, connection: Connection) -> None:
        if self._lock is not None:
            self._lock(connection)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write all that is said inside, and what was kept before, in one transaction, or none of it.

        Raises:
            NotBegun: Trials were begun inside, and the storage did not answer for a while; of what was said inside, nothing is
                written.
            DecisionLost: The study was locked, and the storage did not answer; nothing is written.
        """
        kept, self.inside = len(self._kept), True
        try:
            yield
            self._write()
        except BaseException as error:
            del self._kept[kept:]
            if isinstance(error, SQLAlchemyError) and is_passing(error):
                if self._locked:
                    raise DecisionLost(
                        f"The storage {shown_storage(self._url)} failed: {explain(error, self._url)}"
                    ) from error
                if self._known:
                    raise NotBegun(f"The storage did not answer: {explain(error, self._url)}") from error
            raise
        finally:
            self.inside = self._locked = False
            self._acts.clear()
            self._known.clear()
            if self._connection is not None:
                _close(self._connection)
                self._connection = None
        self._kept.clear()

    def _write(self) -> None:
        if self._connection is None:
            if not self.has_kept:
                return
            self._write_kept()
        else:
            self._write_begun(self._connection)
        self.patience.calm()

    def _write_kept(self) -> None:
        """Write what holds in any transaction: again and again, until it is there."""
        doubtful = False

        def write() -> None:
            nonlocal doubtful
            try:
                with self._engine.begin() as connection:
                    self._execute(connection)
                    doubtful = True  # from here on it may be written, whatever else becomes of the connection
            except IntegrityError:
                if not doubtful:
                    raise
                with self._engine.connect() as connection:
                    self._check(connection)  # else the study is gone, and its trials with it

        self.patience.run(write)

    def _write_begun(self, connection: Connection) -> None:
        """Commit where trials were begun; where the answer is lost, look whether they are there."""
        try:
            self._execute(connection)
            connection.commit()
        except SQLAlchemyError as error:
            # Not closed: SQLAlchemy hands a connection whose commit has failed to whoever comes next, in its transaction.
            connection.invalidate()
            if not self._known:
                raise
            self.patience.endure(error)
            if not self.patience.run(self._knows_begun):
                raise

    def _knows_begun(self) -> bool:
        with self._engine.begin() as connection:
            return all(is_known(connection) for is_known in self._known)

    def _execute(self, connection: Connection) -> None:
        self._begin_locked(connection)
        for act in self._acts:
            act(connection)
        for (statement, _), entries in groupby(self._kept, key=lambda entry: (entry[0], tuple(entry[1]))):
            connection.execute(statement, [row for _, row in entries])
        self._check(connection)


def _close(connection: Connection) -> None:
    """Close a connection, whatever it is in the middle of."""
    try:
        connection.close()
    except SQLAlchemyError:
        connection.invalidate()
