# Medtrail in a container. By itself it tries things out on SQLite, with secrets made on first run and kept in the volume:
#     docker build -t medtrail . && docker run -p 127.0.0.1:8000:8000 -v medtrail:/var/lib/medtrail medtrail
# In production compose.yaml runs the same image as web, worker and beat, on PostgreSQL and Valkey.

FROM python:3.11-slim-bookworm AS build
ENV VIRTUAL_ENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH \
    APP=/opt/medtrail \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/medtrail
RUN python -m venv "$VIRTUAL_ENV"
COPY requirements.lock ./
RUN pip install --quiet --require-hashes --only-binary :all: -r requirements.lock
COPY . ./
# The names of the files carry their hashes, as production wants them. The secrets of this step are forgotten with it.
RUN random() { python -c 'import secrets; print(secrets.token_urlsafe(64))'; } \
    && ENVIRONMENT=production PUBLIC_URL=https://build.invalid LOG_ORIGIN=build.invalid/log \
       SECRET_KEY="$(random)" MANAGED_KEY_SECRET="$(random)" \
       MEDTRAIL_HOME=/tmp/build STATIC_ROOT="$APP/collected" \
       python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/build \
    && python -m compileall -q "$APP" "$VIRTUAL_ENV"

FROM python:3.11-slim-bookworm
ENV VIRTUAL_ENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MEDTRAIL_HOME=/var/lib/medtrail \
    STATIC_ROOT=/opt/medtrail/collected
# A fixed number, so that owners of volumes stay the same over rebuilds. The signer's folder and public/ (what any web
# server may show) exist here because a new volume takes its owner from the folder that it covers.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/medtrail --shell /usr/sbin/nologin medtrail \
    && install -d -o medtrail -g medtrail -m 0750 /var/lib/medtrail \
    && install -d -o medtrail -g medtrail -m 0700 /var/lib/medtrail-signer \
    && install -d -o medtrail -g medtrail -m 0755 /var/lib/medtrail/public
WORKDIR /opt/medtrail
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/medtrail /opt/medtrail
USER 10001:10001
VOLUME /var/lib/medtrail
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
