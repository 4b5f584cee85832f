"""HEIC: nothing is moved; every byte that shows no picture is overwritten in place.

Source: ISO/IEC 23008-12:2022 (HEIF), 6.2 and annex A; ISO/IEC 14496-12:2022, 8.11. Offsets in the file are absolute, so
metadata is erased where it lies: the file keeps its layout and its coded pixels. Orientation is a property of the item (irot, imir:
HEIF 6.5.10, 6.5.12), which stays; the one in Exif counts for nothing (MIAF, ISO/IEC 23000-22, 7.3.6.7).
"""

import pillow_heif

from verification.documents.inspection.decoding import check_size, fits_decoded
from verification.documents.inspection.errors import ImageAnimated, ImageTruncated, ImageUnreadable
from verification.documents.inspection.heic_boxes import IN_IDAT, Box, Extent, boxes, read_item_extents, read_item_kinds
from verification.documents.inspection.orientation import EMPTY_EXIF
from verification.documents.inspection.splicing import Part, splice
from verification.documents.inspection.types import Limits, Picture

# Coded pictures and the recipes that join them; everything else (Exif, XMP, URIs, what nobody knows) is erased.
PICTURE_ITEMS = frozenset({b"hvc1", b"hev1", b"lhv1", b"jpeg", b"grid", b"iden", b"iovl", b"tmap", b"mski"})
META_BOXES = frozenset({b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp", b"iref", b"dinf", b"grpl"})
EXIF_OFFSET = b"\0\0\0\0"  # an Exif item begins with the distance to its TIFF header (HEIF annex A.2.1)
DECODER_BYTES_PER_PIXEL = 6  # measured: the planes, and the three bytes that come out

Kept = tuple[int, int, bytes | None]  # from, to, and what stands there instead of the original bytes


def clean_heic(body: bytes, limits: Limits) -> Picture:
    """Return the picture with the same layout, its metadata overwritten and what follows the last box cut off.

    Whether it is complete is seen from the places of its items; it is decoded as `decoding.py` says.

    Raises ImageUnreadable, ImageTruncated, ImageAnimated, ImageTooSmall, ImageTooLarge.
    """
    top = list(boxes(body, 0, len(body)))
    if any(box.kind == b"moov" for box in top):
        raise ImageAnimated  # an image sequence or a film
    kept = _kept(body, top)
    cleaned = splice(body, _parts(kept))
    width, height = _read(cleaned, limits)
    return Picture(body=cleaned, width=width, height=height)


def _kept(body: bytes, top: list[Box]) -> list[Kept]:
    """Return what stays of the file; the bytes between become zeros."""
    metas = [box for box in top if box.kind == b"meta"]
    data = [box for box in top if box.kind == b"mdat"]
    if not metas or any(box.end > len(body) for box in (*metas, *data)):
        raise ImageTruncated
    if len(metas) > 1 or top[0].kind != b"ftyp":
        raise ImageUnreadable
    meta = metas[0]
    children = list(boxes(body, meta.payload + 4, meta.end))
    inside = {box.kind: box for box in children}
    if not {b"iloc", b"iinf", b"pitm", b"iprp"} <= inside.keys() or children[-1].end != meta.end:
        raise ImageUnreadable
    kinds = read_item_kinds(body, inside[b"iinf"])
    kept: list[Kept] = [(top[0].start, top[0].end, None), (meta.start, meta.payload + 4, None)]
    kept += [(box.start, box.payload, None) for box in data]
    for box in children:
        if box.kind in META_BOXES:
            kept.append((box.start, box.end, None))
        elif box.kind == b"idat":
            kept.append((box.start, box.payload, None))
        else:
            kept += _as_free(box)
    end = max(box.end for box in (meta, *data))
    kept += [part for box in top[1:] if box.kind not in (b"meta", b"mdat") and box.end <= end for part in _as_free(box)]
    for item_id, extents in read_item_extents(body, inside[b"iloc"]).items():
        places = [_place(extent, data, inside.get(b"idat"), len(body)) for extent in extents]
        if kinds.get(item_id) in PICTURE_ITEMS:
            kept += [(start, stop, None) for start, stop in places]
        elif kinds.get(item_id) == b"Exif" and places and places[0][1] - places[0][0] >= len(EXIF_OFFSET + EMPTY_EXIF):
            start = places[0][0]
            kept.append((start, start + len(EXIF_OFFSET + EMPTY_EXIF), EXIF_OFFSET + EMPTY_EXIF))
    return [*kept, (end, end, None)]


def _place(extent: Extent, data: list[Box], idat: Box | None, file_bytes: int) -> tuple[int, int]:
    """Return where an extent lies in the file; it must lie in one of the boxes for data."""
    if extent.method == IN_IDAT:
        if idat is None or idat.payload + extent.end > idat.end:
            raise ImageUnreadable
        return idat.payload + extent.start, idat.payload + extent.end
    if extent.end > file_bytes:
        raise ImageTruncated
    if not any(box.payload <= extent.start and extent.end <= box.end for box in data):
        raise ImageUnreadable
    return extent.start, extent.end


def _as_free(box: Box) -> list[Kept]:
    """A box that is renamed to free space (14496-12, 8.1.2); its payload, which is in nobody's list, becomes zeros."""
    return [(box.start, box.start + 4, None), (box.start + 4, box.start + 8, b"free"), (box.start + 8, box.payload, None)]


def _parts(kept: list[Kept]) -> list[Part]:
    parts: list[Part] = []
    at = 0
    for start, end, instead in sorted(kept, key=lambda part: part[:2]):
        if start > at:
            parts.append(bytes(start - at))
        if instead is not None and start >= at:
            parts.append(instead)
        elif end > max(start, at):
            parts.append(slice(max(start, at), end))
        at = max(at, end)
    return parts


def _read(body: bytes, limits: Limits) -> tuple[int, int]:
    """Let libheif read the head, check the size, and decode what fits. Returns width and height."""
    try:
        file = pillow_heif.open_heif(body)
        (width, height), pictures = file.size, len(file)
    except MemoryError:
        raise
    except Exception:  # the package has no closed list of what it raises on a broken file
        raise ImageUnreadable from None
    check_size(width, height, limits)
    if pictures != 1:
        raise ImageAnimated
    if fits_decoded(body, width, height, bytes_per_pixel=DECODER_BYTES_PER_PIXEL):
        try:
            file[0].load()
        except MemoryError:
            raise
        except Exception:  # as above
            raise ImageUnreadable from None
    return width, height
