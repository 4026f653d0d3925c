"""The files of features: read whole or in part, in order, and as release 0.1 wrote them."""

import polars as pl

from data_schemas.feature_parts import part_path, part_paths, read_part, scan_parts, write_part

ROWS = pl.DataFrame(
    {"person": [0, 1, 2, 3], "age": [40.0, None, 60.0, 70.0], "female": [0.0, 1.0, 1.0, 0.0]},
    schema={"person": pl.Int32, "age": pl.Float32, "female": pl.Float32},
)


def test_parts_are_read_in_order_whole_or_by_column(tmp_path):
    for number in (1, 0):
        write_part(ROWS[2 * number : 2 * number + 2], part_path(tmp_path, number))
    assert part_paths(tmp_path) == [part_path(tmp_path, 0), part_path(tmp_path, 1)]
    assert scan_parts(tmp_path).collect().equals(ROWS)
    assert read_part(part_path(tmp_path, 1), ["age", "person"]).equals(ROWS[2:].select("age", "person"))


def test_the_same_rows_give_the_same_bytes(tmp_path):
    one, other = (write_part(ROWS, tmp_path / name) for name in ("one.arrow", "other.arrow"))
    assert one.read_bytes() == other.read_bytes()


def test_a_folder_with_brackets_and_stars_is_not_a_pattern(tmp_path):
    folder = tmp_path / "a [site] *"
    write_part(ROWS, part_path(folder, 0))
    assert scan_parts(folder).collect().equals(ROWS)


def test_parquet_of_release_0_1_can_be_read(tmp_path):
    old = part_path(tmp_path, 0).with_suffix(".parquet")
    old.parent.mkdir(parents=True)
    ROWS.write_parquet(old)
    assert scan_parts(tmp_path).collect().equals(ROWS)
    assert read_part(old, ["female"]).equals(ROWS.select("female"))


def test_each_column_of_a_file_has_the_smallest_type_that_holds_its_values(tmp_path):
    numbers = {"byte": [0, 255, None], "short": [-1, 32767, None], "long": [0, 32768, 1], "part": [0.5, None, 1]}
    rows = pl.DataFrame({"person": [0, 1, 2], **numbers, "nothing": [None] * 3}, strict=False)
    rows = rows.select(pl.col("person").cast(pl.Int32), pl.exclude("person").cast(pl.Float32))
    path = write_part(rows, tmp_path / "one.arrow")
    kinds = {"byte": pl.UInt8, "short": pl.Int16, "long": pl.Float32, "part": pl.Float32, "nothing": pl.UInt8}
    assert pl.read_ipc_schema(path) == {"person": pl.Int32, **kinds}
    assert read_part(path).equals(rows)


def test_files_with_different_types_are_read_together(tmp_path):
    for number, age in enumerate((40.0, 40.5)):
        write_part(ROWS.with_columns(age=pl.lit(age, pl.Float32)), part_path(tmp_path, number))
    assert scan_parts(tmp_path, ["age"]).collect()["age"].unique().sort().to_list() == [40.0, 40.5]
