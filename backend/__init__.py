"""Cunbao (村报): employment reporting and pension certification for villages."""

import os

# Piccolo looks its engine up by this name, wherever the process was started from.
os.environ.setdefault("PICCOLO_CONF", "backend.piccolo_conf")
