"""The one catalogue of errors: raised by name anywhere, rendered once (RFC 9457).

Phones branch on `code`, never on text. Every entry: status, Chinese, English.
"""

from typing import Any

from backend.problem_entries import AT_THE_DESK, EXPORTS, FIRST_USE, SECOND_FACTOR, Entry
from backend.told_problems import TOLD

LANGUAGES = ("zh", "en")


class Problem(Exception):
    """A refusal by the name of its catalogue entry; `params` fill the message and the body."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


CATALOGUE: dict[str, Entry] = {
    **{code: Entry(*said) for code, said in TOLD.items()},
    # The request itself
    "malformed": Entry(400, "请求内容无法读取", "The request could not be read"),
    "invalid": Entry(400, "填写的内容有误", "Some of the values given are not valid"),
    "bad_cursor": Entry(
        400, "同步位置无效，请重新同步", "The cursor is not one of ours; start anew"
    ),
    "not_found": Entry(404, "没有找到，或不在您的管辖范围内", "Not found, or outside your area"),
    "method_not_allowed": Entry(
        405, "此地址不支持这种操作", "This address does not take that method"
    ),
    "too_large": Entry(413, "内容过大", "The request is too large"),
    "unsupported_media_type": Entry(415, "请使用 JSON 格式", "Send JSON"),
    "server_error": Entry(
        500, "系统出错，请稍后再试", "Something went wrong on our side; try again"
    ),
    "unavailable": Entry(503, "系统繁忙，请稍后再试", "The service is busy; try again shortly"),
    # Sessions
    "not_signed_in": Entry(401, "请先登录", "Sign in first"),
    "token_expired": Entry(401, "登录已过期，请刷新", "The access token has expired; refresh it"),
    "token_invalid": Entry(
        401, "登录信息无效，请重新登录", "The token is not valid; sign in again"
    ),
    "session_ended": Entry(
        401, "本次登录已结束，请重新登录", "This session has ended; sign in again"
    ),
    **FIRST_USE,
    **AT_THE_DESK,
    **EXPORTS,
    **SECOND_FACTOR,
    "bad_credentials": Entry(401, "手机号或密码不正确", "Phone number or password is wrong"),
    "locked_out": Entry(
        429, "错误次数过多，请15分钟后再试", "Too many wrong passwords; try again in 15 minutes"
    ),
    "forbidden": Entry(403, "您的岗位不能进行此操作", "None of your posts allows this"),
    # People
    "phone_taken": Entry(409, "该手机号已有账号", "An account with this phone number exists"),
    "bad_phone": Entry(422, "手机号应为11位", "Not a mobile number of 11 digits"),
    "weak_password": Entry(
        422,
        "密码至少{min}位，且不能过于简单",
        "The password needs {min} characters and must not be trivial",
    ),
    "role_unknown": Entry(422, "没有这种岗位；可选：{roles}", "No such role; one of {roles}"),
    "role_level": Entry(
        422, "该岗位不能设在这一级区划", "This role can't be held at a region of that level"
    ),
    "post_held": Entry(409, "该人员已在此任职", "This person already holds that post"),
    "post_over": Entry(409, "该任职已结束", "This post has already ended"),
    "leave_dates": Entry(
        422,
        "请假日期有误：结束日期不能早于开始日期或今天，最长{max}天",
        "Leave ends on or after its first day, not before today, and lasts {max} days at most",
    ),
    "leave_overlaps": Entry(409, "与已登记的请假日期重叠", "It overlaps a leave entered before"),
    "leave_over": Entry(409, "该请假已结束，不能更改", "This leave has passed and stays as it is"),
    # Regions
    "bad_region_code": Entry(422, "区划代码不正确", "Not a valid region code"),
    "region_exists": Entry(409, "该区划代码已存在", "A region with this code exists"),
    "region_over": Entry(409, "该区划已撤销", "This region is no longer in force"),
    "region_levels_differ": Entry(
        422, "两个区划不在同一级", "The regions are not of the same level"
    ),
    # Forms and schedules
    "form_invalid": Entry(422, "报表定义有误", "The form definition has faults"),
    "expression_invalid": Entry(
        422, "表达式有误：{reason}", "The expression is not valid: {reason}"
    ),
    "form_published": Entry(
        409, "已发布的报表不能修改，请新建版本", "Published versions never change; make a new one"
    ),
    "certification_schedule": Entry(
        409,
        "资格认证的周期由认证办法决定，不能在这里设置",
        "The county's cycle says when certifications are due",
    ),
    "form_not_published": Entry(409, "报表尚未发布", "The form is not published"),
    "timetable_invalid": Entry(
        422, "时间规则有误：{reason}", "The timetable is not valid: {reason}"
    ),
    "ladder_invalid": Entry(422, "催报规则有误：{reason}", "The ladder is not valid: {reason}"),
    "ladder_published": Entry(
        409,
        "该版本已发布过，不能再次发布，请新建版本",
        "This version was published before; make a new one of its steps",
    ),
    "no_such_period": Entry(422, "该任务没有这一报告期", "The schedule has no such period"),
    "bad_period": Entry(422, "报告期不正确", "Not a period of this cadence"),
    "schedule_dates": Entry(422, "结束日期早于开始日期", "The schedule ends before it starts"),
    # Filing
    "not_open_yet": Entry(409, "尚未到填报时间", "This duty is not open yet"),
    "period_closed": Entry(
        409, "本期已截止，请联系人社所", "This period is closed; call the township office"
    ),
    "exempt": Entry(409, "本期已免报", "This duty was waived"),
    "already_accepted": Entry(409, "本期已通过审核", "This report was already accepted"),
    "awaiting_review": Entry(
        409, "已提交，正在审核；如需修改请先撤回", "Filed and awaiting review; withdraw it first"
    ),
    "already_reviewed": Entry(409, "已经审核，不能撤回", "Already reviewed; it can't be withdrawn"),
    "already_withdrawn": Entry(409, "已经撤回", "Already withdrawn"),
    "not_newest": Entry(409, "只能撤回最新一次填报", "Only the newest revision can be withdrawn"),
    "resident_known": Entry(409, "该身份证号已在本县台账中", "Already in the county's ledger"),
    "resident_gone": Entry(409, "此人已迁出或去世", "This person has moved out or died"),
    "submission_conflict": Entry(
        409,
        "同一编号已提交过不同内容，原内容未改动",
        "This id was filed with other content; nothing was overwritten",
    ),
    "answers_invalid": Entry(422, "有{count}处需要更正", "{count} answers need correcting"),
    "kind_not_allowed": Entry(
        422, "此报表不支持这种填报方式", "This form can't be filed in that way"
    ),
    "nothing_to_repeat": Entry(422, "没有上期数据，不能选择无变化", "No accepted report to repeat"),
    "answers_not_empty": Entry(
        422, "零报告和无变化不需要填写数据", "Zero and unchanged reports carry no answers"
    ),
    "zero_unconfirmed": Entry(422, "零报告需要确认", "A zero report needs its confirmation"),
    "on_behalf_reason": Entry(422, "代报需要说明原因", "Filing on behalf needs a reason"),
    # Review
    "own_filing": Entry(403, "不能审核自己填报的内容", "Nobody reviews what they filed"),
    "photo_held": Entry(
        409,
        "照片与他人照片相同或相似，须先作出认定",
        "A photo is like another person's; that is to be decided on first",
    ),
    "second_person": Entry(
        403, "复核须由另一人进行", "The second look is for somebody other than the first reviewer"
    ),
    "not_awaiting_review": Entry(409, "该报告不在待审核状态", "This report is not awaiting review"),
    "step_mismatch": Entry(
        409, "该报告不在这一审核环节", "This report is at another step of review"
    ),
    "defects_missing": Entry(422, "退回时请列出全部问题", "A return lists all defects"),
    "defects_unexpected": Entry(422, "通过时不应列出问题", "A pass carries no defects"),
    "defect_field_unknown": Entry(422, "报表中没有该栏目", "The form has no such field"),
    "review_conflict": Entry(
        409, "同一编号的审核内容不同", "This review id was used with other content"
    ),
    # Adjustments
    "nothing_to_adjust": Entry(422, "没有符合条件的任务", "No duty matches"),
    "extension_not_later": Entry(
        422, "顺延时间应晚于原截止时间", "An extension must end after the present deadline"
    ),
    "not_exempt": Entry(409, "该任务没有免报", "This duty is not waived"),
    # Requests for more time or a waiver
    "request_not_needed": Entry(
        409, "该任务已填报，无需申请", "This duty is filed; there is nothing to ask for"
    ),
    "request_open": Entry(
        409, "该任务已有申请正在处理", "A request about this duty awaits its decision"
    ),
    "request_conflict": Entry(
        409, "同一编号的申请内容不同", "This request id was used with other content"
    ),
    "request_advised": Entry(409, "人社所已签署意见", "The township office has given its advice"),
    "request_decided": Entry(409, "该申请已审批", "This request has been decided"),
    # Channels
    "channel_not_set": Entry(409, "未开通这种通知方式", "This channel is not set up here"),
    "bad_address": Entry(
        422, "通知地址不正确（{channel}）", "Not an address of this channel ({channel})"
    ),
    "too_many_addresses": Entry(
        409, "每种方式最多{max}个地址", "No more than {max} addresses for one channel"
    ),
    "township_only": Entry(422, "群机器人只能设在乡镇", "A robot belongs to a township"),
    "bad_signature": Entry(401, "签名无效", "The signature is not valid"),
    "call_done": Entry(409, "已经处理", "Somebody has seen to this already"),
    # Rates
    "as_of_future": Entry(422, "不能查询将来的时点", "An instant in the future can't be asked"),
    # Certification
    "bad_id_number": Entry(422, "身份证号不正确", "Not a valid identity number"),
    "cycle_invalid": Entry(
        422, "认证周期有误：{field} {reason}", "The cycle is not valid: {field} {reason}"
    ),
    "cycle_in_past": Entry(422, "认证周期只能从今天或以后开始", "A cycle starts today or later"),
    "evidence_invalid": Entry(
        422,
        "材料要求有误：{field} {reason}",
        "The papers asked for are not valid: {field} {reason}",
    ),
    # Photos and papers (tus 1.0)
    "tus_version_unsupported": Entry(412, "上传协议版本不支持", "Speak tus 1.0.0"),
    "upload_method_not_allowed": Entry(
        405, "此地址不支持这种操作", "An upload does not take that method"
    ),
    "upload_length_wrong": Entry(400, "文件大小有误", "Upload-Length is missing or not valid"),
    "upload_metadata_wrong": Entry(
        400, "缺少文件的 sha256", "Upload-Metadata must have the sha256 of the content"
    ),
    "upload_type_wrong": Entry(415, "上传内容类型有误", "Send application/offset+octet-stream"),
    "upload_offset_wrong": Entry(400, "上传位置有误", "Upload-Offset is missing or not valid"),
    "upload_checksum_unsupported": Entry(
        400, "不支持这种校验方法", "This checksum algorithm is not known"
    ),
    "upload_missing": Entry(404, "没有这次上传，请重新上传", "No such upload; begin anew"),
    "upload_offset_conflict": Entry(
        409, "上传位置不符，请续传", "The upload stands elsewhere; ask where with HEAD"
    ),
    "upload_expired": Entry(410, "上传已过期，请重新上传", "The upload has expired; begin anew"),
    "upload_too_large": Entry(413, "文件过大（上限20MB）", "More than 20 MiB, or than announced"),
    "upload_busy": Entry(423, "正在上传，请稍候", "Another request has this upload in hand"),
    "upload_checksum_mismatch": Entry(
        460, "传输中有损坏，请重传", "The checksum does not match: send this part again"
    ),
    "upload_content_mismatch": Entry(
        460, "文件与所报不符，请重新上传", "The content is not what was announced; begin anew"
    ),
    "upload_store_unavailable": Entry(
        503, "照片暂时无法保存，请稍后再试", "Photos can't be stored just now; try again"
    ),
    "picture_gone": Entry(410, "照片已按规定删除", "The picture has been erased"),
    "picture_not_here": Entry(409, "照片尚未到达或未处理", "The picture has not come yet"),
    "picture_refused": Entry(409, "文件不能显示：{reason}", "The file can't be shown: {reason}"),
    "flag_decided": Entry(409, "该提示已处理", "This flag has been decided"),
    "note_missing": Entry(422, "不符合要求的，请写明原因", "What is not in order needs a note"),
    "file_type": Entry(415, "请上传 CSV 或 XLSX 文件", "Send a CSV or XLSX file"),
    "hit_not_open": Entry(409, "该疑点已处理", "This suspicion is not open"),
    "list_unreadable": Entry(
        422, "文件无法作为表格读取", "The file can't be read as a table: {reason}"
    ),
    "columns_missing": Entry(
        422, "缺少必需的列：{fields}", "The list lacks columns that it needs: {fields}"
    ),
    "column_twice": Entry(422, "同一列出现两次：{fields}", "A column comes twice: {fields}"),
    "roster_empty": Entry(422, "名单中没有数据", "The list has no rows below its header"),
    "roster_without_village": Entry(
        422, "名单中没有一行可以读取", "No row of the list is sound, so its county is unknown"
    ),
    "roster_many_gone": Entry(
        409,
        "名单中缺少{gone}人（共{of}人），请确认不是部分名单",
        "{gone} of {of} known are not listed; confirm that this is the whole roster",
    ),
    "event_date_invalid": Entry(
        422, "发生日期有误：{reason}", "The date of the event is not valid: {reason}"
    ),
}


def message(code: str, params: dict[str, Any], language: str) -> str:
    """The entry's text in Chinese or English, with its parameters filled in."""
    text = CATALOGUE[code].en if language == "en" else CATALOGUE[code].zh
    return text.format_map(_Known(params))


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def body(code: str, params: dict[str, Any], language: str) -> dict[str, Any]:
    """The problem document; parameters appear as members beside the standard ones."""
    entry = CATALOGUE[code]
    return {
        "type": f"urn:cunbao:problem:{code}",
        "title": message(code, params, language),
        "status": entry.status,
        "code": code,
        "params": params,
    }


def language_of(accept_language: str | None) -> str:
    """Chinese unless English is asked for first (RFC 9110 §12.5.4, by order of appearance)."""
    for part in (accept_language or "").lower().split(","):
        tag = part.split(";")[0].strip()
        for language in LANGUAGES:
            if tag == language or tag.startswith(f"{language}-"):
                return language
    return "zh"
