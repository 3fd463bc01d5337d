//go:build desk

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/keys"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// The true program within its walls: a visit, its memory, and a quiet end.
func TestProgram(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.start()
	d.pair()
	terms, secret := d.plan(3)
	if l := d.ask(wire.LetterTry, d.sealTry(terms, secret.Code.Digits()).Body); l.Kind != wire.LetterTried {
		t.Fatalf("%s %s; gate says: %s", l.Kind, l.Body, d.log)
	}
	if on, _ := d.coil(); !on {
		t.Error("the coil has no current")
	}
	kb := d.rss()
	t.Logf("memory in a visit: %d kB", kb)
	if kb > 20<<10 && !raced {
		t.Errorf("%d kB of memory, want at most 20 MB", kb)
	}
	if err := d.end(); err != nil {
		t.Errorf("ended with %v: %s", err, d.log)
	}
	if v := d.house.View(); v.Coil || v.Power || v.Lamp || v.Buzzer {
		t.Errorf("after the end: %+v", v)
	}
	out, err := d.gate("identity", "-state", filepath.Join(d.dir, "gate")).Output()
	var id keys.Identity
	if err != nil || json.Unmarshal(out, &id) != nil || id.Pairing != "" || id.Device != d.id.Device {
		t.Errorf("identity after pairing: %s, %v", out, err)
	}
}

// Gate is killed again and again around the moment at which a tint is written, and each eye
// has measured another. However it falls: one tint is on the disk, and eye is never told any
// other.
func TestKilledAroundTheTint(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.start()
	d.pair()
	const deliveries, rounds = 3, 5
	for i := range deliveries {
		terms, _ := d.plan(1, func(t *pass.Terms) { t.Mode = pass.Blur })
		d.mu.Lock()
		d.tints = nil
		d.mu.Unlock()
		for round := range rounds {
			d.until("eye is awake", d.awake.Load)
			offer := pipe.Tint{Delivery: terms.Delivery, Colours: bytes.Repeat([]byte{byte(round + 1)}, pipe.TintSize)}
			if err := d.eye.Send(pipe.TypeTint, offer); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(i*rounds+round) * 200 * time.Microsecond) // the instant of the crash is what is varied
			d.kill()
			d.start()
			d.wake(terms)
		}
		d.until("eye is awake", d.awake.Load)
		if err := d.eye.Send(pipe.TypeTint, pipe.Tint{Delivery: terms.Delivery, Colours: bytes.Repeat([]byte{99}, pipe.TintSize)}); err != nil {
			t.Fatal(err)
		}
		d.until("eye is told a tint", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return len(d.tints) > 0 })
		kept, err := os.ReadFile(filepath.Join(d.dir, "gate", "passes", terms.Delivery+".tint"))
		if err != nil || len(kept) != pipe.TintSize {
			t.Fatalf("%d bytes on the disk, %v", len(kept), err)
		}
		d.mu.Lock()
		for _, told := range d.tints {
			if told != string(kept) {
				t.Errorf("eye was told %x..., on the disk is %x...", told[:2], kept[:2])
			}
		}
		t.Logf("tint %d stands, told %d times", kept[0], len(d.tints))
		d.mu.Unlock()
		d.cancel(terms.Delivery)
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "-state and -trust"},
		{[]string{"-state", "x", "-trust", "y"}, "-pins"},
		{[]string{"-state", "x", "-trust", "y", "-pins", "real"}, "sim:PATH or board:FILE"},
		{[]string{"-state", "x", "-trust", "y", "-pins", "board:z", "-walls=off"}, "without walls"},
		{[]string{"identity"}, "-state DIR"},
		{[]string{"extra"}, "unexpected"},
	} {
		err := run(c.args, func(string) string { return "" }, &bytes.Buffer{}, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q in it", c.args, err, c.want)
		}
	}
}
