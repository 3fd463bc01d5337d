# The drivers and gate on the kernel's own GPIO lines, in a virtual machine. Nothing of it is needed to run Vestibule.

.PHONY: vm setup-vm

vm_job := .cache/vm/job

vm: setup-vm ## a visit by real pins, on the kernel's simulated GPIO in a virtual machine
	$(Q)scripts/vm/kernel
	$(Q)rm -rf $(vm_job) && mkdir -p $(vm_job)
	$(Q)CGO_ENABLED=0 go build -o $(vm_job)/gate ./firmware/gate
	$(Q)CGO_ENABLED=0 go test -c -tags vm -o $(vm_job)/hardware.test ./hardware/vmtest
	$(Q)CGO_ENABLED=0 go test -c -tags 'desk vm' -o $(vm_job)/gate.test ./firmware/gate
	$(Q)cp hardware/board/raspberrypi.board $(vm_job)/
	$(Q)scripts/vm/run $(vm_job)/*

setup-vm:
	$(Q)$(call install,vm)
