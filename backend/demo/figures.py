"""What the villages answer: figures that start somewhere plausible and go on from last period's.

A writer fills in what a liaison would type; totals follow from the form. Every answer keeps the
form's error checks; now and then one fails a warning, and then a reason goes with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from backend.domain.expressions import Scope
from backend.domain.form_definition import FormDefinition
from backend.domain.forms import prefilled

Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """A village: people of working age, and of these in households lifted out of poverty."""

    people: int
    poor: int


def profile(rng: Random) -> Profile:
    """A village drawn at random; one in seven has nobody on the poverty register."""
    people = rng.randint(180, 1400)
    return Profile(people, 0 if rng.random() < 1 / 7 else rng.randint(4, 10 + people // 12))


@dataclass(frozen=True, slots=True)
class Blank:
    """A form to fill in: for which village and period, and what was accepted before."""

    form: FormDefinition
    village: Profile
    ends_on: date
    last: Mapping[str, Any] | None


def fill(blank: Blank, rng: Random) -> Answers:
    """The answers of a report."""
    answers = prefilled(blank.form, blank.last) if blank.last else {}
    _WRITERS[blank.form.code](blank, answers, rng)
    return _with_totals(blank, answers)


def correct(blank: Blank, answers: Answers) -> Answers:
    """The same report once the field that `DEFECTS` names has been put right."""
    key, _, more = DEFECTS[blank.form.code]
    target = answers["jobs"][0] if key == "headcount" else answers
    target[key] = round(target[key] + more, 2)
    return _with_totals(blank, answers)


# What an office finds wrong: the field, the words, and by how much the correction differs.
DEFECTS: Final[Mapping[str, tuple[str, str, float]]] = {
    "LABOR_MONTHLY": ("train_wish", "有培训意愿的人数与报名表不符，请核实", 1),
    "RETURN_WEEKLY": ("leave_week", "本周外出人数漏填，请与台账核对", 1),
    "POVERTY_MONTHLY": ("lost_job", "有人员已返乡，本月失去工作的人数漏填", 1),
    "AID_QUARTERLY": ("pub_subsidy", "岗位补贴与发放表不符", 120.5),
    "PENSION_CHANGE": ("new_claim", "本月有新到龄人员未报", 1),
    "JOB_DEMAND": ("headcount", "招工人数与用人单位来函不符", 1),
    "PLATFORM_ANNUAL": ("screens", "信息显示屏数量与资产登记不符", 1),
}
REASONS: Final[Mapping[str, str]] = {
    "migrant_flow": "上月有人重复登记，本月已更正",
    "pa_work_target": "年初下达的目标偏高，正在逐户联系岗位",
    "pa_work_drop": "帮扶车间停产检修，下月恢复",
    "pay_high": "技术岗位，工资面议",
}
_OTHER_REASON: Final = "已入户核实，数据无误"


def reason(check: str) -> str:
    """Why a warning does not make the report wrong."""
    return REASONS.get(check, _OTHER_REASON)


def _with_totals(blank: Blank, answers: Answers) -> Answers:
    scope = Scope(answers, blank.last or {})
    for total in blank.form.computed:
        value = total.compute.evaluate(scope) if total.compute else None
        if value is not None:
            answers[total.key] = value
    return answers


def _split(rng: Random, whole: int, weights: tuple[int, ...]) -> list[int]:
    """`whole` people over as many places as there are weights."""
    parts = [whole * weight // sum(weights) for weight in weights]
    parts[rng.randrange(len(parts))] += whole - sum(parts)
    return parts


def _labor(blank: Blank, a: Answers, rng: Random) -> None:
    if blank.last is None:
        _labor_first(blank.village.people, a, rng)
    left, back = rng.randint(0, min(5, a["emp_farm"])), rng.randint(0, min(4, a["mig_out"]))
    a["emp_farm"] -= left
    a["emp_flex"] += left
    a["mig_out"] += left - back
    found = rng.randint(0, min(2, a["unemployed"]))
    a["unemployed"] -= found
    a["emp_unit"] += found
    a["unemp_reg"] = min(a["unemp_reg"], a["unemployed"])
    a["unemployed_female"] = min(a["unemployed_female"], a["unemployed"])
    double = rng.random() < 0.01  # somebody was counted twice last month
    a.update(mig_new=left + double, mig_back=back)


def _labor_first(people: int, a: Answers, rng: Random) -> None:
    a.update(in_school=people * 6 // 100, army=rng.randint(0, 3), retired=people * 2 // 100)
    a["incapable"] = people * 4 // 100
    labor = people - a["in_school"] - a["army"] - a["retired"] - a["incapable"]
    unemployed, idle = labor * rng.randint(2, 5) // 100, labor * rng.randint(5, 9) // 100
    employed = labor - unemployed - idle
    kinds = _split(rng, employed, (31, 24, 7, 1, 37))
    names = ("emp_unit", "emp_flex", "emp_self", "emp_public", "emp_farm")
    a.update(zip(names, kinds, strict=True))
    away = (employed - a["emp_farm"]) * rng.randint(45, 65) // 100
    names = ("mig_county", "mig_city", "mig_prov", "mig_out", "mig_abroad")
    a.update(zip(names, _split(rng, away, (30, 20, 18, 31, 1)), strict=True))
    a.update(unemployed=unemployed, unemp_reg=unemployed * 6 // 10, no_intent=idle)
    a.update(labor_female=labor * 46 // 100, employed_female=employed * 42 // 100)
    a.update(unemployed_female=unemployed * 4 // 10, migrant_female=away * 35 // 100)
    a.update(train_wish=labor * 5 // 100, job_wish=unemployed + labor * 2 // 100)


def _returned(blank: Blank, a: Answers, rng: Random) -> None:
    out, near = rng.randint(0, 4), rng.randint(0, 3)
    a.update(ret_out=out, ret_in=near, ret_cum=out + near, leave_week=rng.randint(0, 2))
    names = ("local_job", "startup", "plan_leave", "seeking", "no_intent")
    for name in (*names, "unpaid_wage", "need_service"):
        a.setdefault(name, 0)
    for _ in range(out + near):
        a[rng.choice(names)] += 1
    a["need_service"] = min(a["seeking"], a["need_service"] + rng.randint(0, 1))


def _poverty(blank: Blank, a: Answers, rng: Random) -> None:
    if blank.last is None:
        poor = blank.village.poor
        work = poor * rng.randint(60, 85) // 100
        names = ("w_town", "w_county", "w_city", "w_prov", "w_out")
        a.update(zip(names, _split(rng, work, (30, 25, 15, 10, 20)), strict=True))
        a.update(pa_labor=poor, mon_labor=poor // 8, annual_target=max(0, work - 1))
        a.update(pa_public=min(1, work), pa_workshop=work // 10)
    work = a["w_town"] + a["w_county"] + a["w_city"] + a["w_prov"] + a["w_out"]
    new = rng.randint(0, min(2, a["pa_labor"] - work))
    lost = rng.randint(0, min(1, max(0, a["w_town"] - a["pa_public"] - a["pa_workshop"])))
    a["w_town"] += new - lost
    a.update(new_work=new, lost_job=lost)


def _aid(blank: Blank, a: Answers, rng: Random) -> None:
    if blank.last is None:
        hard = blank.village.people * rng.randint(1, 3) // 100
        a.update(hard_begin=hard, pub_begin=rng.randint(0, 4), zero_begin=rng.randint(0, 1))
    new, posts = rng.randint(0, 3), rng.randint(0, 1)
    placed = rng.randint(0, min(3, a["hard_begin"] + new))
    a.update(hard_new=new, hard_exit=rng.randint(0, placed), hard_placed=placed)
    a.update(pub_new=posts, pub_left=rng.randint(0, min(1, a["pub_begin"])))
    a["pub_subsidy"] = round((a["pub_begin"] + posts) * 3 * 980.0, 2)
    found = int(rng.random() < 0.05)
    solved = rng.randint(0, a["zero_begin"] + found)
    a.update(zero_found=found, zero_solved=solved)
    if a["zero_begin"] + found > solved:
        a["zero_plan"] = "已联系乡镇公益性岗位，下季度安排一人上岗"


def _pension(blank: Blank, a: Answers, rng: Random) -> None:
    a.update(death=rng.choice((0, 0, 1, 1, 2)), moved_out=int(rng.random() < 0.1))
    a.update(custody=int(rng.random() < 0.01), missing=0, emigrated=0, duplicate=0)
    a.update(moved_in=int(rng.random() < 0.05), released=0, new_claim=rng.randint(0, 3))


_EMPLOYERS: Final = ("示范服装加工厂", "青石果蔬合作社", "示范物流园", "柳河食品公司", "县城环卫所")
_POSTS: Final = ("缝纫工", "分拣工", "装卸工", "保洁员", "包装工", "电焊工", "冷库管理员")


def _jobs(blank: Blank, a: Answers, rng: Random) -> None:
    a["jobs"] = [_job(blank, rng) for _ in range(rng.randint(1, 3))]


def _job(blank: Blank, rng: Random) -> Answers:
    pay = rng.randrange(2200, 6000, 100)
    return {
        "employer": rng.choice(_EMPLOYERS),
        "post": rng.choice(_POSTS),
        "headcount": rng.randint(1, 20),
        "pay_min": pay,
        "pay_max": pay + rng.randrange(0, 3000, 100),
        "valid_to": (blank.ends_on + timedelta(days=rng.randint(15, 60))).isoformat(),
    }


def _platform(blank: Blank, a: Answers, rng: Random) -> None:
    full, part = rng.randint(0, 2), rng.randint(1, 3)
    staff = full + part
    a.update(staff_full=full, staff_part=part, staff_female=rng.randint(0, staff))
    a.update(staff_public=rng.randint(0, part), staff_trained=rng.randint(0, staff))
    for group in (("edu_high", "edu_college", "edu_bachelor"), _AGES):
        a.update(zip(group, _split(rng, staff, (5, 3, 1)), strict=True))
    area = round(rng.uniform(15, 90), 1)
    a.update(premises_kind=rng.choice(("OWN", "SHARED", "SHARED", "RENT")), area_total=area)
    a.update(area_hall=round(area / 2, 1), computers=rng.randint(1, 3), printers=1, scanners=1)
    a.update(id_readers=rng.randint(0, 1), self_terminals=0, screens=rng.randint(0, 1))
    a.update(networks=["NET", "HR"][: rng.randint(1, 2)], bandwidth=rng.choice((100, 200, 500)))
    a.update(terminals=1, fund_county=rng.randrange(2000, 20000, 500), fund_town=0, fund_other=0)
    a["fund_village"] = rng.randrange(0, 5000, 500)
    a.update(spent_staff=a["fund_county"] - 500, spent_office=a["fund_village"])


_AGES: Final = ("age_middle", "age_senior", "age_young")
_WRITERS: Final[Mapping[str, Callable[[Blank, Answers, Random], None]]] = {
    "LABOR_MONTHLY": _labor,
    "RETURN_WEEKLY": _returned,
    "POVERTY_MONTHLY": _poverty,
    "AID_QUARTERLY": _aid,
    "PENSION_CHANGE": _pension,
    "JOB_DEMAND": _jobs,
    "PLATFORM_ANNUAL": _platform,
}
