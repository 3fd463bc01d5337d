package pass_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"vestibule/hub/pass"
)

// testdata/time.json is what the browser's code has to sign, too.
func TestTimeVector(t *testing.T) {
	const file = "testdata/time.json"
	f := newFixture(t)
	word := pass.Time{Device: f.terms.Device, At: time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), Nonce: [pass.KnockSize]byte(seed("time"))}
	note, err := pass.SignTime(word, f.owner)
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]string{"device": word.Device, "at": word.At.Format(time.RFC3339), "nonce": b64.EncodeToString(word.Nonce[:]), "note": string(note)}
	want, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != string(want) {
		t.Errorf("%s: %v, or it is not what is signed now:\n%s", file, err, want)
	}
}
