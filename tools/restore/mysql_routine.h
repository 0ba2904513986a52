// Where the server sees the end of a routine, trigger, event or package of a dump: the first ';'
// outside of its blocks. What is behind it the server runs, however the client's DELIMITER reads.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/restore/mysql_token.h"

namespace ingot::tools {

// Given the tokens of a statement from its CREATE on; of other statements nothing is open. Knows
// the blocks of MySQL, of MariaDB and of MariaDB's Oracle mode. BEGIN, END and DO may be names,
// too: where that cannot be told apart no block is taken to be open, or it is unclear.
class MysqlRoutine {
 public:
  void Add(const MysqlToken& token);
  // At a ';'.
  void EndPiece();
  // A ';' here does not end it.
  bool is_open() const { return !blocks_.empty(); }
  bool is_unclear() const { return unclear_; }

 private:
  enum class Phase {
    kBegin,       // nothing yet
    kCreate,      // behind CREATE, before what is created
    kOther,       // nothing with a body
    kName,        // of a routine, up to its parameters
    kParameters,  // in their parentheses
    kHeader,      // types and characteristics
    kTrigger,     // up to FOR EACH ROW
    kTriggerRow,  // behind it
    kEvent,       // up to DO
    kBody,
  };
  enum class Block { kBegin, kIf, kCase, kCaseExpression, kLoop, kDeclarations, kPackage };
  struct Open {
    Block block;
    int parentheses;
  };

  void AddHead(const MysqlToken& token, absl::string_view word);
  void AddHeader(const MysqlToken& token, absl::string_view word);
  void AddBody(const MysqlToken& token, absl::string_view word);
  void BeginStatement(absl::string_view word);
  void GoOn(absl::string_view word);
  void GoOnHandler(absl::string_view word);
  void EndCase();
  void BeginBody() {
    phase_ = Phase::kBody;
    at_start_ = true;
  }
  void Push(Block block) { blocks_.push_back({block, parentheses_}); }
  void Pop();
  bool TopIs(Block block) const { return !blocks_.empty() && blocks_.back().block == block; }

  Phase phase_ = Phase::kBegin;
  std::vector<Open> blocks_;
  bool unclear_ = false;
  bool is_function_ = false;
  bool returns_ = false;        // RETURNS was seen
  bool oracle_return_ = false;  // RETURN type, instead of it
  bool type_follows_ = false;   // a name that is none of the header's words
  bool at_start_ = false;       // of a statement
  bool label_ = false;          // behind the statement's first token, which may be a label
  bool took_word_ = false;      // that was taken for a keyword
  int parentheses_ = 0;
  std::string statement_;  // its first word in lower case
  MysqlToken previous_;    // its text in lower case
  MysqlToken before_;      // before that
};

}  // namespace ingot::tools
