# The lock's rule on bad days. A short form of each is among the tests.

SCHEDULES ?= 1e7
STATES    ?= 4e6
SEED      ?= 1

.PHONY: sim sim-mutants

sim: setup-run ## try the lock's rule on many bad days, SCHEDULES=1e7 SEED=1
	$(Q)go run ./firmware/gate/sim -schedules '$(SCHEDULES)' -states '$(STATES)' -seed '$(SEED)' $(ARGS)

sim-mutants: setup-run ## try the simulator: is every seeded fault of the rule found?
	$(Q)go run ./firmware/gate/sim -mutants -seed '$(SEED)' $(ARGS)
