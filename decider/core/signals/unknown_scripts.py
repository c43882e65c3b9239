"""Out of nowhere to a script that this site has not been seen to serve: ``/wawa.php`` as the first request.

Web shells and droppers get new names every day, so no list has them all. People come to a script by a link or
have been led by pages before; and what the site serves to them is learned within minutes. Where the site has
no such technology at all (PHP on a Django site), one request is nearly enough.
"""

from __future__ import annotations

from collections.abc import Mapping

from decider.core.evidence import Evidence
from decider.core.policy import Ramp
from decider.core.request_traits import ScriptDoubt
from decider.core.signals.signal import Signal

SHARE_OF_DOUBT = {ScriptDoubt.NONE: 0.0, ScriptDoubt.UNKNOWN: 0.76, ScriptDoubt.FOREIGN: 1.0}


def measure(evidence: Evidence, _ramps: Mapping[str, Ramp]) -> float:
    """The doubt about the script, as long as nothing on the site has led the client anywhere."""
    request = evidence.request
    if request is None or evidence.guided_day:
        return 0.0
    return SHARE_OF_DOUBT[request.script]


def phrase(evidence: Evidence) -> str:
    """As people say it."""
    doubt = ScriptDoubt.NONE if evidence.request is None else evidence.request.script
    if doubt is ScriptDoubt.FOREIGN:
        return "asks out of nowhere for a kind of script that this site does not have"
    return "asks out of nowhere for a script that is not known here" if doubt else "no unknown script"


UNKNOWN_SCRIPTS = Signal("unknown_scripts", (), measure, phrase)
