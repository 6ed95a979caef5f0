"""The floor of the trade: each transaction in as few statements as it can be."""

from itertools import starmap
from typing import Any

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.driver_work import DriverWork, slots_class
from benchmarks.trade import (
    RECENT_SALES,
    Deliver,
    Level,
    Pay,
    Sell,
    Status,
    Step,
    areas_of,
    in_turns,
    on_threads,
    scripts,
)
from benchmarks.workloads import TRADE_TRANSACTIONS

Area = slots_class("Area", ("id", "next_sale", "income", "warehouse_id"))
Buyer = slots_class("Buyer", ("id", "name", "balance", "payments", "deliveries", "area_id"))
Goods = slots_class("Goods", ("id", "name", "price"))
Shelf = slots_class("Shelf", ("id", "quantity", "sold", "item_id", "warehouse_id"))

LAST_SALE = """
    SELECT id, number FROM sale WHERE buyer_id = ? ORDER BY number DESC LIMIT 1
"""
OLDEST_SALE = """
    SELECT id, number, buyer_id FROM sale WHERE area_id = ? AND carrier IS NULL
    ORDER BY number LIMIT 1
"""
SHORT_ITEMS = """
    SELECT count(DISTINCT sale_line.item_id) FROM sale_line
    JOIN sale ON sale.id = sale_line.sale_id JOIN shelf ON shelf.item_id = sale_line.item_id
    WHERE sale.area_id = ? AND sale.number >= ? AND shelf.warehouse_id = ? AND shelf.quantity < ?
"""


class FloorTrade(DriverWork):
    """The five transactions, over one connection a trader."""

    begin_to_write = "BEGIN"

    def trade_mix(self) -> Work:
        self.disconnect()
        self.open(shared=True)
        steps = scripts(self.n(TRADE_TRANSACTIONS))
        yield
        sums = in_turns(steps, self.trade)
        yield
        self.disconnect()
        return data.row_sum([(self.place.query_sum(data.TRADE_SUM), *sums)])

    def trade_mix_overlap(self) -> Work:
        """The same: nothing is pending here."""
        return self.trade_mix()

    def trade_mix_8(self) -> Work:
        self.disconnect()
        steps = scripts(self.n(TRADE_TRANSACTIONS))
        workers = [type(self)(self.place, self.scale) for _ in steps]
        for worker in workers:
            worker.open(shared=True)
        yield
        sums = on_threads(steps, [worker.trade for worker in workers])
        yield
        for worker in workers:
            worker.disconnect()
        return data.row_sum([(self.place.query_sum(data.TRADE_SUM), *sums)])

    def trade(self, warehouse: int, step: Step) -> int:
        """Do one transaction."""
        self.run(self.begin_to_write)
        match step:
            case Sell():
                answer = self._sell(warehouse, step)
            case Pay():
                answer = self._take_payment(warehouse, step)
            case Status():
                answer = self._status(step)
            case Deliver():
                answer = self._deliver(warehouse, step)
            case Level():
                answer = self._level(warehouse, step)
        self.run("COMMIT")
        return answer

    def _sell(self, warehouse: int, step: Sell) -> int:
        keys = [item for item, _quantity in step.lines]
        marks = ", ".join("?" * len(keys))
        area = Area(
            *self.run(
                "SELECT id, next_sale, income, warehouse_id FROM area WHERE id = ?", (step.area,)
            ).fetchone()
        )
        self._buyer(step.buyer)
        found = self.rows(f"SELECT id, name, price FROM item WHERE id IN ({marks})", keys)
        goods = {one.id: one for one in starmap(Goods, found)}
        found = self.rows(
            "SELECT id, quantity, sold, item_id, warehouse_id FROM shelf "
            f"WHERE warehouse_id = ? AND item_id IN ({marks})",
            [warehouse, *keys],
        )
        shelves = {one.item_id: one for one in starmap(Shelf, found)}
        number = area.next_sale
        self.run("UPDATE area SET next_sale = ? WHERE id = ?", (number + 1, area.id))
        sale_id = self.insert_one(
            "sale", ("number", "area_id", "buyer_id"), (number, area.id, step.buyer)
        )
        changed, lines = [], []
        for key, quantity in step.lines:
            shelf = shelves[key]
            left = shelf.quantity - quantity
            shelf.quantity = left if left >= 10 else left + 91
            shelf.sold += quantity
            changed.append((shelf.quantity, shelf.sold, shelf.id))
            lines.append((quantity, quantity * goods[key].price, sale_id, key))
        self.many("UPDATE shelf SET quantity = ?, sold = ? WHERE id = ?", changed)
        self.insert("sale_line", ("quantity", "amount", "sale_id", "item_id"), lines)
        return 0

    def _buyer(self, key: int) -> Any:
        sql = "SELECT id, name, balance, payments, deliveries, area_id FROM buyer WHERE id = ?"
        return Buyer(*self.run(sql, (key,)).fetchone())

    def _take_payment(self, warehouse: int, step: Pay) -> int:
        for table, key in (("area", step.area), ("warehouse", warehouse)):
            (income,) = self.run(f"SELECT income FROM {table} WHERE id = ?", (key,)).fetchone()
            self.run(f"UPDATE {table} SET income = ? WHERE id = ?", (income + step.amount, key))
        buyer = self._buyer(step.buyer)
        self.run(
            "UPDATE buyer SET balance = ?, payments = ? WHERE id = ?",
            (buyer.balance - step.amount, buyer.payments + 1, buyer.id),
        )
        self.run(
            "INSERT INTO receipt (amount, buyer_id, area_id) VALUES (?, ?, ?)",
            (step.amount, step.buyer, step.area),
        )
        return 0

    def _status(self, step: Status) -> int:
        buyer = self._buyer(step.buyer)
        sale = self.run(LAST_SALE, (buyer.id,)).fetchone()
        if sale is None:
            return int(buyer.balance)
        lines = self.rows(
            "SELECT id, quantity, amount, sale_id, item_id FROM sale_line WHERE sale_id = ?",
            (sale[0],),
        )
        return int(buyer.balance + sale[1] + sum(line[2] for line in lines))

    def _deliver(self, warehouse: int, step: Deliver) -> int:
        delivered = 0
        for area in areas_of(warehouse):
            sale = self.run(OLDEST_SALE, (area,)).fetchone()
            if sale is not None:
                key, number, buyer_id = sale
                lines = self.rows("SELECT amount FROM sale_line WHERE sale_id = ?", (key,))
                amount = sum(line[0] for line in lines)
                buyer = self._buyer(buyer_id)
                self.run("UPDATE sale SET carrier = ? WHERE id = ?", (step.carrier, key))
                self.run(
                    "UPDATE buyer SET balance = ?, deliveries = ? WHERE id = ?",
                    (buyer.balance + amount, buyer.deliveries + 1, buyer.id),
                )
                delivered += number
        return delivered

    def _level(self, warehouse: int, step: Level) -> int:
        (number,) = self.run("SELECT next_sale FROM area WHERE id = ?", (step.area,)).fetchone()
        found = self.run(
            SHORT_ITEMS, (step.area, number - RECENT_SALES, warehouse, step.least)
        ).fetchone()
        return int(found[0])
