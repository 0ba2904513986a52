// From an inode to a Member: what of the source's metadata goes into the container.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "core/create/entry.h"
#include "core/finding.h"
#include "core/format/index.h"
#include "core/member.h"
#include "io/file_stat.h"

namespace ingot {

// A regular file, open as `fd`; `stat` is of `fd`. Holes are looked for only where fewer blocks are
// allocated than the size needs. What cannot be had (xattrs, ACLs) is a finding.
Member DescribeRegular(const Entry& entry, const io::FileStat& stat, int fd, Findings* findings);
// Everything that is not opened to be read: directories, links, pipes, devices. A symbolic link
// that cannot be read gives an error.
absl::StatusOr<Member> DescribeOther(const Entry& entry, Findings* findings);
// Another name of a file that is already in the container as `carrier_path`.
Member DescribeHardLink(const Entry& entry, const std::string& carrier_path);

// The index entry with the source facts of `stat`; frame, offset and digest are left to the caller.
IndexEntry IndexEntryOf(const Member& member, const io::FileStat& stat);

// For a finding: from where on a member is zeros, by the result of the read (bytes, or -errno).
std::string DescribeZeros(uint64_t offset, int64_t read_result);

// Whether the file was written to between the two looks: size or mtime differ. (ctime also moves
// when a file is renamed or linked, which leaves its content alone.)
bool WasWritten(const io::FileStat& before, const io::FileStat& after);
// The text of a finding; `looked`: of the second look. What cannot be known counts as changed.
std::string DescribeChange(const absl::Status& looked);

}  // namespace ingot
