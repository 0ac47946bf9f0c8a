#!/usr/bin/env bash
# Makes the release commit of a version and points its tags at it:
#   scripts/release_commit.sh v1.4.0 COMMIT docker://IMAGE@sha256:...
# COMMIT is the one that was tested and built; the tag's name is never asked for it. The release commit's action.yml names
# the image by its digest, so that a job pulls what was tested instead of building anew. A tag that was moved meanwhile is
# left alone, and nothing is published. v1 and v1.4 move only if no newer release of their line exists.
set -euo pipefail

tag=$1 commit=$2 pinned=$3
[[ $tag =~ ^v([0-9]+)\.([0-9]+)\.[0-9]+$ ]] || { echo "$tag is no version tag" >&2; exit 1; }
major=v${BASH_REMATCH[1]}
minor=$major.${BASH_REMATCH[2]}
[[ $commit =~ ^[0-9a-f]{40}$ ]] || { echo "$commit is no whole commit id" >&2; exit 1; }
[[ $pinned =~ ^docker://[a-z0-9._/:-]+@sha256:[0-9a-f]{64}$ ]] || { echo "$pinned names no image by digest" >&2; exit 1; }
if [ -n "${GH_TOKEN:-}" ]; then gh auth setup-git; fi

# The tag's own object, and for an annotated tag the commit behind it.
there=$(git ls-remote origin "refs/tags/$tag" "refs/tags/$tag^{}")
object=$(awk -v name="refs/tags/$tag" '$2 == name { print $1 }' <<< "$there")
behind=$(awk -v name="refs/tags/$tag^{}" '$2 == name { print $1 }' <<< "$there")
if [ "${behind:-$object}" != "$commit" ]; then
  echo "$tag now points to ${behind:-${object:-nothing}}, and $commit was built: nothing is published" >&2
  exit 1
fi

git checkout --quiet --detach "$commit"
grep --quiet '^ *image: Dockerfile$' action.yml || { echo "$tag is released already: its action.yml names an image" >&2; exit 1; }
sed -i "s|^\( *image: \)Dockerfile$|\1$pinned|" action.yml
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "Release ${tag#v}" -- action.yml

newest_of() { git tag --list "$1.*" --sort=version:refname | grep -E '^v[0-9]+\.[0-9]+\.[0-9]+$' | tail -n 1; }
refs=("HEAD:refs/tags/$tag")
for line in "$major" "$minor"; do
  if [ "$(newest_of "$line")" = "$tag" ]; then refs+=("+HEAD:refs/tags/$line"); fi
done

# The version's own tag moves only from what was just looked at.
git push --atomic --force-with-lease="refs/tags/$tag:$object" origin "${refs[@]}"
