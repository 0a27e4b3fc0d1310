# Everything a developer types. `make` alone explains itself.

.DEFAULT_GOAL := help
SHELL := /bin/bash

# The server and all other programs are built without cgo; only the race detector needs it.
export CGO_ENABLED := 0

TESTFLAGS ?=
FUZZTIME  ?= 20s
BENCHTIME ?= 1s

STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.3.0
NFPM        := github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
CYCLONEDX   := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## the server and the load tester, into bin/
	go build -trimpath -ldflags='-s -w' -o bin/ ./cmd/rivero ./cmd/rivero-load

.PHONY: run
run: ## start the server with its defaults and name the address of the playground
	go build -o bin/ ./cmd/rivero
	exec bin/rivero

.PHONY: test
test: vet unit e2e ## all tests; installs what they need

.PHONY: vet
vet:
	go vet ./...
	go vet -tags e2e ./e2e

.PHONY: unit
unit: tools ## tests of the packages, with the race detector
	CGO_ENABLED=1 go test -race $(TESTFLAGS) ./...
	go test $(TESTFLAGS) ./pipeline/codec/vp8 ./pipeline/codec/h264 ./elements/modules/... # which do less under the detector

.PHONY: e2e
e2e: deps ## the binary with real clients, Chromium and ffmpeg
	go test -tags e2e -count=1 -timeout 30m $(TESTFLAGS) ./e2e

.PHONY: lint
lint: bin/staticcheck bin/govulncheck ## gofmt, vet, staticcheck, govulncheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	  if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	bin/staticcheck ./...
	bin/staticcheck -tags e2e ./e2e
	@./scripts/vulnerabilities

.PHONY: bench
bench: build ## Go benchmarks, then the load test whose table is in docs/performance.md
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...
	go run ./scripts/loadtable

.PHONY: bench-codecs
bench-codecs: ## video codecs beside the native ones, for the tables in docs/codecs.md (needs ffmpeg)
	go test -run '^$$' -bench Decode -benchtime 10x ./pipeline/codec/vp8
	go test -run '^$$' -bench Decode -benchtime 2x -tags purego ./pipeline/codec/vp8
	go test -run '^$$' -bench Decode -benchtime 10x ./pipeline/codec/h264
	go test -run '^$$' -bench 'Encode$$' -benchtime 3x ./pipeline/codec/vp8
	go test -run '^$$' -bench 'EncodeThreads$$' -benchtime 15x ./pipeline/codec/vp8
	go test -run '^$$' -bench 'EncodeQuality$$' -benchtime 1x ./pipeline/codec/vp8

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (20s)
	@set -e -o pipefail; for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "== $$package $$target"; \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package; \
	  done; \
	done

# What users install (packaging/README.md). VERSION names another version than git's.

.PHONY: image
image: ## container images for amd64 and arm64
	packaging/image/build

.PHONY: deb
deb: bin/nfpm ## Debian packages for amd64 and arm64, into dist/
	packaging/deb/build

.PHONY: release
release: bin/cyclonedx-gomod ## archives for Linux, macOS and Windows with checksums, into dist/
	packaging/release/build

# What the tests need beyond Go.

.PHONY: deps
deps: tools e2e/node_modules/.installed e2e/clients/7.3.0/node_modules/.installed e2e/clients/6.18.0/node_modules/.installed ## install what the tests need (Debian)

.PHONY: tools
tools:
	@./scripts/install-tools

.PHONY: image-tools
image-tools: ## install what builds and runs images without Docker (Debian)
	@./scripts/install-tools image

%/node_modules/.installed: %/package.json %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	touch $@

.PHONY: docs
docs: ## write the tables of docs/ and the files of packaging/etc/kurento from package conf
	go test ./conf -run 'TestDocumentation|TestShippedFiles' -update

.PHONY: vendor
vendor: deps ## build the client in web/vendor again
	cd e2e && node bundle.js clients/7.3.0 ../web/vendor

bin/staticcheck: Makefile
	GOBIN=$(CURDIR)/bin go install $(STATICCHECK)

bin/govulncheck: Makefile
	GOBIN=$(CURDIR)/bin go install $(GOVULNCHECK)

bin/nfpm: Makefile
	GOBIN=$(CURDIR)/bin go install $(NFPM)

bin/cyclonedx-gomod: Makefile
	GOBIN=$(CURDIR)/bin go install $(CYCLONEDX)

.PHONY: clean
clean: ## remove what was built
	rm -rf bin dist artifacts e2e/node_modules e2e/clients/*/node_modules
