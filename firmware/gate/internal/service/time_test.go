package service

import (
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// word asks for a nonce and signs what time it is by off.
func (h *home) word(key ed25519.PrivateKey, off time.Duration, change func(*pass.Time)) string {
	h.t.Helper()
	ready := into[wire.Ready](h.t, h.link.ask(wire.LetterKnock, wire.Knock{}))
	w := pass.Time{Device: h.keys.Device(), At: time.Now().UTC().Add(off).Truncate(time.Second), Nonce: [pass.KnockSize]byte(ready.Knock)}
	if change != nil {
		change(&w)
	}
	note, err := pass.SignTime(w, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(note)
}

func (h *home) tell(word string) wire.Letter {
	return h.link.ask(wire.LetterTime, wire.Time{Word: word})
}

// unsure waits until a right code is refused because the time is not known; just after the
// start it may be the sensors that are not.
func (h *home) unsure(d delivery) {
	h.t.Helper()
	h.until("a right code is refused for want of the time", func() bool {
		return no(h.t, h.try(d, d.secret.Code.Digits())).Reason == wire.ClockUnsure
	})
}

// The power was away, and with it the time: there is no network, and the clock goes on from
// 1970, or from where it was, or is ten years ahead. The door stays shut and the camera off, whatever
// the hub says, until the owner or the kernel says what time it is. Then the visit goes on.
func TestNoTimeAtBoot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead time.Duration
		owner bool // says it, else the kernel
	}{
		"from 1970, the owner says it":                         {-56 * 365 * 24 * time.Hour, true},
		"from 1970, the network comes":                         {-56 * 365 * 24 * time.Hour, false},
		"ten years ahead, the owner says it":                   {87600 * time.Hour, true},
		"ten years ahead, the network comes":                   {87600 * time.Hour, false},
		"the clock is right and nobody says so, then it is so": {0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, d := ready(t)
			h.end()
			h.loose.Store(true)
			h.ahead.Store(int64(c.ahead))
			h.start()
			h.link.event(wire.Started)
			h.link.state("that the time is not known", func(s wire.State) bool { return s.Timeless })
			h.unsure(d)
			if h.house.World().Power {
				t.Error("the camera has power, and nobody knows whether the window is over")
			}
			if c.owner {
				if l := h.tell(h.word(h.owner, 0, nil)); l.Kind != wire.LetterTimed || time.Since(into[wire.Timed](t, l).Time).Abs() > time.Minute {
					t.Fatalf("%s %s", l.Kind, l.Body)
				}
			} else {
				h.ahead.Store(0)
				h.loose.Store(false)
			}
			h.link.state("that the time is known", func(s wire.State) bool { return !s.Timeless })
			h.calls()
			h.until("a live camera", func() bool { return h.link.count(wire.CameraOn) == 2 })
			if now := h.eye.woken().Now; time.Since(now).Abs() > time.Minute {
				t.Errorf("eye is told that it is %v, and would open no camera", now)
			}
			if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
				t.Errorf("%s %s", l.Kind, l.Body)
			}
			h.link.mu.Lock()
			defer h.link.mu.Unlock()
			for _, e := range h.link.events {
				if e.Time.After(time.Now().Add(time.Minute)) {
					t.Errorf("an entry of %v: every day until then would be before it", e.Time)
				}
			}
		})
	}
}

// What a hub, a stranger or an old word says of the time counts for nothing.
func TestLiesAboutTime(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.end()
	h.loose.Store(true)
	h.ahead.Store(int64(-48 * time.Hour))
	h.start()
	h.link.event(wire.Started)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kept := h.word(h.owner, 0, nil)
	h.end()
	h.start() // its nonces died with it
	h.unsure(d)
	for what, c := range map[string]struct {
		word string
		want wire.Reason
	}{
		"a stranger's":                       {h.word(stranger, 0, nil), wire.BadSignature},
		"the device's own":                   {h.word(h.keys.Signer(), 0, nil), wire.BadSignature},
		"an owner's from before the restart": {kept, wire.TryStale},
		"for another device":                 {h.word(h.owner, 0, func(w *pass.Time) { w.Device = "abcdefghijklmnop" }), wire.OtherDevice},
		"with a nonce of its own":            {h.word(h.owner, 0, func(w *pass.Time) { w.Nonce = [pass.KnockSize]byte{1} }), wire.TryStale},
		"with a courier's nonce":             {h.word(h.owner, 0, func(w *pass.Time) { w.Nonce = [pass.KnockSize]byte(h.sealTry(d, "1").Knock) }), wire.TryStale},
		"before the last entry":              {h.word(h.owner, -time.Hour, nil), wire.ClockUnsure},
		"nothing":                            {"", wire.BadSignature},
	} {
		if got := no(t, h.tell(c.word)); got.Reason != c.want {
			t.Errorf("%s: %+v, want %s", what, got, c.want)
		}
		if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.ClockUnsure {
			t.Errorf("after %s: %+v", what, got)
		}
	}
	good := h.word(h.owner, 0, nil)
	if l := h.tell(good); l.Kind != wire.LetterTimed {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	if got := no(t, h.tell(good)); got.Reason != wire.TryStale {
		t.Errorf("again: %+v", got)
	}
	// It knows now, and is not told otherwise: not even by the owner.
	if l := h.tell(h.word(h.owner, 5*time.Hour, nil)); l.Kind != wire.LetterTimed || time.Since(into[wire.Timed](t, l).Time).Abs() > time.Minute {
		t.Errorf("told again, it is: %s %s", l.Kind, l.Body)
	}
}

// Somebody forges the network's time, years ahead. The door is shut until the owner says what time it is, or
// nobody forges it any more; nothing is written down of those years.
func TestForgedTime(t *testing.T) {
	t.Parallel()
	const years = 9 * 8760 * time.Hour
	for name, owner := range map[string]bool{"the owner says it": true, "nobody forges it any more": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, d := ready(t)
			h.ahead.Store(int64(years))
			h.link.state("that the time is not known", func(s wire.State) bool { return s.Timeless })
			h.unsure(d)
			if got := no(t, h.tell(h.word(h.owner, years/2, nil))); got.Reason != wire.ClockUnsure {
				t.Errorf("a phone that is years ahead too: %+v", got)
			}
			if owner {
				if l := h.tell(h.word(h.owner, 0, nil)); l.Kind != wire.LetterTimed || time.Since(into[wire.Timed](t, l).Time).Abs() > time.Minute {
					t.Fatalf("%s %s", l.Kind, l.Body)
				}
			} else {
				h.ahead.Store(0)
			}
			h.link.state("that the time is known", func(s wire.State) bool { return !s.Timeless })
			h.until("a right code opens", func() bool { return h.try(d, d.secret.Code.Digits()).Kind == wire.LetterTried })
			h.link.mu.Lock()
			defer h.link.mu.Unlock()
			for _, e := range h.link.events {
				if e.Time.After(time.Now().Add(time.Minute)) {
					t.Errorf("an entry of %v", e.Time)
				}
			}
		})
	}
}

// A gate that is killed in a visit, while the network is away, goes on where it was; one
// whose machine was started anew does not.
func TestTimeOverRestart(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.boot = "first"
	h.start()
	h.pair()
	d := h.plan()
	h.live()
	h.until("the time is written down", func() bool { return readAnchor(filepath.Join(h.dir, "gate")).Boot == "first" })
	h.end()
	h.loose.Store(true)
	h.start()
	h.calls()
	h.until("a live camera", func() bool { return h.link.count(wire.CameraOn) == 2 })
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Errorf("%s %s", l.Kind, l.Body)
	}
	h.end()
	h.boot = "second"
	h.start()
	h.link.event(wire.Started)
	h.unsure(d)
}

// That the watchdog bit is said once for each boot that it caused.
func TestWatchdogBit(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.boot = "one"
	h.start()
	h.link.event(wire.Started)
	for boot, want := range []int{1, 2} { // in all
		h.bite, h.boot = true, []string{"two", "three"}[boot]
		for range 2 {
			h.again()
			h.link.event(wire.Started)
			h.link.send(pipe.TypeNote, []byte("junk"))
			h.link.event(wire.PassRefused) // what gate writes at its start is there by now
			if n := h.link.count(wire.Watchdog); n != want {
				t.Errorf("boot %s: said %d times, want %d", h.boot, n, want)
			}
		}
	}
}
