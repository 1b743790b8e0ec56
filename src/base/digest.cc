#include "base/digest.h"

#include <isa-l/crc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <cassert>
#include <cstring>

#include "base/text.h"

namespace dray {

std::string Sha256::hex() const { return format_hex(bytes); }

std::optional<Sha256> parse_sha256(std::string_view hex) {
  auto bytes = parse_hex(hex);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Sha256 id;
  std::memcpy(id.bytes.data(), bytes->data(), 32);
  return id;
}

struct Sha256Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
  [[maybe_unused]] int done = EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
  assert(done == 1);
}
Sha256Hasher::~Sha256Hasher() = default;
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;

void Sha256Hasher::update(Bytes bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

Sha256 Sha256Hasher::finish() {
  Sha256 id;
  EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(id.bytes.data()), nullptr);
  return id;
}

Sha256 sha256_of(Bytes bytes) {
  Sha256Hasher hasher;
  hasher.update(bytes);
  return hasher.finish();
}

Sha256 hmac_sha256(std::string_view key, Bytes bytes) {
  Sha256 code;
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
         bytes.size(), reinterpret_cast<unsigned char*>(code.bytes.data()), nullptr);
  return code;
}

bool are_equal(const Sha256& a, const Sha256& b) {
  return CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()) == 0;
}

std::uint32_t crc32_of(Bytes bytes, std::uint32_t crc) {
  return crc32_gzip_refl(crc, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, ByteCount length_of_b) {
  return static_cast<std::uint32_t>(crc32_combine(a, b, static_cast<z_off_t>(length_of_b)));
}

std::uint32_t crc32_of_zeros(ByteCount length) {
  // Doubling: the CRC of 2^k zeros from that of 2^(k-1).
  const std::byte zero{};
  std::uint32_t power = crc32_of(Bytes(&zero, 1)), crc = 0;
  for (ByteCount block = 1; length != 0; block *= 2, length /= 2) {
    if (length & 1) crc = combine_crc32(crc, power, block);
    power = combine_crc32(power, power, block);
  }
  return crc;
}

}  // namespace dray
