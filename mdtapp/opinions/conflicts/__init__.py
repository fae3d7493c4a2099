"""Rules that name contradictions between inputs. Pure Python."""

from mdtapp.opinions.conflicts.evaluation import RULES, evaluate, evaluate_outside
from mdtapp.opinions.conflicts.rule import Firing, Resolution, Rule, Severity

__all__ = ["RULES", "Firing", "Resolution", "Rule", "Severity", "evaluate", "evaluate_outside"]
