"""What gunicorn serves: `gunicorn -c deploy/gunicorn.conf.py webapp.wsgi:app`."""

from __future__ import annotations

from webapp import create_app

app = create_app()
