# The action as the runner starts it: `docker run` from any directory, as root, with the job's environment.
# A build without a registry names another base: docker build --build-arg BASE_IMAGE=...
ARG BASE_IMAGE=python:3.13-slim-trixie@sha256:9d2e5553305c7c7b0097999bb17187c69b921ccd6bc9d40e4bb5ebe652c00285

# Everything that is only needed to build stays in this stage.
# hadolint ignore=DL3006
FROM ${BASE_IMAGE} AS build
WORKDIR /build
COPY requirements.txt ./
RUN python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-cache-dir --no-compile \
    --no-deps --require-hashes --only-binary=:all: --target /product/opt/rollback --requirement requirements.txt
COPY scripts/assemble_image.py ./
COPY entrypoint.py /product/opt/rollback/
COPY rollback /product/opt/rollback/rollback
# Prunes what no rollback uses, and compiles what is left, with the parts of the standard library that it imports.
RUN python assemble_image.py /product

# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
# The base brings pip, and a copy of pip to install pip from; a running action installs nothing.
RUN python -B -c "import os, shutil, ensurepip, pip; [shutil.rmtree(os.path.dirname(m.__file__)) for m in (ensurepip, pip)]" \
    && rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/site-packages/pip-*
COPY --from=build /product /

ARG VERSION=development
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="rollback" \
      org.opencontainers.image.description="Brings a failed AWS deployment back to the last known good" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# For whoever starts another program in this image; the entrypoint has -u.
ENV PYTHONUNBUFFERED=1

# Root stays: the runner mounts the workspace and its command files so that no other user can write them.
# -E and -s: a job's PYTHONPATH or PYTHONWARNINGS is meant for the job's code, and must not reach this one.
ENTRYPOINT ["/usr/local/bin/python", "-E", "-s", "-u", "/opt/rollback/entrypoint.py"]
