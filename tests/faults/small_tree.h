// A tree with one of each: small, so that every operation on it can fail.
#pragma once

#include "tests/e2e/command.h"

namespace ingot {

// One file of two names, of which the first carries the content.
inline constexpr char kLinkedFileCarrier[] = "tree/d/linked";
inline constexpr char kLinkedFile[] = "tree/d/text";

// `scratch`/tree, with a file of several slices at --frame-size 1M.
inline void MakeSmallTree(const ScratchDirectory& scratch) {
  ASSERT_TRUE(Succeeds(
      "cd " + scratch.path() +
      " && mkdir -p tree/d/empty && cd tree && touch nothing && seq 20000 > d/text && "
      "seq 400000 > d/slices && head -c 70000 /dev/urandom > random && ln d/text d/linked && "
      "ln -s d/text symbolic && mkfifo fifo && truncate -s 3M sparse && "
      "printf middle | dd of=sparse bs=1 seek=1500000 conv=notrunc status=none && "
      "setfattr -n user.colour -v blue random && chmod 640 random && "
      "touch -d 2024-01-02T03:04:05.678 random d/empty d ."));
}

}  // namespace ingot
