"""The tree that is backed up, and how what comes back is compared with it. Files are told by their member names."""
import hashlib
import os
import pathlib
import stat
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import compare_trees  # noqa: E402

NAME = b"tree"
TEMPORARY = b".ingot-"
NAMED_WHEN_WHOLE_BYTES = 1 << 20  # a smaller file is in its place while it is written


class Differences(compare_trees.Comparison):
    """All of them, as (kind, path)."""

    def __init__(self):
        super().__init__([])
        self.found = []

    def tell(self, kind, path, detail=""):
        self.found.append((kind, path))


class Tree:
    """The directory NAME in `top`."""

    def __init__(self, top):
        self.top = os.fsencode(top)
        self.digests = contents(self.top, NAME)
        self.stats = {name: os.lstat(os.path.join(self.top, name)) for name in self.digests}
        self.names = {}  # of each file
        for name, status in self.stats.items():
            self.names.setdefault(status.st_ino, []).append(name)

    def is_linked(self, name):
        return name in self.stats and self.stats[name].st_nlink > 1

    def is_named_when_whole(self, name):
        status = self.stats.get(name)
        return status is not None and (status.st_size >= NAMED_WHEN_WHOLE_BYTES or status.st_blocks * 512 < status.st_size)

    def differences(self, copy):
        """(kind, member name) of all that another directory has otherwise than the tree."""
        pair = os.path.join(self.top, NAME), os.path.join(os.fsencode(copy), NAME)
        if not os.path.isdir(pair[1]):
            return [("missing", NAME)]
        comparison = Differences()
        compare_trees.compare(comparison, *pair)
        return [(kind, NAME if path == b"." else NAME + b"/" + path) for kind, path in comparison.found]

    def is_told(self, name, findings):
        """Whether findings name it, another name of it or a directory above it."""
        names = self.names[self.stats[name].st_ino] if name in self.stats else [name]
        return any(other == path or other.startswith(path + b"/") for other in names for path in findings)


def contents(top, below=b"."):
    """Member name -> digest, of the regular files that have their names; ingot's own members are not looked at."""
    top, found = os.fsencode(top), {}
    for path in files(os.path.join(top, below)):
        name = os.path.relpath(path, top)
        if not os.path.basename(path).startswith(TEMPORARY) and not name.startswith(b"ingot/"):
            found[name] = digest(path)
    return found


def files(top):
    for directory, _, names in os.walk(os.fsencode(top)):
        for name in names:
            path = os.path.join(directory, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_temporary(top):
    """Takes away files in the making; how many there were."""
    left = [path for path in files(top) if os.path.basename(path).startswith(TEMPORARY)]
    for path in left:
        os.unlink(path)
    return len(left)
