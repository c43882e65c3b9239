"""gunicorn's entry: the app of this process's environment; nothing else."""

from __future__ import annotations

import os

from decider.app import create_app_or_exit

app = create_app_or_exit(os.environ)
