package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// asleep waits until the camera has no power.
func (d *desk) asleep() {
	d.t.Helper()
	for late := time.Now().Add(2 * time.Minute); ; time.Sleep(100 * time.Millisecond) {
		if !d.power() {
			return
		}
		if time.Now().After(late) {
			d.t.Fatalf("nobody calls the camera, and it does not sleep; in all: %v", d.kinds(0))
		}
	}
}

// power reports whether the camera has power.
func (d *desk) power() bool {
	d.t.Helper()
	var w struct{ Power bool }
	if err := d.get("/api/house", &w); err != nil {
		d.t.Fatal(err)
	}
	return w.Power
}

// listener stands between eye and gate, passes on all that they say, and notes when eye is woken and when
// its first frame after that comes.
type listener struct {
	mu      sync.Mutex
	waiting bool
	woken   time.Time
	looks   chan first
}

// first is when eye was woken, and when gate was to have its first frame.
type first struct{ woken, look time.Time }

// listenIn puts itself between eye and gate: the socket at which eye finds gate is another's from now on.
func (d *desk) listenIn() *listener {
	d.t.Helper()
	path := filepath.Join(d.dir, "sock", "eye.sock")
	if err := os.Rename(path, path+".gate"); err != nil {
		d.t.Fatal(err)
	}
	l, err := pipe.Listen(path)
	if err != nil {
		d.t.Fatal(err)
	}
	in := &listener{looks: make(chan first, 64)}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			eye, err := l.Accept()
			if err != nil {
				return
			}
			gate, err := pipe.Dial(path + ".gate")
			if err != nil {
				d.t.Error(errors.Join(err, eye.Close()))
				return
			}
			pass := func(from, to *pipe.Conn, hear func(pipe.Frame)) {
				for {
					f, err := from.Receive()
					if err == nil {
						hear(f)
						var b []byte
						if b, err = pipe.AppendFrame(nil, f.Type, f.Body); err == nil {
							_, err = to.Write(b)
						}
					}
					if err != nil { // one of them has gone, so the other has to know
						_, _ = from.Close(), to.Close()
						return
					}
				}
			}
			all.Go(func() { pass(eye, gate, in.said) })
			all.Go(func() { pass(gate, eye, in.told) })
		}
	})
	d.t.Cleanup(func() {
		if err := l.Close(); err != nil {
			d.t.Error(err)
		}
		d.stop()
		all.Wait()
	})
	d.kill("eye")
	return in
}

func (l *listener) told(f pipe.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Type == pipe.TypeWake && !l.waiting {
		l.waiting, l.woken = true, time.Now()
	}
	if f.Type == pipe.TypeSleep {
		l.waiting = false
	}
}

func (l *listener) said(f pipe.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Type == pipe.TypeLook && l.waiting {
		l.waiting = false
		select {
		case l.looks <- first{l.woken, time.Now()}:
		default:
		}
	}
}

// A key at the keypad wakes a camera that sleeps: the real programs, the drawn scene. How soon its first
// frame is with gate, and how soon the door is free to somebody who types the code, is told and not judged. That
// the camera sleeps, by what it is woken, and that what is typed for it waits, is.
func TestKeyWakesTheCamera(t *testing.T) {
	t.Parallel()
	times := 3
	if os.Getenv("VESTIBULE_BENCH") != "" {
		times = 15
	}
	d := startDesk(t, "-size", "1280x720", "-fps", "30")
	p := pairedPhone(t, d)
	in := d.listenIn()
	var frames, doors []float64
	for range times {
		m := d.mark()
		now := p.plan(0, time.Hour, nil)
		d.event(m, wire.WindowOpened)
		time.Sleep(time.Second)
		if d.power() {
			t.Fatal("a window has opened, and the camera has power")
		}
		digits := now.secret.Code.Digits()
		var began time.Time
		for heard := 0; heard < 1; {
			began = time.Now()
			d.press(digits[0])
			select {
			case f := <-in.looks:
				heard++
				frames = append(frames, float64(f.look.Sub(began).Milliseconds()))
			case <-time.After(3 * time.Second):
				if d.power() {
					t.Fatal("the camera has power, and eye shows nothing")
				}
				t.Log("the keypad did not hear the key; once more")
			}
		}
		time.Sleep(160*time.Millisecond - min(time.Since(began), 160*time.Millisecond))
		d.keys(digits[1:])
		if _, ok := d.within(m, wire.Unlocked, 6*time.Second); ok {
			doors = append(doors, float64(time.Since(began).Milliseconds()))
		} else { // the keypad of a busy machine has missed a key
			d.unlock(m, digits)
		}
		if e := d.event(m, wire.CameraOn); e.Reason != wire.ByKeypad || e.Delivery != now.terms.Delivery {
			t.Errorf("%+v", e)
		}
		d.event(m, wire.VisitEnded) // nobody pulled the door
		p.order(pass.Cancel, now.terms.Delivery)
		d.event(m, wire.CameraOff)
	}
	slices.Sort(frames)
	slices.Sort(doors)
	what := fmt.Sprintf("A camera that sleeps, %d times: from the first key to the first frame %.0f ms at the median, %.0f at the 99th percentile, %.0f at most; to the open door %.0f ms (%.0f to %.0f), the nine keys typed within 1.4 s",
		times, at(frames, .5), at(frames, .99), at(frames, 1), at(doors, .5), at(doors, 0), at(doors, 1))
	t.Log(what)
	if os.Getenv("VESTIBULE_BENCH") != "" {
		say("%s", what)
		if p99 := at(frames, .99); p99 > 1000 {
			t.Errorf("from a key to a frame %.0f ms, want at most 1000", p99)
		}
	}
}

// A page's code for a camera that sleeps is answered once it has been woken, right or wrong.
func TestPageWakesTheCamera(t *testing.T) {
	t.Parallel()
	d := startDesk(t, "-size", "640x480", "-fps", "15")
	p := pairedPhone(t, d)
	m := d.mark()
	now := p.plan(0, time.Hour, nil)
	d.event(m, wire.WindowOpened)
	wants(t, "a wrong code for a camera that sleeps", p.try(now, wrong(t, now.secret.Code)), wire.CodeWrong)
	if e := d.event(m, wire.CameraOn); e.Reason != wire.ByPage {
		t.Errorf("%+v", e)
	}
	d.asleep()
	tints, err := d.tints()
	if err != nil || len(tints) > 1 {
		t.Errorf("%d tints, %v", len(tints), err)
	}
	began := time.Now()
	if no := p.try(now, now.secret.Code.Digits()); no.Reason != "" {
		t.Fatalf("the right code: %+v", no)
	}
	t.Logf("the right code on the page, to the open door: %v", time.Since(began))
	if again, err := d.tints(); err != nil || len(tints) == 1 && (len(again) != 1 || again[0] != tints[0]) {
		t.Errorf("another opening of the camera, another tint: %d, %v", len(again), err)
	}
	s, err := p.spent()
	if b, _ := json.Marshal(s); err != nil || s.Colour != 216 {
		t.Errorf("spent %s, %v; want 216 bytes of colour, in two openings as in one", b, err)
	}
}

// What the pages say while the camera sleeps, and while it wakes; looking wakes it.
func TestPagesWhileTheCameraSleeps(t *testing.T) {
	t.Parallel()
	s := begin(t, startDesk(t, "-size", "640x480", "-fps", "15"))
	start := s.mark()
	s.plan("blur", time.Time{})
	s.event(start, wire.WindowOpened)
	s.live() // the page looks by itself
	if e := s.event(start, wire.CameraOn); e.Reason != wire.ByViewer {
		t.Errorf("%+v", e)
	}
	s.read()
	s.owner.tap("stop-watching")
	s.asleep()
	s.owner.attr("camera-word", "data-word", "asleep")
	s.owner.sees("cover", "The camera sleeps")
	s.owner.shot("owner-asleep")
	woken := s.mark()
	s.typed(wrong(t, mustCode(t, s.code)))
	s.courier.sees("open", "the camera wakes")
	s.courier.shot("waking")
	s.owner.attr("camera-word", "data-word", "starting")
	s.courier.do("be refused", visible("refusal"))
	if e := s.event(woken, wire.CameraOn); e.Reason != wire.ByPage {
		t.Errorf("%+v", e)
	}
	s.asleep()
	s.owner.tap("watch")
	s.owner.sees("cover", "The camera wakes")
	s.live()
	s.owner.attr("spent", "data-colour", "216") // in three openings as in one
	s.origins()
}
