#!/usr/bin/env python3
"""Writes a large dump of Alfresco's content tables to standard output, as the vendor's program would.

usage: make_dump.py --dialect postgresql|mysql|sqlite --rows N [--other-bytes N]

Rows are valid (short URL, CRC-32), every URL is referenced once; --other-bytes adds rows of
alf_node_properties, which nobody reads, before them. The same arguments give the same bytes.
"""
import argparse
import sys
import zlib

ROWS_PER_WRITE = 10_000
INSERT_BYTES = 1 << 20  # mysqldump's net_buffer_length

TABLES = {
    "alf_content_url": ["id", "content_url", "content_url_short", "content_url_crc",
                        "content_size", "orphan_time"],
    "alf_content_data": ["id", "version", "content_url_id", "content_mimetype_id",
                         "content_encoding_id", "content_locale_id"],
    "alf_content_url_encryption": ["id", "content_url_id", "algorithm", "key_size",
                                   "encrypted_key", "master_keystore_id", "master_key_alias",
                                   "unencrypted_file_size"],
    "alf_node_properties": ["node_id", "actual_type_n", "string_value", "qname_id"],
}
TEXTS = {"content_url", "content_url_short", "algorithm", "master_keystore_id",
         "master_key_alias", "string_value"}


def definitions(table, number_type):
    return ["%s %s" % (column, "varchar(255)" if column in TEXTS else number_type)
            for column in TABLES[table]]


def url_row(number):
    guid = "%08x-2c8a-4d3d-9a43-%012x" % (number * 2654435761 % 2**32, number)
    url = "store://2026/%d/%d/%d/%d/%s.bin" % (number % 12 + 1, number % 28 + 1, number % 24,
                                              number % 60, guid)
    return (number, url, url[-12:].lower(), zlib.crc32(url.encode()), number * 7919 % 10_000_000,
            None)


def data_row(number):
    return (number, 1, number, number % 40 + 1, 1, 1)


def property_row(number):
    return (number, 6, "it's the property number %d of a document; nobody reads it" % number, 28)


class Postgresql:
    head = "--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\n"
    tail = "--\n-- PostgreSQL database dump complete\n--\n\n"
    order = ["alf_content_data", "alf_content_url", "alf_content_url_encryption"]

    def create(self, table):
        columns = ",\n".join("    " + column for column in definitions(table, "bigint"))
        return "CREATE TABLE public.%s (\n%s\n);\n\n" % (table, columns)

    def begin(self, table):
        return "COPY public.%s (%s) FROM stdin;\n" % (table, ", ".join(TABLES[table]))

    def rows(self, table, rows):
        return "".join("\t".join("\\N" if value is None else str(value) for value in row) + "\n"
                       for row in rows)

    def end(self, table):
        return "\\.\n\n"


class Inserts:
    def value(self, value):
        if value is None:
            return "NULL"
        return str(value) if isinstance(value, int) else "'" + value.replace("'", self.quote) + "'"

    def row(self, row):
        return "(" + ",".join(map(self.value, row)) + ")"


class Mysql(Inserts):
    head = "-- MariaDB dump 10.19\n\n/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;\n\n"
    tail = "-- Dump completed\n"
    order = Postgresql.order
    quote = "\\'"

    def create(self, table):
        columns = ",\n".join("  " + column for column in definitions(table, "bigint(20)"))
        return "CREATE TABLE `%s` (\n%s\n) ENGINE=InnoDB;\n" % (table, columns)

    def begin(self, table):
        self.bytes = 0
        return ""

    def rows(self, table, rows):
        parts = []
        for row in map(self.row, rows):
            if self.bytes == 0:
                parts.append("INSERT INTO `%s` VALUES\n" % table)
            else:
                parts.append(",\n")
            parts.append(row)
            self.bytes += len(row)
            if self.bytes > INSERT_BYTES:
                parts.append(";\n")
                self.bytes = 0
        return "".join(parts)

    def end(self, table):
        return ";\n" if self.bytes else ""


class Sqlite(Inserts):
    head = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
    tail = "COMMIT;\n"
    order = ["alf_content_url", "alf_content_data", "alf_content_url_encryption"]
    quote = "''"

    def create(self, table):
        return "CREATE TABLE %s(%s);\n" % (table, ", ".join(TABLES[table]))

    def begin(self, table):
        return ""

    def rows(self, table, rows):
        return "".join("INSERT INTO %s VALUES%s;\n" % (table, self.row(row)) for row in rows)

    def end(self, table):
        return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dialect", choices=["postgresql", "mysql", "sqlite"], required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--other-bytes", type=int, default=0)
    arguments = parser.parse_args()
    dialect = {"postgresql": Postgresql, "mysql": Mysql, "sqlite": Sqlite}[arguments.dialect]()
    write = sys.stdout.write

    def write_table(table, make_row, count):
        write(dialect.create(table))
        write(dialect.begin(table))
        for first in range(1, count + 1, ROWS_PER_WRITE):
            last = min(first + ROWS_PER_WRITE, count + 1)
            write(dialect.rows(table, map(make_row, range(first, last))))
        write(dialect.end(table))

    write(dialect.head)
    row_bytes = len(dialect.rows("alf_node_properties", [property_row(1)])) if (
        arguments.dialect != "mysql") else 90
    write_table("alf_node_properties", property_row, arguments.other_bytes // row_bytes)
    makers = {"alf_content_url": url_row, "alf_content_data": data_row}
    for table in dialect.order:
        count = arguments.rows if table in makers else 0
        write_table(table, makers.get(table), count)
    write(dialect.tail)


if __name__ == "__main__":
    main()
