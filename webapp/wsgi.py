"""What gunicorn serves: `gunicorn -c deploy/gunicorn.conf.py webapp.wsgi:app`."""

from __future__ import annotations

import gc

from webapp import create_app

app = create_app()
if app.extensions["redis"]:
    app.extensions["redis"].start()

# What start-up made stays for good: a full collection that looks at it all again would stop the
# live streams for some 50 ms, and for half of that without it.
gc.collect()
gc.freeze()
