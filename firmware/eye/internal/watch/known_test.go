package watch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/firmware/eye/internal/view"
	"vestibule/firmware/pipe"
	"vestibule/vision"
)

// bound is a plan of blurred glass as a delivery lets it be.
func bound(d *delivery, gates *vision.Tint) (p vision.Plan, refused bool) {
	p = vision.Plan{Mode: vision.Blur, Tint: gates}
	refused = d.bind(&p)
	return p, refused
}

func tintOf(b byte) *vision.Tint { return &vision.Tint{0: b, 215: b} }

// The first colours of a delivery are its only ones, whoever brings others and whoever forgets them.
func TestADeliveryKeepsItsFirstTint(t *testing.T) {
	for name, first := range map[string]func(d *delivery) bool{
		"woken with it":    func(d *delivery) bool { _, refused := bound(d, tintOf(1)); return !refused },
		"settled":          func(d *delivery) bool { return d.settle(tintOf(1)) },
		"offered, settled": func(d *delivery) bool { d.looked(tintOf(1), ""); return d.settle(tintOf(1)) },
		"settled, offered": func(d *delivery) bool { ok := d.settle(tintOf(1)); d.looked(tintOf(2), ""); return ok },
		// An eye before this one was offered it, and gate's disk was slow.
		"offered, another settled": func(d *delivery) bool { d.looked(tintOf(2), ""); return d.settle(tintOf(1)) },
	} {
		t.Run(name, func(t *testing.T) {
			d := known{}.delivery("d1")
			if p, _ := bound(d, nil); p.Mode != vision.Blur || p.Tint != nil || p.Offer != nil {
				t.Fatalf("nothing is known, and %+v", p)
			}
			if !first(d) {
				t.Fatal("the first is refused")
			}
			for _, c := range []struct {
				gates   *vision.Tint
				refused bool
			}{{nil, false}, {tintOf(1), false}, {tintOf(2), true}, {nil, false}} {
				if p, refused := bound(d, c.gates); refused != c.refused || p.Mode != vision.Blur || p.Tint == nil || *p.Tint != *tintOf(1) || p.Offer != nil {
					t.Errorf("gate says %.1v: refused %v, %+v", c.gates, refused, p)
				}
			}
			if d.settle(tintOf(3)) || !d.settle(tintOf(1)) {
				t.Error("another is settled, or the same is not")
			}
		})
	}
}

// What was offered is offered again until something is settled; nothing is measured beside it.
func TestADeliveryKeepsItsFirstOffer(t *testing.T) {
	d := known{}.delivery("d1")
	second := tintOf(2)
	d.looked(nil, "")
	d.looked(tintOf(1), "")
	d.looked(second, "")
	if p, _ := bound(d, nil); p.Offer == nil || *p.Offer != *tintOf(1) || p.Tint != nil {
		t.Errorf("%+v", p)
	}
	if *second != (vision.Tint{}) {
		t.Error("what is not needed is left")
	}
	frosted := vision.Plan{Mode: vision.Frosted}
	if d.bind(&frosted) || frosted.Offer != nil || frosted.Tint != nil {
		t.Errorf("frosted: %+v", frosted)
	}
}

// Once a window is over its colours are overwritten. If gate says then that it is not over, they come from gate's disk or
// not at all: another look at the interior is not taken.
func TestColoursOfAWindowThatIsOver(t *testing.T) {
	now := time.Now()
	for name, settled := range map[string]bool{"offered": false, "settled": true} {
		t.Run(name, func(t *testing.T) {
			k := known{}
			long, d := k.delivery("long"), k.delivery("d1")
			long.settle(tintOf(9))
			long.until(now.Add(time.Hour / 2))
			d.until(now.Add(time.Minute))
			first := tintOf(1)
			d.looked(first, "")
			if settled {
				first = tintOf(1)
				d.settle(first)
			}
			if next := k.wipe(now); next != time.Minute || *first != *tintOf(1) {
				t.Errorf("in the window: %v, next in %v", *first, next)
			}
			if next := k.wipe(now.Add(time.Minute)); next != 29*time.Minute || *first != (vision.Tint{}) || long.colours == nil {
				t.Errorf("after the window: %v, next in %v", *first, next)
			}
			if p, refused := bound(d, nil); p.Mode != vision.Frosted || p.Tint != nil || p.Offer != nil || refused {
				t.Errorf("gate has forgotten: %+v", p)
			}
			if settled {
				if p, refused := bound(d, tintOf(2)); p.Mode != vision.Frosted || p.Tint != nil || p.Offer != nil || !refused {
					t.Errorf("gate says another: refused %v, %+v", refused, p)
				}
			}
			if p, refused := bound(d, tintOf(1)); p.Mode != vision.Blur || *p.Tint != *tintOf(1) || refused {
				t.Errorf("gate has it: refused %v, %+v", refused, p)
			}
			k.end()
			if d.colours != nil || long.colours != nil {
				t.Error("colours are left at the end")
			}
		})
	}
}

// Eye overwrites them by itself, also where gate says nothing more, and at its end.
func TestEyeOverwritesTheColours(t *testing.T) {
	for name, open := range map[string]time.Duration{"the window is over": time.Minute, "eye ends": time.Hour} {
		t.Run(name, func(t *testing.T) {
			b := &bench{t: t, owner: key(t), device: key(t)}
			camera := Camera{Source: func(vision.Plan) (vision.Source, error) { return vision.Source{}, errors.New("it is not plugged in") }}
			dir := b.trust()
			synctest.Test(t, func(t *testing.T) {
				log := slog.New(slog.DiscardHandler)
				s := New(camera, Trust{dir}, view.New(log), time.Now, log)
				ctx, stop := context.WithCancel(t.Context())
				go s.supervise(ctx)
				now := time.Now()
				w := pipe.Wake{Pass: sign(t, b.terms(open), b.owner), Now: now, Tint: bytes.Repeat([]byte{1}, pipe.TintSize)}
				tell := func(o order) {
					if err := s.tell(ctx, o); err != nil {
						t.Fatal(err)
					}
				}
				tell(order{kind: wake, wake: w, at: now})
				time.Sleep(59 * time.Second)
				synctest.Wait()
				colours := s.known["d1"].colours
				if colours == nil || !bytes.Equal(colours[:], w.Tint) {
					t.Fatalf("in the window: %v", colours)
				}
				tell(order{kind: sleep})
				if open > time.Minute {
					stop()
				} else {
					time.Sleep(time.Second)
				}
				synctest.Wait()
				if *colours != (vision.Tint{}) || s.known["d1"].colours != nil {
					t.Error("they are left")
				}
				stop()
			})
		})
	}
}

// The zone is shown only of a camera that is cut as eye knows and as gate says.
func TestADeliveryKeepsItsCut(t *testing.T) {
	d := known{}.delivery("d1")
	for _, c := range []struct{ gates, seen, want string }{
		{"", "", ""},
		{"800x600", "", "800x600"},
		{"", "640x480", ""},
		{"", "800x600", "640x480"},
		{"640x480", "", "640x480"},
		{"800x600", "", "640x480, by gate's word 800x600"},
	} {
		p := vision.Plan{Mode: vision.Frosted, Cut: c.gates}
		if d.bind(&p); p.Cut != c.want {
			t.Errorf("gate says %q: %q, want %q", c.gates, p.Cut, c.want)
		}
		d.looked(nil, c.seen)
	}
}

// One delivery too many gets no colours of the interior; those that are known stay known.
func TestTooManyDeliveries(t *testing.T) {
	k := known{}
	for n := range most {
		k.delivery(fmt.Sprint("d", n)).settle(tintOf(1))
	}
	late := k.delivery("late")
	late.until(time.Now())
	late.looked(tintOf(2), "640x480")
	for _, gates := range []*vision.Tint{nil, tintOf(3)} {
		if p, _ := bound(late, gates); p.Mode != vision.Frosted || p.Tint != nil || p.Offer != nil {
			t.Errorf("%+v", p)
		}
	}
	if late.settle(tintOf(2)) || len(k) != most {
		t.Errorf("%d are known", len(k))
	}
	if p, refused := bound(k.delivery("d0"), tintOf(2)); !refused || *p.Tint != *tintOf(1) {
		t.Errorf("the first one: refused %v, %+v", refused, p)
	}
}

// notes is a log that may be read while it is written.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) count(of string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Count(n.text.String(), of)
}

// A gate in hostile hands closes the camera and opens it, and says that it knows of no colours. It is told those of the
// first time and no others, whatever is to be seen then, and the glass shows no others.
func TestACapturedGateGetsOneTint(t *testing.T) {
	var log notes
	b := newLoggedBench(t, &log)
	again := func(w pipe.Wake) {
		t.Helper()
		b.send(pipe.TypeSleep, nil)
		b.closed(time.Second)
		b.guest.Store(!b.guest.Load())
		since := mono(t)
		b.send(pipe.TypeWake, w)
		for b.look().At < since { // what was still on its way
		}
	}
	w := pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)}
	b.send(pipe.TypeWake, w)
	first := b.tint()
	for range 2 { // nothing was settled
		again(w)
		if offer := b.tint(); !bytes.Equal(offer.Colours, first.Colours) {
			t.Error("another tint is offered")
		}
	}
	b.send(pipe.TypeTint, first)
	b.spends(pipe.TintSize)
	other := bytes.Repeat([]byte{0x55}, pipe.TintSize)
	for n, tint := range [][]byte{nil, other} {
		w.Tint = tint
		again(w)
		b.send(pipe.TypeTint, pipe.Tint{Delivery: "d1", Colours: other})
		if last, offers := b.looks(40); offers != 0 || last.Spent.Colour != pipe.TintSize {
			t.Errorf("%d offers, %+v", offers, last)
		}
		if said, want := log.count("another tint"), 1+2*n; said != want {
			t.Errorf("the log says it %d times, want %d", said, want)
		}
	}
	b.guest.Store(true)
	// Another delivery has other colours, so there was something to be told.
	terms := b.terms(time.Hour)
	terms.Delivery = "d2"
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, terms, b.owner)})
	var second pipe.Tint
	f := b.next(pipe.TypeTint)
	if err := f.JSON(&second); err != nil || second.Delivery != "d2" || bytes.Equal(second.Colours, first.Colours) {
		t.Errorf("%v, %q: the same colours with a guest and without prove nothing", err, second.Delivery)
	}
}

// A gate that says that a window is not over after all gets no other colours than those it has.
func TestATimeThatGoesBackBringsNoOtherTint(t *testing.T) {
	b := newBench(t)
	terms := b.terms(time.Hour)
	note := sign(t, terms, b.owner)
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Now: terms.Until.Add(-6 * time.Second)})
	first := b.tint()
	b.send(pipe.TypeTint, first)
	b.spends(pipe.TintSize)
	b.closed(8 * time.Second)
	for _, c := range []struct {
		tint []byte
		want int
	}{{nil, 0}, {bytes.Repeat([]byte{0x55}, pipe.TintSize), 0}, {slices.Clone(first.Colours), pipe.TintSize}} {
		since := mono(t)
		b.send(pipe.TypeWake, pipe.Wake{Pass: note, Tint: c.tint})
		for b.look().At < since {
		}
		if last, offers := b.looks(40); offers != 0 || last.Spent.Colour != c.want || last.Glass != "" {
			t.Errorf("%d offers, %+v, want %d bytes", offers, last, c.want)
		}
		b.send(pipe.TypeSleep, nil)
		b.closed(time.Second)
	}
}

// Two passes with one delivery's name are for one delivery.
func TestTwoPassesOfOneDelivery(t *testing.T) {
	b := newBench(t)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	first := b.tint()
	b.send(pipe.TypeTint, first)
	b.spends(pipe.TintSize)
	terms := b.terms(2 * time.Hour)
	terms.Nonce = [16]byte{1}
	since := mono(t)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, terms, b.owner)})
	for b.look().At < since {
	}
	if last, offers := b.looks(40); offers != 0 || last.Spent.Colour != pipe.TintSize {
		t.Errorf("%d offers, %+v", offers, last)
	}
}
