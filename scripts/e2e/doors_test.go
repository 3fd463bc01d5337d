package e2e

import (
	"fmt"
	"net/url"
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
func (d *desk) device() string {
	d.t.Helper()
	_, query, _ := strings.Cut(d.user.Owner, "?")
	q, err := url.ParseQuery(query)
	if err != nil || q.Get("device") == "" {
		d.t.Fatalf("no device in %s: %v", d.user.Owner, err)
	}
	return q.Get("device")
}

func doorOf(device string) string { return fmt.Sprintf(`[data-testid="door"][data-device=%q]`, device) }

// Two doors of a home on one phone: each has its name, its page and its deliveries, and an alarm at one is told on the
// pages of the other. What the phone kept when it knew of one door only is still there.
func TestTwoDoors(t *testing.T) {
	t.Parallel()
	small := []string{"-size", "640x480", "-fps", "15"}
	first := startDesk(t, small...)
	second := first.beside(small...)
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

	owner.open("about:blank")
	owner.open(second.user.Owner)
	owner.fill("pair-name", "Camille")
	owner.fill("pair-door", "Garage")
	owner.shot("doors-pair")
	owner.tap("pair")
	owner.do("be at the second door", visibleCSS(doorOf(garage)+`[aria-current="true"][data-word="locked"]`),
		visibleCSS(doorOf(front)+`[data-word="locked"]`))
	owner.sees("doors", "Garage")

	owner.do("go to the first", chromedp.Click(doorOf(front), chromedp.ByQuery), visibleCSS(doorOf(front)+`[aria-current="true"]`))
	owner.tap("door-rename")
	owner.fill("door-name", "Rue des Lilas")
	owner.tap("door-named")
	owner.sees("doors", "Rue des Lilas")
	owner.shot("doors")

	// A delivery for one is not one for the other, and its courier reads which door it is.
	owner.do("go to the second", chromedp.Click(doorOf(garage), chromedp.ByQuery), visibleCSS(doorOf(garage)+`[aria-current="true"]`))
	s := &story{desk: second, owner: owner, courier: newPerson(t, "courier", 390, 844)}
	start := second.mark()
	s.plan("blur", time.Time{})
	s.live()
	owner.shot("doors-live")
	s.read()
	s.courier.sees("which-door", "Garage")
	s.courier.shot("doors-courier")
	second.unlock(start, bare(s.code))
	if first.tryOpen() == nil {
		t.Fatal("the first door opened to the second's code")
	}
	second.door(true)
	second.event(start, wire.DoorOpened)
	owner.do("see that it is open", visibleCSS(doorOf(garage)+`[data-word="open"]`))

	owner.do("go to the first", chromedp.Click(doorOf(front), chromedp.ByQuery), visibleCSS(doorOf(front)+`[aria-current="true"]`))
	owner.do("see how the other stands", visibleCSS(doorOf(garage)+`[data-word="open"]`))
	second.door(false)
	owner.do("see how the other stands", visibleCSS(doorOf(garage)+`[data-word="locked"]`))
	second.post("/api/force", struct{}{})
	owner.attr("elsewhere", "data-kind", string(wire.ForcedOpen))
	owner.sees("elsewhere", "Garage")
	owner.shot("doors-alarm")
	owner.open("about:blank")
	owner.open(first.hub) // nor is what happened while no page was there missed
	owner.attr("elsewhere", "data-kind", string(wire.ForcedOpen))

	// A delivery's address leads to its door.
	owner.eval(fmt.Sprintf(`location.hash = '#/d/%s'`, s.delivery), nil)
	owner.do("be told where it is", chromedp.WaitVisible(`main h1`, chromedp.ByQuery))
	owner.shot("doors-elsewhere")
	owner.do("go there", chromedp.Click(`main .stack `+id("elsewhere-go"), chromedp.ByQuery))
	owner.do("see its code", visible("code"))
	owner.attr("call", "data-call", string(wire.ForcedOpen))
	if c := owner.console.String(); strings.Contains(c, "exception") {
		t.Errorf("the page complained:\n%s", c)
	}
}
