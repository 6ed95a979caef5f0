"""dovetail and SQLAlchemy: hierarchies, composites, trees, many classes."""

from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from benchmarks import data
from benchmarks.contender import Work
from benchmarks.contenders.session_style import SessionStyle
from benchmarks.workloads import ANIMALS, MANY_CLASSES


@dataclass
class Point:
    """Two columns of a spot."""

    x: int
    y: int


def declare_mapping(sa: ModuleType, orm: ModuleType) -> SimpleNamespace:
    """The models, mapped by the package whose modules these are."""
    column, relationship = orm.mapped_column, orm.relationship

    class Base(orm.DeclarativeBase):
        pass

    class Animal(Base):
        __tablename__ = "animal"
        id = column(sa.Integer, primary_key=True)
        kind = column(sa.String(5))
        name = column(sa.String(50))
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_abstract": True}

    class Dog(Animal):
        __tablename__ = "dog"
        id = column(sa.ForeignKey("animal.id"), primary_key=True)
        tricks = column(sa.Integer)
        breed = column(sa.String(50))
        __mapper_args__ = {"polymorphic_identity": "dog"}

    class Cat(Animal):
        __tablename__ = "cat"
        id = column(sa.ForeignKey("animal.id"), primary_key=True)
        lives = column(sa.Integer)
        color = column(sa.String(50))
        __mapper_args__ = {"polymorphic_identity": "cat"}

    class Spot(Base):
        __tablename__ = "spot"
        id = column(sa.Integer, primary_key=True)
        x = column(sa.Integer)
        y = column(sa.Integer)
        extra = column(sa.JSON)
        point = orm.composite(Point, "x", "y")

    class Nation(Base):
        __tablename__ = "nation"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        regions = relationship("Region", order_by="Region.id")

    class Region(Base):
        __tablename__ = "region"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        nation_id = column(sa.ForeignKey("nation.id"))
        towns = relationship("Town", order_by="Town.id")

    class Town(Base):
        __tablename__ = "town"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        region_id = column(sa.ForeignKey("region.id"))
        streets = relationship("Street", order_by="Street.id")

    class Street(Base):
        __tablename__ = "street"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        town_id = column(sa.ForeignKey("town.id"))

    class Visit(Base):
        __tablename__ = "visit"
        id = column(sa.Integer, primary_key=True)
        days = column(sa.Integer)
        town_id = column(sa.ForeignKey("town.id"))
        town = relationship("Town")

    class Folder(Base):
        __tablename__ = "folder"
        id = column(sa.Integer, primary_key=True)
        name = column(sa.String(50))
        parent_id = column(sa.ForeignKey("folder.id"))
        folders = relationship("Folder", order_by="Folder.id")

    Base.registry.configure()
    models = (Animal, Dog, Cat, Spot, Nation, Region, Town, Street, Visit, Folder)
    return SimpleNamespace(**{model.__name__: model for model in models})


class SessionMapping(SessionStyle):
    """What mappings of other kinds than a class for a table cost."""

    _mapping: SimpleNamespace | None = None

    @property
    def mapping(self) -> SimpleNamespace:
        """The models, declared when they are first asked for."""
        if self._mapping is None:
            self._mapping = declare_mapping(self.sa, self.orm)
        return self._mapping

    def _animals(self, statement: Any) -> Work:
        session = self.session()
        yield
        found = session.scalars(statement).all()
        yield
        dog = self.mapping.Dog
        return data.row_sum(
            (a.id, a.kind, a.name, *((a.tricks, a.breed) if type(a) is dog else (a.lives, a.color)))
            for a in found
        )

    def hierarchy_load_20k(self) -> Work:
        whole = self.orm.with_polymorphic(self.mapping.Animal, "*")
        return self._animals(self.sa.select(whole).order_by(whole.id))

    def hierarchy_selectin_20k(self) -> Work:
        m = self.mapping
        load = self.orm.selectin_polymorphic(m.Animal, [m.Dog, m.Cat])
        return self._animals(self.sa.select(m.Animal).order_by(m.Animal.id).options(load))

    def hierarchy_insert_20k(self) -> Work:
        session, m = self.session(), self.mapping
        rows = list(data.animal_rows(self.n(ANIMALS)))
        yield
        for _, kind, name, number, word in rows:
            if kind == "dog":
                session.add(m.Dog(name=name, tricks=number, breed=word))
            else:
                session.add(m.Cat(name=name, lives=number, color=word))
        session.commit()
        yield
        session.close()
        return self.place.query_sum(data.ANIMAL_SUM)

    def composite_20k(self) -> Work:
        session, Spot = self.session(), self.mapping.Spot
        yield
        total = 0
        for one in session.scalars(self.sa.select(Spot).order_by(Spot.id)):
            point = one.point
            total += point.x * point.y + one.extra["n"]
        yield
        return total

    def declare_300(self) -> Work:
        sa, orm, column = self.sa, self.orm, self.orm.mapped_column

        class Base(orm.DeclarativeBase):
            pass

        yield
        for number in range(MANY_CLASSES):
            namespace: dict[str, Any] = {
                "__tablename__": f"declared_{number}",
                "id": column(sa.Integer, primary_key=True),
                **{name: column(sa.String(20)) for name in "abcdefgh"},
                **{name: column(sa.Integer) for name in "ijklmno"},
            }
            type(f"Declared{number}", (Base,), namespace)
        Base.registry.configure()
        yield
        return len(Base.metadata.tables)

    def chain_20k(self) -> Work:
        session, m = self.session(), self.mapping
        load = self.orm.selectinload(m.Nation.regions)
        load = load.selectinload(m.Region.towns).selectinload(m.Town.streets)
        yield
        nations = session.scalars(
            self.sa.select(m.Nation).order_by(m.Nation.id).options(load)
        ).all()
        yield
        return data.row_sum(
            (nation.id, region.id, town.id, street.name)
            for nation in nations
            for region in nation.regions
            for town in region.towns
            for street in town.streets
        )

    def to_one_100k(self) -> Work:
        session, m = self.session(), self.mapping
        load = self.orm.joinedload(m.Visit.town, innerjoin=True)
        yield
        visits = session.scalars(self.sa.select(m.Visit).order_by(m.Visit.id).options(load)).all()
        yield
        return data.row_sum((visit.id, visit.days, visit.town.name) for visit in visits)

    def tree_50k(self) -> Work:
        session, Folder = self.session(), self.mapping.Folder
        load = self.orm.selectinload(Folder.folders, recursion_depth=-1)
        yield
        roots = session.scalars(
            self.sa.select(Folder).where(Folder.parent_id.is_(None)).options(load)
        ).all()
        yield
        return data.row_sum(_below(roots))


def _below(folders: Any) -> Any:
    for folder in folders:
        yield folder.id, folder.name
        yield from _below(folder.folders)
