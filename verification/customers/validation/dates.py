"""Dates, and what a date of birth must be."""

import re
from collections.abc import Mapping
from datetime import date

from verification.customers.validation.problems import Problems, child
from verification.customers.validation.text import read_text

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AGE_YEARS_MAX = 130


def read_date(members: Mapping[str, object], name: str, problems: Problems, *, pointer: str = "", is_required: bool = True) -> date | None:
    """Return a date written as RFC 3339 full-date, or None after noting what is wrong with it."""
    text = read_text(members, name, problems, pointer=pointer, characters_max=20, is_required=is_required)
    if text is None:
        return None
    try:
        if not DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        problems.add(child(pointer, name), "invalid_date", "This must be a date that exists, as YYYY-MM-DD.")
        return None


def read_date_of_birth(members: Mapping[str, object], problems: Problems, *, today: date, minimum_age: int) -> date | None:
    """Return the date of birth of somebody who lives and is old enough."""
    born = read_date(members, "date_of_birth", problems)
    if born is None:
        return None
    age = age_on(today, born)
    if born > today:
        problems.add("/date_of_birth", "date_in_future", "A date of birth may not lie in the future.")
    elif age > AGE_YEARS_MAX:
        problems.add("/date_of_birth", "date_too_early", f"A date of birth may not lie more than {AGE_YEARS_MAX} years back.")
    elif age < minimum_age:
        problems.add("/date_of_birth", "too_young", f"The customer must be at least {minimum_age} years old at this level.")
    else:
        return born
    return None


def age_on(day: date, born: date) -> int:
    """Return the completed years of life; somebody born on 29 February completes one on 1 March of other years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
