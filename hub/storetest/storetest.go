// Package storetest is the contract of package house's stores as a test suite. Every
// implementation runs it against the real thing: a real file, a real server.
package storetest

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vestibule/hub/house"
	"vestibule/hub/pass"
	"vestibule/hub/wire"
)

// Store is everything a store keeps.
type Store interface {
	house.Store
	house.Users
	house.Sessions
}

// Run holds a store to the contract. open returns an empty one; it is closed by open's
// own cleanup.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"devices":    devices,
		"pairing":    pairing,
		"deliveries": deliveries,
		"couriers":   couriers,
		"amendments": amendments,
		"orders":     orders,
		"events":     events,
		"odd events": oddEvents,
		"event race": eventRace,
		"told":       told,
		"users":      users,
		"sessions":   sessions,
		"words":      words,
		"invites":    invites,
		"naming":     naming,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func key(name string) ed25519.PublicKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
}

func device(name string) house.Device {
	k := key(name)
	return house.Device{ID: pass.KeyID(k), Sign: k, Enrolled: noon}
}

func owner(name string) house.Owner {
	k := key(name)
	return house.Owner{ID: pass.KeyID(k), Key: k, Name: name}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// paired puts a device with an owner into the store.
func paired(t *testing.T, s Store) (house.Device, house.Owner) {
	t.Helper()
	ctx := context.Background()
	d, o := device("door"), owner("Camille")
	must(t, s.AddDevice(ctx, d))
	must(t, s.Pair(ctx, d.ID, o, "card"))
	d.Owner, d.Card = o.ID, "card"
	return d, o
}

func devices(t *testing.T, s Store) {
	ctx := context.Background()
	_, err := s.Device(ctx, "nobody")
	wantErr(t, "unknown device", err, house.ErrNoDevice)
	all, err := s.Devices(ctx, "")
	must(t, err)
	same(t, "no devices", all, []house.Device{})

	a, b := device("a"), device("b")
	if a.ID > b.ID {
		a, b = b, a
	}
	must(t, s.AddDevice(ctx, b))
	must(t, s.AddDevice(ctx, a))
	got, err := s.Device(ctx, a.ID)
	must(t, err)
	same(t, "device", got, a)
	again := a
	again.Enrolled = noon.Add(time.Hour)
	must(t, s.AddDevice(ctx, again))
	got, err = s.Device(ctx, a.ID)
	must(t, err)
	same(t, "device added twice", got, a)
	all, err = s.Devices(ctx, "")
	must(t, err)
	same(t, "all devices", all, []house.Device{a, b})
}

func pairing(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	got, err := s.Device(ctx, d.ID)
	must(t, err)
	same(t, "paired device", got, d)
	who, err := s.Owner(ctx, o.ID)
	must(t, err)
	same(t, "owner", who, o)

	other := owner("Dominique")
	wantErr(t, "pairing an unknown device", s.Pair(ctx, "nobody", other, "card"), house.ErrNoDevice)
	_, err = s.Owner(ctx, other.ID)
	wantErr(t, "owner of nothing", err, house.ErrNoOwner)

	must(t, s.AddDevice(ctx, d)) // enrolled again: keeps its owner
	must(t, s.AddDevice(ctx, device("shed")))
	mine, err := s.Devices(ctx, o.ID)
	must(t, err)
	same(t, "owner's devices", mine, []house.Device{d})

	o.Name = "Camille D."
	must(t, s.Pair(ctx, d.ID, o, "newer card"))
	who, err = s.Owner(ctx, o.ID)
	must(t, err)
	same(t, "renamed owner", who, o)
	must(t, s.Pair(ctx, d.ID, other, "other card"))
	got, err = s.Device(ctx, d.ID)
	must(t, err)
	same(t, "device's new owner", got.Owner+" "+got.Card, other.ID+" other card")
}

func delivery(d house.Device, o house.Owner, name string, from time.Time) house.Delivery {
	return house.Delivery{
		ID: name, Device: d.ID, Owner: o.ID, Pass: "vestibule/pass/v1\n\n— " + name + "\n", From: from, Until: from.Add(2 * time.Hour),
		Mode: pass.Frosted, Shadow: true, Retention: 72 * time.Hour, Entries: 3, Watchers: 2,
		Courier: house.Courier{Name: "Zoë l'Écuyer; DROP TABLE", Note: "a parcel\nfor \"the\" hall"}, Planned: noon,
	}
}

func deliveries(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	_, err := s.Delivery(ctx, "none")
	wantErr(t, "unknown delivery", err, house.ErrNoDelivery)
	early, late := delivery(d, o, "early", noon), delivery(d, o, "late", noon.Add(24*time.Hour))
	must(t, s.AddDelivery(ctx, early))
	late.Shadow = false
	must(t, s.AddDelivery(ctx, late))
	got, err := s.Delivery(ctx, "early")
	must(t, err)
	same(t, "delivery", got, early)
	twice := early
	twice.Pass = "another"
	wantErr(t, "a delivery of a known name", s.AddDelivery(ctx, twice), house.ErrKnown)
	got, err = s.Delivery(ctx, "early")
	must(t, err)
	same(t, "delivery after another of its name", got, early)
	if err := s.AddDelivery(ctx, delivery(device("nobody"), o, "stray", noon)); err == nil {
		t.Error("a delivery of an unknown device is taken")
	}

	list, err := s.DeliveriesOf(ctx, o.ID, 10)
	must(t, err)
	same(t, "owner's deliveries", list, []house.Delivery{late, early})
	list, err = s.DeliveriesOf(ctx, o.ID, 1)
	must(t, err)
	same(t, "owner's latest delivery", list, []house.Delivery{late})
	list, err = s.DeliveriesOf(ctx, "nobody", 10)
	must(t, err)
	same(t, "nobody's deliveries", list, []house.Delivery{})

	for _, c := range []struct {
		device string
		after  time.Time
		want   []house.Delivery
	}{
		{"", noon, []house.Delivery{early, late}},
		{d.ID, noon, []house.Delivery{early, late}},
		{"", early.Until.Add(-time.Second), []house.Delivery{early, late}},
		{"", early.Until, []house.Delivery{late}},
		{"other", noon, []house.Delivery{}},
		{"", late.Until, []house.Delivery{}},
	} {
		list, err := s.DeliveriesAfter(ctx, c.device, c.after)
		must(t, err)
		same(t, fmt.Sprintf("deliveries of %q after %v", c.device, c.after), list, c.want)
	}
}

func couriers(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	want := delivery(d, o, "parcel", noon)
	must(t, s.AddDelivery(ctx, want))
	end := want.Until.Add(want.Retention)
	must(t, s.ForgetCouriers(ctx, end.Add(-time.Second)))
	got, err := s.Delivery(ctx, "parcel")
	must(t, err)
	same(t, "before the retention is over", got, want)
	must(t, s.ForgetCouriers(ctx, end))
	got, err = s.Delivery(ctx, "parcel")
	must(t, err)
	want.Courier = house.Courier{}
	same(t, "after the retention is over", got, want)
}

func amendments(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	want := delivery(d, o, "parcel", noon)
	must(t, s.AddDelivery(ctx, want))
	must(t, s.AddDelivery(ctx, delivery(d, o, "another", noon)))
	want.Until, want.Revision, want.Amendment = want.Until.Add(time.Hour), 2, "note b"
	must(t, s.AmendDelivery(ctx, want))
	for _, revision := range []uint64{1, 2} {
		late := want
		late.Until, late.Revision, late.Amendment = noon, revision, "note a"
		if err := s.AmendDelivery(ctx, late); !errors.Is(err, house.ErrAmended) {
			t.Errorf("revision %d after 2: %v", revision, err)
		}
	}
	got, err := s.Delivery(ctx, "parcel")
	must(t, err)
	same(t, "amended", got, want)
	got, err = s.Delivery(ctx, "another")
	must(t, err)
	same(t, "not amended", got, delivery(d, o, "another", noon))
	none := want
	none.ID = "nothing"
	if err := s.AmendDelivery(ctx, none); !errors.Is(err, house.ErrNoDelivery) {
		t.Errorf("amended nothing: %v", err)
	}
}

func orders(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	must(t, s.AddDelivery(ctx, delivery(d, o, "parcel", noon)))
	a := house.Order{ID: "b-_", Device: d.ID, Delivery: "parcel", Verb: pass.Lock, Note: "note a", At: noon}
	b := house.Order{ID: "a", Device: d.ID, Delivery: "parcel", Verb: pass.Cancel, Note: "note b", At: noon.Add(time.Second)}
	must(t, s.AddOrder(ctx, b))
	must(t, s.AddOrder(ctx, a))
	twice := a
	twice.Note = "another"
	must(t, s.AddOrder(ctx, twice))
	got, err := s.Orders(ctx, "parcel")
	must(t, err)
	same(t, "orders", got, []house.Order{a, b})
	got, err = s.Orders(ctx, "other")
	must(t, err)
	same(t, "orders of nothing", got, []house.Order{})
}

func event(device string, index uint64) wire.Event {
	return wire.Event{ID: wire.EventID(device, index), Index: index, Time: noon.Add(time.Duration(index) * time.Millisecond), Kind: wire.DoorOpened}
}

// events adds events with gaps and twice, and looks at what is fresh and what is next.
func events(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	shed := device("shed")
	must(t, s.AddDevice(ctx, shed))
	for _, c := range []struct {
		index uint64
		fresh bool
		next  uint64
	}{
		{1, true, 0}, {0, true, 2}, {0, false, 2}, {1, false, 2}, {5, true, 2}, {3, true, 2}, {5, false, 2},
		{2, true, 4}, {7, true, 4}, {4, true, 6}, {6, true, 8}, {6, false, 8},
	} {
		fresh, next, err := s.AddEvent(ctx, d.ID, event(d.ID, c.index))
		must(t, err)
		if fresh != c.fresh || next != c.next {
			t.Fatalf("event %d: fresh %v, next %d; want %v, %d", c.index, fresh, next, c.fresh, c.next)
		}
	}
	changed := event(d.ID, 3)
	changed.Kind = wire.ForcedOpen
	if fresh, _, err := s.AddEvent(ctx, d.ID, changed); fresh || err != nil {
		t.Fatalf("another event of a known index: fresh %v, %v", fresh, err)
	}
	fresh, next, err := s.AddEvent(ctx, shed.ID, event(shed.ID, 0))
	if err != nil || !fresh || next != 1 {
		t.Fatalf("another device's first event: fresh %v, next %d, %v", fresh, next, err)
	}
	got, err := s.Device(ctx, d.ID)
	must(t, err)
	if got.Next != 8 {
		t.Errorf("the device's next is %d, want 8", got.Next)
	}

	for _, c := range []struct {
		before uint64
		limit  int
		want   []uint64
	}{
		{math.MaxUint64, 100, []uint64{7, 6, 5, 4, 3, 2, 1, 0}}, {8, 3, []uint64{7, 6, 5}}, {3, 2, []uint64{2, 1}}, {0, 5, nil},
	} {
		list, err := s.EventsBefore(ctx, d.ID, c.before, c.limit)
		must(t, err)
		want := []wire.Event{}
		for _, i := range c.want {
			want = append(want, event(d.ID, i))
		}
		same(t, fmt.Sprintf("%d events before %d", c.limit, c.before), list, want)
	}
	_, _, err = s.AddEvent(ctx, "nobody", event("nobody", 0))
	wantErr(t, "event of an unknown device", err, house.ErrNoDevice)
}

func oddEvents(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	odd := wire.Event{
		Index: 1 << 62, Time: time.Date(1970, 1, 1, 0, 0, 0, 1, time.UTC), Kind: "a_kind_of_tomorrow", Delivery: strings.Repeat("é", 64),
		Reason: "why'); --", Who: "who", Via: "via\x00", Count: -1, Spent: &wire.Spent{Colour: 216, Shadow: -1},
	}
	odd.ID = wire.EventID(d.ID, odd.Index)
	if fresh, next, err := s.AddEvent(ctx, d.ID, odd); err != nil || !fresh || next != 0 {
		t.Fatalf("odd event: fresh %v, next %d, %v", fresh, next, err)
	}
	list, err := s.EventsBefore(ctx, d.ID, math.MaxInt64, 1)
	must(t, err)
	same(t, "odd event", list, []wire.Event{odd})
	if _, _, err := s.AddEvent(ctx, d.ID, wire.Event{Index: math.MaxUint64}); err == nil {
		t.Error("an index that no column holds is taken")
	}
}

// eventRace adds the same events from many goroutines: each is fresh exactly once.
func eventRace(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	const n, writers = 40, 4
	var mu sync.Mutex
	fresh := map[uint64]int{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range uint64(n) {
				if w%2 == 1 {
					i = n - 1 - i
				}
				ok, _, err := s.AddEvent(ctx, d.ID, event(d.ID, i))
				if err != nil {
					t.Errorf("event %d: %v", i, err)
				}
				if ok {
					mu.Lock()
					fresh[i]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for i := range uint64(n) {
		if fresh[i] != 1 {
			t.Errorf("event %d was fresh %d times", i, fresh[i])
		}
	}
	got, err := s.Device(ctx, d.ID)
	must(t, err)
	if got.Next != n {
		t.Errorf("next is %d, want %d", got.Next, n)
	}
}

func told(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	shed := device("shed")
	must(t, s.AddDevice(ctx, shed))
	for i, e := range []wire.Event{
		{Kind: wire.Started},
		{Kind: wire.PassAccepted, Delivery: "parcel"},
		{Kind: wire.CodeRefused, Delivery: "parcel", Reason: wire.CodeWrong},
		{Kind: wire.CodeRefused, Delivery: "parcel"},
		{Kind: wire.PassRefused, Delivery: "other", Reason: wire.OldEpoch},
	} {
		e.Index, e.Time = uint64(i), noon
		_, _, err := s.AddEvent(ctx, d.ID, e)
		must(t, err)
	}
	_, _, err := s.AddEvent(ctx, shed.ID, wire.Event{Time: noon, Kind: wire.Cancelled, Delivery: "parcel"})
	must(t, err)
	for delivery, want := range map[string]house.Told{
		"parcel":  {wire.PassAccepted: "", wire.CodeRefused: wire.CodeWrong},
		"other":   {wire.PassRefused: wire.OldEpoch},
		"nothing": {},
	} {
		got, err := s.Told(ctx, d.ID, delivery)
		must(t, err)
		same(t, "told about "+delivery, got, want)
	}
}

func users(t *testing.T, s Store) {
	ctx := context.Background()
	got, err := s.User(ctx, "nobody")
	must(t, err)
	same(t, "nobody", got, house.User{})
	u, login, err := house.NewUser("device-x", house.RoleDevice, "x")
	must(t, err)
	must(t, s.PutUser(ctx, u))
	got, err = s.User(ctx, "device-x")
	must(t, err)
	same(t, "user", got, u)
	if !got.Check([]byte(login.Password)) {
		t.Error("the password does not fit any more")
	}
	newer, newLogin, err := house.NewUser("device-x", house.RoleReader, "")
	must(t, err)
	must(t, s.PutUser(ctx, newer))
	got, err = s.User(ctx, "device-x")
	must(t, err)
	same(t, "replaced user", got, newer)
	if got.Check([]byte(login.Password)) || !got.Check([]byte(newLogin.Password)) {
		t.Error("the old password still fits, or the new one does not")
	}
}

func sessions(t *testing.T, s Store) {
	ctx := context.Background()
	must(t, s.AddSession(ctx, "a", "Camille", noon.Add(time.Hour)))
	must(t, s.AddSession(ctx, "b", "Camille", noon.Add(2*time.Hour)))
	must(t, s.AddSession(ctx, "c", "Dominique", noon.Add(2*time.Hour)))
	check := func(hash string, now time.Time, want string) {
		t.Helper()
		got, err := s.Session(ctx, hash, now)
		must(t, err)
		if got != want {
			t.Errorf("session %s at %v is %q's, want %q", hash, now, got, want)
		}
	}
	check("a", noon, "Camille")
	check("a", noon.Add(time.Hour-time.Second), "Camille")
	check("a", noon.Add(time.Hour), "")
	check("x", noon, "")
	must(t, s.DropSession(ctx, "b"))
	check("b", noon, "")
	check("c", noon, "Dominique")
	must(t, s.DropSessions(ctx, noon.Add(time.Hour)))
	check("a", noon, "")
	check("c", noon, "Dominique")
	must(t, s.DropSession(ctx, "never"))
	must(t, s.AddSession(ctx, "d", "Dominique", noon.Add(2*time.Hour)))
	must(t, s.AddSession(ctx, "e", "Camille", noon.Add(2*time.Hour)))
	must(t, s.DropSessionsOf(ctx, "Dominique"))
	check("c", noon, "")
	check("d", noon, "")
	check("e", noon, "Camille")
}
