"""One roll: from the settled request to takes in the store. The only way a request becomes a picture.

Its two halves are `sending` and `collecting`. Does not know the plan, nor why the takes are wanted.
"""

from __future__ import annotations

from shotpilot_pipeline.engine.collecting import RollEnd, collect_roll
from shotpilot_pipeline.engine.desk import RollDesk
from shotpilot_pipeline.engine.faults import is_about_the_run, may_pass
from shotpilot_pipeline.engine.sending import send
from shotpilot_pipeline.engine.shop import Roll
from shotpilot_pipeline.errors import BudgetReached, ShotpilotError
from shotpilot_pipeline.values.event import Note

MOST_NEW_ROLLS = 2  # after a failure that is the service's own and unbilled
_PAUSE = 2.0  # seconds before the first of them; doubled for the second


async def carry_roll(roll: Roll, desk: RollDesk) -> RollEnd:
    """Send one roll and keep what it brings. A fault is part of the answer; what came before it is kept.

    A roll that ended by the service's own stumbling is followed by a new one, at most twice. After a fault that is
    about the run, and not about this one request, `desk.halt` keeps further rolls back.
    """
    end = await _carry_once(roll, desk)
    for again in range(MOST_NEW_ROLLS):
        if not may_pass(end.fault) or end.takes or desk.halt is not None:
            break
        desk.tell(Note(roll.address, f"{end.fault}; nothing was billed: sending a new request"))
        await desk.shop.sleep(_PAUSE * 2**again)
        end = await _carry_once(roll, desk)
    return end


async def _carry_once(roll: Roll, desk: RollDesk) -> RollEnd:
    if desk.halt is not None:
        return RollEnd((), desk.halt)
    try:
        sent = await send(roll, desk)
    except ShotpilotError as error:
        if is_about_the_run(error):
            desk.stop(error)
        elif isinstance(error, BudgetReached):
            desk.meet(error)
        return RollEnd((), error)
    return await collect_roll(roll, sent, desk)
