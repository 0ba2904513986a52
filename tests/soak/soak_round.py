"""One round: a random tree, all that is done to it, and what each run must show."""
import base64
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

import fault as faults
from damage import Frames, break_it
from program import Programs, Wrong, catches, text
from tree import TEMPORARY, Tree, contents, digest, remove_temporary

HERE = pathlib.Path(__file__).resolve().parent
LARGE_TIME = 3.0  # seconds in which a kill falls at most
DUMP = b"database/dump.sql"
OLDER = b"older\n"
OLDER_DIGEST = hashlib.sha256(OLDER).hexdigest()


class Round:
    PARTS = {"fault": 3, "fault_restore": 1, "kill": 2, "kill_restore": 1, "damage": 4}  # how often

    def __init__(self, options, seed, counts):
        self.options, self.counts, self.seed = options, counts, seed
        self.random = random.Random(seed)
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="ingot-soak-", dir=options.directory))
        self.programs = Programs(self.top)
        self.file, self.out = self.top / "target" / "f.tar.zst", self.top / "out"
        self.in_file = None  # names of all files in the container that damage and restore have

    def all_of_it(self):
        self.programs.run(sys.executable, HERE.parent / "e2e" / "make_nasty_tree.py", self.top / "tree", "--random", self.seed, accept=[0])
        self.file.parent.mkdir()
        self.tree = Tree(self.top)
        dump = self.make_dump()
        self.digests = {**self.tree.digests, DUMP: digest(dump)}
        self.clean()
        for part, times in self.PARTS.items():
            if part in self.options.parts:
                for _ in range(times):
                    getattr(self, part)()

    def end(self, keep):
        self.programs.end()
        if not keep:
            shutil.rmtree(self.top, ignore_errors=True)

    def make_dump(self):
        dump = self.top / "dump.sql"
        with dump.open("w") as file:
            for i in range(self.random.randint(1, 200_000)):
                file.write(f"INSERT INTO t VALUES ({i}, {self.random.random()});\n")
            file.write("-- dump complete\n")
        return dump

    # The command lines.

    def making(self):
        """A command that makes a container of the tree."""
        chance = self.random
        options = ["--io", chance.choice(["uring", "posix"]), "--threads", chance.randint(1, 4), "--frame-size", chance.choice(["1M", "2M", "4M"]),
                   "--level", chance.choice([1, 1, 1, 3, 5]), "--quiet", "--force", "-o", self.file]
        if chance.random() < 0.5:
            return ["create", *options, "tree"]
        return ["backup", *options, "--dump-command", "cat dump.sql", "--dump-expect", "dump complete", "--content", "tree"]

    def restoring(self):
        return ["restore", "--threads", self.random.randint(1, 4), "--quiet", "--force", self.file, "-C", self.out]

    def ingot(self, *verb, accept):
        return self.programs.run(self.options.ingot, *verb, accept=accept)

    # What happens to it.

    def clean(self):
        verb = self.making()
        self.ingot(*verb, accept=[0])
        self.expect_complete(verb)
        with (self.top / "stream").open("wb") as stream:
            stream.write(self.programs.run("zstd", "-dcq", self.file, accept=[0]).stdout)
        self.programs.run("tar", "-tf", "stream", accept=[0])
        self.frames = Frames(self.file, self.top / "stream")
        self.in_file = self.made_by(verb)
        self.salvage(self.file, accept=[0])
        self.counts["clean"] += 1

    def fault(self):
        verb, old = self.making(), self.file.read_bytes()
        fault, done = self.run_with_fault(verb, lambda: self.file.write_bytes(old))
        code = done.returncode
        try:
            if code not in ((0, 1, 3, 5) if verb[0] == "backup" else (0, 1, 3)):
                raise Wrong(f"exit code {code}")
            if code == 3 and not fault.may_be_of_a_source():
                raise Wrong("exit code 3 for what is no source file")
            if code in (0, 3):
                # Where the end of data cannot be told, all the rest counts as data, holes too.
                self.expect_complete(verb, self.findings() if code == 3 else [], allowed=("sparse",) if fault.call == "seek" else ())
            elif self.file.read_bytes() != old:
                if fault.call != "fsync" or b"fsync the directory" not in done.stderr:
                    raise Wrong("failed, and yet the file is another")
                self.expect_complete(verb)
            self.expect_nothing_else()
        except Wrong as wrong:
            raise Wrong(f"INGOT_FAULT={str(fault)!r} {words(verb)}: {wrong}\n{text(done.stderr)}") from wrong
        self.file.write_bytes(old)

    def fault_restore(self):
        verb, older = self.restoring(), self.choose_older()
        fault, done = self.run_with_fault(verb, lambda: self.put_older(older))
        try:
            if done.returncode not in (0, 1):
                raise Wrong(f"exit code {done.returncode}")
            if done.returncode == 0:
                self.expect_restored()
            self.expect_right(self.out, older)
            if remove_temporary(self.out) and not fault.may_leave_files():
                raise Wrong("left behind: files in the making")
            self.ingot(*verb, accept=[0])
            self.expect_restored()
        except Wrong as wrong:
            raise Wrong(f"INGOT_FAULT={str(fault)!r} {words(verb)}: {wrong}\n{text(done.stderr)}") from wrong
        shutil.rmtree(self.out)

    def run_with_fault(self, verb, prepare):
        """Once without and once with a fault, `prepare` before each."""
        record = self.top / "record"
        told = {"INGOT_FAULT_ROOT": str(self.top), "INGOT_FAULT_RECORD": str(record)}
        prepare()
        self.programs.run(self.options.faulty, *verb, environment=told, accept=[0])
        fault = faults.choose(record.read_text(errors="surrogateescape"), self.random)
        record.unlink()
        prepare()
        done = self.programs.run(self.options.faulty, *verb, environment={**told, "INGOT_FAULT": str(fault)})
        met = faults.was_met(record.read_text(errors="surrogateescape"))
        record.unlink()
        if done.returncode != 0 and (not met or fault.is_harmless()):
            raise Wrong(f"INGOT_FAULT={str(fault)!r} {words(verb)}: exit code {done.returncode}, and that is no reason\n{text(done.stderr)}")
        self.counts["faults"] += met
        return fault, done

    def kill(self):
        verb, old = self.making(), self.file.read_bytes()
        code = self.run_and_kill(verb, lambda: self.file.write_bytes(old))
        changed = self.file.read_bytes() != old
        if code == 130 and changed:
            raise Wrong(f"interrupted, and yet the file is another: {words(verb)}")
        if code == 0 or changed:
            self.expect_complete(verb)
        self.expect_nothing_else(temporary_allowed=code == -signal.SIGKILL)
        self.file.write_bytes(old)

    def kill_restore(self):
        verb, older = self.restoring(), self.choose_older()
        code = self.run_and_kill(verb, lambda: self.put_older(older))
        if code == 0:
            self.expect_restored()
        # A small file may be cut where ingot could not tidy up.
        in_parts = {name for name in self.digests if code == -signal.SIGKILL and not self.tree.is_named_when_whole(name)}
        self.expect_right(self.out, older, in_parts)
        if remove_temporary(self.out) and code != -signal.SIGKILL:
            raise Wrong(f"left behind: files in the making, exit code {code}")
        self.ingot(*verb, accept=[0])
        self.expect_restored()
        shutil.rmtree(self.out)

    def run_and_kill(self, verb, prepare):
        """Once to the end, which is timed, and once to any moment before; its exit code."""
        prepare()
        begun = time.monotonic()
        self.ingot(*verb, accept=[0])
        took = min(time.monotonic() - begun, LARGE_TIME)
        prepare()
        process, number, has_handler = self.programs.start(self.options.ingot, *verb), self.random.choice([signal.SIGKILL, signal.SIGTERM]), True
        time.sleep(self.random.uniform(0, took))
        if process.poll() is None:
            has_handler = catches(process.pid, signal.SIGTERM)
            process.send_signal(number)
        done = self.programs.wait(process)
        code = done.returncode
        # SIGTERM is as good as kill -9 only before main has its handler.
        if code not in (0, -signal.SIGKILL if number == signal.SIGKILL else 130) and (code != -signal.SIGTERM or has_handler):
            raise Wrong(f"ended by signal {number}, exit code {code}: {words(verb)}\n{text(done.stderr)}")
        self.counts["kills"] += code != 0
        return code

    def damage(self):
        whole = self.file.read_bytes()
        broken = break_it(whole, self.random)
        if broken == whole:
            return
        damaged = self.top / "damaged.tar.zst"
        damaged.write_bytes(broken)
        self.ingot("verify", "--quiet", damaged, accept=[4])
        self.ingot("restore", "--quiet", damaged, "-C", self.out, accept=[4])
        restored = self.expect_right(self.out)
        shutil.rmtree(self.out, ignore_errors=True)
        salvaged = self.salvage(damaged, accept=[0, 4])
        # Restore makes hard links of the index alone.
        missed = {name for name in restored - salvaged if not self.tree.is_linked(name)} | self.frames.members_left(broken) - salvaged
        if missed:
            raise Wrong(f"not salvaged, and yet it was there: {sorted(missed)[:5]}")
        self.counts["damages"] += 1
        self.counts["salvaged"] += len(salvaged)
        self.counts["salvageable"] += len(self.in_file)

    def salvage(self, file, accept):
        out = self.top / "salvaged"
        done = self.ingot("salvage", "--quiet", file, "-C", out, accept=accept)
        got = self.expect_right(out)
        if done.returncode == 0 and got != self.in_file:
            raise Wrong(f"salvage lost without a word: {sorted(self.in_file - got)[:5]}")
        shutil.rmtree(out, ignore_errors=True)
        return got

    def choose_older(self):
        """Some files that are there before a restore, with other content."""
        return set(self.random.sample(sorted(self.tree.digests), min(5, len(self.tree.digests)))) if self.random.random() < 0.5 else set()

    def put_older(self, names):
        shutil.rmtree(self.out, ignore_errors=True)
        for name in names:
            path = os.path.join(os.fsencode(self.out), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(OLDER)

    # What must be.

    def made_by(self, verb):
        return set(self.tree.digests) | ({DUMP} if verb[0] == "backup" else set())

    def findings(self):
        told = json.loads(self.ingot("cat", self.file, "ingot/findings.json", accept=[0]).stdout)["findings"]
        return [base64.b64decode(f["path_base64"]) if "path_base64" in f else f["path"].encode() for f in told]

    def expect_complete(self, verb, findings=(), allowed=()):
        """The container has all of it, but for what findings name."""
        self.ingot("verify", "--quiet", self.file, accept=[0])
        shutil.rmtree(self.out, ignore_errors=True)
        self.ingot("restore", "--quiet", self.file, "-C", self.out, accept=[0])
        self.expect_restored(self.made_by(verb), findings, allowed)
        shutil.rmtree(self.out)

    def expect_restored(self, names=None, findings=(), allowed=()):
        wrong = [(kind, name) for kind, name in self.tree.differences(self.out) if kind not in allowed and not self.tree.is_told(name, findings)]
        if wrong:
            raise Wrong(f"restored otherwise: {wrong[:5]}")
        if DUMP in (self.in_file if names is None else names) and contents(self.out).get(DUMP) != self.digests[DUMP]:
            raise Wrong("the dump is restored otherwise")

    def expect_right(self, out, older=(), in_parts=()):
        """The names of files that are there, each with its content."""
        found = contents(out)
        for name, content in found.items():
            right = name in self.digests and (name in in_parts or content == self.digests[name])
            if not right and not (name in older and content == OLDER_DIGEST):
                raise Wrong(f"other content: {name!r}")
        return set(found)

    def expect_nothing_else(self, temporary_allowed=False):
        left = [name for name in os.listdir(self.file.parent) if name != self.file.name]
        if [name for name in left if not (temporary_allowed and name.startswith(os.fsdecode(TEMPORARY)))]:
            raise Wrong(f"left behind: {left}")
        for name in left:
            (self.file.parent / name).unlink()


def words(verb):
    return " ".join(map(str, verb))
