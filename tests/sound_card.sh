#!/usr/bin/env bash
# Runs a command with a sound card of its own: a private PulseAudio with two virtual outputs.
#
#   tests/sound_card.sh COMMAND [ARGUMENT...]
#
# softphone     an output, where a softphone plays the caller: softphone.monitor is what to listen to
# headset_mic   an input (the default one) that hears what is played into the output "micfeed"
#
# Play into them with `paplay -d softphone FILE` and `paplay -d micfeed FILE`. The server and its folder
# are gone when the command ends. No sound card, session or root is needed. Needs the packages
# pulseaudio and pulseaudio-utils. The exit code is the command's.
set -euo pipefail

if [ $# -eq 0 ]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
  exit 2
fi
for tool in pulseaudio pactl paplay; do
  command -v "$tool" >/dev/null || {
    echo "sound_card.sh: $tool is missing: apt-get install pulseaudio pulseaudio-utils" >&2
    exit 1
  }
done

export folder
folder=$(mktemp -d "${TMPDIR:-/tmp}/undertone-sound.XXXXXX")
chmod 700 "$folder"
export XDG_RUNTIME_DIR=$folder PULSE_RUNTIME_PATH=$folder/pulse PULSE_STATE_PATH=$folder/state
export PULSE_CONFIG_PATH=$folder/config PULSE_SERVER=unix:$folder/pulse.sock
mkdir -p "$PULSE_STATE_PATH" "$PULSE_CONFIG_PATH"
export UNDERTONE_SOUND_CARD=1

stop() {
  if [ -r "$PULSE_RUNTIME_PATH/pid" ]; then kill "$(cat "$PULSE_RUNTIME_PATH/pid")" 2>/dev/null || true; fi
  rm -rf "$folder" 2>/dev/null || true # the server may still be writing its log
}
trap stop EXIT

# norewinds: without it a null sink works two seconds ahead and its monitor hears things late and twice.
start_server() {
  pulseaudio -n --daemonize=yes --exit-idle-time=-1 --use-pid-file=yes \
    --log-target="newfile:$folder/log" --log-level=info \
    --load="module-native-protocol-unix auth-anonymous=1 socket=$folder/pulse.sock" \
    --load="module-null-sink sink_name=softphone rate=48000 channels=2 norewinds=1 sink_properties=device.description=Softphone" \
    --load="module-null-sink sink_name=micfeed rate=48000 channels=1 norewinds=1 sink_properties=device.description=MicFeed" \
    --load="module-remap-source source_name=headset_mic master=micfeed.monitor source_properties=device.description=HeadsetMic"
  pactl set-default-sink softphone
  pactl set-default-source headset_mic
}

# Tests that end the server start it again.
export -f start_server
start_server 2>"$folder/start" || {
  echo "sound_card.sh: PulseAudio did not start:" >&2
  cat "$folder/start" "$folder"/log* >&2 || true
  exit 1
}
"$@"
