package house_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

// A device that pulses and falls silent is told of within 1.5 s of its last pulse, long before its connection ends;
// the next pulse takes it back.
func TestAMissedPulseIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.house.Close()
		f := r.house.Follow(func(n house.News) bool { return n.Online != nil })
		defer f.Close()
		news := func() (n house.News) {
			synctest.Wait()
			select {
			case n = <-f.C:
			default:
			}
			return n
		}
		pulse := func(again int) {
			r.house.Receive(wire.Topic(r.id, wire.LeafPulse), fmt.Appendf(nil, `{"again":%d}`, again))
		}
		pulse(500) // of a device that is not there
		r.online()
		if n := news(); n.Online == nil || !*n.Online {
			t.Fatalf("%+v", n)
		}
		time.Sleep(time.Hour) // without a pulse nobody waits for one
		if n := news(); n.Online != nil {
			t.Errorf("%+v", n)
		}
		for range 100 {
			pulse(500)
			time.Sleep(1400 * time.Millisecond) // a busy machine
		}
		if n := news(); n.Online != nil {
			t.Errorf("falsely %+v", n)
		}
		pulse(500)
		last := time.Now()
		n := <-f.C
		if took := time.Since(last); *n.Online || took != 1500*time.Millisecond || !n.Since.Equal(last) {
			t.Errorf("%+v after %v", n, took)
		}
		if p := r.house.Presence(r.id); p.Reached() || !p.Online || !p.Since.Equal(last) {
			t.Errorf("%+v", p)
		}
		time.Sleep(1500 * time.Millisecond)
		r.house.Gone(r.id) // the broker finds out too: nothing that is new, and since the same moment
		if n, p := news(), r.house.Presence(r.id); n.Online != nil || p.Online || !p.Since.Equal(last) {
			t.Errorf("%+v, %+v", n, p)
		}
		pulse(500) // late, and of a connection that is over
		if n := news(); n.Online != nil {
			t.Errorf("%+v", n)
		}
		r.online()
		if n := news(); !*n.Online || !r.house.Presence(r.id).Since.IsZero() {
			t.Errorf("%+v", n)
		}
		// Missed and taken back.
		pulse(500)
		time.Sleep(2 * time.Second)
		if n := news(); *n.Online {
			t.Errorf("%+v", n)
		}
		pulse(500)
		if n := news(); !*n.Online {
			t.Errorf("%+v", n)
		}
		// The last one, and ones that are none.
		pulse(0)
		pulse(-1)
		pulse(wire.MaxPulse + 1)
		time.Sleep(time.Hour)
		if n := news(); n.Online != nil {
			t.Errorf("%+v", n)
		}
		// A connection that ends without a silence: since now.
		r.house.Gone(r.id)
		if n := news(); *n.Online || !n.Since.Equal(time.Now()) {
			t.Errorf("%+v", n)
		}
	})
}
