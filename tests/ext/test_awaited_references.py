"""One-to-one references that are not loaded, replaced in a session that awaits."""

import asyncio
from importlib import import_module

import pytest

pytest.importorskip("aiosqlite")


def world(package, cascade="save-update, merge"):
    sa, orm = import_module(package), import_module(f"{package}.orm")

    class Base(orm.DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "user_account"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        profile = orm.relationship("Profile", back_populates="user", cascade=cascade, uselist=False)

    class Profile(Base):
        __tablename__ = "profile"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        user_id = orm.mapped_column(sa.ForeignKey("user_account.id"))
        user = orm.relationship("User", back_populates="profile")

    return Base, User, Profile


def outcome(package, change, **options):
    """The rows of profiles after *change* of a user whose profile is not loaded."""
    Base, User, Profile = world(package, **options)
    sa, aio = import_module(package), import_module(f"{package}.ext.asyncio")

    async def body():
        engine = aio.create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with aio.AsyncSession(engine) as session:
            session.add(User(id=1, profile=Profile(id=1)))
            await session.commit()
        async with aio.AsyncSession(engine, expire_on_commit=False) as session:
            user = await session.get(User, 1)
            told = await change(session, user, Profile)
            await session.commit()
            rows = await session.execute(sa.select(Profile.id, Profile.user_id).order_by("id"))
            found = [tuple(row) for row in rows]
        await engine.dispose()
        return told, found

    return asyncio.run(body())


async def linked(session, user, profile_class):
    made = profile_class(id=2, user=user)
    session.add(made)
    return user.profile is made


async def replaced(session, user, profile_class):
    user.profile = profile_class(id=2)
    return user.profile.user is user


async def replaced_twice(session, user, profile_class):
    user.profile = profile_class(id=2)
    user.profile = profile_class(id=3)
    await session.flush()
    return user.profile.id


async def taken_away(session, user, profile_class):
    user.profile = None
    return user.profile


async def replaced_and_rolled_back(session, user, profile_class):
    user.profile = profile_class(id=2)
    await session.rollback()
    await session.refresh(user)
    made = profile_class(id=3, user=user)
    session.add(made)
    return made.user is user


async def put_back(session, user, profile_class):
    held = await session.get(profile_class, 1)
    user.profile = held
    return held.user is user


@pytest.mark.parametrize(
    "change",
    [linked, replaced, replaced_twice, taken_away, replaced_and_rolled_back, put_back],
    ids=lambda change: change.__name__,
)
@pytest.mark.parametrize("cascade", ["save-update, merge", "all, delete-orphan"])
def test_the_flush_finds_what_was_replaced(change, cascade):
    pytest.importorskip("sqlalchemy")
    expected = outcome("sqlalchemy", change, cascade=cascade)

    assert outcome("dovetail", change, cascade=cascade) == expected
