"""Keys that mean something: members that move with theirs, and references that follow a change."""

from importlib import import_module

import pytest

from dovetail.exc import StaleDataError

PACKAGES = ("dovetail", "sqlalchemy")


def mapped(package, build):
    sa, orm = import_module(package), import_module(f"{package}.orm")
    base = orm.declarative_base()
    classes = build(sa, orm, base)
    engine = sa.create_engine("sqlite://")
    base.metadata.create_all(engine)
    return orm.Session(engine, autoflush=False), classes, sa


def mailboxes(**options):
    def build(sa, orm, base):
        class User(base):
            __tablename__ = "user"
            name = orm.mapped_column(sa.String(20), primary_key=True)
            mailboxes = orm.relationship("Mailbox", **options)

        class Mailbox(base):
            __tablename__ = "mailbox"
            user_name = orm.mapped_column(sa.ForeignKey("user.name"), primary_key=True)
            label = orm.mapped_column(sa.String(20), primary_key=True)

        return User, Mailbox

    return build


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("cascade", ["save-update, merge", "all, delete-orphan"])
@pytest.mark.parametrize("passive", [True, False])
@pytest.mark.parametrize("way", ["remove and append", "append and remove", "set both", "new owner"])
def test_a_member_moves_though_its_reference_is_part_of_its_key(package, cascade, passive, way):
    build = mailboxes(cascade=cascade, passive_updates=passive)
    s, (user, mailbox), sa = mapped(package, build)
    with s:
        box = mailbox(label="work")
        ann, bob = user(name="ann", mailboxes=[box]), user(name="bob")
        s.add_all([ann, *([] if way == "new owner" else [bob])])
        s.commit()
        if way == "remove and append":
            ann.mailboxes.remove(box)
            bob.mailboxes.append(box)
        elif way == "append and remove":
            bob.mailboxes.append(box)
            ann.mailboxes.remove(box)
        elif way == "set both":
            bob.mailboxes = [box]
            ann.mailboxes = []
        else:
            ann.mailboxes.remove(box)
            s.add(user(name="bob", mailboxes=[box]))
        s.commit()
        assert s.execute(sa.text("SELECT user_name, label FROM mailbox")).all() == [("bob", "work")]
        assert s.get(mailbox, ("bob", "work")) is box
        assert s.get(mailbox, ("ann", "work")) is None


@pytest.mark.parametrize("package", PACKAGES)
def test_a_member_that_nobody_takes_is_not_left_without_its_key(package):
    s, (user, mailbox), sa = mapped(package, mailboxes())
    with s:
        box = mailbox(label="work")
        ann = user(name="ann", mailboxes=[box])
        s.add_all([ann, user(name="bob", mailboxes=[mailbox(label="home")])])
        s.commit()
        ann.mailboxes.remove(box)
        with pytest.raises(AssertionError):
            s.flush()
        s.rollback()
        assert s.execute(sa.select(mailbox.user_name).order_by("user_name")).all() == [
            ("ann",),
            ("bob",),
        ]


def nodes(**options):
    def build(sa, orm, base):
        class Node(base):
            __tablename__ = "node"
            name = orm.mapped_column(sa.String(20), primary_key=True)
            note = orm.mapped_column(sa.String(20))
            above_name = orm.mapped_column(sa.ForeignKey("node.name"))
            above = orm.relationship("Node", remote_side=[name], **options)

        class Remark(base):
            __tablename__ = "remark"
            id = orm.mapped_column(sa.Integer, primary_key=True)
            node_name = orm.mapped_column(sa.ForeignKey("node.name"))
            node = orm.relationship(Node, **options)

        return Node, Remark

    return build


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("changed", [True, False])
def test_references_alone_follow_a_key_after_they_have_expired(package, changed):
    s, (node, remark), sa = mapped(package, nodes(passive_updates=False))
    with s:
        root = node(name="root")
        below = [node(name=f"below {n}", above=root) for n in (1, 2)]
        remarks = [remark(node=root), remark(node=below[0]), remark(node=root)]
        s.add_all([root, *below, *remarks])
        s.commit()
        root.name = "trunk"
        if changed:
            below[1].note = "changed too"
        s.commit()
        assert [one.above_name for one in below] == ["trunk", "trunk"]
        assert [one.node_name for one in remarks] == ["trunk", "below 1", "trunk"]
        rows = s.execute(sa.select(node.name, node.above_name).order_by(node.name)).all()
        assert rows == [("below 1", "trunk"), ("below 2", "trunk"), ("trunk", None)]


def test_expired_references_are_read_in_one_statement_a_class():
    s, (node, remark), sa = mapped("dovetail", nodes(passive_updates=False))
    with s:
        root = node(name="root")
        kept = [root, *(remark(node=root) for _ in range(20))]
        s.add_all(kept)
        s.commit()
        root.name = "trunk"
        sent = []
        sa.event.listen(s.get_bind(), "before_cursor_execute", lambda *args: sent.append(args[2]))
        s.flush()
        verbs = [text.split()[0] for text in sent]
        assert verbs == ["SELECT", "SELECT", "UPDATE", "UPDATE"]


def accounts(sa, orm, base):
    class Account(base):
        __tablename__ = "account"
        name = orm.mapped_column(sa.String(20), primary_key=True)
        kind = orm.mapped_column(sa.String(9))
        logins = orm.relationship("Login", passive_updates=False, back_populates="account")
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "plain"}

    class Admin(Account):
        __tablename__ = "admin"
        name = orm.mapped_column(sa.ForeignKey("account.name"), primary_key=True)
        level = orm.mapped_column(sa.Integer)
        __mapper_args__ = {"polymorphic_identity": "admin", "passive_updates": False}

    class Login(base):
        __tablename__ = "login"
        id = orm.mapped_column(sa.Integer, primary_key=True)
        account_name = orm.mapped_column(sa.ForeignKey("account.name"))
        account = orm.relationship(Account, back_populates="logins")

    class Tag(base):
        __tablename__ = "tag"
        name = orm.mapped_column(sa.String(20), primary_key=True)

    return Account, Admin, Login, Tag


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("kind", ["plain", "referred to"])
def test_a_key_set_to_an_expression_is_known_afterwards(package, kind):
    s, (account, _, login, tag), sa = mapped(package, accounts)
    with s:
        cls = tag if kind == "plain" else account
        one = cls(name="ann")
        s.add(one)
        entries = [login(account=one)] if cls is account else []
        s.add_all(entries)
        s.commit()
        one.name = cls.name + " lee"
        s.flush()
        assert (one.name, sa.inspect(one).identity) == ("ann lee", ("ann lee",))
        assert s.get(cls, "ann lee") is one
        assert [entry.account_name for entry in entries] == ["ann lee"] * len(entries)
        s.commit()
        assert s.scalars(sa.select(cls.name)).all() == ["ann lee"]
        one.name = sa.func.upper(cls.name)
        s.flush()
        assert one.name == "ANN LEE"
        s.rollback()
        assert (one.name, s.get(cls, "ann lee")) == ("ann lee", one)


def test_a_key_of_joined_tables_set_to_an_expression_is_known_afterwards():
    s, (account, admin, _, _), sa = mapped("dovetail", accounts)
    with s:
        one = admin(name="ann", level=1)
        s.add(one)
        s.commit()
        one.name, one.level = account.name + " lee", admin.level + 1
        s.commit()
        assert (one.name, one.level) == ("ann lee", 2)
        assert s.execute(sa.text("SELECT account.name, admin.name FROM account, admin")).all() == [
            ("ann lee", "ann lee")
        ]


def test_a_key_set_to_an_expression_in_a_row_that_is_gone():
    s, (*_, tag), sa = mapped("dovetail", accounts)
    with s:
        one = tag(name="ann")
        s.add(one)
        s.commit()
        assert one.name == "ann"
        s.execute(sa.text("DELETE FROM tag"))
        one.name = tag.name + " lee"
        with pytest.raises(StaleDataError):
            s.flush()
