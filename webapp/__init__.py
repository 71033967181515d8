"""The web application: the page, the live stream, the HTTP API and the command line.

`create_app` imports the rest only when it is called: gunicorn's master loads the worker class of
this package, and a worker patches the standard library before anything that uses it is imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings

# Read by OpenBLAS when numpy is loaded. Its threads double the CPU of our small products and gain
# nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application, its model loaded and warm.

    Parameters
    ----------
    settings : Settings, optional
        From the environment unless given.

    Raises
    ------
    webapp.settings.SettingsError
        A setting in the environment is wrong.
    models.BundleError
        The recogniser's bundle cannot be used.
    """
    from webapp.factory import build

    return build(settings)
