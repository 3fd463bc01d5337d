package e2e

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
	"vestibule/vision/scene"
)

const footage = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"

// story is a visit through the real pages.
type story struct {
	*desk
	owner, courier *person
	delivery       string // its id
	code           string // as shown, 3-3-3
	link           string // the courier's
	zone           []pass.Point
}

// begin pairs the owner's phone with the device; a courier has one too.
func begin(t *testing.T, d *desk) *story {
	t.Helper()
	s := alone(t, d)
	s.courier = newPerson(t, "courier", 390, 844)
	return s
}

// alone pairs the owner's phone with the device.
func alone(t *testing.T, d *desk) *story {
	t.Helper()
	s := &story{desk: d, owner: newPerson(t, "owner", 390, 844)}
	q := d.pairing()
	s.zone = corners(t, q.Get("zone"))
	s.owner.open(d.user.Owner)
	s.owner.fill("pair-name", "Camille")
	s.owner.shot("pair")
	s.owner.tap("pair")
	s.owner.do("be at home", visible("plan"))
	var at string
	s.owner.eval(`location.href`, &at)
	if strings.Contains(at, q.Get("secret")) {
		t.Errorf("the pairing secret is still in the address bar: %s", at)
	}
	var extractable bool
	s.owner.eval(ownKey, &extractable)
	if extractable {
		t.Error("the owner's key can be taken out of the browser")
	}
	return s
}

// ownKey looks for a CryptoKey in every store that the page keeps, and says whether a
// private one may be exported; it throws when there is none.
const ownKey = `(async () => {
	for (const { name } of await indexedDB.databases()) {
		const db = await new Promise((ok, no) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error) });
		for (const store of db.objectStoreNames) {
			const all = await new Promise((ok, no) => { const r = db.transaction(store).objectStore(store).getAll(); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error) });
			const walk = v => v instanceof CryptoKey ? [v] : v && typeof v === 'object' ? Object.values(v).flatMap(walk) : [];
			for (const k of all.flatMap(walk)) if (k.type === 'private') { db.close(); return k.extractable }
		}
		db.close();
	}
	throw new Error('no private key is kept');
})()`

// plan has the owner plan a delivery on the page and takes the code and the link from it.
func (s *story) plan(mode string, until time.Time) {
	s.t.Helper()
	o := s.owner
	o.tap("plan")
	if !until.IsZero() {
		o.tap("when-custom")
		const local = "2006-01-02T15:04"
		o.set("from", time.Now().Format(local))
		o.set("until", until.Format(local))
	}
	before := o.requests.String()
	s.wait("what the page asks for by itself has been asked for", func() error {
		time.Sleep(700 * time.Millisecond)
		was := before
		if before = o.requests.String(); before != was {
			return errors.New("it still asks")
		}
		return nil
	})
	o.fill("courier-name", "Sacha, parcels and flowers")
	o.tap("mode-" + mode)
	shadow := "on"
	if mode == "frosted" { // nothing of the interior, so no silhouette either
		shadow = "off"
		o.tap("shadow")
	}
	o.tap("keep-24")
	if after := strings.TrimPrefix(o.requests.String(), before); after != "" {
		s.t.Errorf("something left the page before anything was sent:\n%s", after)
	}
	o.shot("plan")
	o.tap("send")
	o.do("see the code", visible("code"))
	o.eval(fmt.Sprintf(`document.querySelector(%q).dataset.code`, id("code")), &s.code)
	o.eval(fmt.Sprintf(`document.querySelector(%q).href`, id("courier-link")), &s.link)
	o.attr("shadow-signed", "data-signed", shadow)
	o.shot("share")
	_, after, _ := strings.Cut(s.link, "#/c/")
	s.delivery, _, _ = strings.Cut(after, "?")
	if c, err := pass.ParseCode(s.code); err != nil || c.Digits() == "" || s.delivery == "" {
		s.t.Fatalf("code %q (%v), delivery %q of %s", s.code, err, s.delivery, s.link)
	}
	o.tap("back")
}

// live waits until the owner sees a live picture.
func (s *story) live() {
	s.t.Helper()
	s.owner.attr("picture", "data-live", "yes")
}

// read has the courier read the notice.
func (s *story) read() {
	s.t.Helper()
	s.courier.open(s.link)
	s.courier.do("read the notice", visible("notice"))
	s.courier.shot("notice")
	s.courier.tap("agree")
}

// typed has the courier type a code on the page and ask for the door.
func (s *story) typed(code string) {
	s.t.Helper()
	for range 9 {
		s.courier.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = ''; e.dispatchEvent(new Event('input', {bubbles: true})) })()`, id("code-input")), nil)
	}
	s.courier.fill("code-input", code)
	s.courier.tap("open")
}

// interior checks what must be true of every picture: outside the zone there is glass,
// without edges, and the same in every frame of the delivery.
func (s *story) interior(frames ...*image.NRGBA) {
	s.t.Helper()
	for i, f := range frames {
		// A block of the encoder beyond the zone's edge shares its ringing.
		glass := not(inside(f, s.zone, 20))
		if err := errors.Join(
			atMost(fmt.Sprintf("picture %d: edges in the glass", i), edges(f, glass, 24), 0.02),
			atMost(fmt.Sprintf("picture %d: glass that changed", i), changed(frames[0], f, glass, 14), 0.02),
		); err != nil {
			s.t.Error(err)
		}
	}
}

// origins checks that nobody's page spoke to anybody but the hub.
func (s *story) origins() {
	s.t.Helper()
	hub := strings.TrimPrefix(s.hub, "http://")
	for _, p := range []*person{s.owner, s.courier} {
		for host := range p.origins() {
			if host != hub {
				s.t.Errorf("%s's page spoke to %s", p.name, host)
			}
		}
		if c := p.console.String(); strings.Contains(c, "exception") || strings.Contains(c, "Content Security Policy") {
			s.t.Errorf("%s's page complained:\n%s", p.name, c)
		}
	}
}

// The whole visit on the drawn scene, by the courier's page and the door's handle on the
// desk page, until the owner cancels what is left of the window.
func TestVisitInTheScene(t *testing.T) {
	t.Parallel()
	s := begin(t, startDesk(t))
	start := s.mark()
	deskPage := newPerson(t, "desk", 1280, 860)
	deskPage.open(s.desk.desk)
	s.plan("blur", time.Time{})
	s.event(start, wire.PassAccepted)
	s.live()
	s.owner.attr("spent", "data-colour", "216") // the glass has its colours
	s.owner.attr("door-word", "data-word", "locked")
	shut := s.owner.frame()
	s.owner.shot("owner-awaiting")

	s.read()
	s.typed(wrong(t, mustCode(t, s.code)))
	s.courier.do("be refused", visible("refusal"))
	s.courier.shot("refused")
	s.typed(bare(s.code))
	s.courier.attr("visit", "data-stage", "push")
	s.courier.shot("push")
	deskPage.shot("desk-unlocked")
	deskPage.tap("door-handle")
	s.event(start, wire.DoorOpened)
	s.owner.attr("door-word", "data-word", "open")
	s.courier.attr("visit", "data-stage", "inside")
	s.wait("the owner sees the courier come in", func() error {
		return atLeast("change in the zone", changed(shut, s.owner.frame(), inside(shut, s.zone, -16), 24), 20)
	})
	time.Sleep(3 * time.Second) // the courier walks
	came := s.owner.frame()
	s.owner.shot("owner")
	deskPage.shot("desk")
	s.weigh()
	deskPage.tap("door-handle")
	s.event(start, wire.Relocked)
	s.owner.attr("door-word", "data-word", "locked")
	s.courier.sees("visit", "locked")
	s.courier.shot("thanks")
	left := s.owner.frame()

	s.interior(shut, came, left)
	letter := rect(shut, pass.Point(scene.Letter.Box.Min), pass.Point(scene.Letter.Box.Max))
	if err := errors.Join(
		atMost("edges where the letter hangs", edges(shut, letter, 16), 0),
		atLeast("edges in the doorway", edges(shut, inside(shut, s.zone, -16), 24), 1),
	); err != nil {
		t.Error(err)
	}

	for _, kind := range []wire.Kind{wire.VisitStarted, wire.Unlocked, wire.DoorOpened, wire.DoorShut, wire.Relocked} {
		s.event(start, kind)
		s.owner.do("see the step "+string(kind), visibleCSS(fmt.Sprintf(`[data-testid="steps"] [data-kind=%q]`, kind)))
	}
	s.owner.eval(fmt.Sprintf(`location.hash = '#/d/%s'`, s.delivery), nil)
	s.owner.tap("cancel")
	s.owner.tap("cancel-yes")
	s.event(start, wire.WindowClosed)
	s.event(start, wire.CameraOff)
	s.owner.tap("back")
	s.owner.attr("picture", "data-live", "no")
	s.owner.tap("log-link")
	s.owner.do("read the log", visible("log"))
	s.owner.shot("log")
	s.unbroken(start)
	s.origins()
}

// The same on real footage, frosted, without the silhouette and encoded by OpenH264, by the keypad, until the window ends
// by itself.
func TestVisitOnFootage(t *testing.T) {
	t.Parallel()
	s := begin(t, startDesk(t, "-encoder", "openh264", "-source", "file:"+footage, "-size", "640x480", "-fps", "15"))
	start := s.mark()
	until := time.Now().Add(130 * time.Second).Truncate(time.Minute)
	s.plan("frosted", until)
	s.live()
	first := s.owner.frame()
	s.interior(first)
	s.read()
	s.unlock(start, bare(s.code))
	s.door(true)
	s.event(start, wire.DoorOpened)
	s.owner.attr("door-word", "data-word", "open")
	s.owner.shot("owner-footage")
	s.door(false)
	s.event(start, wire.Relocked)
	var frames []*image.NRGBA
	moved := 0.0
	s.wait("somebody walks through the zone", func() error {
		f := s.owner.frame()
		if len(frames) < 8 {
			frames = append(frames, f)
		}
		moved = max(moved, changed(first, f, inside(f, s.zone, -16), 24))
		return atLeast("change in the zone", moved, 0.3)
	})
	s.glassStands(first, frames)

	s.wait("the window ends", func() error {
		if wait := time.Until(until.Add(2 * time.Second)); wait > 0 {
			time.Sleep(wait)
		}
		return nil
	})
	s.event(start, wire.WindowClosed)
	s.event(start, wire.CameraOff)
	s.owner.attr("picture", "data-live", "no")
	var live bool
	s.owner.eval(`(() => { const v = document.querySelector('[data-testid="video"]'); return !!v?.srcObject?.getVideoTracks().some(t => t.readyState === 'live' && !t.muted) })()`, &live)
	if live {
		t.Error("the picture's track is still alive after the window's end")
	}
	s.owner.shot("owner-over")
	s.unbroken(start)
	s.origins()
}

// glassStands is what is true of frosted glass: it has a texture, and never moves.
func (s *story) glassStands(first *image.NRGBA, frames []*image.NRGBA) {
	s.t.Helper()
	for i, f := range frames {
		if err := atMost(fmt.Sprintf("frosted picture %d: glass that changed", i), changed(first, f, not(inside(f, s.zone, 20)), 14), 0.02); err != nil {
			s.t.Error(err)
		}
	}
}

// With the clock in the picture its age can be read off what the owner sees.
func TestClockInThePicture(t *testing.T) {
	t.Parallel()
	s := begin(t, startDesk(t, "-clock", "-size", "1280x720"))
	s.plan("blur", time.Time{})
	s.live()
	const turn = 1 << 20 // the clock's milliseconds begin anew
	var read []int
	for range 5 {
		var now int64
		f := s.owner.frame()
		s.owner.eval(`Date.now()`, &now)
		stamp := 0
		for bit := range 20 {
			if luma(f, bit%10*32+16, bit/10*32+16) > 125 {
				stamp |= 1 << bit
			}
		}
		// The reading itself takes a moment: it is a bound of the age, not the age.
		read = append(read, (int(now%turn)-stamp+turn)%turn)
	}
	t.Logf("ages of the pictures when they had been read: %v ms", read)
	if slices.Min(read) > 10_000 {
		t.Errorf("the clock in the picture cannot be read: %v ms", read)
	}
}

func mustCode(t *testing.T, text string) pass.Code {
	t.Helper()
	c, err := pass.ParseCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
