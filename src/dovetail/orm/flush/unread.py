"""Related instances that would be read as instances of another class: nothing tells their rows."""

from dovetail.exc import FlushError
from dovetail.orm.flush.changes import MapperChanges, changed_related
from dovetail.orm.mapping.relationship import RelationshipProperty
from dovetail.orm.tracking.state import state_of


def refuse_unread(prop: RelationshipProperty, own: MapperChanges) -> None:
    """Refuse new members of *prop* of a class below the related one, which no column tells."""
    mapper = prop.mapper
    if mapper.polymorphic_on is not None:
        return
    for state, instance in own.saved():
        for item in changed_related(prop, state, instance)[0]:
            if state_of(item).load.mapper is not mapper:
                raise FlushError(
                    f"{item!r:.80} can't be in {prop}: {mapper.class_.__name__} has no "
                    f"polymorphic_on, so that it would be read as {mapper.class_.__name__}",
                    hint=f"give {mapper.class_.__name__} a polymorphic_on, and each class an "
                    "identity; or relate to the class itself (enable_typechecks=False lets it be)",
                )
