#!/usr/bin/env bash
# Makes this machine ready for one step of the Makefile: checks Rust, installs missing Debian packages.
#
#   bash scripts/prepare.sh make|build|program|live|gpu|librosa|foreign|peers|demo-call|package|gateway|wall|fleet...
#
# Says nothing and changes nothing when everything is there. Needs root or sudo only to install.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  printf 'undertone: %s\n' "$@" >&2
  exit 1
}

# The packages that a step needs.
packages_for() {
  case $1 in
  make) echo make ;;
  build) echo gcc libc6-dev pkg-config libasound2-dev ;; # cpal links ALSA on every Linux
  program) echo tmux ffmpeg ;;
  live) echo pulseaudio pulseaudio-utils ;;
  gpu) echo libvulkan1 mesa-vulkan-drivers ;;
  librosa | peers) echo python3 python3-venv ;;
  foreign) echo python3 python3-venv chromium fonts-dejavu-core ;;
  demo-call) echo espeak-ng sox ;;
  package) echo curl dpkg-dev mmdebstrap ;;
  gateway) echo python3 python3-venv sip-tester nodejs npm ;;
  wall) echo python3 python3-venv chromium nats-server ;;
  fleet) echo nats-server openssl python3 python3-venv ;;
  *) fail "prepare.sh knows no step '$1': make, build, program, live, gpu, librosa, foreign, peers, demo-call, package, gateway, wall, fleet" ;;
  esac
}

# Whether what a package gives is there already, wherever it came from.
is_there() {
  case $1 in
  gcc) command -v cc ;;
  libc6-dev) echo 'int main(void) { return 0; }' | cc -x c -o /dev/null - ;;
  libasound2-dev) pkg-config --exists alsa ;;
  pulseaudio-utils) command -v paplay && command -v pactl ;;
  libvulkan1) ldconfig -p | grep -F libvulkan.so.1 ;;
  mesa-vulkan-drivers) ls /usr/share/vulkan/icd.d/lvp_icd*.json ;;
  fonts-dejavu-core) ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ;;
  dpkg-dev) command -v dpkg-shlibdeps ;;
  sip-tester) command -v sipp ;;
  nodejs) command -v node ;;
  python3-venv) python3 -c 'import ensurepip, venv' ;;
  *) command -v "$1" ;;
  esac >/dev/null 2>&1
}

check_rust() {
  local wanted found
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  command -v cargo >/dev/null || fail \
    "cargo is missing. Install Rust $wanted or newer (https://rustup.rs), open a new terminal," \
    "or, where it is installed already: . \"\$HOME/.cargo/env\""
  found=$(rustc --version | cut -d ' ' -f 2)
  printf '%s\n' "$wanted" "$found" | sort -C -V || fail \
    "Rust $found is too old, $wanted or newer is needed: run 'rustup update stable'" \
    "(a Rust from Debian's packages is older: install it from https://rustup.rs)"
}

# Sets `root` to what makes a command run as root, or says what a person has to run.
become_root() {
  root=()
  if [ "$(id -u)" -eq 0 ]; then return; fi
  command -v sudo >/dev/null ||
    fail "packages are missing and there is no sudo. As root, run: apt-get install ${missing[*]}"
  root=(sudo)
  if [ ! -t 0 ]; then
    sudo -n true 2>/dev/null ||
      fail "sudo wants a password. Run this first: sudo apt-get install ${missing[*]}"
  fi
}

apt_get() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1
}

install_missing() {
  command -v apt-get >/dev/null || fail \
    "missing: ${missing[*]} (names of Debian packages), and this system has no apt-get." \
    "Install what they hold: a C compiler, pkg-config, the ALSA headers (Fedora alsa-lib-devel, Arch alsa-lib)."
  become_root
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  echo "undertone: installing ${missing[*]}" >&2
  # A fresh machine has no package lists, so the first try may fail for want of them.
  apt_get install -y --no-install-recommends "${missing[@]}" ||
    { apt_get update && apt_get install -y --no-install-recommends "${missing[@]}"; } || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install ${missing[*]}; its last words are above"
  }
}

for step in "$@"; do
  if [ "$step" = build ]; then check_rust; fi
  needed=$(packages_for "$step")
  missing=()
  # Only Linux has ALSA and apt: elsewhere the compiler is the whole need.
  if [ "$(uname -s)" != Linux ]; then needed=gcc; fi
  for package in $needed; do
    is_there "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then install_missing; fi
done
