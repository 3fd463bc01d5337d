package capture

import (
	"math"
	"time"

	"gocv.io/x/gocv"
)

// usualRate is taken for a film that does not say how fast it plays, in pictures a second.
const usualRate = 25

// course is how far a film has been read.
type course struct {
	rate float64 // pictures a second; many films have fewer in places
	all  float64 // pictures that the film says it has, or its length times the rate; 0 or less, or none, where it does not say

	read  int           // pictures
	first time.Duration // what OpenCV said of the first one's time
	at    time.Duration // when the last one is due after the first
}

func newCourse(c *gocv.VideoCapture) course {
	return course{rate: rate(c), all: c.Get(gocv.VideoCaptureFrameCount)}
}

// rate is how many pictures a second a film plays.
func rate(c *gocv.VideoCapture) float64 {
	if said := c.Get(gocv.VideoCaptureFPS); said >= 1 && said <= 240 {
		return said
	}
	return usualRate
}

// longest is how long a picture may be on the screen. One that says it would be there for longer is damaged, or of a
// camera whose clock was set.
const longest = time.Minute

// next notes one more picture, for which OpenCV has said a time, in milliseconds. That counts where it is later than the
// last one's, within reason: some films say none, and in some it begins again.
func (c *course) next(said float64) {
	when := time.Duration(math.Round(said * float64(time.Millisecond)))
	if c.read == 0 {
		c.first = when
	}
	at := when - c.first
	if c.read > 0 && (at <= c.at || at-c.at > longest) {
		at = c.end()
	}
	c.at, c.read = at, c.read+1
}

// end is when the last picture has been on the screen for its time.
func (c *course) end() time.Duration { return c.at + time.Duration(float64(time.Second)/c.rate) }

// brokenOff reports whether a film has ended far sooner than it says, by its pictures' number and by their times: it is
// cut off. A few that cannot be decoded are left out and missed by nobody.
func (c *course) brokenOff() bool {
	seen := max(float64(c.read), c.end().Seconds()*c.rate)
	return c.all > 0 && seen < c.all-max(c.all/8, 2)
}
