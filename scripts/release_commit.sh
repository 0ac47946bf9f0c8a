#!/usr/bin/env bash
# Makes the release commit of a version tag and points the tags at it: scripts/release_commit.sh v1.4.0 docker://IMAGE@sha256:...
# The commit's action.yml names the image by its digest, so that a job pulls what was tested instead of building anew.
# v1 and v1.4 move only if no newer release of their line exists.
set -euo pipefail

tag=$1 pinned=$2
[[ $tag =~ ^v([0-9]+)\.([0-9]+)\.[0-9]+$ ]] || { echo "$tag is no version tag" >&2; exit 1; }
major=v${BASH_REMATCH[1]}
minor=$major.${BASH_REMATCH[2]}
[[ $pinned =~ ^docker://[a-z0-9._/:-]+@sha256:[0-9a-f]{64}$ ]] || { echo "$pinned names no image by digest" >&2; exit 1; }

git checkout --quiet --detach "$tag^{commit}"
grep --quiet '^ *image: Dockerfile$' action.yml || { echo "$tag is released already: its action.yml names an image" >&2; exit 1; }
sed -i "s|^\( *image: \)Dockerfile$|\1$pinned|" action.yml
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "Release ${tag#v}" -- action.yml

newest_of() { git tag --list "$1.*" --sort=version:refname | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' | tail -n 1; }
refs=("+HEAD:refs/tags/$tag")
for line in "$major" "$minor"; do
  if [ "$(newest_of "$line")" = "$tag" ]; then refs+=("+HEAD:refs/tags/$line"); fi
done

if [ -n "${GH_TOKEN:-}" ]; then gh auth setup-git; fi
git push --atomic origin "${refs[@]}"
