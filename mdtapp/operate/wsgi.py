"""What the web server loads: the application for the environment's settings."""

from __future__ import annotations

from mdtapp.app import create_app, quiet_libraries
from mdtapp.config import Settings

quiet_libraries()
application = create_app(Settings.from_environment())
