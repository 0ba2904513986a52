#!/usr/bin/env python3
"""A reader of zstd's seekable format, written from its published specification alone, and what the tests do with it.

usage: seekable_reader.py frames FILE               the seek table, one line for each frame: offset, stored, content
       seekable_reader.py last-skippable FILE       offset of the last frame without content
       seekable_reader.py members FILE STREAM [--count N] [--seed N]

`members`: STREAM is all of FILE decompressed from start to end (by another program). Picks random members of that tar
archive, reads each through the seek table, decompressing only the frames that hold it, and compares.

The specification: contrib/seekable_format/zstd_seekable_compression_format.md in zstd's repository.
"""
import argparse
import bisect
import os
import random
import struct
import sys
import tarfile

import zstandard

SKIPPABLE_MAGIC = 0x184D2A5E
SEEKABLE_MAGIC = 0x8F92EAB1
FOOTER = struct.Struct("<IBI")  # number of frames, descriptor, magic


class SeekableReader:
    def __init__(self, path):
        self.file = open(path, "rb")
        size = os.fstat(self.file.fileno()).st_size
        frames, descriptor, magic = FOOTER.unpack(self.read_at(size - FOOTER.size, FOOTER.size))
        assert magic == SEEKABLE_MAGIC, f"not seekable: magic {magic:#x}"
        assert descriptor & 0x7C == 0, f"reserved bits are set: {descriptor:#x}"
        self.has_checksums = bool(descriptor & 0x80)
        entry = struct.Struct("<III" if self.has_checksums else "<II")
        table_bytes = frames * entry.size + FOOTER.size
        header = struct.unpack("<II", self.read_at(size - table_bytes - 8, 8))
        assert header == (SKIPPABLE_MAGIC, table_bytes), f"the seek table's header is {header}"
        # One for each frame: (offset in the file, stored bytes, offset in the content, content bytes, checksum).
        self.frames, stored_at, content_at = [], 0, 0
        for values in entry.iter_unpack(self.read_at(size - table_bytes, frames * entry.size)):
            stored, content = values[:2]
            self.frames.append((stored_at, stored, content_at, content, values[2] if self.has_checksums else None))
            stored_at += stored
            content_at += content
        assert stored_at == size - table_bytes - 8, "the frames do not reach from the start to the seek table"
        self.content_bytes = content_at
        self.starts = [frame[2] for frame in self.frames]
        self.decompressed = 0  # frames, so far

    def read_at(self, offset, length):
        assert offset >= 0, "the file is too short"
        self.file.seek(offset)
        data = self.file.read(length)
        assert len(data) == length, "the file is too short"
        return data

    def frame(self, number):
        offset, stored, _, content, checksum = self.frames[number]
        data = self.read_at(offset, stored)
        # The specification's checksum is the low half of XXH64 of the content: the very one that ends a zstd frame.
        if checksum is not None:
            assert data[-4:] == struct.pack("<I", checksum), f"frame {number}: checksum"
        self.decompressed += 1
        result = zstandard.ZstdDecompressor().decompress(data, max_output_size=content)
        assert len(result) == content, f"frame {number}: {len(result)} bytes of content, not {content}"
        return result

    def read(self, offset, length):
        pieces, number = [], bisect.bisect_right(self.starts, offset) - 1
        while length > 0:
            content = self.frames[number][3]
            inside = offset - self.frames[number][2]
            if inside < content:
                piece = self.frame(number)[inside:inside + length]
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
            number += 1
        return b"".join(pieces)

    def frames_of(self, offset, length):
        """How many frames hold any of these bytes."""
        return sum(1 for _, _, start, content, _ in self.frames if content and start < offset + length and offset < start + content)


def check_members(reader, stream_path, count, seed):
    stream_bytes = os.path.getsize(stream_path)
    assert reader.content_bytes == stream_bytes, f"{reader.content_bytes} bytes in the seek table, {stream_bytes} in the stream"
    members = tarfile.open(stream_path).getmembers()
    begins = [member.offset for member in members] + [stream_bytes]
    picks = list(range(len(members)))
    random.Random(seed).shuffle(picks)
    with open(stream_path, "rb") as stream:
        for pick in picks[:count]:
            begin, end = begins[pick], begins[pick + 1]
            stream.seek(begin)
            before = reader.decompressed
            assert reader.read(begin, end - begin) == stream.read(end - begin), f"{members[pick].name!r} differs"
            used, needed = reader.decompressed - before, reader.frames_of(begin, end - begin)
            assert used == needed, f"{members[pick].name!r}: {used} frames decompressed, {needed} needed"
    print(f"equal: {min(count, len(members))} of {len(members)} members, {len(reader.frames)} frames")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["frames", "last-skippable", "members"])
    parser.add_argument("file")
    parser.add_argument("stream", nargs="?")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    reader = SeekableReader(arguments.file)
    if arguments.what == "frames":
        for offset, stored, _, content, _ in reader.frames:
            print(offset, stored, content)
    elif arguments.what == "last-skippable":
        print([frame[0] for frame in reader.frames if frame[3] == 0][-1])
    else:
        check_members(reader, arguments.stream, arguments.count, arguments.seed)


if __name__ == "__main__":
    sys.exit(main())
