package rule

import (
	"testing"
	"time"

	"vestibule/hub/wire"
)

// frames lets eye report a little, with a count of its own.
func (b *story) frames(beyond int) {
	b.t.Helper()
	b.beyond = beyond
	b.passes(300 * time.Millisecond)
}

// beyonds are the counts of what was written about somebody going into the interior.
func (b *story) beyonds() []int {
	var counts []int
	for _, e := range b.journal {
		if e.Kind == wire.BeyondDoorway {
			counts = append(counts, e.Count)
		}
	}
	return counts
}

func TestBeyondTheDoorwayOnlyInAVisit(t *testing.T) {
	b := ready(t)
	b.frames(2)
	b.then() // nobody was let in: it is somebody of the house
	b.keys(Right)
	b.bolt()
	b.opens()
	b.then("visit_started", "energise", "unlocked", "granted 1/3", "door_opened")
	b.frames(2)
	b.then()
	b.frames(3)
	b.then("beyond_doorway")
	b.frames(3)
	b.then()
	b.frames(5)
	b.then("beyond_doorway")
	if e := b.journal[len(b.journal)-1]; e.Count != 3 || e.Delivery != "d1" {
		t.Errorf("%+v", e)
	}
	b.frames(4) // an eye that counts back
	b.frames(5)
	b.then()
	b.shuts()
	b.passes(3 * time.Minute)
	b.then("release", "door_shut", "relocked", "visit_ended")
	b.frames(9)
	b.then()
}

func TestBeyondIsCountedOverEyesRestarts(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	b.bolt()
	b.opens()
	b.frames(2)
	b.step(EyeIs(false))
	b.step(EyeIs(true)) // another eye
	b.frame = 0
	b.frames(0)
	b.frames(1)
	b.step(EyeIs(false))
	b.step(EyeIs(true)) // the same once more
	b.frames(1)
	b.frames(2)
	if got := b.beyonds(); len(got) != 3 || got[0] != 2 || got[1] != 3 || got[2] != 4 {
		t.Errorf("counts %v, want 2 3 4", got)
	}
}

func TestBeyondIsCountedOverGatesRestart(t *testing.T) {
	for _, c := range []struct {
		name string
		eye  []int // counts after the restart
		want int
	}{
		{"with the same eye", []int{2, 2, 3}, 3},
		{"with the same eye, that saw more meanwhile", []int{3, 3, 4}, 4},
		{"with another eye", []int{0, 1}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := ready(t)
			b.keys(Right)
			b.bolt()
			b.opens()
			b.frames(2)
			b.restart(time.Second, plan())
			b.step(DoorIs(Open))
			b.step(BoltIs(Open))
			for _, n := range c.eye {
				b.frames(n)
			}
			got := b.beyonds()
			if last := got[len(got)-1]; last != c.want {
				t.Errorf("counts %v, want %d at last", got, c.want)
			}
		})
	}
}

func TestAMadEyeDoesNotFillTheJournal(t *testing.T) {
	b := ready(t)
	b.keys(Right)
	for n := range 3 * MaxBeyond {
		b.beyond = n
		b.passes(10 * time.Millisecond)
	}
	b.beyond = 1 << 60
	b.passes(100 * time.Millisecond)
	if got := b.beyonds(); len(got) != MaxBeyond || got[MaxBeyond-1] != MaxBeyond {
		t.Errorf("%d entries", len(got))
	}
}

func TestEyeKnowsWhetherAVisitIsUnderWay(t *testing.T) {
	b := ready(t)
	if b.visit {
		t.Fatal("before the visit")
	}
	b.keys(Wrong)
	if b.visit {
		t.Fatal("after a wrong code")
	}
	b.keys(Right)
	if !b.visit {
		t.Fatal("not told")
	}
	b.bolt()
	b.opens()
	b.step(EyeIs(false))
	b.step(EyeIs(true))
	if !b.visit {
		t.Fatal("another eye is woken without it")
	}
	b.restart(time.Second, plan())
	if !b.visit {
		t.Fatal("eye is woken without it after gate's restart")
	}
	b.step(DoorIs(Open))
	b.shuts()
	b.passes(3*time.Minute + time.Second)
	if b.visit {
		t.Fatal("not told of the visit's end")
	}
	b.step(EyeIs(false))
	b.step(EyeIs(true))
	if b.visit {
		t.Fatal("woken for a visit that is over")
	}
}

func TestLooksMakeNoGarbage(t *testing.T) {
	st := ready(t)
	var out []Effect
	if n := testing.AllocsPerRun(1000, func() {
		st.now.Mono += time.Millisecond
		st.frame++
		out = Step(&st.s, st.lookNow(0), st.now, out[:0])
	}); n != 0 {
		t.Errorf("%v allocations a look", n)
	}
}
