"""Takes the records of a ZIP archive apart, as APPNOTE 6.3.10 has them, and says where Zip64 is. Reads through a
function read(offset, length), so that an archive may lie anywhere."""

import dataclasses
import struct

MARKER16, MARKER32 = 0xFFFF, 0xFFFFFFFF
ZIP64, TIMESTAMP = 0x0001, 0x5455


@dataclasses.dataclass
class Header:
    """A local header or a central record; `zip64` has the values of its Zip64 field, None if it has none."""
    name: str
    flags: int
    version: int
    method: int
    crc32: int
    plain_stored_size: int
    plain_size: int
    plain_offset: int
    zip64: tuple | None
    extra_ids: tuple
    length: int

    def wide(self, plain, position):
        """The true value of a field that may be a marker, `position` counting the markers before it."""
        return self.zip64[position] if plain == MARKER32 and self.zip64 else plain

    @property
    def size(self):
        return self.wide(self.plain_size, 0)

    @property
    def offset(self):
        return self.wide(self.plain_offset, (self.plain_size == MARKER32) + (self.plain_stored_size == MARKER32))


@dataclasses.dataclass
class End:
    """The end records. `zip64` is None without a Zip64 end record; plain values may be markers."""
    plain_count: int
    plain_central_size: int
    plain_central_offset: int
    zip64: tuple | None

    @property
    def count(self):
        return self.zip64[0] if self.zip64 else self.plain_count

    @property
    def central_size(self):
        return self.zip64[1] if self.zip64 else self.plain_central_size

    @property
    def central_offset(self):
        return self.zip64[2] if self.zip64 else self.plain_central_offset


def parse_extra(extra):
    ids, zip64 = [], None
    while extra:
        number, length = struct.unpack_from("<HH", extra)
        ids.append(number)
        if number == ZIP64:
            zip64 = struct.unpack_from("<%dQ" % (length // 8), extra, 4)
        extra = extra[4 + length:]
    return tuple(ids), zip64


def read_local_header(read, offset):
    head = read(offset, 30)
    signature, version, flags, method, _, crc32, stored, size, name_length, extra_length = struct.unpack(
        "<4sHHHIIIIHH", head)
    if signature != b"PK\3\4":
        raise AssertionError("there is no local header at %d" % offset)
    rest = read(offset + 30, name_length + extra_length)
    ids, zip64 = parse_extra(rest[name_length:])
    return Header(rest[:name_length].decode(), flags, version, method, crc32, stored, size, 0, zip64, ids, 30 + len(rest))


def parse_central_records(directory):
    at = 0
    while at < len(directory):
        (signature, _, version, flags, method, _, crc32, stored, size, name_length, extra_length, comment_length, _, _,
         _, offset) = struct.unpack_from("<4sHHHHIIIIHHHHHII", directory, at)
        if signature != b"PK\1\2":
            raise AssertionError("there is no central record at %d of the directory" % at)
        name = directory[at + 46:at + 46 + name_length].decode()
        ids, zip64 = parse_extra(directory[at + 46 + name_length:at + 46 + name_length + extra_length])
        length = 46 + name_length + extra_length + comment_length
        yield Header(name, flags, version, method, crc32, stored, size, offset, zip64, ids, length)
        at += length


def read_end(read, size):
    signature, _, _, _, count, central_size, central_offset, comment = struct.unpack("<4sHHHHIIH", read(size - 22, 22))
    if signature != b"PK\5\6" or comment:
        raise AssertionError("the archive does not end in an end record")
    zip64 = None
    locator = read(size - 42, 20) if size >= 42 else b""
    if locator[:4] == b"PK\6\7":
        place = struct.unpack("<4sIQI", locator)[2]
        record = struct.unpack("<4sQHHIIQQQQ", read(place, 56))
        if record[0] != b"PK\6\6" or place + 56 != size - 42:
            raise AssertionError("the Zip64 end record is not right before its locator")
        zip64 = (record[7], record[8], record[9])
    return End(count, central_size, central_offset, zip64)


def read_directory(read, size):
    """The end records and every central record."""
    end = read_end(read, size)
    records = list(parse_central_records(read(end.central_offset, end.central_size)))
    if len(records) != end.count:
        raise AssertionError("%d central records instead of %d" % (len(records), end.count))
    return end, records


def reader_of(file):
    def read(offset, length):
        file.seek(offset)
        return file.read(length)
    return read
