// Mail addresses, with or without the name of a person (RFC 5322, section 3.4; beyond ASCII RFC 6531 and 6532).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace dray::mail {

struct Address {
  std::string name;     // UTF-8, any text; may be empty
  std::string address;  // as parse_address() gave it

  bool operator==(const Address&) const = default;
};

// One bare address, given back as it is: no name, no angle brackets, no comment, no quoted local part, no domain in
// brackets, nothing invisible. At most 254 bytes, 64 of them before the @. Letters beyond ASCII are allowed on both
// sides. Code::invalid, with a message that quotes the text and says what is wrong with it.
Result<std::string> parse_address(std::string_view text);

// The mail server must offer SMTPUTF8 to carry this address.
bool needs_smtputf8(std::string_view address);

// For From, To and the like: "Jane Doe <jane@example.com>", or the address alone. A name is written as words or as a
// quoted string where it is ASCII and fits a line, else as encoded words, folded. Nothing in a name can end the header
// or add an address.
std::string format_address(const Address& address);

}  // namespace dray::mail
