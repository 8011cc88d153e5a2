"""The tour tells its steps one by one, and goes on after a problem."""

from __future__ import annotations

from marketplace_tui.model.tour import STEPS, Told, TourModel
from marketplace_tui.screens.everywhere.tour import tour_lines
from marketplace_tui.text.lines import plain, width_of


class Scripted(TourModel):
    """A tour without a marketplace."""

    def __init__(self) -> None:
        self.position, self.running, self.told, self.flow, self.problem = 0, False, None, None, ""


def text_of(model: TourModel) -> str:
    return "\n".join(plain(line) for line in tour_lines(model, 78))


def test_each_step_explains_before_it_happens_and_tells_afterwards() -> None:
    model = Scripted()
    for position, step in enumerate(STEPS):
        model.position, model.told = position, None
        assert step.title in text_of(model)
        assert "n makes it happen" in text_of(model)
        model.told = Told(("The order is PAID.",), "o-1")
        assert "The order is PAID." in text_of(model)
    model.position = len(STEPS)
    assert "That was the tour" in text_of(model)


def test_a_problem_is_said_and_the_step_can_be_tried_again() -> None:
    model = Scripted()
    model.problem = "no marketplace at http://127.0.0.1:1"
    assert "no marketplace" in text_of(model)
    assert "n makes it happen" in text_of(model)


def test_no_line_is_wider_than_the_screen() -> None:
    model = Scripted()
    for position in range(len(STEPS) + 1):
        model.position = position
        assert max(width_of(line) for line in tour_lines(model, 60)) <= 60
