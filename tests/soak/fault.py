"""One system call of a run that goes wrong (tests/interposer/fault.h)."""
EFFECTS = ("EINTR", "EIO", "ENOSPC", "ESTALE", "ENOMEM", "EIO+")


class Fault:
    def __init__(self, operation, effect):
        (self.call, self.file, self.number), self.effect = operation, effect

    def __str__(self):
        return "\t".join([self.call, self.file, self.number, self.effect])

    def is_harmless(self):
        """Whether the program must come to the same end as without it."""
        return not self.file.startswith("/") and self.call in ("read", "direct", "write", "open") and self.effect in ("EINTR", "short")

    def may_be_of_a_source(self):
        """Whether a source file may be what it is about: a ring's completions do not say, and what lasts befalls others, too."""
        return self.file.startswith("tree") or self.call == "ring" or self.effect.endswith("+")

    def may_leave_files(self):
        """Whether what is in the making may not be taken away, either."""
        return self.call == "unlink" or self.effect.endswith("+")


def choose(record, chance):
    """Any operation of the recorded run but those of eventfds and pipes, with anything that may happen to it."""
    lines = [line.split("\t") for line in record.splitlines()]
    operations = [o for o in lines if len(o) == 3 and o[2].isdigit() and o[0] != "memory" and not o[1].startswith(("anon_inode:", "pipe:"))]
    operation = chance.choice(operations)
    return Fault(operation, chance.choice(EFFECTS + (("short",) if operation[0] in ("read", "direct", "write") else ())))


def was_met(record):
    return "fault\t" in record
