package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

func TestMemberRemovedLeavesRoom(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayDeliver)
	for i := range 64 {
		m.want(201, "POST", "/api/deliveries", planBody(m.sign(m.with(d, fmt.Sprintf("a-members-parcel-%d", i), owner.id()))), nil)
	}
	r.remove(d, owner, m)
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.terms(d, "the-owners-parcel-1"))), nil)
}

func TestMemberCancelledLeavesRoom(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	for i := range 64 {
		owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.terms(d, fmt.Sprintf("the-owners-parcel-%d", i)))), nil)
	}
	b, err := pass.SignOrder(pass.Order{Device: d.id, Verb: pass.Cancel, Delivery: "the-owners-parcel-0", At: r.clock.now()}, owner.key)
	if err != nil {
		t.Fatal(err)
	}
	owner.want(201, "POST", "/api/orders", note(string(b)), nil)
	d.event(0, wire.Cancelled, "the-owners-parcel-0")
	eventually(t, "the hub knows", func() bool {
		var es []wire.Event
		owner.want(200, "GET", "/api/log", nil, &es)
		return len(es) == 1
	})
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.terms(d, "one-parcel-more-now"))), nil)
}

func TestMemberNameOfAnothersDelivery(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayWatch)
	owner.plan(d, "the-owners-parcel-1")
	s := m.stream("/api/events")
	// What gate says when m calls for any delivery at all: service/viewers.go, refuseViewer.
	d.tell(wire.Event{Kind: wire.ViewerRefused, Delivery: "the-owners-parcel-1", Who: m.id(), Reason: wire.NotWatcher})
	if e := s.until("event "); strings.Contains(e, "the-owners-parcel-1") {
		t.Errorf("the stream: %s", e)
	}
	var es []wire.Event
	m.want(200, "GET", "/api/log?device="+d.id, nil, &es)
	if len(es) != 1 || es[0].Delivery != "" {
		t.Errorf("the log: %+v", es)
	}
}

func TestMemberRelayOfAnothersDelivery(t *testing.T) {
	r := newRig(t)
	r.end()
	r.relay = "127.0.0.1:0"
	r.start()
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayWatch)
	owner.plan(d, "the-owners-parcel-1")
	r.clock.move(90 * time.Minute)
	var way *wire.Relay
	m.want(200, "GET", "/api/relay/"+d.id, nil, &way)
	if way != nil {
		t.Errorf("a member whom the pass does not name is told %+v", way)
	}
}

func TestMemberNoteToSelf(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayWatch)
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.with(d, "a-parcel-they-watch", owner.id(), m.id()))), nil)
	var seen []struct{ Name, Note string }
	m.want(200, "GET", "/api/deliveries", nil, &seen)
	if len(seen) != 1 || seen[0].Note != "" {
		t.Errorf("a member reads %+v", seen)
	}
}

func TestMemberSeatsTakeTurns(t *testing.T) {
	if testing.Short() {
		t.Skip()
	}
	r := newRig(t)
	d, owner := r.household()
	d2, owner2 := r.household()
	m := r.phone()
	now := r.clock.now()
	owner.want(201, "POST", "/api/people", note(owner.grant(d, m, pass.MayWatch, func(g *pass.Grant) { g.Until = now.Add(time.Hour) })), nil)
	owner2.want(201, "POST", "/api/people", note(owner2.grant(d2, m, pass.MayWatch, func(g *pass.Grant) { g.From = now.Add(time.Hour) })), nil)
	m.logIn()
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.with(d, "a-parcel-they-watch", owner.id(), m.id()))), nil)
	s := m.stream("/api/events")
	s.until("online ")
	r.clock.move(2 * time.Hour)
	time.Sleep(16 * time.Second) // a heartbeat
	s.until("over ", d.id)
	d.event(0, wire.DoorOpened, "a-parcel-they-watch")
	got := make(chan string, 1)
	go func() { e, _ := s.next(); got <- e }()
	select {
	case e := <-got:
		if strings.HasPrefix(e, "event ") {
			t.Errorf("an hour after the grant's end: %s", e)
		}
	case <-time.After(3 * time.Second):
		t.Error("the stream goes on")
	}
}
