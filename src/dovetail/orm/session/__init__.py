"""The Session: identity map, unit of work and transaction in one, by its familiar names."""

from dovetail.orm.session.classic import (
    SessionExtension as SessionExtension,
    _SessionClassMethods as _SessionClassMethods,
)
from dovetail.orm.session.events import SessionEvents as SessionEvents
from dovetail.orm.session.factory import (
    create_session as create_session,
    sessionmaker as sessionmaker,
)
from dovetail.orm.session.instances import (
    close_all_sessions as close_all_sessions,
    identity_key as identity_key,
    make_transient as make_transient,
    make_transient_to_detached as make_transient_to_detached,
    object_state as object_state,
    was_deleted as was_deleted,
)
from dovetail.orm.session.orm_execute import ORMExecuteState as ORMExecuteState
from dovetail.orm.session.session import (
    Session as Session,
    object_session as object_session,
)
from dovetail.orm.session.transaction import (
    ACTIVE as ACTIVE,
    CLOSED as CLOSED,
    COMMITTED as COMMITTED,
    DEACTIVE as DEACTIVE,
    PREPARED as PREPARED,
    SessionTransaction as SessionTransaction,
    SessionTransactionOrigin as SessionTransactionOrigin,
    SessionTransactionState as SessionTransactionState,
)
