# The platform's one image: web, worker, scheduler, migrations, sandbox provider and demonstration receiver differ in their command.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    DJANGO_SETTINGS_MODULE=kyc_platform.settings

WORKDIR /srv/kyc
COPY requirements.lock ./
RUN pip install --require-hashes --no-deps -r requirements.lock

RUN useradd --system --uid 10001 --home-dir /srv/kyc --shell /usr/sbin/nologin kyc \
    && install -d -o kyc -g kyc -m 700 /var/lib/kyc /var/lib/kyc-metrics
COPY . .

USER kyc
EXPOSE 8000
# Workers as cores (GRANIAN_WORKERS) and one blocking thread each: docs/PERFORMANCE.md.
CMD ["python", "-m", "granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
     "--blocking-threads", "1", "--respawn-failed-workers", "kyc_platform.wsgi:application"]
