package service

import (
	"bytes"
	"testing"
	"time"

	"vestibule/firmware/pipe"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// drill sends a letter with an order.
func (h *home) drill(note []byte) wire.Letter {
	h.t.Helper()
	return h.link.ask(wire.LetterDrill, wire.Drill{Order: string(note)})
}

func (l *link) drilled() []pipe.Drill {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drills
}

// A whole drill, with a link that is as silent as a link in one: nothing of what it said before counts, the door
// locks when it is shut, and how long the hub was out of reach is written down.
func TestDrill(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.opens(d)
	h.until("the door is pulled open", h.pull)
	h.link.event(wire.DoorOpened)
	note := h.signOrder(pass.Drill, d.terms.Delivery, h.owner, nil)
	asked := System().Mono()
	l := h.drill(note)
	if l.Kind != wire.LetterDrilling {
		t.Fatalf("%s %s", l.Kind, l.Body)
	}
	told := into[wire.Drilling](t, l)
	h.until("link is told", func() bool { return len(h.link.drilled()) == 1 })
	from := h.link.drilled()[0].At
	if lead := from - asked; lead < drillLead || told.Clock != ms(from) || told.For != 20_000 {
		t.Errorf("%v ahead, told %+v", lead, told)
	}
	if e := h.link.event(wire.DrillBegan); e.Who != idOf(h.owner) || e.Delivery != d.terms.Delivery {
		t.Errorf("%+v", e)
	}

	// The same order again, one of the same moment, and one after a restart that forgot all but the journal.
	if got := no(t, h.drill(note)).Reason; got != wire.DrillSoon {
		t.Errorf("replayed: %s", got)
	}
	if got := no(t, h.drill(h.signOrder(pass.Drill, d.terms.Delivery, h.owner, nil))).Reason; got != wire.DrillSoon {
		t.Errorf("two at once: %s", got)
	}

	h.shut()
	h.link.event(wire.Relocked)
	time.Sleep(3 * time.Second) // link goes on saying, as it does until it notices, that there is a hub
	if n := h.link.count(wire.DrillEnded); n != 0 {
		t.Fatal("a word from before the end ended it")
	}
	e := h.link.event(wire.DrillEnded)
	if least := int(pass.DrillFor / time.Millisecond); e.Count < least || e.Count > least+10_000 || e.Reason != "" {
		t.Errorf("%+v", e)
	}
	if len(h.link.drilled()) != 1 {
		t.Errorf("link was told %d times", len(h.link.drilled()))
	}
	h.end()
	h.start()
	h.link.event(wire.Started)
	h.link.event(wire.Started)
	h.until("the window is open again", func() bool { return no(t, h.drill(note)).Reason == wire.DrillSoon })
}

// A gate that is started anew in the middle of a drill writes down that it is over, once, and for which delivery.
func TestDrillEndsWithItsGate(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.drill(h.signOrder(pass.Drill, d.terms.Delivery, h.owner, nil))
	h.link.event(wire.DrillBegan)
	for range 3 {
		h.end()
		h.start()
		h.link.event(wire.Started)
		e := h.link.event(wire.DrillEnded)
		if e.Delivery != d.terms.Delivery || e.Reason != wire.Restarted || e.Count != 0 {
			t.Errorf("%+v", e)
		}
	}
	h.link.event(wire.Started)
	h.link.event(wire.Started) // the journal is told from its beginning: the last start
	if n := h.link.count(wire.DrillEnded); n != 1 {
		t.Errorf("ended %d times", n)
	}
}

// A link that goes in the middle of a drill ends it: another one is not silent.
func TestDrillEndsWithItsLink(t *testing.T) {
	t.Parallel()
	h, d := ready(t)
	h.drill(h.signOrder(pass.Drill, d.terms.Delivery, h.owner, nil))
	h.link.event(wire.DrillBegan)
	h.link.close()
	h.link = h.openLink(0)
	if e := h.link.event(wire.DrillEnded); e.Count > int(pass.DrillFor/time.Millisecond) {
		t.Errorf("%+v", e)
	}
}

func TestDrillTimes(t *testing.T) {
	d := drill{delivery: "d", from: 10 * time.Second, end: 30 * time.Second}
	for _, c := range []struct {
		at    time.Duration
		away  time.Duration
		ended bool
		lost  bool
	}{
		{9 * time.Second, 0, false, false},
		{29 * time.Second, 19 * time.Second, false, false},
		{30 * time.Second, 20 * time.Second, true, false},
		{89 * time.Second, 79 * time.Second, true, false},
		{90 * time.Second, 80 * time.Second, true, true},
	} {
		if away, ended := d.back(c.at); away != c.away || ended != c.ended || d.lost(c.at) != c.lost {
			t.Errorf("at %v: away %v, ended %v, lost %v", c.at, away, ended, d.lost(c.at))
		}
	}
	if _, ended := (drill{}).back(time.Hour); ended || (drill{}).lost(time.Hour) {
		t.Error("no drill ends")
	}
}

func TestDrillRefused(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.start()
	stranger := newKey(t)
	if got := no(t, h.drill(h.signOrder(pass.Drill, "d", h.owner, nil))).Reason; got != wire.NotPaired {
		t.Errorf("unpaired: %s", got)
	}
	h.pair()
	if got := no(t, h.drill(h.signOrder(pass.Drill, "d", h.owner, nil))).Reason; got != wire.NoDelivery {
		t.Errorf("without a window: %s", got)
	}
	d := h.plan()
	h.live()
	member, fitter := newKey(t), newKey(t)
	h.link.send(pipe.TypeNote, h.signGrant(member, pass.MayDeliver|pass.MayLock|pass.MayWatch))
	h.link.send(pipe.TypeNote, h.signGrant(fitter, pass.MayInstall, func(g *pass.Grant) {
		g.Role, g.Until = pass.Installer, g.From.Add(pass.MaxInstaller)
	}))
	h.link.event(wire.GrantAdded)
	h.link.event(wire.GrantAdded)
	signed := func(verb string, change func(*pass.Order)) []byte {
		return h.signOrder(verb, d.terms.Delivery, h.owner, change)
	}
	flipped := signed(pass.Drill, nil)
	flipped[40] ^= 1
	for what, c := range map[string]struct {
		note []byte
		want wire.Reason
	}{
		"nothing":                 {nil, wire.BadSignature},
		"much junk":               {bytes.Repeat([]byte("junk"), 5000), wire.TooLarge},
		"a flipped bit":           {flipped, wire.BadSignature},
		"a stranger's":            {h.signOrder(pass.Drill, d.terms.Delivery, stranger, nil), wire.BadSignature},
		"the device's own":        {h.signOrder(pass.Drill, d.terms.Delivery, h.keys.Signer(), nil), wire.BadSignature},
		"a member's":              {h.signOrder(pass.Drill, d.terms.Delivery, member, nil), wire.NotGranted},
		"another verb":            {signed(pass.Lock, nil), wire.Unreadable},
		"a pass":                  {h.sign(d.terms), wire.Unreadable},
		"of another device":       {signed(pass.Drill, func(o *pass.Order) { o.Device = "abcdefghijklmnop" }), wire.OtherDevice},
		"of another delivery":     {signed(pass.Drill, func(o *pass.Order) { o.Delivery = "other" }), wire.NoDelivery},
		"two minutes old":         {signed(pass.Drill, func(o *pass.Order) { o.At = o.At.Add(-2 * time.Minute) }), wire.CallStale},
		"of two minutes from now": {signed(pass.Drill, func(o *pass.Order) { o.At = o.At.Add(2 * time.Minute) }), wire.CallStale},
	} {
		if got := no(t, h.drill(c.note)).Reason; got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	if got := no(t, h.link.ask(wire.LetterDrill, map[string]string{"order": "", "friend": ""})); got.Reason != wire.Unreadable {
		t.Errorf("an unknown field: %+v", got)
	}
	// As an order it is none: what is retained may come at any moment.
	h.order(pass.Drill, d.terms.Delivery)
	if e := h.link.event(wire.PassRefused); e.Reason != wire.Unreadable {
		t.Errorf("%+v", e)
	}
	if len(h.link.drilled()) != 0 || h.link.count(wire.DrillBegan) != 0 {
		t.Error("something refused came to something")
	}

	// An installer may, in their two hours.
	if l := h.drill(h.signOrder(pass.Drill, d.terms.Delivery, fitter, nil)); l.Kind != wire.LetterDrilling {
		t.Errorf("an installer: %s %s", l.Kind, l.Body)
	}
}
