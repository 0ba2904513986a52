// What a container in the making tells of itself before it is sealed.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/container/container.h"
#include "core/create/create.h"
#include "tests/testing.h"

namespace ingot {
namespace {

class TextSource : public StreamSource {
 public:
  explicit TextSource(absl::string_view text) : rest_(text) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t count = std::min(out.size(), rest_.size());
    std::memcpy(out.data(), rest_.data(), count);
    rest_.remove_prefix(count);
    return count;
  }
  absl::Status Finish() override { return absl::OkStatus(); }

 private:
  absl::string_view rest_;
};

std::string ReadAll(StreamSource* source, size_t piece) {
  std::string all;
  std::string buffer(piece, '\0');
  while (true) {
    const absl::StatusOr<size_t> got = source->Read(absl::MakeSpan(buffer));
    EXPECT_OK(got);
    if (!got.ok() || *got == 0) return all;
    all.append(buffer, 0, *got);
  }
}

std::string RandomText(size_t bytes) {
  std::mt19937_64 random(bytes);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 20);
  return text;
}

class ReadBackTest : public testing::Test {
 protected:
  std::unique_ptr<Creation> Begin() {
    CreateOptions options;
    options.output = scratch_ / "out.tar.zst";
    options.engine = TestEngineKind();
    options.frame_bytes = kFrameBytesMin;
    absl::StatusOr<std::unique_ptr<Creation>> creation = Creation::Begin(options);
    EXPECT_OK(creation);
    return *std::move(creation);
  }
  ScratchDirectory scratch_;
};

TEST_F(ReadBackTest, AStreamIsReadAgainAsItCame) {
  // Below a frame, exactly frames, and with a piece over.
  for (const size_t bytes : {size_t{1}, size_t{1000}, size_t{2} << 20, (size_t{3} << 20) + 777}) {
    const std::string text = RandomText(bytes);
    const std::unique_ptr<Creation> creation = Begin();
    ASSERT_OK(creation->AddDocument("before", "it"));
    TextSource source(text);
    ASSERT_OK(creation->AddStream("database/a.sql", &source));
    for (const size_t piece : {size_t{4096}, size_t{5} << 20}) {
      const absl::StatusOr<std::unique_ptr<StreamSource>> again = creation->ReadStream();
      ASSERT_OK(again);
      EXPECT_TRUE(ReadAll(again->get(), piece) == text) << bytes << " in pieces of " << piece;
    }
    ASSERT_OK(creation->AddDocument("behind", "it"));
    const absl::StatusOr<std::unique_ptr<StreamSource>> last = creation->ReadStream();
    ASSERT_OK(last);
    EXPECT_TRUE(ReadAll(last->get(), 1 << 20) == text) << "after more has been added";
  }
}

TEST_F(ReadBackTest, WithoutAStreamThereIsNothingToRead) {
  EXPECT_EQ(Begin()->ReadStream().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ReadBackTest, AllEntriesAreToldBeforeTheyAreSealed) {
  // More than a block of the index, in two runs.
  std::filesystem::create_directories(scratch_ / "tree");
  for (int i = 0; i < 3000; ++i) WriteFile(absl::StrCat(scratch_ / "tree/", i), "x");
  const std::unique_ptr<Creation> creation = Begin();
  ASSERT_OK(creation->AddTree({scratch_ / "tree", "first"}));
  ASSERT_OK(creation->AddTree({scratch_ / "tree", "second"}));
  std::vector<IndexEntry> before;
  ASSERT_OK(creation->ForEachEntry([&before](const IndexEntry& entry) {
    before.push_back(entry);
    return absl::OkStatus();
  }));
  ASSERT_OK(creation->Seal(/*findings_member=*/false));
  const absl::StatusOr<std::unique_ptr<Container>> container =
      Container::Open(scratch_ / "out.tar.zst");
  ASSERT_OK(container);
  std::vector<IndexEntry> sealed;
  ASSERT_OK((*container)->ForEachEntry([&sealed](const IndexEntry& entry) {
    sealed.push_back(entry);
    return absl::OkStatus();
  }));
  EXPECT_EQ(before.size(), 6002u);
  EXPECT_TRUE(before == sealed);
}

}  // namespace
}  // namespace ingot
