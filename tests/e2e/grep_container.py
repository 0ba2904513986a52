#!/usr/bin/env python3
"""Looks for bytes in all that a container holds: as it is, and with every frame decompressed, also those inside skippable frames.

usage: grep_container.py [--absent] FILE_WITH_BYTES CONTAINER       exit code 0: found, or with --absent: not
"""
import sys

import zstandard

MAGIC = b"\x28\xb5\x2f\xfd"


def main():
    arguments = sys.argv[1:]
    absent = arguments[0] == "--absent"
    needle, container = (open(path, "rb").read() for path in arguments[absent:])
    found = needle in container
    frames = 0
    at = container.find(MAGIC)
    while at >= 0:
        step = 1
        try:
            decompressor = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj()
            found = needle in decompressor.decompress(container[at:]) or found
            if decompressor.eof:
                frames += 1
                step = len(container) - at - len(decompressor.unused_data)
        except zstandard.ZstdError:
            pass  # the four bytes were something else
        at = container.find(MAGIC, at + step)
    if frames < 2:
        sys.exit(f"only {frames} frames: this proves nothing")
    sys.exit(int(found == absent))


main()
