"""The customers and their orders."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from twelvefold.records import Customer, Order
from twelvefold.storage.imports import Imported, save_rows
from twelvefold.storage.tables import CustomerTable, OrderTable
from twelvefold.storage.tombstones import Tombstones


class Customers:
    """The customers, as a transaction sees them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, brand_id: int, customers: Sequence[Customer]) -> Imported:
        """Keep customers by their id; a later import of the same one replaces it."""
        tombstones = Tombstones(self._connection).keys(brand_id)
        rows = [
            {
                "customer_id": customer.customer_id,
                "since": customer.since,
                "cancelled": customer.cancelled,
                "segments": dict(customer.segments) or None,
            }
            for customer in customers
            if not tombstones.cover_customer(customer.customer_id)
        ]
        return save_rows(self._connection, CustomerTable, brand_id, ("customer_id",), rows)

    def save_orders(self, brand_id: int, orders: Sequence[Order]) -> Imported:
        """Keep orders by their id; a later import of the same one replaces it."""
        tombstones = Tombstones(self._connection).keys(brand_id)
        rows = [
            {
                "order_id": order.order_id,
                "customer_id": order.customer_id,
                "ordered": order.ordered,
                "amount": order.amount,
                "margin": order.margin,
            }
            for order in orders
            if not tombstones.cover_customer(order.customer_id)
        ]
        return save_rows(self._connection, OrderTable, brand_id, ("order_id",), rows)

    def all(self, brand_id: int) -> list[Customer]:
        """Return the brand's customers, sorted by id."""
        query = (
            select(CustomerTable.customer_id, CustomerTable.since, CustomerTable.cancelled, CustomerTable.segments)
            .where(CustomerTable.brand_id == brand_id)
            .order_by(CustomerTable.customer_id)
        )
        return [
            Customer(row.customer_id, row.since, row.cancelled, row.segments or {})
            for row in self._connection.execute(query)
        ]

    def orders(self, brand_id: int) -> list[Order]:
        """Return the brand's orders, by day and id."""
        query = (
            select(
                OrderTable.order_id, OrderTable.customer_id, OrderTable.ordered, OrderTable.amount, OrderTable.margin
            )
            .where(OrderTable.brand_id == brand_id)
            .order_by(OrderTable.ordered, OrderTable.order_id)
        )
        return [Order(*row) for row in self._connection.execute(query)]
