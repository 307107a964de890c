# Any Debian-based image of Python 3.11 or newer will do; the tests run on 3.11.
ARG BASE=python:3.11-slim

# --- what the bot needs, compiled once ---
FROM ${BASE} AS build
WORKDIR /build
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-compile --ignore-installed --prefix /install \
        --require-hashes --only-binary :all: -r requirements.lock
COPY bot ./bot
# The running container cannot write bytecode, and without it every start takes twice as long. Unchecked: files in an
# image never change, and copying between stages may change their times.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /install bot

# --- what runs ---
FROM ${BASE}
LABEL org.opencontainers.image.title="Parley" \
      org.opencontainers.image.description="Reports who said what about a ceasefire or a territory, to Discord and Slack" \
      org.opencontainers.image.licenses="MIT"
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
# The default database is data/parley.db beside the code: here that is the volume.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /app --shell /usr/sbin/nologin parley \
    && mkdir /data \
    && chown parley:parley /data \
    && ln -s /data /app/data
COPY --from=build /install /usr/local
COPY --from=build /build/bot ./bot
COPY feeds.toml ./
# The lexicons read and checked, where the bytecode lies and for the same reason: half of every start else.
RUN PYTHONDONTWRITEBYTECODE="" python -c "from bot.lexicons import NONE, held_lexicon; held_lexicon(NONE)"
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8787
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "bot", "health"]
# The bot handles SIGTERM itself, also as process 1: it finishes what it is sending and ends in under five seconds.
CMD ["python", "-m", "bot", "run"]
