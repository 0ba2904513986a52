// A small file system of a test's own, on a loop device or in memory; needs root.
#pragma once

#include <sched.h>
#include <sys/mount.h>

#include <string>

#include "tests/e2e/command.h"

namespace ingot {

// Mounted where only this test's process and its children see it, so that it ends with them.
class MountedImage {
 public:
  // `mount`: shell commands that make it at "$at"; `scratch` is their working directory.
  MountedImage(const std::string& scratch, const std::string& at, const std::string& mount_it)
      : path_(scratch + "/" + at) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      why_not_ = "cannot mount here";
      return;
    }
    const ShellResult result =
        Shell("cd " + Quote(scratch) + "; at=" + Quote(at) + "; set -e; mkdir -p $at; " + mount_it);
    if (result.exit_code != 0) why_not_ = result.error;
  }
  ~MountedImage() { umount2(path_.c_str(), MNT_DETACH); }
  MountedImage(const MountedImage&) = delete;

  bool mounted() const { return why_not_.empty(); }
  const std::string& why_not() const { return why_not_; }

 private:
  std::string path_;
  std::string why_not_;
};

// 16 MiB of it.
inline constexpr char kMountExt4[] =
    "truncate -s 16M image.$at; mkfs.ext4 -q -F image.$at; mount -o loop image.$at $at; rmdir "
    "$at/lost+found";
inline constexpr char kMountTmpfs[] = "mount -t tmpfs -o size=16m none $at";
// A quota that holds for root, too, unlike those of users.
inline constexpr char kMountWithQuota[] =
    "truncate -s 256M image.$at; mkfs.btrfs -q image.$at; mount -o loop image.$at $at; btrfs quota "
    "enable $at; btrfs qgroup limit 16M $at; sync -f $at";

}  // namespace ingot
