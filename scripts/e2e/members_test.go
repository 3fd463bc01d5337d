package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// TestMember: the owner invites somebody, both compare the digits, and the member plans a delivery and
// watches it. Removed, they see nothing within a second, and their session is over.
func TestMember(t *testing.T) {
	s := alone(t, startDesk(t, "-size", "640x480", "-fps", "15"))
	owner, member := s.owner, newPerson(t, "member", 390, 844)
	start := s.mark()

	owner.tap("people-link")
	s.forged()
	member.open(s.invitation("Dominique"))
	member.do("be greeted", visible("join-name"))
	var at string
	member.eval(`location.href`, &at)
	if at != s.hub+"/#/" {
		t.Errorf("the invitation's secret is still in the address bar: %s", at)
	}
	member.shot("join")
	member.fill("join-name", "Domi")
	member.tap("join")
	member.do("see digits", visible("join-digits"))
	owner.do("see digits", visible("invite-digits"))
	member.shot("join-digits")
	owner.shot("people-compare")
	var theirs, ours string
	member.eval(fmt.Sprintf(`document.querySelector(%q).dataset.digits`, id("join-digits")), &theirs)
	owner.eval(fmt.Sprintf(`document.querySelector(%q).dataset.digits`, id("invite-digits")), &ours)
	if theirs != ours || len(ours) != 15 {
		t.Fatalf("the member reads out %q, the owner sees %q", theirs, ours)
	}
	if n := s.count(start, wire.GrantAdded); n != 0 {
		t.Fatal("something was granted before the owner had confirmed")
	}
	var extractable bool
	member.eval(ownKey, &extractable)
	if extractable {
		t.Error("the member's key can be taken out of the browser")
	}
	owner.tap("invite-same")
	who := s.event(start, wire.GrantAdded).Who
	owner.attr("member", "data-told", "yes")
	owner.shot("people")

	member.do("be let in", visible("seat"))
	member.shot("member-home")
	member.tap("plan")
	member.shot("member-plan")
	member.tap("send")
	member.do("see the code", visible("code"))
	member.shot("member-delivery")
	delivery := s.event(start, wire.PassAccepted).Delivery
	member.tap("back")
	member.attr("picture", "data-live", "yes")
	member.shot("member-watches")
	owner.tap("back")
	owner.attr("picture", "data-live", "yes")

	// Both clocks are this machine's.
	member.eval(fmt.Sprintf(`window.seen = { cut: 0, over: 0 }; setInterval(() => {
		const picture = document.querySelector(%q);
		if (!seen.cut && picture?.dataset.live !== 'yes') seen.cut = Date.now();
		if (!seen.over && document.querySelector('[data-standing=removed]')) seen.over = Date.now();
	}, 10); undefined`, id("picture")), nil)
	removed := s.mark()
	owner.tap("people-link")
	owner.tap("remove")
	owner.shot("people-sure")
	owner.tap("remove-no")
	owner.tap("remove")
	owner.eval(fmt.Sprintf(`document.addEventListener('click', (e) => { if (e.target.closest(%q)) window.pressed = Date.now() }, true)`, id("remove-yes")), nil)
	if s.count(removed, wire.GrantRevoked) != 0 {
		t.Error("somebody was removed before the owner was sure")
	}
	owner.tap("remove-yes")
	member.attr("closed", "data-standing", "removed")
	var pressed float64
	var seen struct{ Cut, Over float64 }
	owner.eval(`window.pressed`, &pressed)
	member.eval(`window.seen`, &seen)
	t.Logf("after the owner pressed: the picture was cut in %.0f ms, the session over in %.0f ms", seen.Cut-pressed, seen.Over-pressed)
	if pressed == 0 || seen.Cut < pressed || seen.Cut-pressed > 1000 {
		t.Errorf("the picture was cut %.0f ms after the owner pressed, want at most 1000", seen.Cut-pressed)
	}
	// The device did that, and not only the page.
	if got := s.event(removed, wire.GrantRevoked).Who; got != who {
		t.Errorf("the device revoked %s, want %s", got, who)
	}
	if e := s.event(removed, wire.Cancelled); e.Delivery != delivery || e.Reason != wire.NotGranted {
		t.Errorf("the device cancelled %+v, want %s for %s", e, delivery, wire.NotGranted)
	}
	after := s.left(removed, who).Time.Sub(time.UnixMilli(int64(pressed)))
	t.Logf("the device had cut the picture %v after the owner pressed", after)
	if after < 0 || after > time.Second {
		t.Errorf("the device cut the picture after %v, want at most a second", after)
	}
	s.event(removed, wire.CameraOff)
	var status int
	member.eval(`fetch('/api/me').then((a) => a.status)`, &status)
	if status != 401 {
		t.Errorf("the member's session answers %d", status)
	}
	member.shot("member-removed")
	member.open(s.hub)
	member.attr("closed", "data-standing", "removed")
	owner.do("see who is gone", visible("past-people"))
	owner.attr("member", "data-told", "yes")
	owner.shot("people-past")
	s.unbroken(start)
}

// invitation has the owner, who looks at the people, invite somebody, and returns the link.
func (s *story) invitation(name string) (link string) {
	s.t.Helper()
	s.owner.tap("invite")
	s.owner.fill("invite-name", name)
	s.owner.shot("people-invite")
	s.owner.tap("invite-make")
	s.owner.do("see the invitation", visible("copy-invite"))
	s.owner.shot("people-link")
	s.owner.eval(fmt.Sprintf(`document.querySelector(%q).dataset.link`, id("invite-link")), &link)
	return link
}

// left waits until somebody does not watch any more.
func (d *desk) left(since int, who string) (left wire.Event) {
	d.t.Helper()
	d.wait(who+" has left", func() error {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, e := range d.events[since:] {
			if e.Kind == wire.ViewerLeft && e.Who == who {
				left = e
				return nil
			}
		}
		return errors.New("not yet")
	})
	return left
}

// forged has a key come back to the owner that nobody with the link sent, as a hub could bring it.
func (s *story) forged() {
	s.t.Helper()
	o := s.owner
	_, query, _ := strings.Cut(s.invitation("Eve"), "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		s.t.Fatal(err)
	}
	secret, err := base64.RawURLEncoding.DecodeString(q.Get("s"))
	if err != nil {
		s.t.Fatal(err)
	}
	name := hmac.New(sha256.New, secret)
	name.Write([]byte("vestibule/invite/v1\n"))
	key, err := pass.DecodeKey(q.Get("o")) // some key
	if err != nil {
		s.t.Fatal(err)
	}
	hub := &phone{t: s.t, d: s.desk}
	hub.call("/api/invites/"+base64.RawURLEncoding.EncodeToString(name.Sum(nil)[:16])+"/answer",
		map[string]string{"key": pass.EncodeKey(key), "name": "Eve", "mac": base64.RawURLEncoding.EncodeToString(name.Sum(nil))}, nil)
	o.attr("invited", "data-answered", "forged")
	if o.read(id("invite-same")) != "" {
		s.t.Error("a forged answer can be confirmed")
	}
	o.shot("people-forged")
	o.tap("uninvite")
	o.do("be rid of it", chromedp.WaitNotPresent(id("invited"), chromedp.ByQuery))
}

// TestOwnerLocksFromThePage: what the owner signs on the page takes the coil's current, by hub, link
// and gate, and ends the visit. The courier is forced, which the owner's page alone says.
func TestOwnerLocksFromThePage(t *testing.T) {
	s := alone(t, startDesk(t, "-size", "640x480", "-fps", "15"))
	start := s.mark()
	s.plan("blur", time.Time{})
	s.event(start, wire.CameraOn)
	s.owner.eval(fmt.Sprintf(`location.hash = '#/d/%s'`, s.delivery), nil)
	s.owner.do("be able to lock", visible("lock"))
	coil := func() (on bool) {
		var w struct{ Coil bool }
		s.wait("the door answers", func() error { return s.get("/api/house", &w) })
		return w.Coil
	}
	s.unlock(start, mustCode(t, s.code).Forced())
	s.owner.tap("lock")
	if e := s.event(start, wire.OwnerLocked); e.Delivery != s.delivery || e.Reason != wire.ByOwner {
		t.Errorf("locked: %+v", e)
	}
	s.wait("the coil has no current", func() error {
		if coil() {
			return errors.New("it has")
		}
		return nil
	})
	unlocked, relocked := s.event(start, wire.Unlocked), s.event(start, wire.Relocked)
	took := relocked.Time.Sub(unlocked.Time)
	t.Logf("from the code to the lock: %v", took)
	if took >= 5*time.Second {
		t.Errorf("the coil was let go of after %v: that is its own limit, not the owner's word", took)
	}
	s.owner.tap("back")
	s.owner.attr("call", "data-call", "duress")
	s.owner.shot("owner-duress")
	if s.count(start, wire.Duress) != 0 {
		t.Error("a reader of the broker heard of the duress")
	}
	again := s.mark()
	s.desk.typed(bare(s.code), func() bool {
		_, ok := s.within(again, wire.CodeRefused, 10*time.Second)
		return ok
	})
	if e := s.event(again, wire.CodeRefused); e.Reason != wire.CodeUsed {
		t.Errorf("after the owner locked, the code is refused with %q", e.Reason)
	}
	if coil() {
		t.Error("the code opened after the owner had locked")
	}
}
