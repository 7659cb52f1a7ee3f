"""HTTP: one controller module per resource; handlers load, authorise, act, return."""

from backend.routes.addresses import AddressController, RobotController
from backend.routes.adjustments import AdjustmentController
from backend.routes.assessments import AssessmentController
from backend.routes.audit import AuditController
from backend.routes.beneficiaries import BeneficiaryController
from backend.routes.calendar import CalendarController
from backend.routes.calls import CallController
from backend.routes.certification import CertificationController
from backend.routes.channels import ChannelController, DeliveryController
from backend.routes.circulars import CircularController
from backend.routes.county_rules import CountyRuleController
from backend.routes.devices import AccountDeviceController, MyDeviceController
from backend.routes.docs import asset
from backend.routes.door import DoorController
from backend.routes.effect import EffectController
from backend.routes.export_requests import ExportRequestController
from backend.routes.exports import ROUTES
from backend.routes.feedback import FeedbackController
from backend.routes.feeds import FeedController, feed
from backend.routes.findings import FindingController
from backend.routes.forms import FormController
from backend.routes.import_results import ImportController
from backend.routes.import_templates import TemplateController
from backend.routes.import_undo import UndoController
from backend.routes.imports import UploadController
from backend.routes.imports_underway import UnderwayController
from backend.routes.invitations import InvitationController
from backend.routes.ladders import LadderController
from backend.routes.leaves import LeaveController
from backend.routes.live_rates import LiveRateController
from backend.routes.messages import MessageController
from backend.routes.notice_files import NoticeFileController
from backend.routes.notices import NoticeController
from backend.routes.nudges import NudgeController
from backend.routes.obligations import ObligationController
from backend.routes.operations import live, metrics, ready
from backend.routes.outlook import OutlookController
from backend.routes.people import AccountController, PostController
from backend.routes.pictures import AttachmentController, PictureController
from backend.routes.progress import ProgressController
from backend.routes.rates import RateController
from backend.routes.records import RecordController
from backend.routes.regions import RegionController
from backend.routes.requests import RequestController
from backend.routes.rescues import RescueController
from backend.routes.resident_changes import ResidentChangeController
from backend.routes.resident_sheets import ResidentSheetController
from backend.routes.residents import ResidentController
from backend.routes.results import ResultController
from backend.routes.retention import RetentionController
from backend.routes.reuse import ReuseController
from backend.routes.reviews import ReviewController
from backend.routes.samples import SampleController
from backend.routes.schedule_periods import SchedulePeriodController
from backend.routes.schedules import ScheduleController
from backend.routes.second_factor import AccountFactorController, MyFactorController
from backend.routes.sessions import MeController, SessionController
from backend.routes.submissions import SubmissionController
from backend.routes.subsidies import SubsidyController
from backend.routes.sync import SyncController
from backend.routes.today import TodayController
from backend.routes.uploads import PhotoUploadController
from backend.routes.villages import HandoverController, VillageController
from backend.routes.web import beside, built, liaison, office, office_built

CONTROLLERS = (
    SessionController,
    MeController,
    SyncController,
    SubmissionController,
    ResidentController,
    ResidentChangeController,
    ResidentSheetController,
    ObligationController,
    AdjustmentController,
    RequestController,
    NudgeController,
    ReviewController,
    LiveRateController,
    RateController,
    OutlookController,
    EffectController,
    MessageController,
    AddressController,
    RobotController,
    DeliveryController,
    CallController,
    TodayController,
    TemplateController,
    ExportRequestController,
    MyFactorController,
    AccountFactorController,
    VillageController,
    HandoverController,
    ChannelController,
    FormController,
    ScheduleController,
    SchedulePeriodController,
    LadderController,
    CalendarController,
    RegionController,
    AccountController,
    PostController,
    LeaveController,
    FeedController,
    AuditController,
    UploadController,
    UnderwayController,
    ImportController,
    UndoController,
    BeneficiaryController,
    CertificationController,
    ProgressController,
    PhotoUploadController,
    AttachmentController,
    PictureController,
    ReuseController,
    DoorController,
    FindingController,
    SampleController,
    ResultController,
    NoticeController,
    NoticeFileController,
    FeedbackController,
    InvitationController,
    MyDeviceController,
    AccountDeviceController,
    RescueController,
    RecordController,
    CircularController,
    CountyRuleController,
    AssessmentController,
    SubsidyController,
    RetentionController,
)
EXPORTS = ROUTES
OPERATIONS = (live, ready, metrics, asset, feed, liaison, beside, built, office, office_built)
