from __future__ import annotations

import threading

from backend.core.shared_property import shared_property


class Square:
    def __init__(self, side: int) -> None:
        self.side = side
        self.computed = 0

    @shared_property
    def area(self) -> int:
        """Side times side."""
        self.computed += 1
        return self.side**2


def test_it_is_computed_once_for_each_object() -> None:
    one, two = Square(2), Square(3)
    assert (one.area, one.area, two.area) == (4, 4, 9)
    assert (one.computed, two.computed) == (1, 1)
    assert Square.area.__doc__ == "Side times side."


def test_many_threads_get_the_same_value() -> None:
    made: list[object] = []
    ready = threading.Barrier(8)

    class Slow:
        @shared_property
        def value(self) -> object:
            ready_again.wait(0.2)
            made.append(object())
            return made[-1]

    ready_again, slow = threading.Event(), Slow()
    seen: list[object] = []

    def ask() -> None:
        ready.wait()
        seen.append(slow.value)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1 and seen == made * 8
