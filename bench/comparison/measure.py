"""Runs one command and says what it took; brings caches and file systems into a known state."""
import ctypes
import os
import shutil
import signal
import subprocess
import time

DROP_CACHES = "/proc/sys/vm/drop_caches"
INODES_TO_SPARE = 1.2
BYTES_TO_SPARE = 1.3
IMAGE_BYTES_MIN = 256 << 20
ENTRY_BYTES = 8192  # a file's last block, and a directory's
SECTOR_BYTES = 512
BLOCK_BYTES = 4096
LOG_BYTES = 4000  # of a failed command's output

LIBC = ctypes.CDLL(None, use_errno=True)


class Failed(Exception):
    """A command that ended with an error: one clear line."""


def is_root():
    return os.geteuid() == 0


def can_drop_caches():
    return os.access(DROP_CACHES, os.W_OK)


def sync_file_system(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if LIBC.syncfs(descriptor) != 0:
            raise OSError(ctypes.get_errno(), "syncfs", path)
    finally:
        os.close(descriptor)


def drop_caches():
    os.sync()
    with open(DROP_CACHES, "w") as file:
        file.write("3\n")


def run(command, log, environment=None, sync=None):
    """wall, user, sys in seconds, peak_bytes of its largest process, read_bytes from the disk.
    `sync` names a path whose file system is synced inside the time. A shell line is run by bash
    with pipefail."""
    if isinstance(command, str):
        command = ["bash", "-o", "pipefail", "-c", command]
    with open(log, "wb") as output:
        begin = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, **(environment or {})})
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
        if sync is not None and process.returncode == 0:
            sync_file_system(sync)
        wall = time.monotonic() - begin
    if process.returncode != 0:
        with open(log, errors="replace") as file:
            told = file.read()[-LOG_BYTES:].strip()
        raise Failed("%s ended with %d: %s" % (" ".join(command), process.returncode, told))
    return {"wall": wall, "user": usage.ru_utime, "sys": usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024, "read_bytes": usage.ru_inblock * SECTOR_BYTES}


def tree_facts(path):
    files = directories = size = 0
    for _, subdirectories, names, descriptor in os.fwalk(path):
        directories += len(subdirectories)
        files += len(names)
        for name in names:
            size += os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_size
    return {"files": files, "directories": directories + 1, "bytes": size}


def files_below(path):
    return [os.path.join(directory, name)
            for directory, _, names in os.walk(path) for name in names]


def size_of(path):
    if os.path.isdir(path):
        return tree_facts(path)["bytes"]
    return os.path.getsize(path)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


class FreshFileSystem:
    """An ext4 that is made anew for each restore: what a target that was just emptied does to a
    restore is not the restore's. Its image keeps its blocks from one time to the next."""

    def __init__(self, directory, facts):
        entries = facts["files"] + facts["directories"]
        self.image = os.path.join(directory, "target.ext4")
        self.mount_point = os.path.join(directory, "target")
        self.inodes = int(entries * INODES_TO_SPARE) + 1000
        wanted = int((facts["bytes"] + entries * ENTRY_BYTES) * BYTES_TO_SPARE)
        self.bytes = max(wanted // BLOCK_BYTES * BLOCK_BYTES, IMAGE_BYTES_MIN)

    def __enter__(self):
        with open(self.image, "ab") as file:
            file.truncate(self.bytes)
        tell = {"check": True, "stdout": subprocess.DEVNULL}
        # Nothing is left to be done in the background, and the image's blocks stay.
        subprocess.run(["mkfs.ext4", "-q", "-F", "-N", str(self.inodes), "-E",
                        "nodiscard,lazy_itable_init=0,lazy_journal_init=0", self.image], **tell)
        os.makedirs(self.mount_point, exist_ok=True)
        self.loop = subprocess.run(["losetup", "--find", "--show", "--direct-io=on", self.image],
                                   check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        try:
            subprocess.run(["mount", self.loop, self.mount_point], **tell)
        except BaseException:
            subprocess.run(["losetup", "--detach", self.loop], check=False)
            raise
        os.sync()
        return self.mount_point

    def __exit__(self, *_):
        subprocess.run(["umount", self.mount_point], check=True)
        subprocess.run(["losetup", "--detach", self.loop], check=True)
        os.rmdir(self.mount_point)
