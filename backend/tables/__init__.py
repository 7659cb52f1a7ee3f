"""Piccolo tables, one module per aggregate."""

from backend.tables.asking import AdjustmentRequest, CalendarFeed, Nudge
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
    Nudge,
    CalendarFeed,
    AdjustmentRequest,
    AuditEntry,
    AuditSeal,
    WorkCalendar,
    TaskRun,
)

__all__ = [
    "ALL_TABLES",
    "Account",
    "Adjustment",
    "AdjustmentRequest",
    "AuditEntry",
    "AuditSeal",
    "CalendarFeed",
    "Delivery",
    "Form",
    "LoginFailure",
    "Message",
    "Nudge",
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
