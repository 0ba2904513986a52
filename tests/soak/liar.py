#!/usr/bin/env python3
"""ingot, but for one lie (INGOT_LIE). INGOT_TRUE is the program that it pretends to be."""
import os
import pathlib
import subprocess
import sys

LIE, VERB = os.environ["INGOT_LIE"], sys.argv[1]


def a_file(top):
    """The largest that was restored without another name; None where there is none."""
    files = [path for path in top.rglob("*") if path.is_file() and not path.is_symlink() and path.lstat().st_nlink == 1]
    return max(files, key=lambda path: path.lstat().st_size, default=None)


def lose(directory):
    path = a_file(directory)
    if path is not None:
        path.unlink()


def without_fault(*more):
    """The whole run, and a record that says that the fault took place."""
    environment = {name: value for name, value in os.environ.items() if name != "INGOT_FAULT"}
    code = subprocess.run([os.environ["INGOT_TRUE"], *sys.argv[1:], *more], check=False, env=environment).returncode
    with open(os.environ["INGOT_FAULT_RECORD"], "a", encoding="ascii") as record:
        record.write("fault\t-\t-\n")
    return code


def main():
    container = pathlib.Path(sys.argv[sys.argv.index("-o") + 1]) if "-o" in sys.argv else None
    directory = pathlib.Path(sys.argv[sys.argv.index("-C") + 1]) if "-C" in sys.argv else None
    if "INGOT_FAULT" in os.environ:
        if LIE == "publishes less":
            return without_fault("--exclude", a_file(pathlib.Path("tree")).name.replace("\n", "?"))
        code = without_fault()
        if LIE == "leaves a file behind":
            container.with_name(".ingot-0123.tmp").touch()
            return code
        if LIE == "restores other bytes where it fails":
            with a_file(directory).open("r+b") as file:
                file.write(b"other bytes")
        elif LIE == "publishes where it fails":
            container.write_bytes(b"half")
        return 1
    code = subprocess.run([os.environ["INGOT_TRUE"], *sys.argv[1:]], check=False).returncode
    if LIE == "verifies all" and VERB == "verify":
        return 0
    if LIE == "restores less" and VERB == "restore" and code == 0 or LIE == "salvages less" and VERB == "salvage" and code == 4:
        lose(directory)
    return code


sys.exit(main())
