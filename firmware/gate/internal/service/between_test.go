package service

import (
	"testing"
	"time"

	"vestibule/firmware/gate/internal/rule"
	"vestibule/hardware/keypad"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// between is a gate in which one window follows another at once, and which does not run: the test takes the
// place of its goroutine, and says at which reading of the clock the first window ends. Nobody has called the camera.
type between struct {
	*Service
	first, second delivery
	late          time.Duration // what both clocks are ahead by
	readings      int           // of the wall clock before the first window ends; below 0 for many
}

func newBetween(t *testing.T) (*home, *between) {
	t.Helper()
	h := newHome(t)
	h.start()
	h.pair()
	b := &between{readings: -1}
	b.first = h.plan(func(t *pass.Terms) { t.Until, t.Camera = t.From.Add(30*time.Second), false })
	h.link.event(wire.WindowOpened)
	b.second = h.plan(func(t *pass.Terms) {
		t.From, t.Until, t.Camera = b.first.terms.Until, b.first.terms.Until.Add(time.Hour), false
	})
	h.end()
	s, door, client := h.build()
	b.Service = s
	t.Cleanup(func() {
		for _, close := range []func() error{door.Halt, client.Close, s.disk.journal.Close, s.listeners.eye.Close, s.listeners.link.Close} {
			if err := close(); err != nil {
				t.Error(err)
			}
		}
	})
	wall, mono := s.clocks.Wall, s.clocks.Mono
	s.clocks.Wall = func() time.Time {
		if b.readings == 0 {
			b.late += 2 * nearly
		}
		b.readings--
		return wall().Add(b.late)
	}
	s.clocks.Mono = func() time.Duration { return mono() + b.late }
	s.effects = rule.Resume(&s.state, s.now(), s.effects)
	s.carryOut()
	for _, e := range []rule.Event{rule.CoilIs(rule.CoilOff), rule.DoorIs(rule.Closed), rule.BoltIs(rule.Closed), rule.TamperIs(false)} {
		s.step(e)
	}
	if s.state.Delivery() != b.first.terms.Delivery {
		t.Fatalf("the window is %q", s.state.Delivery())
	}
	return h, b
}

// endsAfter lets the first window end after so many readings more of the clock.
func (b *between) endsAfter(readings int) {
	b.late = time.Until(b.first.terms.Until) - nearly
	b.readings = readings
}

// nearly is how long before the end of a window it is nearly over, for a busy machine.
const nearly = 5 * time.Second

// asked are the entries of a kind that the disk is asked for.
func (b *between) asked(kind wire.Kind) (all []wire.Event) {
	b.disk.mu.Lock()
	defer b.disk.mu.Unlock()
	for _, j := range b.disk.jobs {
		if j.entry.Kind == kind {
			all = append(all, j.entry)
		}
	}
	return all
}

// A code whose last key ends its window counts against nobody: the next window is another courier's.
func TestLastKeyBetweenWindows(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]func(b *between) string{
		"the first one's code":  func(b *between) string { return b.first.secret.Code.Digits() },
		"the second one's code": func(b *between) string { return b.second.secret.Code.Digits() },
	} {
		_, b := newBetween(t)
		b.endsAfter(-1)
		code := typed(b)
		for _, k := range []byte(code[:len(code)-1]) {
			b.press(keypad.Event{Key: k, Down: true})
		}
		b.readings = 0
		b.press(keypad.Event{Key: code[len(code)-1], Down: true})
		if b.state.Delivery() != b.second.terms.Delivery {
			t.Fatalf("%s: the window is %q", name, b.state.Delivery())
		}
		if refused, begun := b.asked(wire.CodeRefused), b.asked(wire.VisitStarted); len(refused)+len(begun) > 0 {
			t.Errorf("%s: %+v, %+v", name, refused, begun)
		}
		// And what was typed is gone with its window.
		code = b.second.secret.Code.Digits()
		for _, k := range []byte(code) {
			b.press(keypad.Event{Key: k, Down: true})
		}
		if refused, begun := b.asked(wire.CodeRefused), b.asked(wire.VisitStarted); len(refused) > 0 || len(begun) != 1 {
			t.Errorf("%s, then the right one: %+v, %+v", name, refused, begun)
		}
	}
}

// Nobody joins for a window that their own call has ended.
func TestViewerBetweenWindows(t *testing.T) {
	t.Parallel()
	h, b := newBetween(t)
	ask := h.askBy(b.first, "v1", h.owner)
	b.endsAfter(1) // the judging's
	b.ask(nil, ask)
	if b.state.Delivery() != b.second.terms.Delivery {
		t.Fatalf("the window is %q", b.state.Delivery())
	}
	if joined, refused := b.asked(wire.ViewerJoined), b.asked(wire.ViewerRefused); len(joined) > 0 || len(b.viewers) > 0 || len(refused) != 1 || refused[0].Reason != wire.NoDelivery {
		t.Errorf("joined %+v, refused %+v", joined, refused)
	}
}
