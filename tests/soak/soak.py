#!/usr/bin/env python3
"""Random trees through create and backup, faults, kills, damage, verify, restore and salvage, compared, for as long as wanted.

usage: soak.py --ingot PROGRAM --faulty PROGRAM [--seconds N] [--seed N] [--rounds N] [--directory DIRECTORY]

Each round has a seed of its own, told with whatever goes wrong; --seed N --rounds 1 repeats it. What a round must show:
  a run without faults gives a container that verifies, restores to the same tree, and that tar reads;
  a run with a fault, or that was killed, leaves the old file or a whole new one, and says what it did by its exit code;
  damage is noticed by verify, and neither restore nor salvage gives a file of other content than it had without a word;
  salvage brings back whatever restore does, but for hard links, which restore makes of the index alone.
The last line is the summary; exit code 1 when anything was wrong.
"""
import argparse
import collections
import hashlib
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BLOCK = 4096
PATIENCE = 300  # seconds that any one command may take
LARGE_TIME = 3.0  # seconds in which a kill falls at most


class Wrong(Exception):
    """Something that must never be."""


class Round:
    def __init__(self, options, seed, counts):
        self.options, self.seed, self.counts = options, seed, counts
        self.random = random.Random(seed)
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="ingot-soak-", dir=options.directory))
        self.tree = self.top / "tree"
        self.file = self.top / "target" / "f.tar.zst"

    def run(self, *arguments, program=None, environment=None, accept=None):
        command = [program or self.options.ingot, *map(str, arguments)]
        done = subprocess.run(command, cwd=self.top, capture_output=True, timeout=PATIENCE, env={**os.environ, **(environment or {})},
                              check=False)
        if accept is not None and done.returncode not in accept:
            raise Wrong(f"exit code {done.returncode}, not {accept}: {' '.join(command)}\n{done.stderr.decode(errors='replace')[:2000]}")
        return done

    def options_of_create(self):
        chance = self.random
        return ["--io", chance.choice(["uring", "posix"]), "--threads", chance.randint(1, 4), "--frame-size", chance.choice(["1M", "2M", "4M"]),
                "--level", chance.choice([1, 1, 1, 3, 5]), "--quiet"]

    def verb(self):
        """What is made a container of, in the words of the command line."""
        if self.random.random() < 0.5:
            return ["create", *self.options_of_create(), "--force", "-o", self.file, "tree"]
        dump = self.top / "dump.sql"
        if not dump.exists():
            with dump.open("w") as file:
                for i in range(self.random.randint(1, 200_000)):
                    file.write(f"INSERT INTO t VALUES ({i}, {self.random.random()});\n")
                file.write("-- dump complete\n")
        return ["backup", *self.options_of_create(), "--force", "--dump-command", f"cat {dump}", "--dump-expect", "dump complete", "--content",
                "tree", "-o", self.file]

    def all_of_it(self):
        make = [sys.executable, HERE.parent / "e2e" / "make_nasty_tree.py", self.tree, "--random", str(self.seed), "--many",
                str(self.random.randint(10, 600))]
        subprocess.run(make, check=True, capture_output=True, timeout=PATIENCE)
        self.file.parent.mkdir()
        (self.top / "kept").mkdir()
        self.source = contents(self.tree)
        self.clean()
        for _ in range(3):
            self.fault()
        for _ in range(2):
            self.kill()
        for _ in range(4):
            self.damage()

    def clean(self):
        self.run(*self.verb(), accept=[0])
        self.run("verify", "--quiet", self.file, accept=[0])
        out = self.top / "out"
        self.run("restore", "--quiet", self.file, "-C", out, accept=[0])
        compared = subprocess.run([sys.executable, HERE.parent / "e2e" / "compare_trees.py", self.tree, out / "tree"], capture_output=True,
                                  timeout=PATIENCE, check=False)
        if compared.returncode != 0:
            raise Wrong("restored otherwise: " + compared.stdout.decode(errors="replace")[:2000])
        self.tar_lists()
        self.salvages(self.file, accept=[0], whole=True)
        shutil.rmtree(out)
        self.counts["clean"] += 1

    def tar_lists(self):
        listed = subprocess.run(["tar", "--zstd", "-tf", self.file], capture_output=True, timeout=PATIENCE, check=False)
        if listed.returncode != 0:
            raise Wrong("tar: " + listed.stderr.decode(errors="replace")[:500])

    def old_or_new(self, what, old):
        """After a run that may have failed: the old file or a whole one."""
        now = self.file.read_bytes()
        if now != old:
            self.run("verify", "--quiet", self.file, accept=[0])
        left = [name for name in os.listdir(self.file.parent) if name != self.file.name]
        if [name for name in left if not name.startswith(".ingot-")] or (left and what == "fault"):
            raise Wrong(f"left behind: {left}")
        for name in left:
            (self.file.parent / name).unlink()

    def fault(self):
        old = self.file.read_bytes()
        verb, record = self.verb(), self.top / "record"
        told = {"INGOT_FAULT_ROOT": str(self.top), "INGOT_FAULT_RECORD": str(record)}
        self.run(*verb, program=self.options.faulty, environment=told, accept=[0])
        operations = [line.split("\t") for line in record.read_text(errors="surrogateescape").splitlines()]
        operations = [o for o in operations if len(o) == 3 and o[2].isdigit() and o[0] != "memory" and not o[1].startswith(("anon_inode:", "pipe:"))]
        self.file.write_bytes(old)
        call, name, number = self.random.choice(operations)
        effects = ["EINTR", "EIO", "ENOSPC", "ESTALE", "ENOMEM", "EIO+"] + (["short"] if call in ("read", "write") else [])
        told["INGOT_FAULT"] = "\t".join([call, name, number, self.random.choice(effects)])
        record.unlink()
        done = self.run(*verb, program=self.options.faulty, environment=told)
        try:
            if done.returncode not in (0, 1, 3, 5, 6):
                raise Wrong(f"exit code {done.returncode}\n{done.stderr.decode(errors='replace')[:2000]}")
            if done.returncode not in (0, 3, 6) and call != "fsync" and self.file.read_bytes() != old:
                raise Wrong("failed, and yet the file is another")
            self.old_or_new("fault", old)
        except Wrong as wrong:
            raise Wrong(f"INGOT_FAULT={told['INGOT_FAULT']!r} {verb}: {wrong}") from wrong
        if "fault\t" in record.read_text(errors="surrogateescape"):
            self.counts["faults"] += 1
        self.file.write_bytes(old)

    def kill(self):
        old = self.file.read_bytes()
        begun = time.monotonic()
        self.run(*self.verb(), accept=[0])
        took = min(time.monotonic() - begun, LARGE_TIME)
        self.file.write_bytes(old)
        process = subprocess.Popen([self.options.ingot, *map(str, self.verb())], cwd=self.top, stderr=subprocess.DEVNULL)
        number = self.random.choice([signal.SIGKILL, signal.SIGTERM])
        try:
            process.wait(self.random.uniform(0, took))
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        code = process.wait(PATIENCE)
        if code not in (0, -signal.SIGKILL, 130, -signal.SIGTERM):  # SIGTERM before main has its handler
            raise Wrong(f"killed by {number}, exit code {code}")
        if code != 0:
            self.counts["kills"] += 1
        self.old_or_new("kill", old)
        self.file.write_bytes(old)

    def damage(self):
        whole = self.file.read_bytes()
        broken = self.break_it(bytearray(whole))
        if broken == whole:
            return
        damaged = self.top / "damaged.tar.zst"
        damaged.write_bytes(broken)
        self.run("verify", "--quiet", damaged, accept=[4])
        out = self.top / "restored"
        self.run("restore", "--quiet", damaged, "-C", out, accept=[1, 4])
        restored = self.expect_right(out)
        salvaged = self.salvages(damaged, accept=[0, 4])
        missed = {name for name in restored - salvaged if os.stat(os.path.join(os.fsencode(self.tree), name)).st_nlink == 1}
        if missed:
            raise Wrong(f"restored, and not salvaged: {sorted(missed)[:5]}")
        self.counts["damages"] += 1
        self.counts["salvaged"] += len(salvaged)
        self.counts["salvageable"] += len(self.source)
        shutil.rmtree(out, ignore_errors=True)

    def break_it(self, data):
        chance = self.random
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

    def salvages(self, file, accept, whole=False):
        out = self.top / "salvaged"
        self.run("salvage", "--quiet", file, "-C", out, accept=accept)
        got = self.expect_right(out)
        if whole and got != set(self.source):
            raise Wrong(f"not salvaged from a whole file: {sorted(set(self.source) - got)[:5]}")
        shutil.rmtree(out, ignore_errors=True)
        return got

    def expect_right(self, out):
        """The names of files that are there, each with its content."""
        found = contents(out / "tree") if (out / "tree").is_dir() else {}
        for name, digest in found.items():
            if self.source.get(name) != digest:
                raise Wrong(f"other content: {name!r}")
        return set(found)

    def end(self):
        shutil.rmtree(self.top, ignore_errors=True)


def contents(top):
    """Path below top -> digest, of regular files that have their names."""
    found = {}
    for directory, _, names in os.walk(os.fsencode(top)):
        for name in names:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and not os.path.islink(path) and not name.startswith(b".ingot-"):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, os.fsencode(top))] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--faulty", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rounds", type=int, default=1 << 60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory")
    options = parser.parse_args()
    counts = collections.Counter()
    begun, wrong, rounds = time.monotonic(), 0, 0
    while rounds < options.rounds and time.monotonic() - begun < options.seconds:
        seed = options.seed + rounds
        this = Round(options, seed, counts)
        try:
            this.all_of_it()
        except (Wrong, subprocess.TimeoutExpired) as problem:
            wrong += 1
            print(f"WRONG in round --seed {seed} --rounds 1 (kept in {this.top}): {problem}", flush=True)
        else:
            this.end()
        rounds += 1
    share = 100 * counts["salvaged"] / max(1, counts["salvageable"])
    print(f"soak: {(time.monotonic() - begun) / 3600:.2f} h, {rounds} rounds from seed {options.seed}: {counts['clean']} round trips, "
          f"{counts['faults']} faults, {counts['kills']} kills, {counts['damages']} damaged files noticed, {share:.1f} % of their files salvaged; "
          f"{wrong} wrong")
    return 1 if wrong or not rounds else 0


sys.exit(main())
