"""Out of nowhere to a script that this site has not been seen to serve: ``/wawa.php`` as the first request.

Web shells and droppers get new names every day, so no list has them all. People come to a script by a link or
have been led by pages before; and what the site serves to them is learned within minutes. Where the site has
no such technology at all (PHP on a Django site), one request is nearly enough.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.agent import AgentKind
from decider.core.evidence import POLLED_ROUTES, Evidence
from decider.core.policy import Ramp
from decider.core.record_layout import DAY, Group, Sketch
from decider.core.request_traits import ScriptDoubt
from decider.core.signals.signal import Signal
from decider.core.tally import Tally

# an old browser from a VPN that opens a bookmark before anyone else did stays below the threshold
SHARE_OF_DOUBT = {ScriptDoubt.NONE: 0.0, ScriptDoubt.UNKNOWN: 0.66, ScriptDoubt.FOREIGN: 1.0}
SERVED_ENOUGH = 3.0  # good answers of a day to a program that asks for one or two scripts: it has its reasons
UNNAMED_SHARE = 0.76  # of a script that a program asks for without saying what it is
OPEN_SHARE = 0.25  # crawlers and apps come to scripts by links and settings of their own


def measure(evidence: Evidence, _ramps: Mapping[str, Ramp]) -> float:
    """The doubt about the script, as long as nothing on the site has led the client anywhere."""
    request = evidence.request
    if request is None or evidence.guided_day:
        return 0.0
    doubt = SHARE_OF_DOUBT[request.script]
    if not doubt or request.agent.kind is AgentKind.BROWSER:
        return doubt
    if _polls_what_is_there(evidence.tally):
        return 0.0
    return doubt * OPEN_SHARE if evidence.is_open else max(doubt, UNNAMED_SHARE)


def _polls_what_is_there(tally: Tally) -> bool:
    served, missing = tally.over(Group.SERVED, DAY), tally.over(Group.MISSING, DAY)
    return served >= SERVED_ENOUGH and not missing and tally.distinct(Sketch.ROUTES) <= POLLED_ROUTES


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    doubt = ScriptDoubt.NONE if evidence.request is None else evidence.request.script
    if doubt is ScriptDoubt.FOREIGN:
        return "asks out of nowhere for a kind of script that this site does not have"
    return "asks out of nowhere for a script that is not known here" if doubt else "no unknown script"


UNKNOWN_SCRIPTS = Signal("unknown_scripts", (), measure, phrase)
