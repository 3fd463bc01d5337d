package main

import (
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// amendment moves the end of a window that terms made.
func (p *phone) amendment(t pass.Terms, revision uint64, by time.Duration) map[string]string {
	p.t.Helper()
	a := pass.Amendment{Device: t.Device, Delivery: t.Delivery, Revision: revision, Until: t.Until.Add(by), At: p.r.clock.now().Truncate(time.Second)}
	return map[string]string{"note": string(must(pass.SignAmendment(a, p.key)))}
}

func TestAmend(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	terms := owner.terms(d, parcel)
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(terms)), nil)
	d.event(0, wire.PassAccepted, parcel)

	longer := owner.amendment(terms, 1, time.Hour)
	for range 2 { // the same again is no error
		owner.want(200, "POST", "/api/amendments", longer, nil)
		if got := d.hears("amend/" + parcel + " "); got != "amend/"+parcel+" "+longer["note"] {
			t.Errorf("the device got another amendment: %q", got)
		}
	}
	if got := owner.delivery(parcel); !got.Until.Equal(terms.Until.Add(time.Hour)) || got.Revision != 1 {
		t.Errorf("amended: %+v", got)
	}
	shorter := owner.amendment(terms, 2, -time.Hour)
	owner.want(200, "POST", "/api/amendments", shorter, nil)
	d.hears("amend/" + parcel + " " + shorter["note"])

	stranger := *owner
	stranger.key = r.phone().key
	for _, c := range []struct {
		what, code string
		status     int
		body       map[string]string
	}{
		{"an older revision", "old_revision", 409, longer},
		{"the same revision, another end", "old_revision", 409, owner.amendment(terms, 2, time.Hour)},
		{"longer than 12 hours", "unreadable", 400, owner.amendment(terms, 3, 11*time.Hour)},
		{"over before it begins", "unreadable", 400, owner.amendment(terms, 3, -2*time.Hour)},
		{"signed by somebody else", "bad_signature", 403, stranger.amendment(terms, 3, time.Hour)},
		{"no amendment", "bad_signature", 403, map[string]string{"note": "junk"}},
		{"another device", "other_device", 403, owner.amendment(pass.Terms{Device: "other", Delivery: parcel, Until: terms.Until}, 3, 0)},
		{"another delivery", "no_delivery", 404, owner.amendment(pass.Terms{Device: d.id, Delivery: "d-nothing", Until: terms.Until}, 3, 0)},
	} {
		t.Log(c.what)
		owner.refused(c.status, c.code, "POST", "/api/amendments", c.body)
	}

	// A device that was away hears of pass and amendment, after the hub was started again, too.
	d.client.Disconnect(100)
	r.end()
	r.start()
	owner.base = r.base
	for len(d.said) > 0 {
		<-d.said
	}
	d.connect(r)
	d.hears("pass/" + parcel + " vestibule/pass/v1")
	d.hears("amend/" + parcel + " " + shorter["note"])

	owner.order(d, pass.Cancel, parcel)
	if got := d.hears("amend/" + parcel + " "); got != "amend/"+parcel+" " {
		t.Errorf("the amendment of a cancelled delivery is on offer: %q", got)
	}
	owner.refused(409, "window_over", "POST", "/api/amendments", owner.amendment(terms, 3, time.Hour))
}

// TestAWindowThatIsOverStaysOver, whatever is signed.
func TestAWindowThatIsOverStaysOver(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	terms := owner.terms(d, parcel)
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(terms)), nil)
	r.clock.move(3*time.Hour + time.Second)
	owner.refused(409, "window_over", "POST", "/api/amendments", owner.amendment(terms, 1, time.Hour))
	if got := owner.delivery(parcel); got.Revision != 0 || !got.Until.Equal(terms.Until) {
		t.Errorf("a window that was over: %+v", got)
	}
}
