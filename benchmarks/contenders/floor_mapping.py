"""The floor of hierarchies, composites and trees: rows, and objects with slots."""

import json
from collections.abc import Iterator
from typing import Any

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.driver_work import DriverWork, slots_class
from benchmarks.workloads import ANIMALS, MANY_CLASSES

Dog = slots_class("Dog", ("id", "kind", "name", "tricks", "breed"))
Cat = slots_class("Cat", ("id", "kind", "name", "lives", "color"))
Point = slots_class("Point", ("x", "y"))
Spot = slots_class("Spot", ("id", "point", "extra"))
Nation = slots_class("Nation", ("id", "name", "below"))
Region = slots_class("Region", ("id", "name", "parent", "below"))
Town = slots_class("Town", ("id", "name", "parent", "below"))
Street = slots_class("Street", ("id", "name", "parent"))
Visit = slots_class("Visit", ("id", "days", "town"))
Folder = slots_class("Folder", ("id", "name", "below"))

ANIMALS_JOINED = """
    SELECT animal.id, animal.kind, animal.name, dog.tricks, dog.breed, cat.lives, cat.color
    FROM animal LEFT JOIN dog ON dog.id = animal.id LEFT JOIN cat ON cat.id = animal.id
    ORDER BY animal.id
"""


class FloorMapping(DriverWork):
    """The same rows, and what is made of them, without a mapping."""

    def _animal_sum(self, animals: list[Any]) -> int:
        return data.row_sum(
            (
                a.id,
                a.kind,
                a.name,
                *((a.tricks, a.breed) if a.kind == "dog" else (a.lives, a.color)),
            )
            for a in animals
        )

    def hierarchy_load_20k(self) -> Work:
        self.open()
        yield
        found = []
        for key, kind, name, tricks, breed, lives, color in self.rows(ANIMALS_JOINED):
            if kind == "dog":
                found.append(Dog(key, kind, name, tricks, breed))
            else:
                found.append(Cat(key, kind, name, lives, color))
        yield
        return self._animal_sum(found)

    def hierarchy_selectin_20k(self) -> Work:
        self.open()
        yield
        dogs = {row[0]: row[1:] for row in self.rows("SELECT id, tricks, breed FROM dog")}
        cats = {row[0]: row[1:] for row in self.rows("SELECT id, lives, color FROM cat")}
        found = [
            Dog(key, kind, name, *dogs[key]) if kind == "dog" else Cat(key, kind, name, *cats[key])
            for key, kind, name in self.rows("SELECT id, kind, name FROM animal ORDER BY id")
        ]
        yield
        return self._animal_sum(found)

    def hierarchy_insert_20k(self) -> Work:
        self.open()
        rows = list(data.animal_rows(self.n(ANIMALS)))
        yield
        self.run("BEGIN")
        self.insert("animal", ("id", "kind", "name"), [row[:3] for row in rows])
        dogs = [(row[0], *row[3:]) for row in rows if row[1] == "dog"]
        cats = [(row[0], *row[3:]) for row in rows if row[1] == "cat"]
        self.insert("dog", ("id", "tricks", "breed"), dogs)
        self.insert("cat", ("id", "lives", "color"), cats)
        self.run("COMMIT")
        yield
        return self.place.query_sum(data.ANIMAL_SUM)

    def composite_20k(self) -> Work:
        self.open()
        yield
        total = 0
        loads = json.loads
        for key, x, y, extra in self.rows("SELECT id, x, y, extra FROM spot ORDER BY id"):
            one = Spot(key, Point(x, y), loads(extra) if isinstance(extra, str) else extra)
            total += one.point.x * one.point.y + one.extra["n"]
        yield
        return total

    def declare_300(self) -> Work:
        yield
        names = [*"abcdefghijklmno", "id"]
        classes = [slots_class(f"Declared{number}", names) for number in range(MANY_CLASSES)]
        yield
        return len(classes)

    def chain_20k(self) -> Work:
        self.open()
        yield
        nations = [
            Nation(key, name, [])
            for key, name in self.rows("SELECT id, name FROM nation ORDER BY id")
        ]
        above: dict[Any, Any] = {one.id: one for one in nations}
        for table, column, make in (
            ("region", "nation_id", Region), ("town", "region_id", Town),
        ):  # fmt: skip
            sql = f"SELECT id, name, {column} FROM {table} ORDER BY id"
            found = [make(*row, []) for row in self.rows(sql)]
            for one in found:
                above[one.parent].below.append(one)
            above = {one.id: one for one in found}
        for row in self.rows("SELECT id, name, town_id FROM street ORDER BY id"):
            above[row[2]].below.append(Street(*row))
        yield
        return data.row_sum(
            (nation.id, region.id, town.id, street.name)
            for nation in nations
            for region in nation.below
            for town in region.below
            for street in town.below
        )

    def to_one_100k(self) -> Work:
        self.open()
        yield
        towns: dict[Any, Any] = {}
        visits = []
        for key, days, town_id, name, region_id in self.rows(
            "SELECT visit.id, visit.days, town.id, town.name, town.region_id "
            "FROM visit JOIN town ON town.id = visit.town_id ORDER BY visit.id"
        ):
            town = towns.get(town_id)
            if town is None:
                town = towns[town_id] = Town(town_id, name, region_id, None)
            visits.append(Visit(key, days, town))
        yield
        return data.row_sum((visit.id, visit.days, visit.town.name) for visit in visits)

    def tree_50k(self) -> Work:
        self.open()
        yield
        folders: dict[Any, Any] = {}
        roots = []
        for key, name, parent_id in self.rows("SELECT id, name, parent_id FROM folder ORDER BY id"):
            folder = folders[key] = Folder(key, name, [])
            (roots if parent_id is None else folders[parent_id].below).append(folder)
        yield
        return data.row_sum(_below(roots))


def _own(animal: Any) -> tuple[Any, ...]:
    if animal.kind == "dog":
        return animal.tricks, animal.breed
    return animal.lives, animal.color


def _below(folders: list[Any]) -> Iterator[tuple[Any, ...]]:
    for folder in folders:
        yield folder.id, folder.name
        yield from _below(folder.below)
