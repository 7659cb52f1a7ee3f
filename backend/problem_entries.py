"""What a catalogue entry is, and those of first use: links, devices, files handed over."""

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
