import pytest

from dovetail import create_engine, func, select
from dovetail.demo.index import Indexer
from dovetail.demo.models import Base, Definition, Import, Module, Name, Package
from dovetail.demo.report import answers
from dovetail.demo.source import discover
from dovetail.orm import Session


@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def index(session, library, size=None):
    """Index *library* as a run of the command does: with no object left from the last run."""
    files = discover(library)
    session.expunge_all()
    outcome = Indexer(session).run(
        files[:size], [file.module for file in files], lambda _module: None
    )
    session.commit()
    return outcome


def everything(session):
    """How many rows there are, by class."""
    classes = (Package, Module, Definition, Import, Name)
    return {one.__name__: session.scalar(select(func.count()).select_from(one)) for one in classes}


def imports(session):
    pairs = session.scalars(select(Import)).all()
    return {(one.importer.name, one.imported.name, one.line) for one in pairs}


def test_everything_in_the_files_is_in_the_database(session, library):
    outcome = index(session, library)

    assert outcome.added == 4
    assert outcome.unreadable == []
    assert everything(session) == {
        "Package": 2,
        "Module": 6,
        "Definition": 5,
        "Import": 7,
        "Name": 3,
    }
    assert outcome.objects == sum(everything(session).values())


def test_imports_lead_to_modules(session, library):
    index(session, library)

    assert imports(session) == {
        ("plain", "shapes.round", 2),
        ("shapes", "shapes.round", 2),
        ("shapes", "shapes.round", 3),
        ("shapes.deep", "shapes.round", 1),
        ("shapes.deep", "shapes.round", 2),
        ("shapes.round", "math", 1),
        ("shapes.round", "functools", 2),
    }


def test_definitions_keep_their_place(session, library):
    index(session, library)

    square = session.scalars(select(Definition).where(Definition.name == "square")).one()

    assert square.parent.path == "Circle.area"
    assert [name.text for name in square.parent.decorators] == ["cached_property"]
    assert [name.text for name in square.parent.parent.bases] == ["Shape", "Generic"]
    assert square.module.name == "shapes.round"
    assert square.module.package.name == "shapes"


def test_packages_lie_in_packages(session, library):
    index(session, library)

    deep = session.scalars(select(Package).where(Package.name == "shapes.deep")).one()

    assert deep.parent.name == "shapes"
    assert [module.name for module in deep.modules] == ["shapes.deep"]


def test_a_second_run_changes_nothing(session, library):
    index(session, library)
    before = everything(session)

    outcome = index(session, library)

    assert not outcome.is_news
    assert outcome.unchanged == 4
    assert everything(session) == before


def test_a_changed_file_is_read_again(session, library):
    index(session, library)
    (library / "shapes" / "round.py").write_text("import math\nclass Circle: ...\n")

    outcome = index(session, library)

    assert (outcome.added, outcome.changed, outcome.unchanged) == (0, 1, 3)
    paths = session.scalars(select(Definition.path).order_by(Definition.path)).all()
    assert paths == ["Circle", "f"]
    assert ("shapes.round", "math", 1) in imports(session)


def test_a_file_that_is_gone_leaves_what_others_import(session, library):
    index(session, library)
    (library / "shapes" / "round.py").unlink()

    outcome = index(session, library)

    assert outcome.removed == 1
    gone = session.scalars(select(Module).where(Module.name == "shapes.round")).one()
    assert gone.digest is None
    assert gone.definitions == []
    assert len(gone.imported_by) == 5


def test_a_smaller_run_forgets_nothing(session, library):
    index(session, library)

    outcome = index(session, library, size=1)

    assert not outcome.is_news


def test_a_file_that_cannot_be_read_is_skipped_and_the_rest_kept(session, library):
    broken = library / "broken.py"
    broken.write_text("def f(:\n")

    outcome = index(session, library)

    assert outcome.added == 4
    ((path, reason),) = outcome.unreadable
    assert path == str(broken)
    assert reason.startswith("SyntaxError")


def test_every_question_has_an_answer(session, library):
    index(session, library)

    tables = {answer.title: answer.rows for answer in answers(session)}

    assert tables["Most imported modules"][0] == ("shapes.round", 3, "shapes.deep:1")
    assert tables["Deepest nesting"][0] == ("Circle.area.square", "shapes.round", 3)
    assert tables["Longest functions"][0] == ("Circle.area", "shapes.round", 8, 4)
    assert tables["Most used base classes"] == [
        ("Generic", 1, "shapes.round.Circle"),
        ("Shape", 1, "shapes.round.Circle"),
    ]
    assert tables["Undocumented public API"] == [("plain", 1), ("shapes.round", 1)]
    assert tables["Largest packages"] == [("shapes", 3, 1)]
    assert tables["Import circles"] == []
    assert tables["What there is"][0] == ("module", 4, 20)


def test_modules_that_import_each_other_are_found(session, library):
    (library / "plain.py").write_text("import shapes.round\n")
    (library / "shapes" / "round.py").write_text("import plain\n")
    index(session, library)

    tables = {answer.title: answer.rows for answer in answers(session)}

    assert tables["Import circles"] == [(2, "plain, shapes.round")]
