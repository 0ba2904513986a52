// One GET at a time, by libcurl.
//
// Redirects are told, never followed: a secret must not travel to where nobody sent it. Proxies of
// the environment are not used: Solr is a neighbour, and a proxy would see the secret. Nor is
// ~/.netrc. The server's certificate is always checked.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ingot {

struct HttpOptions {
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration timeout = absl::Seconds(60);  // of a whole request
  size_t body_bytes_max = size_t{16} << 20;
  std::string header_name;   // sent with every request when it is not empty
  std::string header_value;  // a secret: in no message
  std::string ca_file;       // PEM; empty: the system's
  std::string certificate_file;
  std::string key_file;  // PEM, without a passphrase; empty: it is in certificate_file
};

struct HttpResponse {
  int status = 0;        // 200, 401 ...
  std::string body;      // bytes of unknown origin
  std::string location;  // of a redirect
};

// Not thread-safe. Keeps the connection from one request to the next.
class HttpClient {
 public:
  // InvalidArgument for a header that cannot be one and files that cannot be read.
  static absl::StatusOr<HttpClient> Make(HttpOptions options);
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Any answer is OK, whatever its status code. Cancelled within 200 ms of an interruption.
  // DeadlineExceeded when the server is too slow, NotFound when the host has no address, Unknown
  // when the connection is refused or breaks, FailedPrecondition for TLS and all that trying again
  // does not help.
  absl::StatusOr<HttpResponse> Get(const std::string& url);

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Whether trying again may help.
bool IsTransientHttpError(const absl::Status& status);

// For a query string: everything but unreserved characters as %XX.
std::string UrlEncode(absl::string_view text);

}  // namespace ingot
