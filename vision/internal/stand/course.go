package stand

import "time"

// State is what is known of how the camera stands.
type State int

const (
	Unknown State = iota // the reference has not been found yet
	Stands               // the reference is where it was
	Hidden               // it was, and too little of it is to be seen now to say more
	Dark                 // there is too little light, or contrast, to see anything
	Moved                // the camera has moved
)

const (
	// pace is the least time between two looks: five a second.
	pace = 190 * time.Millisecond
	// steady is for how long the reference has to be found in its place again.
	steady = time.Second
	// Of looks at which it is elsewhere, or gone at a stroke, enough are three, or two that lie within or more apart.
	enough = 3
	within = 390 * time.Millisecond
	// doubt is how long it may be hidden; atFirst is how long it may take to be found.
	doubt   = 45 * time.Second
	atFirst = time.Second
	// pause is a gap between looks in which nobody watched.
	pause = time.Second

	strong = 12  // deviations by which a place stands out of which there is no doubt
	fair   = 6.5 // and by which one does that is to be believed after a loss at a stroke, or a move
	// After a loss at a stroke, restless looks are allowed to a camera that swings, and resting ones show that
	// it has come to rest; soon is how long a loss is fresh.
	restless = 3
	resting  = 2
	leaving  = 2 // where something is left at so many looks, it is no loss at a stroke; at one it may be a camera that swings
	soon     = 2 * time.Second
)

// course is what many looks say together.
type course struct {
	state  State
	known  bool          // the reference has been found
	last   time.Duration // the last look
	strong bool          // it found the reference without any doubt
	sudden bool          // the last that found it did so, and the next did not at all; or all was lost at a stroke
	struck bool          // it was
	lost   time.Duration // when that was
	quiet  bool          // something was quiet since then
	left   int           // looks since then at which something of it was left
	gone   int           // looks since then
	moving int           // those of them that saw something move
	rests  int           // how many in a row have not
	bad    int           // looks that say it moved
	first  time.Duration // of them
	unsure time.Duration // for how long nothing was found
	well   time.Duration // since when it has been found again; 0 when it is not
}

// step takes a look into account.
func (c *course) step(at time.Duration, s sighting) {
	gap := min(at-c.last, pause)
	c.last = at
	c.sudden = c.sudden && at-c.lost < soon
	fell := c.strong && !s.same
	believed := s.clear || s.peak >= fair || !fell && !c.sudden && c.state != Moved
	if s.verdict == stands && believed {
		c.find(at, s)
		return
	}
	c.well = 0
	struck := s.struck && c.known && c.state != Dark && s.verdict != dark
	if fell || struck && !c.sudden {
		c.sudden, c.lost, c.left, c.gone, c.moving, c.rests, c.quiet = true, at, 0, 0, 0, 0, false
	}
	c.strong, c.struck = false, c.sudden && (c.struck || struck)
	c.quiet = c.quiet || s.quiet
	if s.left {
		c.left++
	}
	if c.left >= leaving || s.back {
		c.sudden, c.struck = false, false
	}
	c.gone++
	if c.rests++; !s.still {
		c.moving, c.rests = c.moving+1, 0
	}
	if c.state == Moved {
		return
	}
	switch s.verdict {
	case dark:
		c.state = Dark
		return
	case shifted:
		if !s.agrees {
			c.bad = 0
		}
		c.worsen(at)
	default:
		if c.state = Unknown; c.known {
			c.state = Hidden
		}
		c.unsure += gap
	}
	if c.sudden && (c.struck && c.quiet || c.rests >= resting && c.moving <= restless) && many(c.gone, at-c.lost) ||
		c.unsure >= doubt || !c.known && c.unsure >= atFirst {
		c.state = Moved
	}
}

// find notes that the reference is in its place.
func (c *course) find(at time.Duration, s sighting) {
	c.strong, c.sudden, c.bad, c.unsure = s.calm && (s.clear || s.peak >= strong), false, 0, 0
	switch {
	case c.state != Moved:
		c.state, c.known = Stands, true
	case c.well == 0:
		c.well = at
	case at-c.well >= steady:
		c.state, c.known, c.well = Stands, true, 0
	}
}

// worsen notes a look that says that the camera has moved.
func (c *course) worsen(at time.Duration) {
	if c.bad == 0 {
		c.first = at
	}
	c.bad++
	if many(c.bad, at-c.first) {
		c.state = Moved
	}
}

// many reports whether so many looks in such a time are enough.
func many(looks int, d time.Duration) bool { return looks >= enough || looks > 1 && d >= within }
