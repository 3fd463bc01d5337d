package sim

import (
	"fmt"
	"time"

	"vestibule/firmware/gate/internal/rule"
)

// deliveries is how many there are in a world. Windows collide and follow one another with
// few as with many, and a short story has few.
const deliveries = 4

// names of the deliveries.
var names = [deliveries]string{"d1", "d2", "d3", "d4"}

func name(d uint8) string { return names[d] }

// index of a delivery by its name; nobody for none.
func index(delivery string) int8 {
	if len(delivery) != 2 || delivery[0] != 'd' || delivery[1] < '1' || delivery[1] >= '1'+deliveries {
		return nobody
	}
	return int8(delivery[1] - '1')
}

const nobody = int8(-1)

// drawer is what the owner has signed for a delivery. The hub holds it, and may give any of
// it to the gate at any time, any number of times, in any order, or never. That is all that
// a network or a hub in hostile hands can do: it drops, doubles, delays and reorders.
type drawer struct {
	pass, other   rule.Plan
	signed, again bool
	cancel, lock  bool
	amend         [amendments]amendment
	amends        int
	revoked       bool // whoever amended may not any more
}

// amendments of a delivery there may be.
const amendments = 2

// amendment of a pass: another end.
type amendment struct {
	revision uint64 // 0 for none
	until    int64
}

// shifts are by how much an amendment moves the end as it was signed.
var shifts = [...]time.Duration{5 * time.Minute, -5 * time.Minute, -9 * time.Minute, time.Second, -time.Second, time.Hour, -30 * time.Minute, 10 * time.Second}

// amended is a plan with an amendment.
func amended(p rule.Plan, m amendment) rule.Plan {
	if m.revision > 0 {
		p.Revision, p.Until = m.revision, m.until
	}
	return p
}

// setups are doors.
var setups = [...]struct {
	name  string
	setup rule.Setup
}{
	{"all sensors and a fail-secure strike", rule.Setup{}},
	{"a button inside", rule.Setup{Exit: true}},
	{"a motor lock", rule.Setup{Lock: rule.Motor}},
	{"a fail-safe magnet and a button inside", rule.Setup{Lock: rule.FailSafe, Exit: true}},
	{"no contact", rule.Setup{NoContact: true}},
	{"no switch at the bolt", rule.Setup{NoBolt: true}},
}

// terms of a pass, as 16 bits of a move choose them.
type terms struct {
	from, length time.Duration // from is from now
	entries      uint8
	grace        time.Duration
	camera       bool
	offline      bool
	watched      bool
	newer        bool // a newer epoch
}

var (
	froms   = [...]time.Duration{-time.Second, 0, time.Millisecond, 5 * time.Second, time.Minute, 20 * time.Second, -time.Hour, 3 * time.Hour}
	lengths = [...]time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, 2 * time.Hour}
	graces  = [...]time.Duration{0, 10 * time.Second, 3 * time.Minute, time.Minute}
)

func termsOf(b uint16) terms {
	return terms{
		from: froms[b&7], length: lengths[b>>3&3], entries: uint8(b>>5&1 + b>>6&1 + 1), grace: graces[b>>7&3],
		camera: b>>9&3 != 0, offline: b>>11&1 != 0, watched: b>>12&3 == 3, newer: b>>14&3 == 3,
	}
}

func (t terms) String() string {
	s := fmt.Sprintf("from now %+v for %v, entries %d, grace %v", t.from, t.length, t.entries, t.grace)
	for _, c := range []struct {
		is   bool
		text string
	}{{!t.camera, "camera optional"}, {t.offline, "may open offline"}, {t.watched, "somebody must watch"}, {t.newer, "a newer epoch"}} {
		if c.is {
			s += ", " + c.text
		}
	}
	return s
}

// sign makes a plan of terms, by the owner's own clock, which is right.
func (w *World) sign(d uint8, b uint16) rule.Plan {
	t := termsOf(b)
	if t.newer {
		w.epoch++
	}
	from := w.true().UnixMilli() + t.from.Milliseconds()
	return rule.Plan{Delivery: name(d), Epoch: w.epoch, From: from, Until: from + t.length.Milliseconds(), Entries: t.entries, Grace: t.grace,
		Camera: t.camera, Offline: t.offline, Watched: t.watched}
}
