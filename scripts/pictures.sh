#!/bin/bash
# The pictures of the documents: screens of a made-up call, and the report of the demo call in a browser.
# The screens come as pages from an ignored test, and Chromium takes them; usage: pictures.sh [NAME...]
set -euo pipefail
cd "$(dirname "$0")/.."
undertone=${CARGO_TARGET_DIR:-target}/release/undertone
pages=target/pictures
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(one twelve alert replay help no-colour report)

rm -rf "$pages"
cargo test --quiet --release --locked -p undertone-screen --lib -- --ignored --exact draw::tests::pictures::pictures
"$undertone" replay assets/demo-call.wav --language en --headless --backend cpu --log "$pages/demo-call.jsonl" >/dev/null
"$undertone" export "$pages/demo-call.jsonl" --format html --output "$pages/report.1100x1800.html"

# $1: a page whose name says its size, in characters or, for the report, in pixels; $2: the picture
take() {
	local size=${1%.html}
	size=${size##*.}
	local width=${size%x*} height=${size#*x}
	if [ "$width" -lt 1000 ]; then width=$((10 * width + 20)) height=$((20 * height + 20)); fi
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
		--window-size="$width,$height" --screenshot="$2" "file://$PWD/$1" 2>/dev/null
}

for name in "${names[@]}"; do
	for page in "$pages/$name".*.html; do
		take "$page" "assets/screen-$name.png"
		echo "assets/screen-$name.png"
	done
done
