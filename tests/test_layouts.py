"""Layouts are data: the preset is whole, a city's own file works, and a wrong one is named."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from pipeline import layouts, style
from pipeline.errors import ExitCode, SettingsError
from pipeline.layouts import HeaderField, Layout, Register
from pipeline.terms import Phase, Role

PRESET = resources.files("pipeline.templates").joinpath("nagasaki.toml").read_text(encoding="utf-8")


def own(folder: Path, text: str) -> str:
    file = folder / "city.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_nagasaki_prints_who_the_city_prints() -> None:
    layout = layouts.load("nagasaki")
    printed = {(role, phase) for role in Role for phase in Phase if layout.prints(role, phase)}
    roles = (Role.MEMBER, Role.AGENCY, Role.SECRETARIAT, Role.OTHER)
    assert printed == {
        (role, phase) for role in roles for phase in (Phase.QUESTIONS, Phase.DELIBERATION, Phase.REPORT_DELIBERATION)
    }
    assert layout.register is Register.DEARU
    assert layout.header[0] == HeaderField.DEPARTMENT and set(layout.header) == set(HeaderField) - {HeaderField.ATTENDEES}


def test_every_preset_loads_under_its_own_name() -> None:
    assert "nagasaki" in layouts.presets()
    for name in layouts.presets():
        assert layouts.load(name).name == name


def test_the_preset_documents_every_key_and_every_rule() -> None:
    keys = {field.alias or name for name, field in Layout.model_fields.items()}
    assert keys == set(re.findall(r"^(\w+) = ", PRESET.split("[labels]")[0], re.M)) | {"labels"}
    for rule in style.PLAIN:
        assert rule in PRESET


def test_a_city_brings_its_own_file(tmp_path: Path) -> None:
    text = PRESET.replace('"要点常体"', '"ケバ取り"', 1).replace("[labels]", '[labels]\n"会長" = "議長"')
    layout = layouts.load(own(tmp_path, text))
    assert layout.register is Register.CLEAN
    assert layout.labels[Role.CHAIR] == "議長" and layout.prints(Role.CHAIR, Phase.QUESTIONS)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("item_heading", "item_headding"), "item_headding 知らない項目です"),
        (('section_heading = "【{phase}】"', ""), "section_heading 書かれていません"),
        (('register = "要点常体"', 'register = "である"'), "register 使えるのは .*要点常体"),
        (('"日時"', '"場所"'), "header: 場所 が2度あります"),
        (("left_out_if_unknown = []", 'left_out_if_unknown = ["傍聴者"]'), "left_out_if_unknown: 傍聴者 は header に"),
        (
            ('header = ["担当所属名", "会議名", "日時", "場所", "議題", "審議結果"]', "header = []"),
            "header: 必ず書く項目が1つは",
        ),
        (('comma = "、"', 'comma = "・"'), "comma 使えるのは .*，"),
        (('indent = ""', 'indent = "  "'), "indent 使えるのは"),
        (('"質疑", "審議"', '"質問", "審議"'), "phases.0 使えるのは .*質疑"),
        (('"実施機関" = ', '"担当課" = '), "labels.担当課 使えるのは .*実施機関"),
        (("blank_before_item = true", 'blank_before_item = "二行"'), "blank_before_item 値の種類が違います"),
        (('"{label} {title}"', '"{label} {tittle}"'), "item_heading: 使えない {tittle}"),
        (('"【{phase}】"', '"【{phase】"'), "section_heading: 波かっこ"),
        (('name = "nagasaki"', 'name = "nagasaki'), "書き方に誤り"),
    ],
)
def test_a_wrong_file_is_named_by_its_key(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    text = PRESET.replace(*change, 1)
    assert text != PRESET
    with pytest.raises(SettingsError, match=named) as caught:
        layouts.load(own(tmp_path, text))
    assert caught.value.exit_code == ExitCode.SETTINGS and caught.value.advice


@pytest.mark.parametrize("name", ["nagasakii", "none.toml", "", "../templates/nagasaki"])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match="様式がありません") as caught:
        layouts.load(name)
    assert "nagasaki" in caught.value.advice


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_bytes(PRESET.encode("cp932", errors="ignore"))
    with pytest.raises(SettingsError, match="UTF-8"):
        layouts.load(str(file))
