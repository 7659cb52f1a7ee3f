"""What messages say, in Chinese and English: counts and instants, no names, no ID numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from backend.domain.calendar import SHANGHAI
from backend.domain.ladder import PLACEHOLDERS


def wording(kind: str, params: Mapping[str, Any], language: str) -> str:
    """The text of a message of this kind."""
    english = language == "en"
    if kind == "reminder":
        return _reminder_en(params) if english else _reminder_zh(params)
    if kind == "nudge":
        return _nudge_en(params) if english else _nudge_zh(params)
    if kind == "returned":
        fix_by, count = _clock(params.get("fix_by"), english), params.get("defects", 0)
        if english:
            return f"A report was returned with {count} to correct, by {fix_by}."
        return f"有1份报表被退回，需更正{count}处，请在{fix_by}前补正。"
    if kind == "death_reported":
        return _death_en(params) if english else _death_zh(params)
    if kind == "photos_missing":
        return _missing_en(params) if english else _missing_zh(params)
    if kind == "photos_refused":
        return _refused_en(params) if english else _refused_zh(params)
    if kind == "request_decided":
        return _decided_en(params) if english else _decided_zh(params)
    if kind == "notice":
        return _notice_en(params) if english else _notice_zh(params)
    if kind == "feedback":
        return _FEEDBACK[params.get("state", "sent")][1 if english else 0]
    return _filed_en(params) if english else _filed_zh(params)


_FEEDBACK = {
    "sent": (
        "有1条新的投诉建议，请及时接办。",
        "There is a new suggestion or complaint to answer.",
    ),
    "passed": (
        "您的投诉建议已转上级办理。",
        "What you wrote has been passed on to the county.",
    ),
    "answered": ("您的投诉建议已答复，请查看。", "What you wrote has been answered; please look."),
}


def _notice_zh(params: Mapping[str, Any]) -> str:
    what = "有1份通知已更正" if params.get("version", 1) > 1 else "收到1份新通知"
    if params.get("confirm_by") is None:
        return f"{what}，请查看。"
    return f"{what}，请在{_clock(params['confirm_by'], False)}前确认阅读。"


def _notice_en(params: Mapping[str, Any]) -> str:
    what = "A notice was corrected" if params.get("version", 1) > 1 else "There is a new notice"
    if params.get("confirm_by") is None:
        return f"{what}; please read it."
    return f"{what}; please confirm by {_clock(params['confirm_by'], True)} that you have read it."


def _own_words(params: Mapping[str, Any], english: bool) -> str | None:
    """What the county wrote for the step, with the figures filled in."""
    text = params.get("text")
    if not isinstance(text, Mapping):
        return None
    figures = {name: params.get(name, 0) for name in PLACEHOLDERS}
    figures["nearest"] = _clock(params.get("nearest"), english)
    words: str = text["en" if english else "zh"]
    return words.format_map(figures)


def _reminder_zh(params: Mapping[str, Any]) -> str:
    own = _own_words(params, english=False)
    if own is not None:
        return own
    duties, overdue = params.get("duties", 0), params.get("overdue", 0)
    late = f"，其中{overdue}项已逾期" if overdue else ""
    parts = [f"{duties}项待报{late}"] if duties else []
    if params.get("to_correct"):
        parts.append(f"{params['to_correct']}份退回待补正")
    if params.get("to_review"):
        parts.append(f"{params['to_review']}份待审核")
    villages = params.get("villages", 1)
    where = f"{villages}个村" if villages > 1 else ""
    nearest = _clock(params.get("nearest"), False)
    return f"{where}有{'；'.join(parts)}，最近截止时间：{nearest}。"


def _reminder_en(params: Mapping[str, Any]) -> str:
    own = _own_words(params, english=True)
    if own is not None:
        return own
    duties, overdue = params.get("duties", 0), params.get("overdue", 0)
    villages = params.get("villages", 1)
    where = f" in {villages} villages" if villages > 1 else ""
    late = f", {overdue} of them overdue" if overdue else ""
    wanted = (
        (duties, "still to be filed", late),
        (params.get("to_correct", 0), "returned and to be corrected", ""),
        (params.get("to_review", 0), "waiting for review", ""),
    )
    parts = [(f"{_reports(count)} {what}", more) for count, what, more in wanted if count]
    # The villages are those of all of it, and are named once.
    said = [f"{words}{'' if n else where}{more}" for n, (words, more) in enumerate(parts)]
    nearest = _clock(params.get("nearest"), True)
    return f"{'; '.join(said)}. Nearest deadline: {nearest}."


def _reports(count: int) -> str:
    return "1 report is" if count == 1 else f"{count} reports are"


def _nudge_zh(params: Mapping[str, Any]) -> str:
    return f"上级催报：{_reminder_zh(params)}请尽快填报。"


def _nudge_en(params: Mapping[str, Any]) -> str:
    return f"Your office asks for your reports: {_reminder_en(params)}"


def _decided_zh(params: Mapping[str, Any]) -> str:
    what = "延期" if params.get("asked") == "extend" else "免报"
    if params.get("decision") != "grant":
        return f"您的{what}申请未获批准，请按时填报。"
    if params.get("due_at") is None:
        return f"您的{what}申请已获批准，本期无需填报。"
    return f"您的{what}申请已获批准，新的截止时间：{_clock(params['due_at'], False)}。"


def _decided_en(params: Mapping[str, Any]) -> str:
    what = "more time" if params.get("asked") == "extend" else "a waiver"
    if params.get("decision") != "grant":
        return f"Your request for {what} was refused; please file the report."
    if params.get("due_at") is None:
        return f"Your request for {what} was granted; nothing is left to do for it."
    return f"Your request for {what} was granted. New deadline: {_clock(params['due_at'], True)}."


def _missing_zh(params: Mapping[str, Any]) -> str:
    count = params.get("photos", 0)
    return f"您上报的材料中有{count}张照片尚未传到，请在信号好的地方打开手机端继续上传。"


def _missing_en(params: Mapping[str, Any]) -> str:
    count = params.get("photos", 0)
    photos = "A photo that you filed has" if count == 1 else f"{count} photos that you filed have"
    return f"{photos} not arrived yet: open the app where the line is good."


def _refused_zh(params: Mapping[str, Any]) -> str:
    count = params.get("photos", 0)
    return f"您上报的材料中有{count}张照片或证件打不开，审核时会退回，请准备重新拍照。"


def _refused_en(params: Mapping[str, Any]) -> str:
    count = params.get("photos", 0)
    photos = "A photo or paper" if count == 1 else f"{count} photos or papers"
    return f"{photos} that you filed can't be opened and will be returned: be ready to retake it."


def _filed_zh(params: Mapping[str, Any]) -> str:
    who = "人社所已代报" if params.get("on_behalf") else "同事已填报"
    return f"{who}您村的{len(params.get('obligations', ()))}份报表，您无需再报。"


def _filed_en(params: Mapping[str, Any]) -> str:
    who = "The township office" if params.get("on_behalf") else "A colleague"
    count = len(params.get("obligations", ()))
    reports = "a report" if count == 1 else f"{count} reports"
    left = "it" if count == 1 else "them"
    return f"{who} has filed {reports} for your village; nothing is left to do for {left}."


def _death_zh(params: Mapping[str, Any]) -> str:
    return f"村里上报了{len(params.get('obligations', ()))}人死亡，请及时核实并停发待遇。"


def _death_en(params: Mapping[str, Any]) -> str:
    count = len(params.get("obligations", ()))
    deaths = "a death" if count == 1 else f"{count} deaths"
    return f"Villages have reported {deaths} among pensioners; please verify at once."


def _clock(instant: Any, english: bool) -> str:
    if not isinstance(instant, str):
        return "…"
    local = datetime.fromisoformat(instant).astimezone(SHANGHAI)
    if english:
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{local.month}月{local.day}日{local:%H:%M}"
