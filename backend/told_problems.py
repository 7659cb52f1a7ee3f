"""What notices, feedback and the county's papers are refused for; entries of the one catalogue in
`problems.py`.
"""

from typing import Final

# By code: status, Chinese, English.
TOLD: Final[dict[str, tuple[int, str, str]]] = {
    "notice_scope": (422, "只能发给本单位辖区", "A notice goes to places of the office's own area"),
    "notice_conflict": (
        409,
        "这个编号已用于另一份通知",
        "Another notice was published under this id",
    ),
    "notice_withdrawn": (409, "该通知已撤回", "This notice has been withdrawn"),
    "confirm_by_past": (
        422,
        "确认期限须在现在之后",
        "Nobody could confirm by a time that has passed",
    ),
    "file_not_sent": (409, "附件尚未上传：{names}", "These files have not been uploaded: {names}"),
    "feedback_conflict": (409, "这个编号已用于另一条内容", "Something else was sent under this id"),
    "feedback_answered": (409, "该事项已答复", "This has been answered"),
    "feedback_held": (
        409,
        "该事项由其他同事负责，请先接办",
        "A colleague has this; take it over first",
    ),
    "circular_made": (
        409,
        "这一期的通报已编制，如有变化请更正",
        "There is a circular on this already; correct it where it has changed",
    ),
    "circular_empty": (
        409,
        "到这个时点还没有到期的任务",
        "Nothing was due as of that instant, so there is nothing to tell",
    ),
    "circular_same": (
        409,
        "数据没有变化，无需更正",
        "No figure has changed since the last version",
    ),
    "circular_published": (409, "这一版已发布", "This version has been published"),
    "weights_sum": (422, "各项分值合计应为100，现为{sum}", "The items make {sum} points, not 100"),
    "feedback_top": (409, "没有上级单位可转办", "No office stands above to pass it on to"),
}
