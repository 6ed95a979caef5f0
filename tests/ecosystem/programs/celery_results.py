"""Results of Celery's tasks, kept in a database."""

from celery import Celery, states
from celery.backends.database import DatabaseBackend
from celery.backends.database.models import Task
from sqlalchemy import select

app = Celery("shop", broker="memory://", backend="db+sqlite://")
app.conf.result_extended = False
app.conf.task_always_eager = False
backend = DatabaseBackend(dburi="sqlite:///celery.db", app=app, expires=10)

backend.store_result("one", {"sum": 5}, states.SUCCESS)
backend.store_result("two", ValueError("no"), states.FAILURE, traceback="here")
print(backend.get_state("one"), backend.get_result("one"), backend.get_state("absent"))
print(backend.get_state("two"), repr(backend.get_result("two")), backend.get_traceback("two"))

backend.store_result("one", {"sum": 6}, states.SUCCESS)
print(backend.get_result("one"))
session = backend.ResultSession()
print(sorted(session.scalars(select(Task.task_id)).all()))
session.close()

group = app.GroupResult("group", [app.AsyncResult("one")])
backend.save_group("group", group)
print([result.id for result in backend.restore_group("group")])
backend.delete_group("group")
print(backend.restore_group("group"))
backend.forget("one")
print(backend.get_state("one"))
backend.cleanup()
