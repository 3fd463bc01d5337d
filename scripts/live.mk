# The live picture's proofs in their long form. A short form of each is among the tests.

HOSTILE ?= 20000
CUTS    ?= 100

.PHONY: live-long

live-long: setup-test web-test ## a hub that meddles with HOSTILE=20000 letters, 1,000 cuts of each kind, CUTS=100 in a browser
	$(Q)mkdir -p .cache
	$(Q)VESTIBULE_HOSTILE=$(HOSTILE) VESTIBULE_CASES=$(CURDIR)/.cache/hostile.jsonl \
	  go test -count=1 -v -timeout 1h -run TestHostileHub ./firmware/link/internal/relay
	$(Q)cd $(pages) && VESTIBULE_CASES=$(CURDIR)/.cache/hostile.jsonl VESTIBULE_CUTS=1000 npm run --silent test
	$(Q)VESTIBULE_CUTS=$(CUTS) go test -count=1 -v -tags desk -timeout 4h -run TestCuts ./scripts/e2e
	$(Q)$(MAKE) --no-print-directory bad-lines
