package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// grant is the owner's word that member may do something from now on for a day.
func (p *phone) grant(d *device, member *phone, may pass.Rights, change func(*pass.Grant)) string {
	p.t.Helper()
	now := p.r.clock.now()
	g := pass.Grant{Device: d.id, Key: publicOf(member.key), Name: "Dominique", Role: pass.Member, May: may, From: now, Until: now.Add(24 * time.Hour), At: now}
	if change != nil {
		change(&g)
	}
	b, err := pass.SignGrant(g, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func (p *phone) revocation(d *device, member *phone) string {
	p.t.Helper()
	v := pass.Revocation{Device: d.id, Key: member.id(), At: p.r.clock.now()}
	if _, err := rand.Read(v.Nonce[:]); err != nil {
		p.t.Fatal(err)
	}
	b, err := pass.SignRevocation(v, p.key)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

func note(text string) any { return map[string]string{"note": text} }

// admit has the owner grant something to a new member, who logs in.
func (r *rig) admit(d *device, owner *phone, may pass.Rights) *phone {
	r.t.Helper()
	m := r.phone()
	g := owner.grant(d, m, may, nil)
	owner.want(201, "POST", "/api/people", note(g), nil)
	if got := d.hears("grant/" + m.id() + " "); got != "grant/"+m.id()+" "+g {
		r.t.Fatalf("the device got another grant: %q", got)
	}
	m.logIn()
	return m
}

// remove has the owner take back what they granted, a second later.
func (r *rig) remove(d *device, owner, m *phone) {
	r.t.Helper()
	r.clock.move(time.Second)
	owner.want(201, "POST", "/api/people", note(owner.revocation(d, m)), nil)
}

// with is a delivery of a member's: the owner may watch, and who else is named.
func (p *phone) with(d *device, delivery string, watchers ...string) pass.Terms {
	t := p.terms(d, delivery)
	slices.Sort(watchers)
	t.Watchers = watchers
	return t
}

// TestMemberDoesWhatWasGranted: their own deliveries, those that name them, and nothing else.
func TestMemberDoesWhatWasGranted(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayDeliver|pass.MayWatch|pass.MayLock)

	owner.plan(d, "the-owners-parcel-1")
	named := owner.sign(owner.with(d, "a-parcel-they-watch", owner.id(), m.id()))
	owner.want(201, "POST", "/api/deliveries", planBody(named), nil)
	mine := m.with(d, "a-members-own-parcel", owner.id(), m.id())
	mine.From, mine.Until = mine.From.Add(4*time.Hour), mine.Until.Add(4*time.Hour)
	own := m.sign(mine)
	m.want(201, "POST", "/api/deliveries", planBody(own), nil)
	if got := d.hears("pass/a-members-own-parcel "); !strings.HasSuffix(got, own) {
		t.Errorf("the device got another pass: %q", got)
	}

	var seen []struct{ Delivery, By string }
	m.want(200, "GET", "/api/deliveries", nil, &seen)
	if len(seen) != 2 || seen[0].Delivery != "a-members-own-parcel" || seen[0].By != m.id() || seen[1].Delivery != "a-parcel-they-watch" || seen[1].By != "" {
		t.Errorf("a member sees %+v", seen)
	}
	owner.want(200, "GET", "/api/deliveries", nil, &seen)
	if len(seen) != 3 {
		t.Errorf("the owner sees %+v", seen)
	}

	m.want(200, "POST", "/api/amendments", m.amendment(mine, 1, time.Hour), nil)
	d.hears("amend/a-members-own-parcel ")
	m.refused(403, "not_granted", "POST", "/api/amendments", m.amendment(owner.terms(d, "a-parcel-they-watch"), 1, time.Hour))
	m.refused(404, "no_delivery", "POST", "/api/amendments", m.amendment(owner.terms(d, "the-owners-parcel-1"), 1, time.Hour))
	owner.want(200, "POST", "/api/amendments", owner.amendment(mine, 2, 30*time.Minute), nil)

	order := func(verb, delivery string) any {
		b, err := pass.SignOrder(pass.Order{Device: d.id, Verb: verb, Delivery: delivery, At: r.clock.now()}, m.key)
		if err != nil {
			t.Fatal(err)
		}
		return note(string(b))
	}
	m.refused(403, "not_granted", "POST", "/api/orders", order(pass.Cancel, "a-parcel-they-watch"))
	m.refused(404, "no_delivery", "POST", "/api/orders", order(pass.Lock, "the-owners-parcel-1"))
	m.want(201, "POST", "/api/orders", order(pass.Lock, "a-parcel-they-watch"), nil)
	m.want(201, "POST", "/api/orders", order(pass.Cancel, "a-members-own-parcel"), nil)
	d.hears("pass/a-members-own-parcel ") // withdrawn

	for i, e := range []wire.Event{
		{Kind: wire.Started}, {Kind: wire.PassAccepted, Delivery: "the-owners-parcel-1"}, {Kind: wire.PassAccepted, Delivery: "a-parcel-they-watch"},
		{Kind: wire.DoorOpened}, {Kind: wire.GrantAdded, Who: m.id()}, {Kind: wire.GrantAdded, Who: owner.id()},
	} {
		e.Index = uint64(i)
		d.tell(e)
	}
	eventually(t, "the events are written down", func() bool {
		var es []wire.Event
		owner.want(200, "GET", "/api/log", nil, &es)
		return len(es) == 6
	})
	var es []wire.Event
	m.want(200, "GET", "/api/log?device="+d.id, nil, &es)
	if len(es) != 2 || es[0].Kind != wire.GrantAdded || es[1].Delivery != "a-parcel-they-watch" {
		t.Errorf("a member reads %+v", es)
	}

	m.refused(403, "other_device", "GET", "/api/people?device="+d.id, nil)
	m.refused(403, "owner_unknown", "POST", "/api/people", note(owner.grant(d, r.phone(), pass.MayWatch, nil)))
	m.refused(403, "other_device", "POST", "/api/invites", map[string]string{"device": d.id, "invite": inviteID(t)})
}

// TestMemberIsShownTheirDeliveriesOnly, as they happen.
func TestMemberIsShownTheirDeliveriesOnly(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayWatch)
	owner.plan(d, "the-owners-parcel-1")
	owner.want(201, "POST", "/api/deliveries", planBody(owner.sign(owner.with(d, "a-parcel-they-watch", owner.id(), m.id()))), nil)

	s, theirs := m.stream("/api/events"), owner.stream("/api/events")
	s.until("online ", `"online":true`)
	state := wire.State{Door: wire.DoorClosed, Bolt: wire.BoltLocked, Camera: wire.CameraLive, Visit: wire.VisitAwaited, Until: r.clock.now(), Entries: 1, Viewers: 2,
		Alarm: wire.Tamper, Spent: &wire.Spent{Colour: 216}}
	for _, delivery := range []string{"the-owners-parcel-1", "a-parcel-they-watch"} {
		state.Delivery = delivery
		d.publish(wire.LeafState, state, true)
		theirs.until("state ", delivery)
	}
	var got struct{ State wire.State }
	first := s.until("state ")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(first, "state ")), &got); err != nil {
		t.Fatal(err)
	}
	want := wire.State{Door: wire.DoorClosed, Bolt: wire.BoltLocked, Camera: wire.CameraLive, Visit: wire.NoWindow, Alarm: wire.Tamper}
	if got.State != want {
		t.Errorf("of somebody else’s delivery a member is shown %+v", got.State)
	}
	s.until("state ", "a-parcel-they-watch", "216")

	d.event(0, wire.DoorOpened, "the-owners-parcel-1")
	d.event(1, wire.DoorShut, "")
	d.event(2, wire.DoorOpened, "a-parcel-they-watch")
	if e := s.until("event "); !strings.Contains(e, "a-parcel-they-watch") {
		t.Errorf("a member hears %s", e)
	}
	var me struct{ Owner, Name string }
	m.want(200, "GET", "/api/me", nil, &me)
	if me.Owner != m.id() || me.Name != "Dominique" {
		t.Errorf("the member is %+v", me)
	}
}

// TestRightsAreAskedFor: each request, of everybody.
func TestRightsAreAskedFor(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	stranger, neighbour := r.phone(), r.phone()
	other := r.enrol()
	other.connect(r)
	neighbour.pair(other)
	neighbour.logIn()
	d.setAnswer(func(wire.Letter) (wire.LetterKind, any) { return wire.LetterNo, wire.No{Reason: wire.Busy} })
	letter := func(kind wire.LetterKind, body any) any { return map[string]any{"kind": kind, "body": body} }
	letters := map[wire.LetterKind]struct {
		right pass.Rights // 0: the owner's alone
		body  any
	}{
		wire.LetterOffer:    {pass.MayWatch, wire.Offer{SDP: "v=0", Call: "call", Key: "key"}},
		wire.LetterTrickle:  {pass.MayWatch, wire.Trickle{}},
		wire.LetterRemember: {pass.MayInstall, wire.Remember{Order: "order"}},
		wire.LetterDrill:    {pass.MayInstall, wire.Drill{Order: "order"}},
		wire.LetterLock:     {pass.MayLock, wire.LockNow{}},
		wire.LetterTime:     {0, wire.Time{Word: "word"}},
	}
	all := []pass.Rights{pass.MayDeliver, pass.MayInstall, pass.MayLock, pass.MayWatch}
	members := map[pass.Rights]*phone{}
	for _, right := range all {
		members[right] = r.admit(d, owner, right)
	}
	for kind, l := range letters {
		path := "/api/letters/" + d.id
		stranger.refused(401, "login_needed", "POST", path, letter(kind, l.body))
		neighbour.refused(403, "other_device", "POST", path, letter(kind, l.body))
		before := d.letters()
		owner.want(200, "POST", path, letter(kind, l.body), nil)
		for _, right := range all {
			if right == l.right {
				members[right].want(200, "POST", path, letter(kind, l.body), nil)
			} else {
				members[right].refused(403, "not_granted", "POST", path, letter(kind, l.body))
			}
		}
		want := before + 1
		if l.right != 0 {
			want++
		}
		if got := d.letters(); got != want {
			t.Errorf("%d letters %s reached the device, want %d", got-before, kind, want-before)
		}
	}
	for i, right := range all {
		m := members[right]
		own := m.sign(m.with(d, fmt.Sprintf("a-members-parcel-%d", i), owner.id()))
		if right == pass.MayDeliver {
			m.want(201, "POST", "/api/deliveries", planBody(own), nil)
			continue
		}
		m.refused(403, "not_granted", "POST", "/api/deliveries", planBody(own))
	}
}

// TestMembersPassWithinTheGrant: what the device would refuse is refused here.
func TestMembersPassWithinTheGrant(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayDeliver|pass.MayWatch)
	for what, change := range map[string]func(*pass.Terms){
		"the owner cannot watch": func(t *pass.Terms) { t.Watchers = []string{m.id()} },
		"no camera":              func(t *pass.Terms) { t.Camera = false },
		"a large zone":           func(t *pass.Terms) { t.Large = true },
		"another epoch":          func(t *pass.Terms) { t.Epoch++ },
	} {
		terms := m.with(d, "a-members-parcel", owner.id())
		change(&terms)
		if status, b := m.do("POST", "/api/deliveries", planBody(m.sign(terms))); status != 403 || !strings.Contains(string(b), "not_granted") {
			t.Errorf("%s: %d %s", what, status, b)
		}
	}
	late := m.with(d, "a-members-parcel", owner.id())
	late.From, late.Until = r.clock.now().Add(23*time.Hour), r.clock.now().Add(25*time.Hour)
	m.refused(403, "grant_over", "POST", "/api/deliveries", planBody(m.sign(late)))
	// The session is no key: what it brings has to be signed by the person themselves.
	m.refused(403, "bad_signature", "POST", "/api/deliveries", planBody(owner.sign(owner.terms(d, parcel))))
	r.clock.move(24 * time.Hour)
	m.refused(401, "login_needed", "GET", "/api/me", nil)
	m.refused(403, "access_over", "POST", "/api/login", m.loginNote(r.base, m.challenge(), m.key))
}

// TestRemoved: the device hears of it at once, and the hub does nothing for them any more.
func TestRemoved(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m, stays := r.admit(d, owner, pass.MayDeliver|pass.MayWatch), r.admit(d, owner, pass.MayWatch)
	m.want(201, "POST", "/api/deliveries", planBody(m.sign(m.with(d, "a-members-parcel", owner.id()))), nil)
	d.hears("pass/a-members-parcel vestibule")
	s, other, theirs := m.stream("/api/events"), stays.stream("/api/events"), owner.stream("/api/events")

	r.remove(d, owner, m)
	d.hears("revoke/" + m.id() + " vestibule")
	if got := d.hears("grant/" + m.id() + " "); got != "grant/"+m.id()+" " {
		t.Errorf("the grant is still on offer: %q", got)
	}
	if got := d.hears("pass/a-members-parcel "); got != "pass/a-members-parcel " {
		t.Errorf("their pass is still on offer: %q", got)
	}
	s.until("over ", d.id)
	if e, ok := s.next(); ok {
		t.Errorf("after its end the stream says %q", e)
	}
	theirs.until("people ", d.id)
	m.refused(401, "login_needed", "GET", "/api/me", nil)
	m.refused(401, "login_needed", "GET", "/api/deliveries", nil)
	m.refused(401, "login_needed", "GET", "/api/events", nil)
	m.refused(401, "login_needed", "POST", "/api/letters/"+d.id, map[string]any{"kind": "offer", "body": wire.Offer{}})
	m.refused(403, "access_over", "POST", "/api/login", m.loginNote(r.base, m.challenge(), m.key))
	stays.want(200, "GET", "/api/me", nil, nil)
	d.event(0, wire.GrantRevoked, "")
	d.tell(wire.Event{Index: 1, Kind: wire.GrantAdded, Who: stays.id()})
	other.until("event ", stays.id())

	// An older grant revives nothing; a later one does.
	stale := owner.grant(d, m, pass.MayWatch, func(g *pass.Grant) { g.At = g.At.Add(-time.Second) })
	owner.want(201, "POST", "/api/people", note(stale), nil)
	m.refused(403, "access_over", "POST", "/api/login", m.loginNote(r.base, m.challenge(), m.key))

	// A hub that starts again offers the revocation, and no grant that it ended.
	r.end()
	r.start()
	m.base, owner.base, stays.base = r.base, r.base, r.base
	d.connect(r)
	said := d.hears("revoke/")
	if !strings.HasPrefix(said, "revoke/"+m.id()+" vestibule") {
		t.Errorf("after a restart the device hears %q", said)
	}
	d.hears("grant/" + stays.id() + " vestibule")
	owner.logIn()
	r.clock.move(time.Second)
	owner.want(201, "POST", "/api/people", note(owner.grant(d, m, pass.MayWatch, nil)), nil)
	if got := d.hears("grant/"); !strings.HasPrefix(got, "grant/"+m.id()+" vestibule") {
		t.Errorf("the device hears %.60q", got)
	}
	m.refused(401, "login_needed", "GET", "/api/me", nil) // the session from before does not live again
	m.logIn()
}

// TestWordsAreForgotten once nothing that was signed before them can hold any more.
func TestWordsAreForgotten(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m := r.admit(d, owner, pass.MayWatch)
	began := r.clock.now()
	r.remove(d, owner, m)
	d.hears("revoke/" + m.id() + " vestibule")
	sweep := func() {
		t.Helper()
		if _, err := r.house.Sweep(t.Context(), began); err != nil {
			t.Fatal(err)
		}
	}
	said := func() int {
		t.Helper()
		words, err := r.store.Words(t.Context(), d.id)
		if err != nil {
			t.Fatal(err)
		}
		return len(words)
	}
	r.clock.move(pass.MaxMember - time.Second)
	if sweep(); said() != 2 {
		t.Errorf("%d words are left while a grant may hold, want 2", said())
	}
	r.clock.move(time.Second)
	if sweep(); said() != 0 {
		t.Errorf("%d words are left", said())
	}
	if got := d.hears("revoke/" + m.id() + " "); got != "revoke/"+m.id()+" " {
		t.Errorf("the revocation is still on offer: %q", got)
	}
}

// TestNewOwnersDoor: whom a former owner let in has no place there.
func TestNewOwnersDoor(t *testing.T) {
	r := newRig(t)
	d, former := r.household()
	m := r.admit(d, former, pass.MayDeliver|pass.MayWatch)
	former.want(201, "POST", "/api/invites", map[string]string{"device": d.id, "invite": inviteID(t)}, nil)
	s := m.stream("/api/events")
	p := r.phone()
	p.pair(d)
	if got := d.hears("grant/" + m.id() + " "); got != "grant/"+m.id()+" " {
		t.Errorf("the former owner's grant is still on offer: %q", got)
	}
	s.until("over ", d.id)
	m.refused(401, "login_needed", "GET", "/api/me", nil)
	p.logIn()
	var people struct{ Invites, People []struct{} }
	p.want(200, "GET", "/api/people?device="+d.id, nil, &people)
	if len(people.Invites)+len(people.People) != 0 {
		t.Errorf("the new owner finds %+v", people)
	}
}

// TestWordsThatAreNotTheOwners are refused and reach nobody.
func TestWordsThatAreNotTheOwners(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m, neighbour := r.admit(d, owner, pass.MayDeliver), r.phone()
	other := r.enrol()
	other.connect(r)
	neighbour.pair(other)
	neighbour.logIn()
	good := owner.grant(d, r.phone(), pass.MayWatch, nil)
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for _, c := range []struct {
		what, note, code string
		who              *phone
		status           int
	}{
		{"signed by a member", m.grant(d, r.phone(), pass.MayWatch, nil), "bad_signature", owner, 403},
		{"a member's own session", good, "owner_unknown", m, 403},
		{"another owner's", neighbour.grant(d, r.phone(), pass.MayWatch, nil), "other_device", neighbour, 403},
		{"another owner's session", good, "bad_signature", neighbour, 403},
		{"a flipped bit", string(flipped), "bad_signature", owner, 403},
		{"a pass", owner.sign(owner.terms(d, parcel)), "unreadable", owner, 400},
		{"for the owner's key", owner.grant(d, owner, pass.MayWatch, nil), "unreadable", owner, 400},
		{"nothing", "", "bad_signature", owner, 403},
	} {
		if status, b := c.who.do("POST", "/api/people", note(c.note)); status != c.status || !strings.Contains(string(b), `"`+c.code+`"`) {
			t.Errorf("%s: %d %s, want %d %s", c.what, status, b, c.status, c.code)
		}
	}
	owner.want(201, "POST", "/api/people", note(good), nil)
	if got := d.hears("grant/"); !strings.HasSuffix(got, good) {
		t.Errorf("the device heard %q", got)
	}
}

func inviteID(t *testing.T) string {
	t.Helper()
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// TestInvitations: one answer each, for a day, and the grant for whoever answered.
func TestInvitations(t *testing.T) {
	r := newRig(t)
	d, owner := r.household()
	m, thief := r.phone(), r.phone()
	id := inviteID(t)
	path := "/api/invites/" + id
	answer := func(p *phone) any {
		return map[string]string{"key": pass.EncodeKey(publicOf(p.key)), "name": "Domi", "mac": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}
	}
	m.refused(404, "no_invite", "GET", path, nil)
	m.refused(404, "no_invite", "POST", path+"/answer", answer(m))
	m.refused(401, "login_needed", "POST", "/api/invites", map[string]string{"device": d.id, "invite": id})
	owner.refused(400, "unreadable", "POST", "/api/invites", map[string]string{"device": d.id, "invite": "short"})
	s := owner.stream("/api/events")
	owner.want(201, "POST", "/api/invites", map[string]string{"device": d.id, "invite": id}, nil)
	owner.want(201, "POST", "/api/invites", map[string]string{"device": d.id, "invite": id}, nil)

	var got struct{ Device, Card, Key, Grant string }
	m.want(200, "GET", path, nil, &got)
	if got.Device != d.id || got.Card == "" || got.Key != "" || got.Grant != "" {
		t.Errorf("whoever has the link sees %+v", got)
	}
	for _, bad := range []map[string]string{{"key": "x", "name": "", "mac": ""}, {"key": pass.EncodeKey(publicOf(m.key)), "name": "Domi", "mac": "AAAA"},
		{"key": pass.EncodeKey(publicOf(m.key)), "name": strings.Repeat("x", 65), "mac": base64.RawURLEncoding.EncodeToString(make([]byte, 32))}} {
		m.refused(400, "unreadable", "POST", path+"/answer", bad)
	}
	m.want(200, "POST", path+"/answer", answer(m), nil)
	s.until("people ", d.id)
	m.want(200, "POST", path+"/answer", answer(m), nil)
	thief.refused(409, "invite_taken", "POST", path+"/answer", answer(thief))
	var people struct {
		Invites []struct{ Invite, Key, Name, MAC string }
		People  []struct{ Person, Grant, Revocation string }
	}
	owner.want(200, "GET", "/api/people?device="+d.id, nil, &people)
	if len(people.Invites) != 1 || people.Invites[0].Key != pass.EncodeKey(publicOf(m.key)) || len(people.People) != 0 {
		t.Errorf("the owner sees %+v", people)
	}
	g := owner.grant(d, m, pass.MayWatch, nil)
	owner.want(201, "POST", "/api/people", note(g), nil)
	m.want(200, "GET", path, nil, &got)
	if got.Grant != g {
		t.Errorf("whoever answered is given %q", got.Grant)
	}
	m.logIn()
	owner.want(204, "POST", path+"/withdraw", struct{}{}, nil)
	m.refused(404, "no_invite", "GET", path, nil)

	for range 16 {
		owner.want(201, "POST", "/api/invites", map[string]string{"device": d.id, "invite": inviteID(t)}, nil)
	}
	owner.refused(409, "too_many_invites", "POST", "/api/invites", map[string]string{"device": d.id, "invite": inviteID(t)})
	r.clock.move(24 * time.Hour)
	owner.want(201, "POST", "/api/invites", map[string]string{"device": d.id, "invite": id}, nil)
	m.want(200, "GET", path, nil, nil)
	r.clock.move(24 * time.Hour)
	m.refused(404, "no_invite", "GET", path, nil)
}
