package service

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/firmware/gate/internal/references"
	"vestibule/firmware/gate/internal/rule"
	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// remember sends an order of the owner's to remember how the camera stands.
func (h *home) remember(d delivery) wire.Letter {
	h.t.Helper()
	note := h.signOrder(pass.Remember, d.terms.Delivery, h.owner, nil)
	return h.link.ask(wire.LetterRemember, wire.Remember{Order: string(note)})
}

// stands makes eye say how the camera stands when it is asked next.
func (e *eye) standsLike(stands ...pipe.Reference) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stands = stands
}

// isSilent makes eye say nothing.
func (e *eye) isSilent(silent bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.silent = silent
}

func (e *eye) wasAsked() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.asked
}

// references are the names of what is kept, and their content is checked.
func (h *home) references() map[string]bool {
	h.t.Helper()
	dir := filepath.Join(h.dir, "gate", "references")
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	names := map[string]bool{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || named(b) != e.Name() {
			h.t.Errorf("%s: %v", e.Name(), err)
		}
		names[e.Name()] = true
	}
	return names
}

func named(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func TestRemember(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	edges := bytes.Repeat([]byte("edge"), pipe.MaxReference/4)
	h.eye.standsLike(pipe.Reference{Data: edges})
	before := time.Now().Add(-2 * time.Second)
	l := h.remember(d)
	if l.Kind != wire.LetterRemembered {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	r, err := pass.OpenReference([]byte(into[wire.Remembered](t, l).Reference), h.keys.SignPublic())
	if err != nil || r.Device != h.keys.Device() || r.Delivery != d.terms.Delivery || r.Sum != sha256.Sum256(edges) || r.At.Before(before) {
		t.Fatalf("%+v, %v", r, err)
	}
	if e := h.link.event(wire.StandKept); e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}
	if kept := h.references(); len(kept) != 1 || !kept[named(edges)] {
		t.Errorf("kept %v", kept)
	}
	if w := h.eye.woken(); w.Reference != nil {
		t.Error("a pass that asks for no reference is given one")
	}

	// A later pass asks for it, and for one that nobody keeps.
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.CameraOff)
	d = h.plan(func(t *pass.Terms) { t.Reference = r.Sum[:] })
	h.live()
	if w := h.eye.woken(); !bytes.Equal(w.Reference, edges) {
		t.Errorf("woken with %d bytes", len(w.Reference))
	}
	h.end()
	h.start()
	h.calls()
	h.until("eye is awake", h.eye.awake.Load)
	if w := h.eye.woken(); !bytes.Equal(w.Reference, edges) {
		t.Errorf("after gate's restart, woken with %d bytes", len(w.Reference))
	}
	h.link.event(wire.Started)
	h.link.event(wire.Started)
	h.order(pass.Cancel, d.terms.Delivery)
	h.until("the camera has no power", func() bool { return !h.house.World().Power })
	h.link.event(wire.WindowClosed)
	h.plan(func(t *pass.Terms) { t.Reference = make([]byte, 32) })
	h.live()
	if w := h.eye.woken(); len(w.Pass) == 0 || w.Reference != nil {
		t.Errorf("woken with %d bytes that nobody signed for", len(w.Reference))
	}
}

func TestRememberRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(note []byte) wire.Reason {
		t.Helper()
		return no(t, h.link.ask(wire.LetterRemember, wire.Remember{Order: string(note)})).Reason
	}
	if got := ask(h.signOrder(pass.Remember, "d", h.owner, nil)); got != wire.NotPaired {
		t.Errorf("unpaired: %s", got)
	}
	h.pair()
	d := h.plan()
	h.live()
	signed := func(verb string, change func(*pass.Order)) []byte {
		return h.signOrder(verb, d.terms.Delivery, h.owner, change)
	}
	flipped := signed(pass.Remember, nil)
	flipped[40] ^= 1
	for what, c := range map[string]struct {
		note []byte
		want wire.Reason
	}{
		"nothing":           {nil, wire.BadSignature},
		"junk":              {[]byte("junk"), wire.BadSignature},
		"much junk":         {bytes.Repeat([]byte("junk"), 5000), wire.TooLarge},
		"a flipped bit":     {flipped, wire.BadSignature},
		"a stranger's":      {h.signOrder(pass.Remember, d.terms.Delivery, stranger, nil), wire.BadSignature},
		"the device's own":  {h.signOrder(pass.Remember, d.terms.Delivery, h.keys.Signer(), nil), wire.BadSignature},
		"another verb":      {signed(pass.Cancel, nil), wire.Unreadable},
		"a pass":            {h.sign(d.terms), wire.Unreadable},
		"another device":    {signed(pass.Remember, func(o *pass.Order) { o.Device = "abcdefghijklmnop" }), wire.OtherDevice},
		"another delivery":  {signed(pass.Remember, func(o *pass.Order) { o.Delivery = "other" }), wire.NoDelivery},
		"six minutes old":   {signed(pass.Remember, func(o *pass.Order) { o.At = o.At.Add(-6 * time.Minute) }), wire.CallStale},
		"six minutes early": {signed(pass.Remember, func(o *pass.Order) { o.At = o.At.Add(6 * time.Minute) }), wire.CallStale},
	} {
		if got := ask(c.note); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	if got := no(t, h.link.ask(wire.LetterRemember, map[string]string{"order": "", "friend": ""})); got.Reason != wire.Unreadable {
		t.Errorf("an unknown field: %+v", got)
	}
	if n := h.eye.wasAsked(); n != 0 {
		t.Errorf("eye was asked %d times", n)
	}
	if h.link.count(wire.Cancelled) != 0 {
		t.Error("a letter cancelled a delivery")
	}

	// As an order it is none: what is retained may come at any moment.
	h.order(pass.Remember, d.terms.Delivery)
	if e := h.link.event(wire.PassRefused); e.Reason != wire.Unreadable {
		t.Errorf("%+v", e)
	}
	if n := h.eye.wasAsked(); n != 0 {
		t.Error("an order by the order topic made eye remember")
	}

	// What eye says.
	for what, c := range map[string]struct {
		stand pipe.Reference
		want  wire.Reason
	}{
		"a reason":         {pipe.Reference{Reason: wire.CameraStalled}, wire.CameraStalled},
		"words of its own": {pipe.Reference{Reason: "open sesame"}, wire.CameraNotSeen},
		"nothing":          {pipe.Reference{}, wire.CameraNotSeen},
		"too much":         {pipe.Reference{Data: make([]byte, pipe.MaxReference+1)}, wire.CameraNotSeen},
	} {
		h.eye.standsLike(c.stand)
		if got := no(t, h.remember(d)); got.Reason != c.want {
			t.Errorf("eye says %s: %+v, want %s", what, got, c.want)
		}
	}
	// An order is good once, also when nothing came of it.
	h.eye.standsLike(pipe.Reference{Reason: wire.CameraStalled}, pipe.Reference{Data: []byte("edges")})
	note := signed(pass.Remember, nil)
	ask(note)
	if got := ask(note); got != wire.CallStale {
		t.Errorf("the same order again: %q", got)
	}

	h.eye.glass.Store(wire.ZoneInvalid)
	h.link.event(wire.CameraFault)
	if got := ask(signed(pass.Remember, nil)); got != wire.CameraNotSeen {
		t.Errorf("without a picture: %q", got)
	}
	if n := len(h.references()) + h.link.count(wire.StandKept); n != 0 {
		t.Errorf("%d references and entries came of it", n)
	}
	h.ahead.Store(int64(-time.Hour))
	h.link.event(wire.ClockJumped)
	if got := ask(signed(pass.Remember, nil)); got != wire.ClockUnsure {
		t.Errorf("with an unsure clock: %q", got)
	}
}

// Eye does not answer, answers late, or dies.
func TestRememberWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.eye.isSilent(true)
	first := make(chan wire.Letter)
	go func() { first <- h.remember(d) }()
	h.until("eye is asked", func() bool { return h.eye.wasAsked() == 1 })
	if got := no(t, h.remember(d)); got.Reason != wire.Busy {
		t.Errorf("two at once: %+v", got)
	}
	if got := no(t, <-first); got.Reason != wire.CameraNotSeen {
		t.Errorf("no answer: %+v", got)
	}
	// The answer to the first comes when the second is asked for.
	go func() { first <- h.remember(d) }()
	h.until("eye is asked again", func() bool { return h.eye.wasAsked() == 2 })
	for _, text := range []string{"late", "in time"} {
		if err := h.eye.conn.Send(pipe.TypeReference, pipe.Reference{Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if l := <-first; l.Kind != wire.LetterRemembered {
		t.Errorf("%s %s", l.Kind, l.Body)
	}
	if kept := h.references(); len(kept) != 1 || !kept[named([]byte("in time"))] {
		t.Errorf("kept %v", kept)
	}
	// One that nobody asked for.
	if err := h.eye.conn.Send(pipe.TypeReference, pipe.Reference{Data: []byte("unasked")}); err != nil {
		t.Fatal(err)
	}
	if err := h.eye.conn.Send(pipe.TypeTint, pipe.Tint{Delivery: d.terms.Delivery, Colours: colours(1)}); err != nil {
		t.Fatal(err)
	}
	h.eye.shows(h, colours(1)) // gate has heard what was said before
	go func() { first <- h.remember(d) }()
	h.until("eye is asked once more", func() bool { return h.eye.wasAsked() == 3 })
	h.eye.close()
	if got := no(t, <-first); got.Reason != wire.EyeGone {
		t.Errorf("eye has died: %+v", got)
	}
	if got := no(t, h.remember(d)); got.Reason != wire.CameraNotSeen {
		t.Errorf("without eye: %+v", got)
	}
	if n := len(h.references()); n != 1 {
		t.Errorf("%d references", n)
	}
}

// The window ends while eye thinks.
func TestRememberTooLate(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.eye.isSilent(true)
	first := make(chan wire.Letter)
	go func() { first <- h.remember(d) }()
	h.until("eye is asked", func() bool { return h.eye.wasAsked() == 1 })
	h.order(pass.Cancel, d.terms.Delivery)
	h.link.event(wire.CameraOff)
	if err := h.eye.conn.Send(pipe.TypeReference, pipe.Reference{Data: []byte("edges")}); err != nil {
		t.Fatal(err)
	}
	if got := no(t, <-first); got.Reason != wire.NoDelivery && got.Reason != wire.CameraNotSeen {
		t.Errorf("%+v", got)
	}
	if n := len(h.references()) + h.link.count(wire.StandKept); n != 0 {
		t.Errorf("%d references and entries came of it", n)
	}
}

func TestRememberWithoutADisk(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	// A file where the folder should be: nothing can be kept there, by root neither.
	if err := os.WriteFile(filepath.Join(h.dir, "gate", "references"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.eye.standsLike(pipe.Reference{Data: []byte("edges")}, pipe.Reference{Data: []byte("edges")})
	if got := no(t, h.remember(d)); got.Reason != wire.DiskTrouble {
		t.Errorf("%+v", got)
	}
	if n := h.link.count(wire.StandKept); n != 0 {
		t.Error("it is told that it was kept")
	}
	if err := os.Remove(filepath.Join(h.dir, "gate", "references")); err != nil {
		t.Fatal(err)
	}
	if l := h.remember(d); l.Kind != wire.LetterRemembered {
		t.Errorf("with a disk again: %s %s", l.Kind, l.Body)
	}
}

// The oldest goes, but none that a pass asks for.
func TestReferencesThatAreAskedForStay(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	sums := map[byte][]byte{}
	keep := func(b byte) wire.Letter {
		t.Helper()
		data := bytes.Repeat([]byte{b}, 100)
		sum := sha256.Sum256(data)
		sums[b] = sum[:]
		h.eye.standsLike(pipe.Reference{Data: data})
		return h.remember(d)
	}
	later := 0
	asks := func(b byte) {
		t.Helper()
		later++
		h.plan(func(t *pass.Terms) {
			t.From = t.From.Add(time.Duration(later) * 2 * time.Hour)
			t.Until, t.Reference = t.From.Add(time.Hour), sums[b]
		})
	}
	has := func(b byte) bool { return h.references()[hex.EncodeToString(sums[b])] }
	for b := range byte(references.Most) {
		if l := keep(b); l.Kind != wire.LetterRemembered {
			t.Fatalf("%s %s", l.Kind, l.Body)
		}
	}
	asks(0)
	if l := keep(references.Most); l.Kind != wire.LetterRemembered {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	if len(h.references()) != references.Most || !has(0) || has(1) || !has(2) || !has(references.Most) {
		t.Errorf("kept %v", h.references())
	}
	for b := byte(2); b <= references.Most; b++ {
		asks(b)
	}
	if later+1 > rule.MaxPasses {
		t.Fatal("more passes than there is room for")
	}
	if got := no(t, keep(100)); got.Reason != wire.TooMany {
		t.Errorf("%+v", got)
	}
	if l := keep(5); l.Kind != wire.LetterRemembered { // it is there already
		t.Errorf("%s %s", l.Kind, l.Body)
	}
	if len(h.references()) != references.Most || has(100) {
		t.Errorf("kept %v", h.references())
	}
}
