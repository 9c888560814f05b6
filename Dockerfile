# The server in a container: every package as the lock has it, checked by its hash; no root; the data on a volume.
#
#   docker build -t supply-ledger .
#   docker run --rm -v ledger-data:/data supply-ledger keys create chief --scope admin
#   docker run -d --name ledger --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -v ledger-data:/data supply-ledger
#   docker exec ledger supply-ledger backup /data/ledger-$(date +%F).backup
#
# It speaks plain HTTP and is meant to stand behind a proxy that speaks TLS, which SUPPLY_LEDGER_PROXIES names; the
# names that it is reached by go into SUPPLY_LEDGER_HOSTS. A base with another version: change both lines that say FROM.

FROM python:3.13.9-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock ./
# What lies in /wheels afterwards is what the lock says, byte for byte. Everything after this line works offline.
RUN python -m pip download --require-hashes --only-binary :all: --requirement requirements.lock --dest /wheels
COPY pyproject.toml README.md LICENSE ./
COPY ledger ledger
COPY projections projections
COPY api api
RUN python -m venv /tools \
    && /tools/bin/python -m pip install --no-index --find-links /wheels hatchling \
    && /tools/bin/python -m hatchling build -t wheel -d /dist
# Only what the program needs goes in, not what it is tested with.
RUN python -m venv /venv \
    && /venv/bin/python -m pip install --no-index --find-links /wheels /dist/*.whl \
    && /venv/bin/python -m pip uninstall --yes pip

FROM python:3.13.9-slim-trixie
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin ledger \
    && install --directory --mode 0700 --owner ledger --group ledger /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 SUPPLY_LEDGER_DATA=/data
USER ledger
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["supply-ledger"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--log-format", "json"]
