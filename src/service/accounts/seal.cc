#include "service/accounts/seal.h"

#include <sodium.h>

#include <cassert>

#include "base/text.h"

namespace dray::service {
namespace {

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

constexpr int kForm = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

Seal::Seal(std::string key) : key_(std::move(key)) {
  static_assert(kKeySize == crypto_secretbox_KEYBYTES);
  assert(key_.size() == kKeySize);
}

std::string Seal::close(std::string_view secret, Random& random) const {
  std::string box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + secret.size(), '\0');
  random.fill(MutableBytes(reinterpret_cast<std::byte*>(box.data()), crypto_secretbox_NONCEBYTES));
  crypto_secretbox_easy(raw(box) + crypto_secretbox_NONCEBYTES, raw(secret), secret.size(), raw(box), raw(key_));
  std::string text(sodium_base64_encoded_len(box.size(), kForm), '\0');
  sodium_bin2base64(text.data(), text.size(), raw(box), box.size(), kForm);
  text.resize(text.find('\0'));
  return text;
}

Result<std::string> Seal::open(std::string_view sealed) const {
  Error wrong{Code::corrupt, "a sealed secret cannot be opened: it is damaged, or the key is another"};
  std::string box(sealed.size(), '\0');
  std::size_t size = 0;
  bool is_text =
      sodium_base642bin(raw(box), box.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr, kForm) == 0;
  constexpr auto kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!is_text || size < kOverhead) return wrong;
  std::string secret(size - kOverhead, '\0');
  auto opened = crypto_secretbox_open_easy(raw(secret), raw(box) + crypto_secretbox_NONCEBYTES,
                                           size - crypto_secretbox_NONCEBYTES, raw(box), raw(key_));
  return opened == 0 ? Result<std::string>(std::move(secret)) : wrong;
}

}  // namespace dray::service
