"""Samples -> medians, spread, ratios, and what is met of the targets; as text."""
import statistics

MIB = 1 << 20
INGOT = "ingot uring"
POSIX = "ingot posix"
OUTPUT_PEER = "tar | zstd -1 -T0"

# Of the fastest peer; core trees are those that the targets speak of.
CREATE_RATIOS = {"hot": 0.33, "cold": 0.30}
CORE_CORPORA = ("small", "mixed")
RESTORE_RATIO = 0.5
VERIFY_RATIO = 0.6
ONE_SECONDS = 1.0
ONE_READ_BYTES = 64 * MIB
FLOOR_RATIO = 1.1
POSIX_RATIO = 1.15
OUTPUT_RATIO = 1.01
ONE_CORE = "ingot on one core"
TWO_CORES_RATIO = 0.556  # a speed-up of 1.8, where compression is the limit
MEMORY_BYTES = 512 * MIB

TITLES = {"create": "create", "verify": "verify", "restore": "restore on a fresh ext4",
          "one": "restore one file"}


class Row:
    """One candidate of one operation on one tree."""

    def __init__(self, samples):
        walls = [sample["wall"] for sample in samples]
        self.name = samples[0]["candidate"]
        self.kind = samples[0]["kind"]
        self.rounds = len(walls)
        self.wall, self.low, self.high = statistics.median(walls), min(walls), max(walls)
        self.user = statistics.median(sample["user"] for sample in samples)
        self.sys = statistics.median(sample["sys"] for sample in samples)
        self.peak = max(sample["peak_bytes"] for sample in samples)
        self.read = max(sample["read_bytes"] for sample in samples)
        self.output = samples[-1].get("output_bytes")


class Group:
    """All candidates of one operation on one tree in one state of the cache."""

    def __init__(self, corpus, operation, cache, samples):
        self.corpus, self.operation, self.cache = corpus, operation, cache
        names = list(dict.fromkeys(sample["candidate"] for sample in samples))
        self.rows = [Row([one for one in samples if one["candidate"] == name]) for name in names]
        peers = [row for row in self.rows if row.kind == "peer"]
        self.fastest_peer = min(peers, key=lambda row: row.wall, default=None)

    def title(self):
        return "%s, %s, %s" % (TITLES[self.operation], self.corpus, self.cache)

    def row(self, name):
        return next((row for row in self.rows if row.name == name), None)

    def limits(self, name):
        """All ways in which a pass was tried."""
        return [row for row in self.rows
                if row.kind == "limit" and row.name.split(": ")[1].split(",")[0] == name]

    def best_limit(self, name):
        return min(self.limits(name), key=lambda row: row.wall, default=None)

    def floor(self):
        """What nobody can beat, and its name: the slowest of the best single passes."""
        words = {"create": ["read", "compress", "write"], "restore": ["bare files", "decompress"],
                 "verify": ["decompress"], "one": []}[self.operation]
        best = [row for row in map(self.best_limit, words) if row is not None]
        return max(best, key=lambda row: row.wall, default=None)


class Verdict:
    def __init__(self, group, what, measured, bound, unit=""):
        self.group, self.what = group, what
        self.measured, self.bound, self.unit = measured, bound, unit
        self.met = measured <= bound

    def text(self):
        return "%-7s %-40s %-55s %8.3f%s (at most %g)" % (
            "met" if self.met else "MISSED", self.group.title(), self.what, self.measured,
            self.unit, self.bound)


class Table:
    def __init__(self, results):
        self.results = results
        found = {}
        for result in results:
            for sample in result["samples"]:
                key = (sample["corpus"], sample["operation"], sample["cache"])
                found.setdefault(key, []).append(sample)
        self.groups = [Group(*key, samples) for key, samples in found.items()]

    def verdicts(self):
        found = []
        for group in self.groups:
            found += verdicts_of(group)
        return found

    def text(self):
        parts = [machine_line(self.results[0])] + [group_text(group) for group in self.groups]
        verdicts = self.verdicts()
        failures = [failure for result in self.results for failure in result["failures"]]
        if failures:
            parts.append("Failed\n" + "\n".join(failures))
        if verdicts:
            parts.append("Targets\n" + "\n".join(verdict.text() for verdict in verdicts))
        return "\n\n".join(parts)


def verdicts_of(group):
    ingot = group.row(INGOT)
    if ingot is None:
        return []
    found = []

    def ratio_to(row, what, bound):
        if row is not None:
            found.append(Verdict(group, "%s %s" % (what, row.name), ingot.wall / row.wall, bound))

    peer = group.fastest_peer
    if group.operation == "create":
        if group.corpus in CORE_CORPORA:
            ratio_to(peer, "of the fastest peer,", CREATE_RATIOS[group.cache])
        for limit in ("overlapped", "overlapped with metadata"):
            ratio_to(group.best_limit(limit), "of the best", FLOOR_RATIO)
        other = group.row(OUTPUT_PEER)
        if other is not None:
            found.append(Verdict(group, "output, of %s's" % OUTPUT_PEER,
                                 ingot.output / other.output, OUTPUT_RATIO))
        posix = group.row(POSIX)
        if posix is not None and group.cache == "hot":
            found.append(Verdict(group, "--io=posix, of uring's time", posix.wall / ingot.wall,
                                 POSIX_RATIO))
        one_core = group.row(ONE_CORE)
        if one_core is not None and group.cache == "hot":
            found.append(Verdict(group, "of its own time on one core", ingot.wall / one_core.wall,
                                 TWO_CORES_RATIO))
    if group.operation == "restore":
        ratio_to(peer, "of the fastest peer,", RESTORE_RATIO)
    if group.operation == "verify":
        ratio_to(group.row(OUTPUT_PEER), "of zstd -t on the file of", VERIFY_RATIO)
    if group.operation == "one":
        found.append(Verdict(group, "time", ingot.wall, ONE_SECONDS, " s"))
        found.append(Verdict(group, "read from the disk", ingot.read / MIB, ONE_READ_BYTES / MIB,
                             " MiB"))
    found.append(Verdict(group, "memory", ingot.peak / MIB, MEMORY_BYTES / MIB, " MiB"))
    return found


def machine_line(result):
    machine = result["machine"]
    line = "%d processors (%s), %.0f GiB, Linux %s, %s; %d rounds" % (
        machine["processors"], machine["model"], machine["memory_bytes"] / (1 << 30),
        machine["kernel"], machine["date"], result["rounds"])
    trees = ["%s: %d files, %d directories, %.2f GB" % (name, facts["files"], facts["directories"],
                                                        facts["bytes"] * 1e-9)
             for name, facts in result["corpora"].items()]
    return "\n".join([line] + trees)


def group_text(group):
    lines = ["%-38s %8s %17s %8s %7s %7s %9s %10s" % (
        group.title(), "median s", "min-max", "of peer", "user", "sys", "peak MiB", "output MB")]
    peer, floor = group.fastest_peer, group.floor()
    for row in sorted(group.rows, key=lambda row: (row.kind == "limit", row.wall)):
        lines.append("  %-36s %8.2f %8.2f-%8.2f %8s %7.2f %7.2f %9.0f %10s" % (
            row.name, row.wall, row.low, row.high,
            "%.2f" % (row.wall / peer.wall) if peer is not None else "-",
            row.user, row.sys, row.peak / MIB,
            "%.1f" % (row.output * 1e-6) if row.output else "-"))
    if floor is not None:
        lines.append("  floor, if all else were hidden behind it: %s, %.2f s" % (
            floor.name.removeprefix("limit: "), floor.wall))
    return "\n".join(lines)
