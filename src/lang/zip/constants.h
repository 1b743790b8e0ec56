// The numbers of the ZIP format, for the writer and the reader, which share nothing else. docs/format/zip.md,
// "Records"; section numbers are those of APPNOTE 6.3.10.
#pragma once

#include <cstddef>
#include <cstdint>

namespace dray::zip {

inline constexpr std::uint32_t kLocalSignature = 0x04034B50;         // 4.3.7
inline constexpr std::uint32_t kCentralSignature = 0x02014B50;       // 4.3.12
inline constexpr std::uint32_t kZip64EndSignature = 0x06064B50;      // 4.3.14
inline constexpr std::uint32_t kZip64LocatorSignature = 0x07064B50;  // 4.3.15
inline constexpr std::uint32_t kEndSignature = 0x06054B50;           // 4.3.16

// Sizes without name, extra fields and comment.
inline constexpr std::size_t kLocalHeaderSize = 30;
inline constexpr std::size_t kCentralRecordSize = 46;
inline constexpr std::size_t kZip64EndSize = 56;
inline constexpr std::size_t kZip64LocatorSize = 20;
inline constexpr std::size_t kEndSize = 22;

// The length field of the Zip64 end record does not count the signature and itself.
inline constexpr std::size_t kZip64EndUncounted = 12;

// A field with this value says: look into the Zip64 record.
inline constexpr std::uint16_t kMarker16 = 0xFFFF;
inline constexpr std::uint32_t kMarker32 = 0xFFFFFFFF;

inline constexpr std::size_t kMaxNameSize = 0xFFFF;
inline constexpr std::size_t kMaxCommentSize = 0xFFFF;

// Version needed to extract, 4.4.3.
inline constexpr std::uint16_t kVersionPlain = 10;
inline constexpr std::uint16_t kVersionFolderOrDeflate = 20;
inline constexpr std::uint16_t kVersionZip64 = 45;
inline constexpr std::uint16_t kMadeBy = 3 << 8 | kVersionZip64;  // Unix: the attributes below are a file mode

// General purpose flags, 4.4.4.
inline constexpr std::uint16_t kFlagEncrypted = 1 << 0;
inline constexpr std::uint16_t kFlagDataDescriptor = 1 << 3;
inline constexpr std::uint16_t kFlagPatch = 1 << 5;
inline constexpr std::uint16_t kFlagStrongEncryption = 1 << 6;
inline constexpr std::uint16_t kFlagUtf8 = 1 << 11;
inline constexpr std::uint16_t kFlagMaskedHeaders = 1 << 13;

// Unix mode in the high half, DOS attributes in the low one (0x10: directory).
inline constexpr std::uint32_t kFileAttributes = 0100644u << 16;
inline constexpr std::uint32_t kFolderAttributes = 040755u << 16 | 0x10;

// Extra fields: identifier, length of the rest, the rest. 4.5
inline constexpr std::uint16_t kZip64Extra = 0x0001;
inline constexpr std::uint16_t kTimestampExtra = 0x5455;  // Info-ZIP: flags, then the times that the flags name
inline constexpr std::uint8_t kTimestampModified = 1;
inline constexpr std::size_t kExtraHeaderSize = 4;
inline constexpr std::size_t kTimestampSize = 5;

}  // namespace dray::zip
