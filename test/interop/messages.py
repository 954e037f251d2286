"""Writes and reads Avro and Protocol Buffers messages of known content with fastavro and protobuf.

    messages.py write FORMAT           the messages, each behind its length, in base64
    messages.py rows FORMAT            the same content as JSON lines
    messages.py check-messages FORMAT  compares messages of standard input, as `write` prints them, with the content
    messages.py check-rows FORMAT      compares JSON lines of standard input with the content

Comparing prints one line per difference, at most ten, and nothing when there is none. FORMAT is `avro` or `protobuf`.
"""

import base64
import datetime
import decimal
import io
import json
import struct
import sys

TEXTS = ["", "a", "żółć 水 🜚", "line\nbreak \"quoted\"", "x" * 3_000]
DOUBLES = [0.0, 1.5, -2.5e300, 5e-324, 1.7976931348623157e308, 0.1]
FLOATS = [0.0, 1.5, -2.0**100, 2.0**-149, struct.unpack("<f", b"\xff\xff\x7f\x7f")[0]]
ROWS = 200


def limits(bits):
    return [0, 1, -1, 63, 64, -64, -65, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))]


def pick(values, row):
    return values[row % len(values)]


def avro_schema():
    def some(kind):
        return ["null", kind]

    kinds = {
        "flag": "boolean",
        "medium": "int",
        "big": "long",
        "single": "float",
        "number": "double",
        "name": "string",
        "raw": "bytes",
        "price": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3},
        "day": {"type": "int", "logicalType": "date"},
        "at": {"type": "long", "logicalType": "local-timestamp-millis"},
        "list": {"type": "array", "items": some("long")},
        "pairs": {"type": "map", "values": some("string")},
    }
    fields = [{"name": name, "type": some(kind)} for name, kind in kinds.items()]
    inner = [{"name": "a", "type": some("string")}, {"name": "b", "type": some("int")}]
    fields.append({"name": "inner", "type": {"type": "record", "name": "Inner", "fields": inner}})
    return {"type": "record", "name": "Outer", "fields": fields}


def avro_rows():
    for row in range(ROWS):
        yield {
            "flag": row % 2 == 0,
            "medium": pick(limits(32), row),
            "big": pick(limits(64), row),
            "single": pick(FLOATS, row),
            "number": pick(DOUBLES, row),
            "name": pick(TEXTS, row),
            "raw": bytes(range(row % 40)),
            "price": decimal.Decimal(pick([0, 1, -1, 127, 128, -128, -129, 10**20 - 1, 1 - 10**20], row)).scaleb(-3),
            "day": datetime.date(1900 + row, 1 + row % 12, 1 + row % 28),
            "at": datetime.datetime(1960, 1, 1) + datetime.timedelta(days=97 * row, milliseconds=row),
            "list": [pick(limits(64), row + index) if index % 3 else None for index in range(row % 7)],
            "pairs": {f"k{index}": None if index == 2 else pick(TEXTS, index) for index in range(row % 5)},
            "inner": {"a": pick(TEXTS, row), "b": row},
        }
    yield {field["name"]: None for field in avro_schema()["fields"]} | {"inner": {"a": None, "b": None}}


def avro_codec():
    import fastavro

    schema = fastavro.parse_schema(avro_schema())

    def write(row):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, row)
        return out.getvalue()

    def read(message):
        stream = io.BytesIO(message)
        row = fastavro.schemaless_reader(stream, schema, None)
        assert not stream.read(), "bytes are left"
        return row

    return list(avro_rows()), write, read


SCALARS = ["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes"]


def scalar_values(kind):
    bits = 64 if kind.endswith("64") else 32
    if kind.startswith(("uint", "fixed")):
        return [0, 1, 127, 128, 2**31 - 1, 2 ** (bits - 1) - 1]
    return {
        "double": DOUBLES,
        "float": FLOATS,
        "bool": [False, True],
        "string": TEXTS,
        "bytes": [b"", b"\x00\xff", bytes(range(256))],
    }.get(kind) or limits(bits)


def protobuf_class():
    """The class of the message that `messages.test.ts` has as text."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="t.proto", package="interop", syntax="proto3")
    outer = file.message_type.add(name="Outer")
    kind_enum = outer.enum_type.add(name="Kind")
    for number, name in [(0, "NEW"), (1, "OLD"), (-5, "GONE")]:
        kind_enum.value.add(name=name, number=number)
    inner = outer.nested_type.add(name="Inner")

    def add(message, name, number, kind, label=types.LABEL_OPTIONAL, type_name=None):
        field = message.field.add(name=name, number=number, label=label, type=getattr(types, f"TYPE_{kind.upper()}"))
        if type_name is not None:
            field.type_name = f".interop.Outer.{type_name}"
        return field

    add(inner, "a", 1, "string")
    add(inner, "b", 2, "sint32")
    add(inner, "deeper", 3, "message", type_name="Inner")
    for index, kind in enumerate(SCALARS):
        add(outer, f"one_{kind}", 1 + index, kind)
        add(outer, f"many_{kind}", 101 + index, kind, types.LABEL_REPEATED)
    add(outer, "kind", 201, "enum", type_name="Kind")
    add(outer, "kinds", 202, "enum", types.LABEL_REPEATED, "Kind")
    add(outer, "inner", 203, "message", type_name="Inner")
    add(outer, "inners", 204, "message", types.LABEL_REPEATED, "Inner")
    for number, name, key, value in [(205, "pairs", "string", "double"), (206, "by_number", "sint64", "message")]:
        entry = outer.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        add(entry, "key", 1, key)
        add(entry, "value", 2, value, type_name="Inner" if value == "message" else None)
        add(outer, name, number, "message", types.LABEL_REPEATED, entry.name)
    unpacked = add(outer, "unpacked", 207, "int32", types.LABEL_REPEATED)
    unpacked.options.packed = False
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("interop.Outer"))


def protobuf_rows():
    inner = lambda row: {"a": pick(TEXTS, row), "b": pick(limits(32), row), "deeper": {"a": pick(TEXTS, row + 1), "b": -row}}
    for row in range(ROWS):
        one = {f"one_{kind}": pick(scalar_values(kind), row) for kind in SCALARS}
        many = {f"many_{kind}": [pick(scalar_values(kind), row + index) for index in range(row % 5)] for kind in SCALARS}
        yield one | many | {
            "kind": pick(["NEW", "OLD", "GONE"], row),
            "kinds": ["OLD", "GONE", "NEW"][: row % 4],
            "inner": inner(row),
            "inners": [inner(row + index) for index in range(row % 3)],
            "pairs": {pick(TEXTS, index): pick(DOUBLES, index) for index in range(row % 5)},
            "by_number": {number: inner(row) for number in limits(64)[: row % 9]},
            "unpacked": limits(32)[: row % 9],
        }
    # Nothing but defaults: an empty message.
    nothing = {f"one_{kind}": scalar_values(kind)[0] for kind in SCALARS} | {f"many_{kind}": [] for kind in SCALARS}
    empty = {"a": "", "b": 0, "deeper": {"a": "", "b": 0}}
    yield nothing | {"kind": "NEW", "kinds": [], "inner": empty, "inners": [], "pairs": {}, "by_number": {}, "unpacked": []}


def protobuf_codec():
    from google.protobuf import unknown_fields

    outer = protobuf_class()
    kinds = outer.DESCRIPTOR.enum_types_by_name["Kind"]
    number = lambda name: kinds.values_by_name[name].number
    name = lambda number: kinds.values_by_number[number].name

    def set_inner(message, value):
        message.a, message.b = value["a"], value["b"]
        message.deeper.a, message.deeper.b = value["deeper"]["a"], value["deeper"]["b"]

    def get_inner(message):
        return {"a": message.a, "b": message.b, "deeper": {"a": message.deeper.a, "b": message.deeper.b}}

    def write(row):
        message = outer()
        for field, value in row.items():
            if field.startswith("one_"):
                setattr(message, field, value)
            elif field.startswith("many_") or field == "unpacked":
                getattr(message, field).extend(value)
        message.kind = number(row["kind"])
        message.kinds.extend(map(number, row["kinds"]))
        if row["inner"]["a"] or row["inner"]["deeper"]["a"]:
            set_inner(message.inner, row["inner"])
        for value in row["inners"]:
            set_inner(message.inners.add(), value)
        message.pairs.update(row["pairs"])
        for key, value in row["by_number"].items():
            set_inner(message.by_number[key], value)
        return message.SerializeToString()

    def read(bytes_):
        message = outer.FromString(bytes_)
        assert not list(unknown_fields.UnknownFieldSet(message)), "unknown fields"
        row = {}
        for kind in SCALARS:
            row[f"one_{kind}"] = getattr(message, f"one_{kind}")
            row[f"many_{kind}"] = list(getattr(message, f"many_{kind}"))
        return row | {
            "kind": name(message.kind),
            "kinds": [name(kind) for kind in message.kinds],
            "inner": get_inner(message.inner),
            "inners": [get_inner(value) for value in message.inners],
            "pairs": dict(message.pairs),
            "by_number": {key: get_inner(value) for key, value in message.by_number.items()},
            "unpacked": list(message.unpacked),
        }

    return list(protobuf_rows()), write, read


def plain(value):
    """A value as it stands in JSON, decimals and moments as texts."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    if isinstance(value, (datetime.date, decimal.Decimal)):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def same(wanted, found):
    """Whether a value that was read from JSON is the one that was wanted."""
    if isinstance(wanted, decimal.Decimal) and found is not None:
        return wanted == decimal.Decimal(found)
    if isinstance(wanted, datetime.datetime) and found is not None:
        return wanted == datetime.datetime.fromisoformat(found)
    if isinstance(wanted, float) and found is not None:
        return wanted == float(found) or struct.pack("<f", wanted) == struct.pack("<f", float(found)) and abs(wanted) in FLOATS + [2.0**100]
    if isinstance(wanted, dict):
        wanted = {str(key): value for key, value in wanted.items()}
        return wanted.keys() == found.keys() and all(same(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and found is not None:
        return len(wanted) == len(found) and all(map(same, wanted, found))
    return plain(wanted) == found


def differences(wanted, found, equal):
    if len(wanted) != len(found):
        yield f"{len(found)} rows, {len(wanted)} are wanted"
    for row, (one, other) in enumerate(zip(wanted, found)):
        for name in one.keys() | other.keys():
            if name not in one or name not in other or not equal(one[name], other[name]):
                yield f"row {row}, {name}: {one.get(name)!r} is wanted, {other.get(name)!r} is there"


def unframed(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def main(command, form):
    rows, write, read = {"avro": avro_codec, "protobuf": protobuf_codec}[form]()
    if command == "write":
        messages = [write(row) for row in rows]
        print(base64.b64encode(b"".join(struct.pack("<I", len(message)) + message for message in messages)).decode())
    elif command == "rows":
        print("\n".join(json.dumps(plain(row)) for row in rows))
    elif command == "check-messages":
        found = [read(message) for message in unframed(base64.b64decode(sys.stdin.read()))]
        print("\n".join(list(differences(rows, found, lambda one, other: one == other))[:10]))
    else:
        found = [json.loads(line, parse_float=str) for line in sys.stdin.read().splitlines() if line]
        print("\n".join(list(differences(rows, found, same))[:10]))


main(*sys.argv[1:])
