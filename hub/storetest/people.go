package storetest

import (
	"context"
	"testing"
	"time"

	"vestibule/hub/house"
	"vestibule/hub/wire"
)

func words(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	other := device("shed")
	must(t, s.AddDevice(ctx, other))
	word := func(device, person, leaf, note string, at time.Duration) house.Word {
		return house.Word{Device: device, Person: person, Leaf: leaf, Note: note, At: noon.Add(at)}
	}
	grant, revoke := word(d.ID, "ana", wire.LeafGrant, "b", 0), word(d.ID, "ana", wire.LeafRevoke, "r", time.Minute)
	for _, w := range []house.Word{
		revoke, grant, word(d.ID, "ana", wire.LeafGrant, "z", -time.Second), word(d.ID, "ana", wire.LeafGrant, "a", 0), // older, or before it in the order of bytes
		word(other.ID, "ana", wire.LeafGrant, "s", 0), word(d.ID, "bo", wire.LeafGrant, "o", time.Hour),
	} {
		must(t, s.PutWord(ctx, w))
	}
	of := func(device string, want ...house.Word) {
		t.Helper()
		got, err := s.Words(ctx, device)
		must(t, err)
		same(t, "words of a device", got, append([]house.Word{}, want...))
	}
	bo := word(d.ID, "bo", wire.LeafGrant, "o", time.Hour)
	of(d.ID, grant, revoke, bo)
	of("nobody")
	same1 := word(d.ID, "ana", wire.LeafGrant, "c", 0) // of the same second, and after it in the order of bytes
	must(t, s.PutWord(ctx, same1))
	later := word(d.ID, "ana", wire.LeafGrant, "a", 2*time.Minute)
	of(d.ID, same1, revoke, bo)
	must(t, s.PutWord(ctx, later))
	of(d.ID, later, revoke, bo)

	about, err := s.WordsAbout(ctx, "ana")
	must(t, err)
	if len(about) != 3 {
		t.Errorf("%d words about a person, want 3", len(about))
	}
	old, err := s.OldWords(ctx, noon.Add(2*time.Minute-time.Second))
	must(t, err)
	same(t, "old words", old, []house.Word{word(other.ID, "ana", wire.LeafGrant, "s", 0)})
	old, err = s.OldWords(ctx, noon.Add(2*time.Minute))
	must(t, err)
	if len(old) != 3 {
		t.Errorf("%d words are old once the latest about a person is, want 3", len(old))
	}
	must(t, s.DropWords(ctx, d.ID, "ana"))
	of(d.ID, bo)
	of(other.ID, word(other.ID, "ana", wire.LeafGrant, "s", 0))
}

func invites(t *testing.T, s Store) {
	ctx := context.Background()
	d, _ := paired(t, s)
	_, err := s.Invite(ctx, "nobody")
	wantErr(t, "unknown invitation", err, house.ErrNoInvite)
	wantErr(t, "answer to nothing", s.AnswerInvite(ctx, house.Invite{ID: "nobody", Key: "k"}), house.ErrNoInvite)
	a := house.Invite{ID: "a", Device: d.ID, Until: noon.Add(2 * time.Hour)}
	b := house.Invite{ID: "b", Device: d.ID, Until: noon.Add(time.Hour)}
	must(t, s.AddInvite(ctx, a))
	must(t, s.AddInvite(ctx, b))
	again := a
	again.Until = noon
	must(t, s.AddInvite(ctx, again))
	list := func(want ...house.Invite) {
		t.Helper()
		got, err := s.Invites(ctx, d.ID)
		must(t, err)
		same(t, "invitations", got, append([]house.Invite{}, want...))
	}
	list(b, a)
	a.Key, a.Name, a.MAC = "key", "Ana", "mac"
	must(t, s.AnswerInvite(ctx, a))
	must(t, s.AnswerInvite(ctx, a)) // the same key comes again
	thief := a
	thief.Key = "another"
	wantErr(t, "a second key", s.AnswerInvite(ctx, thief), house.ErrInviteTaken)
	got, err := s.Invite(ctx, "a")
	must(t, err)
	same(t, "invitation", got, a)
	must(t, s.DropInvites(ctx, noon.Add(time.Hour)))
	list(a)
	must(t, s.DropInvite(ctx, "a"))
	must(t, s.DropInvite(ctx, "a"))
	list()
}

// naming: a member sees what is by them or names them, and nothing else.
func naming(t *testing.T, s Store) {
	ctx := context.Background()
	d, o := paired(t, s)
	const ana, bo = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	mine, both, none := delivery(d, o, "mine", noon), delivery(d, o, "both", noon.Add(time.Hour)), delivery(d, o, "none", noon)
	mine.By, mine.Named = ana, []string{ana}
	both.Named = []string{ana, bo}
	for _, x := range []house.Delivery{mine, both, none} {
		must(t, s.AddDelivery(ctx, x))
	}
	named := func(person string, want ...house.Delivery) {
		t.Helper()
		got, err := s.DeliveriesNaming(ctx, d.ID, person, 10)
		must(t, err)
		same(t, "deliveries that name "+person, got, append([]house.Delivery{}, want...))
	}
	named(ana, both, mine)
	named(bo, both)
	named("aaaa")
	named("%")
	got, err := s.DeliveriesNaming(ctx, "other", ana, 10)
	must(t, err)
	same(t, "at another device", got, []house.Delivery{})

	for i, e := range []wire.Event{
		{Delivery: "mine"}, {Delivery: "both"}, {Delivery: "none"}, {}, {Who: bo}, {Delivery: "none", Who: ana}, {Delivery: "unknown"},
	} {
		x := event(d.ID, uint64(i))
		x.Delivery, x.Who = e.Delivery, e.Who
		_, _, err := s.AddEvent(ctx, d.ID, x)
		must(t, err)
	}
	heard := func(person string, before uint64, limit int, want ...uint64) {
		t.Helper()
		es, err := s.EventsNaming(ctx, d.ID, person, before, limit)
		must(t, err)
		indices := []uint64{}
		for _, e := range es {
			indices = append(indices, e.Index)
		}
		same(t, "events for "+person, indices, append([]uint64{}, want...))
	}
	heard(ana, 100, 10, 5, 1, 0)
	heard(ana, 5, 1, 1)
	heard(bo, 100, 10, 4, 1)
	heard("%", 100, 10)
}
