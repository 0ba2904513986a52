#include "core/salvage/assemble.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/container/entry_check.h"
#include "core/container/frame_workers.h"
#include "core/format/index_columns.h"
#include "core/format/seek_table.h"
#include "core/salvage/slices.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr uint64_t kIndexMemoryBytes = uint64_t{64} << 20;

// A frame with members, and those that go on with its last one.
struct Group {
  size_t frame = 0;
  std::vector<size_t> slices;
  bool overlaps = false;  // its paths lie between those of another
};

// Of several members of one path, the one that is taken.
struct Version {
  size_t frame = 0;
  uint32_t frame_offset = 0;
  bool named = false;    // by an index
  bool other = false;    // an index names another
  bool several = false;  // others of the path are not the same
  uint64_t hash = 0;     // of all that is known of it
};

struct PathOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    return ComparePaths(a, b) < 0;
  }
};

uint64_t HashOfMember(IndexEntry entry) {
  entry.frame = 0;
  entry.frame_offset = 0;
  return HashBytes64(EncodeIndexColumns(absl::MakeConstSpan(&entry, 1)));
}

// "a" and "./a" are one place in the target.
uint64_t HashOfPlace(const std::string& member_path) {
  const absl::StatusOr<absl::string_view> path = RelativePath(member_path);
  return HashBytes64(path.ok() ? *path : absl::string_view(member_path));
}

bool Names(const std::vector<IndexEntry>& names, const IndexEntry& entry) {
  return std::any_of(names.begin(), names.end(),
                     [&entry](const IndexEntry& name) { return SameMember(name, entry); });
}

class Assembler {
 public:
  Assembler(const io::ReadableFile& file, const SalvageOptions& options, FileParts* parts,
            SurvivingIndex* index, SalvageReport* report, LossLog* log)
      : file_(file),
        options_(options),
        parts_(*parts),
        frames_(parts->frames),
        index_(*index),
        report_(*report),
        log_(*log) {}

  absl::StatusOr<Assembly> Run() {
    DropRepeatedFrames();
    INGOT_RETURN_IF_ERROR(CompleteSlicedMembers());
    const std::vector<std::vector<Group>> runs = Order();
    INGOT_RETURN_IF_ERROR(ChooseVersions(runs));
    INGOT_RETURN_IF_ERROR(Write(runs));
    return std::move(assembly_);
  }

 private:
  void DropRepeatedFrames();
  absl::Status CompleteSlicedMembers();
  absl::Status FindDigest(const SliceChain& chain, FrameWorkers* workers, std::string* problem);
  absl::Status LeaveOut(std::optional<IndexEntry>* head, const std::string& why);
  std::vector<std::vector<Group>> Order();
  absl::Status ChooseVersions(const std::vector<std::vector<Group>>& runs);
  absl::Status FindOtherVersions(const std::vector<std::vector<Group>>& runs);
  absl::Status AddVersion(const IndexEntry& entry, size_t frame);
  absl::Status Write(const std::vector<std::vector<Group>>& runs);
  absl::Status WriteGroup(const Group& group, bool run_begins);
  absl::StatusOr<bool> Take(const IndexEntry& entry, const Group& group);
  absl::StatusOr<bool> IsNamed(const IndexEntry& entry);
  bool HasCarrier(const IndexEntry& link, bool named) const;
  absl::Status ForEachMember(size_t frame,
                             absl::FunctionRef<absl::Status(IndexEntry)> visit) const {
    INGOT_RETURN_IF_ERROR(parts_.members->ForEach(frames_[frame].members, visit));
    return frames_[frame].head.has_value() ? visit(*frames_[frame].head) : absl::OkStatus();
  }
  void Push(size_t frame) {
    const FoundFrame& found = frames_[frame];
    assembly_.frames.push_back({found.offset, found.label.stored_bytes, found.label.content_bytes,
                                found.checksum, !found.label.continues});
    assembly_.labels.push_back(found.label);
  }

  const io::ReadableFile& file_;
  const SalvageOptions& options_;
  FileParts& parts_;
  std::vector<FoundFrame>& frames_;
  SurvivingIndex& index_;
  SalvageReport& report_;
  LossLog& log_;
  absl::flat_hash_map<size_t, std::vector<size_t>> slices_;  // of whole members, by first frame
  absl::flat_hash_map<uint64_t, Version> versions_;          // by hash of the place
  absl::flat_hash_set<uint64_t> other_versions_;             // places of what no index knows so
  Assembly assembly_;
  // While it is written.
  std::optional<IndexBuilder> builder_;
  std::optional<EntryCheck> check_;
  std::string last_path_;
};

// The same frame twice is the same members twice; the first in the file stays. Of large members all
// frames stay: those of one version lie side by side, though some are the same in another.
void Assembler::DropRepeatedFrames() {
  absl::flat_hash_set<std::array<uint8_t, kDigestBytes>> seen;
  std::erase_if(frames_, [&seen](const FoundFrame& frame) {
    return !frame.label.continues && !frame.head.has_value() &&
           !seen.insert(frame.label.stored_digest.bytes).second;
  });
}

absl::Status Assembler::LeaveOut(std::optional<IndexEntry>* head, const std::string& why) {
  // What an index names is told with all else that is lost.
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> named, index_.Find((*head)->path));
  if (named.empty()) log_.Tell(LossKind::kMember, (*head)->path, absl::StrCat("lost: ", why));
  head->reset();
  return absl::OkStatus();
}

// The digest that the entry gets must be the content's, which the restore will find out. Where an
// index says one, that is it; else the content is read once more.
absl::Status Assembler::FindDigest(const SliceChain& chain, FrameWorkers* workers,
                                   std::string* problem) {
  if (!chain.whole) {
    const uint64_t total = frames_[chain.head].head->stored_bytes;
    *problem = total == 0 ? "the backup ended before it did, so nothing tells its size"
                          : absl::StrCat("its part from byte ", chain.here_bytes, " of ", total,
                                         " on is missing");
    return absl::OkStatus();
  }
  IndexEntry& head = *frames_[chain.head].head;
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> named, index_.Find(head.path));
  std::vector<Digest> digests;
  for (IndexEntry entry : named) {
    const Digest digest = std::exchange(entry.digest, Digest());
    if (SameMember(entry, head) && (digests.empty() || digests.back() != digest)) {
      digests.push_back(digest);
    }
  }
  if (digests.size() == 1) {
    head.digest = digests[0];
    return absl::OkStatus();
  }
  return workers->Submit([=, this, &chain, &head](FrameWorker& worker) -> absl::Status {
    const absl::StatusOr<Digest> digest = DigestOfChain(file_, frames_, chain, &worker.scratch);
    if (absl::IsDataLoss(digest.status())) {
      *problem = std::string(digest.status().message());
      return absl::OkStatus();
    }
    INGOT_RETURN_IF_ERROR(digest.status());
    head.digest = *digest;
    if (chain.uncertain && std::find(digests.begin(), digests.end(), *digest) == digests.end()) {
      *problem = "its parts may be of several versions, and no index tells";
    }
    return absl::OkStatus();
  });
}

absl::Status Assembler::CompleteSlicedMembers() {
  constexpr int kThreadsForEachProcessor = 2;
  INGOT_ASSIGN_OR_RETURN(const std::vector<SliceChain> chains, ChainSlices(frames_, parts_.broken));
  absl::flat_hash_set<size_t> heads;
  for (const SliceChain& chain : chains) heads.insert(chain.head);
  for (size_t i = 0; i < frames_.size(); ++i) {
    if (!heads.contains(i)) frames_[i].head.reset();  // the same as another
  }
  std::vector<std::string> problems(chains.size());  // why a member is left out
  FrameWorkers workers(kFrameContentBytesMax, options_.threads, kThreadsForEachProcessor,
                       [this] { file_.ReleaseLimit(); });
  for (size_t i = 0; i < chains.size(); ++i) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    INGOT_RETURN_IF_ERROR(FindDigest(chains[i], &workers, &problems[i]));
  }
  INGOT_RETURN_IF_ERROR(workers.Finish());
  absl::flat_hash_set<std::array<uint8_t, kDigestBytes>> used;  // frames, or the same elsewhere
  for (size_t i = 0; i < chains.size(); ++i) {
    if (!problems[i].empty()) {
      INGOT_RETURN_IF_ERROR(LeaveOut(&frames_[chains[i].head].head, problems[i]));
      continue;
    }
    slices_[chains[i].head] = chains[i].slices;
    for (const size_t slice : chains[i].slices) {
      used.insert(frames_[slice].label.stored_digest.bytes);
    }
  }
  for (const FoundFrame& frame : frames_) {
    if (!frame.label.continues || used.contains(frame.label.stored_digest.bytes)) continue;
    ++report_.stray_slices;
    assembly_.stray_members.insert(frame.label.member.bytes);
  }
  return absl::OkStatus();
}

// Groups by path, in as few runs as can be: in one, unless parts of several containers are mixed.
std::vector<std::vector<Group>> Assembler::Order() {
  std::vector<Group> groups;
  for (size_t i = 0; i < frames_.size(); ++i) {
    if (!frames_[i].holds_members()) continue;
    const auto slices = slices_.find(i);
    groups.push_back({i, slices == slices_.end() ? std::vector<size_t>() : slices->second});
  }
  // Frames are by offset; of equal paths the first in the file stays the first.
  std::stable_sort(groups.begin(), groups.end(), [this](const Group& a, const Group& b) {
    return ComparePaths(frames_[a.frame].first_path, frames_[b.frame].first_path) < 0;
  });
  const auto last_path = [&](size_t i) { return frames_[groups[i].frame].last_path; };
  size_t furthest = 0;
  for (size_t i = 1; i < groups.size(); ++i) {
    if (ComparePaths(frames_[groups[i].frame].first_path, last_path(furthest)) <= 0) {
      groups[i].overlaps = groups[furthest].overlaps = true;
    }
    if (ComparePaths(last_path(i), last_path(furthest)) > 0) furthest = i;
  }
  std::vector<std::vector<Group>> runs;
  std::multimap<std::string, size_t, PathOrder> ends;  // the last path of each run
  for (Group& group : groups) {
    const FoundFrame& frame = frames_[group.frame];
    size_t run = runs.size();
    if (auto behind = ends.lower_bound(frame.first_path); behind != ends.begin()) {
      run = std::prev(behind)->second;
      ends.erase(std::prev(behind));
    } else {
      runs.emplace_back();
    }
    ends.emplace(frame.last_path, run);
    runs[run].push_back(std::move(group));
  }
  return runs;
}

absl::Status Assembler::ChooseVersions(const std::vector<std::vector<Group>>& runs) {
  std::vector<size_t> overlapping;
  for (const std::vector<Group>& run : runs) {
    for (const Group& group : run) {
      if (group.overlaps) overlapping.push_back(group.frame);
    }
  }
  std::sort(overlapping.begin(), overlapping.end());  // by place in the file
  if (runs.size() > 1) INGOT_RETURN_IF_ERROR(FindOtherVersions(runs));
  for (const size_t frame : overlapping) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    const auto look_at = [&](const IndexEntry& entry) { return AddVersion(entry, frame); };
    INGOT_RETURN_IF_ERROR(ForEachMember(frame, look_at));
  }
  return absl::OkStatus();
}

// Of what has one version only. In one run what a link leads to is written before it.
absl::Status Assembler::FindOtherVersions(const std::vector<std::vector<Group>>& runs) {
  const auto look_at = [this](const IndexEntry& entry) -> absl::Status {
    INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> names, index_.Find(entry.path));
    if (!names.empty() && !Names(names, entry)) other_versions_.insert(HashOfPlace(entry.path));
    return absl::OkStatus();
  };
  for (const std::vector<Group>& run : runs) {
    for (const Group& group : run) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      if (!group.overlaps) INGOT_RETURN_IF_ERROR(ForEachMember(group.frame, look_at));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Assembler::IsNamed(const IndexEntry& entry) {
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> names, index_.Find(entry.path));
  return Names(names, entry);
}

absl::Status Assembler::AddVersion(const IndexEntry& entry, size_t frame) {
  INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> names, index_.Find(entry.path));
  const bool named = Names(names, entry);
  const Version version{.frame = frame,
                        .frame_offset = entry.frame_offset,
                        .named = named,
                        .other = !named && !names.empty(),
                        .hash = HashOfMember(entry)};
  const auto [at, added] = versions_.emplace(HashOfPlace(entry.path), version);
  Version& taken = at->second;
  const bool several = taken.several || taken.hash != version.hash;
  if (!added && named && !taken.named) taken = version;
  taken.several = several;
  return absl::OkStatus();
}

// Whether what the link leads to is sure to be the version that it was made for.
bool Assembler::HasCarrier(const IndexEntry& link, bool named) const {
  const uint64_t place = HashOfPlace(link.link_target);
  if (other_versions_.contains(place)) return false;
  const auto carrier = versions_.find(place);
  if (carrier == versions_.end()) return true;
  if (carrier->second.other) return false;
  if (!carrier->second.several) return true;
  return named && carrier->second.named && index_.roots() == 1;
}

// Whether the member goes into the index.
absl::StatusOr<bool> Assembler::Take(const IndexEntry& entry, const Group& group) {
  const auto version = group.overlaps ? versions_.find(HashOfPlace(entry.path)) : versions_.end();
  if (version == versions_.end() || (version->second.frame == group.frame &&
                                     version->second.frame_offset == entry.frame_offset)) {
    return true;
  }
  if (version->second.hash == HashOfMember(entry)) {
    ++report_.repeated;
    return false;
  }
  // What an index names is told with all else that is lost.
  INGOT_ASSIGN_OR_RETURN(const bool named, IsNamed(entry));
  if (!named) {
    log_.Tell(LossKind::kVersion, entry.path,
              absl::StrCat("the version at byte ", frames_[group.frame].offset,
                           " of the file was left out: another is restored, from byte ",
                           frames_[version->second.frame].offset));
  }
  return false;
}

absl::Status Assembler::WriteGroup(const Group& group, bool run_begins) {
  const uint64_t number = assembly_.frames.size();
  Push(group.frame);
  bool taken_any = false;
  bool taken_head = false;
  const auto write = [&](IndexEntry entry) -> absl::Status {
    INGOT_ASSIGN_OR_RETURN(const bool take, Take(entry, group));
    if (!take) return absl::OkStatus();
    INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> names, index_.Find(entry.path));
    const bool named = Names(names, entry);
    if (entry.type == MemberType::kHardLink && !HasCarrier(entry, named)) {
      if (!named) {
        log_.Tell(LossKind::kVersion, entry.path,
                  absl::StrCat("left out: of ", entry.link_target,
                               ", which it is a hard link to, there are several versions"));
      }
      return absl::OkStatus();
    }
    if (names.empty()) ++report_.members_unnamed;
    if (!names.empty() && !named) other_versions_.insert(HashOfPlace(entry.path));
    if (ComparePaths(last_path_, entry.path) >= 0) run_begins = true;
    entry.frame = number;
    if (const absl::Status status = check_->Check(entry, run_begins); !status.ok()) {
      log_.Tell(LossKind::kRefused, entry.path, std::string(status.message()));
      return absl::OkStatus();
    }
    if (std::exchange(run_begins, false)) builder_->BeginRun();
    last_path_ = entry.path;
    taken_any = true;
    const std::optional<IndexEntry>& head = frames_[group.frame].head;
    taken_head = head.has_value() && head->frame_offset == entry.frame_offset;
    ++report_.members;
    return builder_->Add(entry);
  };
  INGOT_RETURN_IF_ERROR(ForEachMember(group.frame, write));
  if (!taken_any) {
    assembly_.frames.pop_back();
    assembly_.labels.pop_back();
  }
  if (taken_head) {
    for (const size_t slice : group.slices) Push(slice);
  }
  return absl::OkStatus();
}

absl::Status Assembler::Write(const std::vector<std::vector<Group>>& runs) {
  assembly_.blocks = std::make_unique<io::Spool>(options_.spool_directory, kIndexMemoryBytes);
  builder_.emplace(assembly_.blocks.get());
  check_.emplace(&assembly_.frames);
  for (const std::vector<Group>& run : runs) {
    last_path_.clear();
    bool run_begins = true;
    for (const Group& group : run) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      INGOT_RETURN_IF_ERROR(WriteGroup(group, run_begins));
      if (!last_path_.empty()) run_begins = false;
    }
  }
  if (assembly_.frames.size() > kSeekEntriesMax) {
    return absl::ResourceExhaustedError(absl::StrCat(file_.path(), ": too many frames"));
  }
  IndexRoot facts;
  facts.created_by = "ingot salvage";
  facts.frames = assembly_.frames.size();
  INGOT_ASSIGN_OR_RETURN(assembly_.root, builder_->Finish(std::move(facts)));
  return absl::OkStatus();
}

}  // namespace

void LossLog::Tell(LossKind kind, const std::string& path, const std::string& what) {
  if (!patterns_->empty() && !patterns_->Matches(path)) return;
  ++report_->lost[static_cast<size_t>(kind)];
  tell_({kind, path, absl::StrCat(path, ": ", what)});
}

absl::StatusOr<Assembly> AssembleParts(const io::ReadableFile& file, const SalvageOptions& options,
                                       FileParts* parts, SurvivingIndex* index,
                                       SalvageReport* report, LossLog* log) {
  return Assembler(file, options, parts, index, report, log).Run();
}

}  // namespace ingot
