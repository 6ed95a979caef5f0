"""What the relationships of one mapper mean to a flush; found once and kept."""

from dovetail.orm.mapping.mapper import Mapper


class FlushRoles:
    """The relationships of one mapper that a flush writes, by what they make it do.

    ``references``    keys come from the row referred to
    ``collections``   keys are handed to the members
    ``associations``  rows of a third table
    ``later``         ``post_update``: keys are written when all rows are there
    ``orphanages``    what leaves them is deleted
    ``deleting_references``  what they refer to is deleted with the row
    ``checked``       members are of the class that their rows tell
    ``releasing``     a row that is deleted is let go of by what refers to it
    ``held_by_members``  the members have the keys, whenever those are written
    """

    __slots__ = (
        "associations",
        "checked",
        "collections",
        "deleting_references",
        "held_by_members",
        "later",
        "orphanages",
        "references",
        "releasing",
    )

    def __init__(self, mapper: Mapper) -> None:
        written = [prop for prop in mapper.named_relationships.values() if not prop.viewonly]
        direct = [prop for prop in written if prop.secondary is None]
        prompt = [prop for prop in direct if not prop.post_update]
        self.associations = tuple(prop for prop in written if prop.secondary is not None)
        self.references = tuple(prop for prop in prompt if prop.is_many_to_one)
        self.collections = tuple(prop for prop in prompt if not prop.is_many_to_one)
        self.later = tuple(prop for prop in direct if prop.post_update)
        self.releasing = tuple(prop for prop in written if not prop.is_many_to_one)
        self.held_by_members = tuple(prop for prop in direct if not prop.is_many_to_one)
        self.orphanages = tuple(prop for prop in written if prop.cascade.delete_orphan)
        self.deleting_references = tuple(
            prop for prop in written if prop.is_many_to_one and prop.cascade.delete
        )
        self.checked = tuple(prop for prop in written if prop.enable_typechecks)


def roles_of(mapper: Mapper) -> FlushRoles:
    """The flush roles of *mapper*'s relationships."""
    kept: FlushRoles | None = mapper.memo.get("flush roles")
    if kept is None:
        mapper.configure()
        kept = mapper.memo["flush roles"] = FlushRoles(mapper)
    return kept
