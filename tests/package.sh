#!/usr/bin/env bash
# The Debian package where nothing else is installed: bash tests/package.sh FILE.deb
#
# Makes a bare Debian in a folder, installs the package there with what it depends on, and runs the program as a new
# user would: `undertone doctor`, the demo call, the manual page and the settings for everybody. Needs root, as apt does.
#
# Where this machine lets nobody make a bare Debian (a container without the right to change its root), that is said, and
# the package is unpacked into a folder and tried from there.
set -euo pipefail

package=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

fail() {
  printf 'package: %s\n' "$1" >&2
  exit 1
}

# A bare Debian in $root with the package in it.
bare_debian() {
  mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$root" &&
    cp -L /etc/resolv.conf "$root/etc/resolv.conf" &&
    inside apt-get -qq update
}

inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=xterm \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# The program that was unpacked, as if it stood at the root.
unpacked() {
  local words=()
  for word in "$@"; do words+=("${word/#\/usr/$root/usr}"); done
  /usr/bin/env -i PATH="$root/usr/bin:/usr/bin:/bin" HOME="$root" TERM=xterm XDG_CONFIG_DIRS="$root/etc/xdg" "${words[@]}"
}

run=inside
if bare_debian >"$root.log" 2>&1; then
  cp "$package" "$root/undertone.deb"
  inside apt-get -qq install --yes --no-install-recommends /undertone.deb >"$root.log" 2>&1 ||
    { cat "$root.log" >&2; fail 'the package does not install'; }
else
  tail -n 5 "$root.log"
  printf 'package: NO BARE DEBIAN can be made here; the package is tried from a folder\n'
  rm -rf "${root:?}"/*
  dpkg-deb -x "$package" "$root"
  run=unpacked
fi
rm -f "$root.log"

$run undertone --version | grep -q '^undertone ' || fail 'the program does not start'
# Whether there is a sound system or not: doctor names all that it looked at.
status=0
$run undertone doctor >"$root/doctor.txt" 2>&1 || status=$?
cat "$root/doctor.txt"
[ "$run" = unpacked ] || [ "$status" -eq 1 ] || fail "undertone doctor ended with $status, where no sound system is"
for looked_at in config model sound logs; do
  grep -qi "$looked_at" "$root/doctor.txt" || fail "undertone doctor says nothing of: $looked_at"
done
grep -q 'etc/xdg/undertone/config.toml' "$root/doctor.txt" || fail 'the settings for everybody are not read'

$run undertone replay /usr/share/undertone/demo-call.wav --language en --headless --speed max --backend cpu \
  >"$root/demo.txt" 2>&1 || { cat "$root/demo.txt" >&2; fail 'the demo call does not run'; }
cat "$root/demo.txt"
grep -q 'anger' "$root/demo.txt" || fail 'nothing is heard in the demo call'

for file in usr/share/man/man1/undertone-replay.1.gz usr/share/bash-completion/completions/undertone \
  usr/share/doc/undertone/model-card.md usr/share/doc/undertone/docs/operating.md; do
  [ -e "$root/$file" ] || fail "the package has no /$file"
done
if [ "$run" = inside ]; then
  inside apt-get -qq purge --yes undertone >/dev/null 2>&1
  [ ! -e "$root/usr/bin/undertone" ] && [ ! -e "$root/etc/xdg/undertone/config.toml" ] || fail 'something stays behind'
  printf 'package: installs, runs and goes without a trace (%s)\n' "$(du -h "$package" | cut -f1)"
else
  printf 'package: runs from a folder (%s)\n' "$(du -h "$package" | cut -f1)"
fi
