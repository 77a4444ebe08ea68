# Two commands matter: `make run` starts the app, `make test` runs every test.
# Both set up what they need by themselves and do no installing the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
HOST ?= 127.0.0.1
PORT ?= 8501
SECONDS ?= 60
SPEECH ?= yes
MODELS ?=

# Two processes of tests share the cores: threads of both would wait for one another.
ONE_THREAD := KINDRED_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# A hundred processes of tests would compile all modules again where images forbid to keep them.
KEEP_COMPILED := PYTHONDONTWRITEBYTECODE=

RUN_STAMP := $(VENV)/.installed-run
SPEECH_STAMP := $(VENV)/.installed-speech
MODELS_STAMP := $(VENV)/.installed-models
TEST_STAMP := $(VENV)/.installed-test
SCALE_STAMP := $(VENV)/.installed-scale

# $(call need,COMMAND,PACKAGE): install a Debian package if its command is
# missing, or say the one command to type.
define need
	@command -v $(1) >/dev/null 2>&1 || { \
	  if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	    echo "Installing $(2) with apt-get ..."; \
	    { apt-get install -y -qq $(2) || { apt-get update -qq && apt-get install -y -qq $(2); }; } >/dev/null; \
	  else \
	    echo "Kindred needs $(1). Please run: sudo apt-get install -y $(2)" >&2; exit 1; \
	  fi; }
endef

# $(call install,WHAT): uv installs what pip would, in less than half of the time. It reads no
# settings of pip: indexes, wheels and certificates of this machine are handed over. Of two indexes
# with the same version it takes the first, whichever wheel that has: the main one comes first.
# If uv fails, pip installs.
define install
	@$(PIP) uv || true
	@said=$$($(PY) -m pip config list); \
	set_to() { sed -n "s/^[^=]*\.$$1='\(.*\)'$$/\1/p" <<<"$$said" | head -n 1; }; \
	main=$$(set_to index-url); set -- $(1) --index "$${main:-https://pypi.org/simple}"; \
	for setting in extra-index-url find-links cert; do \
	  values=$$(set_to $$setting); \
	  for value in $${values//\\n/ }; do set -- "$$@" --$$setting "$$value"; done; \
	done; \
	$(PY) -m uv pip install --quiet --compile-bytecode --index-strategy unsafe-best-match \
	  --python $(PY) -c constraints.txt "$$@" || { echo "pip tries again ..."; $(PIP) $(1); }
endef

.PHONY: help run test lint fuzz faults attack audit thorough scale-test assets bench clean

help:
	@echo "make run     install what is missing and start the app (HOST=127.0.0.1 PORT=8501;"
	@echo "             SPEECH=no leaves speech recognition out; MODELS=clip fetches and uses other"
	@echo "             encoders: siglip2, multilingual-clip, clap, default, or any by name)"
	@echo "make test    install what is missing and run every test"
	@echo "make lint    check style and types"
	@echo "make fuzz    look for input that decoders and parsers fail at (SECONDS=60)"
	@echo "make faults  plant faults in the papers' equations, and see that tests find them"
	@echo "make attack  bring hostile input to an app served for it, then 200 clients at once"
	@echo "make audit   look for weak code and for known holes in what is installed"
	@echo "make thorough  the long tests of importing and of growth, kills, fuzz and faults"
	@echo "make scale-test  install Ray and a local S3 server, and run what needs them"
	@echo "make assets  rebuild the demo corpus and the default bundle from packages (GOEMOTIONS=FOLDER)"
	@echo "make bench   print the benchmark tables"

$(PY):
	$(call need,$(PYTHON),python3)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Kindred needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; \
	  else echo "Please run: sudo apt-get install -y python3-venv" >&2; exit 1; fi; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): pyproject.toml requirements.txt constraints.txt | $(PY)
	@echo "Installing Kindred and its requirements (a few minutes, once) ..."
	$(call install,-e .)
	@nice $(PY) -m backend.maps.compile_ahead >/dev/null 2>&1 &  # while the rest is installed
	@touch $@

$(SPEECH_STAMP): requirements-speech.txt constraints.txt $(RUN_STAMP)
	@echo "Installing speech recognition (SPEECH=no leaves it out) ..."
	$(call install,-r requirements-speech.txt)
	@touch $@

$(MODELS_STAMP): requirements-models.txt constraints.txt $(RUN_STAMP)
	@echo "Installing what models of the hub need ..."
	$(call install,-r requirements-models.txt)
	@touch $@

$(TEST_STAMP): requirements-dev.txt requirements-speech.txt constraints.txt $(RUN_STAMP)
	@echo "Installing what the tests need ..."
	$(call install,-r requirements-dev.txt)
	@touch $@

run: $(RUN_STAMP) $(if $(filter no,$(SPEECH)),,$(SPEECH_STAMP)) $(if $(MODELS),$(MODELS_STAMP))
	@$(if $(MODELS),$(PY) -m backend models $(MODELS))
	@exec $(PY) -m streamlit run app/server.py --server.address $(HOST) --server.port $(PORT)

test: $(TEST_STAMP)
	$(if $(shell command -v chromium || command -v chromium-browser),,\
	  $(call need,chromium-headless-shell,chromium-headless-shell))
	@$(ONE_THREAD) $(KEEP_COMPILED) $(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(TEST_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

fuzz: $(TEST_STAMP)
	@$(PY) -W ignore tests/fuzz/targets.py -max_total_time=$(SECONDS)

faults: $(TEST_STAMP)
	@$(PY) tests/mutation/run.py

attack: $(TEST_STAMP)
	@$(PY) -W ignore -m tests.attack $(PARTS)

# bandit and pip-audit get their own venv.
audit: $(TEST_STAMP)
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check bandit pip-audit
	@$(VENV)/audit/bin/bandit -q -r backend app -ll
	@$(VENV)/audit/bin/pip-audit -r constraints.txt --no-deps --disable-pip

# Imports and all other long work killed at 30 moments each, 2,000 hostile files, growth, a
# minute of fuzzing, planted faults.
thorough: fuzz faults
	@OMP_NUM_THREADS=1 $(PY) -W ignore -m tests.attack.growth
	@OMP_NUM_THREADS=1 $(PY) -W ignore -m tests.attack.kills
	@KINDRED_TEST_KILLS=30 KINDRED_TEST_HOSTILE=2000 $(PY) -m pytest --hypothesis-profile random tests/backend/ingest

# The S3 server pins what Kindred pins otherwise, so it has a place of its own.
$(SCALE_STAMP): requirements-scale.txt constraints.txt $(TEST_STAMP)
	@echo "Installing Ray and a local S3 server ..."
	$(call install,-r requirements-scale.txt)
	@$(PYTHON) -m venv $(VENV)/s3
	@$(VENV)/s3/bin/python -m pip install --quiet --disable-pip-version-check 'moto[server]==5.2.5'
	@touch $@

scale-test: $(SCALE_STAMP)
	@KINDRED_TEST_S3=$(VENV)/s3/bin/moto_server $(PY) -m pytest -m scale tests/backend

assets: $(TEST_STAMP)
	$(call need,rsvg-convert,librsvg2-bin)
	$(call need,npm,npm)
	$(call need,espeak-ng,espeak-ng)
	@$(PY) -m assets.build $(if $(GOEMOTIONS),--goemotions $(GOEMOTIONS))

bench: $(TEST_STAMP)
	@$(PY) -m bench

clean:
	rm -rf $(VENV) build kindred.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
