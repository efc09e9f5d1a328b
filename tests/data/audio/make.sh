#!/bin/sh
# Makes the compressed fixtures of the decoding tests: 4 s of a tone that rises from 300 to 2500 Hz at
# half of full scale, mono. The output is committed beside this; it is ours and free to use. Needs ffmpeg.
# And a whisper: espeak-ng's, a synthetic voice without a voice, over a telephone. Needs espeak-ng and sox.
set -eu
cd "$(dirname "$0")"
sweep="aevalsrc=0.5*sin(2*PI*(300*t+275*t*t)):d=4"
encode() {
    rate=$1
    shift
    ffmpeg -nostdin -loglevel error -y -f lavfi -i "$sweep:s=$rate" -ac 1 -map_metadata -1 \
        -fflags +bitexact -flags:a +bitexact "$@"
}
encode 8000 -c:a flac -sample_fmt s16 sweep.flac
encode 16000 -c:a libmp3lame -b:a 32k sweep.mp3
encode 16000 -c:a libvorbis -q:a 0 sweep-vorbis.ogg
encode 48000 -c:a libopus -b:a 24k sweep-opus.ogg
encode 48000 -c:a libopus -b:a 24k sweep-opus.webm
encode 16000 -c:a aac -b:a 32k sweep.m4a
encode 8000 -c:a adpcm_ms sweep-ms-adpcm.wav
encode 8000 -c:a adpcm_ima_wav sweep-ima-adpcm.wav

# What telephone systems write, and what other decoders make of it: those are references, to the last bit.
encode 8000 -c:a libgsm -f gsm sweep.gsm
encode 8000 -c:a libgsm_ms sweep-gsm.wav
encode 16000 -c:a g722 -f g722 sweep.g722
encode 16000 -c:a libmp3lame -b:a 32k -f wav sweep-mp3.wav
encode 16000 -c:a mp2 -b:a 64k sweep.mp2
encode 48000 -c:a libopus -b:a 24k sweep-opus.mp4
encode 16000 -c:a alac -sample_fmt s16p sweep-alac.m4a
encode 16000 -c:a libspeex sweep-speex.ogg
reference() {
    output=$1
    shift
    ffmpeg -nostdin -loglevel error -y "$@" -map_metadata -1 -fflags +bitexact -flags:a +bitexact \
        -c:a flac -sample_fmt s16 "$output"
}
reference reference-gsm.flac -c:a libgsm -f gsm -i sweep.gsm
reference reference-gsm-wav.flac -c:a libgsm_ms -i sweep-gsm.wav
reference reference-g722.flac -f g722 -i sweep.g722

whisper=$(mktemp)
trap 'rm -f "$whisper"' EXIT
espeak-ng -v en-us+whisper -s 150 -w "$whisper" \
    'Please do not speak so loud. He is in the next room, and he must not hear that I am talking to you.'
sox -D -R -t wav "$whisper" -r 8000 -e mu-law -b 8 whisper.wav sinc -n 255 300-3400 gain -n -20
