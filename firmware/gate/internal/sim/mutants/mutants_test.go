package mutants

import "testing"

// A list that has grown old proves nothing.
func TestFaultsFit(t *testing.T) {
	r, err := root()
	if err != nil {
		t.Fatal(err)
	}
	if err := fit(r, faults); err != nil {
		t.Error(err)
	}
	if len(faults) < 60 {
		t.Errorf("%d faults, want at least 60", len(faults))
	}
}
