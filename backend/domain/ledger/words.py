"""The words of the ledger, with what sheets call them."""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """What somebody lives by, or why they do not work."""

    UNIT = "unit"
    FLEX = "flex"
    SELF = "self"
    PUBLIC = "public"
    FARM = "farm"
    UNEMPLOYED = "unemployed"
    NO_INTENT = "no_intent"
    STUDENT = "student"
    ARMY = "army"
    INCAPABLE = "incapable"
    RETIRED = "retired"


class WorkPlace(StrEnum):
    """Where the work is, from the village outwards."""

    VILLAGE = "village"
    TOWN = "town"
    COUNTY = "county"
    CITY = "city"
    PROVINCE = "province"
    OUT = "out"
    ABROAD = "abroad"


class Ability(StrEnum):
    FULL = "full"
    PART = "part"
    NONE = "none"


class Education(StrEnum):
    NONE = "none"
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"
    VOCATIONAL = "vocational"
    COLLEGE = "college"
    BACHELOR = "bachelor"
    MASTER = "master"


class Tag(StrEnum):
    """What somebody is entitled to help for."""

    LIFTED = "lifted"
    MONITORED = "monitored"
    DISABLED = "disabled"
    ALLOWANCE = "allowance"
    GRADUATE = "graduate"
    VETERAN = "veteran"
    HARD_TO_PLACE = "hard_to_place"
    ZERO_JOBS = "zero_jobs"


class ChangeType(StrEnum):
    """Why a person's entry changes. The last two end it."""

    NEW = "new"
    UPDATE = "update"
    MOVE_OUT = "move_out"
    DEATH = "death"

    @property
    def ends(self) -> bool:
        return self in (ChangeType.MOVE_OUT, ChangeType.DEATH)


STATUSES: Final = {each.value: each for each in Status} | {
    "单位就业": Status.UNIT,
    "灵活就业": Status.FLEX,
    "自主创业": Status.SELF,
    "公益性岗位": Status.PUBLIC,
    "务农": Status.FARM,
    "失业": Status.UNEMPLOYED,
    "无就业意愿": Status.NO_INTENT,
    "在校": Status.STUDENT,
    "在校学生": Status.STUDENT,
    "服役": Status.ARMY,
    "丧失劳动能力": Status.INCAPABLE,
    "退休": Status.RETIRED,
    "已退休": Status.RETIRED,
}
PLACES: Final = {each.value: each for each in WorkPlace} | {
    "村内": WorkPlace.VILLAGE,
    "本村": WorkPlace.VILLAGE,
    "乡内": WorkPlace.TOWN,
    "乡外县内": WorkPlace.COUNTY,
    "县外市内": WorkPlace.CITY,
    "市外省内": WorkPlace.PROVINCE,
    "省外": WorkPlace.OUT,
    "境外": WorkPlace.ABROAD,
}
ABILITIES: Final = {each.value: each for each in Ability} | {
    "有": Ability.FULL,
    "部分": Ability.PART,
    "丧失": Ability.NONE,
}
EDUCATIONS: Final = {each.value: each for each in Education} | {
    "文盲": Education.NONE,
    "小学": Education.PRIMARY,
    "初中": Education.JUNIOR,
    "高中": Education.SENIOR,
    "中专": Education.VOCATIONAL,
    "大专": Education.COLLEGE,
    "本科": Education.BACHELOR,
    "研究生": Education.MASTER,
}
TAGS: Final = {each.value: each for each in Tag} | {
    "脱贫": Tag.LIFTED,
    "监测对象": Tag.MONITORED,
    "残疾": Tag.DISABLED,
    "低保": Tag.ALLOWANCE,
    "高校毕业生": Tag.GRADUATE,
    "退役军人": Tag.VETERAN,
    "就业困难": Tag.HARD_TO_PLACE,
    "零就业家庭": Tag.ZERO_JOBS,
}
CHANGE_TYPES: Final = {each.value: each for each in ChangeType} | {
    "新增": ChangeType.NEW,
    "变更": ChangeType.UPDATE,
    "迁出": ChangeType.MOVE_OUT,
    "死亡": ChangeType.DEATH,
}
YES_NO: Final = {"true": True, "false": False, "1": True, "0": False, "是": True, "否": False}
