"""Piccolo tables, one module per aggregate."""

from backend.tables.asking import AdjustmentRequest, CalendarFeed, Nudge
from backend.tables.audit import AuditEntry, AuditSeal
from backend.tables.channels import Address, CallEntry, Pace
from backend.tables.duties import Adjustment, Obligation, Period, RateCell
from backend.tables.filings import Review, Submission
from backend.tables.forms import Form, Ladder, Schedule
from backend.tables.messages import Delivery, Message, Reminder
from backend.tables.operations import TaskRun, WorkCalendar
from backend.tables.people import Account, Leave, LoginFailure, Post, Session
from backend.tables.regions import Region

ALL_TABLES = (
    Region,
    Account,
    Post,
    Session,
    LoginFailure,
    Leave,
    Form,
    Schedule,
    Ladder,
    Period,
    Obligation,
    Adjustment,
    RateCell,
    Submission,
    Review,
    Address,
    Pace,
    Message,
    Reminder,
    Delivery,
    CallEntry,
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
    "Address",
    "Adjustment",
    "AdjustmentRequest",
    "AuditEntry",
    "AuditSeal",
    "CalendarFeed",
    "CallEntry",
    "Delivery",
    "Form",
    "Ladder",
    "Leave",
    "LoginFailure",
    "Message",
    "Nudge",
    "Obligation",
    "Pace",
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
