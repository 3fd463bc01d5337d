package watch

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision"
)

func TestPlanIsThePass(t *testing.T) {
	edges := []byte("edges")
	sum := sha256.Sum256(edges)
	terms := pass.Terms{
		Zones: [][]pass.Point{{{X: 1, Y: 2}, {X: 3, Y: 4}, {X: 5, Y: 6}}, {{X: 7, Y: 8}, {X: 9, Y: 10}, {X: 11, Y: 12}, {X: 13, Y: 14}}},
		Large: true, Lamp: pass.Box{Max: pass.Point{X: 2, Y: 1}}, Mode: pass.Blur, Shadow: true, Nonce: [16]byte{3},
	}
	p := planOf(terms, pipe.Wake{Reference: edges})
	if len(p.Zones) != 2 || len(p.Zones[0]) != 3 || len(p.Zones[1]) != 4 || p.Zones[1][2] != (vision.Point{X: 11, Y: 12}) ||
		!p.Large || p.Lamp.Max.X != 2 || p.Mode != vision.Blur || !p.Shadow || p.Nonce != terms.Nonce {
		t.Errorf("%+v", p)
	}
	if p.Tint != nil || p.Reference != nil {
		t.Errorf("tint %v, reference %q that nobody signed for", p.Tint, p.Reference)
	}
	if p.Vouch {
		t.Error("the lamp has a say where the camera is optional")
	}
	terms.Camera = true
	if !planOf(terms, pipe.Wake{Lamp: true}).Vouch {
		t.Error("the lamp has none where it is required")
	}
	if p := planOf(pass.Terms{}, pipe.Wake{}); len(p.Zones) != 0 || p.Large {
		t.Errorf("of nothing: %+v", p)
	}

	colours := bytes.Repeat([]byte{7}, pipe.TintSize)
	for what, c := range map[string]struct {
		mode pass.Mode
		tint []byte
		want bool
	}{
		"none":                {pass.Blur, nil, false},
		"a tint":              {pass.Blur, colours, true},
		"a short one":         {pass.Blur, colours[1:], false},
		"a long one":          {pass.Blur, append(colours, 7), false},
		"one for frosted":     {pass.Frosted, colours, false},
		"one for no such way": {"", colours, false},
	} {
		terms.Mode = c.mode
		p := planOf(terms, pipe.Wake{Tint: c.tint})
		if (p.Tint != nil) != c.want || p.Tint != nil && !bytes.Equal(p.Tint[:], colours) {
			t.Errorf("%s: %v", what, p.Tint)
		}
	}

	terms.Reference = sum[:]
	for what, c := range map[string]struct{ has, want []byte }{
		"the signed one": {edges, edges},
		"none":           {nil, []byte{}},
		"an empty one":   {[]byte{}, []byte{}},
		"another":        {[]byte("edge"), []byte{}},
	} {
		p := planOf(terms, pipe.Wake{Reference: c.has})
		if p.Reference == nil || !bytes.Equal(p.Reference, c.want) {
			t.Errorf("%s: %#v, want %#v", what, p.Reference, c.want)
		}
	}
}

// tint waits for eye's next offer.
func (b *bench) tint() pipe.Tint {
	b.t.Helper()
	var v pipe.Tint
	f := b.next(pipe.TypeTint)
	if err := f.JSON(&v); err != nil {
		b.t.Fatal(err)
	}
	if v.Delivery != "d1" || len(v.Colours) != pipe.TintSize {
		b.t.Fatalf("an offer of %d bytes for %q", len(v.Colours), v.Delivery)
	}
	return v
}

// looks reads as many looks, and says how often a tint was offered in between.
func (b *bench) looks(n int) (last pipe.Look, offers int) {
	b.t.Helper()
	for n > 0 {
		f, err := b.gate.Receive()
		if err != nil {
			b.t.Fatal(err)
		}
		switch f.Type {
		case pipe.TypeLook:
			last = pipe.Look{}
			if err := f.JSON(&last); err != nil {
				b.t.Fatal(err)
			}
			n--
		case pipe.TypeTint:
			offers++
		}
	}
	return last, offers
}

// spends waits until the looks say that colours were given away.
func (b *bench) spends(want int) {
	b.t.Helper()
	for range 200 {
		if b.look().Spent.Colour == want {
			return
		}
	}
	b.t.Fatalf("the colours never cost %d bytes", want)
}

func TestTheTintIsShownOnceGateHasIt(t *testing.T) {
	b := newBench(t)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	first := b.tint()
	if last, offers := b.looks(20); offers != 0 || last.Spent.Colour != 0 {
		t.Errorf("unanswered: %d offers more, %+v", offers, last)
	}
	b.ahead.Add(int64(offerSpacing))
	if again := b.tint(); !bytes.Equal(again.Colours, first.Colours) {
		t.Error("the second offer is another measure")
	}
	for _, junk := range []pipe.Tint{
		{Delivery: "d2", Colours: first.Colours},
		{Delivery: "d1"},
		{Delivery: "d1", Colours: first.Colours[1:]},
		{Delivery: "d1", Colours: append(first.Colours, 0)},
	} {
		b.send(pipe.TypeTint, junk)
	}
	if last, _ := b.looks(10); last.Spent.Colour != 0 {
		t.Errorf("after junk: %+v", last)
	}
	b.send(pipe.TypeTint, first)
	b.spends(pipe.TintSize)
	b.ahead.Add(int64(offerSpacing))
	if last, offers := b.looks(10); offers != 0 || last.Spent.Colour != pipe.TintSize {
		t.Errorf("answered: %d offers more, %+v", offers, last)
	}
}

func TestATintThatGateHasIsNotMeasuredAgain(t *testing.T) {
	colours := bytes.Repeat([]byte{0x77}, pipe.TintSize)
	t.Run("woken with it", func(t *testing.T) {
		b := newBench(t)
		b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner), Tint: colours})
		if last, offers := b.looks(30); offers != 0 || last.Spent.Colour != pipe.TintSize {
			t.Errorf("%d offers, %+v", offers, last)
		}
	})
	t.Run("woken again with it", func(t *testing.T) {
		b := newBench(t)
		w := pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)}
		b.send(pipe.TypeWake, w)
		b.tint() // gate dies before its answer
		if err := b.gate.Close(); err != nil {
			t.Fatal(err)
		}
		b.accept()
		w.Tint = colours
		b.send(pipe.TypeWake, w)
		b.spends(pipe.TintSize)
	})
	t.Run("frosted", func(t *testing.T) {
		b := newBench(t)
		terms := b.terms(time.Hour)
		terms.Mode = pass.Frosted
		b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, terms, b.owner), Tint: colours})
		b.send(pipe.TypeTint, pipe.Tint{Delivery: "d1", Colours: colours})
		if last, offers := b.looks(30); offers != 0 || last.Spent.Colour != 0 {
			t.Errorf("%d offers, %+v", offers, last)
		}
	})
}

// stand asks how the camera stands.
func (b *bench) stand() pipe.Reference {
	b.t.Helper()
	b.send(pipe.TypeRemember, nil)
	var r pipe.Reference
	f := b.next(pipe.TypeReference)
	if err := f.JSON(&r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func TestReference(t *testing.T) {
	b := newBench(t)
	if r := b.stand(); r.Reason != wire.CameraAsleep || r.Data != nil {
		t.Errorf("asleep: %+v", r)
	}
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	var r pipe.Reference
	for tries := 0; ; tries++ { // until there is a steady picture
		if r = b.stand(); r.Reason == "" {
			break
		}
		if r.Reason != wire.CameraNotSeen || tries == 200 {
			t.Fatalf("awake: %+v", r)
		}
		b.look()
	}
	if len(r.Data) == 0 || len(r.Data) > pipe.MaxReference {
		t.Fatalf("%d bytes", len(r.Data))
	}
	terms := b.terms(time.Hour)
	sum := sha256.Sum256(r.Data)
	terms.Reference = sum[:]
	note := sign(t, terms, b.owner)

	// With the reference that was signed the zone shows, with any other or none it does not.
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Reference: r.Data})
	b.shows("")
	for what, wrong := range map[string][]byte{"none": nil, "another": append([]byte{1}, r.Data...), "half": r.Data[:len(r.Data)/2]} {
		b.send(pipe.TypeSleep, nil)
		b.send(pipe.TypeWake, pipe.Wake{Pass: note, Reference: wrong})
		if got := b.trouble(); got.Reason != wire.ReferenceBad {
			t.Errorf("%s: %+v", what, got)
		}
		if last, _ := b.looks(5); last.Glass != wire.ReferenceBad {
			t.Errorf("%s: the picture is %q", what, last.Glass)
		}
	}
	// Gate has found it after all.
	b.send(pipe.TypeWake, pipe.Wake{Pass: note, Reference: r.Data})
	b.shows("")
}

// shows waits for a picture that is glass for this reason, or shows the zone.
func (b *bench) shows(want wire.Reason) {
	b.t.Helper()
	var last pipe.Look
	for range 200 {
		if last = b.look(); last.Glass == want {
			return
		}
	}
	b.t.Fatalf("the picture is %q, want %q", last.Glass, want)
}

// Where the pass requires the camera, the zone shows only while gate says that it sees the lamp, and has said so lately.
func TestTheLampIsGatesWord(t *testing.T) {
	b := newBench(t)
	terms := b.terms(time.Hour)
	terms.Camera = true
	w := pipe.Wake{Pass: sign(t, terms, b.owner)}
	b.send(pipe.TypeWake, w)
	dark := func() {
		t.Helper()
		b.shows(wire.LampUnseen)
		measured := false
		for range 20 { // on a busy machine the camera may stall
			l := b.look()
			if l.Glass == "" || l.Spent != (wire.Spent{}) {
				t.Fatalf("%+v", l)
			}
			measured = measured || l.Glass == wire.LampUnseen && l.Lamp >= 100<<8
		}
		if !measured {
			t.Error("the lamp is not measured")
		}
	}
	if _, offers := b.looks(20); offers != 0 {
		t.Error("colours are taken of what may be anything")
	}
	dark()
	b.send(pipe.TypeLamp, pipe.Lamp{Seen: true})
	b.shows("")
	b.send(pipe.TypeLamp, pipe.Lamp{})
	dark()

	// It holds for a while, longer if it is said again.
	began := time.Now()
	b.send(pipe.TypeLamp, pipe.Lamp{Seen: true})
	b.shows("")
	for time.Since(began) < pipe.LampHolds+time.Second {
		b.send(pipe.TypeLamp, pipe.Lamp{Seen: true})
		if last, _ := b.looks(10); last.Glass == wire.LampUnseen {
			t.Fatalf("%+v", last)
		}
	}
	b.send(pipe.TypeLamp, pipe.Lamp{Seen: true})
	began = time.Now()
	b.shows(wire.LampUnseen)
	if d := time.Since(began); d < pipe.LampHolds/2 {
		t.Errorf("it held for %v", d)
	}

	// A gate that is gone sees nothing; one that comes back says what it sees.
	b.send(pipe.TypeLamp, pipe.Lamp{Seen: true})
	b.shows("")
	if err := b.gate.Close(); err != nil {
		t.Fatal(err)
	}
	b.accept()
	dark()
	w.Lamp = true
	b.send(pipe.TypeWake, w)
	b.shows("")
	w.Lamp = false
	b.send(pipe.TypeWake, w)
	dark()
}

// Where the pass leaves the camera open, the lamp has no say.
func TestTheLampOfAnOptionalCamera(t *testing.T) {
	b := newBench(t)
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	b.shows("")
	b.send(pipe.TypeLamp, pipe.Lamp{})
	for range 20 {
		if l := b.look(); l.Glass == wire.LampUnseen {
			t.Fatalf("%+v", l)
		}
	}
}

// Of a camera that is cut otherwise than when the delivery first showed the zone, nothing shows.
func TestAnotherCut(t *testing.T) {
	b := newBench(t)
	w := pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)}
	b.send(pipe.TypeWake, w)
	b.shows("")
	for w.Cut == "" {
		w.Cut = b.look().Cut
	}
	if len(w.Cut) > pipe.MaxCut {
		t.Fatalf("the cut is %q", w.Cut)
	}
	b.send(pipe.TypeSleep, nil)
	b.send(pipe.TypeWake, w)
	b.shows("")
	w.Cut = "9999x" + w.Cut
	b.send(pipe.TypeSleep, nil)
	b.send(pipe.TypeWake, w)
	if got := b.trouble(); got.Reason != wire.CameraResized || !strings.Contains(got.Detail, "by gate's word 9999x") { // eye knows it too
		t.Errorf("%+v", got)
	}
	b.shows(wire.CameraResized)
}

// What gate says of a visit and of tints while there is no picture harms nobody.
func TestOrdersWithoutAPicture(t *testing.T) {
	b := newBench(t)
	b.send(pipe.TypeVisit, pipe.Visit{UnderWay: true})
	b.send(pipe.TypeTint, pipe.Tint{Delivery: "d1", Colours: make([]byte, pipe.TintSize)})
	b.send(pipe.TypeSleep, nil)
	b.send(pipe.TypeWake, pipe.Wake{Pass: []byte("junk"), Visit: true})
	if got := b.trouble(); got.Reason != wire.BadSignature {
		t.Errorf("%+v", got)
	}
	b.send(pipe.TypeVisit, pipe.Visit{})
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, b.terms(time.Hour), b.owner)})
	b.look()
}

// Where something moves is shown only during a visit.
func TestVisit(t *testing.T) {
	b := newBench(t)
	terms := b.terms(time.Hour)
	terms.Shadow = true
	b.send(pipe.TypeWake, pipe.Wake{Pass: sign(t, terms, b.owner)})
	b.shows("")
	b.looks(30) // the scene is known
	b.guest.Store(true)
	if last, _ := b.looks(75); last.Spent.Shadow != 0 || last.Beyond != 0 {
		t.Fatalf("before the visit: %+v", last)
	}
	b.send(pipe.TypeVisit, pipe.Visit{UnderWay: true})
	last := pipe.Look{}
	for range 100 {
		if last = b.look(); last.Spent.Shadow > 0 {
			break
		}
	}
	if last.Spent.Shadow == 0 || last.Spent.Shadow%18 != 0 {
		t.Fatalf("in the visit: %+v", last)
	}
	b.send(pipe.TypeVisit, pipe.Visit{})
	first, _ := b.looks(10) // some were on their way
	if last, _ = b.looks(30); last.Spent.Shadow != first.Spent.Shadow {
		t.Errorf("after the visit %d bytes, then %d", first.Spent.Shadow, last.Spent.Shadow)
	}
}
