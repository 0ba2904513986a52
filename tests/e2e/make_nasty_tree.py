#!/usr/bin/env python3
"""Makes a tree with all that Linux lets one put into a tree.

usage: make_nasty_tree.py DIRECTORY [--beyond-path-max] [--many N] [--random SEED]

As root also devices, foreign owners, modes without read permission, trusted and security attributes; what the machine does
not let even root make is left out, with a line on standard error. --beyond-path-max adds a path of more than 4,096
bytes, which GNU tar cannot restore, and bsdtar not wholly. --random makes another kind of tree: a seeded random one, for sweeps.
"""
import argparse
import os
import random
import socket
import stat
import struct
import sys

MIB = 1 << 20
ROOT = os.geteuid() == 0
SECOND = 10**9
WHEN = 1700000000 * SECOND
DIRECTORY_MODES = (0o700, 0o755, 0o1777, 0o2775, 0o555, 0o500) + ((0o000,) if ROOT else ())


def write(path, data=b"", when=WHEN):
    with open(path, "wb") as file:
        file.write(data)
    os.utime(path, ns=(when, when))


def attempt(what, function, *arguments, **keywords):
    """For what containers and some file systems refuse even to root."""
    try:
        function(*arguments, **keywords)
    except OSError as error:
        print(f"left out: {what}: {error.strerror}", file=sys.stderr)


def directory(path):
    os.makedirs(path, exist_ok=True)
    return path


def acl(*entries):
    """The kernel's form of a POSIX ACL: entries are (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER, NO_ID = 1, 2, 4, 8, 16, 32, 0xFFFFFFFF


def names(base, rng):
    d = directory(base + b"/names")
    odd = [b"newline\nin it", b"-rf", b"--help", b" leading space", b"trailing space ", b"tab\t", b"back\\slash", b"\\n", b"quote'\"",
           b"star*", b"[a-z]", b"?", b"$HOME", b"`id`", b"%s%n", b"...", b".hidden", b"~", b"#", b"\x01\x7f", b"a=b", b"12 path=x",
           "gr\u00fc\u00dfe".encode(), "gru\u0308\u00dfe".encode(), "\u65e5\u672c\u8a9e".encode(), b"latin1-\xfc", b"\xff\xfe\xfd", b"half-\xe2\x82",
           b"a", b"a.b", b"a-b", b"a b", b"a0"]
    for name in odd:
        write(d + b"/" + name, b"named " + name)
    directory(d + b"/a~")
    write(d + b"/a~/inside", b"x")  # '/' sorts before every other byte
    write(d + b"/" + b"n" * 255, b"longest name")
    write(d + b"/" + b"\xf6" * 255, b"longest name, not UTF-8")
    # Around ustar's 100 and 155 + 1 + 100 bytes, and well beyond.
    for length in (97, 98, 99, 100, 101, 102, 154, 155, 156, 157, 254, 255, 256, 257, 258, 512, 1000, 2500):
        path = b"names/long"
        while len(path) + 1 < length:
            path += b"/" + b"p" * min(120, length - len(path) - 1)
        directory(os.path.dirname(base + b"/" + path))
        if not os.path.isdir(base + b"/" + path):
            write(base + b"/" + path, b"%d" % length)
    directory(base + b"/" + b"/".join([b"names", b"q" * 150, b"r" * 150]))  # a directory with a long name
    directory(d + b"/dir\n-\xff")
    write(d + b"/dir\n-\xff/inside", rng.randbytes(100))


def sizes(base, rng):
    d = directory(base + b"/sizes")
    for unit in (512, 4096, MIB, 4 * MIB):
        for size in (unit - 513, unit - 1, unit, unit + 1, 2 * unit):
            if size >= 0:
                write(d + b"/%d" % size, rng.randbytes(size))
    write(d + b"/empty")
    write(d + b"/one", b"1")
    write(d + b"/slices", rng.randbytes(13 * MIB + 12345))
    write(d + b"/zeros", bytes(6 * MIB))  # allocated zeros, not a hole
    write(d + b"/text", b"The same line again and again.\n" * 300000)


def sparse_file(path, size, pieces):
    with open(path, "wb") as file:
        for offset, data in pieces:
            file.seek(offset)
            file.write(data)
        file.truncate(size)
    os.utime(path, ns=(WHEN, WHEN))


def sparse(base, rng):
    d = directory(base + b"/sparse")
    block = rng.randbytes(65536)
    sparse_file(d + b"/hole-first", 5 * MIB, [(5 * MIB - 65536, block)])
    sparse_file(d + b"/hole-middle", 3 * MIB, [(0, block), (3 * MIB - 65536, block)])
    sparse_file(d + b"/hole-last", 3 * MIB + 17, [(0, block)])
    sparse_file(d + b"/all-hole", 7 * MIB + 1, [])
    sparse_file(d + b"/all-hole-small", 8192, [])
    sparse_file(d + b"/tail-of-odd-size", 2 * MIB + 100, [(2 * MIB, block[:100])])
    sparse_file(d + b"/many", 40 * MIB, [(i * 256 * 1024, block[:5000 + i]) for i in range(160)])
    sparse_file(d + b"/more-data-than-a-frame", 64 * MIB, [(1 * MIB, rng.randbytes(6 * MIB)), (30 * MIB, rng.randbytes(5 * MIB + 7))])
    sparse_file(d + b"/huge", 9 << 30, [(0, block), ((8 << 30) - 100, block), ((9 << 30) - 65536, block)])
    sparse_file(d + b"/" + b"long-name-" * 20, 2 * MIB, [(MIB, block)])
    sparse_file(d + b"/not-utf8-\xfc", 2 * MIB, [(MIB, block)])


def links(base):
    d = directory(base + b"/links")
    for name in (b"one", b"two", b"three"):
        directory(d + b"/" + name)
    write(d + b"/two/carrier", b"linked content" * 1000)
    os.link(d + b"/two/carrier", d + b"/one/before")
    os.link(d + b"/two/carrier", d + b"/three/" + b"l" * 200)
    os.link(d + b"/two/carrier", base + b"/names/hard\xff\n")
    write(d + b"/empty")
    os.link(d + b"/empty", d + b"/empty-too")
    sparse_file(d + b"/sparse", 3 * MIB, [(MIB, b"data")])
    os.link(d + b"/sparse", d + b"/one/sparse")
    write(d + b"/large", os.urandom(5 * MIB))
    os.link(d + b"/large", d + b"/one/zlarge")
    targets = {b"dangling": b"/nowhere/at all", b"relative": b"../links/two/carrier", b"directory": b"two", b"itself": b"itself", b"up": b"../../..",
               b"odd": b"new\nline \xff=\\", b"hundred": b"t" * 100, b"hundred-one": b"t" * 101, b"long": b"x/" * 2000, b"longest": b"y" * 4095}
    for name, target in targets.items():
        os.symlink(target, d + b"/" + name)
        os.utime(d + b"/" + name, ns=(WHEN + 5, WHEN + 5), follow_symlinks=False)
    os.link(d + b"/relative", d + b"/hard-link-to-symlink", follow_symlinks=False)


def times(base):
    d = directory(base + b"/times")
    moments = [0, 1, 999999999, SECOND, -1, -SECOND, -SECOND - 1, -1500000000, -86400 * SECOND * 365 * 50 - 250000000, WHEN + 123456789, WHEN + 100000000,
               (1 << 31) * SECOND, (1 << 32) * SECOND + 7, (1 << 33) * SECOND + 999999999]
    for moment in moments:
        write(d + b"/%d" % moment, b"", moment)
    directory(d + b"/old directory")
    os.symlink(b"x", d + b"/old symlink")
    os.utime(d + b"/old symlink", ns=(SECOND + 1, SECOND + 1), follow_symlinks=False)


def modes(base):
    d = directory(base + b"/modes")
    for mode in (0o000, 0o001, 0o200, 0o400, 0o444, 0o600, 0o644, 0o666, 0o755, 0o777, 0o1644, 0o2755, 0o4755, 0o6711, 0o7777):
        if not ROOT and not mode & 0o400:
            continue
        path = d + b"/%04o" % mode
        write(path, b"mode %04o" % mode)
        os.chmod(path, mode)
    for mode in DIRECTORY_MODES:
        path = directory(d + b"/dir%04o" % mode)
        write(path + b"/inside", b"x")
        directory(path + b"/deeper")
    directory(base + b"/empty-directory")


def owners(base):
    d = directory(base + b"/owners")
    for uid, gid in ((1, 1), (65534, 65534), (1234567, 7654321), (2097151, 2097152), (4000000000, 3999999999), (0, 5)):
        path = d + b"/%d-%d" % (uid, gid)
        write(path, b"owned")
        os.chown(path, uid, gid)
        os.chmod(path, 0o6755)
        os.symlink(b"x", path + b"-link")
        os.chown(path + b"-link", uid, gid, follow_symlinks=False)


def special(base):
    d = directory(base + b"/special")
    os.mkfifo(d + b"/fifo", 0o640)
    os.link(d + b"/fifo", d + b"/fifo-link")
    server = socket.socket(socket.AF_UNIX)
    fd = os.open(d, os.O_RDONLY)
    server.bind(f"/proc/self/fd/{fd}/socket")
    server.close()
    os.close(fd)
    if ROOT:
        attempt("a device", os.mknod, d + b"/null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        attempt("a device", os.mknod, d + b"/block", stat.S_IFBLK | 0o660, os.makedev(7, 200))
        attempt("a device", os.mknod, d + b"/large-numbers", stat.S_IFCHR | 0o600, os.makedev(4000, 1000000))
        attempt("a device", os.link, d + b"/null", d + b"/null-link")


def attributes(base, rng):
    d = directory(base + b"/attributes")
    write(d + b"/user", b"x")
    os.setxattr(d + b"/user", b"user.comment", "Gr\u00fc\u00dfe\n".encode())
    os.setxattr(d + b"/user", b"user.empty", b"")
    os.setxattr(d + b"/user", b"user.binary", bytes(range(256)))
    os.setxattr(d + b"/user", b"user.name with space", b"=")
    write(d + b"/large", b"x")
    os.setxattr(d + b"/large", b"user.large", rng.randbytes(3000))
    write(d + b"/odd-names", b"x")
    os.setxattr(d + b"/odd-names", "user.gr\u00fc\u00dfe".encode(), b"x")
    os.setxattr(d + b"/odd-names", b"user." + b"n" * 200, b"x")
    path = directory(d + b"/directory")
    os.setxattr(path, b"user.of.directory", b"yes")
    sparse_file(d + b"/sparse", 2 * MIB, [(MIB, b"data")])
    os.setxattr(d + b"/sparse", b"user.sparse", b"yes")
    if ROOT:
        attempt("a trusted attribute", os.setxattr, d + b"/user", b"trusted.secret", b"\0\1\2")
        os.symlink(b"user", d + b"/symlink")
        attempt("a trusted attribute", os.setxattr, d + b"/symlink", b"trusted.of.symlink", b"yes", follow_symlinks=False)
        write(d + b"/capability", b"x")
        os.chown(d + b"/capability", 1, 1)
        os.chmod(d + b"/capability", 0o755)
        # VFS_CAP_REVISION_2 with the effective bit; CAP_NET_RAW.
        value = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)
        attempt("a capability", os.setxattr, d + b"/capability", b"security.capability", value)


def acls(base):
    d = directory(base + b"/acls")
    write(d + b"/file", b"x")
    access = acl((USER_OBJ, 6, NO_ID), (USER, 4, 1), (USER, 7, 123456), (GROUP_OBJ, 4, NO_ID), (GROUP, 5, 2), (MASK, 5, NO_ID), (OTHER, 0, NO_ID))
    default = acl((USER_OBJ, 7, NO_ID), (USER, 5, 65534), (GROUP_OBJ, 5, NO_ID), (MASK, 5, NO_ID), (OTHER, 5, NO_ID))
    os.setxattr(d + b"/file", b"system.posix_acl_access", access)
    path = directory(d + b"/directory")
    write(path + b"/made-before-the-default", b"x")
    os.setxattr(path, b"system.posix_acl_default", default)
    os.setxattr(path, b"system.posix_acl_access", acl((USER_OBJ, 7, NO_ID), (USER, 5, 1), (GROUP_OBJ, 5, NO_ID), (MASK, 5, NO_ID), (OTHER, 0, NO_ID)))
    write(path + b"/made-after-the-default", b"x")
    directory(path + b"/inherits")
    directory(d + b"/default-only")
    os.setxattr(d + b"/default-only", b"system.posix_acl_default", default)


def many(base, rng, count):
    d = directory(base + b"/many")
    for number in range(count):
        write(d + b"/%05d-%d" % (number, rng.getrandbits(40)), rng.randbytes(rng.randrange(300)), WHEN + rng.getrandbits(50))
    chain = d
    for depth in range(60):
        chain = directory(chain + b"/%d" % depth)
    write(chain + b"/at the bottom", b"x")


def beyond_path_max(base):
    fd = os.open(directory(base + b"/beyond"), os.O_RDONLY)
    for depth in range(20):
        name = b"%02d" % depth + b"d" * 248
        os.mkdir(name, dir_fd=fd)
        inner = os.open(name, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    file = os.open(b"deep", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=fd)
    os.write(file, b"more than 5,000 bytes of path")
    os.close(file)
    os.symlink(b"deep", b"link", dir_fd=fd)
    os.mkdir(b"empty", dir_fd=fd)
    os.close(fd)


def settle(base):
    """Directory times, and modes that would have been in the way, last."""
    when = WHEN
    for path, _, _ in os.walk(base, topdown=False):
        when += 1000000007
        os.utime(path, ns=(when, when))
    for mode in DIRECTORY_MODES:
        os.chmod(base + b"/modes/dir%04o" % mode, mode)
    os.utime(base + b"/times/old directory", ns=(-5 * SECOND, -5 * SECOND))


def random_tree(base, rng):
    """Any shape: depth, fan-out, sizes, holes, links and names as the dice fall."""
    places, files = [base], []
    for number in range(rng.randrange(1, 400)):
        kind = rng.choices(("file", "directory", "symlink", "hard", "sparse", "fifo"), (60, 20, 5, 6, 6, 1))[0]
        name = b"%d" % number + bytes(rng.choice(b"ab.-_ \n\xff\xc3\xa4/"[:-1]) for _ in range(rng.choice((0, 3, 10, 120))))
        path = rng.choice(places) + b"/" + name
        if len(path) - len(base) > 3500:
            continue
        when = WHEN + rng.randrange(-(1 << 60), 1 << 61)
        if kind == "directory":
            places.append(directory(path))
        elif kind == "symlink":
            os.symlink(bytes(rng.choice(b"ab/.\xff") for _ in range(rng.randrange(1, 300))), path)
        elif kind == "hard" and files:
            os.link(rng.choice(files), path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "sparse":
            size = rng.randrange(1, 20 * MIB)
            pieces = [(rng.randrange(size), rng.randbytes(rng.choice((1, 4096, 100000)))) for _ in range(rng.randrange(8))]
            sparse_file(path, size, [(offset, data[:size - offset]) for offset, data in pieces])
            files.append(path)
        else:
            size = int(min(rng.lognormvariate(7, 3), 12 * MIB))
            write(path, rng.randbytes(size) if rng.random() < 0.5 else b"text %d " % number * (size // 8), when)
            files.append(path)
            if rng.random() < 0.1:
                os.setxattr(path, b"user.n%d" % number, rng.randbytes(rng.randrange(200)))
            os.chmod(path, rng.randrange(0o1000) | (0 if ROOT else 0o400))
    for path in reversed(places):
        when = WHEN + rng.randrange(-(1 << 60), 1 << 61)
        os.utime(path, ns=(when, when))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=os.fsencode)
    parser.add_argument("--beyond-path-max", action="store_true")
    parser.add_argument("--many", type=int, default=3000)
    parser.add_argument("--random", type=int)
    arguments = parser.parse_args()
    base = directory(arguments.directory)
    os.umask(0o022)
    if arguments.random is not None:
        random_tree(base, random.Random(arguments.random))
        return
    rng = random.Random(7)
    names(base, rng)
    sizes(base, rng)
    sparse(base, rng)
    links(base)
    times(base)
    modes(base)
    special(base)
    attributes(base, rng)
    acls(base)
    many(base, rng, arguments.many)
    if ROOT:
        owners(base)
    settle(base)
    if arguments.beyond_path_max:
        beyond_path_max(base)


if __name__ == "__main__":
    main()
