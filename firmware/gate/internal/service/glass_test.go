package service

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/book"
	"vestibule/firmware/pipe"
	"vestibule/hardware/sim"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// colours are a tint of one byte.
func colours(b byte) []byte { return bytes.Repeat([]byte{b}, pipe.TintSize) }

func (h *home) tintFile(d delivery) string {
	return filepath.Join(h.dir, "gate", "passes", d.terms.Delivery+".tint")
}

// tints are all tints on the disk.
func (h *home) tints() [][]byte {
	h.t.Helper()
	names, err := filepath.Glob(filepath.Join(h.dir, "gate", "passes", "*.tint"))
	if err != nil {
		h.t.Fatal(err)
	}
	var all [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func (h *home) onlyTint(want []byte) {
	h.t.Helper()
	if all := h.tints(); len(all) != 1 || !bytes.Equal(all[0], want) {
		h.t.Errorf("%d tints on the disk, want the one: %.8x", len(all), all)
	}
}

// A delivery gives away one tint, whoever dies: eye, gate, both.
func TestOneTintADelivery(t *testing.T) {
	t.Parallel()
	h, _ := ready(t)
	if n := len(h.tints()); n != 0 {
		t.Fatalf("%d tints before one was measured", n)
	}
	h.eye.close()
	h.eye = h.openEyeWith(colours(1))
	h.eye.shows(h, colours(1))
	h.onlyTint(colours(1))

	// The same eye changes its mind.
	if err := h.eye.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: h.eye.woken2(h).Delivery, Colours: colours(2)}); err != nil {
		t.Fatal(err)
	}
	h.until("the second tint is answered", func() bool { return h.eye.answers() >= 2 })
	h.eye.close()
	h.eye = h.openEyeWith(colours(3))
	h.eye.shows(h, colours(1))
	if w := h.eye.woken(); !bytes.Equal(w.Tint, colours(1)) {
		t.Errorf("another eye is woken with %.8x", w.Tint)
	}
	h.end()
	h.startAlone()
	h.eye, h.link = h.openEyeWith(colours(4)), h.openLink(0)
	h.calls()
	h.eye.shows(h, colours(1))
	h.end()
	h.onlyTint(colours(1))
}

// woken2 are the terms that eye was woken with.
func (e *eye) woken2(h *home) pass.Terms {
	h.until("eye is awake", e.awake.Load)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pass
}

func (e *eye) answers() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.tints)
}

// Two tints are on their way at once: the disk has one of them, and that is what counts.
func TestTintsRace(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	for b := range byte(20) {
		if err := h.eye.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: d.terms.Delivery, Colours: colours(b)}); err != nil {
			t.Fatal(err)
		}
	}
	h.until("a tint stands", func() bool { return h.eye.answers() > 0 })
	h.eye.shows(h, colours(0))
	h.onlyTint(colours(0))
}

func TestJunkTints(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	later := h.plan(func(t *pass.Terms) { t.From, t.Until = t.From.Add(4*time.Hour), t.From.Add(5*time.Hour) })
	for _, junk := range []pipe.Tint{
		{},
		{Delivery: d.terms.Delivery},
		{Delivery: d.terms.Delivery, Colours: colours(1)[1:]},
		{Delivery: d.terms.Delivery, Colours: append(colours(1), 1)},
		{Delivery: d.terms.Delivery, Colours: make([]byte, 1<<20)},
		{Delivery: later.terms.Delivery, Colours: colours(1)},
		{Delivery: "../../keys/x", Colours: colours(1)},
		{Colours: colours(1)},
	} {
		if err := h.eye.conn.Send(pipe.TypeTint, junk); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.eye.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: d.terms.Delivery, Colours: colours(2)}); err != nil {
		t.Fatal(err)
	}
	h.eye.shows(h, colours(2))
	if n := h.eye.answers(); n != 1 {
		t.Errorf("%d answers, want one", n)
	}
	h.onlyTint(colours(2))
}

// A pass for frosted glass lets no colour out, whatever eye would like.
func TestNoTintForFrosted(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.startAlone()
	h.eye, h.link = h.openEyeWith(colours(1)), h.openLink(0)
	h.pair()
	h.plan(func(t *pass.Terms) { t.Mode = pass.Frosted })
	h.live() // after 3 s of looks, with a tint offered at each
	if n := h.eye.answers() + len(h.tints()); n != 0 || h.eye.woken().Tint != nil {
		t.Errorf("%d answers and tints", n)
	}
}

// A tint that was damaged on the disk was given away: there is no other, and it cannot be
// shown.
func TestDamagedTint(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"short": func(p string) error { return os.Truncate(p, pipe.TintSize-1) },
		"empty": func(p string) error { return os.Truncate(p, 0) },
		"long":  func(p string) error { return os.Truncate(p, 2<<20) },
		"a folder": func(p string) error {
			if err := os.Remove(p); err != nil {
				return err
			}
			return os.Mkdir(p, 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t)
			h.startAlone()
			h.eye, h.link = h.openEyeWith(colours(1)), h.openLink(0)
			h.pair()
			d := h.plan()
			h.calls()
			h.eye.shows(h, colours(1))
			h.end()
			if err := damage(h.tintFile(d)); err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(h.tintFile(d))
			if err != nil {
				t.Fatal(err)
			}
			h.startAlone()
			h.eye, h.link = h.openEyeWith(colours(2)), h.openLink(0)
			h.calls()
			h.until("the camera is live", func() bool { return h.link.count(wire.CameraOn) == 1 }) // 3 s of offers
			if w := h.eye.woken(); w.Tint != nil || h.eye.answers() != 0 {
				t.Errorf("woken with %d bytes, %d answers", len(w.Tint), h.eye.answers())
			}
			after, err := os.Stat(h.tintFile(d))
			if err != nil || after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
				t.Errorf("it was written again: %v", err)
			}
		})
	}
}

// How the camera's picture was cut when a delivery first showed the zone is kept for every eye and gate after that.
func TestCut(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	file := filepath.Join(h.dir, "gate", "passes", d.terms.Delivery+".cut")
	looked := func() {
		t.Helper()
		n := h.eye.looks.Load()
		h.until("eye has looked", func() bool { return h.eye.looks.Load() > n+3 })
	}
	anew := func(want string) {
		t.Helper()
		h.eye.close()
		h.eye = h.openEye()
		h.until("eye is awake", h.eye.awake.Load)
		if w := h.eye.woken(); w.Cut != want {
			t.Errorf("eye is woken with %q, want %q", w.Cut, want)
		}
	}
	h.eye.glass.Store(wire.LampUnseen)
	h.eye.cuts("320x240") // it was not shown
	looked()
	h.eye.glass.Store(wire.Reason(""))
	h.eye.cuts("")
	looked()
	h.eye.cuts(strings.Repeat("9", pipe.MaxCut+1))
	looked()
	anew("")
	h.eye.cuts("1280x720")
	looked()
	h.eye.cuts("640x480")
	looked()
	anew("1280x720")
	h.until("it is on the disk", func() bool { b, err := os.ReadFile(file); return err == nil && string(b) == "1280x720\n" })
	h.end()
	h.startAlone()
	h.eye, h.link = h.openEye(), h.openLink(0)
	h.calls()
	h.until("eye is awake", h.eye.awake.Load)
	if w := h.eye.woken(); w.Cut != "1280x720" {
		t.Errorf("after a restart eye is woken with %q", w.Cut)
	}
	h.end()
	if err := os.Truncate(file, 3); err != nil {
		t.Fatal(err)
	}
	h.startAlone()
	h.eye, h.link = h.openEye(), h.openLink(0)
	h.calls()
	h.until("eye is awake", h.eye.awake.Load)
	if w := h.eye.woken(); w.Cut != book.Damaged {
		t.Errorf("of a damaged one eye is woken with %q", w.Cut)
	}
}

// Eye knows whether a visit is under way, and what it sees go beyond the doorway is told
// only during one.
func TestVisitAndBeyond(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	if h.eye.told() {
		t.Error("a visit before there is one")
	}
	h.eye.says(2, 0, 0)
	h.link.state("looks go on", func(wire.State) bool { return true })
	h.opens(d)
	h.until("eye knows of the visit", h.eye.told)
	h.pull()
	h.link.event(wire.DoorOpened)
	h.eye.says(3, 0, 0)
	if e := h.link.event(wire.BeyondDoorway); e.Count != 1 || e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}
	h.eye.close()
	h.eye = h.openEye()
	h.until("another eye knows of the visit", h.eye.told)
	h.until("it has looked", func() bool { return h.eye.looks.Load() > 0 })
	h.eye.says(1, 0, 0)
	if e := h.link.event(wire.BeyondDoorway); e.Count != 2 {
		t.Errorf("%+v", e)
	}
	h.shut()
	h.link.event(wire.VisitEnded)
	h.until("eye knows that the visit is over", func() bool { return !h.eye.told() })
	h.eye.says(9, 0, 0)
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.CameraOff)
	if n := h.link.count(wire.BeyondDoorway); n != 2 {
		t.Errorf("%d times beyond the doorway, want 2", n)
	}
}

// Eye hears that the lamp is seen, and again and again while it is; that it is not, once.
func TestEyeIsToldOfTheLamp(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	told := func(want bool) {
		t.Helper()
		h.until("eye is told of the lamp", func() bool { seen, _ := h.eye.lit(); return seen == want })
	}
	again := func(want bool) {
		t.Helper()
		told(want)
		_, before := h.eye.lit()
		h.until("eye is told again", func() bool { _, n := h.eye.lit(); return n >= before+3 })
		told(want)
	}
	if h.eye.woken().Lamp {
		t.Error("eye is woken with a lamp that nobody can have seen")
	}
	again(true)
	cover := func(on bool) {
		h.house.Do(func(house *sim.House, now time.Time) { house.SetCovered(on, now) })
	}
	cover(true)
	told(false)
	_, before := h.eye.lit()
	looks := h.eye.looks.Load()
	h.until("it has looked for longer", func() bool { return h.eye.looks.Load() > looks+20 })
	if _, n := h.eye.lit(); n != before {
		t.Errorf("it is told %d times more that the lamp is not seen", n-before)
	}
	cover(false)
	again(true)

	// The window gets another end: eye is woken again, and nothing is forgotten.
	h.link.send(pipe.TypeNote, h.signAmendment(d, 1, 2*time.Hour, h.owner))
	h.until("eye is woken again", func() bool { return h.eye.woken().Amendment != nil })
	if !h.eye.woken().Lamp {
		t.Error("eye is woken again, and the lamp forgotten")
	}

	// Another eye begins anew.
	h.eye.close()
	h.eye = h.openEye()
	h.until("another eye is awake", h.eye.awake.Load)
	if h.eye.woken().Lamp {
		t.Error("another eye is woken with the lamp that the first has seen")
	}
	again(true)
}

// Looks of a window that is over say nothing of the next one.
func TestLooksOfAnotherDelivery(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.eye.stall.Store(true)
	h.link.event(wire.CameraFault)
	h.link.state("a stalled picture", func(s wire.State) bool { return s.Why == wire.CameraStalled })
	for frame := range uint64(10) {
		look := pipe.Look{Delivery: "another", Frame: 1<<32 + frame, At: System().Mono(), Spent: wire.Spent{Colour: 216, Shadow: 9000}}
		if err := h.eye.conn.Send(pipe.TypeLook, look); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.eye.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: d.terms.Delivery, Colours: colours(1)}); err != nil {
		t.Fatal(err)
	}
	h.eye.shows(h, colours(1)) // gate has heard what was said before
	h.link.mu.Lock()
	if s := h.link.states[len(h.link.states)-1]; s.Why != wire.CameraStalled {
		t.Errorf("the picture is %s because of %s", s.Camera, s.Why)
	}
	h.link.mu.Unlock()
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CameraNotSeen {
		t.Errorf("%+v", got)
	}
	h.order(pass.Cancel, d.terms.Delivery)
	if e := h.link.event(wire.CameraOff); e.Spent == nil || *e.Spent != (wire.Spent{}) {
		t.Errorf("%+v", e.Spent)
	}
}

func spent(s wire.State) wire.Spent {
	if s.Spent == nil {
		return wire.Spent{}
	}
	return *s.Spent
}

// What was given away is counted over the deaths of eyes, the colours once.
func TestSpent(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.eye.says(0, 0, 0)
	for shadow := range 10 {
		h.eye.says(0, 216, 18*shadow)
	}
	h.link.state("the first eye's", func(s wire.State) bool { return spent(s) == wire.Spent{Colour: 216, Shadow: 162} })
	h.eye.close()
	h.eye = h.openEye()
	h.eye.says(0, 216, 36)
	h.link.state("both eyes'", func(s wire.State) bool { return spent(s) == wire.Spent{Colour: 216, Shadow: 198} })
	h.eye.close()
	h.eye = h.openEye()
	h.eye.says(0, 0, 18)
	h.until("the third eye looks", func() bool { return h.eye.awake.Load() })
	h.link.state("all eyes'", func(s wire.State) bool { return spent(s) == wire.Spent{Colour: 216, Shadow: 216} })
	h.order(pass.Cancel, d.terms.Delivery)
	if e := h.link.event(wire.CameraOff); e.Spent == nil || *e.Spent != (wire.Spent{Colour: 216, Shadow: 216}) {
		t.Errorf("%+v", e.Spent)
	}
	h.link.state("nothing of a window that is over", func(s wire.State) bool { return s.Camera == wire.CameraIsOff && s.Spent == nil })
	next := h.plan()
	h.live()
	h.link.state("the next delivery's", func(s wire.State) bool {
		return s.Delivery == next.terms.Delivery && s.Spent != nil && *s.Spent == wire.Spent{Colour: 0, Shadow: 18}
	})
}

// A figure that changes with every shadow is not worth a message each.
func TestSpentIsSaidSeldom(t *testing.T) {
	t.Parallel()
	h, _ := ready(t)
	shadow := 0
	h.until("it was said twice", func() bool {
		shadow += 18
		h.eye.says(0, 216, shadow)
		h.link.mu.Lock()
		defer h.link.mu.Unlock()
		figures := map[int]bool{}
		for _, s := range h.link.states {
			figures[spent(s).Shadow] = true
		}
		return len(figures) > 2 // and nothing at first
	})
	h.link.mu.Lock()
	defer h.link.mu.Unlock()
	for i, s := range h.link.states[1:] {
		before := h.link.states[i]
		took := s.Time.Sub(before.Time)
		s.Time, s.Spent = before.Time, before.Spent
		if s == before && took < spentEvery-100*time.Millisecond {
			t.Errorf("said again after %v only because of what was spent", took)
		}
	}
}

func TestSpending(t *testing.T) {
	var s spending
	for _, by := range []wire.Spent{{}, {Colour: 216}, {Colour: 216, Shadow: 18}, {Colour: 216, Shadow: 36}, {}, {Colour: 216, Shadow: 18},
		{Colour: 216, Shadow: 18}, {Shadow: -5}, {Colour: 216, Shadow: 54}} {
		s.add(by)
	}
	if got := s.total(); got != (wire.Spent{Colour: 216, Shadow: 36 + 18 + 54}) {
		t.Errorf("%+v", got)
	}
}
