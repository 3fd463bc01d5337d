package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"vestibule/hub/wire"
)

// oldStore is what a phone kept when it knew of one door only: a word about a person, by the person.
const oldStore = `new Promise((done, fail) => {
	const ask = indexedDB.open('vestibule', 2);
	ask.onupgradeneeded = () => {
		for (const [name, keyPath] of Object.entries({ keys: 'name', devices: 'device', secrets: 'delivery', invitations: 'invite', joining: 'invite', said: 'person' }))
			ask.result.createObjectStore(name, { keyPath });
		ask.transaction.objectStore('said').put({ person: 'somebody', device: 'some door', grant: 'a grant' });
	};
	ask.onsuccess = () => { ask.result.close(); done(true); };
	ask.onerror = () => fail(ask.error);
})`

// newStore reads the words about people.
const newStore = `new Promise((done, fail) => {
	const ask = indexedDB.open('vestibule');
	ask.onsuccess = () => {
		const all = ask.result.transaction('words').objectStore('words').getAll();
		all.onsuccess = () => { ask.result.close(); done(JSON.stringify(all.result)); };
	};
	ask.onerror = () => fail(ask.error);
})`

// device is the name of the device that a pairing link is for.
func (d *desk) device() string { return d.pairing().Get("device") }

// twoDoors starts a home with two doors.
func twoDoors(t *testing.T) (first, second *desk) {
	t.Helper()
	small := []string{"-size", "640x480", "-fps", "15"}
	first = startDesk(t, small...)
	return first, first.beside(small...)
}

func doorOf(device string) string { return fmt.Sprintf(`[data-testid="door"][data-device=%q]`, device) }

// pairAlso pairs a phone that has a door already.
func (p *person) pairAlso(d *desk, name string) {
	p.t.Helper()
	p.open("about:blank")
	p.open(d.user.Owner)
	p.fill("pair-name", "Camille")
	p.fill("pair-door", name)
	p.shot("doors-pair")
	p.tap("pair")
	p.do("be at the next door", visibleCSS(doorOf(d.device())+`[aria-current="true"][data-word="locked"]`))
	p.sees("doors", name)
}

// goTo shows another of the phone's doors.
func (p *person) goTo(device string) {
	p.t.Helper()
	p.do("go to another door", chromedp.Click(doorOf(device), chromedp.ByQuery), visibleCSS(doorOf(device)+`[aria-current="true"]`))
}

// Two doors of a home on one phone: each has its name, its page and its deliveries, and an alarm at one is told on the
// pages of the other. What the phone kept when it knew of one door only is still there.
func TestTwoDoors(t *testing.T) {
	t.Parallel()
	first, second := twoDoors(t)
	front, garage := first.device(), second.device()

	owner := newPerson(t, "owner", 390, 844)
	owner.open(first.hub + "/api/me") // a page of the hub's without a script
	owner.eval(oldStore, nil)
	owner.open(first.user.Owner)
	owner.fill("pair-name", "Camille")
	if owner.read(id("pair-door")) != "" {
		t.Error("the only door wants a name")
	}
	owner.tap("pair")
	owner.do("be at home", visible("plan"))
	var kept string
	owner.eval(newStore, &kept)
	if kept != `[{"person":"somebody","device":"some door","grant":"a grant"}]` {
		t.Errorf("what was kept became %s", kept)
	}
	if owner.read(id("doors")) != "" {
		t.Error("one door is chosen among")
	}

	owner.pairAlso(second, "Garage")
	owner.do("see the first too", visibleCSS(doorOf(front)+`[data-word="locked"]`))

	owner.goTo(front)
	owner.tap("door-rename")
	owner.fill("door-name", "Rue des Lilas")
	owner.tap("door-named")
	owner.sees("doors", "Rue des Lilas")
	owner.shot("doors")

	// A delivery for one is not one for the other, and its courier reads which door it is.
	owner.goTo(garage)
	s := &story{desk: second, owner: owner, courier: newPerson(t, "courier", 390, 844)}
	start := second.mark()
	s.plan("blur", time.Time{})
	s.live()
	owner.shot("doors-live")
	s.read()
	s.courier.sees("which-door", "Garage")
	s.courier.shot("doors-courier")
	second.unlock(start, mustCode(t, s.code).Forced()) // somebody makes the courier do it
	if first.tryOpen() == nil {
		t.Fatal("the first door opened to the second's code")
	}
	second.door(true)
	second.event(start, wire.DoorOpened)
	owner.do("see that it is open", visibleCSS(doorOf(garage)+`[data-word="open"]`))

	owner.goTo(front)
	owner.do("see how the other stands", visibleCSS(doorOf(garage)+`[data-word="open"]`))
	second.door(false)
	owner.do("see how the other stands", visibleCSS(doorOf(garage)+`[data-word="locked"]`))
	owner.attr("elsewhere", "data-kind", string(wire.Duress))
	owner.sees("elsewhere", "Garage")
	owner.shot("doors-alarm")
	owner.open("about:blank")
	owner.open(first.hub) // nor is what happened while no page was there missed
	owner.attr("elsewhere", "data-kind", string(wire.Duress))

	// A delivery's address leads to its door.
	owner.eval(fmt.Sprintf(`location.hash = '#/d/%s'`, s.delivery), nil)
	owner.do("be told where it is", chromedp.WaitVisible(`main h1`, chromedp.ByQuery))
	owner.shot("doors-elsewhere")
	owner.do("go there", chromedp.Click(`main .stack `+id("elsewhere-go"), chromedp.ByQuery))
	owner.do("see its code", visible("code"))
	owner.attr("call", "data-call", string(wire.Duress))
	if c := owner.console.String(); strings.Contains(c, "exception") {
		t.Errorf("the page complained:\n%s", c)
	}
}

// Somebody is a member at two doors, and is removed at one of them while their page is away: its pages are closed, the other's
// are not, and the phone can forget it.
func TestMemberAtTwoDoors(t *testing.T) {
	t.Parallel()
	first, second := twoDoors(t)
	front, garage := first.device(), second.device()
	s := alone(t, first)
	s.owner.pairAlso(second, "Garage")
	member := newPerson(t, "member", 390, 844)
	for _, door := range []string{garage, front} {
		if door != garage {
			s.owner.tap("back")
			s.owner.goTo(door)
		}
		s.owner.tap("people-link")
		member.open("about:blank")
		member.open(s.invitation("Dominique"))
		member.fill("join-name", "Domi")
		member.tap("join")
		member.do("see digits", visible("join-digits"))
		if door != garage { // and gives up, but for the time being
			member.open("about:blank")
			member.open(s.hub)
			member.tap("join-waits")
			member.do("see digits", visible("join-digits"))
		}
		s.owner.tap("invite-same")
		member.do("be let in", visible("seat"))
	}
	member.do("be at the next door", visibleCSS(doorOf(front)+`[aria-current="true"][data-word="locked"]`), visibleCSS(doorOf(garage)+`[data-word="locked"]`))
	member.sees("doors", "Door of Camille") // the first has no name
	member.shot("doors-member")

	member.open("about:blank")
	removed := s.mark()
	s.owner.tap("remove")
	s.owner.tap("remove-yes")
	s.event(removed, wire.GrantRevoked)
	member.open(s.hub)
	member.attr("closed", "data-standing", "removed")
	member.do("see the other door", visibleCSS(doorOf(garage)+`[data-word="locked"]`))
	member.shot("doors-removed")
	second.post("/api/plug", map[string]any{"name": "network", "in": false}) // and follow it
	member.do("see that nobody knows", visibleCSS(doorOf(garage)+`[data-word="unknown"]`))
	second.post("/api/plug", map[string]any{"name": "network", "in": true})
	member.do("see it locked again", visibleCSS(doorOf(garage)+`[data-word="locked"]`))
	member.tap("door-forget")
	member.do("be at the other door", visible("seat"), visible("plan"))
	if member.read(id("doors")) != "" {
		t.Error("the door is not forgotten")
	}
}
