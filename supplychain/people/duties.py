"""What the people and machines of a party may do in its name.

A party's licence says what the *party* may do; its duties say which of its people may do it. A person has one or more
of four: the *operator* does the daily work; the *responsible person* (in EU law the Responsible or Qualified Person)
answers for it, recalls goods, and says who else is let in; the *key holder* keeps the party's own key and signs with
it; the *auditor* looks at everything and does nothing, and therefore has no other duty beside.

A machine has an API key instead, with scopes: `read`, a kind of act such as `trade`, or a single act such as `ship`.

An act that is not listed here is daily work. Whoever adds one that is not, adds it to `KIND_OF`.

>>> [breach.code for breach in guard_act(person([Duty.AUDITOR]), "ship")]
['DUTY_MISSING']
>>> guard_act(person([Duty.OPERATOR]), "ship"), guard_act(machine(["read", "ship"]), "ship")
([], [])
>>> [breach.code for breach in guard_act(machine(["read", "ship"]), "dispense")]
['SCOPE_MISSING']

Source: domain rules 1.3; Directive 2001/83/EC articles 48 and 79 for the persons.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from supplychain.lifecycle import Breach


class Duty(StrEnum):
    """What a person does for a party. The values are stored."""

    OPERATOR = "operator"
    RESPONSIBLE = "responsible_person"
    KEY_HOLDER = "key_holder"
    AUDITOR = "auditor"


class Kind(StrEnum):
    """Acts that go together: who may do one of them may do all. The values are scopes of API keys."""

    TRADE = "trade"  # what happens to goods every day, and the master data for it
    RECALL = "recall"  # proposing, approving, narrowing and lifting recalls and withdrawals
    ADMIT = "admit"  # letting parties into the log
    KEYS = "keys"  # bringing in, rotating and revoking signing keys
    SIGN = "sign"  # handing in signatures for what was drafted
    PEOPLE = "people"  # members of the party, and its API keys


READ = "read"
DUTIES_OF: Mapping[Kind, frozenset[Duty]] = {
    Kind.TRADE: frozenset({Duty.OPERATOR, Duty.RESPONSIBLE}),
    Kind.RECALL: frozenset({Duty.RESPONSIBLE}),
    Kind.ADMIT: frozenset({Duty.RESPONSIBLE}),
    Kind.KEYS: frozenset({Duty.RESPONSIBLE, Duty.KEY_HOLDER}),
    Kind.SIGN: frozenset({Duty.KEY_HOLDER}),
    Kind.PEOPLE: frozenset({Duty.RESPONSIBLE}),
}
# Acts and registrations by the name that they are decorated with. What is missing here is TRADE.
KIND_OF: Mapping[str, Kind] = {
    "propose_recall": Kind.RECALL,
    "narrow_recall": Kind.RECALL,
    "lift_recall": Kind.RECALL,
    "approve_recall": Kind.RECALL,
    "drop_proposal": Kind.RECALL,
    "set_approvals": Kind.ADMIT,
    "register_party": Kind.ADMIT,
    "admit_key": Kind.KEYS,
    "rotate_key": Kind.KEYS,
    "recover_key": Kind.KEYS,
    "revoke_key": Kind.KEYS,
    "invite_member": Kind.PEOPLE,
    "change_duties": Kind.PEOPLE,
    "remove_member": Kind.PEOPLE,
    "withdraw_invitation": Kind.PEOPLE,
    "grant_api_key": Kind.PEOPLE,
    "revoke_api_key": Kind.PEOPLE,
}
# No machine lets people in: a stolen key could otherwise make itself friends that outlive it.
KINDS_OF_MACHINES = frozenset(Kind) - {Kind.PEOPLE}


@dataclass(frozen=True, slots=True)
class Grants:
    """What the caller may do: a person by `duties`, a machine by `scopes` (None: it is no machine)."""

    duties: frozenset[Duty] = frozenset()
    scopes: frozenset[str] | None = None

    @property
    def may_read(self) -> bool:
        """Every member of a party may look; a machine needs the scope."""
        return self.scopes is None or READ in self.scopes

    @property
    def may_act(self) -> bool:
        """Whether there is any act at all that these grants are enough for."""
        return bool(self.duties - {Duty.AUDITOR} if self.scopes is None else self.scopes - {READ})


def person(duties: Iterable[str]) -> Grants:
    """The grants of a member with these duties. A word that is none, from some later version, grants nothing."""
    known = set(Duty)
    return Grants(frozenset(Duty(one) for one in duties if one in known))


def machine(scopes: Iterable[str]) -> Grants:
    """The grants of an API key."""
    return Grants(scopes=frozenset(scopes))


def kind_of(act: str) -> Kind:
    """The kind of an act or registration."""
    return KIND_OF.get(act, Kind.TRADE)


def may_do(grants: Grants, kind: Kind, act: str = "") -> bool:
    """Whether these grants are enough for an act of this kind; without `act`, for all acts of the kind."""
    if grants.scopes is None:
        return bool(DUTIES_OF[kind] & grants.duties)
    return kind in KINDS_OF_MACHINES and bool(grants.scopes & {kind.value, act})


def guard_act(grants: Grants, act: str, *, is_signing: bool = False) -> list[Breach]:
    """The caller may do `act`. With `is_signing` it hands in signatures for what somebody else was free to draft."""
    kind = Kind.SIGN if is_signing else kind_of(act)
    if may_do(grants, kind, "" if is_signing else act):
        return []
    if grants.scopes is not None:
        have = ", ".join(sorted(grants.scopes)) or "none"
        return [Breach("SCOPE_MISSING", "", f"This API key may not do {act!r}: it needs scope {kind}; its are {have}")]
    need = " or ".join(sorted(DUTIES_OF[kind]))
    have = ", ".join(sorted(grants.duties)) or "no duty"
    return [Breach("DUTY_MISSING", "", f"{act!r} is for the {need} of a party; you are {have} in yours")]


def guard_duties(duties: Collection[str]) -> list[Breach]:
    """`duties` are known ones, at least one, and an auditor has no other: nobody audits what he did himself."""
    if unknown := sorted(set(duties) - set(Duty)):
        return [Breach("UNKNOWN_DUTY", "", f"Duty {unknown[0]!r}: expected one of {', '.join(Duty)}")]
    if not duties:
        return [Breach("DUTY_EMPTY", "", f"No duty: expected one or more of {', '.join(Duty)}")]
    if Duty.AUDITOR in duties and len(set(duties)) > 1:
        return [Breach("DUTY_CONFLICT", "", "An auditor has no other duty: nobody audits what he did himself")]
    return []


def guard_last_responsible(*, others: int, duties: Collection[str] = ()) -> list[Breach]:
    """A party keeps a responsible person. `others` counts those beside the member that changes to `duties` or goes."""
    if others or Duty.RESPONSIBLE in duties:
        return []
    return [Breach("LAST_RESPONSIBLE", "", "This is the party's only responsible person: name another one first")]


def guard_scopes(scopes: Collection[str], acts: Collection[str]) -> list[Breach]:
    """`scopes` are `read`, kinds that machines may have, or names of known `acts`; at least one."""
    if not scopes:
        return [Breach("SCOPE_EMPTY", "", "No scope: an API key needs at least one, such as read")]
    open_acts = {one for one in acts if kind_of(one) in KINDS_OF_MACHINES}
    if unknown := sorted(set(scopes) - {READ, *KINDS_OF_MACHINES} - open_acts):
        kinds = ", ".join(sorted(KINDS_OF_MACHINES))
        return [Breach("UNKNOWN_SCOPE", "", f"Scope {unknown[0]!r}: expected read, {kinds}, or the name of an act")]
    return []
