package stand

const (
	// At a stroke, nearly all edges leave their places from one look, before which they were quiet, to the next, and
	// are quiet again soon. A person or a door that opens hides or moves some of them only; people who come near
	// bring edges of their own first, and do not keep quiet when they are there.
	quietStays  = 0.5
	quietShare  = 0.6 // of the edges before a stroke were there at the look before that
	strokeStays = 0.22
	strokeLeast = 100 // edges before it: in less there is little to see
	strokeWhole = 0.2 // of the patches are wholly where they were, at the most
	strokeShare = 0.3 // as many edges after it, at least: else it may be light that has gone
	backStays   = 0.5 // of the edges before it are there again: it was a bad picture

	// With so large a share of the patches wholly where they were, and the reference's home standing out by so many
	// deviations, something is left, and it is no loss at a stroke: around a door that is flung open its frame is
	// left, and the floor. Of a picture that is turned the middle alone may be, whose home stands out less.
	remains = 0.17
	leftOut = 2.8

	// A picture of which so much is where it was is the one before, but for little. Where rather less is, and the
	// reference was lost, it is not searched for again, for so many looks.
	sameStays = 0.85
	sameLost  = 0.7
	mostSame  = 2
)

// stroke watches for losses at a stroke.
type stroke struct {
	quiet     bool
	anchor    []edge   // what was there before the last one
	all, left []uint16 // by patch: edges of the picture before, and those of them that are where they were
}

// watch takes a look's edges and reports whether they lie elsewhere at a stroke, or have come back after one. now is
// how much of the picture before is where it was, and stayed the share of the edges that were there.
func (k *stroke) watch(e *edges, now, stayed float32) (struck, back bool) {
	was := k.quiet
	k.quiet = now >= quietStays && stayed >= quietShare
	switch {
	case was && now <= strokeStays && len(e.past) >= strokeLeast && float32(len(e.all)) >= strokeShare*float32(len(e.past)) &&
		k.whole(e) < strokeWhole:
		k.anchor = append(k.anchor[:0], e.past...)
		return true, false
	case len(k.anchor) > 0 && e.stays(k.anchor) >= backStays:
		k.anchor = k.anchor[:0]
		return false, true
	}
	return false, false
}

// whole returns which share of the patches has nearly all of its edges where they were.
func (k *stroke) whole(e *edges) float32 {
	if k.all == nil {
		k.all, k.left = make([]uint16, e.cells), make([]uint16, e.cells)
	}
	clear(k.all)
	clear(k.left)
	for i := range e.past {
		at := e.patchOf(e.past[i].cell)
		k.all[at]++
		if e.around[e.past[i].cell]&directions(e.past[i].along) != 0 {
			k.left[at]++
		}
	}
	full, whole := 0, 0
	for at, n := range k.all {
		if n >= fullMarks {
			full++
			if 4*k.left[at] >= 3*n {
				whole++
			}
		}
	}
	return float32(whole) / float32(max(full, 1))
}

// stays returns how much of a picture's edges is where it was in the picture at hand: 1 for all, 0 for as much as
// chance would have it, which is seen from how many are there some way off.
func (e *edges) stays(past []edge) float32 {
	const off = 6
	here, chance := 0, 0
	for i := range past {
		if e.around[past[i].cell]&directions(past[i].along) != 0 {
			here++
		}
	}
	if len(past) == 0 || 10*here >= 9*len(past) {
		return float32(min(here, 1)) // nearly all
	}
	for i := range past {
		c, bits := int(past[i].cell), directions(past[i].along)
		for _, at := range [...]int{c - off, c + off, c - off*e.stride, c + off*e.stride} {
			if e.around[at]&bits != 0 {
				chance++
			}
		}
	}
	n := float32(len(past))
	a, b := float32(here)/n, float32(chance)/n/4
	return (a - b) / max(1-b, 0.1)
}
