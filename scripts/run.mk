# A home at a desk: the hub, a device's three programs and a simulated door.

.PHONY: run setup-run

run: setup-run ## build and start a home at this desk; Ctrl-C stops it
	@scripts/home fit '$(RUN)'
	@VERBOSE=$(V) scripts/build
	$(Q)bin/dev -run '$(RUN)' -source '$(SOURCE)' -size '$(SIZE)' -fps '$(FPS)' $(ARGS)

setup-run:
	$(Q)$(call install,run)

# install GROUP, unless SETUP=no
install = $(if $(filter no,$(SETUP)),true,scripts/setup $(1))
