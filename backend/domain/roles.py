"""Who may do what. A post gives a role within a region; a role allows actions there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.domain.regions import Level, contains


class Role(StrEnum):
    LIAISON = "liaison"
    STATION = "station"
    REVIEWER = "reviewer"
    OFFICE_LEAD = "office_lead"
    COUNTY_OPS = "county_ops"
    COUNTY_MONITOR = "county_monitor"
    FUND_AUDIT = "fund_audit"
    SYSADMIN = "sysadmin"
    UPPER_VIEWER = "upper_viewer"


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SET_UP_FACTOR = "set_up_factor"
    SYNC = "sync"
    FILE = "file"
    FILE_OWN = "file_own"
    SEE_DUTIES = "see_duties"
    SEE_RATES = "see_rates"
    SEE_REGIONS = "see_regions"
    CHANGE_REGIONS = "change_regions"
    SEE_FORMS = "see_forms"
    MANAGE_FORMS = "manage_forms"
    PREVIEW_LADDERS = "preview_ladders"
    SEE_REVIEWS = "see_reviews"
    REVIEW = "review"
    REVIEW_TOWN = "review_town"
    REVIEW_COUNTY = "review_county"
    ADJUST = "adjust"
    NUDGE = "nudge"
    SEE_REQUESTS = "see_requests"
    REQUEST = "request"
    ADVISE = "advise"
    SEE_OUTLOOK = "see_outlook"
    SEE_EFFECT = "see_effect"
    EDIT_CALENDAR = "edit_calendar"
    SEE_PEOPLE = "see_people"
    APPOINT_VILLAGE = "appoint_village"
    APPOINT_STAFF = "appoint_staff"
    SEE_PHONE = "see_phone"
    SEE_AUDIT = "see_audit"
    SEE_BENEFICIARIES = "see_beneficiaries"
    SEE_PRIVATE = "see_private"
    SEE_IMPORTS = "see_imports"
    HANDLE_IMPORTS = "handle_imports"
    SEE_LISTS = "see_lists"
    IMPORT_LISTS = "import_lists"
    SEE_ACCOUNT_LISTS = "see_account_lists"
    IMPORT_ACCOUNTS = "import_accounts"
    MANAGE_CERTIFICATION = "manage_certification"
    SEE_ORIGINALS = "see_originals"
    DECIDE_REUSE = "decide_reuse"
    HOLD_MEDIA = "hold_media"
    EXPORT_RESULTS = "export_results"
    EXPORT_PRIVATE = "export_private"
    SEE_EXPORT_REQUESTS = "see_export_requests"
    APPROVE_EXPORTS = "approve_exports"
    AUDIT_SAMPLES = "audit_samples"
    SEE_ROBOTS = "see_robots"
    SET_ROBOT = "set_robot"
    CALL = "call"
    SEE_TODAY = "see_today"
    SEE_CHANNELS = "see_channels"
    SEE_RESIDENTS = "see_residents"
    CHANGE_RESIDENTS = "change_residents"
    EXPORT_RESIDENTS = "export_residents"
    EXPORT_RESIDENTS_PRIVATE = "export_residents_private"
    UPLOAD = "upload"
    SEE_NOTICES = "see_notices"
    READ_NOTICES = "read_notices"
    PUBLISH_NOTICES = "publish_notices"
    SEE_READERS = "see_readers"
    SEND_FEEDBACK = "send_feedback"
    SEE_FEEDBACK = "see_feedback"
    ANSWER_FEEDBACK = "answer_feedback"
    IMPORT_RESCUES = "import_rescues"
    SET_OFFICE_PHONE = "set_office_phone"
    SEE_CIRCULARS = "see_circulars"
    MAKE_CIRCULARS = "make_circulars"
    SEE_ASSESSMENTS = "see_assessments"
    SEE_SUBSIDIES = "see_subsidies"
    SEE_COUNTY_RULES = "see_county_rules"
    SEE_RETENTION = "see_retention"
    SET_COUNTY_RULES = "set_county_rules"


_FIELD = {Role.LIAISON, Role.STATION}
_OFFICE = {Role.REVIEWER, Role.OFFICE_LEAD}
_COUNTY = {Role.COUNTY_OPS, Role.COUNTY_MONITOR, Role.FUND_AUDIT}
_BUSINESS = _FIELD | _OFFICE | _COUNTY

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.SIGNED_IN: frozenset(Role),
    # Liaisons sign in on phones of their own, by a PIN.
    Action.SET_UP_FACTOR: frozenset(set(Role) - _FIELD),
    Action.SYNC: frozenset(_FIELD),
    Action.FILE: frozenset(_FIELD | _OFFICE),
    Action.FILE_OWN: frozenset(_FIELD),
    Action.SEE_DUTIES: frozenset(_BUSINESS),
    Action.SEE_RATES: frozenset(_BUSINESS | {Role.UPPER_VIEWER}),
    Action.SEE_REGIONS: frozenset(Role),
    Action.CHANGE_REGIONS: frozenset({Role.COUNTY_OPS}),
    Action.SEE_FORMS: frozenset(_BUSINESS),
    Action.MANAGE_FORMS: frozenset({Role.COUNTY_OPS}),
    Action.PREVIEW_LADDERS: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.SEE_REVIEWS: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.REVIEW: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.REVIEW_TOWN: frozenset(_OFFICE),
    Action.REVIEW_COUNTY: frozenset({Role.COUNTY_OPS}),
    Action.ADJUST: frozenset({Role.COUNTY_OPS}),
    Action.NUDGE: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.SEE_REQUESTS: frozenset(_BUSINESS),
    Action.REQUEST: frozenset(_FIELD),
    Action.ADVISE: frozenset(_OFFICE),
    Action.SEE_OUTLOOK: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.COUNTY_MONITOR}),
    # Not the liaisons: who knew what is held back would not be measured.
    Action.SEE_EFFECT: frozenset(_OFFICE | _COUNTY | {Role.UPPER_VIEWER}),
    Action.EDIT_CALENDAR: frozenset({Role.COUNTY_OPS}),
    Action.SEE_PEOPLE: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.SYSADMIN}),
    Action.APPOINT_VILLAGE: frozenset({Role.OFFICE_LEAD, Role.SYSADMIN}),
    Action.APPOINT_STAFF: frozenset({Role.SYSADMIN}),
    Action.SEE_PHONE: frozenset(_OFFICE | {Role.SYSADMIN}),
    Action.SEE_AUDIT: frozenset({Role.FUND_AUDIT, Role.COUNTY_OPS}),
    Action.SEE_BENEFICIARIES: frozenset(_FIELD | _OFFICE | {Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.SEE_PRIVATE: frozenset(_FIELD | _OFFICE | {Role.COUNTY_OPS, Role.FUND_AUDIT}),
    # Of which kinds is said by the next ones: who runs the system sees nobody's pension.
    Action.SEE_IMPORTS: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT, Role.SYSADMIN}),
    Action.HANDLE_IMPORTS: frozenset({Role.COUNTY_OPS, Role.SYSADMIN}),
    Action.SEE_LISTS: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.IMPORT_LISTS: frozenset({Role.COUNTY_OPS}),
    Action.SEE_ACCOUNT_LISTS: frozenset({Role.FUND_AUDIT, Role.SYSADMIN}),
    Action.IMPORT_ACCOUNTS: frozenset({Role.SYSADMIN}),
    Action.MANAGE_CERTIFICATION: frozenset({Role.COUNTY_OPS}),
    Action.SEE_ORIGINALS: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.DECIDE_REUSE: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.HOLD_MEDIA: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.EXPORT_RESULTS: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT}),
    # In full for the insurance's own system alone; an auditor looks people up one by one.
    Action.EXPORT_PRIVATE: frozenset({Role.COUNTY_OPS}),
    Action.SEE_EXPORT_REQUESTS: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT}),
    # The second of two people; never the one who asks.
    Action.APPROVE_EXPORTS: frozenset({Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.AUDIT_SAMPLES: frozenset({Role.FUND_AUDIT}),
    Action.SEE_ROBOTS: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.SET_ROBOT: frozenset({Role.OFFICE_LEAD}),
    Action.CALL: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.SEE_TODAY: frozenset(_OFFICE),
    Action.SEE_CHANNELS: frozenset({Role.COUNTY_OPS, Role.COUNTY_MONITOR}),
    Action.SEE_RESIDENTS: frozenset(_FIELD | _OFFICE | {Role.COUNTY_OPS}),
    Action.CHANGE_RESIDENTS: frozenset(_FIELD | _OFFICE),
    Action.EXPORT_RESIDENTS: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.EXPORT_RESIDENTS_PRIVATE: frozenset({Role.COUNTY_OPS}),
    # Who files sends photos, and who publishes notices their papers.
    Action.UPLOAD: frozenset(_FIELD | _OFFICE | {Role.COUNTY_OPS}),
    Action.SEE_NOTICES: frozenset(_BUSINESS),
    Action.READ_NOTICES: frozenset(_FIELD),
    Action.PUBLISH_NOTICES: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.SEE_READERS: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.COUNTY_MONITOR}),
    Action.SEND_FEEDBACK: frozenset(_FIELD),
    Action.SEE_FEEDBACK: frozenset(_FIELD | _OFFICE | {Role.COUNTY_OPS}),
    Action.ANSWER_FEEDBACK: frozenset(_OFFICE | {Role.COUNTY_OPS}),
    Action.IMPORT_RESCUES: frozenset(_OFFICE),
    Action.SET_OFFICE_PHONE: frozenset(_OFFICE),
    # Offices see what is published for their county; drafts are of who makes them.
    Action.SEE_CIRCULARS: frozenset(_OFFICE | _COUNTY),
    Action.MAKE_CIRCULARS: frozenset({Role.COUNTY_OPS, Role.COUNTY_MONITOR}),
    Action.SEE_ASSESSMENTS: frozenset(_OFFICE | _COUNTY),
    Action.SEE_SUBSIDIES: frozenset(_OFFICE | {Role.COUNTY_OPS, Role.FUND_AUDIT}),
    Action.SEE_COUNTY_RULES: frozenset(_COUNTY),
    Action.SEE_RETENTION: frozenset(_COUNTY),
    Action.SET_COUNTY_RULES: frozenset({Role.COUNTY_OPS}),
}

POSTED_AT: dict[Role, frozenset[Level]] = {
    Role.LIAISON: frozenset({Level.VILLAGE}),
    Role.STATION: frozenset({Level.VILLAGE}),
    Role.REVIEWER: frozenset({Level.TOWNSHIP}),
    Role.OFFICE_LEAD: frozenset({Level.TOWNSHIP}),
    Role.COUNTY_OPS: frozenset({Level.COUNTY}),
    Role.COUNTY_MONITOR: frozenset({Level.COUNTY}),
    Role.FUND_AUDIT: frozenset({Level.COUNTY}),
    Role.SYSADMIN: frozenset({Level.COUNTY}),
    Role.UPPER_VIEWER: frozenset({Level.PROVINCE, Level.CITY, Level.COUNTY}),
}


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post in force: a role within the region and all below it."""

    id: UUID
    role: Role
    region: str
    is_backup: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, by which session, at which instant, with the posts held at that instant."""

    account: UUID
    name: str
    session: UUID
    posts: tuple[HeldPost, ...]
    now: datetime
    request: str

    def scopes(self, *actions: Action) -> tuple[str, ...]:
        """Region prefixes within which any of the actions is allowed."""
        return scopes(self.posts, *actions)

    def may(self, action: Action, region: str) -> bool:
        """True when one of the posts allows the action there."""
        return any(
            post.role in ALLOWED[action] and contains(post.region, region) for post in self.posts
        )


def scopes(posts: Iterable[HeldPost], *actions: Action) -> tuple[str, ...]:
    """Region prefixes of the posts whose role allows any of the actions, without repeats."""
    wanted = {
        post.region for post in posts if any(post.role in ALLOWED[action] for action in actions)
    }
    return tuple(sorted(r for r in wanted if not any(o != r and contains(o, r) for o in wanted)))


def appointing_action(role: Role) -> Action:
    """Which permission it takes to give somebody this role."""
    return Action.APPOINT_VILLAGE if role in _FIELD else Action.APPOINT_STAFF
