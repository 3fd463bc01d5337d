package service

import (
	"time"

	"vestibule/hub/pass"
)

// nameFor is how long a picture is named, from when it was taken: link sends none older than a second, and at five beats
// a second four in a row may be lost.
const nameFor = 1100 * time.Millisecond

// made is the newest pictures that eye has encoded, for beats to name.
type made struct {
	ring  [pass.MaxMade]taken
	count uint64 // of all of this run
}

// taken is a unit and when its picture was taken, CLOCK_MONOTONIC.
type taken struct {
	name uint64
	at   time.Duration
}

func (m *made) add(name uint64, at time.Duration) {
	m.ring[m.count%pass.MaxMade] = taken{name, at}
	m.count++
}

// newest returns what there is in the order of its making, up to the newest, but for what nobody is sent any more.
func (m *made) newest(now time.Duration) []pass.Made {
	n := min(m.count, pass.MaxMade)
	units := make([]pass.Made, 0, n)
	for i := m.count - n; i < m.count; i++ {
		t := m.ring[i%pass.MaxMade]
		if age := now - t.at; age < nameFor {
			units = append(units, pass.Made{Name: t.name, Age: max(age, 0)})
		} else {
			units = units[:0]
		}
	}
	return units
}
