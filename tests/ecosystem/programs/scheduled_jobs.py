"""Jobs of APScheduler, kept in a database."""

import datetime as dt

from apscheduler.jobstores.base import ConflictingIdError, JobLookupError
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

ZONE = dt.UTC
scheduler = BackgroundScheduler(
    jobstores={"default": SQLAlchemyJobStore(url="sqlite:///jobs.db", tablename="jobs")},
    timezone=ZONE,
)
scheduler.start(paused=True)

late = dt.datetime(2099, 1, 1, tzinfo=ZONE)
scheduler.add_job(print, "date", run_date=late, args=["late"], id="late")
scheduler.add_job(print, "interval", days=400, id="often", start_date=late)
try:
    scheduler.add_job(print, "date", run_date=late, id="late")
except ConflictingIdError as error:
    print(error)
print([(job.id, job.next_run_time.isoformat(), job.args) for job in scheduler.get_jobs()])
scheduler.reschedule_job("late", trigger="date", run_date=late + dt.timedelta(days=9))
scheduler.pause_job("often")
print([(job.id, str(job.next_run_time)) for job in scheduler.get_jobs()])
scheduler.remove_job("often")
try:
    scheduler.remove_job("often")
except JobLookupError as error:
    print(error)
print([job.id for job in scheduler.get_jobs()])
scheduler.remove_all_jobs()
print(scheduler.get_jobs())
scheduler.shutdown()
