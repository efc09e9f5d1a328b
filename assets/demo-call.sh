#!/usr/bin/env bash
# Makes the demo call: demo-call.wav, and demo-call.csv with what is acted when.
#
# THE VOICE IS SYNTHETIC. No person speaks: espeak-ng (a free speech synthesiser) reads a text that
# was written for this file. Pitch, pitch range, speed and sound colour of each turn were searched for, with the
# program's own model as the judge, until it heard what the text says. So the call shows what the screen does
# when a voice changes. It says nothing about how well the model reads people: it was made to be read.
#
# The caller's side only, as the monitor hears it: in the pauses the operator, who is never scored,
# would speak. Format: WAV, G.711 mu-law, 8 kHz, mono, 300-3400 Hz, with faint line noise.
# The same espeak-ng and sox give the same bytes: no time stamp, no random seed that changes.
#
#   bash assets/demo-call.sh [FOLDER]     writes into FOLDER, by default beside this script
#
# Needs espeak-ng (1.51 made the files in the project) and sox.
set -euo pipefail
export LC_ALL=C

for tool in espeak-ng sox soxi; do
  command -v "$tool" >/dev/null || {
    echo "demo-call.sh: $tool is missing; install the packages espeak-ng and sox" >&2
    exit 1
  }
done

folder=${1:-$(cd "$(dirname "$0")" && pwd)}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

voice=en-us+f3     # one caller, so one voice in every turn
pieces=()          # the call so far, one file a turn or pause
samples=0          # its length at 8 kHz
table=$scratch/demo-call.csv
echo 'start_s,end_s,acted,text' >"$table"

seconds() { awk -v n="$samples" 'BEGIN { printf "%.2f", n / 8000 }'; }

append() { # append FILE
  pieces+=("$1")
  samples=$((samples + $(soxi -s "$1")))
}

silence() { # silence SECONDS
  local file=$scratch/${#pieces[@]}.wav
  sox -D -R -n -r 8000 -c 1 -b 16 "$file" trim 0 "$1"
  append "$file"
}

# turn EMOTION PITCH RANGE SPEED PEAK_DB COLOUR TEXT
#   PITCH, RANGE   espeak-ng's 0-99 pitch, and the spread of the intonation in percent of usual
#   SPEED          words a minute
#   PEAK_DB        the loudest sample, relative to full scale
#   COLOUR         a sox effect chain: spectral tilt, tremor
turn() {
  local emotion=$1 pitch=$2 range=$3 speed=$4 peak_db=$5 colour=$6 text=$7
  local spoken=$scratch/spoken.wav file=$scratch/${#pieces[@]}.wav start
  start=$(seconds)
  espeak-ng -m -v "$voice" -p "$pitch" -s "$speed" -w "$spoken" \
    "<speak><prosody range=\"$range%\">$text</prosody></speak>"
  # An effect chain is several words, so it stands without quotes.
  # shellcheck disable=SC2086
  sox -D -R "$spoken" -b 16 "$file" gain -12 $colour rate -h 8000 sinc -n 255 300-3400 gain -n "$peak_db"
  append "$file"
  echo "$start,$(seconds),$emotion,\"$text\"" >>"$table"
}

# What was found.
calm='treble -2'
shaking='treble -16 985 overdrive 20 13 bass 12 523'
muffled='treble -31 1490 tremolo 4 22 pitch 26 reverb 18 treble -9 1070 treble -8 700'
raging='equalizer 1387 1.0q 5 equalizer 2190 1.0q -6 equalizer 1397 1.0q 6 reverb 50'
lively='overdrive 11 24 stretch 1.01 pitch -195 equalizer 1670 1.0q -12'

silence 1.5
turn neutral 45 40 170 -8 "$calm" \
  'Hello. Good evening. My name is Robin. I am calling from home, and I would like to talk for a few minutes.'
silence 2.6
turn neutral 45 40 170 -8 "$calm" \
  'It is about the storm last night. The power went out at nine, and I was alone in the house.'
silence 2.0
turn fear 99 76 228 -32 "$shaking" \
  'And then I heard the water. It was coming up the cellar stairs. I could not find the lamp, and I did not know who to call. What if it comes back tonight? I am still shaking. What if it comes back, and nobody hears me?'
silence 3.0
turn anger 83 64 277 -19 "$raging" \
  'And nobody helps! I have called the landlord six times! Six times, and always the machine! He promised to mend that pump in spring! I have had enough of it! I will not wait for him any more! Not one more day!'
silence 3.0
turn sadness 81 197 125 -32 "$muffled" \
  'The photographs were down there. All the albums of my mother. Now they are only wet paper. They were all that I had of her.'
silence 3.0
turn happiness 97 202 209 -4 "$lively" \
  'Oh! Wait, there is somebody at the door! It is my neighbour, she has brought a lamp and soup! Oh, how kind of her! And she says that the pump is working again!'
silence 1.5
turn neutral 45 40 160 -8 "$calm" \
  'Thank you for listening. It did help. I will call the landlord again in the morning. Good night.'
silence "$(awk -v n="$samples" 'BEGIN { printf "%.6f", (585623 - n) / 8000 }')" # 73.2 s in all

sox -D -R "${pieces[@]}" "$scratch/clean.wav"
sox -D -R -n -r 8000 -c 1 -b 16 "$scratch/noise.wav" \
  synth "${samples}s" pinknoise sinc -n 255 300-3400 gain -n -52
sox -D -R -m -v 1 "$scratch/clean.wav" -v 1 "$scratch/noise.wav" \
  -e mu-law -b 8 "$scratch/demo-call.wav" trim 0 "${samples}s"

mv "$scratch/demo-call.wav" "$table" "$folder/"
echo "$folder/demo-call.wav: $(seconds) s, synthetic voice"
