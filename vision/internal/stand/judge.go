package stand

// verdict is what one look says.
type verdict int

const (
	stands  verdict = iota // the reference is where it was
	shifted                // it is elsewhere
	lost                   // it is not to be found: something hides it, or the camera looks elsewhere
	dark                   // there is too little light or contrast to see anything
)

const (
	// tolerance is how far the zone's picture may be displaced, in 1/720 of the picture's shorter side. A
	// pose displaces it if share of the reference's patches are displaced further.
	tolerance = 3.0
	share     = 0.15

	fullMarks = 4 // of a patch from which it is told whether it is wholly where it was

	clearly = 0.6 // of the marks of either direction are where they were: no doubt

	// Of a displaced pose and home, the patches count that only one of them explains, where the two differ by
	// telling cells across an edge. While home does not stand out, the displaced one has proof with margin patches
	// more (or so large a share of all), times as many, and fewest of those that tell. While home does stand
	// out, a door that is ajar looks much like a camera that has moved a little, and what stands still tells
	// them apart: the displaced one then needs the larger figures.
	telling    = 0.75
	margin     = 4
	ofAll      = 0.09
	times      = 2.5
	fewest     = 0.1
	ofAllNear  = 0.05
	timesNear  = 4
	fewestNear = 0.55
	agreeing   = 0.75 // cells by which the poses of two looks may differ

	standsOut  = 4.5 // deviations by which home stands out
	stillShare = 0.8 // of the edges were there at the look before
	calmShare  = 0.9
	// A picture without plain times as many edges as the reference has is an even surface, which is still. One
	// of this mean luma is dark, or too bright, unless it has rich times as many and is still.
	plain      = 0.15
	little     = 0.35 // times as many edges are little to see
	rich       = 0.5
	mostDark   = 40
	mostBright = 225

	// Of a reference's patches, mostAlike may lie as well elsewhere.
	mostAlike    = 0.7
	leastPatches = 12
	leastPeak    = 8 // deviations
)

// sighting is a verdict with what the next step wants to know of it.
type sighting struct {
	verdict
	left   bool    // something of the reference is wholly where it was
	clear  bool    // nearly all of the reference is where it was
	peak   float32 // by how many deviations home stands out among all displacements
	still  bool    // what is seen was there at the look before
	calm   bool    // nearly all of it was
	same   bool    // hardly an edge has left its place since the look before
	agrees bool    // shifted, and as at the look before
	quiet  bool    // most have not
	struck bool    // nearly all that was seen at the look before is elsewhere, at a stroke
	back   bool    // what was seen before the last stroke is there again
	bare   bool    // there is little to see
	proof
}

// proof is what speaks for a displaced pose: the patches that only it explains, those that only home
// explains, and all that tell the two apart.
type proof struct {
	pose
	pro, anti, all float32
}

// judge compares the picture in e with the reference. tol is the tolerance in cells.
func (r *register) judge(tol float32) (s sighting) {
	stayed, stays := r.e.still(), r.e.stays(r.e.past)
	still := stayed >= stillShare
	if r.again(stays) {
		r.skipped++
		s = r.before
	} else {
		r.skipped = 0
		s = r.search(tol, still)
	}
	s.same, s.quiet, s.calm = stays >= sameStays, stays >= quietStays, stayed >= calmShare
	s.still = still || float32(len(r.e.all)) < plain*float32(len(r.marks))
	s.bare = float32(len(r.e.all)) < little*float32(len(r.marks))
	s.struck, s.back = r.stroke.watch(r.e, stays, stayed)
	r.before, r.looked = s, true
	return s
}

// again reports whether the picture may be taken to say what the one before did, of which so much is where it was: that
// the reference is lost. Where it still stands out, a small turn may hide among what has stayed.
func (r *register) again(stays float32) bool {
	return r.looked && r.skipped < mostSame && r.before.verdict == lost && stays >= sameLost
}

// search is judge without what it says of the look before.
func (r *register) search(tol float32, still bool) (s sighting) {
	seen := float32(len(r.e.all))
	before, shiftedBefore := r.last, r.shifted
	r.shifted = false
	home, near := pose{}, r.fit(pose{})
	apart := r.displaced(near, tol) >= share
	if x, y := r.held(); !apart && x >= clearly && y >= clearly {
		s.verdict, s.clear = stands, true
		return s
	}
	if apart {
		r.look(home, 1)
	} else {
		home = near // it trembles, no more
	}
	r.keep()
	whole := r.whole()
	if apart {
		r.look(near, 1)
		s.proof = r.prove(home, near)
	}
	s.peak = r.elsewhere(home, reach, tol, &s.proof)
	here := s.peak >= standsOut
	s.left = whole >= remains && s.peak >= leftOut
	if !here && !r.proven(s.proof, false) {
		r.elsewhere(home, farReach, tol, &s.proof)
	}
	switch {
	case r.proven(s.proof, here):
		s.verdict = shifted
		d := pose{s.x - before.x, s.y - before.y, s.out - before.out, s.round - before.round}
		s.agrees = shiftedBefore && r.displaced(d, agreeing) < share
		r.last, r.shifted = s.pose, true
	case here:
		s.verdict = stands
	case r.e.dim(r.e.luma) && !(still && seen >= rich*float32(len(r.marks))):
		s.verdict = dark
	default:
		s.verdict = lost
	}
	return s
}

// proven reports whether what speaks for a displaced pose is enough. here says that home stands out.
func (r *register) proven(p proof, here bool) bool {
	most := float32(len(r.patches))
	if here {
		return p.pro >= ofAllNear*most && p.pro >= timesNear*p.anti && p.pro >= fewestNear*p.all
	}
	return p.pro-p.anti >= max(margin, ofAll*most) && p.pro >= times*p.anti && p.pro >= fewest*p.all
}

// elsewhere looks for the best pose that displaces the picture by more than tol, notes its proof if it is better
// than the one noted, and returns by how much home stands out.
func (r *register) elsewhere(home pose, reach int, tol float32, best *proof) (peak float32) {
	r.vote(reach)
	p, _, peak := r.summit(reach, tol)
	if p = r.fit(p); r.displaced(p, tol) >= share {
		if f := r.prove(home, p); f.pro-f.anti > best.pro-best.anti {
			*best = f
		}
	}
	return peak
}

// held returns which shares of the marks across x and across y hold in the pose last looked at.
func (r *register) held() (x, y float32) {
	var sx, sy, hx, hy float32
	for i := range r.marks {
		m := &r.marks[i]
		wx := r.weight[i] * m.nx * m.nx
		wy := r.weight[i] - wx
		sx += wx
		sy += wy
		if r.holds(i) {
			hx += wx
			hy += wy
		}
	}
	return hx / max(sx, 1), hy / max(sy, 1)
}

func (r *register) holds(i int) bool { return r.off[i] <= holds && r.off[i] >= -holds }

// keep notes which marks hold in the pose last looked at.
func (r *register) keep() {
	for i := range r.kept {
		r.kept[i] = r.holds(i)
	}
}

// whole returns which share of the patches, by what keep noted, is where it was with nearly all of its marks.
func (r *register) whole() float32 {
	all, sum := 0, 0
	for _, p := range r.patches {
		n := 0
		for _, k := range r.kept[p.from:p.to] {
			if k {
				n++
			}
		}
		if p.to-p.from >= fullMarks {
			all++
			if 4*n >= 3*(p.to-p.from) {
				sum++
			}
		}
	}
	return float32(sum) / float32(max(all, 1))
}

// prove compares a pose, which was last looked at, with home, for which keep was called.
func (r *register) prove(home, p pose) (f proof) {
	f.pose = p
	for i := range r.marks {
		m := &r.marks[i]
		ax, ay := home.at(r.layout, m.x, m.y)
		bx, by := p.at(r.layout, m.x, m.y)
		if d := (bx-ax)*m.nx + (by-ay)*m.ny; d < telling && d > -telling {
			continue
		}
		w := r.weight[i]
		f.all += w
		switch now := r.holds(i); {
		case now && !r.kept[i]:
			f.pro += w
		case !now && r.kept[i]:
			f.anti += w
		}
	}
	return f
}

// tells reports whether the picture in e, which the reference was made from, would look otherwise if it were
// displaced: the edges of a plain wall, or of stripes, would not.
func (r *register) tells(tol float32) bool {
	r.vote(reach)
	_, there, here := r.summit(reach, 2*tol)
	return len(r.patches) >= leastPatches && here >= leastPeak && there <= mostAlike*here
}
