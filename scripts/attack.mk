# The attacks on the glass. The quick form, and R15, are among the tests.

.PHONY: attack

attack: setup-test ## try to see through the glass by every known way, as root; table and pictures in RUN/attack
	$(Q)go run ./vision/attack -o '$(RUN)/attack' $(ARGS)
	@echo
	@echo 'R15, the dye trace: a real eye, its memory, its pipes, the disk and a core.'
	$(Q)VESTIBULE_ATTACK=1 go test -count=1 -v -tags desk -run 'Dye|Bars|NoTrace|NoCore' ./firmware
