"""UPDATE of a list of rows whose statement has parameters of its own: each row gives them."""

import pytest

from dovetail import JSON, bindparam, delete, exc, select, update
from dovetail.orm import DeclarativeBase, Mapped, mapped_column

ALONE = {"synchronize_session": None}


class Base(DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(primary_key=True)
    weight: Mapped[int]
    price: Mapped[int]
    labels = mapped_column(JSON)


@pytest.fixture
def parcels(engine, session):
    Base.metadata.create_all(engine)
    session.add_all([Parcel(id=n, weight=n, price=n, labels=[]) for n in (1, 2, 3)])
    session.commit()
    return session.scalars(select(Parcel).order_by(Parcel.id)).all()


def stored(session):
    asked = select(Parcel.weight, Parcel.price).order_by(Parcel.id)
    return [tuple(row) for row in session.execute(asked)]


def test_values_take_parameters_from_each_row(session, parcels):
    session.execute(
        update(Parcel).values(price=bindparam("base") * 10),
        [{"id": 1, "base": 5, "weight": 7}, {"id": 2, "base": 6, "weight": 8}],
    )

    assert stored(session) == [(7, 50), (8, 60), (3, 3)]
    assert [(one.weight, one.price) for one in parcels] == stored(session)


def test_criteria_take_parameters_from_each_row(session, parcels):
    session.execute(
        update(Parcel).where(Parcel.weight >= bindparam("least")).values(price=bindparam("to")),
        [{"id": 1, "least": 2, "to": 50}, {"id": 2, "least": 2, "to": 60}],
        execution_options=ALONE,
    )

    assert stored(session) == [(1, 1), (2, 60), (3, 3)]


def test_a_parameter_is_converted_like_its_column(session, parcels):
    session.execute(
        update(Parcel).values(labels=bindparam("given")),
        [{"id": 1, "given": {"fragile": True}}, {"id": 2, "given": ["heavy"]}],
    )
    session.execute(update(Parcel).values(labels=bindparam("given", {"same": 1})), [{"id": 3}])

    assert [one.labels for one in parcels] == [{"fragile": True}, ["heavy"], {"same": 1}]


def test_rows_that_leave_a_parameter_out_get_its_own_value(session, parcels):
    session.execute(
        update(Parcel).values(price=bindparam("to", 9)), [{"id": 1, "to": 4}, {"id": 2}]
    )

    assert [one.price for one in parcels] == [4, 9, 3]


def test_a_required_parameter_that_a_row_leaves_out_is_refused(session, parcels):
    with pytest.raises(exc.InvalidRequestError, match="'to'"):
        session.execute(update(Parcel).values(price=bindparam("to")), [{"id": 1}])


def test_a_row_with_an_expression_has_parameters_too(session, parcels):
    session.execute(
        update(Parcel).where(Parcel.weight > bindparam("more")).values(price=bindparam("to")),
        [
            {"id": 1, "more": 0, "to": 8, "weight": Parcel.weight + 50},
            {"id": 2, "more": 5, "to": 9, "weight": 4},
        ],
        execution_options=ALONE,
    )

    assert stored(session) == [(51, 8), (2, 2), (3, 3)]


@pytest.mark.parametrize("name", ["id", "weight"])
def test_a_parameter_called_like_a_column_is_refused(session, parcels, name):
    with pytest.raises(exc.CompileError, match=name):
        session.execute(
            update(Parcel).where(getattr(Parcel, name) == bindparam(name)).values(price=1),
            [{"id": 1, "weight": 1}],
            execution_options=ALONE,
        )


def test_names_that_are_neither_are_passed_over(session, parcels):
    session.execute(update(Parcel), [{"id": 1, "price": 5, "other": 1}])

    assert parcels[0].price == 5


class TestSeveralSetsOfParameters:
    """``dml_strategy="orm"``: the statement runs for each, whatever rows it finds."""

    OPTIONS = {"dml_strategy": "orm"}

    def test_instances_are_read_again(self, session, parcels):
        session.execute(
            update(Parcel).where(Parcel.weight == bindparam("of")).values(price=bindparam("to")),
            [{"of": 1, "to": 10}, {"of": 3, "to": 30}],
            execution_options=self.OPTIONS,
        )

        assert [one.price for one in parcels] == [10, 2, 30]

    def test_fetching_is_refused(self, session, parcels):
        with pytest.raises(exc.InvalidRequestError, match="fetch"):
            session.execute(
                delete(Parcel).where(Parcel.weight == bindparam("of")),
                [{"of": 1}, {"of": 2}],
                execution_options={**self.OPTIONS, "synchronize_session": "fetch"},
            )
