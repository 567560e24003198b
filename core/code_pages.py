"""Gives back the pages of loaded libraries that only a start reads: their initialisers and tables of symbols.

Loading torch, Arrow and MLflow touches some 170 MB of their files, three quarters of it once. Such pages are clean
copies of files, which the system takes when it needs room; until then they count as resident. What runs again after
they were given back is mapped again from the system's cache of files, without a disk as long as there is room: the
first question takes 3 ms longer.

A page may be given back only where nothing but the file can be in it: in segments that the library's own headers mark
as not writable, at addresses that stay the library's. So each library is pinned (``RTLD_NODELETE``) before its
addresses are used: another thread may close it at any time, and data may take its place.
"""

import ctypes
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_MAPS = Path("/proc/self/maps")
# Of elf.h, for 64 bits and little-endian: the file's header, a program header, an entry of the dynamic section.
_MAGIC = b"\x7fELF\x02\x01"
_FILE, _HEADER, _ENTRY = struct.Struct("<16sHHIQQQIHHH"), struct.Struct("<IIQQQQQQ"), struct.Struct("<qQ")
_LOAD, _DYNAMIC, _WRITABLE = 1, 2, 2
_TEXTREL, _FLAGS, _DF_TEXTREL = 22, 30, 4
_PIN = os.RTLD_LAZY | os.RTLD_NOLOAD | os.RTLD_NODELETE
Segment = tuple[int, int]  # address and length in bytes, whole pages

_lock = threading.Lock()
_known: dict[int, list[Segment]] = {}  # by the address where a file begins


def release() -> None:
    """Give back what was read so far; 5 ms, and 0.05 ms for each library that is new. Only on Linux with glibc."""
    madvise = _libc().madvise
    with _lock:
        for start, path in _libraries_in_memory():
            if start not in _known:
                _known[start] = list(_segments(start)) if _pinned_at(start, path) else []
        for segments in _known.values():
            for address, length in segments:
                madvise(address, length, mmap.MADV_DONTNEED)  # what is locked in memory stays: no harm


def _libraries_in_memory() -> Iterator[tuple[int, str]]:
    """Address of the first page, which may not be written, and path of what is named like a library."""
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:  # a sandbox that shows no /proc: all pages stay
        return
    for line in lines:
        addresses, rights, offset, _device, _inode, *path = line.split(maxsplit=5)
        if rights[1] == "-" and int(offset, 16) == 0 and path and ".so" in path[0]:
            yield int(addresses.split("-")[0], 16), path[0]


def _pinned_at(start: int, path: str) -> bool:
    """Whether a library of this path is loaded there; it is never unloaded from then on."""
    try:
        handle = ctypes.CDLL(path, mode=_PIN)._handle
    except OSError:
        return False  # no library after all, or one whose file has gone
    # glibc's handle is its link_map, whose first field is where the library begins.
    return ctypes.c_uint64.from_address(handle).value == start


def _segments(base: int) -> Iterator[Segment]:
    """What the library does not let anybody write; nothing where the linker wrote addresses into the code."""
    ident, _, _, _, _, headers_at, _, _, _, size, count = _FILE.unpack(ctypes.string_at(base, _FILE.size))
    if not ident.startswith(_MAGIC) or size != _HEADER.size:
        return
    headers = list(_HEADER.iter_unpack(ctypes.string_at(base + headers_at, count * size)))
    if any(_is_relocated_in_place(base + h[3], h[6]) for h in headers if h[0] == _DYNAMIC):
        return
    for kind, flags, _, address, _, _, length, _ in headers:
        if kind == _LOAD and not flags & _WRITABLE:
            first = (base + address) // mmap.PAGESIZE * mmap.PAGESIZE
            end = -(-(base + address + length) // mmap.PAGESIZE) * mmap.PAGESIZE
            yield first, end - first


def _is_relocated_in_place(address: int, length: int) -> bool:
    """Whether the dynamic section tells of addresses in the code, as in libraries built without -fPIC."""
    whole = length // _ENTRY.size * _ENTRY.size
    entries = _ENTRY.iter_unpack(ctypes.string_at(address, whole))
    return any(tag == _TEXTREL or (tag == _FLAGS and value & _DF_TEXTREL) for tag, value in entries)


@cache
def _libc() -> Any:
    """The C library; as a PyDLL, for a thousand calls that each gave the interpreter's lock away would wait for it."""
    library = ctypes.PyDLL(None)
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    return library
