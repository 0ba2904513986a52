#!/usr/bin/env python3
"""The check of the checker: the soak finds each lie of a program that lies, and tells it with its seed.

usage: lies_test.py --ingot PROGRAM --faulty PROGRAM
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SEED = 1  # what another one draws would decide whether a lie can be told
NO_REASON = "and that is no reason"  # where the fault is a harmless one
LIES = (  # what it does, in which part of a round, what the soak may say; the program that tells the lie
    ("verifies all", "damage", ("exit code 0, not [4]: ",), "ingot"),
    ("restores less", "damage", ("('missing', ",), "ingot"),
    ("salvages less", "damage", ("not salvaged, and yet it was there: ",), "ingot"),
    ("restores other bytes where it fails", "fault_restore", ("other content: ", NO_REASON), "faulty"),
    ("publishes where it fails", "fault", ("failed, and yet the file is another", NO_REASON), "faulty"),
    ("publishes less", "fault", ("('missing', ",), "faulty"),
    ("leaves a file behind", "fault", ("left behind: ",), "faulty"),
    ("does not exist", "fault", ("FileNotFoundError",), "faulty"),
)


def soak(options, lie, part, liar):
    with tempfile.TemporaryDirectory(prefix="ingot-test-") as directory:
        programs = {"ingot": options.ingot, "faulty": options.faulty}
        true, programs[liar] = programs[liar], HERE / ("no such program" if lie == "does not exist" else "liar.py")
        command = [sys.executable, HERE / "soak.py", "--ingot", programs["ingot"], "--faulty", programs["faulty"], "--rounds", "1", "--seed", str(SEED),
                   "--parts", part, "--directory", directory]
        return subprocess.run(command, capture_output=True, check=False, env={**os.environ, "INGOT_LIE": lie, "INGOT_TRUE": true})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ingot", required=True)
    parser.add_argument("--faulty", required=True)
    options = parser.parse_args()
    missed = 0
    for lie, part, told, liar in LIES:
        done = soak(options, lie, part, liar)
        output = done.stdout.decode(errors="replace")
        found = done.returncode == 1 and f"WRONG in round --seed {SEED} " in output and any(words in output for words in told) and "; 1 wrong\n" in output
        missed += not found
        print(f"{'found' if found else 'NOT FOUND'}: {lie}" + ("" if found else f"\n{output}{done.stderr.decode(errors='replace')}"), flush=True)
    return 1 if missed else 0


sys.exit(main())
