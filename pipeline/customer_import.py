"""Files of customers and of their orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from twelvefold.config import Brand
from twelvefold.crawlers.cells import NumberColumn, is_missing
from twelvefold.crawlers.columns import configured_columns, guess_columns, is_personal
from twelvefold.crawlers.date_columns import DateColumn
from twelvefold.crawlers.tabular import BadRow, Row, Table
from twelvefold.errors import UnreadableFile
from twelvefold.pipeline.dates import FUTURE_ALLOWED
from twelvefold.pipeline.imported_rows import Rejected, customer_key, local_day
from twelvefold.records import Customer, Order
from twelvefold.storage.imports import Imported
from twelvefold.storage.repository import Work

LONGEST_AGREED = timedelta(days=3_660)  # a cancellation may be agreed years before its day
_MOST_SHOWN = 10


class _KeyedImport:
    """A file whose rows each have an id: its columns, and what their whole content shows."""

    what: str
    needed: tuple[str, ...]
    dates: tuple[str, ...]
    amounts: tuple[str, ...] = ()

    def __init__(self, table: Table, brand: Brand, key: bytes, now: datetime) -> None:
        self.table = table
        self.mapping = self._find_columns(table, brand)
        for field in self.needed:
            if field not in self.mapping:
                shown = ", ".join(repr(header) for header in table.headers[:20])
                raise UnreadableFile(
                    f"{table.path} has no column for {field}; call one {field!r} in its header. It has: {shown}"
                )
        self._brand = brand
        self._key = key
        self._now = now
        self._dates = {name: DateColumn() for name in self.dates if name in self.mapping}
        self._amounts = {name: NumberColumn() for name in self.amounts if name in self.mapping}
        columns: dict[str, DateColumn | NumberColumn] = {**self._dates, **self._amounts}
        for row in table.rows():
            if isinstance(row, Row):
                for name, column in columns.items():
                    column.look(self._cell(row, name))
        self._met: dict[str, tuple[int, int]] = {}
        self.repeats = 0

    def _find_columns(self, table: Table, brand: Brand) -> dict[str, str]:
        """Return our fields to the columns that the configuration names, and the others to guessed ones."""
        told = brand.customers.order_mapping if self.what == "orders" else brand.customers.mapping
        chosen = configured_columns(self.what, told, table.headers, None, str(table.path))
        taken = [part for column in chosen.values() for part in column.split(", ")]
        return {k: v for k, v in {**guess_columns(self.what, table.headers, taken=taken), **chosen}.items() if v}

    @property
    def notes(self) -> list[str]:
        """What a person should know of how the file was read, a sentence each."""
        told = [column.note(self.mapping[name], self._brand.language) for name, column in self._dates.items()]
        told.append(f"{self.repeats} rows left out: repeats of an earlier row" if self.repeats else "")
        return [note for note in told if note]

    def _rejected(self, row: Row | BadRow, reason: str) -> Rejected:
        cells = row.cells if isinstance(row, BadRow) else tuple(row.cells.values())
        return Rejected(row.number, reason, cells)

    def _cell(self, row: Row, name: str) -> str:
        cell = row.cells.get(self.mapping.get(name, ""), "")
        return "" if is_missing(cell) else cell.strip()

    def _day(self, row: Row, name: str) -> date | None:
        """Return the day in a column; None where it is missing. Raises ValueError, one sentence."""
        told = self._cell(row, name)
        if not told:
            return None
        written = self._dates[name].iso(told, self._brand.language)
        ahead = LONGEST_AGREED if name == "cancelled" else FUTURE_ALLOWED
        day = local_day(written, self._brand.time_zone, self._now, ahead)
        if day is None:
            raise ValueError(f"{told!r} in {self.mapping[name]!r} is no possible date")
        return day

    def _customer(self, row: Row) -> str:
        found = customer_key(self._cell(row, "customer_id"), self._key)
        if found is None:
            raise ValueError(f"the row has no customer in {self.mapping['customer_id']!r}")
        return found

    def _is_repeat(self, key: str, row: Row, told: object) -> bool:
        """Return whether an earlier row told the same of `key`.

        Raises:
            ValueError: An earlier row told something else.
        """
        number, earlier = self._met.setdefault(key, (row.number, hash(told)))
        if earlier != hash(told):
            raise ValueError(f"{key!r} stands in row {number} too, with other values: which one counts?")
        self.repeats += number != row.number
        return number != row.number


class CustomerImport(_KeyedImport):
    """One file of customers, read row by row."""

    what = "customers"
    needed = ("customer_id",)
    dates = ("since", "cancelled")

    @property
    def notes(self) -> list[str]:
        """What a person should know of how the file was read, a sentence each."""
        read = {part for column in self.mapping.values() for part in column.split(", ")}
        unread = [repr(header) for header in self.table.headers if header not in read and not is_personal(header)]
        if not unread:
            return super().notes
        shown = ", ".join(unread[:_MOST_SHOWN]) + (" ..." if len(unread) > _MOST_SHOWN else "")
        return [*super().notes, f"not read: {shown}; name those to split figures by under customers.mapping.segments"]

    def items(self) -> Iterator[tuple[Row, Customer | None] | Rejected]:
        """Yield the customer of every row (None for a repeat), or why there is none.

        Raises:
            UnreadableFile: The file broke off in the middle.
        """
        segments = [column for column in self.mapping.get("segments", "").split(", ") if column]
        for row in self.table.rows():
            if isinstance(row, BadRow):
                yield self._rejected(row, row.reason)
                continue
            try:
                customer = Customer(
                    self._customer(row),
                    self._day(row, "since"),
                    self._day(row, "cancelled"),
                    {column: row.cells[column].strip() for column in segments if not is_missing(row.cells[column])},
                )
                if customer.since and customer.cancelled and customer.cancelled < customer.since:
                    raise ValueError(
                        f"the customer left ({customer.cancelled}) before the first day ({customer.since})"
                    )
                told = (customer.since, customer.cancelled, tuple(customer.segments.items()))
                yield row, None if self._is_repeat(customer.customer_id, row, told) else customer
            except ValueError as problem:
                yield self._rejected(row, str(problem))

    def save(self, work: Work, brand_id: int, items: list[Customer | None]) -> Imported:
        """Keep some customers."""
        return work.customers.save(brand_id, [customer for customer in items if customer])


class OrderImport(_KeyedImport):
    """One file of orders, read row by row."""

    what = "orders"
    needed = ("order_id", "customer_id", "ordered", "amount")
    dates = ("ordered",)
    amounts = ("amount", "margin")

    def items(self) -> Iterator[tuple[Row, Order | None] | Rejected]:
        """Yield the order of every row (None for a repeat), or why there is none.

        Raises:
            UnreadableFile: The file broke off in the middle.
        """
        for row in self.table.rows():
            if isinstance(row, BadRow):
                yield self._rejected(row, row.reason)
                continue
            try:
                order = self._order(row)
                told = (order.customer_id, order.ordered, order.amount, order.margin)
                yield row, None if self._is_repeat(order.order_id, row, told) else order
            except ValueError as problem:
                yield self._rejected(row, str(problem))

    def _order(self, row: Row) -> Order:
        order_id = self._cell(row, "order_id")
        ordered = self._day(row, "ordered")
        amount = self._amounts["amount"].read(self._cell(row, "amount"))
        margin = self._amounts["margin"].read(self._cell(row, "margin")) if "margin" in self._amounts else None
        if not order_id or ordered is None or amount is None:
            empty = "order_id" if not order_id else "ordered" if ordered is None else "amount"
            raise ValueError(f"the row has nothing in {self.mapping[empty]!r}")
        return Order(order_id, self._customer(row), ordered, amount, margin)

    def save(self, work: Work, brand_id: int, items: list[Order | None]) -> Imported:
        """Keep some orders."""
        return work.customers.save_orders(brand_id, [order for order in items if order])
