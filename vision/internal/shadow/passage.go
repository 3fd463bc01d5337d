package shadow

import "vestibule/vision/internal/glass"

const (
	// Who goes into the interior is of some size there, and has left the cells at the zone: light that falls in, or a
	// set's glow, that comes to both at once, or stays where it came, is nobody.
	passLeast = 6  // cells of a body
	passStill = 50 // of them, at the most, where it came in, if it was mostly near the zone first
	passGone  = 25 // the same, if it was not; then
	passSure  = 33 // of its points, at the least, differ as no light makes them
)

// track is a body over time.
type track struct {
	m             mask
	live          bool
	from, counted bool  // it came from the zone; it has been counted
	group         int   // of what came apart from one body
	start         mask  // what it was when it came from there
	near          bool  // it has been mostly there since
	age, unseen   int32 // looks in a row far from the zone, looks without a body
	born          int32 // looks since its first
	body          int   // its present one in Watch.bodies, -1 for none
}

// passages counts who goes from the zone into the interior.
type passages struct {
	count  int
	tracks [16]track
	groups int
	busy   cells // looks for which each cell of the zone still counts as one where something moves
}

// follow carries the tracks on from look to look.
func (w *Watch) follow() {
	var busy cells
	for p := range w.d {
		if w.hidden[p] == 0 && abs(w.d[p]) > 40 {
			busy[p/across/side][p%across/side]++
		}
	}
	var zone mask
	for r := range busy {
		for c := range busy[r] {
			if busy[r][c] >= 12 {
				w.busy[r][c] = 8
			} else if w.busy[r][c] > 0 {
				w.busy[r][c]--
			}
			if w.busy[r][c] > 0 {
				zone.set(r, c)
			}
		}
	}
	zone = zone.wide()
	var taken [glass.Rows * glass.Cols]bool
	for i := range w.tracks {
		t := &w.tracks[i]
		if !t.live {
			continue
		}
		wide := t.m.wide()
		best := 0
		t.body = -1
		for j := range w.bodies {
			if o := w.bodies[j].m.common(&wide) + 2*w.bodies[j].m.common(&t.m); o > best {
				best, t.body = o, j
			}
		}
		if t.body < 0 {
			t.unseen++
			if t.unseen > 10 {
				*t = track{}
			}
			continue
		}
		t.unseen = 0
		taken[t.body] = true
	}
	for i := range w.tracks {
		t := &w.tracks[i]
		for j := range i {
			o := &w.tracks[j]
			if !t.live || !o.live || t.unseen > 0 || o.unseen > 0 || t.body != o.body {
				continue
			}
			if t.from == o.from && t.counted == o.counted {
				o.age = max(o.age, t.age)
				*t = track{}
			}
		}
	}
	for j := range w.bodies {
		if taken[j] {
			continue
		}
		var parent, extra *track
		for i := range w.tracks {
			t := &w.tracks[i]
			wide := t.m.wide()
			if t.live && t.unseen == 0 && w.bodies[j].m.common(&wide) > 0 {
				parent = t
				for k := range w.tracks {
					if o := &w.tracks[k]; k != i && o.live && o.unseen == 0 && o.body == t.body {
						extra = t
					}
				}
			}
		}
		if extra != nil {
			extra.body = j
			continue
		}
		for i := range w.tracks {
			if t := &w.tracks[i]; !t.live {
				w.groups++
				*t = track{live: true, group: w.groups}
				if parent != nil {
					*t = *parent
				}
				t.body = j
				break
			}
		}
	}
	for i := range w.tracks {
		t := &w.tracks[i]
		if !t.live || t.unseen > 0 {
			continue
		}
		b := &w.bodies[t.body]
		touch := b.m.common(&zone) > 0
		walks := b.follows(&t.m)
		t.m = b.m
		t.born++
		if touch && t.born <= bornWithin && !t.from {
			t.from, t.start = true, b.m
		}
		if touch && 5*b.far < b.sum && (!t.from || t.counted) {
			w.groups++
			t.from, t.start, t.near, t.counted, t.group = true, b.m, false, false, w.groups
		}
		t.near = t.near || t.from && 5*b.far < 2*b.sum
		if 2*b.far > b.sum && walks {
			t.age++
		} else {
			t.age = 0
		}
		if t.from && !t.counted && t.age >= 4 && b.passes(&t.start, t.near) {
			w.count++
			for j := range w.tracks {
				if w.tracks[j].group == t.group {
					w.tracks[j].counted = true
				}
			}
		}
	}
}

// follows reports whether a body goes on from what it was at the look before, as one who walks does: it is about as
// large, and lies on half of it. What flickers, and what noise makes, does not.
func (b *body) follows(before *mask) bool {
	now, was := b.m.size(), before.size()
	return now <= 2*was && was <= 2*now && 2*b.m.common(before) >= min(now, was)
}

// passes reports whether a body that was in start may be somebody who has gone on from there.
func (b *body) passes(start *mask, near bool) bool {
	n, still := b.m.size(), 100*b.m.common(start)
	if near {
		return n >= passLeast && still <= passStill*n
	}
	return n >= passLeast && still <= passGone*n && 100*b.sure >= passSure*b.sum
}
