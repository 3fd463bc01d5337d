// Package vmtest tests the drivers on the kernel's own GPIO lines: those of the kernel's simulated chip, with the
// simulated house at their other end (hardware/sim/kernel). `make vm` runs it, in a virtual machine (scripts/vm);
// its tests are built with the tag vm only, for anywhere else there are no such lines.
package vmtest
