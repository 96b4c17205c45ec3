# Two commands do all: `make reports` and `make test`. Needs only Python 3.11 or newer, and make.
.DEFAULT_GOAL := help
.PHONY: help reports test lab check bench pictures lock clean

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## 使い方を表示する / show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

reports: $(READY) ## データベースを作り、報告書を作る / build the warehouse and make the reports
	$(BIN)/ebpm build
	$(BIN)/ebpm run --lang both

test: $(READY) ## テストを実行する / run the tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile

lab: $(READY) ## JupyterLab を開く / open JupyterLab
	$(BIN)/ebpm build
	$(BIN)/jupyter lab --notebook-dir=notebooks

check: $(READY) ## 書式・静的検査・型を確かめる / check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY) ## 速さを比べる / measure ratios
	$(BIN)/ebpm build
	$(BIN)/python -m benchmarks

pictures: reports ## README の図を撮り直す / take the pictures of the README again
	$(BIN)/python docs/pictures.py

lock: $(READY) ## 依存の固定ファイルを作り直す / renew the lock file
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --group dev --no-emit-index-url --custom-compile-command "make lock" \
	  --upgrade pyproject.toml --output-file requirements.lock

clean: ## 作ったものを消す（台帳は残す） / remove what was made (the ledger stays)
	rm -rf .venv reports/site

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 以上が必要です（make PYTHON=python3.12 … で指定できます）。' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
