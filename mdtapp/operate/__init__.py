"""Running, keeping and examining an installation."""

from mdtapp.operate.doctor import examine
from mdtapp.operate.keeping import backup, restore
from mdtapp.operate.processes import intake_of, run_all, run_gateway, run_web, run_worker

__all__ = ["backup", "examine", "intake_of", "restore", "run_all", "run_gateway", "run_web", "run_worker"]
