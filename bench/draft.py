"""CPU of conflicts and draft for a case with ten inputs: goal at most 50 ms together.

    .venv/bin/python bench/draft.py [--profile]

Cases: the largest invented case with every question of all ten forms answered, and twenty cases filled at random with
a fixed seed. Prints the best and the median of twenty runs in one warm process; nothing is read from a database.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mdtapp.opinions.conflicts import evaluate, evaluate_outside
from mdtapp.opinions.draft import build_draft
from mdtapp.opinions.facts import CaseFacts
from tests.opinions.generated_cases import case_of
from tests.opinions.test_draft import ALL_TEN

GOAL_MS = 50
RUNS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    arguments = parser.parse_args()
    cases = json.loads((ROOT / "tests/data/demo_cases.json").read_text("utf-8"))["cases"]
    full = {**next(case for case in cases if case["id"] == "DEMO-07"), "inputs": ALL_TEN}
    drawn = [case_of(seed) for seed in range(500)]
    drawn = sorted(drawn, key=lambda case: -len(json.dumps(case["inputs"])))[:20]
    print(f"{'case':<28}{'inputs':>7}{'statements':>12}{'best ms':>10}{'median ms':>11}")
    worst = max(measure("every question answered", full), *(measure(case["id"], case) for case in drawn))
    for case in cases:
        measure(case["id"], case)
    print(
        f"goal {GOAL_MS} ms of CPU: {'reached' if worst <= GOAL_MS else 'MISSED'} (slowest median {worst:.1f} ms)"
    )
    if arguments.profile:
        profile(full)
    sys.exit(worst > GOAL_MS)


def work(case: dict[str, Any]) -> int:
    """Conflicts of the panel and of the home plan, then the draft; how many statements it has."""
    facts = CaseFacts.from_json(case)
    evaluate(facts)
    evaluate_outside(facts)
    revisions = dict.fromkeys(case["inputs"], 1)
    draft = build_draft(facts, revisions, case["materials"], [], case.get("consensus"))
    return sum(len(section["statements"]) for section in draft.as_json()["sections"])


def measure(name: str, case: dict[str, Any]) -> float:
    statements, spent = work(case), []
    for _ in range(RUNS):
        begun = time.process_time()
        work(case)
        spent.append((time.process_time() - begun) * 1000)
    median = statistics.median(spent)
    print(f"{name:<28}{len(case['inputs']):>7}{statements:>12}{min(spent):>10.1f}{median:>11.1f}")
    return median


def profile(case: dict[str, Any]) -> None:
    with cProfile.Profile() as recorded:
        for _ in range(RUNS):
            work(case)
    pstats.Stats(recorded).sort_stats("tottime").print_stats(20)


if __name__ == "__main__":
    main()
