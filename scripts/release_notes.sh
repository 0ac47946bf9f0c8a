#!/usr/bin/env bash
# Prints what CHANGELOG.md says of a version: scripts/release_notes.sh v1.4.0
# Fails where pyproject.toml has another version, or the changelog has nothing to say of this one.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1#v}
grep --quiet --fixed-strings --line-regexp "version = \"$version\"" pyproject.toml || {
  echo "pyproject.toml has another version than $version" >&2
  exit 1
}
notes=$(awk -v version="$version" '
  /^## / { inside = ($2 == version || $2 == "[" version "]"); next }
  inside { print }
' CHANGELOG.md)
[[ $notes =~ [^[:space:]] ]] || { echo "CHANGELOG.md has no section \"## $version\", or an empty one" >&2; exit 1; }
echo "$notes"
