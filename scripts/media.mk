# What the picture makes of bad lines. The short form, in pion's virtual network, is among the tests.

.PHONY: bad-lines setup-line

bad-lines: setup-line ## the picture on bad lines: loss and 300 kbit/s, in a network namespace; as root
	$(Q)scripts/badline

setup-line:
	$(Q)$(call install,line)
