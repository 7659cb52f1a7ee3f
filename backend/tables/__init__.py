"""Piccolo tables, one module per aggregate."""

from backend.tables.audit import AuditEntry, AuditSeal
from backend.tables.duties import Adjustment, Obligation, Period, RateCell
from backend.tables.filings import Review, Submission
from backend.tables.forms import Form, Schedule
from backend.tables.messages import Delivery, Message, Reminder
from backend.tables.operations import TaskRun, WorkCalendar
from backend.tables.people import Account, LoginFailure, Post, Session
from backend.tables.regions import Region

ALL_TABLES = (
    Region,
    Account,
    Post,
    Session,
    LoginFailure,
    Form,
    Schedule,
    Period,
    Obligation,
    Adjustment,
    RateCell,
    Submission,
    Review,
    Message,
    Reminder,
    Delivery,
    AuditEntry,
    AuditSeal,
    WorkCalendar,
    TaskRun,
)

__all__ = [
    "ALL_TABLES",
    "Account",
    "Adjustment",
    "AuditEntry",
    "AuditSeal",
    "Delivery",
    "Form",
    "LoginFailure",
    "Message",
    "Obligation",
    "Period",
    "Post",
    "RateCell",
    "Region",
    "Reminder",
    "Review",
    "Schedule",
    "Session",
    "Submission",
    "TaskRun",
    "WorkCalendar",
]
