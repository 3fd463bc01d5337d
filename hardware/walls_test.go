package hardware_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Bans says what nothing in this room may link, and why.
var bans = map[string]string{
	"net":                "the programs that hold the pins have no network code at all",
	"os/exec":            "a driver starts no programs",
	"vestibule/firmware": "a driver does not know who uses it",
	"vestibule/hub":      "a driver does not know who uses it",
	"vestibule/vision":   "the program that holds the lock has no picture",
	"gocv.io":            "the program that holds the lock has no picture",
	"periph.io/x/host":   "periph's own line driver lets go of outputs when it reads them (hardware/line)",
}

func TestWalls(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		for ban, why := range bans {
			if dep == ban || strings.HasPrefix(dep, ban+"/") {
				t.Errorf("hardware links %s: %s", dep, why)
			}
		}
	}
}

// Only a desk may have the simulated door: no driver and no board may link it.
func TestSimIsLinkedByNobody(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		path, imports, _ := strings.Cut(line, ": ")
		if strings.Contains(imports, "vestibule/hardware/sim") && path != "vestibule/hardware/sim/kernel" {
			t.Errorf("%s imports the simulated door", path)
		}
	}
}
