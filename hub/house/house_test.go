package house_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/sqlite"
	"vestibule/hub/wire"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func told(kinds ...wire.Kind) house.Told {
	t := house.Told{}
	for _, k := range kinds {
		t[k] = ""
	}
	return t
}

func TestStatus(t *testing.T) {
	until := noon.Add(time.Hour)
	for _, c := range []struct {
		told house.Told
		late bool // after the window
		want house.Status
	}{
		{told(), false, house.Planned},
		{told(), true, house.Ended},
		{told(wire.CodeRefused, wire.ViewerJoined), false, house.Planned},
		{told(wire.PassAccepted), false, house.Accepted},
		{told(wire.PassAccepted), true, house.Ended},
		{told(wire.PassRefused), false, house.Refused},
		{told(wire.PassRefused), true, house.Refused},
		{told(wire.PassAccepted, wire.PassRefused), false, house.Accepted},
		{told(wire.PassRefused, wire.WindowOpened), false, house.Open},
		{told(wire.PassAccepted, wire.WindowOpened), false, house.Open},
		{told(wire.PassAccepted, wire.WindowOpened), true, house.Ended},
		{told(wire.PassAccepted, wire.WindowOpened, wire.VisitStarted), false, house.Open},
		{told(wire.VisitStarted), false, house.Open}, // its window's opening is still on the way
		{told(wire.VisitStarted), true, house.Visited},
		{told(wire.WindowOpened, wire.VisitStarted, wire.VisitEnded), false, house.Visited},
		{told(wire.WindowOpened, wire.VisitStarted, wire.VisitEnded, wire.WindowClosed), true, house.Visited},
		{told(wire.WindowOpened, wire.VisitStarted, wire.WindowClosed), false, house.Visited},
		{told(wire.WindowOpened, wire.WindowClosed), false, house.Ended},
		{told(wire.PassAccepted, wire.Cancelled), false, house.Cancelled},
		{told(wire.PassAccepted, wire.Cancelled, wire.WindowClosed), true, house.Cancelled},
		{told(wire.VisitStarted, wire.VisitEnded, wire.Cancelled), false, house.Visited},
		{told(wire.VisitStarted, wire.Cancelled), false, house.Visited},
	} {
		now := until.Add(-time.Second)
		if c.late {
			now = until
		}
		if got, _ := house.StatusOf(c.told, until, now); got != c.want {
			t.Errorf("%v, late %v: %s, want %s", c.told, c.late, got, c.want)
		}
	}
	if _, reason := house.StatusOf(house.Told{wire.PassRefused: wire.OldEpoch}, until, noon); reason != wire.OldEpoch {
		t.Errorf("reason %q", reason)
	}
}

// TestStatusOnlyGoesOn: whatever more a device tells, a delivery that is over stays over,
// but for a refusal that turns out to be of a second copy.
func TestStatusOnlyGoesOn(t *testing.T) {
	kinds := wire.Kinds()
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		know, over := house.Told{}, false
		for range 12 {
			kind := kinds[dice.IntN(len(kinds))]
			know[kind] = ""
			accepts := kind == wire.PassAccepted || kind == wire.WindowOpened || kind == wire.VisitStarted
			if over && !know.Over() && !accepts {
				t.Fatalf("%v is not over any more", know)
			}
			over = know.Over()
			status, _ := house.StatusOf(know, noon, noon)
			if status == house.Planned || status == house.Accepted || status == house.Open {
				t.Fatalf("%v is %s after its window", know, status)
			}
		}
	}
}

func TestStep(t *testing.T) {
	until := noon.Add(time.Hour)
	state := func(bolt wire.Bolt, door wire.Door, visit wire.Visit, entries int) house.Presence {
		return house.Presence{Online: true, State: &wire.State{Bolt: bolt, Door: door, Visit: visit, Entries: entries, Delivery: "mine"}}
	}
	other := state(wire.BoltUnlocked, wire.DoorAjar, wire.VisitUnderWay, 1)
	other.State.Delivery = "another"
	offline := state(wire.BoltUnlocked, wire.DoorAjar, wire.VisitUnderWay, 1)
	offline.Online = false
	for what, c := range map[string]struct {
		told house.Told
		p    house.Presence
		late bool
		want house.Step
	}{
		"nothing known":                {told(), house.Presence{}, false, house.Step{Door: wire.DoorUnknown}},
		"waiting":                      {told(), state(wire.BoltLocked, wire.DoorClosed, wire.VisitAwaited, 0), false, house.Step{Door: wire.DoorClosed}},
		"unlocked":                     {told(), state(wire.BoltUnlocked, wire.DoorClosed, wire.VisitUnderWay, 1), false, house.Step{Unlocked: true, Door: wire.DoorClosed}},
		"open":                         {told(), state(wire.BoltUnlocked, wire.DoorAjar, wire.VisitUnderWay, 1), false, house.Step{Unlocked: true, Door: wire.DoorAjar}},
		"bolt out, door open":          {told(), state(wire.BoltLocked, wire.DoorAjar, wire.VisitUnderWay, 1), false, house.Step{Door: wire.DoorAjar}},
		"shut and locked":              {told(), state(wire.BoltLocked, wire.DoorClosed, wire.VisitUnderWay, 1), false, house.Step{Door: wire.DoorClosed, Relocked: true}},
		"unlocked again":               {told(wire.Relocked), state(wire.BoltUnlocked, wire.DoorClosed, wire.VisitUnderWay, 2), false, house.Step{Unlocked: true, Door: wire.DoorClosed}},
		"bolt unknown":                 {told(), state(wire.BoltUnknown, wire.DoorClosed, wire.VisitUnderWay, 1), false, house.Step{Door: wire.DoorClosed}},
		"over, says the state":         {told(), state(wire.BoltLocked, wire.DoorClosed, wire.VisitOver, 1), false, house.Step{Door: wire.DoorClosed, Relocked: true, Ended: true}},
		"over, says an event":          {told(wire.VisitEnded), state(wire.BoltLocked, wire.DoorClosed, wire.VisitUnderWay, 1), false, house.Step{Door: wire.DoorClosed, Relocked: true, Ended: true}},
		"over, says the clock":         {told(), state(wire.BoltUnlocked, wire.DoorClosed, wire.VisitUnderWay, 1), true, house.Step{Door: wire.DoorClosed, Ended: true}},
		"cancelled":                    {told(wire.Cancelled), house.Presence{}, false, house.Step{Door: wire.DoorUnknown, Ended: true}},
		"another delivery's door":      {told(), other, false, house.Step{Door: wire.DoorUnknown}},
		"a device that is not there":   {told(), offline, false, house.Step{Door: wire.DoorUnknown}},
		"afterwards, another delivery": {told(wire.Relocked, wire.VisitEnded), other, false, house.Step{Door: wire.DoorUnknown, Relocked: true, Ended: true}},
	} {
		now := noon
		if c.late {
			now = until
		}
		if got := house.StepOf("mine", c.told, c.p, until, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", what, got, c.want)
		}
	}
	live := state(wire.BoltLocked, wire.DoorClosed, wire.VisitAwaited, 0)
	live.State.Camera = wire.CameraStarting
	if !house.CameraOn("mine", live) || house.CameraOn("another", live) || house.CameraOn("mine", house.Presence{Online: true}) {
		t.Error("whether the camera is on is told wrongly")
	}
}

func TestFeed(t *testing.T) {
	r := newRig(t)
	all := r.house.Follow(func(house.News) bool { return true })
	some := r.house.Follow(func(n house.News) bool { return n.Device == "b" })
	slow := r.house.Follow(func(house.News) bool { return true })
	gone := r.house.Follow(func(house.News) bool { return true })
	gone.Close()
	gone.Close()
	if _, ok := <-gone.C; ok {
		t.Error("a follower who left gets news")
	}
	for i := range 200 {
		name := "a"
		if i == 100 {
			name = "b"
		}
		r.house.Receive(wire.Topic(name, wire.LeafState), []byte(`{"time":"2026-11-22T12:00:00Z","door":"closed","bolt":"locked","camera":"off","visit":"none","viewers":0}`))
		if n := <-all.C; n.Device != name || n.State == nil {
			t.Fatalf("news %d: %+v", i, n)
		}
	}
	if n := <-some.C; n.Device != "b" {
		t.Errorf("unwanted news: %+v", n)
	}
	n := 0
	for range slow.C {
		n++
	}
	if n != 64 {
		t.Errorf("a follower who did not keep up got %d news, want 64 and the end", n)
	}
	r.house.Close()
	for _, w := range []*house.Follower{all, some, r.house.Follow(func(house.News) bool { return true })} {
		if _, ok := <-w.C; ok {
			t.Error("news after the end")
		}
		w.Close()
	}
}

// post keeps what was published.
type post struct {
	mu   sync.Mutex
	said []string
	fail error
	on   func(topic string, payload []byte) // may be nil
}

func (p *post) Publish(topic string, payload []byte, _ bool) error {
	p.mu.Lock()
	p.said = append(p.said, topic+" "+string(payload))
	on, fail := p.on, p.fail
	p.mu.Unlock()
	if on != nil && fail == nil {
		on(topic, payload)
	}
	return fail
}

func (p *post) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.said) == 0 {
		return ""
	}
	return p.said[len(p.said)-1]
}

type rig struct {
	house *house.House
	store *sqlite.Store
	post  *post
	key   ed25519.PrivateKey
	id    string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "hub.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	pub := key.Public().(ed25519.PublicKey)
	r := &rig{store: s, post: &post{}, key: key, id: pass.KeyID(pub)}
	if err := s.AddDevice(context.Background(), house.Device{ID: r.id, Sign: pub, Enrolled: noon}); err != nil {
		t.Fatal(err)
	}
	r.house = house.New(s, r.post, time.Now, slog.New(slog.DiscardHandler))
	return r
}

func (r *rig) online() { r.house.Receive(wire.Topic(r.id, wire.LeafOnline), []byte(`{"online":true}`)) }

var try = json.RawMessage(`{"delivery":"x","sealed":"AA=="}`)

// TestAskWaits: for a device that is away a moment, and for one that says nothing until
// the caller's patience ends; fake time.
func TestAskWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		began := time.Now()
		if _, err := r.house.Ask(ctx, r.id, wire.LetterTry, try); !errors.Is(err, house.ErrOffline) || time.Since(began) != 3*time.Second {
			t.Errorf("a device that is away: %v after %v", err, time.Since(began))
		}
		go func() {
			time.Sleep(2 * time.Second)
			r.online()
		}()
		began = time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := r.house.Ask(ctx, r.id, wire.LetterTry, try); !errors.Is(err, house.ErrSilent) || time.Since(began) != 10*time.Second {
			t.Errorf("a device that comes back and says nothing: %v after %v", err, time.Since(began))
		}
		if _, err := r.house.Ask(ctx, "nobody", wire.LetterTry, try); !errors.Is(err, house.ErrNoDevice) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an unknown device: %v", err)
		}
	})
}

// TestALockIsSentToTheSilent: a device whose pulse is late gets the wish that its door is locked, of the owner's page and
// of a reader, as long as its connection stands, and nothing else; fake time.
func TestALockIsSentToTheSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var got []wire.LetterKind
		r.post.on = func(topic string, b []byte) {
			if topic != wire.Topic(r.id, wire.LeafLetterIn) {
				return
			}
			l, err := wire.ParseLetter(b)
			if err != nil {
				t.Error(err)
			}
			if got = append(got, l.Kind); l.ID != "lock" { // a reader waits for no answer
				r.house.Receive(wire.Topic(r.id, wire.LeafLetterOut), fmt.Appendf(nil, `{"id":%q,"kind":"locked","body":{}}`, l.ID))
			}
		}
		readersLock := func() { r.house.Receive(wire.Topic(r.id, wire.LeafLock), []byte(wire.LockPayload)) }
		r.online()
		r.house.Receive(wire.Topic(r.id, wire.LeafPulse), []byte(`{"again":500}`))
		time.Sleep(2 * time.Second)
		if p := r.house.Presence(r.id); p.Reached() || !p.Online {
			t.Fatalf("%+v", p)
		}
		if l, err := r.house.Ask(t.Context(), r.id, wire.LetterLock, json.RawMessage(`{}`)); err != nil || l.Kind != wire.LetterLocked {
			t.Errorf("the owner's: %+v, %v", l, err)
		}
		readersLock()
		if _, err := r.house.Ask(t.Context(), r.id, wire.LetterTry, try); !errors.Is(err, house.ErrOffline) {
			t.Errorf("a code: %v", err)
		}
		r.house.Gone(r.id)
		if _, err := r.house.Ask(t.Context(), r.id, wire.LetterLock, json.RawMessage(`{}`)); !errors.Is(err, house.ErrOffline) {
			t.Errorf("without a connection: %v", err)
		}
		readersLock()
		if want := []wire.LetterKind{wire.LetterLock, wire.LetterLock}; !slices.Equal(got, want) {
			t.Errorf("the device got %v", got)
		}
	})
}

// TestAnswersFindTheirLetter: only of the same device, and once.
func TestAnswersFindTheirLetter(t *testing.T) {
	r := newRig(t)
	r.online()
	r.post.on = func(topic string, b []byte) {
		l, err := wire.ParseLetter(b)
		if err != nil || topic != wire.Topic(r.id, wire.LeafLetterIn) {
			return
		}
		answer := func(device, id, reason string) {
			r.house.Receive(wire.Topic(device, wire.LeafLetterOut), []byte(`{"id":"`+id+`","kind":"no","body":{"reason":"`+reason+`"}}`))
		}
		answer("another", l.ID, "foreign")
		answer(r.id, "another", "stray")
		answer(r.id, l.ID, "first")
		answer(r.id, l.ID, "second")
	}
	for range 3 {
		l, err := r.house.Ask(t.Context(), r.id, wire.LetterTry, try)
		if err != nil || string(l.Body) != `{"reason":"first"}` {
			t.Fatalf("answer %s, %v", l.Body, err)
		}
	}
	r.post.fail = errors.New("no broker")
	if _, err := r.house.Ask(t.Context(), r.id, wire.LetterTry, try); !errors.Is(err, r.post.fail) {
		t.Errorf("a letter that could not be sent: %v", err)
	}
}

// TestManyPairs: strangers who ask to be the owner and go away keep nobody out.
func TestManyPairs(t *testing.T) {
	r := newRig(t)
	r.online()
	pub, _, _ := ed25519.GenerateKey(nil)
	pair, _ := json.Marshal(wire.Pair{Owner: pass.EncodeKey(pub), Name: "N", MAC: []byte{1}})
	for range 200 {
		gone, leave := context.WithCancel(t.Context())
		r.post.on = func(string, []byte) { leave() }
		_, err := r.house.Ask(gone, r.id, wire.LetterPair, pair)
		leave()
		if !errors.Is(err, house.ErrSilent) {
			t.Fatalf("a page that went away: %v", err)
		}
	}
	card, _ := pass.SignCard(pass.Card{Device: r.id, Sign: r.key.Public().(ed25519.PublicKey), Seal: make([]byte, 32), Owner: pass.KeyID(pub)}, r.key)
	r.post.on = func(_ string, b []byte) {
		l, _ := wire.ParseLetter(b)
		re, _ := wire.NewLetter(l.ID, wire.LetterPaired, wire.PairedBody{Card: string(card)})
		out, _ := json.Marshal(re)
		r.house.Receive(wire.Topic(r.id, wire.LeafLetterOut), out)
	}
	if _, err := r.house.Ask(t.Context(), r.id, wire.LetterPair, pair); err != nil {
		t.Fatal(err)
	}
	if o, ds, err := r.house.Owner(t.Context(), pass.KeyID(pub)); err != nil || len(ds) != 1 || o.Name != "N" {
		t.Errorf("owner %+v of %d devices, %v", o, len(ds), err)
	}
}

func TestUserCheck(t *testing.T) {
	u, login, err := house.NewUser("name", house.RoleReader, "")
	if err != nil {
		t.Fatal(err)
	}
	if !u.Check([]byte(login.Password)) {
		t.Error("the password is refused")
	}
	for _, bad := range []string{"", login.Password[1:], login.Password + "x", strings.ToUpper(login.Password)} {
		if u.Check([]byte(bad)) {
			t.Errorf("%q is accepted", bad)
		}
	}
	if (house.User{}).Check(nil) || (house.User{}).Check([]byte{}) {
		t.Error("nobody is somebody")
	}
}

func TestErrors(t *testing.T) {
	cause := errors.New("secret cause")
	err := error(house.ErrDisk.With(cause))
	if !errors.Is(err, house.ErrDisk) || !errors.Is(err, cause) || errors.Is(err, house.ErrSilent) || house.ErrDisk.Cause != nil {
		t.Errorf("%v is not what it was made of", err)
	}
	if e := house.AsError(cause); e.Code != "internal" || strings.Contains(e.En+e.Fr, "secret") || !errors.Is(e, cause) {
		t.Errorf("an error of nobody's: %+v", e)
	}
	if e := house.AsError(errors.Join(cause, err)); e.Code != "disk_trouble" {
		t.Errorf("found %+v", e)
	}
}

// FuzzReceive: whatever a device says, on whatever topic, it does no harm.
func FuzzReceive(f *testing.F) {
	f.Add("event/started", []byte(`{"id":"x/0","index":0,"time":"2026-11-22T12:00:00Z","kind":"started"}`))
	f.Add("state", []byte(`{"door":"open"}`))
	f.Add("online", []byte(`{"online":true}`))
	f.Add("letter/out", []byte(`{"id":"x","kind":"paired","body":{}}`))
	h := house.New(refuser{}, &post{}, time.Now, slog.New(slog.DiscardHandler))
	f.Fuzz(func(_ *testing.T, rest string, payload []byte) {
		h.Receive(wire.Root+"/x/"+rest, payload)
		h.Receive(rest, payload)
	})
}

// refuser is a store that can do nothing: every method fails.
type refuser struct{ house.Store }

var errRefuser = house.ErrDisk.With(errors.New("no store"))

func (refuser) Device(context.Context, string) (house.Device, error) {
	return house.Device{}, errRefuser
}
func (refuser) AddEvent(context.Context, string, wire.Event) (bool, uint64, error) {
	return false, 0, errRefuser
}

// TestSeenWaitsForTheDisk: an event that can't be written is not acknowledged, and asked
// for again.
func TestSeenWaitsForTheDisk(t *testing.T) {
	r := newRig(t)
	h := house.New(failing{r.store}, r.post, time.Now, slog.New(slog.DiscardHandler))
	e := wire.Event{ID: wire.EventID(r.id, 0), Time: noon, Kind: wire.Started}
	b, _ := json.Marshal(e)
	h.Receive(wire.Topic(r.id, wire.LeafEvent, "started"), b)
	if got := r.post.last(); got != "" {
		t.Errorf("after a failed write the hub said %q", got)
	}
	next, err := h.Sweep(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.post.last(); got != wire.Topic(r.id, wire.LeafSeen)+` {"next":0}` {
		t.Errorf("the hub asks again with %q", got)
	}
	if time.Until(next) > 5*time.Second {
		t.Errorf("and looks again in %v", time.Until(next))
	}
	r.house.Receive(wire.Topic(r.id, wire.LeafEvent, "started"), b)
	if got := r.post.last(); got != wire.Topic(r.id, wire.LeafSeen)+` {"next":1}` {
		t.Errorf("with room again the hub said %q", got)
	}
}

// failing is a store on a full disk.
type failing struct{ *sqlite.Store }

func (failing) AddEvent(context.Context, string, wire.Event) (bool, uint64, error) {
	return false, 0, errRefuser
}

// TestStoresAreSmall: an interface that grew is an interface to split.
func TestStoresAreSmall(t *testing.T) {
	for _, i := range []reflect.Type{
		reflect.TypeFor[house.Devices](), reflect.TypeFor[house.Events](), reflect.TypeFor[house.Users](), reflect.TypeFor[house.Sessions](), reflect.TypeFor[house.Words](),
	} {
		if i.NumMethod() > 5 {
			t.Errorf("%v has %d methods", i, i.NumMethod())
		}
	}
}
