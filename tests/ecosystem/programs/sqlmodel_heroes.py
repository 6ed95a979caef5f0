"""SQLModel with FastAPI: models that are tables and schemas, asked by a test client."""

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from sqlalchemy.pool import StaticPool
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    heroes: list["Hero"] = Relationship(back_populates="team")


class HeroBase(SQLModel):
    name: str = Field(index=True)
    age: int | None = None
    team_id: int | None = Field(default=None, foreign_key="team.id")


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team: Team | None = Relationship(back_populates="heroes")


class HeroPublic(HeroBase):
    id: int


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
SQLModel.metadata.create_all(engine)
app = FastAPI()


def session():
    with Session(engine) as opened:
        yield opened


OPENED = Depends(session)


@app.post("/heroes", response_model=HeroPublic)
def create(hero: HeroBase, opened: Session = OPENED):
    made = Hero.model_validate(hero)
    opened.add(made)
    opened.commit()
    opened.refresh(made)
    return made


@app.get("/heroes", response_model=list[HeroPublic])
def read(older_than: int = 0, opened: Session = OPENED):
    statement = select(Hero).where(Hero.age > older_than).order_by(Hero.name)
    return opened.exec(statement).all()


@app.patch("/heroes/{key}", response_model=HeroPublic)
def change(key: int, age: int, opened: Session = OPENED):
    hero = opened.get(Hero, key)
    if hero is None:
        raise HTTPException(status_code=404)
    hero.sqlmodel_update({"age": age})
    opened.add(hero)
    opened.commit()
    opened.refresh(hero)
    return hero


with Session(engine) as opened:
    opened.add(Team(name="Preventers"))
    opened.commit()

client = TestClient(app)
print(client.post("/heroes", json={"name": "Rusty", "age": 48, "team_id": 1}).json())
print(client.post("/heroes", json={"name": "Deadpond", "age": 30}).json())
print(client.get("/heroes", params={"older_than": 40}).json())
print(client.patch("/heroes/2", params={"age": 50}).json())
print(client.patch("/heroes/9", params={"age": 50}).status_code)
print([hero["name"] for hero in client.get("/heroes").json()])

with Session(engine) as opened:
    team = opened.exec(select(Team)).one()
    print([hero.name for hero in team.heroes], team.heroes[0].team is team)
    rows = opened.exec(select(Hero.name, Team.name).join(Team, isouter=True).order_by(Hero.id))
    print([tuple(row) for row in rows])
