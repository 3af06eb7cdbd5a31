"""The form in which events and chains are put into order."""

from typing import Final

from wtforms import BooleanField, SelectMultipleField, StringField

from authsms.logon.overdue import OverdueRule
from authsms.logon.selection import Selection
from authsms.portals.admin.frame import AdminForm

_LONGEST: Final = 200
_MOST: Final = 90
_MINUTE_DIGITS: Final = 6


class ArrangeForm(AdminForm):
    """What events and chains have in common: a list in its order, and which lines of it count.

    ``order`` holds all lines as they stand, ``chosen`` those that are ticked; ``move`` is the button that was pressed
    to move a line, ``up:name`` or ``down:name``.
    """

    name = StringField()
    title = StringField()
    label = StringField()
    overdue = StringField()
    selection = StringField()
    seen = StringField()
    order = SelectMultipleField(validate_choice=False)
    chosen = SelectMultipleField(validate_choice=False)
    endpoint = SelectMultipleField(validate_choice=False)
    groups = StringField()
    supplement = BooleanField()
    required = StringField()
    grace_minutes = StringField()
    move = StringField()

    def text(self, field: str, longest: int = _LONGEST) -> str:
        """Return what was typed."""
        return str(self[field].data or "").strip()[:longest]

    def overdue_rule(self) -> OverdueRule:
        """Return what becomes of passwords that have to be changed; whatever is none of the choices refuses them."""
        word = self.text("overdue")
        return OverdueRule(word) if word in set(OverdueRule) else OverdueRule.DENY

    def chosen_selection(self) -> Selection:
        """Return whether people choose among the chains; whatever is none of the choices leaves it to them."""
        word = self.text("selection")
        return Selection(word) if word in set(Selection) else Selection.OPTIONAL

    def minutes(self) -> int:
        """Return for how many minutes another chain unlocks this one; 0 for what is no whole number."""
        typed = self.text("grace_minutes", _MINUTE_DIGITS)
        return int(typed) if typed.isascii() and typed.isdigit() else 0

    def lines(self) -> list[str]:
        """Return all lines in their order, one of them moved when its button was pressed."""
        order = [str(one)[:_LONGEST] for one in self.order.data or ()][:_MOST]
        direction, _, name = self.text("move").partition(":")
        if name in order:
            place = order.index(name)
            other = place - 1 if direction == "up" else place + 1
            if 0 <= other < len(order):
                order[place], order[other] = order[other], order[place]
        return order

    def picked(self) -> tuple[str, ...]:
        """Return the ticked lines in their order."""
        chosen = set(self.chosen.data or ())
        return tuple(dict.fromkeys(line for line in self.lines() if line in chosen))
