#!/usr/bin/env python3
"""Shows how ingot grows with the number of files: create, verify, list, cat and restore of one file.

For each number of files a tree of tiny files is made by ingot_corpus on a loop-mounted ext4 of its own
(as root; else in a plain directory), and each verb runs on it with caches dropped before. Printed are
wall and CPU time, the peak of resident memory, the bytes read from the disk and by read calls, and what
each bound says. Ends with 1 when a bound is exceeded or what was restored differs."""

import argparse
import filecmp
import json
import os
import shutil
import subprocess
import sys
import time

MEMORY_MAX = 1 << 30
ONE_FILE_SECONDS_MAX = 1.0
ONE_FILE_READ_MAX = 64 << 20
# How much more than in proportion to the files the time may grow; the first size sets the measure.
GROWTH_MAX = 1.25

BLOCK = 1024
INODE = 256


def drop_caches():
    os.sync()
    try:
        with open('/proc/sys/vm/drop_caches', 'w') as file:
            file.write('3')
        return True
    except OSError:
        return False


def run(arguments, output=None):
    """Runs a command; wall, CPU, memory and bytes read. Its rchar and read_bytes are of all its threads."""
    with open(output or os.devnull, 'wb') as sink:
        start = time.monotonic()
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=sink)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - start
        io = {}
        try:
            with open(f'/proc/{child.pid}/io') as file:
                io = {key: int(value) for key, value in (line.split(': ') for line in file)}
        except OSError:
            pass
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f'scale.py: ended with {child.returncode}: {" ".join(arguments)}')
    return {
        'wall': wall,
        'user': usage.ru_utime,
        'system': usage.ru_stime,
        'memory': usage.ru_maxrss * 1024,
        'disk': io.get('read_bytes', usage.ru_inblock * 512),
        'read': io.get('rchar', 0),
    }


class FileSystem:
    """A loop-mounted ext4 with room for so many tiny files, or a directory where that cannot be."""

    def __init__(self, directory, files):
        self.image = os.path.join(directory, 'scale.img')
        self.path = os.path.join(directory, 'tree')
        os.makedirs(self.path, exist_ok=True)
        self.mounted = False
        if os.geteuid() != 0:
            print('scale.py: not root: the tree lies in a plain directory, caches are not dropped', file=sys.stderr)
            return
        if not os.path.exists(self.image):
            self.make(files)
        mounted = subprocess.run(['mount', '-o', 'loop,noatime', self.image, self.path], check=False)
        self.mounted = mounted.returncode == 0
        if not self.mounted:
            print('scale.py: no loop mount here: the tree lies in a plain directory', file=sys.stderr)

    def make(self, files):
        inodes = files + files // 500 + 1000
        with open(self.image, 'wb') as file:
            file.truncate((64 << 20) + int(1.1 * (inodes * (INODE + BLOCK) + files * 48)))
        subprocess.run(['mkfs.ext4', '-q', '-F', '-b', str(BLOCK), '-I', str(INODE), '-N', str(inodes), '-m', '0',
                        '-O', '^has_journal,large_dir', self.image], check=True)

    def close(self):
        # Whatever looks at all mounts (an indexer, a monitor) keeps it busy for a moment.
        for left in range(10, -1, -1) if self.mounted else ():
            ended = subprocess.run(['umount', self.path], check=left == 0, stderr=None if left == 0 else subprocess.DEVNULL)
            if ended.returncode == 0:
                break
            time.sleep(1)


def middle_file(tree):
    """A file from the middle of the tree in the order of names."""
    path = tree
    while os.path.isdir(path):
        names = sorted(os.listdir(path))
        path = os.path.join(path, names[len(names) // 2])
    return os.path.relpath(path, os.path.dirname(tree))


def measure(options, files):
    directory = os.path.join(options.directory, f'{options.kind}-{files}')
    os.makedirs(directory, exist_ok=True)
    system = FileSystem(directory, files)
    try:
        tree = os.path.join(system.path, options.kind)
        made = os.path.join(directory, 'made')
        if not os.path.exists(made):
            started = time.monotonic()
            subprocess.run([options.corpus, options.kind, tree, str(files), str(options.seed)], check=True,
                           stdout=subprocess.DEVNULL)
            with open(made, 'w'):
                pass
            print(f'{files:,} files made in {time.monotonic() - started:.0f} s', flush=True)
        return None if options.make_only else verbs(options, files, directory, tree)
    finally:
        os.chdir(options.directory)  # out of what is unmounted
        system.close()
        if not options.keep and not options.make_only:
            shutil.rmtree(directory, ignore_errors=True)


def verbs(options, files, directory, tree):
    container = os.path.join(directory, 'container.tar.zst')
    member = middle_file(tree)
    one, target = os.path.join(directory, 'one'), os.path.join(directory, 'restored')
    shutil.rmtree(target, ignore_errors=True)
    ingot = options.ingot
    os.chdir(os.path.dirname(tree))
    steps = [
        ('create', [ingot, 'create', '-q', '--force', '--io', options.io, '-o', container, os.path.basename(tree)], None),
        ('verify', [ingot, 'verify', '-q', container], None),
        ('list', [ingot, 'list', container], os.path.join(directory, 'list')),
        ('list one', [ingot, 'list', '-l', container, member], None),
        ('cat one', [ingot, 'cat', container, member], one),
        ('restore one', [ingot, 'restore', '-q', container, '-C', target, member], None),
    ]
    results = {}
    for name, arguments, output in steps:
        drop_caches()
        results[name] = result = run(arguments, output)
        print(f'  {name:12} {result["wall"]:8.2f} s  CPU {result["user"]:7.2f} + {result["system"]:6.2f} s  '
              f'memory {result["memory"] / 2**20:6.0f} MiB  read {result["disk"] / 2**20:9.2f} MiB from disk, '
              f'{result["read"] / 2**20:9.2f} by calls', flush=True)
    print(f'  the container has {os.path.getsize(container) / 1e6:,.1f} MB', flush=True)
    with open(os.path.join(directory, 'list'), 'rb') as file:
        listed = sum(chunk.count(b'\n') for chunk in iter(lambda: file.read(1 << 20), b''))
    source = os.path.join(os.path.dirname(tree), member)
    same = filecmp.cmp(source, one, False) and filecmp.cmp(source, os.path.join(target, member), False)
    return {'files': files, 'kind': options.kind, 'listed': listed, 'same': same,
            'container': os.path.getsize(container), 'verbs': results}


def judge(runs):
    """Lines for what is not as it must be."""
    failures = []
    for one in runs:
        files = one['files']
        if not one['same']:
            failures.append(f'{files:,} files: what was restored differs from the source')
        if one['listed'] <= files:
            failures.append(f'{files:,} files: only {one["listed"]:,} members are listed')
        for name, result in one['verbs'].items():
            if result['memory'] > MEMORY_MAX:
                failures.append(f'{files:,} files: {name} took {result["memory"] / 2**20:.0f} MiB of memory')
            if not name.endswith(' one'):
                continue
            if result['wall'] > ONE_FILE_SECONDS_MAX:
                failures.append(f'{files:,} files: {name} took {result["wall"]:.2f} s')
            # Not what came from the disk: the program's own pages and its libraries' are among that.
            if result['read'] > ONE_FILE_READ_MAX:
                failures.append(f'{files:,} files: {name} read {result["read"] / 2**20:.0f} MiB')
    # What takes no second says nothing of how it grows.
    for before, after in zip(runs, runs[1:]):
        for name in ('create', 'verify', 'list'):
            growth = (after['verbs'][name]['wall'] / before['verbs'][name]['wall']) / (after['files'] / before['files'])
            print(f'{name}: time grew {growth:.2f} times as fast as files from {before["files"]:,} to {after["files"]:,}')
            if growth > GROWTH_MAX and before['verbs'][name]['wall'] > 1:
                failures.append(f'{name} grows faster than the files: {growth:.2f}')
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--ingot', required=True, help='the program')
    parser.add_argument('--corpus', required=True, help='ingot_corpus')
    parser.add_argument('--directory', required=True, help='scratch, made when missing')
    parser.add_argument('--kind', default='tiny', help="of the tree: tiny, or flat: all files in one directory")
    parser.add_argument('--make-only', action='store_true', help='make the trees, and leave them for the next run')
    parser.add_argument('--io', default='auto')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--keep', action='store_true', help='leave trees and containers')
    parser.add_argument('--json', metavar='FILE', help='the figures')
    parser.add_argument('files', type=int, nargs='*', default=[1_000_000, 10_000_000])
    options = parser.parse_args()
    for name in ('ingot', 'corpus', 'directory'):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    os.makedirs(options.directory, exist_ok=True)
    if options.json:
        options.json = os.path.abspath(options.json)
    runs = [measure(options, files) for files in options.files]
    if options.make_only:
        return
    failures = judge(runs)
    if options.json:
        with open(options.json, 'w') as file:
            json.dump(runs, file, indent=1)
    for failure in failures:
        print(f'OUT OF BOUNDS: {failure}')
    print('all bounds hold' if not failures else f'{len(failures)} bounds are exceeded')
    sys.exit(1 if failures else 0)


main()
