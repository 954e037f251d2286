"""Writes Parquet and ORC files of known content, and compares such files with what a job made of them.

    columnar.py write CASE PATH [OPTION=VALUE]...   a file of a case, in the format of its suffix
    columnar.py with-json PATH FOLDER [UNIT]        compares a file with the JSON lines of a folder
    columnar.py with-file PATH FOLDER [UNIT]        compares a file with the files of the same suffix in a folder

Comparing prints one line per difference, at most ten, and nothing when there is none. UNIT (`ms`, `us`) is what both sides' timestamps
are cut to.
"""

import base64
import datetime
import decimal
import json
import math
import pathlib
import random
import struct
import sys

import pyarrow as pa
import pyarrow.compute
import pyarrow.orc
import pyarrow.parquet

ROWS = 3_000
decimal.getcontext().prec = 60
TEXTS = ["", "a", "żółć 水 🜚", "line\nbreak", "'quote\"", "x" * 3_000]


def spread(values, rows=ROWS):
    """The values one after the other, as often as it takes."""
    return [values[row % len(values)] for row in range(rows)]


def with_nulls(values, every=7):
    return [None if row % every == 3 else value for row, value in enumerate(values)]


def integers(bits, generator):
    """Runs, steps, outliers and limits: whatever an encoder may treat apart."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    small = min(high, 1_000)
    parts = [
        [7] * 400,
        [row % small for row in range(600)],
        [(600 - row) % small for row in range(400)],
        [generator.randint(0, small // 10) for _ in range(500)],
        [high if row % 97 == 5 else generator.randint(0, 15) for row in range(500)],
        [generator.randint(low, high) for _ in range(400)],
        [low, high, 0, -1, 1] * 40,
    ]
    return [value for part in parts for value in part]


def numbers():
    generator = random.Random(1)
    columns = {
        "tiny": pa.array(integers(8, generator), pa.int8()),
        "small": pa.array(integers(16, generator), pa.int16()),
        "medium": pa.array(integers(32, generator), pa.int32()),
        "big": pa.array(integers(64, generator), pa.int64()),
        "big_nulls": pa.array(with_nulls(integers(64, generator)), pa.int64()),
        "flag": pa.array([generator.random() < 0.3 for _ in range(ROWS)], pa.bool_()),
        "flag_nulls": pa.array(with_nulls([row // 100 % 2 == 0 for row in range(ROWS)], 5), pa.bool_()),
        "single": pa.array(with_nulls([generator.uniform(-1e30, 1e30) for _ in range(ROWS)]), pa.float32()),
        "double": pa.array(spread([0.0, -0.0, 1.5, -2.5e300, 5e-324, 1.7976931348623157e308, 0.1]), pa.float64()),
        "price": pa.array(
            with_nulls([decimal.Decimal(generator.randint(-(10**9), 10**9)).scaleb(-2) for _ in range(ROWS)]),
            pa.decimal128(12, 2),
        ),
        "wide": pa.array(
            spread([decimal.Decimal(10**38 - 1).scaleb(-10), decimal.Decimal(-(10**38) + 1).scaleb(-10), decimal.Decimal(0)]),
            pa.decimal128(38, 10),
        ),
        "all_null": pa.array([None] * ROWS, pa.int32()),
    }
    return pa.table(columns)


def texts():
    generator = random.Random(2)
    return pa.table({
        "few": pa.array(with_nulls(spread(TEXTS[:5])), pa.string()),
        "many": pa.array([f"{generator.getrandbits(64):x}" for _ in range(ROWS)], pa.string()),
        "long": pa.array(spread(TEXTS), pa.string()),
        "raw": pa.array(with_nulls([generator.randbytes(row % 40) for row in range(ROWS)]), pa.binary()),
        "empty": pa.array([""] * ROWS, pa.string()),
        "all_null": pa.array([None] * ROWS, pa.string()),
    })


def temporal():
    days = [datetime.date(1, 1, 1), datetime.date(1969, 12, 31), datetime.date(1970, 1, 1), datetime.date(2024, 2, 29), datetime.date(9999, 12, 31)]
    times = [
        datetime.datetime(1677, 9, 22, 0, 0, 0),
        datetime.datetime(1969, 12, 31, 23, 59, 58, 500000),
        datetime.datetime(1970, 1, 1),
        datetime.datetime(2014, 12, 31, 23, 59, 59, 999999),
        datetime.datetime(2015, 1, 1),
        datetime.datetime(2024, 2, 29, 12, 30, 0, 1),
        datetime.datetime(2262, 4, 11, 23, 47, 16, 120000),
    ]
    return pa.table({
        "day": pa.array(with_nulls(spread(days)), pa.date32()),
        "stamp": pa.array(with_nulls(spread(times)), pa.timestamp("ns")),
        "instant": pa.array(spread(times), pa.timestamp("ns", "UTC")),
    })


def nested():
    generator = random.Random(3)
    lists = [None if row % 11 == 0 else [generator.randint(-5, 5) if item else None for item in range(row % 4)] for row in range(ROWS)]
    rows = [None if row % 5 == 0 else {"a": row if row % 3 else None, "b": {"c": TEXTS[row % 5], "d": lists[row]}} for row in range(ROWS)]
    maps = [None if row % 6 == 0 else [(f"k{item}", None if item == 1 else row * item) for item in range(row % 3)] for row in range(ROWS)]
    deep = [None if row % 9 == 0 else [None if item == 2 else [[row, item, None], []] for item in range(row % 4)] for row in range(ROWS)]
    row_type = pa.struct([("a", pa.int32()), ("b", pa.struct([("c", pa.string()), ("d", pa.list_(pa.int64()))]))])
    return pa.table({
        "list": pa.array(lists, pa.list_(pa.int64())),
        "row": pa.array(rows, row_type),
        "map": pa.array(maps, pa.map_(pa.string(), pa.int64())),
        "deep": pa.array(deep, pa.list_(pa.list_(pa.list_(pa.int32())))),
        "rows": pa.array([[{"x": row, "y": None}] * (row % 3) for row in range(ROWS)], pa.list_(pa.struct([("x", pa.int32()), ("y", pa.string())]))),
    })


def narrow():
    """Types that only Parquet has."""
    generator = random.Random(4)
    return pa.table({
        "u8": pa.array(spread([0, 255]), pa.uint8()),
        "u16": pa.array(spread([0, 65_535]), pa.uint16()),
        "u32": pa.array(spread([0, 2**32 - 1]), pa.uint32()),
        "u64": pa.array(spread([0, 2**64 - 1]), pa.uint64()),
        "half": pa.array(spread([0.0, 1.5, -65504.0]), pa.float16()),
        "fixed": pa.array([generator.randbytes(12) for _ in range(ROWS)], pa.binary(12)),
        "uuid": pa.array([generator.randbytes(16) for _ in range(ROWS)], pa.uuid()),
        "time_ms": pa.array(with_nulls(spread([datetime.time(0), datetime.time(23, 59, 59, 999000)])), pa.time32("ms")),
        "time_us": pa.array(spread([datetime.time(0), datetime.time(23, 59, 59, 999999)]), pa.time64("us")),
        "seconds": pa.array(spread([datetime.datetime(2024, 5, 6, 7, 8, 9)]), pa.timestamp("s")),
        "micros": pa.array(spread([datetime.datetime(2024, 5, 6, 7, 8, 9, 123456)]), pa.timestamp("us")),
        "large": pa.array(spread(["a", "b" * 50]), pa.large_string()),
        "category": pa.array(spread(["x", "y", None])).dictionary_encode(),
        "small_decimal": pa.array(spread([decimal.Decimal("1.23"), decimal.Decimal("-9.99")]), pa.decimal32(3, 2)),
    })


def wide():
    """More rows than one batch, for several stripes or row groups."""
    generator = random.Random(5)
    rows = 60_000
    return pa.table({
        "id": pa.array(range(rows), pa.int64()),
        "noise": pa.array([generator.getrandbits(63) for _ in range(rows)], pa.int64()),
        "text": pa.array(with_nulls([f"{row:x}" * (row % 5) for row in range(rows)]), pa.string()),
        "list": pa.array([[row] * (row % 3) for row in range(rows)], pa.list_(pa.int32())),
    })


def union():
    kinds = pa.array([0, 1, 0], pa.int8())
    offsets = pa.array([0, 0, 1], pa.int32())
    values = [pa.array([1, 2], pa.int32()), pa.array(["a"], pa.string())]
    return pa.table({"id": pa.array([1, 2, 3]), "either": pa.UnionArray.from_dense(kinds, offsets, values)})


CASES = {case.__name__: case for case in [numbers, texts, temporal, nested, narrow, wide, union]}
CASES["empty"] = lambda: numbers().slice(0, 0)
CASES["one"] = lambda: numbers().slice(0, 1)


def parse_option(text):
    name, value = text.split("=", 1)
    return name, json.loads(value) if value[0] in '[{0123456789"tfn' and value not in ("none",) else value


def write(case, path, *options):
    table = CASES[case]()
    options = dict(map(parse_option, options))
    if path.endswith(".orc"):
        # The default codec of the library depends on its version.
        pa.orc.write_table(table, path, **{"compression": "zlib", **options})
    else:
        pa.parquet.write_table(table, path, **options)


def read(path):
    return pa.orc.read_table(path) if path.endswith(".orc") else pa.parquet.ParquetFile(path).read()


UNITS = {"ms": 1_000, "us": 1}


def plain(value, kind, unit):
    """A value of a table in a form that can be compared: bytes, texts and numbers only."""
    if value is None:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [plain(item, kind.value_type, unit) for item in value]
    if pa.types.is_struct(kind):
        return {field.name.lower(): plain(value[field.name], field.type, unit) for field in kind}
    if pa.types.is_map(kind):
        return {str(key): plain(item, kind.item_type, unit) for key, item in value}
    if pa.types.is_dictionary(kind):
        return plain(value, kind.value_type, unit)
    if pa.types.is_timestamp(kind):
        return micros_of(value, unit)
    if pa.types.is_time(kind):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if pa.types.is_date(kind):
        return value.isoformat()
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else struct.pack("<d", value).hex()
    if hasattr(value, "bytes") and not isinstance(value, (bytes, int)):
        return value.bytes
    return value


def micros_of(value, unit):
    value = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    zone = datetime.timezone.utc if value.tzinfo else None
    micros = (value - datetime.datetime(1970, 1, 1, tzinfo=zone)) // datetime.timedelta(microseconds=1)
    return micros // UNITS[unit] * UNITS[unit]


def from_json(value, kind, unit):
    """A value of a JSON line in the same form."""
    if value is None:
        return None
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return [from_json(item, kind.value_type, unit) for item in value]
    if pa.types.is_struct(kind):
        return {field.name.lower(): from_json(value[field.name], field.type, unit) for field in kind}
    if pa.types.is_map(kind):
        return {key: from_json(item, kind.item_type, unit) for key, item in value.items()}
    if pa.types.is_dictionary(kind):
        return from_json(value, kind.value_type, unit)
    if pa.types.is_timestamp(kind):
        return micros_of(datetime.datetime.fromisoformat(value), unit)
    if pa.types.is_time(kind):
        return plain(datetime.time.fromisoformat(value), kind, unit)
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        return plain(struct.unpack("<f", struct.pack("<f", float(value)))[0], kind, unit)
    if pa.types.is_floating(kind):
        return plain(float(value), kind, unit)
    if pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind) or kind == pa.uuid():
        return base64.b64decode(value)
    return value


def rows_of(table, unit):
    columns = [[plain(value, column.type, unit) for value in stamps(column)] for column in table.columns]
    names = [name.lower() for name in table.column_names]
    return [dict(zip(names, values)) for values in zip(*columns)]


def stamps(column):
    """The values of a column; nanoseconds cut to what Python can say."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        micros = pa.compute.floor_temporal(column, unit="microsecond") if len(column) else column
        column = micros.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column.to_pylist()


def report(expected, found):
    if len(expected) != len(found):
        print(f"{len(found)} rows instead of {len(expected)}")
    count = 0
    for row, (left, right) in enumerate(zip(expected, found)):
        for name in left:
            if name not in right or left[name] != right[name]:
                print(f"row {row} {name}: {str(right.get(name))[:200]!r} instead of {str(left[name])[:200]!r}")
                count += 1
                if count == 10:
                    return


def files_of(folder, suffix):
    """The files of a job, in the order of their parts."""
    files = [path for path in pathlib.Path(folder).rglob(f"*{suffix}") if path.is_file()]
    return sorted(files, key=lambda path: path.name)


def with_json(path, folder, unit="us"):
    table = read(path)
    types = dict(zip(table.column_names, table.schema.types))
    lines = [line for file in files_of(folder, ".json") for line in file.read_text("utf-8").splitlines()]
    found = [json.loads(line, parse_float=decimal.Decimal, parse_int=decimal.Decimal) for line in lines]
    found = [{name.lower(): from_json(row[name], types[name], unit) for name in row} for row in found]
    report(rows_of(table, unit), found)


def with_file(path, folder, unit="us"):
    table = read(path)
    tables = [read(str(file)) for file in files_of(folder, pathlib.Path(folder).name)]
    found = [row for part in tables for row in rows_of(part, unit)]
    report(rows_of(table, unit), found)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"write": write, "with-json": with_json, "with-file": with_file}[command](*arguments)
