"""Looking for lost requests in the account's request list. Pure, but for the one call that reads the list.

A lost request is found by its exact body, inside its window, among ids the ledger does not know. The list may lag or
leave out what still runs, so absence proves nothing; several matches, or entries without their bodies, are left to a
person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from shotpilot_pipeline.queue.ledger.rows import LedgerRoll
from shotpilot_pipeline.values.digest import canonical_json

BEFORE = timedelta(seconds=120)  # how far this clock may be ahead of the service's (fal-api notes, lost requests)


class Verdict(StrEnum):
    """What the list says of a lost request."""

    ONE = "one"  # found: it may be adopted
    NONE = "none"  # not listed, which proves nothing
    SEVERAL = "several"  # more requests with this body than were lost
    BARE = "payloads missing"  # entries in the window came without their bodies, so a match cannot be told


class Found(NamedTuple):
    """What was found for one unknown roll. `request_ids`: the candidates, oldest first; one where it is ONE."""

    id: int  # of the roll
    verdict: Verdict
    request_ids: tuple[str, ...] = ()


class Lister(Protocol):
    """The one call of the client that the search needs."""

    async def requests(
        self, endpoint: str, *, start: str = "", end: str = "", payloads: bool = False, request_id: str = ""
    ) -> tuple[dict[str, Any], ...]:
        """The account's requests at `endpoint` since `start`, all pages."""


async def search(client: Lister, lost: Sequence[LedgerRoll], known: frozenset[str]) -> dict[int, Found]:
    """What became of each lost roll, by its number; one listing for each endpoint. Costs nothing.

    `known` are the ids the ledger has. Raises NotReached, RequestFailed or KeyOrBalance when the list cannot be read.
    """
    found: dict[int, Found] = {}
    for endpoint in dict.fromkeys(roll.endpoint for roll in lost):
        here = [roll for roll in lost if roll.endpoint == endpoint]
        listed = await client.requests(endpoint, start=min(map(window_start, here)), payloads=True)
        found |= match(here, listed, known)
    return found


def window_start(roll: LedgerRoll) -> str:
    """The earliest moment at which the service may have seen the roll, ISO 8601. A clock that was set back between
    intent and sending widens it."""
    begun = min(filter(None, (roll.intended_at, roll.sending_at)))
    return (_moment(begun) - BEFORE).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def match(lost: Sequence[LedgerRoll], listed: Iterable[Mapping[str, Any]], known: frozenset[str]) -> dict[int, Found]:
    """Match lost rolls of one endpoint with listed requests.

    Rolls with the same body are one group: their requests cannot be told apart and need not be, so each gets one, in
    the order sent, as long as no more are listed than were lost.
    """
    strange = {str(item["request_id"]): item for item in listed if _is_candidate(item, known)}
    groups: dict[str, list[LedgerRoll]] = {}
    for roll in sorted(lost, key=lambda roll: (roll.sending_at, roll.id)):
        groups.setdefault(canonical_json(roll.body), []).append(roll)
    found: dict[int, Found] = {}
    for body, rolls in groups.items():
        found |= _match_group(body, rolls, list(strange.values()))
    return found


def _match_group(body: str, rolls: Sequence[LedgerRoll], strange: Sequence[Mapping[str, Any]]) -> dict[int, Found]:
    start = min(map(window_start, rolls))
    inside = sorted((item for item in strange if _since(item, start)), key=lambda item: str(item.get("sent_at") or ""))
    same = [str(item["request_id"]) for item in inside if _body(item) == body]
    hinted = {roll.id: roll.hint for roll in rolls if roll.hint in same}
    if any(_body(item) is None for item in inside) and len(hinted) < len(rolls):
        return {roll.id: Found(roll.id, Verdict.BARE, tuple(same)) for roll in rolls}
    if len(same) > len(rolls) and len(hinted) < len(rolls):
        return {roll.id: Found(roll.id, Verdict.SEVERAL, tuple(same)) for roll in rolls}
    return _assigned(rolls, hinted, {str(item["request_id"]): item for item in inside}, same)


def _assigned(
    rolls: Sequence[LedgerRoll], hinted: Mapping[int, str], items: Mapping[str, Mapping[str, Any]], same: Sequence[str]
) -> dict[int, Found]:
    """One request to each roll: the one its answer let slip, else the oldest that its own window holds."""
    free = [request_id for request_id in same if request_id not in hinted.values()]
    found: dict[int, Found] = {}
    for roll in rolls:
        start = window_start(roll)
        choice = hinted.get(roll.id) or next((one for one in free if _since(items[one], start)), None)
        if choice is None:
            found[roll.id] = Found(roll.id, Verdict.NONE)
            continue
        if choice in free:
            free.remove(choice)
        found[roll.id] = Found(roll.id, Verdict.ONE, (choice,))
    return found


def _is_candidate(item: Mapping[str, Any], known: frozenset[str]) -> bool:
    request_id = item.get("request_id")
    return isinstance(request_id, str) and bool(request_id) and request_id not in known


def _body(item: Mapping[str, Any]) -> str | None:
    """The canonical body of a listed request; None where the list left it out."""
    sent = item.get("json_input")
    if not isinstance(sent, dict):
        return None
    try:
        return canonical_json(sent)
    except (ValueError, RecursionError):  # NaN, or nested without end: nothing we ever sent
        return ""


def _since(item: Mapping[str, Any], start: str) -> bool:
    """Whether a listed request was sent inside the window; one whose time cannot be read may have been."""
    try:
        return _moment(str(item.get("sent_at"))) >= _moment(start)
    except ValueError:
        return True


def _moment(text: str) -> datetime:
    """An ISO time; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
