// Names that hold what a terminal obeys: no such byte reaches one, whatever the verb.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/container/entry_check.h"
#include "tests/core/container/container_fixture.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

using testing::HasSubstr;

// A title, a bell, C1's CSI as UTF-8 and as it is, the right-to-left override, no UTF-8, DEL, a
// line.
constexpr char kEvil[] =
    "\x1b]0;owned\x07-\xc2\x9b"
    "31m-\x9b"
    "31m-\xe2\x80\xae"
    "cod.exe-\xff-\x7f-\r\n\x1b[2J";

// What is left of the output that a terminal would obey; the progress line's own "\r ESC [ K" and
// the terminal's own line ends apart.
std::string Obeyed(std::string output) {
  output = absl::StrReplaceAll(output, {{"\r\x1b[K", ""}, {"\r\n", "\n"}});
  std::string obeyed;
  for (size_t i = 0; i < output.size(); ++i) {
    const auto at = [&output](size_t place) {
      return place < output.size() ? static_cast<unsigned char>(output[place]) : 0;
    };
    const bool c0 = (at(i) < 0x20 && at(i) != '\n') || at(i) == 0x7F;
    const bool c1 = at(i) == 0xC2 && at(i + 1) >= 0x80 && at(i + 1) < 0xA0;
    const bool override = at(i) == 0xE2 && at(i + 1) == 0x80 && at(i + 2) == 0xAE;
    const bool stray = at(i) == 0x9B && at(i - 1) != 0xC2;
    if (c0 || c1 || override || stray || at(i) == 0xFF) absl::StrAppend(&obeyed, i, " ");
  }
  return obeyed;
}

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(
        Succeeds(In("mkdir tree tree/$EVIL && echo content > tree/$EVIL/$EVIL && "
                    "ln -s $EVIL tree/link && ln tree/$EVIL/$EVIL tree/$EVIL/hard")));
    ASSERT_TRUE(Succeeds(In(IngotCreate() + "-q -o c.tar.zst tree && cp c.tar.zst $EVIL")));
  }
  // $EVIL is the name; quoted wherever it stands.
  std::string In(const std::string& command) const {
    std::string name;
    for (const char byte : absl::string_view(kEvil))
      absl::StrAppend(&name, "\\x", absl::Hex(static_cast<unsigned char>(byte), absl::kZeroPad2));
    const std::string quoted =
        absl::StrReplaceAll(command, {{"$EVIL", absl::StrCat("$'", name, "'")}});
    return absl::StrCat("cd ", scratch_.path(), " && ", quoted);
  }
  // Standard output and error of the command on a pseudo-terminal, and through a pipe.
  std::vector<std::string> Shown(const std::string& command) {
    WriteFile(scratch_ / "run.sh", In(command) + "\n");
    const ShellResult terminal =
        Shell("script -qec 'bash " + (scratch_ / "run.sh") + "' /dev/null < /dev/null");
    const ShellResult pipe = Shell("bash " + (scratch_ / "run.sh") + " 2>&1 | cat");
    EXPECT_NE(terminal.output, "") << command;
    return {terminal.output, pipe.output};
  }
  void ExpectHarmless(const std::string& command) {
    for (const std::string& output : Shown(command)) {
      EXPECT_EQ(Obeyed(output), "") << command << "\n"
                                    << absl::StrReplaceAll(output, {{"\x1b", "ESC"}});
    }
  }

  ScratchDirectory scratch_;
};

TEST_F(TerminalTest, TheTestSeesWhatATerminalObeys) {
  EXPECT_EQ(Obeyed("plain \xc3\xa9\n"), "");
  for (const char* raw : {"a\x1b[31m", "\x07", "\xc2\x9b", "a\x9b", "\xe2\x80\xae", "\x7f", "\xff"})
    EXPECT_NE(Obeyed(raw), "") << raw;
  EXPECT_NE(Obeyed(Shown("printf '%s\\n' $EVIL")[0]), "");
}

TEST_F(TerminalTest, ListsAndSummaries) {
  for (const char* command : {"list c.tar.zst", "list -l c.tar.zst", "list --json c.tar.zst",
                              "list -l $EVIL", "info $EVIL", "info --json $EVIL", "verify $EVIL"}) {
    ExpectHarmless(IngotCommand() + command);
  }
  // Scripts get one name a line, too, with its bytes as \ooo; -0 and --json have them exactly.
  EXPECT_THAT(Shown(IngotCommand() + "list c.tar.zst")[1],
              HasSubstr("\\033]0;owned\\007-\\302\\23331m-\\23331m-\\342\\200\\256cod.exe-"
                        "\\377-\\177-\\015\\n\\033[2J\n"));
}

TEST_F(TerminalTest, NamesAsTheyAreAreForPipesAlone) {
  const std::vector<std::string> shown = Shown(IngotCommand() + "list -0 c.tar.zst");
  EXPECT_EQ(Obeyed(shown[0]), "") << shown[0];
  EXPECT_THAT(shown[0], HasSubstr("error: -0"));
  EXPECT_THAT(shown[1], HasSubstr(kEvil));
}

TEST_F(TerminalTest, AFileThatCannotBeRead) {
  ASSERT_TRUE(Succeeds(
      In("chmod 755 . && chmod 000 tree/$EVIL/$EVIL && cp " + Quote(INGOT_BINARY) + " ingot")));
  const std::string command = absl::StrCat(IsRoot() ? kAsNobody : "", "./ingot create --io ",
                                           TestEngineName(), " -o - tree > /dev/null");
  ShellResult result;
  EXPECT_TRUE(ExitsWith(3, In(command), &result));
  EXPECT_THAT(result.error, HasSubstr("unreadable: tree/\\033]0;owned"));
  ExpectHarmless(command);
}

TEST_F(TerminalTest, ErrorsAndFindings) {
  for (const std::string& command :
       {IngotCreate() + "-o x --json $EVIL/missing",
        IngotCreate() + "-o x $EVIL/missing",
        IngotCreate() + "-o $EVIL tree",
        IngotCreate() + "-o x --$EVIL tree",
        IngotCreate() + "-o x --level $EVIL tree",
        IngotCreate() + "-o x --limit-read $EVIL tree",
        IngotCommand() + "$EVIL",
        IngotCommand() + "list c.tar.zst $EVIL-none",
        IngotCommand() + "cat c.tar.zst $EVIL-none",
        IngotCommand() + "cat c.tar.zst tree/$EVIL",
        IngotCommand() + "verify tree/$EVIL/$EVIL",
        IngotCommand() + "list tree/$EVIL",
        IngotCommand() + "restore c.tar.zst -C tree/$EVIL/$EVIL",
        IngotCommand() + "restore c.tar.zst -C .",
        IngotCommand() + "restore $EVIL -C $EVIL-new",
        IngotCommand() + "salvage tree/$EVIL/$EVIL -C x",
        IngotCommand() + "salvage c.tar.zst -C tree/$EVIL/$EVIL",
        IngotCommand() + "salvage $EVIL -C $EVIL-salvaged",
        IngotBackup() + "--alfresco $EVIL -o x",
        IngotBackup() + "--database $EVIL --content tree -o x",
        IngotBackup() + "--dump-command \"printf %s $EVIL >&2; exit 3\" --content tree -o x",
        IngotBackup() +
            "--dump-command \"echo $EVIL\" --dump-expect $EVIL-none --content tree -o x"}) {
    ExpectHarmless(command);
  }
}

TEST_F(TerminalTest, ProgressLines) {
  ExpectHarmless(absl::StrCat("head -c 600000 /dev/urandom > tree/$EVIL/random; ", IngotBackup(),
                              "--dump-command 'echo x; sleep 0.5' --content tree --content "
                              "tree/$EVIL -o x; ",
                              IngotBackup(),
                              "--dump-command 'echo x' --content tree/$EVIL "
                              "--limit-read 1M -o y"));
}

// A container that nobody's ingot wrote: what is damaged is told with its name.
TEST_F(TerminalTest, DamageIsToldWithItsName) {
  ContainerBuilder builder;
  Member member = RegularMember(kEvil, 1);
  member.user_name = member.group_name = "\x1b[31mroot";
  builder.Add(member, "1");
  builder.last().digest.bytes[0] ^= 1;
  builder.Add(HardLinkMember("\x1b[2J", kEvil)).Run().AddFile(absl::StrCat("../", kEvil), "2");
  builder.change_root = [](IndexRoot* root) { root->created_by = kEvil; };
  WriteFile(scratch_ / "evil.tar.zst", builder.Build());
  for (const char* command :
       {"verify evil.tar.zst", "list -l evil.tar.zst", "info evil.tar.zst",
        "list --json evil.tar.zst", "info --json evil.tar.zst", "restore evil.tar.zst -C out",
        "verify --quick evil.tar.zst", "salvage evil.tar.zst -C out",
        "salvage --json evil.tar.zst -C out"}) {
    ExpectHarmless(IngotCommand() + command);
  }
}

}  // namespace
}  // namespace ingot
