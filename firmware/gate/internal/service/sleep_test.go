package service

import (
	"bytes"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// asleep is a home in which a delivery's window is open, and nobody has called the camera.
func asleep(t testing.TB, change ...func(*pass.Terms)) (*home, delivery) {
	t.Helper()
	h := newHome(t)
	h.start()
	h.pair()
	d := h.plan(change...)
	h.link.event(wire.WindowOpened)
	return h, d
}

// sleeps fails if the camera gets power within a while.
func (h *home) sleeps(what string) {
	h.t.Helper()
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if h.house.World().Power {
			h.t.Fatalf("%s: the camera has power", what)
		}
	}
}

// A code for a sleeping camera waits for it, and is then answered as it has to be; while it waits
// another is told to.
func TestCodeWaitsForTheCamera(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.sleeps("the window has opened")
	began := time.Now()
	wrong := h.link.write(wire.LetterTry, h.sealTry(d, wrongCode(t, d.secret.Code)))
	h.until("the camera has power", func() bool { return h.house.World().Power })
	if got := no(t, h.try(d, d.secret.Code.Digits())); got.Reason != wire.CodeSlowed || got.Wait != 1 {
		t.Errorf("while a code waits: %+v", got)
	}
	if e := h.link.event(wire.CameraOn); e.Reason != wire.ByPage {
		t.Errorf("%+v", e)
	}
	h.link.await("an answer", func() bool { return h.link.letters[wrong].ID != "" })
	took := time.Since(began)
	if took < 3*time.Second {
		t.Errorf("answered after %v: the lamp's challenge alone takes 3 s", took)
	}
	h.link.mu.Lock()
	answer := h.link.letters[wrong]
	h.link.mu.Unlock()
	if got := no(t, answer); got.Reason != wire.CodeWrong {
		t.Errorf("%+v", got)
	}
	t.Logf("a wrong code for a sleeping camera is answered after %v", took)
	if l := h.try(d, d.secret.Code.Digits()); l.Kind != wire.LetterTried {
		t.Errorf("%s %s", l.Kind, l.Body)
	}
}

// The same at the keypad, in its duress spelling, from the first key on.
func TestDuressWaitsForTheCamera(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.typesUntil(d.secret.Code.Forced(), func() bool {
		h.until("an answer", func() bool { return h.energised() > 0 || h.link.count(wire.CodeRefused) > 0 })
		return h.energised() > 0
	})
	if e := h.link.event(wire.CameraOn); e.Reason != wire.ByKeypad {
		t.Errorf("%+v", e)
	}
	h.link.event(wire.VisitStarted)
	h.link.event(wire.Duress)
}

// An eye that is not there is waited for, and not for ever.
func TestCodeWaitsForNoCamera(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.eye.close()
	h.eye = nil
	began := time.Now()
	got := no(t, h.try(d, d.secret.Code.Digits()))
	if took := time.Since(began); got.Reason != wire.CameraNotSeen || took < 7*time.Second {
		t.Errorf("after %v: %+v", took, got)
	}
	if h.energised() != 0 {
		t.Error("it opened")
	}
}

// Only whose call was judged right wakes the camera: a hub or a stranger can't.
func TestViewerWakesTheCamera(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.link.send(pipe.TypeAsk, h.askBy(d, "v1", newKey(t)))
	h.link.await("a refusal", func() bool { return h.link.admits["v1"].Reason != "" })
	forged := h.askBy(d, "v2", h.owner)
	forged.Offered = bytes.Repeat([]byte{7}, 32)
	h.link.send(pipe.TypeAsk, forged)
	h.link.await("a refusal", func() bool { return h.link.admits["v2"].Reason != "" })
	h.link.ask(wire.LetterKnock, wire.Knock{Delivery: d.terms.Delivery})
	if got := no(t, h.link.ask(wire.LetterTry, wire.Try{Delivery: d.terms.Delivery, Knock: make([]byte, 32), Sealed: []byte("x")})); got.Reason != wire.TryStale {
		t.Errorf("%+v", got)
	}
	h.link.ask(wire.LetterLock, wire.LockNow{})
	h.link.send(pipe.TypeLeft, pipe.Left{ID: "v1"})
	h.sleeps("strangers have called")
	began := time.Now()
	h.link.send(pipe.TypeAsk, h.askBy(d, "v3", h.owner))
	h.until("eye has looked", func() bool { return h.eye.looks.Load() > 0 })
	t.Logf("from a call to the first frame: %v", time.Since(began))
	if e := h.link.event(wire.CameraOn); e.Reason != wire.ByViewer {
		t.Errorf("%+v", e)
	}
}

// The camera goes to sleep, and wakes to the same glass, cut and account of what was spent; so it does over and over,
// and with another eye.
func TestSleepsAndWakesAlike(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.eye.close()
	h.eye = h.openEyeWith(colours(1))
	h.eye.cuts("1280x720")
	h.eye.says(0, pipe.TintSize, 18)
	h.wakes()
	h.eye.shows(h, colours(1))
	h.link.state("what was spent", func(s wire.State) bool { return spent(s).Colour == pipe.TintSize })
	called := time.Now()
	h.until("the camera has no power", func() bool { return !h.house.World().Power })
	if e := h.link.event(wire.CameraOff); e.Spent == nil || *e.Spent != (wire.Spent{Colour: pipe.TintSize, Shadow: 18}) {
		t.Errorf("%+v", e)
	}
	t.Logf("asleep %v after the last key", time.Since(called))
	h.until("eye sleeps", func() bool { return !h.eye.awake.Load() })
	h.sleeps("nobody calls")
	h.link.state("a camera that is off in an open window", func(s wire.State) bool {
		return s.Camera == wire.CameraIsOff && s.Visit == wire.VisitAwaited && s.Alarm == ""
	})
	h.eye.says(0, pipe.TintSize, 0) // another opening
	for range 2 {
		h.calls()
		h.until("eye is awake", h.eye.awake.Load)
		if w := h.eye.woken(); !bytes.Equal(w.Tint, colours(1)) || w.Cut != "1280x720" || w.Lamp || w.Visit {
			t.Errorf("woken with tint %.4x, cut %q, lamp %v, visit %v", w.Tint, w.Cut, w.Lamp, w.Visit)
		}
		h.eye.close()
		h.eye = h.openEyeWith(colours(2))
	}
	h.eye.shows(h, colours(1))
	h.onlyTint(colours(1))
	h.link.event(wire.CameraOn)
	h.order(pass.Cancel, d.terms.Delivery)
	if e := h.link.event(wire.CameraOff); e.Spent == nil || *e.Spent != (wire.Spent{Colour: pipe.TintSize, Shadow: 18}) {
		t.Errorf("%+v: the same colours are no new ones", e)
	}
}

// An order to remember how the camera stands is good once, also one that only woke the camera: the owner was
// told that it came to nothing, and a hub that keeps it can neither wake the camera with it again nor have it carried out.
func TestOrderThatWakesIsSpent(t *testing.T) {
	t.Parallel()
	h, d := asleep(t)
	h.eye.standsLike(pipe.Reference{Data: []byte("edges")})
	note := h.signOrder(pass.Remember, d.terms.Delivery, h.owner, nil)
	ask := func() wire.Letter { return h.link.ask(wire.LetterRemember, wire.Remember{Order: string(note)}) }
	if got := no(t, ask()); got.Reason != wire.CameraNotSeen {
		t.Errorf("of a camera that sleeps: %+v", got)
	}
	h.until("the camera has power", func() bool { return h.house.World().Power })
	if got := no(t, ask()); got.Reason != wire.CallStale {
		t.Errorf("again: %+v", got)
	}
	h.link.event(wire.CameraOn)
	if got := no(t, ask()); got.Reason != wire.CallStale || h.eye.wasAsked() != 0 {
		t.Errorf("once the camera sees: %+v, eye was asked %d times", got, h.eye.wasAsked())
	}
	if l := h.remember(d); l.Kind != wire.LetterRemembered {
		t.Errorf("another one: %s %s", l.Kind, l.Body)
	}
}
