#!/usr/bin/env python3
"""Compares ingot with other programs and with the machine's limits, in turn, in rounds.

    compare.py run --ingot PATH --limit PATH --scratch DIRECTORY --json OUT [options] NAME=TREE...
    compare.py report [--svg OUT] JSON...

Every round runs every candidate once, beginning with another one each time; a first round is
discarded. Times are of the wall clock, with the target synced. `report` takes several files
(parts of one comparison) and prints medians, spread, ratios and what is met of the targets.
"""
import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import time

from comparison import candidates as everyone
from comparison import chart, measure, report

OPERATIONS = ["create", "verify", "restore", "one"]
CACHES = ["hot", "cold"]
# Restores are bound by their target, and who wants one file has rarely just read the whole.
DEFAULT_CACHES = {"create": CACHES, "verify": CACHES, "restore": ["hot"], "one": ["cold"]}
LIMIT_KIND = "limit"
FAILURES = (measure.Failed, subprocess.CalledProcessError, OSError)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Run:
    """One comparison of one tree: makes every output once, then measures."""

    def __init__(self, arguments, name, tree, samples, failures):
        self.arguments = arguments
        self.failures = failures
        self.failed_limits = set()
        self.corpus = name
        self.parent, self.tree = os.path.split(os.path.abspath(tree))
        self.samples = samples
        self.scratch = os.path.abspath(os.path.join(arguments.scratch, name))
        os.makedirs(self.scratch, exist_ok=True)
        self.log = os.path.join(self.scratch, "log")
        self.facts = measure.tree_facts(tree)
        tools = {"ingot": os.path.abspath(arguments.ingot)}
        self.limit = os.path.abspath(arguments.limit)
        self.candidates = []
        for candidate in everyone.all_candidates(self.scratch, tools):
            missing = candidate.missing()
            if arguments.only and not any(word in candidate.name for word in arguments.only):
                continue
            if missing:
                say("%s: left out, not installed: %s" % (candidate.name, " ".join(missing)))
            else:
                self.candidates.append(candidate)
        self.member = self.one_member()
        # What the limits write as much as, and decompress.
        self.reference = everyone.Ingot(self.scratch, tools, "uring")

    def one_member(self):
        """A file from the middle of the tree, always the same."""
        names = []
        for directory, subdirectories, files in os.walk(os.path.join(self.parent, self.tree)):
            subdirectories.sort()
            names += [os.path.join(directory, name) for name in sorted(files)]
        return os.path.relpath(names[len(names) // 2], self.parent)

    def in_tree(self, command):
        return "cd %s && %s" % (everyone.quote(self.parent), command)

    def make(self, candidate):
        """Its output of the tree, outside any time."""
        if candidate.create(self.tree) is None or os.path.exists(candidate.output):
            return
        candidate.prepare()
        measure.run(self.in_tree(candidate.create(self.tree)), self.log, candidate.environment)

    def remove(self, candidate):
        if candidate.create(self.tree) is not None:
            measure.remove(candidate.output)

    def settle(self, cache, warm):
        """Nothing of an earlier run is still being written; `warm` is cached, or nothing is."""
        os.sync()
        if cache == "cold":
            measure.drop_caches()
        elif os.path.isdir(warm) and os.path.samefile(warm, os.path.join(self.parent, self.tree)):
            subprocess.run([self.limit, "read", warm], check=True, stdout=subprocess.DEVNULL)
        else:
            for path in [warm] if os.path.isfile(warm) else measure.files_below(warm):
                with open(path, "rb", buffering=0) as file:
                    while file.read(1 << 22):
                        pass

    def record(self, operation, cache, name, kind, number, result):
        result.update(corpus=self.corpus, operation=operation, cache=cache, candidate=name,
                      kind=kind, round=number)
        say("%s %s %s, round %d: %-34s %8.3f s" %
            (self.corpus, operation, cache, number, name, result["wall"]))
        if number > 0:
            self.samples.append(result)

    # One for each operation: runs the candidate, returns its sample.

    def create(self, candidate, cache):
        self.remove(candidate)
        candidate.prepare()
        self.settle(cache, os.path.join(self.parent, self.tree))
        result = measure.run(self.in_tree(candidate.create(self.tree)), self.log,
                             candidate.environment, sync=candidate.directory)
        result["output_bytes"] = measure.size_of(candidate.output)
        return result

    def verify(self, candidate, cache):
        self.settle(cache, candidate.output)
        return measure.run(candidate.verify(), self.log, candidate.environment)

    def restore(self, candidate, cache):
        with measure.FreshFileSystem(self.scratch, self.facts) as target:
            self.settle(cache, candidate.output)
            return measure.run(candidate.restore(target), self.log, candidate.environment,
                               sync=target)

    def one(self, candidate, cache):
        target = os.path.join(self.scratch, "one")
        measure.remove(target)
        os.makedirs(target)
        self.settle(cache, candidate.output)
        result = measure.run(candidate.restore_one(target, self.member), self.log,
                             candidate.environment, sync=target)
        found = [name for _, _, names in os.walk(target) for name in names]
        if found != [os.path.basename(self.member)]:
            raise measure.Failed("%s restored %d files, not one" % (candidate.name, len(found)))
        return result

    def able(self, operation):
        commands = {"create": lambda one: one.create(self.tree), "verify": lambda one: one.verify(),
                    "restore": lambda one: one.restore("."),
                    "one": lambda one: one.restore_one(".", self.member)}
        return [one for one in self.candidates if commands[operation](one) is not None]

    def run_limits(self, operation, cache, number):
        if self.arguments.only and LIMIT_KIND not in self.arguments.only:
            return
        self.make(self.reference)
        passes = everyone.limit_passes(operation, cache, self.tree, self.reference.output)
        for name, words in passes:
            if name in self.failed_limits:
                continue
            try:
                result = self.run_limit(operation, cache, words)
            except FAILURES as failure:
                self.failed_limits.add(name)
                self.fail(operation, cache, "%s: %s" % (name, failure))
            else:
                self.record(operation, cache, name, LIMIT_KIND, number, result)

    def run_limit(self, operation, cache, words):
        with contextlib.ExitStack() as stack:
            target = self.scratch
            if operation == "restore":
                target = stack.enter_context(measure.FreshFileSystem(self.scratch, self.facts))
            out = os.path.join(target, "limit")
            words = [out if word is None else word for word in words]
            # What a processor can compress has nothing to do with the disk.
            self.settle("hot" if words[0] == "compress" else cache,
                        self.reference.output if words[0] == "decompress"
                        else os.path.join(self.parent, self.tree))
            result = measure.run(self.in_tree(everyone.quote(self.limit, *words)), self.log)
            measure.remove(out)
        with open(self.log) as file:
            told = json.loads(file.read())
        # Its own time: without the listing of names that precedes "bare files".
        result["wall"] = told["seconds"]
        result["output_bytes"] = told["output_bytes"]
        return result

    def run_operation(self, operation, cache):
        able = self.able(operation)
        if operation != "create":
            self.make(self.reference)  # several read it
        first = 1 if self.arguments.no_warm_up else 0
        for number in range(first, self.arguments.rounds + 1):
            turn = number % max(1, len(able))
            limits_first = number % 2 == 0
            if limits_first:
                self.run_limits(operation, cache, number)
            for candidate in able[turn:] + able[:turn]:
                self.run_one(operation, cache, candidate, number)
            if not limits_first:
                self.run_limits(operation, cache, number)

    def run_one(self, operation, cache, candidate, number):
        """A candidate that fails is left out of what follows; the comparison goes on."""
        if candidate.failed:
            return
        try:
            if operation != "create":
                self.make(candidate)
            result = getattr(self, operation)(candidate, cache)
        except FAILURES as failure:
            candidate.failed = True
            self.fail(operation, cache, failure)
            return
        self.record(operation, cache, candidate.name, candidate.kind, number, result)

    def fail(self, operation, cache, why):
        self.failures.append("%s, %s, %s: %s" % (self.corpus, operation, cache, why))
        say("FAILED, and left out from here on: %s" % self.failures[-1])

    def clean(self):
        measure.remove(self.scratch)


def possible(operation, cache):
    if cache == "cold" and not measure.can_drop_caches():
        say("%s cold: skipped, only root can drop the caches" % operation)
        return False
    if operation == "restore" and not measure.is_root():
        say("restore: skipped, only root can mount a fresh file system")
        return False
    return True


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")),
                     platform.machine())
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) * 1024
    return {"processors": len(os.sched_getaffinity(0)), "model": model, "memory_bytes": memory,
            "kernel": platform.release(), "date": time.strftime("%Y-%m-%d", time.gmtime())}


def run_operations(one, arguments):
    try:
        for operation in arguments.operations:
            for cache in arguments.caches or DEFAULT_CACHES[operation]:
                if possible(operation, cache):
                    one.run_operation(operation, cache)
    finally:
        if not arguments.keep:
            one.clean()


def run(arguments):
    samples = []
    failures = []
    result = {"machine": machine(), "rounds": arguments.rounds, "corpora": {}, "versions": {},
              "samples": samples, "failures": failures}
    runs = []
    for corpus in arguments.corpora:
        name, tree = corpus.split("=", 1)
        one = Run(arguments, name, tree, samples, failures)
        result["corpora"][name] = one.facts
        result["versions"].update({each.name: each.version() for each in one.candidates})
        runs.append(one)
    try:
        for one in runs:
            run_operations(one, arguments)
    finally:
        with open(arguments.json, "w") as file:
            json.dump(result, file, indent=1)
    print_report([arguments.json], None)
    if failures:
        sys.exit("compare.py: failed:\n" + "\n".join(failures))


def print_report(paths, svg):
    results = []
    for path in paths:
        with open(path) as file:
            results.append(json.load(file))
    table = report.Table(results)
    print(table.text())
    if svg is not None:
        with open(svg, "w") as file:
            file.write(chart.draw(table))


def words(allowed):
    def parse(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError("%s is none of %s" % (word, ", ".join(allowed)))
        return chosen
    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    runs = verbs.add_parser("run", help="measure, write JSON, print the report")
    runs.add_argument("corpora", nargs="+", metavar="NAME=TREE")
    runs.add_argument("--ingot", required=True, metavar="PATH", help="the program ingot")
    runs.add_argument("--limit", required=True, metavar="PATH", help="the program ingot_limit")
    runs.add_argument("--scratch", required=True, metavar="DIRECTORY",
                      help="where outputs go; its disk is what is measured")
    runs.add_argument("--json", required=True, metavar="OUT")
    runs.add_argument("--rounds", type=int, default=3)
    runs.add_argument("--operations", type=words(OPERATIONS), default=OPERATIONS)
    runs.add_argument("--caches", type=words(CACHES),
                      help="default: create and verify hot and cold, restore hot, one cold")
    runs.add_argument("--only", type=lambda text: text.split(","), metavar="WORD,...",
                      help="candidates whose names hold one of the words; 'limit' for the limits")
    runs.add_argument("--no-warm-up", action="store_true", help="no round that is discarded")
    runs.add_argument("--keep", action="store_true", help="leave the outputs for another run")
    reports = verbs.add_parser("report", help="print (and draw) what runs have measured")
    reports.add_argument("results", nargs="+", metavar="JSON")
    reports.add_argument("--svg", metavar="OUT")
    arguments = parser.parse_args()
    try:
        if arguments.verb == "run":
            run(arguments)
        else:
            print_report(arguments.results, arguments.svg)
    except measure.Failed as failure:
        sys.exit("compare.py: %s" % failure)


if __name__ == "__main__":
    main()
