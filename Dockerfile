# Debian's C library, not musl: the wheels of the lock file have no musl builds.
FROM python:3.12-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
RUN pip install --no-cache-dir "uv>=0.8,<1"
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --extra pdf

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin outcry \
    && install -d -o outcry -g outcry -m 0700 /var/lib/outcry /keys /keys-web
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_NUM_THREADS=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    OUTCRY_STATE_DIR=/var/lib/outcry \
    OUTCRY_PROCESS=web \
    OUTCRY_KEY_RING=/keys-web/keyring-web.json
USER outcry
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off", "--no-access-log", "--timeout-graceful-shutdown", "5"]
