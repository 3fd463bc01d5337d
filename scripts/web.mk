# The pages: the hub's (hub/web/app into hub/web/dist) and the desk's (scripts/dev/page into scripts/dev/dist).
# What is built is committed, so that nobody needs Node.js to build or run Vestibule.

.PHONY: web web-test web-check setup-web

pages := hub/web/app
built := hub/web/dist scripts/dev/dist

web: $(pages)/node_modules/.package-lock.json ## build the pages anew
	$(Q)cd $(pages) && npm run --silent build

web-test: $(pages)/node_modules/.package-lock.json ## test the pages' logic and their words
	$(Q)cd $(pages) && npm run --silent check && npm run --silent test

web-check: web ## show that the committed pages are what their source builds
	$(Q)changed=$$(git status --porcelain -- $(built)); \
	  test -z "$$changed" || { printf 'Run make web and commit what it builds:\n%s\n' "$$changed" >&2; exit 1; }

# npm writes this file last; an older one means that packages are to be fetched.
$(pages)/node_modules/.package-lock.json: $(pages)/package-lock.json $(pages)/package.json | setup-web
	$(Q)cd $(pages) && npm ci --no-audit --no-fund --loglevel=error
	$(Q)touch $@

setup-web:
	$(Q)$(call install,web)
