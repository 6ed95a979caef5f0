"""Rows as they were: in a table beside, and in the table itself with times."""

import pytest

from dovetail import func, select, update
from dovetail.exc import IntegrityError
from dovetail.orm import Session
from dovetail.orm.exc import StaleDataError
from examples.history import temporal_rows
from examples.history.history_rows import Base, Document, VersioningSession
from examples.history.temporal_rows import FOREVER, Fare, Yearly, new_year


class TestHistoryRows:
    @pytest.fixture
    def session(self, engine):
        Base.metadata.create_all(engine)
        with VersioningSession(engine) as session:
            yield session

    @pytest.fixture
    def tea(self, session):
        tea = Document(title="Tea", body="Pour water.")
        session.add(tea)
        session.commit()
        return tea

    def shown(self, document):
        return [(row.version, row.title, row.body) for row in document.versions()]

    def test_a_change_keeps_the_row_as_it_was(self, session, tea):
        assert (tea.version, self.shown(tea)) == (1, [])

        tea.body = "Pour hot water."
        session.commit()
        tea.title = "Tea, properly"
        session.commit()

        assert (tea.version, tea.title, tea.body) == (3, "Tea, properly", "Pour hot water.")
        assert self.shown(tea) == [(1, "Tea", "Pour water."), (2, "Tea", "Pour hot water.")]

    def test_what_ends_as_it_was_is_no_version(self, session, tea):
        assert tea.body == "Pour water."
        tea.body = "Pour tea."
        tea.body = "Pour water."
        session.commit()

        assert (tea.version, self.shown(tea)) == (1, [])

    def test_what_was_changed_without_being_read_is_kept(self, session, tea):
        session.expire_all()
        tea.body = "Pour hot water."
        session.commit()

        assert self.shown(tea) == [(1, "Tea", "Pour water.")]

    def test_many_changes_are_kept_by_one_statement(self, session, sent):
        session.add_all([Document(title=f"number {n}", body="") for n in range(100)])
        session.flush()
        documents = session.scalars(select(Document)).all()
        sent.clear()

        for document in documents:
            document.body = "changed"
        session.flush()

        assert len(sent) == 2
        assert sent[0].startswith("INSERT")
        assert "UPDATE " in sent[1]
        assert session.scalar(select(func.count()).select_from(Document.history)) == 100
        assert {document.version for document in documents} == {2}

    def test_a_deleted_row_is_kept(self, session, tea):
        session.delete(tea)
        session.commit()

        kept = session.execute(select(Document.history.c.title, Document.history.c.version)).all()
        assert kept == [("Tea", 1)]
        assert session.scalars(select(Document)).all() == []

    def test_a_rollback_takes_the_history_back(self, session, tea):
        tea.body = "Drink coffee."
        session.flush()
        session.rollback()

        assert (tea.version, tea.body, self.shown(tea)) == (1, "Pour water.", [])

    def test_of_two_changes_of_one_version_one_wins(self, session, tea, engine):
        session.expire_on_commit = False
        session.refresh(tea)
        session.commit()
        with VersioningSession(engine) as other, other.begin():
            other.get(Document, tea.id).body = "Pour hot water."

        tea.body = "Pour cold water."
        with pytest.raises(StaleDataError, match="1 of the Documents"):
            session.commit()
        session.rollback()

        assert (tea.version, tea.body) == (2, "Pour hot water.")
        assert self.shown(tea) == [(1, "Tea", "Pour water.")]

    def test_a_version_is_kept_once(self, session, tea, engine):
        tea.body = "Pour hot water."
        session.commit()
        with Session(engine) as plain, plain.begin():
            plain.execute(update(Document).values(version=1))

        session.expire_all()
        tea.body = "Pour cold water."
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()


class TestTemporalRows:
    @pytest.fixture
    def session(self, engine):
        temporal_rows.Base.metadata.create_all(engine)
        with Yearly(engine) as session:
            session.add_all([Fare(journey="lakeside", price=4.5), Fare(journey="summit", price=20)])
            session.commit()
            yield session

    def prices(self, session, year=None):
        fares = select(Fare.journey, Fare.price)
        if year is None:
            return dict(session.execute(fares).tuples().all())
        with session.back_in(new_year(year)):
            return dict(session.execute(fares).tuples().all())

    def rows(self, engine, journey):
        """All rows, as the database has them."""
        fares = select(Fare.price, Fare.since, Fare.until).where(Fare.journey == journey)
        with Session(engine) as plain:
            return [tuple(row) for row in plain.execute(fares.order_by(Fare.id))]

    def fare(self, session, journey):
        return session.scalars(select(Fare).where(Fare.journey == journey)).one()

    def test_a_change_ends_the_row_and_begins_the_next(self, session, engine):
        lakeside = self.fare(session, "lakeside")

        lakeside.price = 4.8
        session.commit()

        assert lakeside.price == 4.8
        assert self.rows(engine, "lakeside") == [
            (4.5, new_year(2021), new_year(2022)),
            (4.8, new_year(2022), FOREVER),
        ]

    def test_queries_are_about_now_or_about_another_time(self, session):
        self.fare(session, "lakeside").price = 4.8
        session.commit()

        assert self.prices(session) == {"lakeside": 4.8, "summit": 20}
        assert self.prices(session, 2021) == {"lakeside": 4.5, "summit": 20}
        assert self.prices(session, 2022) == {"lakeside": 4.8, "summit": 20}
        assert self.prices(session, 2020) == {}

    def test_a_statement_may_say_the_time(self, session):
        self.fare(session, "lakeside").price = 4.8
        session.commit()

        then = select(Fare).where(Fare.journey == "lakeside")
        then = then.execution_options(as_of=new_year(2021))

        assert session.scalars(then).one().price == 4.5
        assert self.fare(session, "lakeside").price == 4.8

    def test_what_is_deleted_has_been(self, session, engine):
        session.delete(self.fare(session, "summit"))
        session.commit()

        assert self.prices(session) == {"lakeside": 4.5}
        assert self.prices(session, 2021) == {"lakeside": 4.5, "summit": 20}
        assert self.rows(engine, "summit") == [(20, new_year(2021), new_year(2022))]

    def test_many_changes_take_one_update_and_one_insert(self, session, sent):
        session.add_all([Fare(journey=f"journey {n}", price=n) for n in range(50)])
        session.commit()
        fares = session.scalars(select(Fare)).all()
        sent.clear()

        for fare in fares:
            fare.price += 1
        session.flush()

        assert [statement.split()[0] for statement in sent] == ["UPDATE", "INSERT"]
        assert self.prices(session)["journey 7"] == 8

    def test_what_was_not_read_goes_over_into_the_next_row(self, session, engine):
        lakeside = self.fare(session, "lakeside")
        session.expire(lakeside)

        lakeside.price = 5
        session.commit()

        assert self.prices(session) == {"lakeside": 5, "summit": 20}

    def test_a_rollback_leaves_the_row_as_it_was(self, session, engine):
        lakeside = self.fare(session, "lakeside")
        lakeside.price = 5
        session.flush()
        session.rollback()

        assert self.prices(session) == {"lakeside": 4.5, "summit": 20}
        assert len(self.rows(engine, "lakeside")) == 1

    def test_of_two_changes_of_one_row_one_wins(self, session, engine):
        session.expire_on_commit = False
        lakeside = self.fare(session, "lakeside")
        session.commit()
        with Yearly(engine) as other, other.begin():
            self.fare(other, "lakeside").price = 6

        lakeside.price = 5
        with pytest.raises(StaleDataError, match="1 of the Fares have ended meanwhile"):
            session.commit()
        session.rollback()

        assert self.prices(session) == {"lakeside": 6, "summit": 20}
