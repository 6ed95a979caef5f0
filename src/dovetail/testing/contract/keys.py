"""Keys that the server makes, in every way that it can make them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ...sql.metadata import MetaData
from ..plugin import AnySession, Entity, Package, Run


class KeysContract:
    """Keys that the server makes, in every way that it can make them."""

    @pytest.fixture
    def numbered(
        self, sa: Package, orm: Package, make_tables: Callable[[MetaData], None]
    ) -> Callable[..., Entity]:
        """Makes a class whose key has *default*, and its table."""

        def make(*default: object, **options: object) -> Entity:
            class Base(orm.DeclarativeBase):
                pass

            class Numbered(Base):
                __tablename__ = "numbered"
                id = orm.mapped_column(sa.Integer, *default, primary_key=True, **options)
                name = orm.mapped_column(sa.String(20))
                level = orm.mapped_column(sa.Integer, server_default="3")

            make_tables(Base.metadata)
            return Numbered

        return make

    @pytest.mark.needs("supports_sequences")
    def test_a_sequence_numbers_one_and_many(
        self, session: AnySession, run: Run, sa: Package, numbered: Callable[..., Entity]
    ) -> None:
        Numbered = numbered(sa.Sequence("numbered_id", start=100, increment=5))
        one = Numbered(name="one")
        run(session.add, one)
        run(session.flush)
        many = [Numbered(name=f"n{number}") for number in range(300)]
        run(session.add_all, many)
        run(session.commit)

        assert one.id == 100
        found = run(session.execute, sa.select(Numbered.id, Numbered.name)).all()
        names = {item.id: f"n{number}" for number, item in enumerate(many)}
        assert dict(found) == {one.id: "one", **names}
        assert len({item.id for item in many}) == 300

    def test_values_that_the_server_gives_come_back(
        self, session: AnySession, run: Run, numbered: Callable[..., Entity]
    ) -> None:
        Numbered = numbered()
        made = [Numbered(name="a"), Numbered(name="b", level=9)]
        run(session.add_all, made)
        run(session.flush)

        assert [item.level for item in made] == [3, 9]
        assert len({item.id for item in made}) == 2

    def test_keys_that_are_set_and_keys_that_are_not(
        self, session: AnySession, run: Run, sa: Package, numbered: Callable[..., Entity]
    ) -> None:
        Numbered = numbered()
        run(session.add_all, [Numbered(id=50, name="set"), Numbered(name="unset")])
        run(session.flush)
        run(session.expunge_all)

        found = run(session.scalars, sa.select(Numbered).order_by(Numbered.name)).all()
        assert [item.name for item in found] == ["set", "unset"]
        assert found[0].id == 50
