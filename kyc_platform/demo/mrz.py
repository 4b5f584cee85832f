"""Machine-readable zones of made-up documents: ICAO Doc 9303, part 3 (transliteration, check digits), part 4 (TD3), part 5 (TD1)."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

FILLER: Final = "<"
WEIGHTS: Final = (7, 3, 1)
TD1_CHARACTERS: Final = 30
TD3_CHARACTERS: Final = 44
# Part 3, section 6.A, where it differs from leaving the accent away.
TRANSLITERATION: Final = {
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE", "ß": "SS", "ẞ": "SS",
    "Ð": "D", "Þ": "TH", "Ł": "L", "Đ": "D", "Ħ": "H", "Ŋ": "N", "Ŧ": "T", "Ĳ": "IJ",
}  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """What a machine-readable zone says. `issuer` and `nationality` are three letters; `number` has nine characters at most."""

    surname: str
    given_names: str
    number: str
    issuer: str
    nationality: str
    date_of_birth: date
    sex: str
    expiry_date: date


def td1(holder: Holder) -> tuple[str, str, str]:
    """Return the three lines of an identity card."""
    number, birth, expiry = _number(holder), _checked(_yymmdd(holder.date_of_birth)), _checked(_yymmdd(holder.expiry_date))
    upper = _filled(f"I{FILLER}{holder.issuer}", 5) + _filled(number, 25)
    middle = birth + _sex(holder) + expiry + _filled(holder.nationality, 3) + FILLER * 11
    composite = upper[5:30] + middle[0:7] + middle[8:15] + middle[18:29]
    return upper, middle + check_digit(composite), _names(holder, TD1_CHARACTERS)


def td3(holder: Holder) -> tuple[str, str]:
    """Return the two lines of a passport's data page."""
    upper = f"P{FILLER}" + _filled(holder.issuer, 3) + _names(holder, TD3_CHARACTERS - 5)
    number, birth, expiry = _number(holder), _checked(_yymmdd(holder.date_of_birth)), _checked(_yymmdd(holder.expiry_date))
    # No personal number: its field and its check digit are fillers (part 4, 4.2.2.2, note j).
    lower = number + _filled(holder.nationality, 3) + birth + _sex(holder) + expiry + FILLER * 15
    return upper, lower + check_digit(lower[0:10] + lower[13:20] + lower[21:43])


def check_digit(text: str) -> str:
    """Return the check digit: weights 7, 3, 1 over digits, letters from A = 10, fillers as 0, modulo 10 (part 3, 4.9)."""
    values = (0 if character == FILLER else int(character, 36) for character in text)
    return str(sum(value * WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def transliterated(name: str) -> str:
    """Return a name in the letters of the zone, words separated by one filler."""
    letters = "".join(
        TRANSLITERATION.get(character, character)
        for character in name.upper().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    )
    plain = "".join(character for character in unicodedata.normalize("NFD", letters) if not unicodedata.combining(character))
    return FILLER.join("".join(character if "A" <= character <= "Z" else " " for character in plain).split())


def _names(holder: Holder, length: int) -> str:
    return _filled(f"{transliterated(holder.surname)}{FILLER * 2}{transliterated(holder.given_names)}", length)


def _number(holder: Holder) -> str:
    if len(holder.number) > 9:
        raise ValueError("a document number has nine characters at most here")
    return _checked(_filled(holder.number, 9))


def _sex(holder: Holder) -> str:
    return holder.sex if holder.sex in "MF" else FILLER


def _yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")


def _checked(text: str) -> str:
    return text + check_digit(text)


def _filled(text: str, length: int) -> str:
    return text[:length].ljust(length, FILLER)
