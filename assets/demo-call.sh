#!/usr/bin/env bash
# Makes the demo call: demo-call.wav, and demo-call.csv with what is acted when.
#
# THE VOICE IS SYNTHETIC. No person speaks: espeak-ng (a free speech synthesiser) reads a text that
# was written for this file, with pitch, pitch range, speed and loudness set by hand after what is
# known of the acoustics of acted emotion (Banse & Scherer, 1996): anger loud, fast, wide and bright;
# fear fast, high and trembling; sadness slow, low, quiet and dull. It shows that the program works.
# It says nothing about how well a model reads people.
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

calm='treble -2'
bright='treble +8 1500 overdrive 4 10'
trembling='treble +3 tremolo 7 35'
dull='treble -12 1200'
lively='treble +4'

silence 1.5
turn neutral 45 80 155 -8 "$calm" \
  'Hello. Good evening. My name is Robin. I am calling from home, and I would like to talk for a few minutes.'
silence 2.2
turn neutral 45 80 155 -8 "$calm" \
  'It is about the storm last night. The power went out at nine, and I was alone in the house.'
silence 1.2
turn fear 82 130 205 -7 "$trembling" \
  'And then I heard the water. It was coming up the cellar stairs. I could not find the lamp, and I did not know who to call. What if it comes back tonight? I am still shaking.'
silence 2.5
turn anger 62 190 200 -1 "$bright" \
  'And nobody helps! I have called the landlord six times! Six times, and always the machine! He promised to mend that pump in spring! I have had enough of it!'
silence 3.0
turn sadness 28 40 115 -16 "$dull" \
  'The photographs were down there. All the albums of my mother. Now they are only wet paper. I do not know why I am telling you this.'
silence 3.0
turn surprise 75 200 185 -5 "$lively" \
  'Oh! Wait, there is somebody at the door! It is my neighbour, she has brought a lamp and soup!'
silence 1.5
turn neutral 42 80 140 -9 "$calm" \
  'Thank you for listening. It did help. I will call the landlord again in the morning. Good night.'
silence 1.5

sox -D -R "${pieces[@]}" "$scratch/clean.wav"
sox -D -R -n -r 8000 -c 1 -b 16 "$scratch/noise.wav" \
  synth "${samples}s" pinknoise sinc -n 255 300-3400 gain -n -52
sox -D -R -m -v 1 "$scratch/clean.wav" -v 1 "$scratch/noise.wav" \
  -e mu-law -b 8 "$scratch/demo-call.wav" trim 0 "${samples}s"

mv "$scratch/demo-call.wav" "$table" "$folder/"
echo "$folder/demo-call.wav: $(seconds) s, synthetic voice"
