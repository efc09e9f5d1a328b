#!/usr/bin/env bash
# The Debian packages where nothing else is installed: bash tests/package.sh UNDERTONE.deb GATEWAY.deb
#
# Makes a bare Debian in a folder, installs the packages there with what they depend on, and runs the programs as a new
# user would: `undertone doctor`, the demo call, the manual page and the settings for everybody; the gateway with its
# settings as they come. Needs root, as apt does.
#
# Where this machine lets nobody make a bare Debian (a container without the right to change its root), that is said, and
# the packages are unpacked into a folder and tried from there.
set -euo pipefail

package=$(realpath "$1")
gateway=$(realpath "$2")
root=$(mktemp -d)
listening=
trap '[ -z "$listening" ] || kill "$listening" 2>/dev/null || true; rm -rf "$root"' EXIT
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

# With replace=exec the shell becomes the program: then a signal for the one is for the other.
inside() {
  ${replace:-} chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/root TERM=xterm \
    DEBIAN_FRONTEND=noninteractive "$@"
}

# The program that was unpacked, as if it stood at the root.
unpacked() {
  local words=()
  for word in "$@"; do
    word=${word/#\/usr/$root/usr}
    words+=("${word/#\/etc/$root/etc}")
  done
  ${replace:-} /usr/bin/env -i PATH="$root/usr/bin:/usr/bin:/bin" HOME="$root" TERM=xterm XDG_CONFIG_DIRS="$root/etc/xdg" "${words[@]}"
}

run=inside
if bare_debian >"$root.log" 2>&1; then
  cp "$package" "$root/undertone.deb"
  cp "$gateway" "$root/gateway.deb"
  for file in /undertone.deb /gateway.deb; do
    inside apt-get -qq install --yes --no-install-recommends "$file" >"$root.log" 2>&1 ||
      { cat "$root.log" >&2; fail "the package $file does not install"; }
  done
else
  tail -n 5 "$root.log"
  printf 'package: NO BARE DEBIAN can be made here; the package is tried from a folder\n'
  rm -rf "${root:?}"/*
  dpkg-deb -x "$package" "$root"
  dpkg-deb -x "$gateway" "$root"
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

# The gateway with the settings that its package brings, until it is told to end.
$run undertone-gateway check /etc/undertone/gateway.toml >"$root/check.txt" 2>&1 ||
  { cat "$root/check.txt" >&2; fail 'the gateway refuses the settings of its package'; }
cat "$root/check.txt"
grep -q '/var/lib/undertone/sessions' "$root/check.txt" || fail 'its logs go elsewhere'
# Where a service would have its own settings: with ports and a folder that are free here.
sed -e 's|^backend = .*|backend = "cpu"|' -e 's|127.0.0.1:8080|127.0.0.1:18080|' -e 's|127.0.0.1:9092|127.0.0.1:19092|' \
  -e 's|^dir = .*|dir = "../undertone-sessions"|' "$root/etc/undertone/gateway.toml" >"$root/etc/trial.toml"
replace=exec $run undertone-gateway --config /etc/trial.toml >"$root/gateway.txt" 2>&1 &
listening=$!
is_ready() { curl --silent --fail --output "$root/ready.txt" http://127.0.0.1:18080/readyz; }
for _ in $(seq 100); do
  if is_ready || ! kill -0 "$listening" 2>/dev/null; then break; fi
  sleep 0.2
done
is_ready || { cat "$root/gateway.txt" >&2; fail 'the gateway does not listen'; }
$run undertone-gateway send --protocol audiosocket --caller /usr/share/undertone/demo-call.wav --seconds 6 \
  audiosocket://127.0.0.1:19092 >"$root/send.txt" 2>&1 || { cat "$root/send.txt" >&2; fail 'the gateway takes no call'; }
kill -TERM "$listening"
status=0
wait "$listening" || status=$?
[ "$status" -eq 0 ] || { cat "$root/gateway.txt" >&2; fail "the gateway ended with $status"; }
listening=
grep -q '"record":"reading"' "$root"/undertone-sessions/*.jsonl || fail 'the gateway reads nothing of a call'
printf 'package: the gateway hears a call\n'

for file in usr/share/man/man1/undertone-replay.1.gz usr/share/bash-completion/completions/undertone \
  usr/share/doc/undertone/model-card.md usr/share/doc/undertone/docs/operating.md \
  usr/lib/systemd/system/undertone-gateway.service usr/share/doc/undertone-gateway/fleet.md; do
  [ -e "$root/$file" ] || fail "the packages have no /$file"
done
sizes=("$(du -h "$package" | cut -f1)" "$(du -h "$gateway" | cut -f1)")
if [ "$run" = inside ]; then
  inside apt-get -qq purge --yes undertone undertone-gateway >/dev/null 2>&1
  for file in usr/bin/undertone etc/xdg/undertone/config.toml usr/bin/undertone-gateway etc/undertone; do
    [ ! -e "$root/$file" ] || fail "/$file stays behind"
  done
  printf 'packages: install, run and go without a trace (%s, %s)\n' "${sizes[@]}"
else
  printf 'packages: run from a folder (%s, %s)\n' "${sizes[@]}"
fi
