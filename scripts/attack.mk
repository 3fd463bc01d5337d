# The attacks on the glass. The quick form is among the tests.

.PHONY: attack

attack: setup-run ## try to see through the glass by every known way; table and pictures in RUN/attack
	$(Q)go run ./vision/attack -o '$(RUN)/attack' $(ARGS)
