# One image for the processes of ours: decider, recorder, dash_app and the sample shop; each service names its command.
FROM python:3.11.13-slim-bookworm

# a fixed number, so that volumes and the sockets shared with nginx can be given to it
ARG UID=10001
RUN useradd --uid "${UID}" --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin decider

WORKDIR /srv/decider
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

COPY decider ./decider
COPY dash_app ./dash_app
COPY load ./load

# compiled once here: the file systems are read-only when it runs
RUN python -m compileall -q decider dash_app load

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER decider
CMD ["python", "-m", "decider", "--help"]
