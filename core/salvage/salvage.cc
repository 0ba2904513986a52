#include "core/salvage/salvage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "core/salvage/assemble.h"
#include "core/salvage/surviving_index.h"
#include "io/interruption.h"
#include "io/rate_limit.h"
#include "io/status.h"

namespace ingot {
namespace {

absl::StatusOr<io::ReadableFile> OpenFile(const std::string& path, const SalvageOptions& options) {
  INGOT_ASSIGN_OR_RETURN(io::ReadableFile file, io::ReadableFile::Open(path));
  if (options.read_bytes_per_second > 0) {
    file.LimitReads(std::make_unique<io::RateLimit>(options.read_bytes_per_second));
  }
  return file;
}

void DescribeParts(const FileParts& parts, const SurvivingIndex& index, SalvageReport* report) {
  report->frames = parts.frames.size();
  if (index.complete()) report->frames_expected = index.frames();
  report->frames_broken = parts.broken.size() + parts.broken_more;
  for (const FoundFrame& frame : parts.frames) {
    if (!frame.labelled) ++report->frames_without_label;
    report->unparsed_bytes += frame.unparsed_bytes;
  }
  report->has_root = index.roots() > 0;
  report->index_complete = index.complete();
  report->index_blocks_lost = index.lost_blocks();
  report->damaged_ranges_count = parts.damaged.size();
  for (const ByteRange& range : parts.damaged) {
    report->damaged_bytes += range.end - range.begin;
    if (report->damaged_ranges.size() < kDamagedRangesMax) report->damaged_ranges.push_back(range);
  }
  report->unreadable_bytes = parts.unreadable_bytes;
}

using MemberIds = decltype(Assembly::stray_members);

// Every member that is left in the index, but not in the container.
absl::Status NameTheLost(const SurvivingIndex& index, const Container& container, LossLog* log,
                         MemberIds* stray_members) {
  return index.ForEachEntry([&](const IndexEntry& entry) -> absl::Status {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());  // each may have a block read and unpacked
    INGOT_ASSIGN_OR_RETURN(const std::optional<IndexEntry> found, container.Find(entry.path));
    if (found.has_value() && SameMember(*found, entry)) return absl::OkStatus();
    if (found.has_value()) {
      log->Tell(LossKind::kVersion, entry.path,
                "the version that the index names is lost or was left out; another is restored");
      return absl::OkStatus();
    }
    for (uint8_t version = 1; version <= kLabelVersion; ++version) {
      stray_members->erase(SlicedMemberId(entry.path, entry.mtime, version).bytes);
    }
    log->Tell(LossKind::kMember, entry.path,
              entry.type == MemberType::kRegular
                  ? absl::StrCat("lost, with its ", entry.size, " bytes")
                  : std::string("lost"));
    return absl::OkStatus();
  });
}

}  // namespace

bool SalvageReport::NothingLost() const {
  // What was in damaged frames of the index it names; in others, nobody does.
  const bool explained = frames_broken == 0 || frames + frames_broken <= frames_expected;
  return index_complete && explained && members_unnamed == 0 && strays_unnamed == 0 &&
         unparsed_bytes == 0 &&
         std::all_of(std::begin(lost), std::end(lost), [](uint64_t count) { return count == 0; });
}

absl::StatusOr<Salvaged> Salvage(const std::string& path, const SalvageOptions& options,
                                 VerifyProgress* progress, TellLoss tell) {
  INGOT_ASSIGN_OR_RETURN(const io::ReadableFile file, OpenFile(path, options));
  Salvaged salvaged;
  SalvageReport& report = salvaged.report;
  report.file_bytes = file.size();
  INGOT_ASSIGN_OR_RETURN(FileParts parts,
                         ScanFile(file, {options.threads, options.spool_directory}, progress));
  if (parts.frames.empty() && parts.broken.empty() && parts.index.empty()) {
    return absl::DataLossError(absl::StrCat(path, ": nothing of an ingot container is in it"));
  }
  INGOT_ASSIGN_OR_RETURN(SurvivingIndex index, SurvivingIndex::Read(file, parts.index));
  DescribeParts(parts, index, &report);

  const GlobSet patterns(options.patterns);
  LossLog log(&patterns, &report, tell);
  INGOT_ASSIGN_OR_RETURN(Assembly assembly,
                         AssembleParts(file, options, &parts, &index, &report, &log));
  const uint64_t lost_entries = index.lost_entries();
  if (lost_entries > report.members_unnamed) {
    report.lost_unnamed = lost_entries - report.members_unnamed;
  }
  // The index goes on reading from the other one.
  INGOT_ASSIGN_OR_RETURN(io::ReadableFile own, OpenFile(path, options));
  salvaged.container =
      Container::Assemble(std::move(own), std::move(assembly.frames), std::move(assembly.labels),
                          std::move(assembly.root), std::move(assembly.blocks));
  INGOT_RETURN_IF_ERROR(NameTheLost(index, *salvaged.container, &log, &assembly.stray_members));
  report.strays_unnamed = assembly.stray_members.size();
  return salvaged;
}

}  // namespace ingot
