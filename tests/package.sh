#!/usr/bin/env bash
# The Debian package where nothing else is installed: bash tests/package.sh FILE.deb
#
# Makes a bare Debian in a folder, installs the package there with what it depends on, and runs the program as a new
# user would: `undertone doctor`, the demo call, the manual page and the settings for everybody. Needs root, as apt does.
set -euo pipefail

package=$(realpath "$1")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

fail() {
  printf 'package: %s\n' "$1" >&2
  exit 1
}

mmdebstrap --quiet --variant=minbase --include=ca-certificates bookworm "$root" 2>&1 |
  grep -v '^W: Download is performed unsandboxed' || true
[ -x "$root/usr/bin/apt-get" ] || fail 'no bare Debian could be made'
# The computer's own way to the packages, a proxy for instance.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/undertone.deb"

inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=xterm DEBIAN_FRONTEND=noninteractive "$@"
}

inside apt-get -qq update
inside apt-get -qq install --yes --no-install-recommends /undertone.deb >"$root/install.log" 2>&1 ||
  { cat "$root/install.log" >&2; fail 'the package does not install'; }

inside undertone --version | grep -q '^undertone ' || fail 'the program does not start'
# There is no sound system in there: doctor says so, and names all that it looked at.
status=0
inside undertone doctor >"$root/doctor.txt" 2>&1 || status=$?
cat "$root/doctor.txt"
[ "$status" -eq 1 ] || fail "undertone doctor ended with $status, where no sound system is"
for looked_at in config model sound logs; do
  grep -qi "$looked_at" "$root/doctor.txt" || fail "undertone doctor says nothing of: $looked_at"
done
grep -q '/etc/xdg/undertone/config.toml' "$root/doctor.txt" || fail 'the settings for everybody are not read'

inside undertone replay /usr/share/undertone/demo-call.wav --language en --headless --speed max --backend cpu \
  >"$root/demo.txt" 2>&1 || { cat "$root/demo.txt" >&2; fail 'the demo call does not run'; }
cat "$root/demo.txt"
grep -q 'anger' "$root/demo.txt" || fail 'nothing is heard in the demo call'

for file in usr/share/man/man1/undertone-replay.1.gz usr/share/bash-completion/completions/undertone \
  usr/share/doc/undertone/model-card.md usr/share/doc/undertone/docs/operating.md; do
  [ -e "$root/$file" ] || fail "the package has no /$file"
done
inside apt-get -qq purge --yes undertone >/dev/null 2>&1
[ ! -e "$root/usr/bin/undertone" ] && [ ! -e "$root/etc/xdg/undertone/config.toml" ] || fail 'something stays behind'
printf 'package: installs, runs and goes without a trace (%s)\n' "$(du -h "$package" | cut -f1)"
