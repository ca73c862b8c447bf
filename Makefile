# Two commands do all: `make demo` and `make test`. README.md says more.

LIBTORCH ?= 2.1.2
PEERS = .cache/peers/bin/python
TRAINER ?= bin/roentgo-train
DATA ?= runs/data
JUDGE ?= runs/classifier
EVALUATION ?= runs/evaluation
SYNTHETIC ?= runs/synthetic
TORCH_ENV = .cache/libtorch/torch-$(LIBTORCH)/env.sh
PROMPT ?= PA chest x-ray. cardiomegaly with pleural effusion.

.PHONY: demo build release sbom vulnerabilities wasm kernels site site-serve size trainer libtorch setup test lint lint-trainer bench bench-cpu bench-gpu bench-browser bench-train evaluation usefulness card tune detection soak fuzz race

# An X-ray from text, with the weights that are here: xray.png.
demo: build
	bin/roentgo sample --force --seed 3 --out xray.png "$(PROMPT)"

# The sampler, for this machine. Needs Go and a C compiler alone.
# The same commit and the same Go (and, for the GPU, C compiler) give the same bytes in
# every folder: no path goes into the program.
build:
	go build -trimpath -o bin/roentgo ./sampler/cmd/roentgo

# The library for browsers, an npm package: wasm/dist.
wasm:
	go run ./wasm/cmd/pack wasm/dist

# The WebAssembly kernels of sampler/internal/simd, as committed. Needs clang-16 and lld-16.
kernels:
	sh sampler/internal/simd/kernels/build.sh

# The page, an installable app that works offline: site/dist, for any static host.
site:
	go run ./site/build -out site/dist

# The page at http://localhost:8000/.
site-serve: site
	go run ./site/serve site/dist

# What the page weighs besides the model.
size: site
	go run ./site/size site/dist

# Programs for each system, with bills of materials and SHA-256 sums, in release. They
# compute on the CPU. Those that this machine can run make an image each.
release:
	go run ./internal/release -out release

# The bills of materials alone: CycloneDX, in release.
sbom:
	go run ./internal/release -out release -materials

# Known vulnerabilities in what the programs call; skipped, and said so, where the
# database cannot be reached.
vulnerabilities: libtorch
	. ./$(TORCH_ENV) && sh .ci/vulnerabilities -tags libtorch ./...

# The trainer with libtorch in it.
trainer:
	@test -f $(TORCH_ENV) || { echo "libtorch $(LIBTORCH) is missing: run 'make libtorch', which installs it under .cache" >&2; exit 1; }
	. ./$(TORCH_ENV) && go build -tags libtorch -o $(TRAINER) ./trainer/cmd/roentgo-train

libtorch:
	sh trainer/libtorch/install.sh $(LIBTORCH) .cache/libtorch

# All that the tests need, on Debian: packages, Python modules, libtorch.
setup:
	sh .ci/setup
	$(MAKE) libtorch

# Every test. Those that need the large data are skipped without ROENTGO_DATA.
test: setup
	. ./$(TORCH_ENV) && ROENTGO_TEST_ALL=1 ROENTGO_PYTHON=$(CURDIR)/.cache/venv/bin/python go test -timeout 60m -tags libtorch ./...
	go test ./trainer/cmd/...
	$(MAKE) race

# Races and stray pointers, in the packages where goroutines share most; make soak
# looks at all.
RACE = ./internal/atomicfile ./sampler/internal/serve ./weights
race:
	go test -race -short -timeout 60m $(RACE)

# Format, vet, staticcheck, and that the sampler builds without cgo wherever it
# should. Needs Go and a C compiler alone.
lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted (gofmt -w):" >&2; gofmt -l . >&2; exit 1; }
	go vet ./...
	CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go vet ./sampler/internal/cpu/...
	CGO_ENABLED=0 GOOS=js GOARCH=wasm go vet ./wasm ./sampler/...
	go tool -modfile=.ci/tools/go.mod staticcheck ./...
	go test ./internal/layout
	for target in windows/amd64 darwin/arm64 linux/arm64 linux/amd64 js/wasm; do \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build ./sampler/... ./weights/... ./internal/graph ./internal/noise ./internal/atomicfile || exit 1; done
	CGO_ENABLED=0 GOOS=js GOARCH=wasm go build -o /dev/null ./wasm

# The same for the part of the trainer that is built with libtorch.
lint-trainer: libtorch
	. ./$(TORCH_ENV) && go vet -tags libtorch ./trainer/...
	. ./$(TORCH_ENV) && go tool -modfile=.ci/tools/go.mod staticcheck -tags libtorch ./trainer/...

# How fast it is here, beside what people would otherwise use: each line of a
# table takes turns with PyTorch and onnxruntime on the same networks.
# sampler/BENCH.md says what the lines are. On two cores it takes half an hour;
# each part is a target of its own, too.
bench: bench-cpu bench-gpu bench-browser size bench-train

bench-cpu: build .cache/peers/requirements.txt
	for preset in mini paper; do \
		bin/roentgo bench --device cpu --preset $$preset $(foreach f,onnxruntime torch,--peer "$(PEERS) sampler/internal/bench/peers.py --framework $(f)") || exit 1; done
	bin/roentgo bench --device cpu
	bin/roentgo bench study --device cpu

# Where there is a GPU, be it in software.
bench-gpu: build
	if bin/roentgo devices | grep -q '^gpu:'; then for preset in mini paper; do bin/roentgo bench --device gpu --preset $$preset || exit 1; done; fi

# The frameworks, of pinned versions (5 GB, of which PyTorch's CUDA is most).
.cache/peers/requirements.txt: sampler/internal/bench/requirements.txt
	python3 -m venv --clear .cache/peers
	$(PEERS) -m pip install -q --disable-pip-version-check -r $<
	cp $< $@

# A step in the browser beside onnxruntime-web, in the same run; then what a
# visitor waits for with each of them, and the GPU executor. Installs the peer (npm), to which
# PyTorch exports the network.
bench-browser: .cache/peers/requirements.txt
	npm ci --prefix site/bench --ignore-scripts --no-audit --no-fund
	ROENTGO_PYTHON=$(CURDIR)/$(PEERS) go test -run '^$$' -bench Step -benchtime 7x ./site/bench
	ROENTGO_PYTHON=$(CURDIR)/$(PEERS) go test -run '^$$' -bench 'Image' -benchtime 3x ./site/bench
	go test -run '^$$' -bench 'GPU' -benchtime 1x ./site/bench

# A training step beside PyTorch's, in the same run, both with the libtorch of
# that version.
bench-train: .cache/peers/requirements.txt
	$(MAKE) libtorch trainer LIBTORCH=2.11.0 TRAINER=bin/bench/roentgo-train
	for preset in mini paper; do $(PEERS) trainer/train/testdata/bench_peer.py --trainer bin/bench/roentgo-train --preset $$preset || exit 1; done

# All figures of the shipped models, the cards and the page beside the study. DATA is
# what `roentgo-train prepare` made, JUDGE a run of `classifier`, ENCODER the shipped
# weights that have the autoencoder's encoder.
ENCODER = $(addprefix --vae ,$(wildcard weights/default/training/*.safetensors.zst))
evaluation: trainer
	$(TRAINER) eval --model weights/default/roentgo-mini.safetensors.zst $(ENCODER) --data $(DATA) --classifier $(JUDGE) --leave-out kermany --seeds 32 --captions 96 --curve --out $(EVALUATION)
	$(TRAINER) eval --model weights/fast/roentgo-fast.safetensors.zst $(ENCODER) --data $(DATA) --classifier $(JUDGE) --leave-out kermany --seeds 32 --captions 96 --out $(EVALUATION)-fast
	$(MAKE) card

# What synthetic training images are worth to a classifier: images of the fast model, which
# makes them in minutes. SYNTHETIC is the folder for its data and runs.
usefulness: trainer
	$(TRAINER) synthesize --model weights/fast/roentgo-fast.safetensors.zst --data $(DATA) --leave-out kermany --out $(SYNTHETIC)/alone
	$(TRAINER) synthesize --made $(SYNTHETIC)/alone --data $(DATA) --leave-out kermany --with-real --out $(SYNTHETIC)/both
	for part in alone both; do $(TRAINER) classifier --data $(SYNTHETIC)/$$part --run $(SYNTHETIC)/judge-$$part --steps 1800 || exit 1; done
	$(TRAINER) usefulness --data $(DATA) --leave-out kermany --real $(JUDGE) --other $(SYNTHETIC)/judge-alone --other $(SYNTHETIC)/judge-both --force --out trainer/ablations/usefulness.csv

card:
	for page in weights/default/card.md.tmpl:weights/default/README.md trainer/study.md.tmpl:trainer/STUDY.md; do \
		$(TRAINER) page --eval $(EVALUATION)/eval.json --manifest weights/default/roentgo-mini.manifest.json --template $${page%:*} --force --out $${page#*:} || exit 1; done
	$(TRAINER) page --eval $(EVALUATION)-fast/eval.json --beside $(EVALUATION)/eval.json --manifest weights/fast/roentgo-fast.manifest.json --template weights/fast/card.md.tmpl --force --out weights/fast/README.md

# What takes too long for `make test`: all hostile model files, a GPU lost at every
# call, 200 clients of the server for five minutes, races and stray pointers, and
# each fuzz target for FUZZTIME.
soak: libtorch
	ROENTGO_SOAK=1 go test -timeout 30m -run 'TestHostileModels|TestLostAtEveryStage' ./sampler
	ROENTGO_SOAK=1 go test -race -timeout 30m -run TestLoad ./sampler/internal/serve
	$(MAKE) race RACE='./internal/... ./weights/... ./sampler/... ./wasm/internal/... ./trainer/bert ./trainer/dataset ./trainer/fetch ./trainer/runs'
	. ./$(TORCH_ENV) && go test -race -short -timeout 180m -tags libtorch ./trainer/libtorch ./trainer/train ./trainer/cmd/roentgo-train
	go test -gcflags=all=-d=checkptr -short -timeout 60m ./sampler/internal/cpu ./sampler/internal/gpu ./sampler/internal/simd ./weights
	$(MAKE) fuzz

# Each fuzz target for FUZZTIME; those of the CPU's arithmetic, which compare it with plain
# loops, in soak alone, where FUZZ is empty.
FUZZTIME ?= 10m
FUZZ ?=
fuzz:
	git grep -o -E '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' $(FUZZ) | sed 's|\(.*\)/[^/]*:func \(.*\)|\1 \2|' | while read -r folder target; do \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5s ./$$folder || exit 1; done

# What the watermark survives, and false alarms, on generated images and on those of
# IMAGES, folders of real X-rays: the tables of sampler/provenance/DETECTION.md.
detection:
	go run ./sampler/internal/detection -generated 200 $(IMAGES)

# Which way to compute a convolution is fastest, measured again on this machine:
# the table in sampler/internal/cpu/measured.go.
tune:
	go run ./sampler/internal/cpu/gen/tune
