#!/usr/bin/env python3
"""make_gray_profile.py FILE : an ICC profile (ICC.1:2001-04) of one gray band with the curve of sRGB (IEC 61966-2-1)."""
import struct
import sys


def linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def text(content):
    return b"text\0\0\0\0" + content + b"\0"


def description(content):
    return b"desc\0\0\0\0" + struct.pack(">I", len(content) + 1) + content + b"\0" + bytes(78)


def curve(entries):
    values = [round(65535 * linear(i / (entries - 1))) for i in range(entries)]
    return b"curv\0\0\0\0" + struct.pack(">I%dH" % entries, entries, *values)


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def profile(tags):
    table, body = b"", b""
    start = 132 + 12 * len(tags)
    for signature, content in tags:
        table += signature + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s6H4s4sI4s4sQI3i4s", size, b"\0\0\0\0", 0x02400000, b"mntr", b"GRAY", b"XYZ ",
                         2026, 1, 1, 0, 0, 0, b"acsp", b"\0\0\0\0", 0, b"\0\0\0\0", b"\0\0\0\0", 0, 1,
                         63190, 65536, 54061, b"Dray")
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + table + body


with open(sys.argv[1], "wb") as file:
    file.write(profile([(b"desc", description(b"sGray")), (b"cprt", text(b"No rights reserved")),
                        (b"wtpt", xyz(0.9642, 1.0, 0.8249)), (b"kTRC", curve(1024))]))
