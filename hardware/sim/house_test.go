package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vestibule/hardware/board"
)

var noon = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

func house() *House { return NewHouse(noon) }

func drive(t *testing.T, h *House, r board.Role, d Drive, now time.Time) {
	t.Helper()
	if err := h.Drive(r, d, now); err != nil {
		t.Fatal(err)
	}
}

func TestVisit(t *testing.T) {
	h, now := house(), noon
	after := func(d time.Duration) time.Time { now = now.Add(d); return now }
	if h.Pull(false, now) {
		t.Fatal("a locked door opened")
	}
	drive(t, h, board.Coil, High, after(time.Second))
	if v := h.View(); v.Bolt != "free" || !v.Coil || v.Contact != "closed" {
		t.Fatalf("with current: %+v", v)
	}
	if !h.Pull(false, after(time.Second)) {
		t.Fatal("a free strike held the door")
	}
	h.Advance(after(Swing / 2))
	if d := h.World().Door; d < 0.45 || d > 0.55 {
		t.Errorf("half-way the door is at %.2f", d)
	}
	h.Advance(after(Swing))
	if v := h.View(); v.Door != 1 || v.Contact != "open" || !v.Open {
		t.Errorf("open: %+v", v)
	}
	drive(t, h, board.Coil, Low, after(time.Second))
	h.Shut(after(time.Second))
	h.Advance(after(2 * Swing))
	if v := h.View(); v.Door != 0 || v.Contact != "closed" || v.Bolt != "thrown" || v.Open {
		t.Errorf("shut: %+v", v)
	}
	if h.Pull(false, now) {
		t.Error("the door did not latch")
	}
	if !h.Pull(true, now) {
		t.Error("the way out is locked")
	}
	if h.Energised() != 1 || h.Longest(now) != h.Longest(now.Add(time.Hour)) {
		t.Errorf("coil %d times, longest %v", h.Energised(), h.Longest(now))
	}
	var story []string
	for _, e := range h.Log() {
		story = append(story, e.What)
	}
	want := "door pulled, locked; coil on; door opens; door open; coil off; door closes; door shut and latched; door pulled, locked; door opens; door open"
	if got := strings.Join(story, "; "); got != want {
		t.Errorf("log\n%s\nwant\n%s", got, want)
	}
}

func TestSwitchesBounce(t *testing.T) {
	h := house()
	h.Changes()
	h.SetTamper(true, noon)
	h.Advance(noon.Add(time.Second))
	var seen []bool
	for _, l := range h.Changes() {
		seen = append(seen, l.High(board.Tamper))
	}
	if fmt.Sprint(seen) != "[true false true]" {
		t.Errorf("the switch went through %v, want one bounce", seen)
	}
}

func TestOneShot(t *testing.T) {
	h := house()
	drive(t, h, board.Coil, High, noon)
	h.Advance(noon.Add(OneShot + 10*time.Millisecond))
	if v := h.View(); v.Coil || v.Bolt != "thrown" || h.Levels().High(board.Relay) {
		t.Errorf("after %v with the pin High: %+v", OneShot, v)
	}
	now := noon.Add(time.Minute)
	drive(t, h, board.Coil, Low, now)
	drive(t, h, board.Coil, High, now)
	if !h.View().Coil {
		t.Error("the one-shot did not recover")
	}
}

func TestForceAndPlug(t *testing.T) {
	h := house()
	h.Force(noon)
	h.Advance(noon.Add(time.Second))
	if v := h.View(); v.Forced != 1 || v.Contact != "open" || v.Coil {
		t.Errorf("forced: %+v", v)
	}
	drive(t, h, board.Coil, High, noon.Add(time.Second))
	drive(t, h, board.Camera, High, noon.Add(time.Second))
	drive(t, h, board.Lamp, High, noon.Add(time.Second))
	h.SetMains(false, noon.Add(2*time.Second))
	if v := h.View(); v.Coil || v.Power || v.Lamp {
		t.Errorf("without mains: %+v", v)
	}
	h.SetMains(true, noon.Add(3*time.Second))
	if v := h.View(); v.Coil || v.Power || v.Lamp {
		t.Errorf("the pins were not let go: %+v", v)
	}
}

func TestStuckContact(t *testing.T) {
	h := house()
	h.Stick(board.Contact, false, noon)
	h.Pull(true, noon)
	h.Advance(noon.Add(time.Second))
	if h.Levels().High(board.Contact) {
		t.Error("a stuck contact moved")
	}
	h.Unstick(board.Contact, noon.Add(time.Second))
	if !h.Levels().High(board.Contact) {
		t.Error("a mended contact lies")
	}
}

func TestInputsCannotBeDriven(t *testing.T) {
	for _, r := range append(Inputs(), "kettle") {
		if err := house().Drive(r, High, noon); err == nil {
			t.Errorf("%s was driven", r)
		}
	}
	if err := house().Press('A', time.Second, noon); err == nil {
		t.Error("key A was pressed")
	}
}

// Whatever happens to a house: the door only opens from outside with current or force, the coil only
// has current while its pin is driven and there are mains, never longer than the one-shot, a shut
// door's contact and the latch agree with the door once it is at rest, and time never runs back.
func TestHouseProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, now := house(), noon
		coil := Float
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(-10, 2000).Draw(t, "ms")) * time.Millisecond)
			forced, open := h.View().Forced, h.View().Open
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				h.Advance(now)
				was, free := h.View().Open, h.View().Coil
				if h.Pull(false, now) && !was && !free {
					t.Fatal("opened from outside without current")
				}
			case 1:
				h.Pull(true, now)
				if !h.View().Open {
					t.Fatal("the way out was locked")
				}
			case 2:
				h.Shut(now)
			case 3:
				h.Force(now)
				if !open && h.View().Forced == forced && !h.View().Coil {
					t.Fatal("forcing the door was not noticed")
				}
			case 4, 5:
				coil = Drive(rapid.IntRange(0, 2).Draw(t, "drive"))
				if err := h.Drive(board.Coil, coil, now); err != nil {
					t.Fatal(err)
				}
			case 6:
				h.SetMains(rapid.Bool().Draw(t, "in"), now)
				if h.View().Coil && coil != High {
					t.Fatal("current out of nothing")
				}
				if !h.View().Mains {
					coil = Float
				}
			case 7:
				_ = h.Press("0123456789*#"[rapid.IntRange(0, 11).Draw(t, "key")], time.Second, now)
			case 8:
				h.LetGo(now)
				coil = Float
			case 9:
				h.SetTamper(rapid.Bool().Draw(t, "off"), now)
			}
			v := h.View()
			if v.Coil && (coil != High || !v.Mains) {
				t.Fatalf("current with the pin %v, mains %v", coil, v.Mains)
			}
			if v.Door < 0 || v.Door > 1 {
				t.Fatalf("door at %v", v.Door)
			}
			if got := h.Longest(now); got > OneShot {
				t.Fatalf("current for %v", got)
			}
		}
		h.Advance(now.Add(time.Hour))
		v := h.View()
		if (v.Door == 0) != (v.Contact == "closed") || (v.Door != 0) != v.Open {
			t.Fatalf("at rest: %+v", v)
		}
		if v.Door == 0 && v.Bolt != "thrown" && !v.Coil {
			t.Fatalf("shut, but not latched: %+v", v)
		}
		if len(v.Keys) > 0 {
			t.Fatalf("keys still down: %v", v.Keys)
		}
		if _, more := h.Next(); more {
			t.Fatalf("a house at rest still has plans")
		}
	})
}
