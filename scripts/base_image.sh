#!/usr/bin/env bash
# Prints the base image to build on: the Dockerfile's own where it is there or can be pulled, else a stand-in made from
# Debian's packages: the same Debian and the same minor version of Python, laid out like the official image as far as
# the Dockerfile can see (`python` in /usr/local/bin, no bytecode). Another one: BASE_IMAGE=name.
set -euo pipefail
cd "$(dirname "$0")/.."

declared=$(sed -n 's/^ARG BASE_IMAGE=//p' Dockerfile)
stand_in=rollback-base:stand-in

if [ -n "${BASE_IMAGE:-}" ]; then
  echo "$BASE_IMAGE"
elif docker image inspect "$declared" >/dev/null 2>&1 || timeout 180 docker pull --quiet "$declared" >/dev/null 2>&1; then
  echo "$declared"
elif docker image inspect "$stand_in" >/dev/null 2>&1; then
  echo "$stand_in"
else
  echo "$declared cannot be pulled: making a stand-in from Debian's packages ..." >&2
  if ! command -v mmdebstrap >/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "That needs mmdebstrap (apt-get install mmdebstrap)." >&2
      exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
  fi
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mmdebstrap --quiet --variant=apt --include=python3,python3-pip,python3-venv,ca-certificates trixie "$work/rootfs.tar" >&2
  docker import "$work/rootfs.tar" "$stand_in-bare" >/dev/null
  # This machine's certificates too: a package index may be behind a proxy that has its own.
  mkdir "$work/context"
  cp /etc/ssl/certs/ca-certificates.crt "$work/context/"
  docker build --quiet --tag "$stand_in" --file - "$work/context" >/dev/null <<DOCKERFILE
FROM $stand_in-bare
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s /usr/bin/python3 /usr/local/bin/python && find /usr/lib -name '*.pyc' -delete
DOCKERFILE
  echo "$stand_in"
fi
