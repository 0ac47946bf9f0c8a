#!/usr/bin/env bash
# Builds the image as the runner would, then prints its size and how soon it calls AWS: scripts/image.sh [name]
set -euo pipefail
cd "$(dirname "$0")/.."

image=${1:-rollback:local}
docker info >/dev/null 2>&1 || {
  echo "No Docker engine answers. As root on Debian or Ubuntu, scripts/engine.sh sets one up." >&2
  exit 1
}
base=$(scripts/base_image.sh)
options=(--build-arg "BASE_IMAGE=$base" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
# An engine without a bridge builds on the host's network.
docker network inspect bridge >/dev/null 2>&1 || options+=(--network host)

echo "Building $image on $base"
docker build --quiet --tag "$image" "${options[@]}" . 2> >(grep -v -e '^DEPRECATED' -e 'buildx' -e '^ *$' >&2)
.venv/bin/python scripts/measure_image.py "$image" "$base"
