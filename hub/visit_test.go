package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

const parcel = "d-parcel-0123456789abcdef"

// TestVisit is the whole of a visit as the hub sees it, from a new device to the log.
func TestVisit(t *testing.T) {
	r := newRig(t)
	d, owner := r.enrol(), r.phone()
	d.connect(r)

	owner.refused(401, "login_needed", "GET", "/api/me", nil)
	owner.refused(403, "owner_unknown", "POST", "/api/login", owner.loginNote(r.base, owner.challenge(), owner.key))
	owner.pair(d)
	owner.logIn()
	var me struct {
		Owner, Name string
		Devices     []struct {
			ID, Sign, Card string
			State          *wire.State
			Online         bool
		}
	}
	owner.want(200, "GET", "/api/me", nil, &me)
	if me.Owner != owner.id() || me.Name != "Camille" || len(me.Devices) != 1 || me.Devices[0].ID != d.id || !me.Devices[0].Online || me.Devices[0].State != nil {
		t.Fatalf("me: %+v", me)
	}
	if card, err := pass.OpenCard([]byte(me.Devices[0].Card), publicOf(d.key)); err != nil || card.Owner != owner.id() || me.Devices[0].Sign != pass.EncodeKey(publicOf(d.key)) {
		t.Fatalf("card: %+v, %v", card, err)
	}

	page := owner.stream("/api/events")
	if e, _ := page.next(); e != fmt.Sprintf(`online {"device":%q,"online":true}`, d.id) {
		t.Errorf("the page began with %s", e)
	}
	owner.plan(d, parcel)
	page.until("delivery ", parcel, `"planned"`)
	if got := owner.delivery(parcel); got.Status != "planned" || got.Name != "Poste" || got.Note != "a parcel" || got.Device != d.id || !got.Shadow {
		t.Errorf("planned: %+v", got)
	}

	courier := r.phone()
	var notice map[string]any
	courier.want(200, "GET", "/api/courier/"+parcel, nil, &notice)
	for key, want := range map[string]any{
		"device": d.id, "card": me.Devices[0].Card, "from": "2026-11-22T13:00:00Z", "until": "2026-11-22T15:00:00Z", "mode": "blur", "shadow": true,
		"retention_hours": 72.0, "watchers": 1.0, "camera": false, "online": true,
	} {
		if notice[key] != want {
			t.Errorf("the notice's %s is %v, want %v", key, notice[key], want)
		}
	}
	if len(notice) != 10 {
		t.Errorf("the notice says more than it should: %v", notice)
	}
	courier.refused(409, "too_early", "GET", "/api/courier/"+parcel+"/events", nil)

	d.event(0, wire.PassAccepted, parcel)
	page.until("delivery ", `"accepted"`)
	r.clock.move(time.Hour)
	d.event(1, wire.WindowOpened, parcel)
	page.until("delivery ", `"open"`)

	handle := courier.stream("/api/courier/" + parcel + "/events")
	expect := func(want string) {
		t.Helper()
		if e, _ := handle.next(); e != "state "+want {
			t.Errorf("the courier saw %s, want %s", e, want)
		}
	}
	state := wire.State{Time: r.clock.now(), Door: wire.DoorClosed, Bolt: wire.BoltLocked, Camera: wire.CameraLive, Visit: wire.VisitAwaited, Delivery: parcel}
	expect(`{"unlocked":false,"door":"unknown","relocked":false,"ended":false}`)
	d.publish(wire.LeafState, state, true)
	expect(`{"unlocked":false,"door":"closed","relocked":false,"ended":false}`)
	page.until("state ", `"awaited"`)
	courier.want(200, "GET", "/api/courier/"+parcel, nil, &notice)
	if notice["camera"] != true {
		t.Error("the notice does not say that the camera is on")
	}

	d.setAnswer(func(l wire.Letter) (wire.LetterKind, any) {
		return wire.LetterTried, wire.Tried{Entry: 1, Entries: 3, Seconds: 5}
	})
	var tried wire.Letter
	courier.want(200, "POST", "/api/letters/"+d.id, map[string]any{"kind": "try", "body": wire.Try{Delivery: parcel, Sealed: []byte("sealed")}}, &tried)
	if tried.Kind != wire.LetterTried {
		t.Errorf("the try was answered with %s", tried.Kind)
	}
	d.event(2, wire.VisitStarted, parcel)
	state.Bolt, state.Visit, state.Entries = wire.BoltUnlocked, wire.VisitUnderWay, 1
	d.publish(wire.LeafState, state, true)
	expect(`{"unlocked":true,"door":"closed","relocked":false,"ended":false}`)
	state.Door = wire.DoorAjar
	d.publish(wire.LeafState, state, true)
	expect(`{"unlocked":true,"door":"open","relocked":false,"ended":false}`)
	state.Door, state.Bolt = wire.DoorClosed, wire.BoltLocked
	d.publish(wire.LeafState, state, true)
	expect(`{"unlocked":false,"door":"closed","relocked":true,"ended":false}`)
	d.event(3, wire.VisitEnded, parcel)
	expect(`{"unlocked":false,"door":"closed","relocked":true,"ended":true}`)
	page.until("delivery ", `"visited"`)
	if got := owner.delivery(parcel); got.Status != "visited" || got.Over {
		t.Errorf("after the visit, in its window: %+v", got)
	}
	d.event(4, wire.WindowClosed, parcel)
	page.until("event ", `"window_closed"`)
	page.until("delivery ", `"visited"`, `"over":true`)
	if got := d.hears("pass/" + parcel + " "); got != "pass/"+parcel+" " {
		t.Errorf("the pass is still on offer: %q", got)
	}
	courier.refused(404, "no_delivery", "GET", "/api/courier/"+parcel, nil)

	var log []wire.Event
	owner.want(200, "GET", "/api/log?limit=3", nil, &log)
	if len(log) != 3 || log[0].Index != 4 || log[2].Index != 2 || log[0].ID != wire.EventID(d.id, 4) {
		t.Errorf("log: %+v", log)
	}
	owner.want(200, "GET", "/api/log?before=2&device="+d.id, nil, &log)
	if len(log) != 2 || log[0].Kind != wire.WindowOpened {
		t.Errorf("log before 2: %+v", log)
	}
	if s := r.log.String(); strings.Contains(s, "vestibule/pass/v1") || strings.Contains(s, "sealed") {
		t.Error("the hub's log holds a pass or a letter")
	}
}

func TestCancel(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	owner.plan(d, parcel)
	d.event(0, wire.PassAccepted, parcel)
	o := owner.order(d, pass.Cancel, parcel)
	// In whichever order: the order is there, and the pass is not on offer any more.
	heard := d.hears("")
	for !strings.HasPrefix(heard, "order/"+o.ID()+" vestibule/order/v1\n") {
		heard = d.hears("")
	}
	d.hears("pass/" + parcel + " ")
	if got := owner.delivery(parcel); got.Status != "accepted" || !got.Cancelling {
		t.Errorf("while it is being cancelled: %+v", got)
	}
	d.event(1, wire.Cancelled, parcel)
	eventually(t, "cancelled", func() bool { return owner.delivery(parcel).Status == "cancelled" })
	if got := d.hears("order/" + o.ID() + " "); got != "order/"+o.ID()+" " {
		t.Errorf("the order is still on offer: %q", got)
	}
	if owner.delivery(parcel).Cancelling {
		t.Error("a cancelled delivery is still being cancelled")
	}
}

// TestCancelledPassIsNeverOffered: a device that was away hears of the order only.
func TestCancelledPassIsNeverOffered(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	d.client.Disconnect(100)
	note := owner.sign(owner.terms(d, parcel))
	owner.want(201, "POST", "/api/deliveries", planBody(note), nil)
	o := owner.order(d, pass.Cancel, parcel)
	for range 2 { // now, and after the hub was started again
		for len(d.said) > 0 {
			<-d.said
		}
		d.connect(r)
		d.hears("order/" + o.ID() + " vestibule")
		d.event(0, wire.Started, "")
		for {
			s := d.hears("")
			if strings.HasPrefix(s, "pass/") {
				t.Fatalf("the device hears %.40q", s)
			}
			if s == `seen {"next":1}` {
				break
			}
		}
		d.client.Disconnect(100)
		r.end()
		r.start()
	}
}

func TestRefusedPass(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	owner.plan(d, parcel)
	d.tell(wire.Event{Index: 0, Kind: wire.PassRefused, Delivery: parcel, Reason: wire.Overlaps})
	eventually(t, "refused", func() bool { return owner.delivery(parcel).Status == "refused" })
	if got := owner.delivery(parcel); got.Reason != string(wire.Overlaps) {
		t.Errorf("reason %q", got.Reason)
	}
	d.hears("pass/" + parcel + " ")
	r.phone().refused(404, "no_delivery", "GET", "/api/courier/"+parcel, nil)
}

// TestWindowOver: the hub's own clock takes the pass away when the device is silent.
func TestWindowOver(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	owner.plan(d, parcel)
	o := owner.order(d, pass.Lock, parcel)
	d.hears("order/" + o.ID() + " vestibule")
	since := r.clock.now()
	r.clock.move(3*time.Hour + 30*time.Second)
	if owner.delivery(parcel).Status != "ended" {
		t.Error("a window that is over has not ended")
	}
	next, err := r.house.Sweep(t.Context(), since)
	if err != nil || next.Sub(r.clock.now()) > 30*time.Second {
		t.Errorf("sweep within the grace: next in %v, %v", next.Sub(r.clock.now()), err)
	}
	if len(d.said) != 0 {
		t.Errorf("withdrawn before its grace was over: %q", <-d.said)
	}
	r.clock.move(30 * time.Second)
	if _, err := r.house.Sweep(t.Context(), since); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pass/" + parcel + " ", "order/" + o.ID() + " "} {
		if got := d.hears(want); got != want {
			t.Errorf("still on offer: %q", got)
		}
	}
	owner.refused(409, "window_over", "POST", "/api/orders", map[string]string{"note": string(must(pass.SignOrder(
		pass.Order{Device: d.id, Verb: pass.Lock, Delivery: parcel, At: r.clock.now()}, owner.key)))})
	// Forgotten with the retention.
	if owner.delivery(parcel).Name == "" {
		t.Error("the courier is forgotten too early")
	}
	r.clock.move(72 * time.Hour)
	if _, err := r.house.Sweep(t.Context(), r.clock.now()); err != nil {
		t.Fatal(err)
	}
	if got := owner.delivery(parcel); got.Name != "" || got.Note != "" {
		t.Errorf("the courier is not forgotten: %+v", got)
	}
}

// TestRestart: a hub that was stopped and started keeps passes, orders, logins and what
// it has seen, and does not offer what is over.
func TestRestart(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	const over, refused = "d-over-0123456789abcdef", "d-refused-0123456789ab"
	note := owner.plan(d, parcel)
	owner.plan(d, refused)
	d.tell(wire.Event{Index: 0, Kind: wire.PassRefused, Delivery: refused})
	short := owner.terms(d, over)
	short.Until = short.From.Add(time.Minute)
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(short)), nil)
	o := owner.order(d, pass.Lock, parcel)
	d.event(1, wire.PassAccepted, parcel)
	d.event(3, wire.WindowOpened, parcel)
	d.hears(`seen {"next":2}`)
	page := owner.stream("/api/events")
	page.until("online")

	r.end()
	for ok := true; ok; {
		_, ok = page.next() // until the stream ends
	}
	r.clock.move(62*time.Minute + time.Second)
	r.start()
	owner.base = r.base
	owner.want(200, "GET", "/api/me", nil, nil)
	for len(d.said) > 0 {
		<-d.said
	}
	d.connect(r)
	d.event(2, wire.CameraOn, parcel)
	heard := map[string]bool{}
	for !heard[`seen {"next":4}`] {
		heard[d.hears("")] = true
	}
	for _, want := range []string{"pass/" + parcel + " " + note, `seen {"next":2}`} {
		if !heard[want] {
			t.Errorf("after the start the device did not hear %.40q", want)
		}
	}
	orders := 0
	for s := range heard {
		if strings.HasPrefix(s, "order/"+o.ID()+" vestibule") {
			orders++
		}
		if strings.HasPrefix(s, "pass/"+over) || strings.HasPrefix(s, "pass/"+refused) {
			t.Errorf("what is over is offered again: %.60q", s)
		}
	}
	if orders != 1 {
		t.Errorf("the order was offered %d times", orders)
	}
}

// TestExactlyOnce sends events twice, out of order and with gaps.
func TestExactlyOnce(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	page := owner.stream("/api/events")
	page.until("online")
	d.hears(`seen {"next":0}`)
	for _, c := range []struct{ index, next uint64 }{
		{0, 1}, {0, 1}, {1, 2}, {4, 2}, {4, 2}, {2, 3}, {3, 5}, {1, 5}, {6, 5}, {5, 7},
	} {
		d.event(c.index, wire.DoorOpened, "")
		if got, want := d.hears("seen"), fmt.Sprintf(`seen {"next":%d}`, c.next); got != want {
			t.Errorf("after event %d the device heard %s, want %s", c.index, got, want)
		}
	}
	var log []wire.Event
	owner.want(200, "GET", "/api/log", nil, &log)
	if len(log) != 7 {
		t.Errorf("%d events in the log, want 7", len(log))
	}
	for _, want := range []uint64{0, 1, 4, 2, 3, 6, 5} {
		e, _ := page.next()
		if !strings.HasPrefix(e, "event ") || !strings.Contains(e, fmt.Sprintf(`"index":%d,`, want)) {
			t.Errorf("the page got %s, want event %d once", e, want)
		}
	}
}

// TestForgedEvents: what a device can't honestly say is not written down.
func TestForgedEvents(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	good := wire.Event{ID: wire.EventID(d.id, 0), Time: time.Unix(0, 0).UTC(), Kind: wire.Started}
	for _, spoil := range []func(*wire.Event){
		func(e *wire.Event) { e.ID = "other/0" },
		func(e *wire.Event) { e.Index = 1 },
		func(e *wire.Event) { e.Kind = wire.Paired },
	} {
		e := good
		spoil(&e)
		d.publish(wire.LeafEvent+"/started", e, false)
	}
	for _, junk := range []any{"text", 1, []int{}, map[string]any{"id": good.ID, "friend": 1}, json.RawMessage(`{"id":"` + strings.Repeat("x", 9000) + `"}`)} {
		d.publish(wire.LeafEvent+"/started", junk, false)
		d.publish(wire.LeafState, junk, false)
		d.publish(wire.LeafLetterOut, junk, false)
	}
	d.publish(wire.LeafEvent+"/started", good, false)
	d.hears(`seen {"next":1}`)
	var log []wire.Event
	owner.want(200, "GET", "/api/log", nil, &log)
	if len(log) != 1 {
		t.Errorf("the log holds %+v", log)
	}
}

// TestDiskFull: events that can't be written are not acknowledged; with room again they
// are taken, and nothing is lost or doubled.
func TestDiskFull(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	d.event(0, wire.Started, "")
	d.hears(`seen {"next":1}`)
	d.client.Disconnect(100)
	r.end()

	r.start("max_page_count(45)")
	owner.base = r.base
	d.connect(r)
	d.hears(`seen {"next":1}`)
	fat := func(i uint64) wire.Event {
		return wire.Event{Index: i, Kind: wire.DoorOpened, Who: strings.Repeat("x", 4000)}
	}
	n := uint64(1)
	for ; !strings.Contains(r.log.String(), "disk_trouble"); n++ {
		if n > 500 {
			t.Fatal("the disk never fills")
		}
		d.tell(fat(n))
		seen := fmt.Sprintf(`seen {"next":%d}`, n+1)
		eventually(t, "dealt with", func() bool {
			for len(d.said) > 0 {
				if <-d.said == seen { // and not one said before
					return true
				}
			}
			return strings.Contains(r.log.String(), "disk_trouble")
		})
	}
	lost := n - 1 // the first that was not written
	if !strings.Contains(r.log.String(), fmt.Sprintf("event %s/%d is not acknowledged", d.id, lost)) {
		t.Error("the log does not say which event was not written")
	}
	var failed any
	for i := 0; failed == nil; i++ {
		body := planBody(owner.sign(owner.terms(d, fmt.Sprintf("%s-%d", parcel, i))))
		if status, b := owner.do("POST", "/api/deliveries", body); status != 201 {
			checkError(t, "a full disk", status, b, 507, "disk_trouble")
			failed = body
		}
	}
	// The hub asks again by itself, by saying how far it is.
	if _, err := r.house.Sweep(t.Context(), r.clock.now()); err != nil && !strings.Contains(err.Error(), "disk_trouble") {
		t.Fatal(err)
	}
	d.hears(fmt.Sprintf(`seen {"next":%d}`, lost))
	d.client.Disconnect(100)
	r.end()

	r.start()
	owner.base = r.base
	d.connect(r)
	d.hears(fmt.Sprintf(`seen {"next":%d}`, lost))
	d.tell(fat(lost))
	d.hears(fmt.Sprintf(`seen {"next":%d}`, lost+1))
	var log []wire.Event
	owner.want(200, "GET", "/api/log?limit=500", nil, &log)
	if uint64(len(log)) != lost+1 {
		t.Errorf("%d events in the log, want %d", len(log), lost+1)
	}
	owner.want(201, "POST", "/api/deliveries", failed, nil)
}

// TestComingAndGoing: a page knows at once when a device vanishes.
func TestComingAndGoing(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	page := owner.stream("/api/events")
	page.until("online", "true")
	d.client.Disconnect(100) // without a word, and without its will
	page.until("online", "false")
	d.connect(r)
	page.until("online", "true")
	later := owner.stream("/api/events")
	later.until("online", "true")
}
