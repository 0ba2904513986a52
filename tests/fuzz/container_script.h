// A container built by the fuzzer's bytes, with right hashes whatever is in it: what lies behind
// the hashes is what an attacker would write, and what a fuzzer of raw bytes never reaches.
#pragma once

#include <string>
#include <vector>

#include "core/format/frame.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "core/member.h"
#include "tests/fuzz/fuzz_input.h"

namespace ingot {

// A script is a row of operations, one byte each with what it needs behind it
// (container_script.cc).
class ContainerScript {
 public:
  // The file's bytes. `outside`: a directory that must stay empty, for links to lead to.
  static std::string Run(FuzzInput input, const std::string& outside);

 private:
  static constexpr size_t kStreamBytesMax = size_t{8} << 20;
  static constexpr size_t kOperationsMax = 200;

  struct Added {
    IndexEntry entry;
    bool run_begins = false;
    bool block_begins = false;
  };

  ContainerScript(FuzzInput input, std::string outside)
      : input_(input), outside_(std::move(outside)) {}
  void Step();
  void AddMember();
  void AddSlice();
  void TweakEntry();
  void TweakStream();
  void EndFrame(bool continues, bool continued);
  void AppendFrame(absl::string_view stored, size_t content_bytes, FrameLabel label);
  std::string Finish();
  std::string EncodeBlocks(IndexRoot* root);

  std::string Name();
  Member NewMember();

  FuzzInput input_;
  const std::string outside_;
  std::string file_;
  std::string frame_;  // content so far
  uint64_t frames_ = 0;
  uint64_t stream_bytes_ = 0;
  std::vector<SeekEntry> seek_;
  std::vector<Added> entries_;
  bool run_begins_ = true;
  Member sliced_;             // the member that the last slice belongs to
  std::string sliced_bytes_;  // its content so far
};

}  // namespace ingot
