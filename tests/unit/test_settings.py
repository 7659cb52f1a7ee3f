"""Settings: read once, bad ones named, all of them in the README."""

import re
from pathlib import Path

import pytest

from backend.settings import VARIABLES, BadSetting, load

GOOD = {"CUNBAO_SECRET_KEY": "x" * 32}


def test_defaults_need_only_a_secret() -> None:
    settings = load(GOOD)
    assert settings.database_url is None
    assert settings.home.is_absolute()
    assert settings.scheduler is True


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("CUNBAO_SECRET_KEY", "short", "at least 32 characters"),
        ("CUNBAO_DATABASE_URL", "mysql://somewhere", "must start with postgresql://"),
        ("CUNBAO_DATABASE_URL", "http://[", "must start with postgresql://"),
        ("CUNBAO_POOL_SIZE", "1", "from 2 to 200"),
        ("CUNBAO_POOL_SIZE", "ten", "from 2 to 200"),
        ("CUNBAO_POOL_SIZE", "１０", "from 2 to 200"),
        ("CUNBAO_LOG_LEVEL", "loud", "must be one of"),
        ("CUNBAO_SCHEDULER", "yes", "must be one of: on, off"),
        ("CUNBAO_OBJECTS", "ftp://x", "must be 'folder' or s3://BUCKET"),
        ("CUNBAO_S3_ENDPOINT", "s3.example.cn", "must start with http:// or https://"),
        ("CUNBAO_GATEWAY_CHANNELS", "sms fax", "one or more of: sms, voice"),
        ("CUNBAO_WECOM_APP", "corp-secret", "must look like corpid:secret@agentid"),
        ("CUNBAO_VAPID_PRIVATE_KEY", "short", "43 characters"),
        ("CUNBAO_POOLSIZE", "10", "no such setting"),
    ],
)
def test_a_bad_one_is_named_with_its_reason(name: str, value: str, why: str) -> None:
    with pytest.raises(BadSetting) as caught:
        load({**GOOD, name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert why in str(caught.value)


def test_the_secret_has_no_default() -> None:
    with pytest.raises(BadSetting, match="CUNBAO_SECRET_KEY: is not set"):
        load({})


def test_an_s3_store_needs_its_keys() -> None:
    with pytest.raises(BadSetting, match="CUNBAO_S3_ENDPOINT"):
        load({**GOOD, "CUNBAO_OBJECTS": "s3://photos"})


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"CUNBAO_GATEWAY_URL": "https://sms.county.test/send"}, "CUNBAO_GATEWAY_SECRET"),
        ({"CUNBAO_MAIL_SERVER": "smtp://mail.county.test"}, "CUNBAO_MAIL_FROM"),
        ({"CUNBAO_VAPID_PRIVATE_KEY": "A" * 43}, "CUNBAO_VAPID_CONTACT"),
        ({"CUNBAO_WECOM_APP": "corp:secret@1"}, "CUNBAO_WECOM_URL"),
    ],
)
def test_a_channel_needs_all_of_its_settings(given: dict[str, str], missing: str) -> None:
    with pytest.raises(BadSetting, match=f"{missing}: is needed"):
        load({**GOOD, **given})


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readme_lists_every_setting_with_its_default(readme: str) -> None:
    text = (Path(__file__).parents[2] / readme).read_text("utf-8")
    listed = dict(re.findall(r"^\| `(CUNBAO_\w+)` \| (?:`([^`]*)`)?", text, flags=re.MULTILINE))
    assert listed == {variable.env: variable.default or "" for variable in VARIABLES}
