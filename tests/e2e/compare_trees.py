#!/usr/bin/env python3
"""Compares two directory trees: content and all metadata. Prints one line for each of the first differences; exit 1 if there are any.

usage: compare_trees.py ORIGINAL COPY [--allow KIND:GLOB]...

KIND is one of: missing extra type mode owner mtime size content target device xattr acl links sparse.
--allow accepts differences of a kind at paths that match; one that is never needed is itself an error, so
that a list of known exceptions stays true. Sockets in the original are taken as absent: no archive holds them.
Works below PATH_MAX's limit, too: every access is relative to an open directory.
"""
import argparse
import fnmatch
import os
import stat
import sys

CHUNK = 1 << 20
SHOWN_MAX = 40
ACL_NAMES = ("system.posix_acl_access", "system.posix_acl_default")


class Comparison:
    def __init__(self, allowances):
        self.allowances = [tuple(allowance.split(":", 1)) for allowance in allowances]
        self.used = set()
        self.differences = 0
        self.entries = 0
        self.links = ({}, {})  # (device, inode) -> first path, for each side
        self.linked = []       # (path, key in original, key in copy)

    def tell(self, kind, path, detail=""):
        text = os.fsdecode(path)
        for allowance in self.allowances:
            if allowance[0] == kind and fnmatch.fnmatchcase(text, allowance[1]):
                self.used.add(allowance)
                return
        self.differences += 1
        if self.differences <= SHOWN_MAX:
            print(f"{kind}: {text!r}{': ' if detail else ''}{detail}")

    def directories(self, path, left, right):
        """Compares all that is in two open directories."""
        names = []
        for side, fd in ((0, left), (1, right)):
            found = set(os.listdir(f"/proc/self/fd/{fd}".encode()))
            if side == 0:
                found = {n for n in found if not stat.S_ISSOCK(os.stat(n, dir_fd=fd, follow_symlinks=False).st_mode)}
            names.append(found)
        for name in sorted(names[0] | names[1]):
            full = path + b"/" + name if path else name
            if name not in names[1]:
                self.tell("missing", full)
            elif name not in names[0]:
                self.tell("extra", full)
            else:
                self.entry(full, left, right, name)

    def entry(self, path, left, right, name):
        self.entries += 1
        a = os.stat(name, dir_fd=left, follow_symlinks=False)
        b = os.stat(name, dir_fd=right, follow_symlinks=False)
        if stat.S_IFMT(a.st_mode) != stat.S_IFMT(b.st_mode):
            self.tell("type", path, f"{stat.filemode(a.st_mode)} became {stat.filemode(b.st_mode)}")
            return
        self.metadata(path, a, b)
        self.attributes(path, *(f"/proc/self/fd/{fd}/".encode() + name for fd in (left, right)))
        if stat.S_ISDIR(a.st_mode):
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            inner = [os.open(name, flags, dir_fd=fd) for fd in (left, right)]
            self.directories(path, *inner)
            for fd in inner:
                os.close(fd)
            return
        if a.st_nlink > 1 or b.st_nlink > 1:
            keys = [(s.st_dev, s.st_ino) for s in (a, b)]
            for side in (0, 1):
                self.links[side].setdefault(keys[side], path)
            self.linked.append((path, *keys))
        if stat.S_ISLNK(a.st_mode):
            targets = [os.readlink(name, dir_fd=fd) for fd in (left, right)]
            if targets[0] != targets[1]:
                self.tell("target", path, f"{targets[0]!r} became {targets[1]!r}")
        elif stat.S_ISCHR(a.st_mode) or stat.S_ISBLK(a.st_mode):
            if a.st_rdev != b.st_rdev:
                self.tell("device", path, f"{a.st_rdev:#x} became {b.st_rdev:#x}")
        elif stat.S_ISREG(a.st_mode):
            self.regular(path, left, right, name, a, b)

    def metadata(self, path, a, b):
        if stat.S_IMODE(a.st_mode) != stat.S_IMODE(b.st_mode):
            self.tell("mode", path, f"{stat.S_IMODE(a.st_mode):04o} became {stat.S_IMODE(b.st_mode):04o}")
        if (a.st_uid, a.st_gid) != (b.st_uid, b.st_gid):
            self.tell("owner", path, f"{a.st_uid}:{a.st_gid} became {b.st_uid}:{b.st_gid}")
        if a.st_mtime_ns != b.st_mtime_ns:
            self.tell("mtime", path, f"{a.st_mtime_ns} ns became {b.st_mtime_ns} ns")

    def attributes(self, path, left, right):
        values = []
        for place in (left, right):
            names = os.listxattr(place, follow_symlinks=False)
            values.append({name: os.getxattr(place, name, follow_symlinks=False) for name in names})
        for name in sorted(values[0].keys() | values[1].keys()):
            a, b = values[0].get(name), values[1].get(name)
            if a != b:
                show = [None if v is None else v[:64] for v in (a, b)]
                self.tell("acl" if name in ACL_NAMES else "xattr", path, f"{name}: {show[0]!r} became {show[1]!r}")

    def regular(self, path, left, right, name, a, b):
        if a.st_size != b.st_size:
            self.tell("size", path, f"{a.st_size} became {b.st_size}")
            return
        if a.st_size:
            fds = [os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=fd) for fd in (left, right)]
            offset = first_difference(*fds, a.st_size)
            for fd in fds:
                os.close(fd)
            if offset is not None:
                self.tell("content", path, f"from byte {offset}")
        holes = a.st_blocks * 512 < a.st_size
        # File systems differ in how they allocate: a quarter more, and some blocks at each end.
        if holes and b.st_blocks > a.st_blocks * 5 // 4 + 256:
            self.tell("sparse", path, f"{a.st_blocks} blocks became {b.st_blocks}")

    def finish(self):
        for path, left, right in self.linked:
            firsts = self.links[0][left], self.links[1][right]
            if firsts[0] != firsts[1]:
                self.tell("links", path, f"one file with {firsts[0]!r} became one with {firsts[1]!r}")
        for allowance in self.allowances:
            if allowance not in self.used:
                self.differences += 1
                print(f"allowed, but there is no such difference: {':'.join(allowance)}")


def data_ranges(fd, size):
    """The stretches of a file that are not holes."""
    offset = 0
    while offset < size:
        try:
            begin = os.lseek(fd, offset, os.SEEK_DATA)
        except OSError:
            return  # only a hole is left
        offset = min(os.lseek(fd, begin, os.SEEK_HOLE), size)
        yield begin, offset


def first_difference(left, right, size):
    """Reads what is data on either side; where both have holes they are equal."""
    chunks = set()
    for fd in (left, right):
        for begin, end in data_ranges(fd, size):
            chunks.update(range(begin // CHUNK, (end - 1) // CHUNK + 1))
    for chunk in sorted(chunks):
        a, b = (os.pread(fd, CHUNK, chunk * CHUNK) for fd in (left, right))
        if a != b:
            return chunk * CHUNK + next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return None


def compare(comparison, original, copy):
    roots = [os.open(root, os.O_RDONLY | os.O_DIRECTORY) for root in (original, copy)]
    comparison.metadata(b".", *(os.fstat(fd) for fd in roots))
    comparison.attributes(b".", *(f"/proc/self/fd/{fd}/.".encode() for fd in roots))
    comparison.directories(b"", *roots)
    comparison.finish()
    for fd in roots:
        os.close(fd)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("original", type=os.fsencode)
    parser.add_argument("copy", type=os.fsencode)
    parser.add_argument("--allow", action="append", default=[], metavar="KIND:GLOB")
    arguments = parser.parse_args()
    comparison = Comparison(arguments.allow)
    compare(comparison, arguments.original, arguments.copy)
    if comparison.differences:
        print(f"{comparison.differences} differences in {comparison.entries} entries")
        return 1
    print(f"equal: {comparison.entries} entries")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
