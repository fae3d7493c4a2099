"""A site's own staging tables, on invented ones."""

from __future__ import annotations

import hashlib

import pytest

from mdtapp.disciplines import FaultyDefinition, staging_tables, use_staging_tables
from mdtapp.disciplines.staging_tables import read_tables

INVENTED = """\
system: tnm8
site: [colon, rectum]
edition_label: invented for tests
source: {title: Invented table, licence: none needed}
prefixes: [c, p]
rows:
  - {T: [Tis], N: [N0], M: [M0], group: '0'}
  - {T: any, N: any, M: [M1a], group: IVA}
  - {T: any, N: any, M: [M1], group: IV}
  - {T: [T1, T2], N: [N0], M: [M0], group: I}
  - {T: [T4a], N: [N0], M: [M0], group: IIB}
  - {T: [T3, T4], N: [N0], M: [M0], group: IIA}
  - {T: any, N: [N1, N2], M: [M0], group: III}
"""


def tables(folder, text=INVENTED, name="tnm8_colorectal.yaml"):
    (folder / name).write_text(text, encoding="utf-8")
    return read_tables(folder)


@pytest.mark.parametrize(
    ("site", "system", "prefix", "t", "n", "m", "group"),
    [
        ("colon", "tnm8", "c", "T1", "N0", "M0", "I"),
        ("rectum", "tnm8", "p", "T2", "N0", "M0", "I"),
        ("colon", "tnm8", "p", "Tis", "N0", "M0", "0"),
        ("colon", "tnm8", "p", "T1b", "N0", "M0", "I"),  # the table knows T1 only
        ("colon", "tnm8", "p", "T4a", "N0", "M0", "IIB"),
        ("colon", "tnm8", "p", "T4b", "N0", "M0", "IIA"),
        ("colon", "tnm8", "p", "T3", "N0(i+)", "M0", "IIA"),
        ("colon", "tnm8", "p", "T3", "N1c", "M0", "III"),
        ("colon", "tnm8", "c", "T3", "N1", "M1a", "IVA"),
        ("colon", "tnm8", "c", "T3", "N1", "M1b", "IV"),
        ("colon", "tnm8", "c", "T0", "N0", "M0", None),  # not in the table
        ("colon", "tnm8", "c", "TX", "N0", "M0", None),
        ("colon", "tnm8", "c", "", "N0", "M0", None),
        ("colon", "tnm9", "c", "T1", "N0", "M0", None),
        ("colon", "tnm8", "yp", "T1", "N0", "M0", None),
        ("lung", "tnm8", "c", "T1", "N0", "M0", None),
    ],
)
def test_the_group_a_table_gives(tmp_path, site, system, prefix, t, n, m, group):
    assert tables(tmp_path).group_of(site, system, prefix, t, n, m) == group


def test_a_group_names_its_row_and_the_file_it_stands_in(tmp_path):
    derived = tables(tmp_path).derive("colon", "tnm8", "c", "T3", "N0", "M0")
    assert derived is not None
    assert (derived.row, derived.file) == (6, "tnm8_colorectal.yaml")
    assert derived.sha256 == hashlib.sha256(INVENTED.encode()).hexdigest()


def test_without_a_folder_nothing_is_said(tmp_path):
    assert read_tables(None).group_of("colon", "tnm8", "c", "T1", "N0", "M0") is None
    assert read_tables(tmp_path / "none").tables == ()


@pytest.mark.parametrize(
    ("wrong", "line", "reason"),
    [
        (("system: tnm8", "system: tnm99"), 1, "tnm99"),
        (("site: [colon, rectum]", "site: elbow"), 2, "elbow"),
        (("site: [colon, rectum]", "site: []"), 2, "not possible"),
        (("edition_label: invented for tests\n", ""), 1, "edition_label"),
        (("licence: none needed", "owner: us"), 4, "owner"),
        ((", licence: none needed", ""), 4, "licence"),
        (("prefixes: [c, p]", "prefixes: [c, z]"), 5, "“z”"),
        (("T: [Tis]", "T: Tis"), 7, "list of categories"),
        (("T: [Tis]", "T: []"), 7, "list of categories"),
        (("T: [Tis]", "T: [cTis]"), 7, "without prefix"),
        (("T: [Tis], ", ""), 7, "list of categories"),
        (("group: '0'", "group: 0"), 7, "not possible for “group”"),
        (("group: IVA", "group: VII"), 8, "VII"),
        (("group: IVA", "stage: IVA"), 8, "stage"),
    ],
)
def test_a_fault_is_named_by_its_place(tmp_path, wrong, line, reason):
    with pytest.raises(FaultyDefinition) as caught:
        tables(tmp_path, INVENTED.replace(*wrong, 1))
    assert reason in caught.value.reason
    assert (caught.value.file, caught.value.line) == ("tnm8_colorectal.yaml", line)


def test_other_faults_of_a_folder(tmp_path):
    with pytest.raises(FaultyDefinition, match="needs rows"):
        tables(tmp_path, INVENTED.split("rows:")[0] + "rows: []\n")
    (tmp_path / "tnm8_colorectal.yaml").write_text(INVENTED, encoding="utf-8")
    with pytest.raises(FaultyDefinition, match="already"):
        tables(tmp_path, INVENTED, "other.yaml")
    (tmp_path / "other.yaml").unlink()
    with pytest.raises(FaultyDefinition, match="must end in"):
        tables(tmp_path, "", "third.yml")


def test_a_faulty_table_is_not_taken_into_use(tmp_path):
    before = staging_tables()
    (tmp_path / "bad.yaml").write_text("system: tnm8\n", encoding="utf-8")
    with pytest.raises(FaultyDefinition):
        use_staging_tables(tmp_path)
    assert staging_tables() is before
