//go:build desk

package main

import (
	"slices"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const entries = 9 // of one delivery: the most that a pass allows

// From the last digit to current in the coil, fsync included and the camera awake, by the true
// program at the simulated door. By page: from a letter's arrival at gate's socket; the network before
// it is not measured. At the keypad: from the key's contact closing, so with its debounce, and
// with the simulated pins' way through a socket, which real ones have not. memory-MB is gate's after
// that.
func BenchmarkLastDigitToCoil(b *testing.B) {
	for _, c := range []struct {
		name   string
		visits int
		// ready does all but the last digit, which is what it returns.
		ready func(d *desk, terms pass.Terms, secret pass.Secret) func()
	}{
		{"page", 8, func(d *desk, terms pass.Terms, secret pass.Secret) func() {
			l := d.sealTry(terms, secret.Code.Digits())
			return func() { d.send(pipe.TypeMail, l) }
		}},
		{"keypad", 3, func(d *desk, _ pass.Terms, secret pass.Secret) func() {
			digits := secret.Code.Digits()
			d.types("*" + digits[:8])
			return func() { d.press(digits[8]) }
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			var kb int
			for b.Loop() {
				d := newDesk(b)
				d.start()
				d.pair()
				for range c.visits {
					terms, secret := d.plan(entries)
					for range entries {
						for opened := time.Duration(0); opened == 0; {
							// A busy machine may miss a key: then all are typed again, as a person would.
							if opened = d.opensAfter(c.ready(d, terms, secret)); opened != 0 {
								took = append(took, opened)
							}
						}
						relocked := d.count(wire.Relocked)
						d.ask(wire.LetterLock, wire.LockNow{})
						d.until("it is locked", func() bool { return d.count(wire.Relocked) > relocked })
					}
					d.cancel(terms.Delivery)
				}
				kb = d.rss()
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "median-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
			b.ReportMetric(float64(kb)/1024, "memory-MB")
			b.ReportMetric(0, "ns/op") // it would be a whole visit's
		})
	}
}

// opensAfter measures how long it takes until the coil has current; 0 for longer than 2 s.
func (d *desk) opensAfter(do func()) time.Duration {
	d.t.Helper()
	_, before := d.coil()
	begin := time.Now()
	do()
	for {
		if _, n := d.coil(); n > before {
			return time.Since(begin)
		}
		if time.Since(begin) > 2*time.Second {
			return 0
		}
		time.Sleep(50 * time.Microsecond)
	}
}

const keyPress = 40 * time.Millisecond

func (d *desk) press(key byte) {
	d.house.Do(func(h *sim.House, now time.Time) {
		if err := h.Press(key, keyPress, now); err != nil {
			d.t.Error(err)
		}
	})
}

// types presses keys as a quick person does.
func (d *desk) types(text string) {
	for _, k := range []byte(text) {
		d.press(k)
		time.Sleep(2 * keyPress)
	}
}
