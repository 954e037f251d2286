"""Child process: one conversion of the standing file by one Python peer.

    python peers.py <peer> <conversion> <input> <output> <threads>

`conversion` is `<from>-<to>` or `filter` (CSV to CSV). Each peer uses its own fastest documented way, streaming where it has one.
"""

import os
import sys

COLUMNS = [
    ("id", "int64", "BIGINT"),
    ("name", "string", "VARCHAR"),
    ("email", "string", "VARCHAR"),
    ("city", "string", "VARCHAR"),
    ("amount", "float64", "DOUBLE"),
    ("qty", "int32", "INTEGER"),
    ("ts", "timestamp", "TIMESTAMP"),
    ("flag", "bool", "BOOLEAN"),
]
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
FILTER_SELECT = "id, upper(name) as name, city, amount * qty as total, ts"
FILTER_WHERE = "qty > 500 and city <> 'Zzz'"


def run_duckdb(source, target, conversion, path, output, threads):
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    columns = "{" + ", ".join(f"'{name}': '{sql}'" for name, _, sql in COLUMNS) + "}"
    reader = {
        "csv": f"read_csv('{path}', header = true, columns = {columns}, timestampformat = '{TIME_FORMAT}')",
        "json": f"read_json('{path}', format = 'newline_delimited', columns = {columns})",
        "parquet": f"read_parquet('{path}')",
    }[source]
    options = {"csv": "FORMAT csv, HEADER true", "json": "FORMAT json", "parquet": "FORMAT parquet, COMPRESSION snappy"}[target]
    query = f"SELECT {FILTER_SELECT} FROM {reader} WHERE {FILTER_WHERE}" if conversion == "filter" else f"SELECT * FROM {reader}"
    connection.execute(f"COPY ({query}) TO '{output}' ({options})")


def run_polars(source, target, conversion, path, output, threads):
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    types = {"int64": pl.Int64, "string": pl.String, "float64": pl.Float64, "int32": pl.Int32, "bool": pl.Boolean}
    # A timestamp in the schema is parsed twice slower than text with an explicit format.
    schema = {name: types.get(kind, pl.String) for name, kind, _ in COLUMNS}
    parse = pl.col("ts").str.to_datetime(TIME_FORMAT, time_unit="us")
    if source == "csv":
        frame = pl.scan_csv(path, schema=schema).with_columns(parse)
    elif source == "json":
        frame = pl.scan_ndjson(path, schema=schema).with_columns(parse)
    else:
        frame = pl.scan_parquet(path)
    if conversion == "filter":
        frame = frame.filter((pl.col("qty") > 500) & (pl.col("city") != "Zzz")).select(
            "id",
            pl.col("name").str.to_uppercase(),
            "city",
            (pl.col("amount") * pl.col("qty")).alias("total"),
            "ts",
        )
    if target == "parquet":
        frame.sink_parquet(output, compression="snappy")
    elif target == "csv":
        frame.sink_csv(output, datetime_format=TIME_FORMAT)
    else:
        frame.sink_ndjson(output)


def run_datafusion(source, target, conversion, path, output, threads):
    import pyarrow as pa
    from datafusion import SessionConfig, SessionContext

    types = {"int64": pa.int64(), "string": pa.string(), "float64": pa.float64(), "int32": pa.int32(), "bool": pa.bool_()}
    schema = pa.schema([(name, types.get(kind, pa.timestamp("us"))) for name, kind, _ in COLUMNS])
    context = SessionContext(SessionConfig().with_target_partitions(threads))
    if source == "csv":
        context.register_csv("t", path, schema=schema, has_header=True)
    elif source == "json":
        context.register_json("t", path, schema=schema, file_extension=os.path.splitext(path)[1])
    else:
        context.register_parquet("t", path)
    select, where = (FILTER_SELECT, f"WHERE {FILTER_WHERE}") if conversion == "filter" else ("*", "")
    options = {
        "csv": "STORED AS CSV OPTIONS ('format.has_header' 'true')",
        "json": "STORED AS JSON",
        "parquet": "STORED AS PARQUET OPTIONS ('format.compression' 'snappy')",
    }[target]
    context.sql(f"COPY (SELECT {select} FROM t {where}) TO '{output}' {options}").collect()


def run_chdb(source, target, conversion, path, output, threads):
    import chdb

    types = {
        "BIGINT": "Int64",
        "VARCHAR": "String",
        "DOUBLE": "Float64",
        "INTEGER": "Int32",
        "TIMESTAMP": "DateTime64(3)",
        "BOOLEAN": "Bool",
    }
    structure = ", ".join(f"{name} {types[sql]}" for name, _, sql in COLUMNS)
    names = {"csv": "CSVWithNames", "json": "JSONEachRow", "parquet": "Parquet"}
    reader = f"file('{path}', '{names[source]}'" + ("" if source == "parquet" else f", '{structure}'") + ")"
    select, where = (FILTER_SELECT, f"WHERE {FILTER_WHERE}") if conversion == "filter" else ("*", "")
    settings = f"max_threads = {threads}, output_format_parquet_compression_method = 'snappy'"
    chdb.query(f"SELECT {select} FROM {reader} {where} INTO OUTFILE '{output}' FORMAT {names[target]} SETTINGS {settings}")


def run_pyarrow(source, target, conversion, path, output, threads):
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    if (source, target) != ("csv", "parquet"):
        raise SystemExit(f"pyarrow has no way for '{conversion}'")
    pa.set_cpu_count(threads)
    types = {"int64": pa.int64(), "string": pa.string(), "float64": pa.float64(), "int32": pa.int32(), "bool": pa.bool_()}
    convert = pc.ConvertOptions(
        column_types={name: types.get(kind, pa.timestamp("us")) for name, kind, _ in COLUMNS}, timestamp_parsers=[TIME_FORMAT]
    )
    table = pc.read_csv(path, convert_options=convert)
    pq.write_table(table, output, compression="snappy")


PEERS = {
    "duckdb": run_duckdb,
    "polars": run_polars,
    "datafusion": run_datafusion,
    "chdb": run_chdb,
    "pyarrow": run_pyarrow,
}


def main():
    peer, conversion, path, output, threads = sys.argv[1:]
    source, target = ("csv", "csv") if conversion == "filter" else conversion.split("-")
    PEERS[peer](source, target, conversion, path, output, int(threads))


main()
