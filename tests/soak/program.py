"""Running ingot and what it is compared with: with an end for each, and nothing left behind."""
import os
import subprocess

PATIENCE = 300  # seconds that any one command may take


class Wrong(Exception):
    """Something that must never be."""


def text(error):
    return error.decode(errors="replace")[:2000]


class Programs:
    """Starts programs in one directory; `end` ends what still runs."""

    def __init__(self, directory):
        self.directory, self.running = directory, []

    def start(self, *command, environment=None):
        process = subprocess.Popen([str(word) for word in command], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.running.append(process)
        return process

    def wait(self, process):
        """The ended program, with its exit code and all that it wrote."""
        output, error = process.communicate(timeout=PATIENCE)
        self.running.remove(process)
        return subprocess.CompletedProcess(process.args, process.returncode, output, error)

    def run(self, *command, environment=None, accept=None):
        done = self.wait(self.start(*command, environment=environment))
        if accept is not None and done.returncode not in accept:
            raise Wrong(f"exit code {done.returncode}, not {accept}: {' '.join(done.args)}\n{text(done.stdout + done.stderr)}")
        return done

    def end(self):
        for process in self.running:
            process.kill()
            process.communicate()
        self.running.clear()


def catches(pid, number):
    """Whether the program has a handler for the signal, as main installs one."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        caught = next((line for line in status if line.startswith("SigCgt:")), "SigCgt: 0")
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)
