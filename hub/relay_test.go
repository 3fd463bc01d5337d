package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"vestibule/hub/wire"
)

// Who is logged in and may watch is told the way over the relay, and so is the device, as long as a window is open:
// nobody else, at no other time, and never without a relay.
func TestRelay(t *testing.T) {
	r := newRig(t)
	d, p := r.household()
	path := "/api/relay/" + d.id
	told := func() *wire.Relay {
		t.Helper()
		var way *wire.Relay
		p.want(200, "GET", path, nil, &way)
		return way
	}
	offer := func() wire.Offer {
		t.Helper()
		n := d.letters()
		p.do("POST", "/api/letters/"+d.id, map[string]any{"kind": wire.LetterOffer, "body": wire.Offer{SDP: "v=0", Call: "c", Key: "k"}})
		eventually(t, "the device gets the offer", func() bool { return d.letters() == n+1 })
		d.mu.Lock()
		defer d.mu.Unlock()
		var o wire.Offer
		if err := json.Unmarshal(d.asked[n].Body, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	d.setAnswer(func(wire.Letter) (wire.LetterKind, any) { return wire.LetterNo, wire.No{Reason: wire.NotWatcher} })
	p.plan(d, "window-of-the-relay")
	r.clock.move(time.Hour + time.Minute) // it is open
	p.logIn()
	if way, o := told(), offer(); way != nil || o.Relay != nil {
		t.Fatalf("without a relay: %+v, %+v", way, o.Relay)
	}

	r.end()
	r.relay = "127.0.0.1:0"
	r.start()
	d.client.Disconnect(0)
	d.connect(r)
	p.base = r.base
	p.logIn()
	way, o := told(), offer()
	if way == nil || way.Port != r.hub.relay.Port() || !strings.HasSuffix(way.User, ":window-of-the-relay.viewer") || len(way.Password) != 28 {
		t.Fatalf("the viewer is told %+v", way)
	}
	if o.Relay == nil || o.Relay.Port != way.Port || !strings.HasSuffix(o.Relay.User, ":window-of-the-relay.device") || o.Relay.Password == way.Password || o.SDP != "v=0" {
		t.Fatalf("the device is told %+v", o)
	}

	// A page that names a relay of its own is not carried; nor are others told anything.
	p.refused(400, "unreadable", "POST", "/api/letters/"+d.id, map[string]any{"kind": wire.LetterOffer, "body": wire.Offer{SDP: "v=0", Relay: way}})
	r.phone().refused(401, "login_needed", "GET", path, nil)
	_, neighbour := r.household()
	neighbour.refused(403, "other_device", "GET", path, nil)

	// The window is closed, or its time is over.
	d.event(0, wire.WindowClosed, "window-of-the-relay")
	eventually(t, "nothing is told any more", func() bool { return told() == nil })
	if o := offer(); o.Relay != nil {
		t.Errorf("after the window the device is told %+v", o.Relay)
	}
}
