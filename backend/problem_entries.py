"""What a catalogue entry is; those of first use, and those of an office's own work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    status: int
    zh: str
    en: str


FIRST_USE = {
    "device_revoked": Entry(
        401,
        "这台手机的登录已被取消，请联系人社所",
        "This device was signed out from elsewhere; call the township office",
    ),
    "account_disabled": Entry(
        401, "账号已停用，请联系人社所", "The account is disabled; call the township office"
    ),
    "invitation_invalid": Entry(
        404, "链接无效，请向人社所重新索取", "Not a valid link; ask the township office for another"
    ),
    "invitation_used": Entry(
        410, "链接已使用过，请直接登录或重新索取", "The link was used; sign in, or ask for another"
    ),
    "invitation_expired": Entry(
        410, "链接已过期，请向人社所重新索取", "The link has expired; ask for another"
    ),
    "invitation_revoked": Entry(
        410, "链接已作废，请使用最新的链接", "The link was replaced or revoked; use the newest"
    ),
    "invitation_over": Entry(
        409, "任职已结束，链接不能使用", "The post has ended, so the link opens nothing"
    ),
    "rescue_version": Entry(
        422, "不是村报导出的文件，或版本不支持", "Not an exported file of a version known here"
    ),
    "office_of_township": Entry(
        422, "办公电话只能设在乡镇", "An office phone belongs to a township"
    ),
    "own_account": Entry(409, "不能停用自己的账号", "Nobody disables their own account"),
}

SECOND_FACTOR = {
    "second_factor_needed": Entry(
        401,
        "还需要动态验证码；用链接设密码的，请先让管理员重置",
        "A code of the second factor is needed too; for a link, have it reset first",
    ),
    # No 401: a client that is signed in would renew its tokens and guess again.
    "second_factor_wrong": Entry(
        403, "验证码不对、已过期或已用过", "The code is wrong, has expired or was used"
    ),
    "second_factor_required": Entry(
        403, "本县要求工作人员开启动态验证码", "This county requires a second factor of its staff"
    ),
    "second_factor_on": Entry(409, "动态验证码已开启", "The second factor is on already"),
    "second_factor_off": Entry(409, "动态验证码没有开启", "The second factor is not on"),
}

EXPORTS = {
    "export_own": Entry(403, "不能审批自己的申请", "Nobody approves their own request"),
    "export_not_waiting": Entry(
        409, "该申请已处理或已过期", "The request was decided, or nobody answered in time"
    ),
    "export_not_approved": Entry(
        409,
        "该申请不能导出：尚未审批、已拒绝、已导出过，或审批已超过24小时",
        "Nothing to fetch: not approved, refused, fetched before, or approved over a day ago",
    ),
}

AT_THE_DESK = {
    "call_note_conflict": Entry(
        409, "这个编号已用于另一条电话记录", "This id belongs to another note of a call"
    ),
    "call_note_past": Entry(
        422, "约定的时间应在以后一个月之内", "The time agreed on lies ahead, within a month"
    ),
    "handover_to_oneself": Entry(
        422, "接任人不能是现任联络员本人", "A post is not handed over to who holds it"
    ),
    "handover_day": Entry(
        422, "交接日期应在今后三个月之内", "The day of a handover is today or within three months"
    ),
    "holiday_notice_invalid": Entry(
        422,
        "放假通知“{about}”一项读不懂（{reason}），请粘贴通知全文",
        "The notice's item “{about}” can't be read ({reason}); paste the whole notice",
    ),
    "import_not_undoable": Entry(
        409, "这份名单不能撤销", "What this list wrote over is not known, so it can't be undone"
    ),
    "import_followed": Entry(
        409,
        "之后又导入过同类名单，只能撤销最近一份",
        "Another list of its kind was imported since; only the newest can be undone",
    ),
}
