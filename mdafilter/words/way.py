"""Where tables of patterns send a message: of several actions one is in force (header_checks(5)). No word of Sieve.

    BCC             a copy to an address; each address once
    FILTER          all goes elsewhere first, the copies too
    REDIRECT        "overrides the FILTER action", and the copies go to that address too
    HOLD            nothing is sent anywhere until someone looks at the message
    REJECT DISCARD  nothing else is done

Each takes back what those above it have decided for this message, in this pass through its lines, and does nothing
where one below it was there before. What another rule file has decided stays.
"""

from __future__ import annotations

from mdafilter.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mdafilter.acts import Act
    from mdafilter.plan import Action, Scene

RANKS = {"BCC": 0, "FILTER": 1, "REDIRECT": 2, "HOLD": 3, "REJECT": 4, "DISCARD": 4}
_STATE = "the way that tables have chosen"


class _State:
    """What is in force. `first` of what is decided is the first that a table decided."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.rank = 0


def begin(scene: Scene) -> _State:
    """A pass through the lines of the message begins: nothing is chosen yet."""
    state = scene.looked[_STATE] = _State(len(scene.decided))
    return state


def _of(scene: Scene) -> _State:
    state = scene.looked.get(_STATE)
    return state if isinstance(state, _State) else begin(scene)


class Choose(Value):
    """Takes back what an action of this name overrules."""

    name: str

    def assign(self, scene: Scene) -> None:
        """Takes it back."""
        state, rank = _of(scene), RANKS[self.name]
        if rank > state.rank:
            del scene.decided[state.first :]
            state.rank = rank

    def describe(self) -> str:
        return f"{self.name} takes back what it overrules"


class Chosen(Value):
    """An action, where nothing overrules its name; once for the same act."""

    name: str
    action: Action

    def acts(self, scene: Scene) -> Sequence[Act]:
        """As the action's."""
        state = _of(scene)
        if RANKS[self.name] < state.rank:
            return ()
        known = {decided.act for decided in scene.decided[state.first :]}
        return [act for act in self.action.acts(scene) if act not in known]

    def describe(self) -> str:
        return self.action.describe()


WORDS = ()
