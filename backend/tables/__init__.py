"""Piccolo tables, one module per aggregate."""

from backend.tables.asking import AdjustmentRequest, CalendarFeed, Nudge
from backend.tables.audit import AuditEntry, AuditSeal
from backend.tables.beneficiaries import (
    Beneficiary,
    BeneficiaryPlace,
    CertCycle,
    CertEvidence,
    ImportBatch,
    ImportFault,
    MatchHit,
    RosterChange,
)
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
    ImportBatch,
    ImportFault,
    Beneficiary,
    BeneficiaryPlace,
    RosterChange,
    MatchHit,
    CertCycle,
    CertEvidence,
)

__all__ = [
    "ALL_TABLES",
    "Account",
    "Address",
    "Adjustment",
    "AdjustmentRequest",
    "AuditEntry",
    "AuditSeal",
    "Beneficiary",
    "BeneficiaryPlace",
    "CalendarFeed",
    "CallEntry",
    "CertCycle",
    "CertEvidence",
    "Delivery",
    "Form",
    "ImportBatch",
    "ImportFault",
    "Ladder",
    "Leave",
    "LoginFailure",
    "MatchHit",
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
    "RosterChange",
    "Schedule",
    "Session",
    "Submission",
    "TaskRun",
    "WorkCalendar",
]
