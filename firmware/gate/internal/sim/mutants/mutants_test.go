package mutants

import (
	"runtime"
	"strings"
	"testing"
)

// A list that has grown old proves nothing.
func TestFaultsFit(t *testing.T) {
	r, err := root()
	if err != nil {
		t.Fatal(err)
	}
	if err := fit(r, all()); err != nil {
		t.Error(err)
	}
	if len(faults) < 60 {
		t.Errorf("%d faults, want at least 60", len(faults))
	}
	seen := map[string]bool{}
	for _, f := range all() {
		if f.why == "" || seen[f.why] || f.old == f.new {
			t.Errorf("%s: %q, %q: no reason, the same as another, or no change", f.file, f.why, f.old)
		}
		seen[f.why] = true
	}
}

// A few of them; make sim-mutants tries all.
func TestFewFaultsAreFound(t *testing.T) {
	var out strings.Builder
	if err := Run(t.Context(), Options{Seed: 1, Workers: runtime.NumCPU(), Short: true, Out: &out}); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
}

func TestFaultThatDoesNotFitIsRefused(t *testing.T) {
	r, err := root()
	if err != nil {
		t.Fatal(err)
	}
	for _, old := range []string{"nobody would write this", "switch {"} {
		if err := fit(r, []trial{{fault: fault{file: "tries.go", old: old}}}); err == nil {
			t.Errorf("%q is taken", old)
		}
	}
}
