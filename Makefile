# `make chat` and `make test` are all that is needed; each makes the environment when it has to.
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help chat test check bench evaluate model picture walk lock schema

help: ## list these targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

$(READY): requirements.txt requirements-dev.txt pyproject.toml
	@echo "Making the environment in .venv (half a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

chat: $(READY) ## talk in the terminal
	@$(BIN)/rekindle chat

test: $(READY) ## run the tests (under five minutes)
	@echo "Running the tests ..."
	@$(BIN)/pytest -q -n 2 --dist loadgroup

check: $(READY) ## ruff, mypy and the content
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m content.schema --check
	@$(BIN)/rekindle check

bench: $(READY) ## speed and memory, each beside a baseline of the same run
	@$(BIN)/python tests/bench.py

evaluate: $(READY) ## how well messages are understood, on messages of our own
	@$(BIN)/rekindle evaluate intents/evaluation/topics.jsonl --floor 0.78
	@$(BIN)/rekindle evaluate intents/evaluation/safety.jsonl

model: .venv-model/ready ## train the model from the phrases (five minutes)
	@.venv-model/bin/python -W ignore -m intents.training.train

.venv-model/ready: intents/training/requirements.txt
	@echo "Making the environment for training in .venv-model (some minutes) ..."
	@$(PYTHON) -m venv --clear .venv-model
	@.venv-model/bin/pip install --quiet --disable-pip-version-check --require-hashes -r intents/training/requirements.txt
	@touch .venv-model/ready

walk: $(READY) ## a thousand random conversations, with and without danger (ten minutes)
	@WALKS=1000 $(BIN)/pytest -q tests/test_robust.py -k "walk or danger"

picture: $(READY) ## draw how a reply looks on Discord
	@$(BIN)/python -W ignore tests/draw_discord.py docs/discord.png

schema: $(READY) ## write the JSON Schemas that editors use for content
	@$(BIN)/python -m content.schema

COMPILE := .lock/bin/pip-compile --quiet --allow-unsafe --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras

lock: ## pin the requirements anew
	@$(PYTHON) -m venv .lock
	@.lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	@$(COMPILE) requirements.in
	@$(COMPILE) requirements-dev.in
	@$(COMPILE) intents/training/requirements.in
	@rm -r .lock
