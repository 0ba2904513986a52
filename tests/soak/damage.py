"""Damage to a container, and what must outlive it."""
import bisect
import os
import tarfile

import tree  # noqa: F401  (for the path to e2e/)
from seekable_reader import SeekableReader

BLOCK = 4096  # frames begin where one does


def break_it(whole, chance):
    """A damaged copy; now and then it is as it was."""
    data = bytearray(whole)
    kind = chance.choice(["bits", "blocks", "cut", "moved", "tail", "stale"])
    if kind == "bits":
        for _ in range(chance.choice([1, 1, 3, 20])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif kind == "blocks":
        for at in range(0, len(data), BLOCK):
            if chance.random() < 0.05:
                data[at:at + BLOCK] = bytes(len(data[at:at + BLOCK]))
    elif kind == "cut":
        del data[chance.randrange(len(data)):]
    elif kind == "moved":
        pieces = [data[at:at + 64 * BLOCK] for at in range(0, len(data), 64 * BLOCK)]
        chance.shuffle(pieces)
        data = bytearray(b"".join(pieces))
    elif kind == "tail":
        at = max(0, len(data) - chance.randrange(1, 1 << 16))
        data[at:] = bytes(len(data) - at)
    else:
        at = chance.randrange(len(data))
        data[at:at + BLOCK] = chance.randbytes(len(data[at:at + BLOCK]))
    return bytes(data)


class Frames:
    """The frames of a whole container and the members in them, by the seek table and a reader of tar alone."""

    def __init__(self, path, stream):
        """`stream`: a file with all of it decompressed."""
        whole = path.read_bytes()
        reader = SeekableReader(path)
        # Each with the label behind it, without which it cannot be found.
        pairs = [(frame, label) for frame, label in zip(reader.frames, reader.frames[1:]) if frame[3] and not label[3]]
        self.frames = [(frame[0], whole[frame[0]:label[0] + label[1]]) for frame, label in pairs]
        starts = [frame[2] for frame, _ in pairs]
        with tarfile.open(stream) as archive:
            members = archive.getmembers()
        ends = [member.offset for member in members[1:]] + [os.path.getsize(stream)]
        self.frames_of = {}  # member name -> numbers
        for member, end in zip(members, ends):
            if member.isreg():
                first = bisect.bisect_right(starts, member.offset) - 1
                self.frames_of[os.fsencode(member.name)] = range(first, bisect.bisect_left(starts, end))

    def members_left(self, damaged):
        """Names of the regular members whose frames are all there, wherever."""
        left = {number for number, (at, data) in enumerate(self.frames) if damaged.startswith(data, at) or has_aligned(damaged, data)}
        return {name for name, numbers in self.frames_of.items() if left.issuperset(numbers) and not name.startswith(b"ingot/")}


def has_aligned(damaged, data):
    at = damaged.find(data)
    while at > 0 and at % BLOCK:
        at = damaged.find(data, at + 1)
    return at >= 0
