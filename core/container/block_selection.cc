#include "core/container/block_selection.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ingot {
namespace {

bool Has(absl::string_view path, const PathPrefix& prefix) {
  if (!absl::StartsWith(path, prefix.text)) return false;
  return !prefix.whole || path.size() == prefix.text.size() || path[prefix.text.size()] == '/';
}

// Paths with a common prefix follow each other, from where the prefix itself would stand.
BlockRange InRun(const BlockRange& run, const PathPrefix& prefix, const IndexRoot& root) {
  const auto begin = root.blocks.begin() + static_cast<ptrdiff_t>(run.begin);
  const auto end = root.blocks.begin() + static_cast<ptrdiff_t>(run.end);
  const auto after = std::upper_bound(begin, end, prefix.text,
                                      [](absl::string_view wanted, const IndexBlockInfo& block) {
                                        return ComparePaths(wanted, block.first_path) < 0;
                                      });
  const auto past = std::partition_point(
      after, end, [&prefix](const IndexBlockInfo& block) { return Has(block.first_path, prefix); });
  const auto first = after == begin ? begin : after - 1;
  return {static_cast<size_t>(first - root.blocks.begin()),
          static_cast<size_t>(past - root.blocks.begin())};
}

std::vector<BlockRange> Merged(std::vector<BlockRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const BlockRange& a, const BlockRange& b) { return a.begin < b.begin; });
  std::vector<BlockRange> merged;
  for (const BlockRange& range : ranges) {
    if (merged.empty() || merged.back().end < range.begin) {
      merged.push_back(range);
    } else {
      merged.back().end = std::max(merged.back().end, range.end);
    }
  }
  return merged;
}

}  // namespace

std::vector<BlockRange> RunsOf(const IndexRoot& root) {
  std::vector<BlockRange> runs;
  for (size_t block = 0; block < root.blocks.size(); ++block) {
    if (root.blocks[block].run_begins) runs.push_back({block, block});
    runs.back().end = block + 1;  // the first block begins one
  }
  return runs;
}

std::vector<BlockRange> BlocksWith(absl::Span<const PathPrefix> prefixes, const IndexRoot& root) {
  const std::vector<BlockRange> runs = RunsOf(root);
  std::vector<BlockRange> ranges;
  for (const PathPrefix& prefix : prefixes) {
    const PathPrefix behind_dot{absl::StrCat("./", prefix.text), prefix.whole};
    for (const BlockRange& run : runs) {
      for (const PathPrefix* one : {&prefix, &behind_dot}) {
        const BlockRange range = InRun(run, *one, root);
        if (range.begin < range.end) ranges.push_back(range);
      }
    }
  }
  return Merged(std::move(ranges));
}

std::vector<BlockRange> BlocksThatMayMatch(const GlobSet& patterns, const IndexRoot& root) {
  const std::optional<std::vector<PathPrefix>> prefixes = patterns.Prefixes();
  if (prefixes.has_value()) return BlocksWith(*prefixes, root);
  if (root.blocks.empty()) return {};
  return {{0, root.blocks.size()}};
}

}  // namespace ingot
