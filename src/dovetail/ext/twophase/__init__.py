"""Two-phase transactions that a crash leaves neither half done nor undecided."""

from .decision_log import DecisionLog as DecisionLog
from .recovery import Recovered as Recovered
