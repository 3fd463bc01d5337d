package service

import (
	"time"

	"vestibule/hub/pass"
)

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

// newest returns what there is in the order of its making, up to the newest, but for what is too old to be told.
func (m *made) newest(now time.Duration) []pass.Made {
	n := min(m.count, pass.MaxMade)
	units := make([]pass.Made, 0, n)
	for i := m.count - n; i < m.count; i++ {
		t := m.ring[i%pass.MaxMade]
		if age := now - t.at; age < pass.MaxAge {
			units = append(units, pass.Made{Name: t.name, Age: max(age, 0)})
		} else {
			units = units[:0]
		}
	}
	return units
}
