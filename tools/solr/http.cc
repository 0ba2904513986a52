#include "tools/solr/http.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr int kPollMilliseconds = 100;  // how soon an interruption is seen
constexpr char kProtocols[] = "http,https";

struct Easy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct Multi {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct List {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

absl::Status InitializeOnce() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result == CURLE_OK) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("libcurl: ", curl_easy_strerror(result)));
}

absl::Status CheckReadable(const std::string& path, absl::string_view what) {
  if (path.empty() || access(path.c_str(), R_OK) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": ", ErrnoStatus(errno, "read", path).message()));
}

bool IsHeaderText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7F;
  });
}

absl::StatusCode CodeOf(CURLcode result) {
  switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case CURLE_COULDNT_RESOLVE_HOST:
      return absl::StatusCode::kNotFound;
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return absl::StatusCode::kUnknown;
    default:
      return absl::StatusCode::kFailedPrecondition;
  }
}

}  // namespace

struct HttpClient::State {
  HttpOptions options;
  std::unique_ptr<CURLM, Multi> multi;
  std::unique_ptr<CURL, Easy> easy;
  std::unique_ptr<curl_slist, List> headers;
  char error[CURL_ERROR_SIZE] = "";
  HttpResponse response;
  bool too_large = false;

  static size_t TakeBody(char* data, size_t size, size_t count, void* self) {
    State* const state = static_cast<State*>(self);
    std::string* const body = &state->response.body;
    if (size * count > state->options.body_bytes_max - body->size()) {
      state->too_large = true;
      return 0;
    }
    body->append(data, size * count);
    return size * count;
  }

  template <typename Value>
  void Set(CURLoption option, Value value) {
    // Fails only for what this libcurl cannot do at all, which its package's version rules out.
    INGOT_CHECK(curl_easy_setopt(easy.get(), option, value) == CURLE_OK);
  }

  void SetFile(CURLoption option, const std::string& path) {
    if (!path.empty()) Set(option, path.c_str());
  }

  void Configure() {
    Set(CURLOPT_ERRORBUFFER, error);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_PROTOCOLS_STR, kProtocols);
    Set(CURLOPT_FOLLOWLOCATION, 0L);
    Set(CURLOPT_PROXY, "");
    Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    Set(CURLOPT_SSL_VERIFYPEER, 1L);
    Set(CURLOPT_SSL_VERIFYHOST, 2L);
    Set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(options.timeout)));
    Set(CURLOPT_WRITEFUNCTION, &State::TakeBody);
    Set(CURLOPT_WRITEDATA, this);
    Set(CURLOPT_USERAGENT, "ingot/" INGOT_VERSION);
    // A name server that does not answer must not hold up the end of an interrupted run.
    Set(CURLOPT_QUICK_EXIT, 1L);
    SetFile(CURLOPT_CAINFO, options.ca_file);
    SetFile(CURLOPT_SSLCERT, options.certificate_file);
    SetFile(CURLOPT_SSLKEY, options.key_file);
    if (!options.header_name.empty()) {
      const std::string line = absl::StrCat(options.header_name, ": ", options.header_value);
      headers.reset(curl_slist_append(nullptr, line.c_str()));
      Set(CURLOPT_HTTPHEADER, headers.get());
    }
  }

  // Until the transfer has ended.
  absl::StatusOr<CURLcode> Drive() {
    for (;;) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      int running = 0;
      const CURLMcode performed = curl_multi_perform(multi.get(), &running);
      if (performed != CURLM_OK) return absl::InternalError(curl_multi_strerror(performed));
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE) return message->data.result;
      }
      curl_multi_poll(multi.get(), nullptr, 0, kPollMilliseconds, nullptr);
    }
  }
};

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

absl::StatusOr<HttpClient> HttpClient::Make(HttpOptions options) {
  if (!IsHeaderText(options.header_name) || !IsHeaderText(options.header_value) ||
      absl::StrContains(options.header_name, ":")) {
    return absl::InvalidArgumentError(
        "the secret or the name of its header holds control characters: it must be one line");
  }
  INGOT_RETURN_IF_ERROR(CheckReadable(options.ca_file, "the CA file"));
  INGOT_RETURN_IF_ERROR(CheckReadable(options.certificate_file, "the client certificate"));
  INGOT_RETURN_IF_ERROR(CheckReadable(options.key_file, "the client certificate's key"));
  INGOT_RETURN_IF_ERROR(InitializeOnce());
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  state->multi.reset(curl_multi_init());
  state->easy.reset(curl_easy_init());
  if (state->multi == nullptr || state->easy == nullptr) {
    return absl::ResourceExhaustedError("libcurl: out of memory");
  }
  state->Configure();
  return HttpClient(std::move(state));
}

absl::StatusOr<HttpResponse> HttpClient::Get(const std::string& url) {
  State* const state = state_.get();
  state->response = HttpResponse();
  state->too_large = false;
  state->error[0] = '\0';
  state->Set(CURLOPT_URL, url.c_str());
  INGOT_CHECK(curl_multi_add_handle(state->multi.get(), state->easy.get()) == CURLM_OK);
  const absl::Cleanup remove = [state] {
    curl_multi_remove_handle(state->multi.get(), state->easy.get());
  };
  INGOT_ASSIGN_OR_RETURN(const CURLcode result, state->Drive());
  if (state->too_large) {
    return absl::FailedPreconditionError(
        absl::StrCat("the answer is larger than ", state->options.body_bytes_max, " bytes"));
  }
  if (result != CURLE_OK) {
    const std::string detail = state->error[0] != '\0' ? std::string(state->error) : "";
    return absl::Status(CodeOf(result),
                        detail.empty() ? std::string(curl_easy_strerror(result)) : detail);
  }
  long status = 0;
  const char* location = nullptr;
  curl_easy_getinfo(state->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(state->easy.get(), CURLINFO_REDIRECT_URL, &location);
  state->response.status = static_cast<int>(status);
  if (location != nullptr) state->response.location = location;
  return std::move(state->response);
}

bool IsTransientHttpError(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status) || absl::IsUnknown(status);
}

std::string UrlEncode(absl::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += c;
    } else {
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace ingot
