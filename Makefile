# The two commands are `make demo` and `make test`; each does its own set-up.
SHELL := /bin/sh
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export PYTHONPATH := $(CURDIR):$(CURDIR)/lambda_src
STAGE ?= dev
PORT ?= 8080
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint synth snapshot bench bench-serving bench-streaming deploy destroy clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything the other commands need (they all call it)
	@scripts/setup

demo: setup ## the platform on this machine: [DATA=folder] [PORT=8080] [ONCE=1] [FRESH=1]
	@exec python -m local.demo --port $(PORT) $(if $(DATA),--data "$(DATA)") $(if $(ONCE),--once) $(if $(FRESH),--fresh)

test: setup ## every test: unit, infrastructure, architecture, integration, the page in Chromium
	@scripts/setup browser
	@scripts/setup-spark || echo "without Spark: the test of its job will be skipped" >&2
	@exec python -m pytest $(PYTEST)

lint: setup ## ruff and mypy
	@ruff check . && ruff format --check . && mypy

synth: setup ## the CloudFormation templates of STAGE=dev|prod|local, into cdk.out/
	@exec cdk synth --quiet -c stage=$(STAGE)

snapshot: setup ## accept the templates as they are now
	@exec python -m pytest tests/infrastructure/test_snapshots.py --snapshot-update

bench: setup ## the quality table on ratings in MovieLens format: DATA=folder [OPTIONS="--quick"] [OUT=folder]
	@scripts/setup-bench
	@exec .venv-bench/bin/python -m benchmarks.recommender "$(DATA)" $(if $(OUT),--out "$(OUT)") $(OPTIONS)

bench-serving: setup ## speed and size of serving and fitting: [OPTIONS="growth -n 1000000"]
	@exec python -m benchmarks.serving $(or $(OPTIONS),serving)

bench-streaming: setup ## a node beside plain sendfile, HLS sessions: [OPTIONS="--quick" | "faults"]
	@scripts/setup load
	@exec python -m benchmarks.streaming $(OPTIONS)

deploy: setup ## deploy STAGE=dev|prod to the AWS account of your credentials
	@exec cdk deploy --all -c stage=$(STAGE)

destroy: setup ## tear down STAGE in the AWS account of your credentials
	@exec cdk destroy --all -c stage=$(STAGE)

clean: ## forget everything the commands above made on this machine
	rm -rf .venv .venv-bench .venv-spark node_modules cdk.out .build .marquee
