#!/usr/bin/env python3
"""Makes an Alfresco-like repository for a database server, and keeps it alive.

usage: make_live_repository.py make VENDOR DIRECTORY --rows N [--seed N]
       make_live_repository.py write DIRECTORY --from N      (SQL on standard output, for the client of the server)

VENDOR: postgresql or mariadb. `make` writes DIRECTORY/load.sql (tables with Alfresco's own columns, order and constraints, and their
rows) and DIRECTORY/alf_data. `write` goes on where the server's users would: each file first, then, once it is closed, its rows in one
transaction; now and then a document is deleted, which leaves its file to the cleaner. It ends when its output is closed, and writes no
more than ROWS_A_SECOND documents: a repository that grows faster than it can be read is never verified.
"""
import argparse
import os
import random
import sys
import time
import uuid
import zlib

FILES_A_DIRECTORY = 40
ROWS_A_SECOND = 2000
NODE_OFFSET = 1_000_000  # node ids are not the ids of URLs, nor are those of content data
DATA_OFFSET = 5_000
QNAME_NAME, QNAME_CONTENT, TYPE_CONTENT = 7, 8, 9

TYPES = {
    "postgresql": {"id": "INT8 NOT NULL", "int8": "INT8", "int4": "INT4", "bool": "BOOL", "float": "FLOAT4", "double": "FLOAT8",
                   "blob": "BYTEA", "engine": ""},
    "mariadb": {"id": "BIGINT NOT NULL AUTO_INCREMENT", "int8": "BIGINT", "int4": "INTEGER", "bool": "BIT", "float": "FLOAT",
                "double": "DOUBLE PRECISION", "blob": "BLOB", "engine": " ENGINE=InnoDB"},
}

TABLES = """
CREATE TABLE alf_namespace (id {id}, version {int8} NOT NULL, uri VARCHAR(100) NOT NULL, PRIMARY KEY (id), UNIQUE (uri)){engine};
CREATE TABLE alf_qname (id {id}, version {int8} NOT NULL, ns_id {int8} NOT NULL, local_name VARCHAR(200) NOT NULL,
  CONSTRAINT fk_alf_qname_ns FOREIGN KEY (ns_id) REFERENCES alf_namespace (id), PRIMARY KEY (id)){engine};
CREATE TABLE alf_locale (id {id}, version {int8} NOT NULL, locale_str VARCHAR(20) NOT NULL, PRIMARY KEY (id), UNIQUE (locale_str)){engine};
CREATE TABLE alf_mimetype (id {id}, version {int8} NOT NULL, mimetype_str VARCHAR(100) NOT NULL, PRIMARY KEY (id), UNIQUE (mimetype_str)){engine};
CREATE TABLE alf_encoding (id {id}, version {int8} NOT NULL, encoding_str VARCHAR(100) NOT NULL, PRIMARY KEY (id), UNIQUE (encoding_str)){engine};
CREATE TABLE alf_content_url (id {id}, content_url VARCHAR(255) NOT NULL, content_url_short VARCHAR(12) NOT NULL,
  content_url_crc {int8} NOT NULL, content_size {int8} NOT NULL, orphan_time {int8} NULL, PRIMARY KEY (id)){engine};
CREATE UNIQUE INDEX idx_alf_conturl_cr ON alf_content_url (content_url_short, content_url_crc);
CREATE INDEX idx_alf_conturl_ot ON alf_content_url (orphan_time);
CREATE INDEX idx_alf_conturl_sz ON alf_content_url (content_size, id);
CREATE TABLE alf_content_data (id {id}, version {int8} NOT NULL, content_url_id {int8} NULL, content_mimetype_id {int8} NULL,
  content_encoding_id {int8} NULL, content_locale_id {int8} NULL,
  CONSTRAINT fk_alf_cont_url FOREIGN KEY (content_url_id) REFERENCES alf_content_url (id),
  CONSTRAINT fk_alf_cont_mim FOREIGN KEY (content_mimetype_id) REFERENCES alf_mimetype (id),
  CONSTRAINT fk_alf_cont_enc FOREIGN KEY (content_encoding_id) REFERENCES alf_encoding (id),
  CONSTRAINT fk_alf_cont_loc FOREIGN KEY (content_locale_id) REFERENCES alf_locale (id), PRIMARY KEY (id)){engine};
CREATE TABLE alf_content_url_encryption (id {id}, content_url_id {int8} NOT NULL, algorithm VARCHAR(10) NOT NULL, key_size {int4} NOT NULL,
  encrypted_key {blob} NOT NULL, master_keystore_id VARCHAR(20) NOT NULL, master_key_alias VARCHAR(15) NOT NULL,
  unencrypted_file_size {int8} NULL, CONSTRAINT fk_alf_cont_enc_url FOREIGN KEY (content_url_id) REFERENCES alf_content_url (id)
  ON DELETE CASCADE, PRIMARY KEY (id)){engine};
CREATE TABLE alf_node (id {id}, version {int8} NOT NULL, store_id {int8} NOT NULL, uuid VARCHAR(36) NOT NULL, transaction_id {int8} NOT NULL,
  type_qname_id {int8} NOT NULL, locale_id {int8} NOT NULL, acl_id {int8} NULL, audit_creator VARCHAR(255), audit_created VARCHAR(30),
  audit_modifier VARCHAR(255), audit_modified VARCHAR(30), audit_accessed VARCHAR(30),
  CONSTRAINT fk_alf_node_tqn FOREIGN KEY (type_qname_id) REFERENCES alf_qname (id),
  CONSTRAINT fk_alf_node_loc FOREIGN KEY (locale_id) REFERENCES alf_locale (id), PRIMARY KEY (id)){engine};
CREATE UNIQUE INDEX store_id ON alf_node (store_id, uuid);
CREATE TABLE alf_node_properties (node_id {int8} NOT NULL, actual_type_n {int4} NOT NULL, persisted_type_n {int4} NOT NULL,
  boolean_value {bool}, long_value {int8}, float_value {float}, double_value {double}, string_value VARCHAR(1024),
  serializable_value {blob}, qname_id {int8} NOT NULL, list_index {int4} NOT NULL, locale_id {int8} NOT NULL,
  PRIMARY KEY (node_id, qname_id, list_index, locale_id),
  CONSTRAINT fk_alf_nprop_loc FOREIGN KEY (locale_id) REFERENCES alf_locale (id),
  CONSTRAINT fk_alf_nprop_n FOREIGN KEY (node_id) REFERENCES alf_node (id),
  CONSTRAINT fk_alf_nprop_qn FOREIGN KEY (qname_id) REFERENCES alf_qname (id)){engine};
INSERT INTO alf_namespace VALUES (1, 0, 'http://www.alfresco.org/model/system/1.0'), (6, 0, 'http://www.alfresco.org/model/content/1.0');
INSERT INTO alf_qname VALUES (7, 0, 6, 'name'), (8, 0, 6, 'content'), (9, 0, 6, 'content'), (10, 0, 1, 'name');
INSERT INTO alf_locale VALUES (1, 0, '.default');
INSERT INTO alf_mimetype VALUES (1, 0, 'text/plain');
INSERT INTO alf_encoding VALUES (1, 0, 'utf-8');
"""


class Document:
    """The number decides everything: `make` and `write` agree on it."""

    def __init__(self, number, seed):
        rng = random.Random(seed * 1_000_003 + number)
        slot = number // FILES_A_DIRECTORY
        self.number = number
        self.path = f"2026/{1 + slot // 8640 % 12}/{1 + slot // 360 % 28}/{slot // 60 % 24}/{slot % 60}/{uuid.UUID(int=rng.getrandbits(128), version=4)}.bin"
        self.content = rng.randbytes(rng.choice((0, 1, 40, 40, 200, 200, 200, 3000)))
        self.uuid = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        self.name = f"Réport '{number}' \\ {rng.randrange(100)}\t%.txt"

    def write(self, store):
        path = f"{store}/{self.path}"
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(file, self.content)
        os.close(file)

    def url_row(self):
        url = f"store://{self.path}"
        return f"({self.number},'{url}','{url[-12:].lower()}',{zlib.crc32(url.encode())},{len(self.content)},NULL)"

    def data_row(self):
        return f"({DATA_OFFSET + self.number},1,{self.number},1,1,1)"

    def node_row(self):
        return (f"({NODE_OFFSET + self.number},2,6,'{self.uuid}',1,{TYPE_CONTENT},1,NULL,'admin','2026-01-01T00:00:00.000Z','admin',"
                "'2026-01-01T00:00:00.000Z',NULL)")

    def property_rows(self, backslash):
        name = self.name.replace("'", "''").replace("\\", backslash)
        node = NODE_OFFSET + self.number
        return (f"({node},6,6,NULL,0,0,0,'{name}',NULL,{QNAME_NAME},-1,1),"
                f"({node},21,3,NULL,{DATA_OFFSET + self.number},0,0,NULL,NULL,{QNAME_CONTENT},-1,1)")


def make(vendor, directory, rows, seed):
    store = f"{directory}/alf_data/contentstore"
    os.makedirs(store)
    os.makedirs(f"{directory}/alf_data/contentstore.deleted")
    backslash = "\\" if vendor == "postgresql" else "\\\\"
    with open(f"{directory}/load.sql", "w", encoding="utf-8") as out:
        out.write(TABLES.format(**TYPES[vendor]))
        out.write("BEGIN;\n")
        for begin in range(1, rows + 1, 1000):
            batch = [Document(number, seed) for number in range(begin, min(begin + 1000, rows + 1))]
            for document in batch:
                document.write(store)
            for table, row in (("alf_content_url", Document.url_row), ("alf_content_data", Document.data_row),
                               ("alf_node", Document.node_row)):
                out.write(f"INSERT INTO {table} VALUES " + ",\n".join(map(row, batch)) + ";\n")
            out.write("INSERT INTO alf_node_properties VALUES " + ",\n".join(d.property_rows(backslash) for d in batch) + ";\n")
        out.write("COMMIT;\n")


def write(directory, first, seed):
    store = f"{directory}/alf_data/contentstore"
    rng = random.Random(first)
    number = first
    begin = time.monotonic()
    try:
        while True:
            time.sleep(max(0.0, begin + (number - first) / ROWS_A_SECOND - time.monotonic()))
            document = Document(number, seed)
            document.write(store)  # closed before its row is known to anybody
            sys.stdout.write(f"BEGIN; INSERT INTO alf_content_url VALUES {document.url_row()}; "
                             f"INSERT INTO alf_content_data VALUES {document.data_row()};")
            if rng.random() < 0.1:
                old = rng.randrange(1, first)
                sys.stdout.write(f" DELETE FROM alf_content_data WHERE id = {DATA_OFFSET + old};"
                                 f" UPDATE alf_content_url SET orphan_time = 1790000000000 WHERE id = {old};")
            sys.stdout.write(" COMMIT;\n")
            sys.stdout.flush()
            number += 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    maker = verbs.add_parser("make")
    maker.add_argument("vendor", choices=sorted(TYPES))
    writer = verbs.add_parser("write")
    for verb in (maker, writer):
        verb.add_argument("directory")
        verb.add_argument("--seed", type=int, default=1)
    maker.add_argument("--rows", type=int, required=True)
    writer.add_argument("--from", type=int, required=True, dest="first")
    arguments = parser.parse_args()
    if arguments.verb == "make":
        make(arguments.vendor, arguments.directory, arguments.rows, arguments.seed)
    else:
        write(arguments.directory, arguments.first, arguments.seed)


if __name__ == "__main__":
    main()
