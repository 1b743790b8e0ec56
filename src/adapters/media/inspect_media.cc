#include "adapters/media/inspect_media.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "adapters/media/image_metadata.h"
#include "adapters/media/magic_pool.h"
#include "adapters/media/mime_types.h"
#include "base/file.h"

namespace dray::media {
namespace {

Result<ByteCount> size_of(int file, const std::string& name) {
  struct stat status;
  if (::fstat(file, &status) != 0) return system_error("cannot look at " + name, errno);
  if (!S_ISREG(status.st_mode)) return Error{Code::invalid, name + " is not a file"};
  return static_cast<ByteCount>(status.st_size);
}

// libmagic gives up on some ZIP archives, office documents among them, whose signature is plain to see.
Result<bool> is_zip(int fd, const std::string& name) {
  std::array<std::byte, 4> start{};
  ASSIGN_OR_RETURN(auto got, read_at(fd, 0, start, name));
  return got == start.size() && text_of(start) == "PK\x03\x04";
}

class Inspector final : public model::MediaInspector {
 public:
  Inspector() { prepare_exiv2(); }

  Result<model::MediaFacts> inspect(int file, const std::string& name) const override {
    ASSIGN_OR_RETURN(auto size, size_of(file, name));
    model::MediaFacts facts;
    if (size == 0) {
      facts.mime_type = mime_type_of_name(name);
      return facts;
    }
    RETURN_IF_ERROR(find_type(file, name, facts));
    if (has_image_metadata(facts.mime_type)) read_image_metadata(file, size, facts);
    return facts;
  }

  std::string guess(const std::string& name) const override { return mime_type_of_name(name); }

 private:
  Result<void> find_type(int fd, const std::string& name, model::MediaFacts& facts) const {
    ASSIGN_OR_RETURN(auto zip, is_zip(fd, name));  // also shows whether the file can be read at all
    if (::lseek(fd, 0, SEEK_SET) < 0) return system_error("cannot look at " + name, errno);
    auto type = magic_.type_of(fd);
    if (!type) facts.warning = type.error().message;
    auto by_content = type ? *type : "application/octet-stream";
    if (zip && by_content == "application/octet-stream") by_content = "application/zip";
    facts.mime_type = type ? mime_type_of(by_content, name) : mime_type_of_name(name);
    return ok();
  }

  mutable MagicPool magic_;
};

}  // namespace

std::unique_ptr<model::MediaInspector> make_media_inspector() { return std::make_unique<Inspector>(); }

}  // namespace dray::media
