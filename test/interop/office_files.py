"""Writes and reads workbooks and XML documents with openpyxl, xlwt and xml.etree.

Usage: office_files.py write-xlsx|write-xls|read-xlsx|write-xml|read-xml PATH [SHEET|STYLE]. Rows go through standard input and output as JSON
lists of lists; moments are texts behind `d:`, `t:` and `m:` for dates, times and both.
"""

import datetime
import json
import sys
from xml.etree import ElementTree

NAMES = ["id", "name", "price", "flag", "day", "at", "clock"]


def typed(value):
    if isinstance(value, str) and value[1:2] == ":":
        kind = {"d": datetime.date, "t": datetime.time, "m": datetime.datetime}.get(value[0])
        if kind is not None:
            return kind.fromisoformat(value[2:])
    return value


def plain(value):
    if isinstance(value, datetime.datetime):
        return "m:" + value.isoformat()
    if isinstance(value, datetime.date):
        return "d:" + value.isoformat()
    if isinstance(value, datetime.time):
        return "t:" + value.isoformat()
    return value


def write_xlsx(path, rows):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "First"
    sheet = book.create_sheet("Data")
    sheet.append(NAMES)
    for row in rows:
        sheet.append([typed(value) for value in row])
        sheet.cell(sheet.max_row, 3).number_format = "#,##0.00"
    book.save(path)


def write_xls(path, rows):
    import xlwt

    book = xlwt.Workbook()
    book.add_sheet("First")
    sheet = book.add_sheet("Data")
    formats = {datetime.date: "yyyy-mm-dd", datetime.datetime: "yyyy-mm-dd hh:mm:ss", datetime.time: "hh:mm:ss"}
    for column, name in enumerate(NAMES):
        sheet.write(0, column, name)
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            value = typed(value)
            if value is None:
                continue
            code = "#,##0.00" if column == 2 else formats.get(type(value), "General")
            sheet.write(index + 1, column, value, xlwt.easyxf(num_format_str=code))
    book.save(path)


def read_xlsx(path, name):
    import openpyxl

    sheet = openpyxl.load_workbook(path)[name]
    return [[plain(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def write_xml(path, rows, style):
    root = ElementTree.Element("rows")
    for row in rows:
        element = ElementTree.SubElement(root, "row")
        for name, value in zip(NAMES, row):
            if value is None:
                continue
            text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
            text = text[2:] if text[1:2] == ":" else text
            if style == "attributes":
                element.set(name, text)
            else:
                ElementTree.SubElement(element, name).text = text
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def read_xml(path):
    root = ElementTree.parse(path).getroot()
    rows = []
    for element in root:
        fields = element.attrib or {child.tag: child.text or "" for child in element}
        rows.append([element.tag, *[fields[name] for name in fields]])
    return [[root.tag], *rows]


def main(command, path, extra=""):
    if command.startswith("write"):
        rows = json.load(sys.stdin)
        if command == "write-xlsx":
            write_xlsx(path, rows)
        elif command == "write-xls":
            write_xls(path, rows)
        else:
            write_xml(path, rows, extra)
    else:
        json.dump(read_xlsx(path, extra) if command == "read-xlsx" else read_xml(path), sys.stdout)


main(*sys.argv[1:])
