"""Damaged, lying and hostile files of every format that is read, while workers are killed: the server lives, every file
gets a picture or a reason, and nothing that lies outside a file gets into an answer.

The corpus is the same in every run; SEED moves the bit flips to other places.
"""

import functools
import glob
import io
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import zipfile
import zlib

from dray import QUICK, SystemTest, wait_until

try:
    from PIL import Image, ImageCms
except ImportError:
    raise unittest.SkipTest("Pillow is not here: apt-get install python3-pil")

if not shutil.which("vips"):
    raise unittest.SkipTest("vips is not here: apt-get install libvips-tools")

SEED = int(os.environ.get("SEED", "0")) or 20240229
FLIPS = 12 if QUICK else 30  # of each valid file
HEADER = 80  # bytes, of which half of the flips are
WORKERS = 4
PATIENCE = 2  # seconds for one rendition
CLIENTS = 4
MOST_MEMORY = 400 << 20  # of the server's process
SLOWEST_REQUEST = 30  # seconds: two tries of its own, and those of whoever came before it
UNTIL_SETTLED = 180  # seconds from the end of the requests until the background has done its part
CANARY = "the canary sings a song that nobody may hear"
MAGENTA = (255, 0, 255)
MEGA = 1 << 20
STATIC_TYPES = {
    "image/jpeg", "image/png", "image/apng", "image/gif", "image/webp", "image/tiff", "image/heic", "image/heif",
    "image/heic-sequence", "image/heif-sequence", "image/avif", "image/avif-sequence", "image/jxl", "image/jp2",
    "image/jpx", "image/jpm", "image/x-jp2-codestream", "application/pdf", "application/illustrator",
    "application/vnd.adobe.illustrator", "image/vnd.adobe.photoshop", "image/x-photoshop", "application/photoshop",
    "image/bmp", "image/x-ms-bmp", "image/x-bmp"}


# ---- valid files ----

def photo(size=(96, 64)):
    """A gradient with noise: something to compress, the same in every run."""
    noise = random.Random(1)
    width, height = size
    pixels = bytes(value for y in range(height) for x in range(width)
                   for value in (x * 255 // width, y * 255 // height, noise.randrange(256)))
    return Image.frombytes("RGB", size, pixels)


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def saved_by_vips(folder, image, name, *options):
    source, made = folder / "source.png", folder / name
    image.save(source)
    command = ["vips", "copy", str(source), str(made) + "[%s]" % ",".join(options)]
    subprocess.run(command, check=True, capture_output=True)
    return made.read_bytes()


def psd(width=16, height=12, channels=3, depth=8, mode=3, sections=(b"", b"", b""), compression=0, data=None):
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, channels, height, width, depth, mode)
    lengths = b"".join(struct.pack(">I", len(section)) + section for section in sections)
    if data is None:
        data = bytes(range(256)) * 3
        data = data[:width * height * channels]
    return head + lengths + struct.pack(">H", compression) + data


def pdf(objects, trailer="", version="1.7"):
    """Objects by number; each is a dictionary's text, or that and a stream."""
    out, places = bytearray(b"%PDF-" + version.encode() + b"\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, content in objects.items():
        places[number] = len(out)
        text, stream = content if isinstance(content, tuple) else (content, None)
        out += b"%d 0 obj\n" % number
        if stream is None:
            out += text.encode()
        else:
            length = "" if "/Length" in text else " /Length %d" % len(stream)
            out += ("<<%s%s>>\nstream\n" % (text, length)).encode() + stream + b"\nendstream"
        out += b"\nendobj\n"
    xref, last = len(out), max(objects)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        out += b"%010d 00000 %s \n" % (places.get(number, 0), b"n" if number in places else b"f")
    out += ("trailer\n<</Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, trailer, xref)).encode()
    return bytes(out)


DRAWING = b"1 0 0 rg 10 10 60 30 re f 0 0 1 rg 40 20 40 40 re f"
WORDS = b"BT /F 12 Tf 5 30 Td (words) Tj ET"


HELVETICA = "/Font <</F <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>"


def pdf_page(content=DRAWING, page="", catalog="", resources=HELVETICA, box="0 0 96 64", more=None, stream="",
             trailer=""):
    return pdf({1: "<</Type /Catalog /Pages 2 0 R %s>>" % catalog, 2: "<</Type /Pages /Kids [3 0 R] /Count 1>>",
                3: "<</Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources <<%s>> %s>>" % (
                    box, resources, page),
                4: (stream, content), **(more or {})}, trailer)


def svg(content="", size='width="96" height="64"', before=""):
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return ("%s<svg %s %s>%s</svg>" % (before, spaces, size, content)).encode()


def make_valid_files(folder):
    """Name to content; the name's end is the format's."""
    image = photo()
    return {
        "baseline.jpg": saved(image, "JPEG", quality=80),
        "progressive.jpg": saved(image, "JPEG", quality=80, progressive=True),
        "plain.png": saved(image, "PNG"),
        "interlaced.png": saved_by_vips(folder, image, "i.png", "interlace"),
        "picture.gif": saved(image.quantize(64), "GIF"),
        "picture.webp": saved(image, "WEBP", quality=60),
        "picture.tif": saved(image, "TIFF", compression="tiff_lzw"),
        "picture.heic": saved_by_vips(folder, image, "p.heic", "compression=hevc"),
        "picture.avif": saved_by_vips(folder, image, "p.avif", "compression=av1", "effort=0"),
        "picture.jxl": saved_by_vips(folder, image, "p.jxl"),
        "picture.jp2": saved_by_vips(folder, image, "p.jp2"),
        "picture.svg": svg('<rect width="40" height="30" fill="red"/><circle cx="60" cy="30" r="20" fill="blue"/>'),
        "picture.pdf": pdf_page(DRAWING + b" " + WORDS),
        "picture.psd": psd(),
        "picture.bmp": saved(image, "BMP"),
    }


# ---- damage of any format ----

def cuts(content):
    """Lengths at which a file is cut."""
    size = len(content)
    return sorted({0, 1, 10, size // 4, size // 2, size * 9 // 10, size - 1})


def flipped(content, place, bit):
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1:]


def put_at(content, place, piece):
    return content[:place] + piece + content[place + len(piece):]


def damaged(name, content):
    stem, end = name.rsplit(".", 1)
    generator = random.Random("%d %s" % (SEED, name))
    for length in cuts(content):
        yield "cut-%s-%d.%s" % (stem, length, end), content[:length]
    for number in range(FLIPS):
        place = generator.randrange(min(HEADER, len(content)) if number % 2 else len(content))
        bit = generator.randrange(8)
        yield "flip-%s-%d-%d.%s" % (stem, place, bit, end), flipped(content, place, bit)


def misnamed(valid):
    ends = sorted({name.rsplit(".", 1)[1] for name in valid})
    for name, content in valid.items():
        stem, own = name.rsplit(".", 1)
        others = [end for end in ends if end != own]
        for end in random.Random("%d %s" % (SEED, name)).sample(others, 3):
            yield "misnamed-%s-%s.%s" % (stem, own, end), content


# ---- JPEG ----

def jpeg_segment(marker, content, length=None):
    return struct.pack(">BBH", 0xff, marker, len(content) + 2 if length is None else length) + content


def find_segment(content, *markers):
    """The place of the first segment of these."""
    at = 2
    while content[at + 1] not in markers:
        at += 2 + struct.unpack_from(">H", content, at + 2)[0]
    return at


def with_segment(content, marker, segment):
    return content[:2] + jpeg_segment(marker, segment) + content[2:]


def with_jpeg_size(content, width, height):
    return put_at(content, find_segment(content, 0xc0, 0xc2) + 5, struct.pack(">HH", height, width))


def with_many_scans(content, count):
    """The last scan over and over."""
    start, end = content.rindex(b"\xff\xda"), content.rindex(b"\xff\xd9")
    return content[:end] + content[start:end] * count + content[end:]


def hostile_jpegs(valid):
    plain, progressive = valid["baseline.jpg"], valid["progressive.jpg"]
    for width, height in ((0, 64), (96, 0), (65535, 65535), (65535, 1), (60000, 4000), (16000, 16000)):
        yield "size-%dx%d" % (width, height), with_jpeg_size(plain, width, height)
        yield "progressive-size-%dx%d" % (width, height), with_jpeg_size(progressive, width, height)
    yield "progressive-within-limits", with_jpeg_size(progressive, 7900, 7900)
    frame, tables = find_segment(plain, 0xc0), find_segment(plain, 0xc4)
    for length in (0, 1, 2, 3, 65535):
        yield "frame-length-%d" % length, put_at(plain, frame + 2, struct.pack(">H", length))
        yield "table-length-%d" % length, put_at(plain, tables + 2, struct.pack(">H", length))
    yield "components", put_at(plain, frame + 9, b"\xff")
    yield "twelve-bits", put_at(plain, frame + 4, b"\x0c")
    yield "arithmetic", put_at(plain, frame + 1, b"\xc9")
    yield "lossless", put_at(plain, frame + 1, b"\xc3")
    yield "sampling", put_at(plain, frame + 11, b"\xff")
    yield "huffman", put_at(plain, tables + 5, b"\xff" * 16)
    yield "no-scan", plain[:plain.rindex(b"\xff\xda")] + b"\xff\xd9"
    yield "restart", plain[:frame] + jpeg_segment(0xdd, b"\0\1") + plain[frame:]
    yield "segments", plain[:2] + jpeg_segment(0xe5, b"x" * 60) * 20000 + plain[2:]
    yield "comment", plain[:2] + jpeg_segment(0xfe, b"x" * 65533) * 30 + plain[2:]
    yield "scans", with_many_scans(progressive, 3000)
    yield "large-scans", with_many_scans(saved(Image.new("L", (7800, 7800), 90), "JPEG", progressive=True), 300)
    yield "144-megapixels", saved(Image.new("L", (12000, 12000), 90), "JPEG", progressive=True)
    for number, part in enumerate((b"\0\0", b"\5\2", b"\1\xff", b"\1\1")):
        yield "profile-parts-%d" % number, with_segment(plain, 0xe2, b"ICC_PROFILE\0" + part + b"x" * 200)
    yield "photoshop", with_segment(plain, 0xed, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff")
    yield "xmp", with_segment(plain, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta" + b"<a>" * 9000)


# ---- PNG ----

def png_chunk(kind, content, length=None):
    return struct.pack(">I", len(content) if length is None else length) + kind + content + \
        struct.pack(">I", zlib.crc32(kind + content))


def png_head(width, height, depth=8, color=2, interlace=0):
    content = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", content)


@functools.cache
def deflated_zeros(size):
    packer = zlib.compressobj(9)
    blocks = [bytes(MEGA)] * (size // MEGA) + [bytes(size % MEGA)]
    return b"".join(map(packer.compress, blocks)) + packer.flush()


def flat_png(width, height, interlace=0):
    """Of one colour, one bit a pixel."""
    rows = deflated_zeros((width // 8 + 1) * height)
    return png_head(width, height, 1, 0, interlace) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def hostile_pngs(valid):
    plain = valid["plain.png"]
    body = plain[33:]
    for width, height in ((0, 64), (96, 0), (65535, 65535), (1 << 31, 1), (0xffffffff, 0xffffffff), (65500, 4000)):
        yield "size-%dx%d" % (width, height), png_head(width, height) + body
        yield "interlaced-size-%dx%d" % (width, height), png_head(width, height, interlace=1) + body
    for length in (0, 1, 0x7fffffff, 0x80000000, 0xffffffff):
        yield "length-%x" % length, put_at(plain, 33, struct.pack(">I", length))
    for depth, color in ((3, 2), (16, 3), (1, 2), (8, 9), (0, 0)):
        yield "depth-%d-%d" % (depth, color), png_head(96, 64, depth, color) + body
    yield "no-palette", png_head(96, 64, 8, 3) + body
    yield "no-data", png_head(96, 64) + png_chunk(b"IEND", b"")
    yield "headless", plain[:8] + body
    yield "checksum", put_at(plain, 29, b"\0\0\0\0")
    bomb = deflated_zeros(200 * MEGA)
    starts = {b"zTXt": b"Comment\0\0", b"iCCP": b"profile\0\0", b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0"}
    for kind, start in starts.items():
        yield "bomb-" + kind.decode(), plain[:33] + png_chunk(kind, start + bomb) + body
    yield "many-texts", plain[:33] + png_chunk(b"tEXt", b"key\0value") * 20000 + body
    yield "animation", plain[:33] + png_chunk(b"acTL", b"\xff" * 8) + png_chunk(b"fcTL", b"\xff" * 26) + body
    yield "20000x20000", flat_png(20000, 20000)
    yield "16000x16000", flat_png(16000, 16000)
    yield "rows-bomb", png_head(96, 64) + png_chunk(b"IDAT", bomb) + png_chunk(b"IEND", b"")


# ---- GIF ----

def gif(screen=(96, 64), frame=(0, 0, 96, 64), code_size=2, data=b"\x02\x44\x01\x00", frames=1, end=b";"):
    palette = bytes(12)
    block = b"," + struct.pack("<HHHHB", *frame, 0) + bytes([code_size]) + data
    return b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81, 0, 0) + palette + block * frames + end


def hostile_gifs(valid):
    plain = valid["picture.gif"]
    for number, frame in enumerate(((90, 60, 96, 64), (1000, 1000, 5, 5), (65535, 65535, 65535, 65535), (0, 0, 0, 0))):
        place = plain.index(b",\0\0\0\0") + 1
        yield "frame-%d" % number, put_at(plain, place, struct.pack("<HHHH", *frame))
        yield "small-frame-%d" % number, gif(frame=frame)
    for width, height in ((0, 0), (1, 1), (65535, 65535), (16000, 16000)):
        yield "screen-%dx%d" % (width, height), put_at(plain, 6, struct.pack("<HH", width, height))
        yield "large-%dx%d" % (width, height), gif((width, height), (0, 0, width, height))
    for size in (0, 1, 12, 13, 255):
        yield "code-size-%d" % size, gif(code_size=size)
    yield "no-end", gif(end=b"")
    yield "garbage", gif(data=b"\xff" + b"\xff" * 255 + b"\0")
    yield "frames", gif((8, 8), (0, 0, 8, 8), frames=50000)
    yield "large-frames", gif((12000, 12000), (0, 0, 12000, 12000), frames=2000)
    yield "extensions", plain[:13] + b"!\xfe\xff" + b"x" * 255


# ---- WebP ----

def hostile_webps(valid):
    plain = valid["picture.webp"]
    for length in (0, 1, 7, 0x7fffffff, 0xffffffff):
        yield "file-length-%x" % length, put_at(plain, 4, struct.pack("<I", length))
        yield "chunk-length-%x" % length, put_at(plain, 16, struct.pack("<I", length))

    def extended(flags, width, height, chunks):
        head = b"VP8X" + struct.pack("<IB3x", 10, flags) + struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
        return b"RIFF" + struct.pack("<I", 4 + len(head) + len(chunks)) + b"WEBP" + head + chunks

    picture = plain[12:]
    for width, height in ((0, 0), (16383, 16383), (0xffffff, 0xffffff), (0xffffff, 0)):
        yield "canvas-%dx%d" % (width, height), extended(0, width, height, picture)
        frame = struct.pack("<I", 0xffffff)[:3] * 2 + b"\x5f\0\0\x3f\0\0" + bytes(4) + picture
        animation = b"ANIM" + struct.pack("<I6x", 6) + b"ANMF" + struct.pack("<I", len(frame)) + frame
        yield "animation-%dx%d" % (width, height), extended(2, width, height, animation)
    yield "profile", extended(32, 95, 63, b"ICCP" + struct.pack("<I", 0xfffffff0) + picture)
    yield "size", put_at(plain, 26, b"\xff\x3f\xff\x3f")
    yield "flat", saved(Image.new("RGB", (6000, 6000)), "WEBP", lossless=True, quality=0, method=0)


# ---- TIFF ----

SHORT, LONG, LONG8 = 3, 4, 16
GRAY = {256: (LONG, 1, 96), 257: (LONG, 1, 64), 258: (SHORT, 1, 8), 259: (SHORT, 1, 1), 262: (SHORT, 1, 1),
        273: (LONG, 1, 8), 277: (SHORT, 1, 1), 278: (LONG, 1, 64)}  # tags to type, count and value


def tiff_entry(tag, kind, count, value):
    is_short = kind == SHORT and count <= 1
    return struct.pack("<HHI", tag, kind, count) + struct.pack("<Hxx" if is_short else "<I", value)


def tiff(changes=(), next_page=0, data=bytes(96 * 64), pages=1):
    """Gray, of one strip; None takes a tag away."""
    out = bytearray(b"II*\0" + struct.pack("<I", 8 + len(data) + len(data) % 2) + data + b"\0" * (len(data) % 2))
    tags = {**GRAY, 279: (LONG, 1, len(data)), **dict(changes)}
    entries = b"".join(tiff_entry(tag, *value) for tag, value in sorted(tags.items()) if value)
    for page in range(pages):
        follower = next_page if page == pages - 1 else len(out) + 6 + len(entries)
        out += struct.pack("<H", len(entries) // 12) + entries + struct.pack("<I", follower)
    return bytes(out)


def big_tiff(count):
    entry = struct.pack("<HHQQ", 256, LONG8, 1 << 62, 1 << 62)
    return b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, count) + entry * 3 + bytes(8)


def sized(width, height):
    return {256: (LONG, 1, width), 257: (LONG, 1, height)}


def looping_tiffs():
    first = 8 + 96 * 64
    yield "loop", tiff(next_page=first)
    yield "loop-into-data", tiff(next_page=8)
    yield "beyond", tiff(next_page=0xfffffff0)
    yield "pages", tiff(pages=101)
    yield "many-pages", tiff(pages=3000)
    yield "sub-loop", tiff({330: (LONG, 1, first)})
    yield "exif-loop", tiff({34665: (LONG, 1, first)})


def hostile_tiffs(valid):
    yield from looping_tiffs()
    for width, height in ((0, 64), (96, 0), (65535, 65535), (0xffffffff, 0xffffffff), (0xffffffff, 1), (60000, 4000)):
        yield "size-%dx%d" % (width, height), tiff(sized(width, height))
        yield "strip-%dx%d" % (width, height), tiff({**sized(width, height), 278: (LONG, 1, 0xffffffff)})
    for tag in (258, 259, 262, 266, 274, 277, 278, 284, 317, 338, 339):
        for value in (0, 65535):
            yield "tag-%d-%d" % (tag, value), tiff({tag: (SHORT, 1, value)})
    for tag in (273, 279, 258, 320, 34675, 700, 33723, 34377):
        for count in (0, 0xffffffff):
            yield "count-%d-%x" % (tag, count), tiff({tag: (LONG, count, 8)})
    for value in (0, 0xffffffff):
        yield "offset-%x" % value, tiff({273: (LONG, 1, value)})
        yield "bytes-%x" % value, tiff({279: (LONG, 1, value)})
    no_strips = {273: None, 278: None, 279: None}
    for side in (0, 1, 16, 0x7fffffff):
        tiles = {322: (LONG, 1, side), 323: (LONG, 1, side), 324: (LONG, 1000000, 8), 325: (LONG, 1000000, 8)}
        yield "tiles-%x" % side, tiff({**sized(16000, 16000), **no_strips, **tiles})
    bomb = {**sized(16000, 13000), 278: (LONG, 1, 13000), 259: (SHORT, 1, 8)}
    yield "deflate-bomb", tiff(bomb, data=deflated_zeros(200 * MEGA))
    for compression in (2, 3, 4, 5, 6, 7, 8, 32773, 34712, 50000, 50001):
        yield "garbage-%d" % compression, tiff({259: (SHORT, 1, compression)}, data=random.Random(2).randbytes(4096))
    for count in (3, 1 << 32, 1 << 63):
        yield "big-%x" % count, big_tiff(count)


# ---- files of boxes: HEIC, AVIF, JPEG 2000 ----

BOX = re.compile(rb"ftyp|meta|hdlr|pitm|iloc|iinf|infe|iprp|ipco|ipma|ispe|hvcC|av1C|pixi|mdat|jp2h|ihdr|colr|jp2c")


def with_wrong_boxes(content):
    for name, place in {match.group(): match.start() for match in BOX.finditer(content)}.items():
        for length in (0, 7, 0xffffffff):
            yield "%s-%x" % (name.decode(), length), put_at(content, place - 4, struct.pack(">I", length))


def with_wrong_extents(content):
    place = content.index(b"ispe") + 8
    for width, height in ((0, 0), (1, 1), (65535, 65535), (0xffffffff, 0xffffffff), (16000, 16000)):
        yield "size-%dx%d" % (width, height), put_at(content, place, struct.pack(">II", width, height))
    for name in (b"iloc", b"ipma", b"iinf", b"infe", b"hvcC", b"av1C"):
        at = content.find(name)
        if at > 0:
            yield "filled-" + name.decode(), put_at(content, at + 8, b"\xff" * 12)


def hostile_heifs(valid):
    yield from with_wrong_boxes(valid["picture.heic"])
    yield from with_wrong_extents(valid["picture.heic"])


def hostile_avifs(valid):
    yield from with_wrong_boxes(valid["picture.avif"])
    yield from with_wrong_extents(valid["picture.avif"])


def hostile_jp2s(valid):
    plain = valid["picture.jp2"]
    yield from with_wrong_boxes(plain)
    sizes = plain.index(b"\xff\x51") + 6
    for width, height, tile in ((0, 0, 64), (60000, 4000, 1), (0xffffffff, 0xffffffff, 0xffffffff), (96, 64, 0),
                                (65000, 65000, 65000), (16000, 16000, 16)):
        fields = struct.pack(">IIIIII", width, height, 0, 0, tile, tile)
        yield "size-%dx%d-%d" % (width, height, tile), put_at(plain, sizes, fields)
    yield "offset", put_at(plain, sizes + 8, b"\xff" * 8)
    yield "components", put_at(plain, sizes + 32, b"\x40\0")
    yield "levels", put_at(plain, plain.index(b"\xff\x52") + 9, b"\x21")


# ---- JPEG XL, Photoshop, BMP ----

def hostile_jxls(valid):
    plain = valid["picture.jxl"]
    codestream = plain if plain.startswith(b"\xff\x0a") else plain[plain.index(b"\xff\x0a"):]
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I", 20) + b"ftypjxl \0\0\0\0jxl "
    for length in (0, 1, 7, 8, 0x7fffffff, 0xffffffff):
        yield "box-%x" % length, head + struct.pack(">I", length) + b"jxlc" + codestream
    part = struct.pack(">I", 12 + len(codestream)) + b"jxlp" + struct.pack(">I", 5) + codestream
    yield "parts", head + part * 2
    brotli = struct.pack(">I", 212) + b"brobExif" + bytes(range(200))
    yield "brotli", head + brotli + struct.pack(">I", 0) + b"jxlc" + codestream
    yield "ones", codestream[:2] + b"\xff" * 60
    yield "zeros", codestream[:2] + bytes(60)
    generator = random.Random(3)
    for number in range(12):
        yield "noise-%d" % number, codestream[:2] + generator.randbytes(100)


def hostile_psds(valid):
    for width, height in ((0, 0), (300000, 300000), (65535, 65535), (0xffffffff, 0xffffffff), (16000, 16000)):
        yield "size-%dx%d" % (width, height), psd(width, height, data=bytes(600))
        yield "packed-%dx%d" % (width, height), psd(width, height, data=bytes(600), compression=1)
    wrong = {"channels": (0, 56, 65535), "depth": (0, 1, 64), "mode": (0, 2, 4, 9, 99), "compression": (1, 2, 3, 9)}
    for field, values in wrong.items():
        for value in values:
            yield "%s-%d" % (field, value), psd(**{field: value})
    plain = psd()
    for number, place in enumerate((26, 30, 34)):
        for length in (1, 0x7fffffff, 0xffffffff):
            yield "section-%d-%x" % (number, length), put_at(plain, place, struct.pack(">I", length))
    layer = struct.pack(">IHIIII", 40, 0x7fff, 0, 0, 0xffffffff, 0xffffffff) + bytes(22)
    yield "layers", psd(sections=(b"", b"", layer))
    yield "resource", psd(sections=(b"", b"8BIM\x04\x0f\0\0\xff\xff\xff\xff", b""))
    yield "thumbnail", psd(sections=(b"", b"8BIM\x04\x0c\0\0\0\0\0\x1c" + b"\xff" * 28, b""))


def bmp(width=16, height=12, bits=24, compression=0, offset=54, colors=0, data=bytes(600), header=40):
    sizes = (header, width & 0xffffffff, height & 0xffffffff)
    return b"BM" + struct.pack("<IHHI", 54 + len(data), 0, 0, offset) + struct.pack(
        "<IIIHHIIIIII", *sizes, 1, bits, compression, 0, 0, 0, colors, 0) + data


def hostile_bmps(valid):
    for width, height in ((0, 0), (-1, 12), (16, -12), (16, -0x80000000), (0x7fffffff, 0x7fffffff), (65535, 65535),
                          (60000, 4000), (65000, 1)):
        yield "size-%dx%d" % (width, height), bmp(width, height)
        yield "packed-%dx%d" % (width, height), bmp(width, height, 8, 1)
    wrong = {"bits": (0, 3, 64), "compression": (2, 3, 4, 99), "offset": (0, 0xffffffff),
             "header": (0, 12, 124, 0xffffffff)}
    for field, values in wrong.items():
        for value in values:
            yield "%s-%x" % (field, value), bmp(**{field: value})
    yield "colors", bmp(bits=8, colors=0xffffffff)
    yield "packed-garbage", bmp(bits=8, compression=1, data=bytes(1024) + b"\0\2\xff\xff" * 500)


# ---- SVG ----

def references(folder, port):
    here = "127.0.0.1:%d/picture.png" % port
    return ("file:///etc/passwd", "file://%s/canary.png" % folder, "http://" + here, "/etc/passwd",
            "%s/canary.png" % folder, "canary.png", "./canary.png", "canary.txt", "file://%s/canary.txt" % folder,
            "file:///proc/self/environ", "//" + here, "ftp://" + here)


# Who looks for the root element without reading XML takes this for it, and lets the declarations behind it pass.
PASSED_BY = "<?x ><svg ?>"
# What stands before the root element, and in it. None has anything to show but what it refers to.
SVG_REFERENCES = {
    "image": ("", '<image href="%s" width="96" height="64"/>'),
    "entity": (PASSED_BY + '<!DOCTYPE svg [<!ENTITY x SYSTEM "%s">]>', '<text y="30">&x;</text>'),
    "include": ("", '<text y="30"><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" href="%s"/>'
                    '</text>'),
    "xlink": ("", '<image xlink:href="%s" width="96" height="64"/>'),
    "use": ("", '<use xlink:href="%s#a" width="96" height="64"/>'),
    "effect": ("", '<filter id="f"><feImage xlink:href="%s"/></filter><path d="M0 0h96v64z" filter="url(#f)"/>'),
    "import": ("", '<style>@import url("%s");</style>'),
    "fill": ("", '<style>rect { fill: url("%s#a") none }</style><rect width="96" height="64"/>'),
    "sheet": ('<?xml-stylesheet href="%s" type="text/css"?>', ""),
    "parameter": (PASSED_BY + '<!DOCTYPE svg [<!ENTITY %% x SYSTEM "%s"> %%x;]>', '<text y="30">&x;</text>'),
    "dtd": ('<!DOCTYPE svg SYSTEM "%s">', ""),
    "foreign": ("", '<foreignObject width="96" height="64"><iframe xmlns="http://www.w3.org/1999/xhtml" src="%s"/>'
                    '</foreignObject>'),
}
THOROUGH = ("image", "entity", "include", "content")  # tried with all that can be referred to


def targets_for(kind, folder, port):
    targets = references(folder, port)
    return enumerate(targets if kind in THOROUGH else targets[:3])


def leaking_svgs(folder, port):
    for kind, (before, content) in SVG_REFERENCES.items():
        for number, target in targets_for(kind, folder, port):
            before_root, inside = (part % target if "%s" in part else part for part in (before, content))
            yield "%s-%d" % (kind, number), svg(inside, before=before_root)


def laughs(levels=12):
    entities = '<!ENTITY a0 "ha">'
    for level in range(1, levels):
        entities += '<!ENTITY a%d "%s">' % (level, "&a%d;" % (level - 1) * 10)
    return svg('<text y="30">&a%d;</text>' % (levels - 1), before=PASSED_BY + "<!DOCTYPE svg [%s]>" % entities)


def hostile_svgs(port):
    yield "laughs", laughs()
    long_entity = PASSED_BY + '<!DOCTYPE svg [<!ENTITY a "%s">]>' % ("x" * 20000)
    yield "quadratic", svg("<text>%s</text>" % ("&a;" * 20000), before=long_entity)
    loop = PASSED_BY + '<!DOCTYPE svg [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'
    yield "entity-loop", svg("<text>&a;</text>", before=loop)
    yield "script", svg("<script>fetch('http://127.0.0.1:%d/')</script><rect width='9' onload='alert(1)'/>" % port)
    for size in ('width="900000" height="900000"', 'width="1e30" height="1e30"', 'width="0" height="0"',
                 'width="-5" height="-5"', 'width="nan" height="inf"', 'width="1e-30" height="1e-30"',
                 'viewBox="0 0 1e38 1e38"', 'viewBox="0 0 0 0"', 'width="100%" height="100%"',
                 'width="16000" height="16000"', ""):
        yield "size-%s" % re.sub(r"\W+", "-", size), svg('<rect width="90%" height="90%" fill="red"/>', size)
    yield "deep", svg("<g>" * 100000 + "</g>" * 100000)
    yield "deep-open", svg("<g>" * 100000)
    uses = "".join('<g id="u%d">%s</g>' % (level, '<use href="#u%d"/>' % (level - 1) * 10) for level in range(1, 12))
    yield "use-bomb", svg('<defs><rect id="u0" width="9" height="9"/>%s</defs><use href="#u11"/>' % uses)
    yield "use-loop", svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>')
    painted = '<rect width="90" height="60" %s/>'
    pattern = '<pattern id="p" width="2" height="2"><rect width="2" height="2" fill="url(#p)"/></pattern>'
    yield "pattern-loop", svg(pattern + painted % 'fill="url(#p)"')
    for effect in ('<feGaussianBlur stdDeviation="100000"/>',
                   '<feTurbulence numOctaves="1000000" baseFrequency="0.001"/>'):
        yield effect[1:].split()[0], svg('<filter id="f">%s</filter>' % effect + painted % 'filter="url(#f)"')
    yield "dashes", svg('<path d="M0 0L1e9 1e9" stroke="red" stroke-dasharray="0.001"/>')
    yield "path", svg('<path d="M%s"/>' % (" 1e30 -1e30" * 20000))
    yield "data", svg('<image width="9" height="9" href="data:image/png;base64,%s"/>' % ("A" * 100000))
    yield "attributes", svg("<g %s/>" % " ".join('a%d="1"' % number for number in range(20000)))


# ---- PDF ----

def file_of(target):
    return "<</FS /URL /F (%s)>>" % target if target.startswith("http") else "(%s)" % target


def showing(drawing, entries, stream=b""):
    """A page that shows an external object, of these entries."""
    return pdf_page(drawing, resources="/XObject <</X 5 0 R>>", more={5: ("/Type /XObject " + entries, stream)})


PDF_REFERENCES = {
    "content": lambda target: pdf_page(b"", stream="/F %s " % file_of(target)),
    "image": lambda target: showing(b"96 0 0 64 0 0 cm /X Do", "/Subtype /Image /Width 4 /Height 4 /BitsPerComponent 8 "
                                    "/ColorSpace /DeviceRGB /F " + file_of(target)),
    "form": lambda target: showing(b"/X Do", "/Subtype /Form /BBox [0 0 96 64] /Ref <</F %s /Page 0>>" % (
        file_of(target))),
    "uri": lambda target: pdf_page(b"", catalog="/OpenAction <</S /URI /URI (%s)>>" % target),
    "launch": lambda target: pdf_page(b"", catalog="/OpenAction <</S /Launch /F %s>>" % file_of(target)),
    "submit": lambda target: pdf_page(b"", page="/AA <</O <</S /SubmitForm /F %s>>>>" % file_of(target)),
    "goto": lambda target: pdf_page(b"", catalog="/OpenAction <</S /GoToR /F %s /D [0 /Fit]>>" % file_of(target)),
}


def leaking_pdfs(folder, port):
    """They show nothing by themselves."""
    for kind, make in PDF_REFERENCES.items():
        for number, target in targets_for(kind, folder, port):
            yield "%s-%d" % (kind, number), make(target)


def nested_streams(depth):
    content = deflated_zeros(100 * MEGA)
    for _ in range(depth - 1):
        content = zlib.compress(content, 9)
    return content


def looping_pdfs():
    root = {1: "<</Type /Catalog /Pages 2 0 R>>"}
    one = "<</Type /Pages /Kids [%d 0 R] /Count 1>>"
    yield "page-loop", pdf({**root, 2: one % 2})
    yield "page-loop-of-two", pdf({**root, 2: one % 3, 3: one % 2})
    yield "parent-loop", pdf({**root, 2: "<</Type /Pages /Kids [3 0 R] /Count 1 /Parent 2 0 R>>",
                              3: "<</Type /Page /Parent 2 0 R>>"})
    yield "count", pdf({**root, 2: "<</Type /Pages /Kids [] /Count 2147483647>>"})
    yield "no-pages", pdf({1: "<</Type /Catalog>>"})
    yield "root-loop", pdf({1: "1 0 R"})
    form = "/Subtype /Form /BBox [0 0 96 64] "
    yield "form-loop", showing(b"/X Do", form + "/Resources <</XObject <</X 5 0 R /Y 5 0 R>>>>", b"/X Do /Y Do")
    forms = {number: (form + "/Type /XObject /Resources <</XObject <</X %d 0 R>>>>" % (number + 1), b"/X Do " * 10)
             for number in range(5, 16)}
    forms[16] = form + "/Type /XObject", b"0 0 9 9 re f"
    yield "form-bomb", pdf_page(b"/X Do", resources="/XObject <</X 5 0 R>>", more=forms)
    font = "<</Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0] /CharProcs <</a 6 0 R>> " \
        "/FirstChar 97 /LastChar 97 /Widths [9] /Encoding <</Differences [97 /a]>> /Resources <</Font <</F 5 0 R>>>>>>"
    yield "font-loop", pdf_page(b"BT /F 1 Tf (a) Tj ET", resources="/Font <</F 5 0 R>>",
                                more={5: font, 6: ("", b"9 0 d0 BT /F 1 Tf (aa) Tj ET")})
    function = "<</FunctionType 3 /Domain [0 1] /Functions [6 0 R 6 0 R] /Bounds [0.5] /Encode [0 1 0 1]>>"
    yield "function-loop", pdf_page(b"/S sh", resources="/Shading <</S 5 0 R>>", more={
        5: "<</ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 96 64] /Function 6 0 R>>", 6: function})


PDF_IMAGES = (
    "/Width 30000 /Height 30000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode",
    "/Width 0 /Height 0 /BitsPerComponent 8 /ColorSpace /DeviceRGB",
    "/Width -5 /Height 5 /BitsPerComponent 8 /ColorSpace /DeviceRGB",
    "/Width 2147483647 /Height 2147483647 /BitsPerComponent 16 /ColorSpace /DeviceCMYK",
    "/Width 9 /Height 9 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode",
    "/Width 9 /Height 9 /BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode "
    "/DecodeParms <</K -1 /Columns 2147483647>>",
    "/ColorSpace [/Indexed /DeviceRGB 99999 (x)]",
    "/ColorSpace 5 0 R",
    "/ColorSpace /DeviceGray /Filter /JPXDecode",
    "/ColorSpace /DeviceRGB /Filter /FlateDecode /DecodeParms <</Predictor 15 /Columns 2147483647>>",
    "/ColorSpace /DeviceRGB /SMask 5 0 R",
)


def hostile_pdfs(port):
    action = "<</S /JavaScript /JS (app.alert\\(1\\); this.submitForm\\('http://127.0.0.1:%d/'\\))>>" % port
    yield "script", pdf_page(catalog="/OpenAction %s /Names <</JavaScript <</Names [(a) %s]>>>>" % (action, action))
    yield "embedded", pdf_page(catalog="/Names <</EmbeddedFiles <</Names [(a.exe) 5 0 R]>>>>", more={
        5: "<</Type /Filespec /F (a.exe) /EF <</F 6 0 R>>>>", 6: ("/Type /EmbeddedFile", b"MZ" + bytes(500))})
    yield "bomb", pdf_page(nested_streams(1), stream="/Filter /FlateDecode")
    yield "nested-bomb", pdf_page(nested_streams(3), stream="/Filter [/FlateDecode /FlateDecode /FlateDecode]")
    yield "operators", pdf_page(zlib.compress(b"0 0 96 64 re f " * 2000000), stream="/Filter /FlateDecode")
    yield "states", pdf_page(b"q " * 200000)
    yield "filters", pdf_page(b"x", stream="/Filter [%s]" % ("/ASCIIHexDecode " * 5000))
    yield from looping_pdfs()
    for box in ("0 0 1e9 1e9", "0 0 0 0", "0 0 -5 -5", "0 0 1e-9 1e-9", "0 0 16000 16000", "0 0 65000 1", "a b c d"):
        yield "box-%s" % re.sub(r"\W+", "-", box), pdf_page(box=box)
    yield "unit", pdf_page(page="/UserUnit 1000000")
    yield "turned", pdf_page(page="/Rotate 45")
    for number, entries in enumerate(PDF_IMAGES):
        picture = entries if "/Width" in entries else "/Width 9 /Height 9 /BitsPerComponent 8 " + entries
        yield "image-%d" % number, showing(b"96 0 0 64 0 0 cm /X Do", "/Subtype /Image " + picture,
                                           deflated_zeros(2 * MEGA))
    pattern = "/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 0.00001 /YStep 0.00001 /Resources <<>>"
    yield "pattern", pdf_page(b"/Pattern cs /P scn 0 0 96 64 re f", resources="/Pattern <</P 5 0 R>>",
                              more={5: (pattern, b"0 0 9 9 re f")})
    garbage = "<</Type /FontDescriptor /FontName /X /FontFile2 6 0 R>>"
    yield "font-garbage", pdf_page(WORDS, resources="/Font <</F 5 0 R>>", more={
        5: "<</Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor %s>>" % garbage,
        6: ("", bytes(range(256)) * 9)})
    keys = "/O (%s) /U (%s)>> /ID [(a) (b)]" % ("o" * 32, "u" * 32)
    yield "encrypted", pdf_page(trailer="/Encrypt <</Filter /Standard /V 1 /R 2 /P -4 " + keys)
    yield "encrypted-badly", pdf_page(trailer="/Encrypt <</Filter /Standard /V 99 /R 99 /Length 1>>")
    yield "length", pdf_page(stream="/Length 2147483647 ")
    yield "length-loop", pdf_page(stream="/Length 4 0 R ")
    yield "xref-loop", pdf_page(trailer="/Prev 9") + b"startxref\n9\n%%EOF"
    yield "brackets", pdf_page(page="/A " + "[" * 100000)
    yield "dictionaries", pdf_page(page="/A " + "<</A " * 100000)


# ---- metadata, and files that are two things ----

def profile(space=b"RGB ", size=None, tags=0, content=b""):
    head = bytearray(128)
    head[8:12], head[12:24], head[36:40] = b"\2\x10\0\0", b"mntr" + space + b"XYZ ", b"acsp"
    whole = head + struct.pack(">I", tags) + content
    whole[:4] = struct.pack(">I", len(whole) if size is None else size)
    return bytes(whole)


def hostile_profiles():
    good = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "garbage", random.Random(4).randbytes(3000)
    yield "huge", profile(content=bytes(5 * MEGA))
    yield "empty", b"x"
    yield "cmyk", profile(b"CMYK")
    yield "gray", profile(b"GRAY")
    yield "no-tags", profile()
    yield "tags", profile(tags=0xffffffff, content=b"rXYZ" + b"\xff" * 200)
    yield "size", profile(size=0xffffffff)
    yield "table", profile(tags=1, content=b"A2B0\0\0\0\x90\xff\xff\xff\xf0mft2\0\0\0\0\xff\xff\xff\0" + b"\xff" * 400)
    yield "curve", profile(tags=1, content=b"rTRC\0\0\0\x90\0\0\0\x10curv\0\0\0\0\xff\xff\xff\xff")
    yield "swapped", put_at(good, 16, b"CMYK")
    yield "cut", good[:len(good) // 2]
    generator = random.Random(5)
    for number in range(8):
        yield "flip-%d" % number, flipped(good, generator.randrange(132, len(good)), generator.randrange(8))


def exif(tags, following=0, after=b""):
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + after


def hostile_exifs():
    yield "garbage", b"Exif\0\0" + random.Random(6).randbytes(600)
    yield "loop", exif([(274, 3, 1, 1)], 8)
    yield "sub-loop", exif([(34665, 4, 1, 8), (34853, 4, 1, 8), (40965, 4, 1, 8)])
    for value in (0, 9, 65535):
        yield "orientation-%d" % value, exif([(274, 3, 1, value)])
    yield "orientations", exif([(274, 3, 0xffffffff, 8)])
    yield "count", exif([(270, 2, 0xffffffff, 8), (282, 5, 0x20000000, 0xfffffff0)])
    yield "thumbnail", exif([(513, 4, 1, 0xfffffff0), (514, 4, 1, 0xffffffff)], 8)
    yield "entries", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(400)
    yield "resolution", exif([(282, 5, 1, 26), (296, 3, 1, 2)], after=struct.pack("<II", 0xffffffff, 0))


def with_metadata():
    image = photo()
    for name, content in hostile_profiles():
        for format, end in (("JPEG", "jpg"), ("PNG", "png")):
            if len(content) < 60000 or format != "JPEG":
                yield "profile-%s.%s" % (name, end), saved(image, format, icc_profile=content)
    for name, content in hostile_exifs():
        yield "exif-%s.jpg" % name, saved(image, "JPEG", exif=content)
        yield "exif-%s.webp" % name, saved(image, "WEBP", exif=content)


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()


def polyglots(valid):
    plain, photo = valid["plain.png"], valid["baseline.jpg"]
    yield "script.gif", b"GIF89a/*" + valid["picture.gif"][8:] + b"*/=1;alert(1)"
    yield "archive.pdf", valid["picture.pdf"] + archive()
    yield "archive-first.pdf", archive() + valid["picture.pdf"]
    yield "archive.jpg", photo + archive()
    yield "php.png", plain[:33] + png_chunk(b"tEXt", b"Comment\0<?php system($_GET['c']); ?>") + plain[33:]
    yield "page.jpg", with_segment(photo, 0xfe, b"<html><script>alert(1)</script>")
    yield "page.svg", b"<!-- %PDF-1.4 GIF89a -->" + valid["picture.svg"]
    yield "pdf.jpg", with_segment(photo, 0xfe, b"\n%PDF-1.7\n") + valid["picture.pdf"]
    yield "magick.png", b"push graphic-context\nviewbox 0 0 96 64\nimage over 0,0 0,0 'label:@/etc/passwd'\n"
    yield "magick.svg", b'<image><read filename="/etc/passwd"/><write filename="/tmp/x"/></image>'
    yield "magick.psd", b"8BPS\0\1" + b"label:@/etc/passwd" * 9
    yield "text.bmp", b"BM: label:@/etc/passwd"
    yield "postscript.pdf", b"%!PS\n(/etc/passwd) (r) file 1000 string readstring pop show showpage"


FORMATS = {"jpg": hostile_jpegs, "png": hostile_pngs, "gif": hostile_gifs, "webp": hostile_webps, "tif": hostile_tiffs,
           "heic": hostile_heifs, "avif": hostile_avifs, "jp2": hostile_jp2s, "jxl": hostile_jxls, "psd": hostile_psds,
           "bmp": hostile_bmps}


def make_corpus(valid, folder, port):
    corpus = {"valid-" + name: content for name, content in valid.items()}
    for name, content in valid.items():
        corpus.update(damaged(name, content))
    corpus.update(misnamed(valid))
    for end, make in FORMATS.items():
        corpus.update(("lie-%s.%s" % (name, end), content) for name, content in make(valid))
    for end, leaking, hostile in (("svg", leaking_svgs, hostile_svgs), ("pdf", leaking_pdfs, hostile_pdfs)):
        corpus.update(("leak-%s.%s" % (name, end), content) for name, content in leaking(folder, port))
        corpus.update(("hostile-%s.%s" % (name, end), content) for name, content in hostile(port))
    corpus.update(with_metadata())
    corpus.update(("polyglot-" + name, content) for name, content in polyglots(valid))
    return corpus


# ---- those who watch and disturb ----

class Listener:
    """Counts who connects to a port of this machine."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.heard = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                self.heard.append(connection.recv(1000))

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def children_of(pid):
    children = set()
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        try:
            children |= set(map(int, pathlib.Path(path).read_text().split()))
        except OSError:
            pass  # a thread that has ended
    return sorted(children)


def is_worker(pid):
    try:
        return b"worker" in pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().split(b"\0")
    except OSError:
        return False


def status_of(pid):
    lines = pathlib.Path("/proc/%d/status" % pid).read_text().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


class Killer:
    """Kills a worker of the server every now and then."""

    def __init__(self, pid):
        self.pid, self.kills, self.stopped = pid, 0, threading.Event()
        self.random = random.Random(SEED)
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopped.wait(self.random.uniform(0.2, 0.6)):
            workers = [pid for pid in children_of(self.pid) if is_worker(pid)]
            if workers:
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.kills += 1

    def stop(self):
        self.stopped.set()
        self.thread.join()


def passwd_lines():
    return [line for line in pathlib.Path("/etc/passwd").read_bytes().splitlines() if len(line) > 12]


def refusal_of(answer):
    return answer.text if answer.status != 200 else ""


class HostileImages(SystemTest):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.close)
        self.secrets = [CANARY.encode(), *passwd_lines()]
        self.faults = []
        self.answers = {}  # the last of each file
        self.slowest = (0, "")
        self.lock = threading.Lock()

    def start(self):
        self.dray.start("--image-workers", WORKERS, "--image-patience", PATIENCE)
        return self.dray.server.pid

    def put_corpus(self):
        tools = self.dray.folder / "valid"
        tools.mkdir()
        corpus = make_corpus(make_valid_files(tools), self.files, self.listener.port)
        for name, content in corpus.items():
            self.write(name, content)
        self.write("canary.txt", CANARY)
        self.write("canary.png", saved(Image.new("RGB", (96, 64), MAGENTA), "PNG"))
        report = self.dray.import_folder(self.files, "/content/dam/h", timeout=120)
        self.assertEqual(report["problems"], [])
        return sorted(corpus)

    # ---- requests ----

    def get(self, path):
        begin = time.monotonic()
        answer = self.dray.get(path)
        seconds = time.monotonic() - begin
        with self.lock:
            self.slowest = max(self.slowest, (seconds, path))
        if "canary" not in path:
            self.find_secrets(path, answer)
        return answer

    def find_secrets(self, path, answer):
        content = answer.body + str(answer.headers).encode()
        if any(secret in content for secret in self.secrets):
            self.fault("%s: what lies elsewhere is in the answer" % path)

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def ask(self, name):
        """The picture or the reason; a server that has too much to do is asked again."""
        end = time.monotonic() + SLOWEST_REQUEST
        while time.monotonic() < end:
            answer = self.get("/is/image/h/%s?wid=100" % name)
            if answer.status != 503:
                break
            time.sleep(0.05)
        self.answers[name] = answer
        if answer.status not in (200, 403) or len(answer.body) < 10:
            self.fault("%s was answered with %d: %s" % (name, answer.status, answer.text[:200]))

    def ask_all(self, names):
        names = list(names)
        random.Random(SEED).shuffle(names)

        def work():
            while True:
                with self.lock:
                    if not names:
                        return
                    name = names.pop()
                try:
                    self.ask(name)
                except Exception as error:
                    self.fault("%s got no answer: %r" % (name, error))

        threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # ---- what must hold ----

    def asset(self, name):
        return self.get("/api/v1/assets/content/dam/h/" + name).json()

    def is_settled(self, asset):
        return asset["mimeType"] not in STATIC_TYPES or len(asset["renditions"]) >= 4

    def wait_for_the_background(self, names):
        """Assets by name, all with their static renditions or the reasons."""
        settled = {}

        def all_settled():
            for name in names:
                if name not in settled and self.is_settled(asset := self.asset(name)):
                    settled[name] = asset
                elif name not in settled:
                    time.sleep(0.2)
                    return False
            return True

        wait_until(all_settled, "every asset has four renditions or reasons", UNTIL_SETTLED)
        return settled

    def check_static(self, name, asset):
        for item in asset["renditions"]:
            path = "/content/dam/h/%s/_jcr_content/renditions/%s" % (name, item["name"])
            if path.endswith("web.1280.1280"):
                path += ".jpeg"  # a failed one has no ending
            answer = self.get(path)
            if answer.status == 200 and item.get("uri") == path:
                self.check_picture(name, answer.body, (item["width"], item["height"]))
            elif "failure" not in item or (answer.status, answer.json()["error"]) != (404, item["failure"]):
                self.fault("%s was answered with %d %s, and is %s" % (path, answer.status, answer.text[:200], item))

    def check_picture(self, name, content, size=None):
        picture = Image.open(io.BytesIO(content))
        picture.load()
        if size and picture.size != size:
            self.fault("%s has a rendition of %s instead of %s" % (name, picture.size, size))
        if name.startswith("leak-"):
            extremes = picture.convert("RGB").getextrema()
            if any(low != high for low, high in extremes) or tuple(low for low, _ in extremes) == MAGENTA:
                self.fault("%s shows something: %s" % (name, extremes))

    def check_valid(self, name, asset):
        """Only that workers were killed, or stood still, may be taken for the fault of the file."""
        if self.answers[name].status != 200:
            self.fault("%s is valid: %s" % (name, refusal_of(self.answers[name])))
        for failure in {item["failure"] for item in asset["renditions"] if "failure" in item}:
            if "broke off" not in failure and "takes longer" not in failure:
                self.fault("%s is valid: %s" % (name, failure))

    def check_pictures(self):
        for name, answer in self.answers.items():
            if answer.status == 200:
                self.check_picture(name, answer.body)

    def check_server(self, pid):
        self.assertEqual((self.dray.server.pid, self.dray.server.poll()), (pid, None))
        self.assertEqual(self.dray.get("/readyz", token=None).status, 200)
        states = {child: status_of(child)["State"] for child in children_of(pid)}
        self.assertFalse([child for child, state in states.items() if state.startswith("Z")], states)
        self.assertLessEqual(len(states), WORKERS)
        memory = int(status_of(pid)["VmHWM"].split()[0]) << 10
        self.assertLess(memory, MOST_MEMORY)
        return memory

    def broken_off(self):
        return sorted(name for name, answer in self.answers.items() if "broke off" in refusal_of(answer))

    def tell(self, kills, memory):
        rendered, crashed = sum(answer.status == 200 for answer in self.answers.values()), self.broken_off()
        print("files: %d, rendered: %d, refused with a reason: %d, kills: %d, the server's memory: %d MB" % (
            len(self.answers), rendered, len(self.answers) - rendered, kills, memory >> 20))
        print("the slowest request: %.1f s for %s" % self.slowest)
        print("end their worker: %s" % (", ".join(crashed) or "none"))

    def test_every_file_gets_a_picture_or_a_reason(self):
        names = self.put_corpus()
        pid = self.start()
        killer = Killer(pid)
        begin = time.monotonic()
        self.ask_all(names)
        killer.stop()
        asked = time.monotonic()
        # Those that were killed twice; what breaks off again does so by itself.
        self.ask_all({*self.broken_off(), *(name for name in names if name.startswith("valid-"))})
        assets = self.wait_for_the_background(names)
        print("requests: %.0f s, the background after them: %.0f s" % (asked - begin, time.monotonic() - asked))
        for name, asset in assets.items():
            self.check_static(name, asset)
            if name.startswith("valid-"):
                self.check_valid(name, asset)
        self.check_pictures()
        self.tell(killer.kills, self.check_server(pid))
        self.assertEqual(self.faults[:10], [], "%d in all" % len(self.faults))
        self.assertEqual(set(self.answers), set(names))
        self.assertEqual(self.listener.heard, [], "nobody connects to where a file says")
        self.assertGreater(killer.kills, 10)
        self.assertLess(self.slowest[0], SLOWEST_REQUEST)
        self.assertEqual(self.dray.stop(), 0)

    def end_workers(self, workers):
        for pid in workers:
            if is_worker(pid):
                os.kill(pid, signal.SIGKILL)

    def test_a_worker_that_is_busy_ends_with_its_server(self):
        self.write("endless.pdf", dict(hostile_pdfs(0))["pattern"])
        self.dray.import_folder(self.files, "/content/dam/h")
        self.dray.start("--image-workers", 1)
        wait_until(lambda: any(map(is_worker, children_of(self.dray.server.pid))), "a worker has begun")
        time.sleep(2)
        workers = children_of(self.dray.server.pid)
        self.addCleanup(self.end_workers, workers)
        self.dray.kill()
        wait_until(lambda: not any(map(is_worker, workers)), "the worker ends too", 10)


if __name__ == "__main__":
    unittest.main()
