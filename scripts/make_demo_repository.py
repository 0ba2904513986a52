#!/usr/bin/env python3
"""Makes a small Alfresco-like repository: content files, a Solr backup, an SQLite database that refers to them.

usage: make_demo_repository.py DIRECTORY [--files N] [--seed N]

The same seed gives the same repository, byte for byte and time stamp for time stamp. Standard library only.
"""
import argparse
import datetime
import os
import random
import sqlite3
import struct
import uuid
import zlib

WORDS = (
    "invoice contract delivery meeting minutes archive customer order report budget quality manual "
    "project drawing letter agreement annex schedule payment reference approval release version draft "
    "translation technical safety personnel travel expense policy audit tender specification"
).split()

SCHEMA = """
CREATE TABLE alf_content_url (
  id INTEGER PRIMARY KEY, content_url VARCHAR(255) NOT NULL, content_url_short VARCHAR(12) NOT NULL,
  content_url_crc BIGINT NOT NULL, content_size BIGINT NOT NULL, orphan_time BIGINT);
CREATE UNIQUE INDEX idx_alf_conturl_cr ON alf_content_url (content_url_short, content_url_crc);
CREATE INDEX idx_alf_conturl_ot ON alf_content_url (orphan_time);
CREATE TABLE alf_content_data (
  id INTEGER PRIMARY KEY, version BIGINT NOT NULL, content_url_id BIGINT REFERENCES alf_content_url (id),
  content_mimetype_id BIGINT, content_encoding_id BIGINT, content_locale_id BIGINT);
CREATE TABLE alf_qname (id INTEGER PRIMARY KEY, version BIGINT NOT NULL, ns_id BIGINT NOT NULL, local_name VARCHAR(200) NOT NULL);
CREATE TABLE alf_node (
  id INTEGER PRIMARY KEY, version BIGINT NOT NULL, store_id BIGINT NOT NULL, uuid VARCHAR(36) NOT NULL,
  transaction_id BIGINT NOT NULL, type_qname_id BIGINT NOT NULL);
CREATE TABLE alf_node_properties (
  node_id BIGINT NOT NULL, actual_type_n INTEGER NOT NULL, persisted_type_n INTEGER NOT NULL, boolean_value INTEGER,
  long_value BIGINT, float_value FLOAT, double_value DOUBLE, string_value VARCHAR(1024), serializable_value BLOB,
  qname_id BIGINT NOT NULL, list_index INTEGER NOT NULL, locale_id BIGINT NOT NULL,
  PRIMARY KEY (node_id, qname_id, list_index, locale_id));
"""

QNAME_CONTENT_TYPE, QNAME_NAME, QNAME_CONTENT = 1, 2, 3
TYPE_STRING, TYPE_LONG, TYPE_CONTENT = 6, 3, 21


def text(rng, size):
    lines, length = [], 0
    while length < size:
        line = " ".join(rng.choices(WORDS, k=rng.randint(6, 14))).capitalize() + f", {rng.randint(1, 99999)}.\n"
        lines.append(line)
        length += len(line)
    return "".join(lines).encode()[:size]


def document(rng, extension, size):
    """Bytes as such a document has them: text that compresses, or a head and bytes that do not."""
    heads = {"pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "docx": b"PK\x03\x04\x14\x00\x06\x00"}
    if extension == "txt":
        return text(rng, size)
    if extension == "xml":
        body = text(rng, size).replace(b"\n", b"</p>\n<p>")
        return (b'<?xml version="1.0" encoding="UTF-8"?>\n<document><p>' + body)[:size]
    if extension == "csv":
        rows = (f"{i};{rng.choice(WORDS)};{rng.randint(1, 10**6) / 100:.2f};{rng.randint(0, 1)}\n" for i in range(size // 16 + 1))
        return "".join(rows).encode()[:size]
    if extension == "dwg":
        record = bytes(rng.getrandbits(8) & 0x3F for _ in range(64))
        return b"".join(record + rng.randbytes(16) for _ in range(size // 80 + 1))[:size]
    return (heads[extension] + rng.randbytes(size))[:size]


def write(path, data, when):
    """Writes a file with the modification time `when`, in nanoseconds since the epoch."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.utime(path, ns=(when, when))


def random_uuid(rng):
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def random_time(rng):
    moment = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=rng.randrange(2 * 365 * 86400))
    ns = int(moment.replace(tzinfo=datetime.timezone.utc).timestamp()) * 10**9 + rng.randrange(10**9)
    # Month, day, hour and minute are not padded with zeros.
    return f"{moment.year}/{moment.month}/{moment.day}/{moment.hour}/{moment.minute}", ns


def make_content(root, database, rng, files):
    kinds = [("txt", 8), ("xml", 4), ("csv", 3), ("pdf", 12), ("docx", 7), ("jpg", 5), ("dwg", 1)]
    for number in range(1, files + 1):
        extension = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        size = min(int(rng.lognormvariate(9.5, 1.8)), 12 * 2**20)
        if number == 1:
            size = 0
        elif number == 2:
            extension, size = "pdf", 9 * 2**20 + 123  # spans frames
        path, when = random_time(rng)
        path = f"{path}/{random_uuid(rng)}.bin"
        write(f"{root}/contentstore/{path}", document(rng, extension, size), when)
        url = f"store://{path}"
        database.execute("INSERT INTO alf_content_url VALUES (?, ?, ?, ?, ?, NULL)",
                         (number, url, url[-12:].lower(), zlib.crc32(url.encode()), size))
        database.execute("INSERT INTO alf_content_data VALUES (?, 1, ?, NULL, NULL, NULL)", (number, number))
        database.execute("INSERT INTO alf_node VALUES (?, 1, 1, ?, ?, ?)",
                         (number, random_uuid(rng), number, QNAME_CONTENT_TYPE))
        name = f"{rng.choice(WORDS).capitalize()} {number:04}.{extension}"
        insert = "INSERT INTO alf_node_properties (node_id, actual_type_n, persisted_type_n, long_value, string_value, " \
                 "qname_id, list_index, locale_id) VALUES (?, ?, ?, ?, ?, ?, -1, 1)"
        database.execute(insert, (number, TYPE_STRING, TYPE_STRING, 0, name, QNAME_NAME))
        database.execute(insert, (number, TYPE_CONTENT, TYPE_LONG, number, None, QNAME_CONTENT))


def make_deleted(root, rng, files):
    """What the cleaner has moved away: no row refers to it any more."""
    for _ in range(files):
        path, when = random_time(rng)
        write(f"{root}/contentstore.deleted/{path}/{random_uuid(rng)}.bin", document(rng, "txt", rng.randrange(1, 40000)), when)


def lucene_file(codec, version, body):
    """A file as Lucene 4.9 frames it: a header, and a footer with the CRC-32 of all before it."""
    data = struct.pack(">I", 0x3FD76C17) + lucene_string(codec) + struct.pack(">I", version) + body
    data += struct.pack(">II", 0xC02893E8, 0)
    return data + struct.pack(">Q", zlib.crc32(data))


def lucene_string(string):
    return bytes([len(string)]) + string.encode()


def lucene_strings(strings):
    return struct.pack(">I", len(strings)) + b"".join(lucene_string(string) for string in strings)


def make_snapshot(directory, rng, when, generation):
    """The files of one commit; what is in them is made up, which files there are is not."""
    commit = b""
    segments = ("_0", "_1a", "_2f")
    for segment in segments:
        names = []
        for extension, size in (("fdt", 90000), ("fdx", 3000), ("fnm", 900), ("nvd", 5000),
                                ("Lucene41_0.doc", 40000), ("Lucene41_0.tim", 30000), ("Lucene41_0.tip", 1500)):
            name = f"{segment}{'_' if extension.startswith('Lucene') else '.'}{extension}"
            when += rng.randrange(1, 10**9)
            write(f"{directory}/{name}", lucene_file(extension, 0, rng.randbytes(size // 2) + text(rng, size // 2)), when)
            names.append(name)
        info = lucene_string("4.9") + struct.pack(">Ib", 1000, -1) + lucene_strings([]) + lucene_strings(names)
        write(f"{directory}/{segment}.si", lucene_file("Lucene46SegmentInfo", 1, info), when)
        # No deletions, no updates of field infos or document values.
        commit += lucene_string(segment) + lucene_string("Lucene49") + struct.pack(">qIqq", -1, 0, -1, -1)
        commit += lucene_strings([]) + lucene_strings([])
    commit = struct.pack(">QII", generation, 100, len(segments)) + commit + lucene_strings([])
    write(f"{directory}/segments_{generation:x}", lucene_file("segments", 3, commit), when)


def make_index_backup(root, rng):
    """Per core an older and a newer snapshot, as Solr's backup makes them."""
    for core, hour in (("alfresco", 2), ("archive", 4)):
        for day in (1, 2):
            begun = datetime.datetime(2026, 1, day, hour, 0, 0, 123000, tzinfo=datetime.timezone.utc)
            directory = f"{root}/solr4Backup/{core}/snapshot.{begun:%Y%m%d%H%M%S}{begun.microsecond // 1000:03}"
            make_snapshot(directory, rng, int(begun.timestamp()) * 10**9, day + 9)


def settle_directories(root, rng):
    """Directory times last: making an entry changes them."""
    for path, directories, _ in os.walk(root, topdown=False):
        directories.sort()
        _, when = random_time(rng)
        os.utime(path, ns=(when, when))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)

    home = os.path.abspath(arguments.directory)
    root = f"{home}/alf_data"
    os.makedirs(root)
    path = f"{home}/alf.db"
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    for qname in ((QNAME_CONTENT_TYPE, "content"), (QNAME_NAME, "name"), (QNAME_CONTENT, "content")):
        database.execute("INSERT INTO alf_qname VALUES (?, 0, 1, ?)", qname)
    make_content(root, database, rng, arguments.files)
    database.commit()
    database.close()
    make_deleted(root, rng, max(1, arguments.files // 20))
    make_index_backup(root, rng)
    settle_directories(root, rng)

    with open(f"{home}/alfresco-global.properties", "w", encoding="latin-1") as properties:
        properties.write(
            "# A small repository for trying ingot\n"
            f"dir.root={root}\n"
            "dir.contentstore=${dir.root}/contentstore\n"
            "dir.contentstore.deleted=${dir.root}/contentstore.deleted\n"
            "\n"
            f"db.url=jdbc:sqlite:{path}\n"
            "\n"
            "index.subsystem.name=solr4\n"
            "solr.backup.alfresco.remoteBackupLocation=${dir.root}/solr4Backup/alfresco\n"
            "solr.backup.archive.remoteBackupLocation=${dir.root}/solr4Backup/archive\n"
            "# There is no server whose index jobs a backup would have to keep clear of.\n"
            "solr.backup.alfresco.cronExpression=0 0 2 1 1 ? 2099\n"
            "solr.backup.archive.cronExpression=0 0 4 1 1 ? 2099\n")


if __name__ == "__main__":
    main()
