"""The short memory of a process: bounded, and over when its seconds are."""

from kyc_platform.short_cache import ShortCache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_cache(size=3):
    clock = Clock()
    cache: ShortCache[str, int] = ShortCache(size=size, clock=clock)
    return cache, clock


def test_a_value_is_remembered_until_its_seconds_are_over():
    cache, clock = a_cache()
    cache.put("a", 1, seconds=5)

    clock.now = 4.999
    assert cache.get("a") == 1
    clock.now = 5.0
    assert cache.get("a") is None


def test_the_oldest_goes_when_there_is_no_room():
    cache, _ = a_cache(size=3)
    for number, name in enumerate("abcd"):
        cache.put(name, number, seconds=5)

    assert [cache.get(name) for name in "abcd"] == [None, 1, 2, 3]


def test_a_value_put_again_is_young_again():
    cache, _ = a_cache(size=2)
    for name in ("a", "b", "a", "c"):
        cache.put(name, 1, seconds=5)

    assert [cache.get(name) for name in "abc"] == [1, None, 1]


def test_what_is_dropped_is_forgotten():
    cache, _ = a_cache()
    cache.put("a", 1, seconds=5)
    cache.drop("a")
    cache.drop("never there")

    assert cache.get("a") is None
