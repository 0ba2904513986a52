"""Who is compared, and how each is called at its best."""
import os
import shlex
import shutil
import subprocess

PASSWORD = "bench"


def quote(*words):
    return " ".join(shlex.quote(str(word)) for word in words)


class Candidate:
    """Makes one output of a tree in `self.output`, and takes it back. What a candidate cannot do
    is None. Commands are run in the directory that holds the tree."""
    name = ""
    kind = "peer"  # or "ingot"
    programs = ()
    environment = {}
    failed = False

    def __init__(self, scratch, tools):
        self.directory = os.path.join(scratch, self.name.replace(" ", "_"))
        os.makedirs(self.directory, exist_ok=True)
        self.output = os.path.join(self.directory, "out")
        self.tools = tools

    def missing(self):
        return [program for program in self.programs if shutil.which(program) is None]

    def version(self):
        words = [self.programs[0], "--version"]
        told = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False).stdout
        return told.strip().split("\n")[0]

    def prepare(self):
        """Before each create, outside the time."""

    def create(self, tree):
        return None

    def restore(self, target):
        return None

    def verify(self):
        return None

    def restore_one(self, target, member):
        return None


class TarZstd(Candidate):
    programs = ("tar", "zstd")

    def __init__(self, scratch, tools, level):
        self.name = "tar | zstd -%d -T0" % level
        self.level = level
        super().__init__(scratch, tools)

    def create(self, tree):
        return "tar -cf - %s | zstd -q -%d -T0 -o %s" % (quote(tree), self.level,
                                                        quote(self.output))

    def restore(self, target):
        return "zstd -dcq %s | tar -xpf - -C %s" % (quote(self.output), quote(target))

    def verify(self):
        return "zstd -tq %s" % quote(self.output)

    def restore_one(self, target, member):
        return "zstd -dcq %s | tar -xpf - -C %s %s" % (quote(self.output), quote(target),
                                                      quote(member))


class Bsdtar(Candidate):
    name = "bsdtar zstd 1"
    programs = ("bsdtar",)

    def create(self, tree):
        return quote("bsdtar", "--zstd", "--options", "zstd:compression-level=1", "-cf",
                     self.output, tree)

    def restore(self, target):
        return quote("bsdtar", "-xpf", self.output, "-C", target)

    def restore_one(self, target, member):
        return quote("bsdtar", "-xpf", self.output, "-C", target, "--fast-read", member)


class Squashfs(Candidate):
    name = "mksquashfs zstd 1"
    programs = ("mksquashfs", "unsquashfs")

    def version(self):
        told = subprocess.run(["mksquashfs", "-version"], stdout=subprocess.PIPE, text=True,
                              check=False).stdout
        return told.split("\n")[0]

    def create(self, tree):
        return quote("mksquashfs", tree, self.output, "-comp", "zstd", "-Xcompression-level", "1",
                     "-noappend", "-no-progress", "-quiet")

    def restore(self, target):
        return quote("unsquashfs", "-q", "-n", "-d", os.path.join(target, "tree"), self.output)

    def restore_one(self, target, member):
        below = member.split("/", 1)[1]  # the image's root is the tree itself
        return quote("unsquashfs", "-q", "-n", "-d", os.path.join(target, "tree"), self.output,
                     below)


class Restic(Candidate):
    name = "restic"
    programs = ("restic",)

    def __init__(self, scratch, tools):
        super().__init__(scratch, tools)
        self.environment = {"RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": self.output,
                            "RESTIC_CACHE_DIR": os.path.join(self.directory, "cache")}

    def version(self):
        return subprocess.run(["restic", "version"], stdout=subprocess.PIPE, text=True,
                              check=False).stdout.strip()

    def prepare(self):
        shutil.rmtree(os.path.join(self.directory, "cache"), ignore_errors=True)
        subprocess.run(["restic", "init", "-q"], check=True,
                       env={**os.environ, **self.environment})

    def create(self, tree):
        return quote("restic", "backup", "-q", tree)

    def restore(self, target):
        return quote("restic", "restore", "-q", "latest", "--target", target)

    def verify(self):
        return quote("restic", "check", "-q", "--read-data")

    def restore_one(self, target, member):
        return quote("restic", "restore", "-q", "latest", "--target", target, "--include",
                     "/" + member)


class Borg(Candidate):
    name = "borg zstd 1"
    programs = ("borg",)

    def __init__(self, scratch, tools):
        super().__init__(scratch, tools)
        self.environment = {"BORG_BASE_DIR": os.path.join(self.directory, "base"),
                            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
                            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}

    def prepare(self):
        shutil.rmtree(os.path.join(self.directory, "base"), ignore_errors=True)
        subprocess.run(["borg", "init", "-e", "none", self.output], check=True,
                       env={**os.environ, **self.environment}, stderr=subprocess.DEVNULL)

    def create(self, tree):
        return quote("borg", "create", "-C", "zstd,1", self.output + "::all", tree)

    def restore(self, target):
        return "cd %s && %s" % (quote(target), quote("borg", "extract", self.output + "::all"))

    def verify(self):
        return quote("borg", "check", "--verify-data", self.output)

    def restore_one(self, target, member):
        return "cd %s && %s" % (quote(target),
                                quote("borg", "extract", self.output + "::all", member))


class Ingot(Candidate):
    kind = "ingot"

    def __init__(self, scratch, tools, engine):
        self.name = "ingot " + engine
        self.engine = engine
        self.program = tools["ingot"]
        self.programs = (self.program,)
        super().__init__(scratch, tools)

    def create(self, tree):
        return quote(self.program, "create", "-q", "--io", self.engine, "-o", self.output, tree)

    # The engines differ in create alone.
    def restore(self, target):
        if self.engine == "uring":
            return quote(self.program, "restore", "-q", self.output, "-C", target)
        return None

    def verify(self):
        if self.engine == "uring":
            return quote(self.program, "verify", "-q", self.output)
        return None

    def restore_one(self, target, member):
        if self.engine == "uring":
            return quote(self.program, "restore", "-q", self.output, "-C", target, member)
        return None


class IngotOneCore(Candidate):
    """What a second core is worth; and verify as zstd -t does it, on one."""
    kind = "ingot"
    name = "ingot on one core"
    programs = ("taskset",)

    def ingot(self, *words):
        core = min(os.sched_getaffinity(0))
        return quote("taskset", "-c", core, self.tools["ingot"], *words)

    def create(self, tree):
        return self.ingot("create", "-q", "-o", self.output, tree)

    def verify(self):
        return self.ingot("verify", "-q", self.output)


def all_candidates(scratch, tools):
    return [TarZstd(scratch, tools, 1), TarZstd(scratch, tools, 3), Bsdtar(scratch, tools),
            Squashfs(scratch, tools), Restic(scratch, tools), Borg(scratch, tools),
            Ingot(scratch, tools, "uring"), Ingot(scratch, tools, "posix"),
            IngotOneCore(scratch, tools)]


HOT_READ_THREADS = (4, 8)
COLD_READ_THREADS = (32, 64)
HOT_CREATE_THREADS = (8, 16)
COLD_CREATE_THREADS = (32, 64)
DIRECT = ["--direct", 65536]


def create_passes(cache, tree, reference):
    passes = []
    if cache == "hot":
        for threads in HOT_READ_THREADS:
            passes.append(("read, %d threads" % threads, ["read", tree, "--threads", threads]))
        for threads in HOT_CREATE_THREADS:
            passes.append(("overlapped, %d threads" % threads,
                           ["create", tree, None, "--threads", threads]))
        passes.append(("overlapped with metadata, %d threads" % HOT_CREATE_THREADS[-1],
                       ["create", tree, None, "--threads", HOT_CREATE_THREADS[-1], "--metadata"]))
    else:
        for suffix, more in (("", []), (", O_DIRECT", DIRECT)):
            for threads in COLD_READ_THREADS:
                passes.append(("read, %d threads%s" % (threads, suffix),
                               ["read", tree, "--threads", threads] + more))
            passes.append(("read, 2 rings" + suffix, ["read", tree, "--ring"] + more))
            for threads in COLD_CREATE_THREADS:
                passes.append(("overlapped, %d threads%s" % (threads, suffix),
                               ["create", tree, None, "--threads", threads] + more))
        passes.append(("overlapped with metadata, %d threads, O_DIRECT" % COLD_CREATE_THREADS[-1],
                       ["create", tree, None, "--threads", COLD_CREATE_THREADS[-1], "--metadata"] +
                       DIRECT))
    return passes + [("compress", ["compress", tree]), ("write", ["write", None, os.path.getsize(reference)])]


def limit_passes(operation, cache, tree, reference):
    """(name, words) of the passes of ingot_limit that bound an operation; None stands for a path to
    write to. `reference` is ingot's own file of the tree."""
    passes = []
    if operation == "create":
        passes = create_passes(cache, tree, reference)
    elif operation == "restore":
        passes = [("bare files", ["files", tree, None]),
                  ("bare files, O_DIRECT", ["files", tree, None, "--direct", 1 << 20]),
                  ("decompress", ["decompress", reference])]
    elif operation == "verify":
        more = DIRECT if cache == "cold" else []
        passes = [("decompress", ["decompress", reference] + more),
                  ("decompress, 1 thread", ["decompress", reference, "--threads", 1] + more)]
    return [("limit: " + name, words) for name, words in passes]
