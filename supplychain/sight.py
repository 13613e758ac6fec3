"""How much of another party's business a reader may see: the policy of visibility as pure decisions.

There are three degrees, each of which contains the one before. Everybody learns of a step in which *role* and *country*
it was done, and on which *day*. Whoever acts for a party also gets the *commitments*: what the author signed, which
names the author and opens nothing. The event is seen *whole* by its author, by the party at the other end of it (one
up, one down), and by a regulator.

`visibility.py` says the same as database queries; a test holds the two against each other.

>>> maker, wholesaler, pharmacy = Reader(1), Reader(2), Reader(3)
>>> [sight_of_event(one, author=1, counterparty=2).name for one in (maker, wholesaler, pharmacy, STRANGER)]
['WHOLE', 'WHOLE', 'COMMITMENTS', 'OUTLINE']

Source: design section 4 (Visibility); domain rules section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Sight(IntEnum):
    """How much a reader sees. Greater contains less."""

    OUTLINE = 1  # role, country and day
    COMMITMENTS = 2  # the signed statement: author, clear fields, digests of the rest
    WHOLE = 3  # the event, and the secret that opens the commitments


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks. `party` is the key of the party that it acts for; None for the public."""

    party: int | None
    is_regulator: bool = False

    def is_one_of(self, *parties: int | None) -> bool:
        """Whether it acts for one of `parties`. The public is nobody's, also where no party is named."""
        return self.party is not None and self.party in parties


STRANGER = Reader(None)


def sight_of_event(reader: Reader, *, author: int, counterparty: int | None) -> Sight:
    """What `reader` sees of an event that `author` stated towards `counterparty`, if there was one."""
    if reader.is_regulator or reader.is_one_of(author, counterparty):
        return Sight.WHOLE
    return Sight.OUTLINE if reader.party is None else Sight.COMMITMENTS


def names_holder(reader: Reader, *, holder: int) -> bool:
    """Whether `reader` learns by name who has goods. To whom a partner sold them on is the partner's business."""
    return reader.is_regulator or reader.is_one_of(holder)


def opens_unit(reader: Reader, *, holder: int | None, addressee: int | None) -> bool:
    """Whether `reader` may know what is in a unit: whoever has the outermost unit around it may, and its addressee."""
    return reader.is_regulator or reader.is_one_of(holder, addressee)


def owns_or_oversees(reader: Reader, *, owner: int | None) -> bool:
    """Whether `reader` sees a record that belongs to one party: a product, a batch's numbers, a refusal."""
    return reader.is_regulator or reader.is_one_of(owner)


def pedigree_length(reader: Reader, steps: Sequence[tuple[int, int | None]], *, born: int = 1) -> int:
    """How many of a pack's `steps`, (author, counterparty) each and oldest first, its pedigree shows to `reader`.

    `born` counts the steps up to the one that brought the pack into being. A regulator gets all of them. A party gets
    the way of the goods up to the last step that it had a part in: who had them before is what a buyer must be able to
    check, to whom they went on is not the seller's to know. Everybody else gets the steps up to `born`, the maker's
    own: every signed statement names its author, the maker's name stands on the box, and all other names are not for
    the public.
    """
    if reader.is_regulator:
        return len(steps)
    own = [at for at, step in enumerate(steps) if reader.is_one_of(*step)]
    return min(max([born, *(at + 1 for at in own)]), len(steps))
