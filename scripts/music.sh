#!/bin/sh
# Fetches free music from Debian's games into target/music, for `undertone train --music target/music`:
# a network that shall stay silent on hold music must have heard music. Each package states its licences
# (GPL, CC-BY-SA, BSD) under usr/share/doc; none of it is kept in the project.
set -eu
cd "$(dirname "$0")/.."
rm -rf target/music target/music-packages
mkdir -p target/music target/music-packages
cd target/music-packages
for package in hyperrogue-music singularity-music asc-music wesnoth-1.16-music; do
    apt-get download "$package"
    dpkg -x "$package"_*.deb unpacked
done
for folder in $(find unpacked -type d -name music -not -path '*/doc/*'); do
    cp -r "$folder" "../music/$(echo "$folder" | tr / -)"
done
cd .. && rm -rf music-packages
ls -R music | grep -c '\.ogg$'
