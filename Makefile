# `make chat` and `make test` are all that is needed; each makes the environment when it has to.
PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/ready

.DEFAULT_GOAL := help
.PHONY: help chat test check bench soak kills evaluate model tiny picture walk lock schema sbom audit secrets

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

check: $(READY) ## ruff, mypy, the content, and that no secret is in a file
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m content.schema --check
	@$(BIN)/rekindle check
	@$(MAKE) --no-print-directory secrets

bench: $(READY) ## speed and memory, each beside a baseline of the same run
	@$(BIN)/python tests/bench.py

evaluate: $(READY) ## how well messages are understood, on messages of our own
	@$(BIN)/rekindle evaluate intents/evaluation/topics.jsonl --floor 0.78
	@$(BIN)/rekindle evaluate intents/evaluation/safety.jsonl

model: .venv-model/ready ## train the model from the phrases (twenty minutes)
	@.venv-model/bin/python -W ignore -m intents.training.train

tiny: .venv-model/ready ## train a tiny model twice, and read with it (half a minute)
	@.venv-model/bin/python -W ignore -m unittest tests/tiny_model.py

.venv-model/ready: intents/training/requirements.txt
	@echo "Making the environment for training in .venv-model (some minutes) ..."
	@$(PYTHON) -m venv --clear .venv-model
	@.venv-model/bin/pip install --quiet --disable-pip-version-check --require-hashes -r intents/training/requirements.txt
	@touch .venv-model/ready

soak: $(READY) ## talk for SOAK_MINUTES (20) while everything goes wrong now and then
	@$(BIN)/python tests/soak.py

walk: $(READY) ## a thousand random conversations, with and without danger (ten minutes)
	@WALKS=1000 $(BIN)/pytest -q tests/test_robust.py -k "walk or danger"

kills: $(READY) ## kill the bot a hundred times while it writes to two thousand people (eight minutes)
	@KILLS=100 PEOPLE=1000 $(BIN)/pytest -q -s tests/test_delivery_kill.py tests/test_kill.py tests/test_telegram_kill.py

picture: $(READY) ## draw how a reply looks on Discord, and a look back
	@$(BIN)/python -W ignore tests/draw_discord.py docs/discord.png
	@$(BIN)/python -W ignore tests/draw_progress.py docs/progress.png

schema: $(READY) ## write the JSON Schemas that editors use for content
	@$(BIN)/python -m content.schema

SUPPLY := .venv-supply/bin
PINNED := requirements.txt requirements-dev.txt intents/training/requirements.txt \
	deploy/requirements-build.txt deploy/requirements-supply.txt

sbom: .venv-supply/ready ## write sbom.json: what is shipped, as CycloneDX
	@PYTHONWARNINGS=ignore $(SUPPLY)/cyclonedx-py requirements --pyproject pyproject.toml --short-PURLs \
		--output-reproducible --output-file sbom.json requirements.txt

audit: .venv-supply/ready ## look for known vulnerabilities in all that is pinned
	@$(SUPPLY)/python tests/audit.py $(PINNED)

# Names that sound like a secret are not looked at (KeywordDetector), and nothing found is tried out at its service.
secrets: .venv-supply/ready ## look for tokens and keys in the files that git has
	@git ls-files -z | xargs -0 $(SUPPLY)/detect-secrets-hook --no-verify --disable-plugin KeywordDetector \
		--exclude-files '(^|/)requirements[^/]*\.txt$$|^intents/model/|\.png$$'

.venv-supply/ready: deploy/requirements-supply.txt
	@echo "Making the environment for sbom, audit and secrets in .venv-supply (half a minute) ..."
	@$(PYTHON) -m venv --clear .venv-supply
	@$(SUPPLY)/pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-supply.txt
	@touch .venv-supply/ready

COMPILE := .lock/bin/pip-compile --quiet --allow-unsafe --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --strip-extras

lock: ## pin the requirements anew
	@$(PYTHON) -m venv .lock
	@.lock/bin/pip install --quiet --disable-pip-version-check pip-tools
	@$(COMPILE) requirements.in
	@$(COMPILE) requirements-dev.in
	@$(COMPILE) intents/training/requirements.in
	@$(COMPILE) deploy/requirements-build.in
	@$(COMPILE) deploy/requirements-supply.in
	@rm -r .lock
