#!/usr/bin/env python3
"""Random trees through create and backup, faults, kills, damage, verify, restore and salvage, compared, for as long as wanted.

usage: soak.py --ingot PROGRAM --faulty PROGRAM [--seconds N] [--seed N] [--rounds N] [--parts PART,...] [--directory DIRECTORY]

Each round has a seed of its own, told with whatever goes wrong; --seed N --rounds 1 repeats it. What a round must show:
  a run without faults gives a container that verifies, restores to the same tree, and that tar reads;
  a run with a fault says by its exit code what it did: all of it, all but what the findings name, or nothing, with the old file in its place;
  a run that was killed leaves the old file or a whole new one; one that was interrupted, the old file;
  a restore with a fault, or that was killed, leaves what is whole, and a second one makes it all whole;
  damage is noticed by verify, and neither restore nor salvage gives a file of other content than it had without a word;
  salvage brings back whatever restore does, but for hard links, which restore makes of the index alone, and all members whose frames are whole.
A round in which anything else goes wrong is wrong, too. The last line is the summary; exit code 1 when anything was wrong.
"""
import argparse
import collections
import os
import signal
import sys
import time
import traceback

from program import Wrong
from soak_round import Round


def play(options, seed, counts):
    """Whether nothing was wrong."""
    this, right = Round(options, seed, counts), False
    try:
        this.all_of_it()
        right = True
    except Exception as problem:  # of whatever kind: it is told, counted, and the next round begins
        detail = problem if isinstance(problem, Wrong) else "".join(traceback.format_exception(problem))
        print(f"WRONG in round --seed {seed} --rounds 1 (kept in {this.top}): {detail}", flush=True)
    finally:
        this.end(keep=not right)
    return right


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--faulty", required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rounds", type=int, default=1 << 60)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("INGOT_TEST_SEED", 1)))
    parser.add_argument("--parts", type=lambda text: text.split(","), default=list(Round.PARTS), help=",".join(Round.PARTS))
    parser.add_argument("--directory")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # with a summary, and nothing left running
    counts = collections.Counter()
    begun, wrong, rounds = time.monotonic(), 0, 0
    try:
        while rounds < options.rounds and time.monotonic() - begun < options.seconds:
            wrong += not play(options, options.seed + rounds, counts)
            rounds += 1
    finally:
        share = 100 * counts["salvaged"] / max(1, counts["salvageable"])
        print(f"soak: {(time.monotonic() - begun) / 3600:.2f} h, {rounds} rounds from seed {options.seed}: {counts['clean']} round trips, "
              f"{counts['faults']} faults, {counts['kills']} kills, {counts['damages']} damaged files noticed, {share:.1f} % of their files salvaged; "
              f"{wrong} wrong", flush=True)
    return 1 if wrong or not rounds else 0


if __name__ == "__main__":
    raise SystemExit(main())
