#!/usr/bin/env bash
# tools -> core -> io, never back; core makes no system call; nothing new at the top level.
# What core includes is checked always; what it calls, too, where it has been built (build*/libingot_core.a).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failures=0
fail() {
  echo "check-layers: $1" >&2
  failures=$((failures + 1))
}

# forbid FOLDER REGEX REASON: no include in FOLDER matches.
forbid() {
  local hits
  [[ -d $1 ]] || return 0
  hits=$(grep -rnP --include='*.cc' --include='*.h' "^[[:space:]]*#[[:space:]]*include[[:space:]]*$2" "$1" || true)
  [[ -z $hits ]] || fail "$3"$'\n'"$hits"
}

forbid io '"(core|tools|tests|bench)/' 'io includes nothing of the layers above it'
forbid core '"(tools|tests|bench)/' 'core includes nothing of the layers above it'
forbid tools '"(tests|bench)/' 'tools includes nothing of tests or bench'

# <fcntl.h>, <sys/stat.h>, <sys/types.h> and <sys/sysmacros.h> are let in for their constants and macros (O_NOFOLLOW, S_ISREG).
system='unistd|dirent|poll|spawn|signal|pthread|sched|termios|dlfcn|pwd|grp|mntent|ftw|glob|syscall|syslog|stdio'
forbid core "<($system)\.h>" 'core makes no system call: these belong to io'
forbid core '<sys/(?!(stat|types|sysmacros)\.h>)' 'core makes no system call: these belong to io'
forbid core '<(linux|net|netinet|arpa|asm)/' 'core makes no system call: these belong to io'
forbid core '<(fstream|filesystem|iostream|csignal|cstdio)>' 'core reads and writes through io alone'
forbid core '<(liburing|sqlite3|curl|fuse|CLI)' 'libraries that do input and output belong to io or tools'

calls='open|open64|openat|openat64|creat|close|read|pread|pread64|readv|preadv|preadv2|write|pwrite|pwrite64|writev|pwritev'
calls+='|stat|stat64|lstat|lstat64|fstat|fstat64|fstatat|fstatat64|statx|mkdir|mkdirat|rmdir|unlink|unlinkat|link|linkat'
calls+='|symlink|symlinkat|readlink|readlinkat|rename|renameat|renameat2|chmod|fchmod|fchmodat|chown|fchown|fchownat|lchown'
calls+='|utimensat|futimens|mknod|mknodat|mkfifo|mkfifoat|ftruncate|ftruncate64|truncate|fallocate|fallocate64|lseek|lseek64'
calls+='|fsync|fdatasync|sync_file_range|copy_file_range|ioctl|fcntl|fcntl64|dup|dup2|dup3|pipe|pipe2|fork|vfork|execve|execvp'
calls+='|posix_spawn|posix_spawnp|waitpid|kill|opendir|readdir|readdir64|closedir|getxattr|lgetxattr|fgetxattr|listxattr'
calls+='|llistxattr|flistxattr|setxattr|lsetxattr|fsetxattr|fopen|fopen64|fread|fwrite|system|popen|syscall|socket|connect'
calls+='|clock_gettime|gettimeofday|time|getuid|geteuid|io_uring_[a-z_]*|sqlite3_[a-z_0-9]*'
for library in build*/libingot_core.a; do
  [[ -e $library ]] || continue
  # Only the sanitizer-free build: sanitizers bring calls of their own.
  [[ $library == build/* || $library == build-clang/* ]] || continue
  hits=$(nm -u "$library" 2>/dev/null | awk '/:$/ {object = $1} $1 == "U" {print object, $2}' |
    grep -E " ($calls)(@.*)?$" || true)
  [[ -z $hits ]] || fail "core makes no system call, but $library calls:"$'\n'"$hits"
done

expected=' CMakeLists.txt README.md bench core io scripts tests tools '
while IFS= read -r entry; do
  [[ $entry == .* || $expected == *" $entry "* ]] || fail "not a prescribed top-level entry: $entry"
done < <(git -c safe.directory='*' ls-files --cached --others --exclude-standard | cut -d/ -f1 | sort -u)

((failures == 0)) || exit 1
echo "layers: tools -> core -> io holds"
