# Checks that read the code. Both tools are built from source at these versions, once, into .cache/bin.

golangci_version    := v2.15.0
govulncheck_version := v1.9.0
golangci    := .cache/bin/golangci-lint-$(golangci_version)
govulncheck := .cache/bin/govulncheck-$(govulncheck_version)

.PHONY: lint setup-lint

export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/lint

lint: setup-run setup-lint $(golangci) $(govulncheck) ## read the code for mistakes, and its modules for known holes
	$(Q)bad=$$(gofmt -l $$(find . -name node_modules -prune -o -name '*.go' -print)); \
	  test -z "$$bad" || { printf 'gofmt -w would change %s\n' $$bad >&2; exit 1; }
	$(Q)$(golangci) run --allow-parallel-runners --build-tags desk ./...
	$(Q)$(golangci) run --allow-parallel-runners ./firmware/... ./vision/... ./hardware/...
	$(Q)shellcheck $$(grep -rlE '^#!/usr/bin/env bash' scripts .ci)
	$(Q)scripts/named README.md SECURITY.md CONTRIBUTING.md
	$(Q)scripts/holes $(govulncheck)

setup-lint:
	$(Q)$(call install,lint)

# tool MODULE@VERSION: build it and keep it under a name that says the version
define tool
@echo 'Building $(notdir $@), once.'
$(Q)mkdir -p .cache/bin
$(Q)GOBIN=$(CURDIR)/.cache/bin go install $(1)
$(Q)mv .cache/bin/$(2) $@
endef

$(golangci):
	$(call tool,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(golangci_version),golangci-lint)

$(govulncheck):
	$(call tool,golang.org/x/vuln/cmd/govulncheck@$(govulncheck_version),govulncheck)
