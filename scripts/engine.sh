#!/usr/bin/env bash
# Makes sure that a Docker engine answers, and says how it got one.
#   exit 0: it answers    exit 3: none can be had here (not root, or no apt-get)    else: setting it up failed
# Where none runs, Debian's engine is installed and started without a bridge and without iptables, which also works
# in machines that are containers themselves; builds and runs then use the host's network.
set -euo pipefail

if docker info >/dev/null 2>&1; then
  echo "A Docker engine answers: $(docker version --format '{{.Server.Version}}')"
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "No Docker engine answers, and one can only be installed as root on Debian or Ubuntu." >&2
  exit 3
fi

if ! command -v dockerd >/dev/null; then
  echo "Installing Debian's Docker engine ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io >/dev/null
fi

log=$(mktemp -t dockerd.XXXXXX.log)
# In a session of its own, and holding none of our descriptors: it outlives this script.
setsid dockerd --iptables=false --ip6tables=false --bridge=none </dev/null >"$log" 2>&1 &
for _ in $(seq 60); do
  if docker info >/dev/null 2>&1; then
    echo "Started a Docker engine: $(docker version --format '{{.Server.Version}}')"
    exit 0
  fi
  sleep 0.5
done
echo "The Docker engine did not start; its last lines:" >&2
tail -n 20 "$log" >&2
exit 1
