#!/usr/bin/env python3
"""What a backup does to the page cache of the server that it backs up.

A reader plays the server: it has read each document of a set once, and goes on reading them, popular
ones more often than others. Of each it asks first how much is in the page cache (cachestat; before
Linux 6.5 preadv2 with RWF_NOWAIT tells). The reader and the backup share a memory control group of
half the repository's size, so that the repository is twice the memory. Printed for each candidate: the
reader's hit rate and latency before, during and after the backup, and how much of the set is cached
right before and after it. `nobody` shows what happens without any backup.

Needs root, for the control group and to drop caches; --memory none does without both (and shows no
eviction, as nothing is short).
"""

import argparse
import contextlib
import ctypes
import errno
import json
import multiprocessing
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

PHASES = ("warm", "before", "during", "after")
BUFFER_BYTES = 1 << 20
CACHESTAT = 451  # the system call's number, on all architectures; Linux 6.5
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LIBC = ctypes.CDLL(None)


class Failure(Exception):
    pass


def parse_size(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    scale = units.get(text[-1:].upper())
    return int(float(text[:-1]) * scale) if scale else int(text)


def files_below(top):
    """(path, bytes) of all regular files, sorted."""
    found = []
    for directory, _, names in os.walk(top):
        for name in names:
            path = os.path.join(directory, name)
            status = os.lstat(path)
            if status.st_size > 0 and os.path.isfile(path) and not os.path.islink(path):
                found.append((path, status.st_size))
    return sorted(found)


def choose_hot(files, bytes_max, seed):
    """Random documents, the most popular first."""
    shuffled = list(files)
    random.Random(seed).shuffle(shuffled)
    hot, total = [], 0
    for path, size in shuffled:
        if total + size > bytes_max:
            continue
        hot.append(path)
        total += size
    return hot, total


class Group:
    """A memory control group of version 2 or 1; nothing at all where bytes_max is None."""

    def __init__(self, bytes_max):
        self.path = None
        if bytes_max is None:
            return
        name = f"ingot-neighbour-{os.getpid()}"
        try:
            if "memory" in read_words("/sys/fs/cgroup/cgroup.controllers"):
                with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as control:
                    control.write("+memory")
                self.make("/sys/fs/cgroup/" + name, "memory.max", bytes_max)
            elif os.path.isdir("/sys/fs/cgroup/memory"):
                self.make("/sys/fs/cgroup/memory/" + name, "memory.limit_in_bytes", bytes_max)
        except OSError as error:
            self.remove()
            raise Failure(f"cannot limit memory: {error}; --memory none goes without") from error
        if self.path is None:
            raise Failure("no memory control group here; --memory none goes without")

    def make(self, path, limit, bytes_max):
        os.mkdir(path)
        self.path = path
        with open(os.path.join(path, limit), "w") as file:
            file.write(str(bytes_max))

    def join(self):
        if self.path is not None:
            with open(os.path.join(self.path, "cgroup.procs"), "w") as file:
                file.write(str(os.getpid()))

    def remove(self):
        if self.path is None:
            return
        for _ in range(50):  # processes take a moment to be gone
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.1)


def read_words(path):
    try:
        with open(path) as file:
            return file.read().split()
    except OSError:
        return []


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as file:
        file.write("3")


def cached_pages(fd):
    """How many of a file's pages are in the page cache; None where the kernel cannot tell."""
    whole = (ctypes.c_uint64 * 2)(0, 0)
    counts = (ctypes.c_uint64 * 5)()
    return counts[0] if LIBC.syscall(CACHESTAT, fd, whole, counts, 0) == 0 else None


def cached_share(paths):
    pages = cached = 0
    for path in paths:
        fd = os.open(path, os.O_RDONLY)
        count = cached_pages(fd)
        pages += -(-os.fstat(fd).st_size // PAGE_BYTES)
        os.close(fd)
        if count is None:
            return None
        cached += count
    return cached / pages


def read_document(path, buffer):
    """Reads all of it. Returns its bytes and how many of them were in the cache."""
    fd = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(fd).st_size
        pages = cached_pages(fd)
        at, ready, probing = 0, 0, pages is None
        while at < size:
            try:
                got = os.preadv(fd, [buffer], at, os.RWF_NOWAIT if probing else 0)
            except OSError as error:
                if not probing or error.errno != errno.EAGAIN:
                    raise
                probing = False
                continue
            if got == 0:
                break
            at += got
            ready += got if probing else 0
        return at, ready if pages is None else min(pages * PAGE_BYTES, at)
    finally:
        os.close(fd)


def serve(group, hot, options, phase, pipe):
    """The server: a process of its own. Sends its counts when the phase becomes -1."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    group.join()
    buffer = bytearray(BUFFER_BYTES)
    for path in hot:
        read_document(path, buffer)
    pipe.send("warm")
    chance = random.Random(options.seed)
    weights = [1 / (rank + 1) ** options.zipf for rank in range(len(hot))]
    plan = []
    counts = {name: {"read": 0, "hit": 0, "milliseconds": []} for name in PHASES}
    begin = time.monotonic()
    number = 0
    while phase.value >= 0:
        if not plan:
            plan = chance.choices(hot, weights, k=10_000)
        pause = begin + number / options.reads - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        else:
            begin -= pause  # what was held up is not made up for
        number += 1
        count = counts[PHASES[max(phase.value, 0)]]
        start = time.monotonic()
        read, hit = read_document(plan.pop(), buffer)
        count["milliseconds"].append((time.monotonic() - start) * 1000)
        count["read"] += read
        count["hit"] += hit
    with contextlib.suppress(BrokenPipeError):
        pipe.send(counts)


def commands(options, output):
    ingot = [options.ingot, "create", "-q", "--force", "-o", output, options.tree]
    where, what = os.path.split(os.path.abspath(options.tree))
    tar = f"tar -C '{where}' -cf - '{what}'"
    limits = [f"--limit-read={options.limit}", f"--limit-write={options.limit}", "--nice"]
    return {
        "nobody": ["sleep", str(options.seconds)],
        "ingot": ingot,
        "ingot-posix": ingot + ["--io=posix"],
        "ingot-limited": ingot + limits,
        "tar": ["bash", "-c", f"{tar} > '{output}'"],
        "tar-zstd": ["bash", "-c", f"{tar} | zstd -q -1 -T0 > '{output}'"],
    }


def measure(name, hot, options):
    output = os.path.join(options.scratch, "neighbour-output.tar.zst")
    command = commands(options, output)[name]
    group = Group(options.memory)
    if options.memory is not None:
        drop_caches()  # pages are charged to the group that reads them first
    phase = multiprocessing.Value("i", 0)
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(group, hot, options, phase, theirs))
    server.start()
    theirs.close()
    try:
        ours.recv()
        phase.value = PHASES.index("before")
        time.sleep(options.seconds)
        cached_before = cached_share(hot)
        phase.value = PHASES.index("during")
        begin = time.monotonic()
        subprocess.run(command, check=True, preexec_fn=group.join)
        if os.path.exists(output):
            subprocess.run(["sync", "-f", output], check=True)
        seconds = time.monotonic() - begin
        cached_after = cached_share(hot)
        phase.value = PHASES.index("after")
        time.sleep(options.seconds)
        phase.value = -1
        counts = ours.recv()
    finally:
        phase.value = -1
        ours.close()  # a server whose counts nobody wants any more must not wait for it
        server.join()
        if os.path.exists(output):
            os.unlink(output)
        group.remove()
    result = {"candidate": name, "seconds": seconds}
    result["cached"] = {"before": cached_before, "after": cached_after}
    for when in PHASES[1:]:
        times = sorted(counts[when]["milliseconds"]) or [0]
        result[when] = {
            "reads": len(times),
            "hit_rate": counts[when]["hit"] / max(counts[when]["read"], 1),
            "median_ms": statistics.median(times),
            "p99_ms": times[len(times) * 99 // 100],
        }
    return result


def percent(share):
    return "-" if share is None else f"{share * 100:.1f}"


def table(results):
    print(f"{'':14} {'seconds':>8}   {'hit rate, % of bytes':^22}   {'set cached, %':^17}   "
          f"{'median, ms':^20}   {'99th percentile, ms':^20}")
    print(f"{'':14} {'':8}   {'before':>6}  {'during':>6}  {'after':>6}   {'before':>8} {'after':>8}   "
          + "   ".join([f"{'before':>6} {'during':>6} {'after':>6}"] * 2))
    for result in results:
        hits = "  ".join(f"{percent(result[when]['hit_rate']):>6}" for when in PHASES[1:])
        cached = " ".join(f"{percent(result['cached'][when]):>8}" for when in ("before", "after"))
        times = ["  ".join(f"{result[when][key]:>5.1f}" for when in PHASES[1:]) + " "
                 for key in ("median_ms", "p99_ms")]
        print(f"{result['candidate']:14} {result['seconds']:8.1f}   {hits}   {cached}   "
              + "  ".join(times))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", help="the repository, for example one that ingot_corpus made")
    parser.add_argument("--ingot", default="build/ingot", help="the program (build/ingot)")
    parser.add_argument("--candidates", default="nobody,ingot,ingot-posix,ingot-limited,tar-zstd",
                        help="of nobody, ingot, ingot-posix, ingot-limited, tar, tar-zstd")
    parser.add_argument("--memory", help="of the group, or none (half of the tree's size)")
    parser.add_argument("--hot", type=float, default=0.75, help="the set, as a share of memory (0.75)")
    parser.add_argument("--zipf", type=float, default=0.8, help="exponent of popularity (0.8)")
    parser.add_argument("--reads", type=float, default=300, help="documents a second (300)")
    parser.add_argument("--seconds", type=float, default=10, help="before and after (10)")
    parser.add_argument("--limit", default="200M", help="of ingot-limited (200M)")
    parser.add_argument("--scratch", default=".", help="where containers are written, and removed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write the results there, too")
    return parser.parse_args()


def run(options):
    files = files_below(options.tree)
    total = sum(size for _, size in files)
    if not files:
        raise Failure(f"{options.tree}: no files")
    if options.memory is None:
        options.memory = total // 2
    else:
        options.memory = None if options.memory == "none" else parse_size(options.memory)
    hot, hot_bytes = choose_hot(files, options.hot * (options.memory or total), options.seed)
    candidates = options.candidates.split(",")
    unknown = set(candidates) - set(commands(options, ""))
    if unknown:
        raise Failure(f"no such candidate: {', '.join(sorted(unknown))}")
    if shutil.which("zstd") is None and "tar-zstd" in candidates:
        raise Failure("tar-zstd needs zstd: install it, or choose --candidates")
    memory = "unlimited" if options.memory is None else f"{options.memory / 1e9:.2f} GB"
    print(f"repository {len(files)} files of {total / 1e9:.2f} GB; memory {memory}; "
          f"the server's set {len(hot)} files of {hot_bytes / 1e9:.2f} GB, {options.reads:.0f} reads a second")
    results = [measure(name, hot, options) for name in candidates]
    table(results)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"repository_bytes": total, "memory_bytes": options.memory,
                       "hot_bytes": hot_bytes, "results": results}, file, indent=1)
    return 0


def main():
    try:
        return run(arguments())
    except EOFError:
        print("neighbour.py: the reader has failed", file=sys.stderr)
        return 1
    except (Failure, OSError, subprocess.CalledProcessError) as error:
        print(f"neighbour.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
